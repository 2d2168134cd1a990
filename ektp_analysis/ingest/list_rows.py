"""Typed rows of a resident list: all of them in files by column, and those to be judged in duckdb.

The files lie in the run's private folder. They are written once and read seldom: for the few rows
of which something is found out later (their NIK stands twice, their village is not known).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np
import pyarrow as pa

from ektp_analysis.ingest.columns import CODED, DATES
from ektp_analysis.ingest.days import MISSING
from ektp_analysis.ingest.list_cells import UNKNOWN

Columns = Mapping[str, np.ndarray]
CODES = ("female", "recording", "marital", "status", "place")
TYPES: dict[str, type] = {
    "file_row": np.int64,
    "nik": np.int64,
    "digest": np.uint64,
    **dict.fromkeys(DATES, np.int32),
    **dict.fromkeys(CODES, np.int8),
    "village_no": np.int16,
    "district_no": np.int16,
    "counted": np.bool_,
}
"""Columns of a row; a NIK and its digest are 0, a date MISSING and the others UNKNOWN where there is none."""
TEXTS = ("nik_text", *(f"{c}_text" for c in (*DATES, *CODED)))
"""Columns of a list's odd rows: what was written where it could not be read at once."""
AT_ONCE = 1 << 20
"""Rows that are gathered before they go to duckdb, or are read at once."""
_BUFFER = 1 << 18
_BLANK: dict[str, int] = {**dict.fromkeys(DATES, MISSING), **dict.fromkeys(CODES, UNKNOWN)}
_ROW = [
    ("pos", "BIGINT"), ("file_row", "BIGINT"), ("nik", "BIGINT"), *((c, "DATE") for c in DATES),
    *((c, kind) for c, (kind, _) in CODED.items() if c != "sex"), ("sex", "VARCHAR"),
    ("village_no", "SMALLINT"), ("district_no", "SMALLINT"),
]  # fmt: skip
ROW = ", ".join(name for name, _ in _ROW)
"""SQL of the columns of ``list_N``; ``odd`` is one more."""


class KeptRows:
    """The typed columns of all rows of a list, each in a file of its own.

    Parameters
    ----------
    folder
        A private folder; the files are made in it.
    name
        Tells the files of one list from another's.
    first_row
        Number in the file of the first row, when the rows do not say theirs.
    """

    def __init__(self, folder: Path, name: str, first_row: int) -> None:
        self.folder, self.name, self.first_row = folder, name, first_row
        self.rows = 0
        self._files: dict[str, BinaryIO] = {}
        for old in folder.glob(f"{name}-*.rows"):
            old.unlink()

    def append(self, columns: Columns, rows: int) -> None:
        """Add rows; every call has the same columns."""
        for name, values in columns.items():
            if name not in self._files:
                self._files[name] = self._path(name).open("wb", buffering=_BUFFER)
            self._files[name].write(np.ascontiguousarray(values, dtype=TYPES[name]).data)
        self.rows += rows

    def close(self) -> None:
        """Write what is still to be written; then the rows can be read."""
        for file in self._files.values():
            file.close()

    def column(self, name: str, start: int = 0, count: int = -1) -> np.ndarray:
        """A column, or rows of it."""
        if name not in self._files:
            size = self.rows - start if count < 0 else min(count, self.rows - start)
            return np.full(size, _BLANK.get(name, 0), dtype=TYPES[name])
        kind = np.dtype(TYPES[name])
        return np.fromfile(self._path(name), kind, count, offset=start * kind.itemsize)

    def parts(self, *names: str) -> Iterator[tuple[int, list[np.ndarray]]]:
        """The columns part by part, with the position of each part's first row."""
        for start in range(0, self.rows, AT_ONCE):
            yield start, [self.column(name, start, AT_ONCE) for name in names]

    def at(self, positions: np.ndarray) -> dict[str, np.ndarray]:
        """All columns of the rows at some positions, ``pos`` among them."""
        out = {"pos": positions}
        for name, kind in TYPES.items():
            if name in self._files:
                whole = np.memmap(self._path(name), kind, "r") if self.rows else np.empty(0, kind)
                out[name] = np.asarray(whole[positions])
        return complete(out, self.first_row)

    def _path(self, name: str) -> Path:
        return self.folder / f"{self.name}-{name}.rows"


def complete(columns: Columns, first_row: int) -> dict[str, np.ndarray]:
    """The columns with those that the list lacks."""
    out, pos = dict(columns), columns["pos"]
    if "file_row" not in out:
        out["file_row"] = pos + first_row
    for name in (*DATES, *CODES):
        if name not in out:
            out[name] = np.full(len(pos), _BLANK[name], dtype=TYPES[name])
    return out


def create_tables(number: int, connection: duckdb.DuckDBPyConnection) -> None:
    """Empty tables ``list_N`` and ``odd_N``."""
    row = ", ".join(f"{name} {kind}" for name, kind in _ROW)
    connection.execute(f"CREATE OR REPLACE TABLE list_{number} ({row}, odd BOOLEAN)")
    texts = ", ".join(f"{name} VARCHAR" for name in (*TEXTS, "village", "district"))
    connection.execute(f"CREATE OR REPLACE TABLE odd_{number} (src SMALLINT, {row}, {texts})")


def add_rows(
    number: int,
    columns: Columns,
    connection: duckdb.DuckDBPyConnection,
    *,
    odd: np.ndarray | None = None,
) -> None:
    """Add rows with all columns to ``list_N``."""
    table = _typed(columns)
    flags = np.zeros(len(columns["pos"]), dtype=bool) if odd is None else odd
    table = table.append_column("odd", pa.array(flags))
    _insert(f"list_{number}", ROW + ", odd", table, connection)


def add_odd_rows(
    number: int, columns: Columns, texts: pa.Table, connection: duckdb.DuckDBPyConnection
) -> None:
    """Add rows with all columns to ``odd_N``, with what was written in them."""
    table = _typed(columns)
    for name in texts.column_names:
        table = table.append_column(name, texts.column(name))
    _insert(f"odd_{number}", ", ".join(table.column_names), table, connection, src=number)


def _insert(
    target: str,
    names: str,
    table: pa.Table,
    connection: duckdb.DuckDBPyConnection,
    src: int | None = None,
) -> None:
    connection.register("some_rows", table)
    given = (f"src, {names}", f"{src}, {names}") if src is not None else (names, names)
    connection.execute(f"INSERT INTO {target} ({given[0]}) SELECT {given[1]} FROM some_rows")
    connection.unregister("some_rows")


def _typed(columns: Columns) -> pa.Table:
    """Rows as duckdb has them, NULL where there is nothing."""
    out = {name: pa.array(columns[name], pa.int64()) for name in ("pos", "file_row")}
    out["nik"] = pa.array(columns["nik"], pa.int64(), mask=columns["nik"] == 0)
    for name in DATES:
        days = pa.array(columns[name], pa.int32(), mask=columns[name] == MISSING)
        out[name] = days.cast(pa.date32())
    for name, (kind, _) in CODED.items():
        if name != "sex":
            codes, none = columns[name], columns[name] == UNKNOWN
            values = codes == 1 if kind == "BOOLEAN" else codes
            out[name] = pa.array(values, mask=none)
    female = columns["female"]
    sexes = pa.DictionaryArray.from_arrays(
        pa.array(female, pa.int8(), mask=female == UNKNOWN), pa.array(["L", "P"])
    )
    out["sex"] = sexes.cast(pa.string())
    for name in ("village_no", "district_no"):
        out[name] = pa.array(columns[name], pa.int16())
    return pa.table(out)


def joined(parts: Sequence[Columns]) -> dict[str, np.ndarray]:
    """Rows of several batches together."""
    return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
