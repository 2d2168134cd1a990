"""Scan a resident list once into narrow typed columns of a private duckdb table.

What a fast expression cannot read is kept as text beside the typed column, for the few distinct
values to be resolved later. The fast expressions are chosen by a sample of the first rows, and
checked against the whole column afterwards. The scan also marks the *plain* rows: those of adults
with nothing to look at, who count by village, birth year and sex and need no date any more.
"""

from __future__ import annotations

from datetime import date

import duckdb

from ektp_analysis.ingest.columns import CODED, DATES
from ektp_analysis.ingest.list_cells import (
    cell_sql,
    cell_type,
    coded_sql,
    date_sql,
    nik_sql,
    quick_sql,
    text_sql,
)
from ektp_analysis.ingest.list_names import Names, list_names, name_sql, number_new_names
from ektp_analysis.ingest.list_orders import sampled_orders, settled_orders
from ektp_analysis.ingest.list_sections import PLACES
from ektp_analysis.ingest.niks import NIK_AGREES, REGION_KNOWN, know_regions
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.scans import SAMPLE_ROWS, scan
from ektp_analysis.ingest.values import ORDER_NAMES, DateOrder

TEXTS = ("nik_text", *(f"{c}_text" for c in (*DATES, *CODED)))
"""Columns of a list's odd rows: what was written where it could not be read at once."""
GROWN = 21
"""Age from which on, with nothing else to look at, only the birth year matters."""


def load_list(
    number: int,
    raw: RawTable,
    as_of: date,
    programme_start: date,
    connection: duckdb.DuckDBPyConnection,
    notes: list[str],
) -> tuple[dict[str, DateOrder], Names]:
    """Scan a list once into ``list_N``, and copy its rows that need a second look to ``odd_N``.

    A row is clean when every cell was read by the fast expressions and no rule but those on
    places and duplicates can reject it. Nearly all rows are, so that the rest may cost more.

    Parameters
    ----------
    number
        The list's number among the week's.
    raw
        A table of kind ``residents``.
    as_of
        Date of the extract.
    programme_start
        No biometrics were recorded before.
    connection
        A private duckdb connection.
    notes
        Receives sentences on columns whose dates are not certain.

    Returns
    -------
    tuple
        The order of day and month that each date column was read with, and the names of places
        that the columns ``village_no`` and ``district_no`` stand for.

    Raises
    ------
    InputError
        When the file cannot be scanned.
    """
    sample = _sample(raw, connection)
    orders = sampled_orders(raw, sample)
    names = list_names(number, raw, connection)
    know_regions(connection)
    for attempt in (1, 2):
        select = _typed_sql(number, raw, sample, orders, as_of, programme_start)
        scan(f"CREATE OR REPLACE TABLE list_{number} AS {select}", raw, connection, ")))")
        _part_odd_rows(number, raw, connection)
        changed = settled_orders(number, raw, orders, connection)
        if not changed or attempt == 2:
            break
        orders |= changed
    number_new_names(number, raw, names, connection)
    for column, order in orders.items():
        if column in raw.header.columns and not order.certain:
            name = " ".join(raw.header.names[raw.header.columns[column]].split())
            both = "memuat dua urutan tanggal" if order.mixed else "urutan harinya tidak pasti"
            notes.append(f"{raw.where}: kolom “{name}” {both}; dibaca {ORDER_NAMES[order.order]}")
    return orders, names


def _typed_sql(
    number: int,
    raw: RawTable,
    sample: dict[str, list[str]],
    orders: dict[str, DateOrder],
    as_of: date,
    programme_start: date,
) -> str:
    """SQL up to the scanned relation: typed columns, whether a row is plain, and ``odd`` (JSON)."""
    pairs = {"nik": nik_sql(raw)}
    pairs |= {c: date_sql(raw, c, sample, orders) for c in DATES}
    pairs |= {c: coded_sql(raw, c, sample) for c in CODED}
    have = [c for c in pairs if c in raw.header.columns]
    if "sex" not in have:
        pairs["sex"] = f"({pairs['nik']} // 100000000) % 100 > 40"
    read = list(dict.fromkeys((*have, "sex")))
    typed = [f"{pairs[c]} AS {_stored(c)}" for c in read]
    typed += [f"{name_sql(number, raw, c)} AS {c}_no" for c in PLACES]
    named = [c for c in PLACES if c in raw.header.columns]
    cells = sorted({raw.header.columns[c] for c in (*have, *named)})
    row = ["file_row"] if raw.row_sql else []
    inner = ", ".join([*row, *typed, *(f"c{i}" for i in cells)])
    quick = [f"{raw.row_sql} AS file_row"] if raw.row_sql else []
    quick += [f"c{i}" for i in cells]
    quick += [f"{sql} AS quick_{c}" for c in have if (sql := quick_sql(raw, c, sample, orders))]
    clean = [
        f"nik IS NOT NULL AND birth_date BETWEEN DATE '1890-01-01' AND DATE '{as_of}'",
        "female IS NOT NULL AND recording IS NOT NULL",
    ]
    for column in (*have, *named):
        if column in ("nik", "birth_date", "sex", "recording"):
            continue
        if cell_type(raw, column).startswith(("DATE", "TIMESTAMP")):
            continue
        cell = cell_sql(raw, column)
        value = f"{column}_no" if column in named else column
        blank = f" OR {cell} = ''" if cell_type(raw, column) == "VARCHAR" else ""
        clean.append(f"({value} IS NOT NULL OR {cell} IS NULL{blank})")
    if "recorded_on" in have:
        clean.append(f"NOT coalesce(recording AND recorded_on > DATE '{as_of}', false)")
    texts = [f"{c}_text: {text_sql(raw, c, _stored(c))}" for c in have] + [
        f"{c}_name: {cell_sql(raw, c)}" for c in named
    ]
    odd = f"CASE WHEN {' AND '.join(clean)} THEN NULL ELSE to_json({{{', '.join(texts)}}}) END"
    kept = [*row, *(_stored(c) for c in read), *(f"{c}_no" for c in PLACES)]
    plain = _plain_sql(have, as_of, programme_start)
    return (
        f"SELECT {', '.join(kept)}, odd, odd IS NULL AND coalesce({plain}, false) AS plain FROM ("
        f"SELECT {', '.join(kept)}, {odd} AS odd FROM (SELECT {inner} "
        f"FROM (SELECT {', '.join(quick)} FROM"
    )


def _stored(column: str) -> str:
    """The name of a column in ``list_N``: the sex is kept as one bit."""
    return "female" if column == "sex" else column


def _plain_sql(have: list[str], as_of: date, programme_start: date) -> str:
    """Whether a clean row is of a present adult without a flag or an event in the last week.

    Must not be true where :data:`ektp_analysis.ingest.aggregates.PERSON` would find anything but
    an eligible person; where it is false, that is asked.
    """
    day = f"DATE '{as_of}'"
    parts = [
        f"birth_date < DATE '{as_of.year - GROWN}-01-01'",
        f"birth_date > {day} - 40000",  # nobody of 110 years
        NIK_AGREES,
        REGION_KNOWN,
    ]
    if "status" in have:
        parts.append("(status IS NULL OR status = 0)")
    if "arrived_on" in have:
        parts.append(f"(arrived_on IS NULL OR arrived_on <= {day} - 7)")
    if "recorded_on" in have:
        # at 16 years, or a few days later: then somebody looks at the exact day
        parts.append(
            f"(recorded_on IS NULL OR (recording AND recorded_on <= {day} - 7 "
            f"AND recorded_on >= DATE '{programme_start}' AND recorded_on > birth_date + 5850))"
        )
    return " AND ".join(parts)


def _part_odd_rows(number: int, raw: RawTable, connection: duckdb.DuckDBPyConnection) -> None:
    have = [c for c in ("nik", *DATES, *CODED) if c in raw.header.columns]
    absent = [c for c in TEXTS if c.removesuffix("_text") not in have]
    parts = [f"odd->>'{c}_text' AS {c}_text" for c in have]
    parts += [f"NULL::VARCHAR AS {c}" for c in absent]
    parts += [
        f"odd->>'{c}_name' AS {c}" if c in raw.header.columns else f"NULL::VARCHAR AS {c}"
        for c in PLACES
    ]
    connection.execute(
        f"CREATE OR REPLACE TABLE odd_{number} AS SELECT {number}::SMALLINT AS src, rowid AS pos, "
        f"{row_sql(raw)} AS file_row, {', '.join(typed_columns(raw))}, village_no, district_no, "
        f"{', '.join(parts)} FROM list_{number} WHERE odd IS NOT NULL"
    )


def row_sql(raw: RawTable) -> str:
    """SQL of a row's number in the file, over ``list_N``."""
    return "file_row" if raw.row_sql else f"rowid + {raw.first_row}"


def typed_columns(raw: RawTable) -> list[str]:
    """SQL of every typed column over ``list_N``, NULL where the file has none."""
    kinds = {
        "nik": "BIGINT",
        **dict.fromkeys(DATES, "DATE"),
        **{c: k for c, (k, _) in CODED.items()},
    }
    out = [
        c if c in raw.header.columns else f"NULL::{kind} AS {c}"
        for c, kind in kinds.items()
        if c != "sex"
    ]
    return [*out, "CASE WHEN female THEN 'P' WHEN NOT female THEN 'L' END AS sex"]


def _sample(raw: RawTable, connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Distinct texts of the first rows, by column."""
    wanted = [c for c in (*DATES, *CODED) if c in raw.header.columns]
    cells = ", ".join(f"{raw.text_sql(c)} AS {c}" for c in wanted) or "1 AS none"
    frame = scan(
        f"SELECT {cells} FROM (SELECT * FROM", raw, connection, f"LIMIT {SAMPLE_ROWS})"
    ).df()
    return {c: frame[c].dropna().unique().tolist() for c in wanted}
