"""Names of villages and kecamatan in a resident list as numbers: a list repeats few names often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import duckdb

from ektp_analysis.ingest.list_cells import cell_sql
from ektp_analysis.ingest.list_sections import PLACES, Section
from ektp_analysis.ingest.places import village_in
from ektp_analysis.ingest.readers import RawTable, quoted
from ektp_analysis.ingest.scans import scan

MANY_NAMES = 20_000
"""A column with more distinct texts holds no names of places; the rest of it costs a second look."""


NUMBERS = ", ".join(f"coalesce({c}_no, -1)::SMALLINT AS {c}_no" for c in PLACES)
"""SQL of the numbers of a row's names, -1 for a blank."""


@dataclass
class Names:
    """The texts that stand in the columns of a list's places, each by its number.

    Attributes
    ----------
    texts
        Texts of ``village`` and ``district`` as they were written; a number is a position.
    """

    texts: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in PLACES})

    def number(self, column: str, text: str) -> int:
        """The number of a text, a new one if it has none."""
        known = self.texts[column]
        if text not in known:
            known.append(text)
        return known.index(text)

    def text(self, column: str, number: int | None) -> str | None:
        """What a number stands for; None for none."""
        return None if number is None or number < 0 else self.texts[column][number]


def list_names(number: int, raw: RawTable, connection: duckdb.DuckDBPyConnection) -> Names:
    """Names of a list, and an enumerated type ``village_N`` or ``district_N`` of each column.

    A large text file is not read twice for its names: they are taken from many places in it, and a
    row with another name gets a second look.
    """
    names = Names()
    if "village" not in raw.header.columns:
        names.number("village", village_in(raw.title) or "")
    if "district" not in raw.header.columns:
        names.number("district", raw.district)
    have = [column for column in PLACES if column in raw.header.columns]
    if not have:
        return names
    found: dict[str, dict[str, None]] = {column: {} for column in have}
    if raw.sampler:
        for row in raw.sampler():
            for column in have:
                if (at := raw.header.columns[column]) < len(row):
                    found[column][row[at]] = None
    else:
        cells = ", ".join(cell_sql(raw, column) for column in have)
        for row in scan(f"SELECT DISTINCT {cells} FROM", raw, connection).fetchall():
            for column, text in zip(have, row, strict=True):
                found[column][text] = None
    for column in have:
        texts = [text for text in found[column] if text and text.strip()]
        names.texts[column] = texts[:MANY_NAMES]
        known = ", ".join(quoted(text) for text in names.texts[column]) or "''"
        connection.execute(f"DROP TYPE IF EXISTS {column}_{number}")
        connection.execute(f"CREATE TYPE {column}_{number} AS ENUM ({known})")
    return names


def name_sql(number: int, raw: RawTable, column: str) -> str:
    """SQL of the number of a row's name; NULL when it is blank or was not seen before."""
    if column not in raw.header.columns:
        return "0::SMALLINT"
    cell = cell_sql(raw, column)
    return f"enum_code(TRY_CAST({cell} AS {column}_{number}))::SMALLINT"


def number_new_names(
    number: int, raw: RawTable, names: Names, connection: duckdb.DuckDBPyConnection
) -> None:
    """Give names that were only seen in rows with a second look their numbers."""
    for column in PLACES:
        if column not in raw.header.columns:
            continue
        texts = connection.execute(
            f"SELECT DISTINCT {column} FROM odd_{number} "
            f"WHERE {column}_no IS NULL AND trim({column}) <> ''"
        ).fetchall()
        for (text,) in texts:
            code = names.number(column, text)
            # beyond the type's range a row stays without a name, and is rejected for that
            if code > 32_000:
                break
            connection.execute(
                f"UPDATE odd_{number} SET {column}_no = {code} WHERE {column} = {quoted(text)}"
            )
        if texts:
            connection.execute(
                f"UPDATE list_{number} SET {column}_no = o.{column}_no FROM odd_{number} o "
                f"WHERE list_{number}.rowid = o.pos AND list_{number}.{column}_no IS NULL"
            )


def number_sections(
    number: int,
    raw: RawTable,
    sections: Sequence[Section],
    names: Names,
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """Give the rows below each heading of a list the numbers of its places, where they have none."""
    said = [c for c in PLACES if any(getattr(s, c) for s in sections)]
    for section, below in zip_longest(sections, sections[1:]):
        given = {
            column: names.number(column, getattr(section, column))
            for column in said
            if column not in raw.header.columns
        }
        values = ", ".join(f"{column}_no = {code}" for column, code in given.items())
        for table, at in ((f"list_{number}", "rowid"), (f"odd_{number}", "pos")):
            end = f"AND {at} < {below.at}" if below else ""
            connection.execute(f"UPDATE {table} SET {values} WHERE {at} > {section.at} {end}")
