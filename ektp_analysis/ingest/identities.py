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
    tables: Sequence[RawTable],
    day: date,
    salt: bytes,
    digests: np.ndarray,
    connection: duckdb.DuckDBPyConnection,
) -> Index:
    """Read the NIK and names of the resident lists into an index, in bounded memory.

    Parameters
    ----------
    tables
        Tables of kind ``residents``, as :func:`ektp_analysis.ingest.residents.aggregate_residents`
        has loaded them; none for a week that has a recap only.
    day
        Date of the data.
    salt, digests
        What the lists' NIK were hashed with, and their digests in order.
    connection
        A private duckdb connection, with ``odd_N`` of each table.
    """
    # also what is no valid NIK to the rules but has its sixteen digits
    every = " UNION ".join(
        "SELECT digits::BIGINT AS nik FROM (SELECT regexp_replace(nik_text, '[^0-9]', '', 'g') AS "
        f"digits FROM odd_{n}) WHERE length(digits) = 16"
        for n in range(len(tables))
    )
    others = connection.execute(every).fetchall() if tables else []
    more = np.array([nik for (nik,) in others], dtype=np.int64)
    return Index.under(day.isoformat(), salt, digests, more, _names(tables, connection))


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
