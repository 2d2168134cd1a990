"""Order of day and month in the date columns of a resident list."""

from __future__ import annotations

from collections.abc import Container

import duckdb

from ektp_analysis.ingest.columns import DATES
from ektp_analysis.ingest.days import FIRST, LAST, calendar, day_number
from ektp_analysis.ingest.list_rows import KeptRows
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.values import DAY_FIRST, MONTH_FIRST, DateOrder, date_order


def sampled_orders(raw: RawTable, sample: dict[str, list[str]]) -> dict[str, DateOrder]:
    """Order of day and month by column, as far as the sample and the office's choices say."""
    out = {column: date_order(sample.get(column, [])) for column in DATES}
    for column, order in raw.header.orders.items():
        if column in out:
            out[column] = DateOrder(order, True, False)
    return out


def settled_orders(
    number: int,
    raw: RawTable,
    orders: dict[str, DateOrder],
    late: Container[str],
    rows: KeptRows,
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, DateOrder]:
    """What the whole column says where the sample did not; the birth date also by the NIK.

    A column that nothing decides follows the birth date: one program wrote them all.

    Parameters
    ----------
    number, raw
        The list.
    orders
        What the sample said; dates that are no texts are settled in it.
    late
        Columns in which a day after the 12th was read.
    rows, connection
        The list's rows; ``odd_N`` has the texts that were not read.
    """
    found: dict[str, DateOrder] = {}
    for column in DATES:
        if column not in raw.header.columns or column in raw.header.orders:
            continue
        if raw.types[raw.header.columns[column]].upper().startswith(("DATE", "TIMESTAMP")):
            orders[column] = DateOrder(DAY_FIRST, True, False)
            continue
        texts = [
            t
            for (t,) in connection.execute(
                f"SELECT DISTINCT {column}_text FROM odd_{number} WHERE {column}_text IS NOT NULL"
            ).fetchall()
        ]
        order, rest = orders[column], date_order(texts)
        against = rest.order == MONTH_FIRST and (rest.certain or rest.mixed)
        if order.order == DAY_FIRST and column in late:
            orders[column] = DateOrder(DAY_FIRST, not against, against)
        elif order.order == DAY_FIRST and against:
            found[column] = DateOrder(MONTH_FIRST, not rest.mixed, rest.mixed)
    birth = found.get("birth_date", orders["birth_date"])
    if not birth.certain and not birth.mixed and "birth_date" in raw.header.columns:
        birth = _order_by_nik(rows) or birth
        if birth != orders["birth_date"]:
            found["birth_date"] = birth
    for column in DATES:
        order = found.get(column, orders[column])
        if birth.certain and not order.certain and not order.mixed and column in raw.header.columns:
            found[column] = birth
    return {c: o for c, o in found.items() if o != orders[c]}


def _order_by_nik(rows: KeptRows) -> DateOrder | None:
    """Day and month of the birth date as the NIK has them: an arbiter when nothing else decides."""
    same = swapped = 0
    for _, (nik, birth) in rows.parts("nik", "birth_date"):
        known = (nik > 0) & (birth >= day_number(FIRST)) & (birth < day_number(LAST))
        day, month = nik[known] // 100_000_000 % 100 % 40, nik[known] // 1_000_000 % 100
        read = calendar().in_nik[birth[known] - day_number(FIRST)]
        telling = day != month
        same += int((telling & (day == read // 10_000) & (month == read // 100 % 100)).sum())
        swapped += int((telling & (month == read // 10_000) & (day == read // 100 % 100)).sum())
    if same > 2 * swapped:
        return DateOrder(DAY_FIRST, True, False)
    return DateOrder(MONTH_FIRST, True, False) if swapped > 2 * same else None
