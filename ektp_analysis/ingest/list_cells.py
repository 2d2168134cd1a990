"""SQL that reads a cell of a resident list: its typed value, or the text that gave none."""

from __future__ import annotations

import re
from collections import Counter

from ektp_analysis.ingest import statuses
from ektp_analysis.ingest.columns import CODED, DATES
from ektp_analysis.ingest.readers import RawTable, quoted
from ektp_analysis.ingest.values import MONTH_FIRST, DateOrder

MAX_CASES = 24
"""Distinct texts of a coded column that are looked for at once; others get a second look."""


def cell_sql(raw: RawTable, column: str) -> str:
    """SQL of a cell as it was written, "" when the list has no such column."""
    position = raw.header.columns.get(column)
    if position is None:
        return ""
    return f"c{position}" if raw.types[position] == "VARCHAR" else f"c{position}::VARCHAR"


def cell_type(raw: RawTable, column: str) -> str:
    """duckdb type of a column, "" when the list has no such column."""
    position = raw.header.columns.get(column)
    return raw.types[position].upper() if position is not None else ""


_FORMATS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"),
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "%d/%m/%Y"),
    (re.compile(r"\d{1,2}-\d{1,2}-\d{4}"), "%d-%m-%Y"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
)


def nik_sql(raw: RawTable) -> str:
    """The NIK as a number of sixteen digits, NULL where none is written."""
    low, high = 10**15, 10**16 - 1
    cell = cell_sql(raw, "nik")
    if cell_type(raw, "nik") != "VARCHAR":
        whole = f"TRY_CAST(c{raw.header.columns['nik']} AS BIGINT)"
        return f"CASE WHEN {whole} BETWEEN {low} AND {high} THEN {whole} END"
    clean = f"regexp_replace({cell}, '[^0-9A-Za-z]', '', 'g')"
    return (
        f"CASE WHEN quick_nik >= {low} THEN quick_nik "
        f"WHEN regexp_full_match({clean}, '[1-9][0-9]{{15}}') THEN TRY_CAST({clean} AS BIGINT) END"
    )


def date_sql(
    raw: RawTable, column: str, sample: dict[str, list[str]], orders: dict[str, DateOrder]
) -> str:
    """The date, NULL where it is not written in the sample's commonest form."""
    if not cell_sql(raw, column):
        return "NULL::DATE"
    if cell_type(raw, column).startswith(("DATE", "TIMESTAMP")):
        return f"c{raw.header.columns[column]}::DATE"
    if not _date_form(raw, column, sample, orders):
        return "NULL::DATE"
    # a year of two digits also fits the form, as one of the first century
    return f"CASE WHEN quick_{column} >= DATE '1000-01-01' THEN quick_{column} END"


def text_sql(raw: RawTable, column: str, value: str) -> str:
    """What is written in a cell that gave no value."""
    return f"CASE WHEN {value} IS NULL THEN nullif(trim({cell_sql(raw, column)}), '') END"


def quick_sql(
    raw: RawTable, column: str, sample: dict[str, list[str]], orders: dict[str, DateOrder]
) -> str | None:
    """What the expressions of a column use more than once, to be worked out before as ``quick_…``."""
    cell = cell_sql(raw, column)
    if column == "nik" and cell_type(raw, "nik") == "VARCHAR":
        # sixteen characters whose number has sixteen digits are digits, unless an exponent is written
        return (
            f"CASE WHEN strlen({cell}) = 16 AND NOT contains({cell}, 'e') "
            f"AND NOT contains({cell}, 'E') THEN TRY_CAST({cell} AS BIGINT) END"
        )
    if column in DATES and cell and (form := _date_form(raw, column, sample, orders)):
        return f"try_strptime({cell}, '{form}')::DATE"
    return None


def _date_form(
    raw: RawTable, column: str, sample: dict[str, list[str]], orders: dict[str, DateOrder]
) -> str | None:
    """The commonest form of a column of texts, if there is one that duckdb reads."""
    if cell_type(raw, column).startswith(("DATE", "TIMESTAMP")):
        return None
    votes = Counter(f for t in sample[column] for p, f in _FORMATS if p.fullmatch(t))
    if not votes:
        return None
    form = votes.most_common(1)[0][0]
    if orders[column].order == MONTH_FIRST and form.startswith("%d"):
        form = form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
    return form


def _female(text: object) -> bool | None:
    known = statuses.sex(text)
    return None if known is None else known == "P"


def coded_sql(raw: RawTable, column: str, sample: dict[str, list[str]]) -> str:
    """What a text of few distinct ones means, NULL where that is not known."""
    kind, meaning = CODED[column]
    if column == "sex":
        kind, meaning = "BOOLEAN", _female
    cell = cell_sql(raw, column)
    cases = ""
    for text in sample.get(column, [])[:MAX_CASES]:
        value = meaning(text)
        if value is not None:
            literal = quoted(value) if isinstance(value, str) else str(value)
            cases += f" WHEN {quoted(text)} THEN {literal}"
    return f"(CASE {cell}{cases} END)::{kind}" if cases else f"NULL::{kind}"
