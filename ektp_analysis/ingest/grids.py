"""Small tables (visit logs, recaps) as text frames, and which of their rows are totals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pandas as pd

from ektp_analysis.errors import InputError
from ektp_analysis.ingest.headers import normalise
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.scans import cells_sql, file_row_sql, filled_sql, scan

MAX_ROWS = 200_000
_TOTAL = re.compile(r"^(?:SUB |GRAND )?(?:JUMLAH|TOTAL|JML|SUBTOTAL|JLH)\b")


@dataclass(frozen=True)
class Grid:
    """Cells of a table as text.

    Attributes
    ----------
    frame
        ``file_row`` (int) and every column of the kind (str; missing when blank or absent).
    lead
        First non-blank cell left of the recognised columns, or of the row: a total's word may
        stand under the row number.
    filled
        Number of cells of the row, recognised or not, that are not blank.
    """

    frame: pd.DataFrame
    lead: pd.Series
    filled: pd.Series


def read_grid(raw: RawTable, connection: duckdb.DuckDBPyConnection, columns: Iterable[str]) -> Grid:
    """All rows of a small table.

    Raises
    ------
    InputError
        When it cannot be scanned, or is far too long for its kind.
    """
    cells = ", ".join(f"{raw.text_sql(c)} AS {c}" for c in columns)
    frame = scan(
        f"SELECT {file_row_sql(raw)} AS file_row, coalesce({', '.join(cells_sql(raw))}) AS lead_cell, "
        f"{filled_sql(raw)} AS filled_cells, {cells} FROM",
        raw,
        connection,
        f"LIMIT {MAX_ROWS + 1}",
    ).df()
    if len(frame) > MAX_ROWS:
        raise InputError(
            f"Tabel ini lebih dari {MAX_ROWS} baris", raw.where, "Periksa apakah berkasnya benar"
        )
    filled = frame.pop("filled_cells")
    text = [c for c in frame.columns if c != "file_row"]
    frame[text] = frame[text].astype(object).where(frame[text].notna(), None)
    lead = frame.pop("lead_cell")
    return Grid(frame, lead, filled)


def is_total(*cells: object) -> bool:
    """Whether a row's text cells say that it is a total.

    Examples
    --------
    >>> is_total("JUMLAH"), is_total("Sub Total Kec. Curup"), is_total("Talang Ulu")
    (True, True, False)
    """
    return any(_TOTAL.match(normalise(cell)) for cell in cells if cell is not None)
