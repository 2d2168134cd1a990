"""Results on the whole kabupaten that many reports use: computed once for an edition.

A function marked with :func:`for_all` takes the loaded tables of the whole kabupaten. A report on one
kecamatan gets its part of the result, and depends on that part only: another kecamatan's data may
change the whole and leave the part as it is. With ``EKTP_SHARED`` naming a folder, a result is kept
there for the other reports of the edition; without it (JupyterLab) it is computed when asked for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from ektp_analysis import regions, trace

if TYPE_CHECKING:
    from ektp_analysis.exhibits.load import Loaded

T = TypeVar("T")
VARIABLE = "EKTP_SHARED"
KEYS = ("district_code", "village_code")
registry: dict[str, Callable[[Loaded], Any]] = {}
"""All such functions by name."""


def for_all(function: Callable[[Loaded], T]) -> Callable[[Loaded], T]:
    """Mark a function of the whole kabupaten's loaded tables as shared by all reports."""
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__.lstrip('_')}"
    registry[name] = function

    @functools.wraps(function)
    def shared(loaded: Loaded) -> T:
        return part_for(name, loaded)  # type: ignore[no-any-return]

    return shared


def part_for(name: str, loaded: Loaded) -> Any:
    """The part of a shared result that a report gets; noted by its content."""
    district = loaded.tables.district
    folder = os.environ.get(VARIABLE)
    if folder and Path(folder).is_dir():
        with trace.aside():
            value, digests = _kept(name, loaded, Path(folder))
        found = part(value, district)
        trace.note("shared", name, district or "", digests[district or ""])
    else:
        with trace.aside():
            found = part(registry[name](loaded.whole), district)
        trace.note("shared", name, district or "", content_digest(found))
    return found


def compute_everything(as_of: str) -> None:
    """Compute every shared result of an edition that its folder does not hold yet."""
    from ektp_analysis.exhibits.load import load_report

    loaded = load_report("overview", as_of=as_of)
    for name in registry:
        _kept(name, loaded, Path(os.environ[VARIABLE]))


@functools.lru_cache(maxsize=16)
def _read(path: Path, digests: Path) -> tuple[Any, dict[str, str]]:
    return pickle.loads(path.read_bytes()), json.loads(digests.read_text())


def _kept(name: str, loaded: Loaded, folder: Path) -> tuple[Any, dict[str, str]]:
    stem = f"{name}-{loaded.tables.as_of.date()}"
    result, digests = folder / f"{stem}.pickle", folder / f"{stem}.json"
    if not digests.exists():
        with _lock(folder / f"{stem}.lock"):
            if not digests.exists():  # nobody else was quicker
                value = registry[name](loaded.whole)
                codes = ["", *regions.districts()["district_code"]]
                _write(result, pickle.dumps(value))
                parts = {code: content_digest(part(value, code or None)) for code in codes}
                _write(digests, json.dumps(parts).encode())
    return _read(result, digests)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


@contextlib.contextmanager
def _lock(path: Path) -> Iterator[None]:
    try:
        import fcntl
    except ImportError:  # Windows: computed twice at worst, never half
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def part(value: Any, district: str | None) -> Any:
    """The part of a result that concerns a kecamatan: rows of a table, or what ``part`` gives.

    A table without ``district_code`` or ``village_code`` concerns all.
    """
    if district is None:
        return value
    if hasattr(value, "part"):
        return value.part(district)
    if isinstance(value, pd.DataFrame):
        for key in KEYS:
            if key in value:
                here = value[key].astype(str).str.startswith(district)
                return value[here].reset_index(drop=True)
    return value


def content_digest(value: Any) -> str:
    """Hash of a result's content, the same in every process."""
    total = hashlib.sha256()
    _feed(total, value)
    return total.hexdigest()


def _feed(total: Any, value: Any) -> None:
    if isinstance(value, pd.DataFrame):
        total.update(repr([*zip(value.columns, value.dtypes, strict=True)]).encode())
        total.update(repr(sorted(value.attrs.items())).encode())
        hashed = pd.util.hash_pandas_object(value.astype({c: str for c in _objects(value)}))
        total.update(hashed.to_numpy().tobytes())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        total.update(type(value).__name__.encode())
        for field in dataclasses.fields(value):
            _feed(total, getattr(value, field.name))
    elif isinstance(value, dict):
        for name in sorted(value):
            _feed(total, (name, value[name]))
    elif isinstance(value, tuple | list):
        for item in value:
            _feed(total, item)
    else:
        total.update(f"{type(value).__name__} {value!r}".encode())


def _objects(frame: pd.DataFrame) -> list[Any]:
    return [c for c, dtype in frame.dtypes.items() if dtype.kind == "O"]
