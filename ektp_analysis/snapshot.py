"""Writing the store: a week's snapshot, whole or not at all.

A version is written beside the others and renamed; the file ``current`` is replaced last, in one
step, so that a reader sees the old version or the new one and never a part.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ektp_analysis import schema
from ektp_analysis.durable import replace_text, to_disk
from ektp_analysis.errors import StoreError, disk_reason
from ektp_analysis.store import Store, digests

try:  # not on Windows, where publishing is done from WSL
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]


def write_snapshot(
    root: Path,
    as_of: date,
    tables: dict[str, pd.DataFrame],
    *,
    sources: dict[str, str],
    synthetic: bool,
) -> Path:
    """Validate and write a snapshot; the same tables again change nothing.

    Parameters
    ----------
    root
        Folder of the store; made when it is missing.
    as_of
        Date of the snapshot.
    tables
        All tables of :data:`ektp_analysis.schema.TABLES`, of this date or week only.
    sources
        Digest of each source file by its name.
    synthetic
        Whether the data are of the sample kabupaten.

    Returns
    -------
    Path
        Folder of the version in force.

    Raises
    ------
    pandera.errors.SchemaError
        When a table breaks its contract: a bug of the caller.
    StoreError
        When the disk does not take it; what was there before is untouched.
    """
    frames = {}
    for name, model in schema.TABLES.items():
        keys = [c for c in tables[name].columns if c not in ("reason",)]
        frames[name] = model.validate(tables[name].sort_values(keys, ignore_index=True))
    manifest = {
        "as_of": as_of.isoformat(),
        "synthetic": synthetic,
        "sources": sources,
        "digests": {name: digests(frame) for name, frame in frames.items()},
        "rows": {name: len(frame) for name, frame in frames.items()},
    }
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    folder = root / f"as_of={as_of.isoformat()}"
    pointer = folder / "current"
    current = _version_in_force(folder, as_of)
    # the same once more writes nothing, unless what is there is damaged
    if current and (current / "manifest.json").read_bytes() == text.encode():
        return current
    number = 1 + max((int(p.name[1:]) for p in folder.glob("v[0-9]*")), default=0)
    version = folder / f"v{number:04d}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for killed in folder.glob(".draft-*"):
            shutil.rmtree(killed, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(dir=folder, prefix=".draft-"))
        try:
            for name, frame in frames.items():
                pq.write_table(_arrow(frame), draft / f"{name}.parquet", compression="zstd")
            (draft / "manifest.json").write_text(text)
            draft.chmod(0o755)
            for file in (*draft.iterdir(), draft):
                to_disk(file)
            draft.rename(version)
            to_disk(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        replace_text(pointer, version.name + "\n")
    except OSError as error:
        raise StoreError(
            f"Gudang data tidak dapat ditulis: {disk_reason(error)}",
            f"as_of={as_of.isoformat()}",
            "Periksa ruang dan izin folder; data sebelumnya tidak berubah",
        ) from None
    return version


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """The table for the file; a text column without any text stays a text column.

    Otherwise a week without visits has no type for their villages in its file, and as the first
    file that is read it decides the types for all weeks.
    """
    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [
        field.with_type(pa.string()) if pa.types.is_null(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields, table.schema.metadata))


def _version_in_force(folder: Path, as_of: date) -> Path | None:
    """The version that ``current`` names, when all its files are whole."""
    store = Store(folder.parent)
    try:
        if as_of in store.dates() and store.damage(as_of) is None:
            return store.snapshots[as_of]
    except StoreError:
        pass
    return None


@contextmanager
def writing(root: Path) -> Iterator[None]:
    """Hold the store for writing; a second writer is refused at once.

    Raises
    ------
    StoreError
        When another process writes, or the folder cannot be made.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("a")
    except OSError as error:
        raise StoreError(
            f"Gudang data tidak dapat ditulis: {disk_reason(error)}",
            root.name,
            "Periksa ruang dan izin folder; data sebelumnya tidak berubah",
        ) from None
    with lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise StoreError(
                    "Gudang data sedang ditulis proses lain",
                    root.name,
                    "Tunggu sampai selesai, lalu ulangi",
                ) from None
        yield
