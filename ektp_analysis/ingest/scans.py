"""Run a statement over the relation of a table, with a sentence for what goes wrong."""

from __future__ import annotations

from typing import Any

import duckdb

from ektp_analysis.errors import InputError
from ektp_analysis.ingest.readers import RawTable

SAMPLE_ROWS = 5_000
"""First rows by which expressions are chosen, and of which ``--explain`` tells."""


def scan(
    statement: str, raw: RawTable, connection: duckdb.DuckDBPyConnection, end: str = ""
) -> Any:
    """Run a statement over a table's relation.

    Parameters
    ----------
    statement
        SQL up to and with ``FROM``.
    raw
        The table.
    connection
        A private duckdb connection.
    end
        What comes after the relation.

    Raises
    ------
    InputError
        When the file cannot be scanned, or disk or memory do not suffice.
    """
    try:
        return connection.execute(f"{statement} {raw.scan} {end}")
    except duckdb.Error:
        pass
    try:
        return connection.execute(f"{statement} {slow_scan(raw)} {end}")
    except duckdb.Error as error:
        raise scan_error(raw, error) from None


def slow_scan(raw: RawTable) -> str:
    """The relation by a slower reader, which a line break inside a cell needs."""
    return raw.scan.replace("auto_detect=false", "auto_detect=false, parallel=false")


def file_row_sql(raw: RawTable) -> str:
    """SQL of a row's number in the file; rows that do not say it must be scanned in their order."""
    return raw.row_sql or f"row_number() OVER () + {raw.first_row - 1}"


def cells_sql(raw: RawTable) -> list[str]:
    """SQL of every cell of a row as trimmed text, NULL when blank."""
    return [f"nullif(trim(c{i}::VARCHAR), '')" for i in range(len(raw.types))]


def filled_sql(raw: RawTable) -> str:
    """SQL of how many cells of a row are not blank."""
    return " + ".join(f"({cell} IS NOT NULL)::INT" for cell in cells_sql(raw))


def scan_error(raw: RawTable, error: BaseException | None) -> InputError:
    """What to tell of a table that duckdb could not scan."""
    if any(word in str(error).lower() for word in ("memory", "disk")):
        return InputError(
            "Ruang disk atau memori tidak cukup untuk membaca berkas",
            raw.where,
            "Kosongkan ruang disk, lalu ulangi",
        )
    return InputError(
        "Isi berkas tidak terbaca sebagai tabel",
        raw.where,
        "Buka di Excel dan simpan ulang sebagai xlsx atau CSV UTF-8",
    )
