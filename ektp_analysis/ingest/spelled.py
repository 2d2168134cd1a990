"""What the texts of resident lists stand for, each distinct one asked once, as tables of duckdb."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pandas as pd

from ektp_analysis.ingest.columns import CODED, DATES
from ektp_analysis.ingest.list_sections import PLACES
from ektp_analysis.ingest.lists import ResidentList
from ektp_analysis.ingest.places import village_codes
from ektp_analysis.ingest.values import DAY_FIRST, parse_date


def spell_villages(lists: Sequence[ResidentList], connection: duckdb.DuckDBPyConnection) -> None:
    """Table ``spelled``: the code of each pair of names; rows of a place not known are not plain."""
    found = []
    for each in lists:
        looked_at = connection.execute(
            f"SELECT DISTINCT village_no, district_no FROM list_{each.number} "
            f"UNION SELECT DISTINCT village_no, district_no FROM odd_{each.number}"
        ).fetchall()
        plain = each.plain.table()[["village_no", "district_no"]].drop_duplicates()
        numbers = sorted({*looked_at, *plain.itertuples(index=False, name=None)})
        texts = each.names.pairs(numbers)
        found += [(each.number, *n, *t) for n, t in zip(numbers, texts, strict=True)]
    columns = ["src", *(f"{c}_no" for c in PLACES), *PLACES]
    pairs = pd.DataFrame(found, columns=columns).astype(dict.fromkeys(PLACES, object))
    coded = village_codes(pairs)
    coded["vid"] = coded["village_code"].astype("category").cat.codes.astype("int16")
    connection.register("spelled_frame", coded)
    connection.execute(
        "CREATE OR REPLACE TABLE spelled AS SELECT * REPLACE (src::SMALLINT AS src, "
        "village_no::SMALLINT AS village_no, district_no::SMALLINT AS district_no, "
        "village::VARCHAR AS village, district::VARCHAR AS district) FROM spelled_frame"
    )
    lost = coded[coded["village_code"].isna()]
    for each in lists:
        own = lost[lost["src"] == each.number]
        pairs_lost = set(zip(own["village_no"], own["district_no"], strict=True))
        if len(positions := each.unknown_places(pairs_lost)):
            each.look_again(positions, connection)


def spell_values(
    connection: duckdb.DuckDBPyConnection, lists: Sequence[ResidentList], as_of: date
) -> dict[str, str]:
    """SQL of each column with its awkward cells resolved, and the joins that it needs."""
    columns, joins = {}, []
    for column in (*DATES, *CODED):
        texts = connection.execute(
            f"SELECT DISTINCT src, {column}_text AS text FROM written WHERE {column}_text IS NOT NULL"
        ).fetchall()
        known = []
        for src, text in texts:
            if column in CODED:
                value = CODED[column][1](text)
            else:
                order = lists[src].orders.get(column)
                value = parse_date(text, order.order if order else DAY_FIRST, latest=as_of)
            if value is not None:
                known.append((src, text, value))
        columns[column] = f"w.{column}"
        if known:
            kind = CODED[column][0] if column in CODED else "DATE"
            frame = pd.DataFrame(known, columns=["src", "text", "value"], dtype=object)
            connection.register("spell_frame", frame)
            connection.execute(
                f"CREATE OR REPLACE TABLE spell_{column} AS "
                f"SELECT src::SMALLINT AS src, text::VARCHAR AS text, value::{kind} AS value "
                "FROM spell_frame"
            )
            columns[column] = f"coalesce(w.{column}, {column}_spelled.value)"
            joins.append(
                f"LEFT JOIN spell_{column} {column}_spelled ON w.src = {column}_spelled.src "
                f"AND w.{column}_text = {column}_spelled.text"
            )
    return {**columns, "joins": " ".join(joins)}
