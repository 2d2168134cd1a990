"""Digests of the NIK and names of the newest week, by which the gate knows them in a site."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import duckdb

from ektp_analysis.ingest.headers import normalise
from ektp_analysis.ingest.lists import scan
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.restricted import Index

NAME = re.compile(r"\b(NAMA|NAME|NM)\b")
NOT_A_PERSON = re.compile(r"\b(DESA|KEL|KELURAHAN|KEC|KECAMATAN|KAB|KABUPATEN|PROV|PROVINSI|DUSUN|"
                          r"WILAYAH|JALAN|PETUGAS)\b")  # fmt: skip


def identity_index(
    tables: Sequence[RawTable], day: date, connection: duckdb.DuckDBPyConnection
) -> Index:
    """Read the columns of NIK and names of the resident lists into an index.

    Parameters
    ----------
    tables
        Tables of kind ``residents``; none for a week that has a recap only.
    day
        Date of the data.
    connection
        A private duckdb connection.
    """
    niks: set[str] = set()
    names: set[str] = set()
    for raw in tables:
        written = _distinct(raw.text_sql("nik"), raw, connection)
        niks |= {digits for cell in written if len(digits := re.sub(r"\D", "", cell)) == 16}
        for position, title in enumerate(raw.header.names):
            if NAME.search(normalise(title)) and not NOT_A_PERSON.search(normalise(title)):
                cell = f"c{position}"
                names |= set(_distinct(f"{cell}::VARCHAR", raw, connection))
    return Index.of(day.isoformat(), niks, names)


def _distinct(column: str, raw: RawTable, connection: duckdb.DuckDBPyConnection) -> list[str]:
    statement = f"SELECT DISTINCT {column} AS cell FROM"
    found = scan(statement, raw, connection, f"WHERE {column} IS NOT NULL").fetchall()
    return [str(cell) for (cell,) in found]
