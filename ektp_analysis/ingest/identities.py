"""Digests of the NIK and names of the newest week, by which the gate knows them in a site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

import duckdb
import numpy as np

from ektp_analysis.ingest.headers import normalise
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.scans import scan
from ektp_analysis.restricted import Index

NAME = re.compile(r"\b(NAMA|NAME|NM)\b")
NOT_A_PERSON = re.compile(r"\b(DESA|KEL|KELURAHAN|KEC|KECAMATAN|KAB|KABUPATEN|PROV|PROVINSI|DUSUN|"
                          r"WILAYAH|JALAN|PETUGAS)\b")  # fmt: skip


BATCH = 100_000


def identity_index(
    tables: Sequence[RawTable], day: date, connection: duckdb.DuckDBPyConnection
) -> Index:
    """Read the NIK and names of the resident lists into an index, in bounded memory.

    Parameters
    ----------
    tables
        Tables of kind ``residents``, as :func:`ektp_analysis.ingest.residents.aggregate_residents`
        has loaded them; none for a week that has a recap only.
    day
        Date of the data.
    connection
        A private duckdb connection, with ``list_N`` and ``odd_N`` of each table.
    """
    every = " UNION ALL ".join(
        # also what is no valid NIK to the rules but has its sixteen digits
        f"SELECT nik FROM list_{n} WHERE nik IS NOT NULL UNION ALL "
        "SELECT digits::BIGINT FROM (SELECT regexp_replace(nik_text, '[^0-9]', '', 'g') AS digits "
        f"FROM odd_{n}) WHERE length(digits) = 16"
        for n in range(len(tables))
    )
    niks = connection.execute(every).fetchnumpy()["nik"] if tables else np.empty(0, np.int64)
    return Index.of(day.isoformat(), np.asarray(niks), _names(tables, connection))


def _names(tables: Sequence[RawTable], connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for raw in tables:
        for position, title in enumerate(raw.header.names):
            if NAME.search(normalise(title)) and not NOT_A_PERSON.search(normalise(title)):
                cell = f"c{position}::VARCHAR"
                found = scan(
                    f"SELECT DISTINCT {cell} FROM", raw, connection, f"WHERE {cell} IS NOT NULL"
                )
                while rows := found.fetchmany(BATCH):
                    yield from (str(name) for (name,) in rows)
