"""Scan a resident list once into narrow typed columns of a private duckdb table.

What a fast expression cannot read is kept as text beside the typed column, for the few distinct
values to be resolved later. The fast expressions are chosen by a sample of the first rows, and
checked against the whole column afterwards.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import duckdb

from ektp_analysis.errors import InputError
from ektp_analysis.ingest import statuses
from ektp_analysis.ingest.places import village_in
from ektp_analysis.ingest.readers import RawTable, quoted
from ektp_analysis.ingest.spellings import label
from ektp_analysis.ingest.values import (
    DAY_FIRST,
    MONTH_FIRST,
    ORDER_NAMES,
    DateOrder,
    date_order,
)

DATES = ("birth_date", "married_on", "arrived_on", "left_on", "recorded_on")
CODED: dict[str, tuple[str, Callable[[object], object]]] = {
    "sex": ("VARCHAR", statuses.sex),
    "recording": ("BOOLEAN", statuses.recorded),
    "marital": ("BOOLEAN", statuses.never_married),
    "status": ("TINYINT", statuses.left),
    "place": ("TINYINT", statuses.channel),
}
"""Columns with few distinct values: their duckdb type, and what a value means."""
SAMPLE_ROWS = 5_000
MAX_CASES = 24
TEXTS = ("nik_text", *(f"{c}_text" for c in (*DATES, *CODED)))
"""Columns of a list's odd rows: what was written where it could not be read at once."""


class UnsureColumnError(InputError):
    """A required column is missing and another's name is near to it: the office must say.

    Parameters
    ----------
    written
        The office's name of the column.
    column, kind
        What it may be, and in which kind of table.
    """

    def __init__(
        self, what: str, where: str, mend: str, written: str, column: str, kind: str
    ) -> None:
        super().__init__(what, where, mend)
        self.written, self.column, self.kind = written, column, kind


def check_columns(raw: RawTable) -> None:
    """Raise InputError for a required column that is missing, naming what it may be called."""
    missing = list(raw.header.missing)
    if raw.header.kind == "residents" and "village" not in raw.header.columns:
        missing += [] if village_in(raw.title) else ["village"]
    if not missing:
        return
    wanted = ", ".join(label(raw.header.kind, name) for name in missing)
    guesses = [g for g in raw.header.unsure if g[1] in missing]
    if guesses:
        position, column, score = max(guesses, key=lambda g: g[2])
        asked = label(raw.header.kind, column)
        written = " ".join(raw.header.names[position].split())
        raise UnsureColumnError(
            f"Kolom wajib tidak ada: {wanted}; kolom “{written}” mungkin {asked} "
            f"(kemiripan {score:.0f}%), tetapi tidak cukup pasti",
            raw.where,
            f'Bila benar, jalankan: ektp ingest --kolom "{written}={asked}" --save-mapping',
            written,
            column,
            raw.header.kind,
        )
    raise InputError(
        f"Kolom wajib tidak ada: {wanted}",
        raw.where,
        "Tambahkan kolom itu, atau betulkan judulnya",
    )


def load_list(
    number: int,
    raw: RawTable,
    as_of: date,
    connection: duckdb.DuckDBPyConnection,
    notes: list[str],
) -> dict[str, DateOrder]:
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
    connection
        A private duckdb connection.
    notes
        Receives sentences on columns whose dates are not certain.

    Returns
    -------
    dict
        The order of day and month that each date column was read with.

    Raises
    ------
    InputError
        When the file cannot be scanned.
    """
    sample = _sample(raw, connection)
    orders = _orders(raw, sample)
    for attempt in (1, 2):
        scan(
            f"CREATE OR REPLACE TABLE list_{number} AS {_typed_sql(raw, sample, orders, as_of)}",
            raw,
            connection,
            ")",
        )
        _part_odd_rows(number, raw, connection)
        changed = _settle_orders(number, raw, orders, connection)
        if not changed or attempt == 2:
            break
        orders |= changed
    for column, order in orders.items():
        if column in raw.header.columns and not order.certain:
            name = " ".join(raw.header.names[raw.header.columns[column]].split())
            both = "memuat dua urutan tanggal" if order.mixed else "urutan harinya tidak pasti"
            notes.append(f"{raw.where}: kolom “{name}” {both}; dibaca {ORDER_NAMES[order.order]}")
    return orders


def _typed_sql(
    raw: RawTable, sample: dict[str, list[str]], orders: dict[str, DateOrder], as_of: date
) -> str:
    """SQL up to the scanned relation: typed columns, and ``odd`` (JSON) for rows that are not clean."""
    pairs = {"nik": _nik_sql(raw)}
    pairs |= {c: _date_sql(raw, c, sample, orders) for c in DATES}
    pairs |= {c: _coded_sql(raw, c, sample) for c in CODED}
    have = [c for c in pairs if c in raw.header.columns]
    if "sex" not in have:
        pairs["sex"] = (_SEX_OF_NIK.format(nik=pairs["nik"][0]), "NULL")
    typed = [f"{pairs[c][0]} AS {c}" for c in dict.fromkeys((*have, "sex"))]
    village = _plain(raw, "village") or quoted(village_in(raw.title) or "")
    district = _plain(raw, "district") or quoted(raw.district)
    cells = sorted({raw.header.columns[c] for c in have})
    inner = ", ".join([*typed, *(f"c{i}" for i in cells)])
    clean = [
        f"nik IS NOT NULL AND birth_date BETWEEN DATE '1890-01-01' AND DATE '{as_of}'",
        "sex IS NOT NULL AND recording IS NOT NULL",
    ]
    for column in have:
        cell = _plain(raw, column)
        blank = f" OR {cell} = ''" if _typed(raw, column) == "VARCHAR" else ""
        if column not in ("nik", "birth_date", "sex", "recording"):
            clean.append(f"({column} IS NOT NULL OR {cell} IS NULL{blank})")
    if "recorded_on" in have:
        clean.append(f"NOT coalesce(recording AND recorded_on > DATE '{as_of}', false)")
    texts = ", ".join(f"{c}_text: {pairs[c][1]}" for c in have)
    row = "file_row, " if raw.row_sql else ""
    number = f"{raw.row_sql} AS file_row, " if raw.row_sql else ""
    kept = ", ".join(dict.fromkeys((*have, "sex")))
    return (
        f"SELECT {row}{kept}, village, district, CASE WHEN {' AND '.join(clean)} THEN NULL "
        f"ELSE to_json({{{texts}}}) END AS odd "
        f"FROM (SELECT {number}{village} AS village, {district} AS district, {inner} FROM"
    )


_SEX_OF_NIK = "CASE WHEN ({nik} // 100000000) % 100 > 40 THEN 'P' ELSE 'L' END"


def _part_odd_rows(number: int, raw: RawTable, connection: duckdb.DuckDBPyConnection) -> None:
    have = [c for c in ("nik", *DATES, *CODED) if c in raw.header.columns]
    absent = [c for c in TEXTS if c.removesuffix("_text") not in have]
    parts = [f"odd->>'{c}_text' AS {c}_text" for c in have]
    parts += [f"NULL::VARCHAR AS {c}" for c in absent]
    connection.execute(
        f"CREATE OR REPLACE TABLE odd_{number} AS SELECT {number}::SMALLINT AS src, rowid AS pos, "
        f"{row_sql(raw)} AS file_row, {', '.join(typed_columns(raw))}, village, district, "
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
    have = {*raw.header.columns, "sex"}
    return [c if c in have else f"NULL::{kind} AS {c}" for c, kind in kinds.items()]


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
        # a line break inside a cell needs the slower reader
        slow = raw.scan.replace("auto_detect=false", "auto_detect=false, parallel=false")
        return connection.execute(f"{statement} {slow} {end}")
    except duckdb.Error as error:
        if "memory" in str(error).lower() or "disk" in str(error).lower():
            raise InputError(
                "Ruang disk atau memori tidak cukup untuk membaca berkas",
                raw.where,
                "Kosongkan ruang disk, lalu ulangi",
            ) from None
        raise InputError(
            "Isi berkas tidak terbaca sebagai tabel",
            raw.where,
            "Buka di Excel dan simpan ulang sebagai xlsx atau CSV UTF-8",
        ) from None


def _sample(raw: RawTable, connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Distinct texts of the first rows, by column."""
    wanted = [c for c in (*DATES, *CODED) if c in raw.header.columns]
    cells = ", ".join(f"{raw.text_sql(c)} AS {c}" for c in wanted) or "1 AS none"
    frame = scan(
        f"SELECT {cells} FROM (SELECT * FROM", raw, connection, f"LIMIT {SAMPLE_ROWS})"
    ).df()
    return {c: frame[c].dropna().unique().tolist() for c in wanted}


def _plain(raw: RawTable, column: str) -> str:
    """SQL of a cell as it was written, "" when the list has no such column."""
    position = raw.header.columns.get(column)
    if position is None:
        return ""
    return f"c{position}" if raw.types[position] == "VARCHAR" else f"c{position}::VARCHAR"


def _typed(raw: RawTable, column: str) -> str:
    position = raw.header.columns.get(column)
    return raw.types[position].upper() if position is not None else ""


def _nik_sql(raw: RawTable) -> tuple[str, str]:
    low, high = 10**15, 10**16 - 1
    cell, kind = _plain(raw, "nik"), _typed(raw, "nik")
    if kind != "VARCHAR":
        whole = f"TRY_CAST(c{raw.header.columns['nik']} AS BIGINT)"
        fits = f"{whole} BETWEEN {low} AND {high}"
        return (
            f"CASE WHEN {fits} THEN {whole} END",
            f"CASE WHEN {fits} THEN NULL ELSE {cell} END",
        )
    # sixteen characters whose number has sixteen digits are digits, unless an exponent is written
    number = f"TRY_CAST({cell} AS BIGINT)"
    clean = f"regexp_replace({cell}, '[^0-9A-Za-z]', '', 'g')"
    quick = f"(strlen({cell}) = 16 AND {number} BETWEEN {low} AND {high} AND NOT contains({cell}, 'e') AND NOT contains({cell}, 'E'))"
    digits = f"regexp_full_match({clean}, '[1-9][0-9]{{15}}')"
    return (
        f"CASE WHEN {quick} THEN {number} WHEN {digits} THEN TRY_CAST({clean} AS BIGINT) END",
        f"CASE WHEN {quick} OR {digits} THEN NULL ELSE nullif(trim({cell}), '') END",
    )


_FORMATS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), "%Y-%m-%d"),
    (re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"), "%Y-%m-%d %H:%M:%S"),
    (re.compile(r"\d{1,2}/\d{1,2}/\d{4}"), "%d/%m/%Y"),
    (re.compile(r"\d{1,2}-\d{1,2}-\d{4}"), "%d-%m-%Y"),
    (re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}"), "%d.%m.%Y"),
)


def _date_sql(
    raw: RawTable, column: str, sample: dict[str, list[str]], orders: dict[str, DateOrder]
) -> tuple[str, str]:
    """The date by the sample's commonest form, and the text of what has another."""
    cell, kind = _plain(raw, column), _typed(raw, column)
    if not cell:
        return ("NULL::DATE", "NULL::VARCHAR")
    if kind.startswith(("DATE", "TIMESTAMP")):
        position = raw.header.columns[column]
        return (f"c{position}::DATE", "NULL::VARCHAR")
    votes = Counter(f for t in sample[column] for p, f in _FORMATS if p.fullmatch(t))
    text = f"nullif(trim({cell}), '')"
    if not votes:
        return ("NULL::DATE", f"{text}")
    form = votes.most_common(1)[0][0]
    if orders[column].order == MONTH_FIRST and form.startswith("%d"):
        form = form.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
    day = f"try_strptime({cell}, '{form}')::DATE"
    # a year of two digits also fits the form, as one of the first century
    good = f"{day} >= DATE '1000-01-01'"
    return (
        f"CASE WHEN {good} THEN {day} END",
        f"CASE WHEN {cell} IS NULL OR {good} THEN NULL ELSE {text} END",
    )


def _coded_sql(raw: RawTable, column: str, sample: dict[str, list[str]]) -> tuple[str, str]:
    kind, meaning = CODED[column]
    cell = _plain(raw, column)
    if not cell:
        return (f"NULL::{kind}", "NULL::VARCHAR")
    cases, known = "", []
    for text in sample[column][:MAX_CASES]:
        value = meaning(text)
        if value is not None:
            literal = quoted(value) if isinstance(value, str) else str(value)
            cases += f" WHEN {quoted(text)} THEN {literal}"
            known.append(quoted(text))
    trimmed = f"nullif(trim({cell}), '')"
    if not known:
        return (f"NULL::{kind}", f"{trimmed}")
    return (
        f"(CASE {cell}{cases} END)::{kind}",
        f"CASE WHEN {cell} IS NULL OR {cell} IN ({', '.join(known)}) THEN NULL ELSE {trimmed} END",
    )


def _orders(raw: RawTable, sample: dict[str, list[str]]) -> dict[str, DateOrder]:
    """Order of day and month by column, as far as the sample and the office's choices say."""
    out = {column: date_order(sample.get(column, [])) for column in DATES}
    for column, order in raw.header.orders.items():
        if column in out:
            out[column] = DateOrder(order, True, False)
    return out


def _settle_orders(
    number: int,
    raw: RawTable,
    orders: dict[str, DateOrder],
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, DateOrder]:
    """What the whole column says where the sample did not; the birth date also by the NIK.

    A column that nothing decides follows the birth date: one program wrote them all.
    """
    found: dict[str, DateOrder] = {}
    for column in DATES:
        if column not in raw.header.columns or column in raw.header.orders:
            continue
        if _typed(raw, column).startswith(("DATE", "TIMESTAMP")):
            orders[column] = DateOrder(DAY_FIRST, True, False)
            continue
        texts = [
            t
            for (t,) in connection.execute(
                f"SELECT DISTINCT {column}_text FROM odd_{number} WHERE {column}_text IS NOT NULL"
            ).fetchall()
        ]
        row = connection.execute(
            f"SELECT coalesce(bool_or(day({column}) > 12), false) FROM list_{number}"
        ).fetchone()
        late, order, rest = bool(row and row[0]), orders[column], date_order(texts)
        against = rest.order == MONTH_FIRST and (rest.certain or rest.mixed)
        if order.order == DAY_FIRST and late:
            orders[column] = DateOrder(DAY_FIRST, not against, against)
        elif order.order == DAY_FIRST and against:
            found[column] = DateOrder(MONTH_FIRST, not rest.mixed, rest.mixed)
    birth = found.get("birth_date", orders["birth_date"])
    if not birth.certain and not birth.mixed and "birth_date" in raw.header.columns:
        birth = _order_by_nik(number, connection) or birth
        if birth != orders["birth_date"]:
            found["birth_date"] = birth
    for column in DATES:
        order = found.get(column, orders[column])
        if birth.certain and not order.certain and not order.mixed and column in raw.header.columns:
            found[column] = birth
    return {c: o for c, o in found.items() if o != orders[c]}


def _order_by_nik(number: int, connection: duckdb.DuckDBPyConnection) -> DateOrder | None:
    """Day and month of the birth date as the NIK has them: an arbiter when nothing else decides."""
    row = connection.execute(
        f"""SELECT count(*) FILTER (d = day(birth_date) AND m = month(birth_date)),
                   count(*) FILTER (m = day(birth_date) AND d = month(birth_date))
            FROM (SELECT (nik // 100000000) % 100 % 40 AS d, (nik // 1000000) % 100 AS m, birth_date
                  FROM list_{number} WHERE nik IS NOT NULL AND birth_date IS NOT NULL)
            WHERE d <> m"""
    ).fetchone()
    same, swapped = row or (0, 0)
    if same > 2 * swapped:
        return DateOrder(DAY_FIRST, True, False)
    return DateOrder(MONTH_FIRST, True, False) if swapped > 2 * same else None
