"""Order of day and month in the date columns of a resident list."""

from __future__ import annotations

import duckdb

from ektp_analysis.ingest.columns import DATES
from ektp_analysis.ingest.list_cells import cell_type
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
    connection: duckdb.DuckDBPyConnection,
) -> dict[str, DateOrder]:
    """What the whole column says where the sample did not; the birth date also by the NIK.

    A column that nothing decides follows the birth date: one program wrote them all.
    """
    found: dict[str, DateOrder] = {}
    for column in DATES:
        if column not in raw.header.columns or column in raw.header.orders:
            continue
        if cell_type(raw, column).startswith(("DATE", "TIMESTAMP")):
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
