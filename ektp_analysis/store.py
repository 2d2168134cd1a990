"""The weekly store: snapshots of aggregate tables, one folder per date.

``as_of=YYYY-MM-DD/v0001/{table}.parquet`` with a ``manifest.json``; the file ``current`` in the
date's folder names the version in force. Older versions stay. :mod:`ektp_analysis.snapshot` writes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from ektp_analysis import trace
from ektp_analysis.errors import StoreError
from ektp_analysis.regions import data_dir

TABLES = ("stock", "flow", "upcoming", "durations", "visits", "quality")
"""As in :mod:`ektp_analysis.schema`, whose library takes longer to import than most uses of the store."""
HISTORY = ("stock", "flow", "visits", "quality")
"""Tables of which a report reads all weeks; of the others it reads the latest only."""
DISTRICT_LENGTH = len("17.02.19")
VERSION = re.compile(r"^v\d{4,}$")


@dataclass(frozen=True)
class Tables:
    """What a report reads: stock, flow, visits and quality up to ``as_of``, the rest of it only."""

    as_of: pd.Timestamp
    district: str | None
    synthetic: bool
    stock: pd.DataFrame
    flow: pd.DataFrame
    upcoming: pd.DataFrame
    durations: pd.DataFrame
    visits: pd.DataFrame
    quality: pd.DataFrame


@dataclass(frozen=True)
class Store:
    """A store that exists."""

    root: Path

    @cached_property
    def snapshots(self) -> dict[date, Path]:
        """Folder of the version in force by date, ascending."""
        found = {}
        for pointer in sorted(self.root.glob("as_of=*/current")):
            try:
                day = _day_of(pointer.parent)
                version = pointer.read_text(encoding="utf-8").strip()
            except (OSError, ValueError):
                raise _damaged(pointer.parent.name, "penunjuk versi tidak terbaca") from None
            if not VERSION.match(version):
                raise _damaged(pointer.parent.name, "penunjuk versi tidak terbaca")
            found[day] = pointer.parent / version
        return found

    def damage(self, as_of: date) -> str | None:
        """What is wrong with the files of a snapshot: a table's name, ``manifest``, or nothing.

        Compares the contents of every table with the digests of the manifest, hence finds a
        changed number that still is a valid table.

        Raises
        ------
        StoreError
            When there is no snapshot of that date.
        """
        try:
            manifest = self.manifest(self.resolve(as_of))
            digests = {name: manifest["digests"][name][""] for name in TABLES}
        except (StoreError, KeyError, TypeError):
            return "manifest"
        for name, expected in digests.items():
            try:
                frame = pd.read_parquet(self.snapshots[as_of] / f"{name}.parquet")
            except Exception:  # what pyarrow raises on damaged bytes has no common class
                return name
            if whole_digest(frame) != expected:
                return name
        return None

    def verify(self) -> None:
        """Raise StoreError with the first snapshot that is damaged."""
        for day in self.dates():
            if name := self.damage(day):
                raise _damaged(f"as_of={day}", f"tabel {name} tidak utuh")

    def dates(self) -> list[date]:
        """Dates with a snapshot, ascending."""
        return list(self.snapshots)

    def latest(self) -> date:
        """The last date. Raises StoreError when the store is empty."""
        if not self.snapshots:
            raise StoreError("Gudang data masih kosong", self.root.name, "Jalankan: ektp ingest")
        return self.dates()[-1]

    def manifest(self, as_of: date) -> dict[str, Any]:
        """Sources, versions and digests of a snapshot."""
        try:
            loaded: dict[str, Any] = json.loads(
                (self.snapshots[as_of] / "manifest.json").read_text()
            )
        except (KeyError, OSError, ValueError):
            raise _damaged(f"as_of={as_of}", "daftar isinya tidak terbaca") from None
        return loaded

    def is_synthetic(self) -> bool:
        """Whether any snapshot was made from the sample kabupaten."""
        return any(self.manifest(day).get("synthetic") for day in self.snapshots)

    def resolve(self, as_of: date | str | None) -> date:
        """A date with data, from a date, its ISO text or nothing (the latest).

        Raises
        ------
        StoreError
            When the store has no snapshot of that date.
        """
        if not as_of:
            return self.latest()
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
        if day not in self.snapshots:
            near = sorted(self.snapshots, key=lambda d: abs((d - day).days))[:3]
            known = ", ".join(d.isoformat() for d in sorted(near))
            raise StoreError(
                f"Tidak ada data tanggal {day.isoformat()}", "as_of", f"Tanggal terdekat: {known}"
            )
        return day

    def load(self, as_of: date | str | None = None, district: str | None = None) -> Tables:
        """The tables as of a date, of one kecamatan or of all.

        Raises
        ------
        StoreError
            When there is no snapshot of that date, or a file is damaged.
        """
        day = self.resolve(as_of)
        trace.note("data", day.isoformat(), district or "")
        history = [folder for other, folder in self.snapshots.items() if other <= day]
        frames = {
            name: self._read(name, history if name in HISTORY else [self.snapshots[day]], district)
            for name in TABLES
        }
        return Tables(
            as_of=pd.Timestamp(day), district=district, synthetic=self.is_synthetic(), **frames
        )

    def counts(self, as_of: date | str | None = None) -> pd.DataFrame:
        """Weekly counts of every village up to a date, without birth year and sex.

        Returns
        -------
        DataFrame
            ``as_of, village_code, eligible, unrecorded`` (int, persons): what is hidden, and why,
            follows from these alone (:mod:`ektp_analysis.protection`).

        Raises
        ------
        StoreError
            As for :meth:`load`.
        """
        day = self.resolve(as_of)
        trace.note("data", day.isoformat(), "")
        folders = [folder for other, folder in self.snapshots.items() if other <= day]
        files = [str(folder / "stock.parquet") for folder in folders]
        try:
            with duckdb.connect() as connection:
                frame = connection.execute(
                    "SELECT as_of, village_code, sum(eligible)::BIGINT AS eligible, "
                    "sum(unrecorded)::BIGINT AS unrecorded "
                    "FROM read_parquet($files, hive_partitioning = false) "
                    "GROUP BY ALL ORDER BY ALL",
                    {"files": files},
                ).df()
        except duckdb.Error:
            raise _damaged(self._first_damaged(folders), "tabel stock tidak utuh") from None
        return frame.astype(_string_dtypes(frame))

    def _read(self, name: str, folders: list[Path], district: str | None) -> pd.DataFrame:
        files = [str(folder / f"{name}.parquet") for folder in folders]
        where = (
            "WHERE starts_with(village_code, $district)" if district and name != "quality"
            # what came in is of the office's files, not of a kecamatan
            else "WHERE false" if district else ""
        )  # fmt: skip
        parameters: dict[str, Any] = {"files": files}
        if "$" in where:
            parameters["district"] = district
        import pandera.errors  # here only: a run in which nothing has changed reads no table

        from ektp_analysis import schema

        try:
            with duckdb.connect() as connection:
                frame = connection.execute(
                    f"SELECT * FROM read_parquet($files, hive_partitioning = false, "
                    f"union_by_name = true) {where}",
                    parameters,
                ).df()
            frame = _in_order(name, frame.astype(_string_dtypes(frame)))
            return schema.TABLES[name].validate(frame)
        except (duckdb.Error, pandera.errors.SchemaError, pandera.errors.SchemaErrors):
            raise _damaged(self._first_damaged(folders), f"tabel {name} tidak utuh") from None

    def _first_damaged(self, folders: list[Path]) -> str:
        wrong = (f.parent.name for f in folders if self.damage(_day_of(f.parent)))
        return next(wrong, self.root.name)

    def table(self, name: str, as_of: date) -> pd.DataFrame:
        """One table of one snapshot.

        Raises
        ------
        StoreError
            When it is damaged.
        """
        return self._read(name, [self.snapshots[as_of]], None)

    def digest(self, as_of: date | str | None = None, district: str | None = None) -> str:
        """Hash of exactly the data that :meth:`load` gives; reads manifests only."""
        day = self.resolve(as_of)
        total = hashlib.sha256(str(self.is_synthetic()).encode())
        for other in self.snapshots:
            if other > day:
                continue
            try:
                digests = self.manifest(other)["digests"]
                for name in TABLES:
                    if (name not in HISTORY and other != day) or (district and name == "quality"):
                        continue
                    key = district or ""
                    total.update(f"{other}{name}{digests[name].get(key, '-')}".encode())
            except (KeyError, TypeError, AttributeError):
                raise _damaged(f"as_of={other}", "daftar isinya tidak terbaca") from None
        return total.hexdigest()


def _in_order(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Columns in the order of the contract; what older weeks do not have yet gets its default."""
    from ektp_analysis import schema

    columns = schema.TABLES[name].to_schema().columns
    frame = frame[[column for column in columns if column in frame]]
    for column, about in columns.items():
        if about.default is not None and column in frame and frame[column].hasnans:
            filled = frame[column].fillna(about.default).astype(str(about.dtype))
            frame = frame.assign(**{column: filled})
    return frame


def _day_of(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix("as_of="))


def _damaged(where: str, why: str) -> StoreError:
    return StoreError(
        f"Potret data mingguan rusak: {why}",
        where,
        "Taruh berkas kantor minggu itu di folder masuk lalu jalankan: ektp ingest; "
        "bila berkasnya tidak ada lagi, hapus folder itu (minggu itu lalu tidak ikut dihitung)",
    )


def _string_dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: "datetime64[ns]" for name in frame.columns if frame[name].dtype.kind == "M"}


def open_store(path: Path | str | None = None) -> Store:
    """The store at a path; without one ``$EKTP_STORE``, else ``data/store``, else the sample.

    Raises
    ------
    StoreError
        When a path was given and holds no snapshot.
    """
    asked = path or os.environ.get("EKTP_STORE")
    if asked:
        store = Store(Path(asked))
        store.latest()
        return store
    for candidate in (data_dir() / "store", data_dir() / "sample" / "store"):
        store = Store(candidate)
        if store.dates():
            return store
    raise StoreError("Gudang data belum ada", "data/store", "Jalankan: ektp ingest")


def digests(frame: pd.DataFrame) -> dict[str, str]:
    """Content hash of the whole table under ``""``, and of each kecamatan's rows."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    out = {"": whole_digest(frame)}
    if "village_code" in frame:
        district = frame["village_code"].str[:DISTRICT_LENGTH].to_numpy()
        for code in sorted(set(district)):
            out[code] = hashlib.sha256(hashes[district == code].tobytes()).hexdigest()
    return out


def whole_digest(frame: pd.DataFrame) -> str:
    """Content hash of a whole table, as :func:`digests` gives it under ``""``."""
    hashes = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return hashlib.sha256(hashes.tobytes()).hexdigest()
