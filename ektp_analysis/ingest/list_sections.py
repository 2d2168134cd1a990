"""Headings between the rows of a resident list: “KECAMATAN CURUP TENGAH” as a row of its own.

A list without a column of kecamatan (or of desa) may say them so. Then a heading gives its place to
the rows below it, up to the next one. A heading that calls itself a kecamatan or a desa counts in
any case: if no such place is known, the rows below it are rejected for that, and not taken for the
place above. A bare name counts as in a recap (:mod:`ektp_analysis.ingest.recap_layout`), when
what stands below it belongs to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from ektp_analysis.ingest.grids import is_total
from ektp_analysis.ingest.place_words import heading_parts, is_counter
from ektp_analysis.ingest.places import belongs, district_in, match_district, match_village
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.scans import cells_sql, file_row_sql, filled_sql, scan

PLACES = ("village", "district")
MAX_CELLS = 4
"""Cells of a heading, with its number and a count of persons; a person has more."""
MAX_HEADINGS = 20_000
"""More rows of so few cells are no headings."""


@dataclass(frozen=True)
class Section:
    """A heading, and the places that it gives to the rows below it.

    Attributes
    ----------
    at
        Position of the heading's row in the scan.
    row
        The same as a spreadsheet numbers it.
    district, village
        Names as written; "" for none.
    """

    at: int
    row: int
    district: str
    village: str


@dataclass(frozen=True)
class _Heading:
    """A row that may be a heading: what it says, or its bare text."""

    at: int
    row: int
    parts: tuple[str, str] | None
    text: str


def list_sections(raw: RawTable, connection: duckdb.DuckDBPyConnection) -> list[Section]:
    """The sections of a resident list, in order; none when the rows say their places themselves.

    Parameters
    ----------
    raw
        A table of kind ``residents``.
    connection
        A private duckdb connection.

    Raises
    ------
    InputError
        When the file cannot be scanned.
    """
    own_village = "village" in raw.header.columns
    if own_village and "district" in raw.header.columns:
        return []
    headings = _headings(raw, connection)
    rows_below = _rows_below(headings)
    villages = _villages_below(raw, headings, connection) if own_village else {}
    bare = any(
        match_district(h.text).code and (not own_village or belongs(h.text, villages.get(h.at, [])))
        for h in headings
        if h.parts is None
    )
    out: list[Section] = []
    current = raw.district
    for number, heading in enumerate(headings):
        if heading.parts:
            district, village = heading.parts
        else:
            below = villages.get(heading.at, []) if own_village else None
            district, village = _bare(heading.text, current, below, bare and rows_below[number])
        # what the rows say themselves needs no heading
        if own_village:
            village = ""
        if "district" in raw.header.columns:
            district = ""
        if not district and not village:
            continue
        current = district or current
        out.append(Section(heading.at, heading.row, current, village))
    return out


def section_name(section: Section) -> str:
    """What a section stands for, for ``--explain``; a place that is not known is said to be so."""
    named = [f"desa/kelurahan {section.village}"] if section.village else []
    named += [f"kecamatan {section.district}"] if section.district else []
    place = match_district(section.district)
    if section.village:
        place = match_village(section.district, section.village)
    said = {
        "": "",
        "several": " (ada di beberapa kecamatan: menurut kolom kecamatan, bila ada)",
    }.get(place.problem, " (TIDAK DIKENAL: barisnya akan ditolak)")
    return ", ".join(named) + said


def _headings(raw: RawTable, connection: duckdb.DuckDBPyConnection) -> list[_Heading]:
    """The rows of few cells that name a place, or might."""
    nik = f"coalesce({raw.text_sql('nik')}, '')"
    found = scan(
        "SELECT pos, file_row, cells FROM (SELECT row_number() OVER () - 1 AS pos, "
        f"{file_row_sql(raw)} AS file_row, {filled_sql(raw)} AS filled, "
        f"regexp_matches({nik}, '[0-9]{{7}}') AS person, [{', '.join(cells_sql(raw))}] AS cells FROM",
        raw,
        connection,
        f") WHERE NOT person AND filled BETWEEN 1 AND {MAX_CELLS} LIMIT {MAX_HEADINGS}",
    ).fetchall()
    out = []
    for at, file_row, cells in found:
        texts = list(dict.fromkeys(cell for cell in cells if cell))
        if is_total(*texts):
            continue
        if parts := heading_parts(" ".join(texts)):
            district, village = parts
            name = district_in(f"KECAMATAN {district}") if district else ""
            out.append(_Heading(at, file_row, (name or district, village), ""))
            continue
        if len(texts) == 2 and is_counter(texts[0]):
            texts = texts[1:]
        if len(texts) == 1 and not re.search(r"\d{2}", texts[0]):
            out.append(_Heading(at, file_row, None, texts[0]))
    return out


def _rows_below(headings: Sequence[_Heading]) -> list[bool]:
    """Whether the row below each heading is no heading."""
    places = {h.at for h in headings}
    return [h.at + 1 not in places for h in headings]


def _villages_below(
    raw: RawTable, headings: Sequence[_Heading], connection: duckdb.DuckDBPyConnection
) -> dict[int, list[str]]:
    """Names of villages in the rows below each heading, up to the next one, by its position."""
    if not headings:
        return {}
    starts = ", ".join(f"({h.at})" for h in headings)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE heading AS SELECT * FROM (VALUES {starts}) t(start)"
    )
    found = scan(
        "SELECT DISTINCT start, village FROM (SELECT row_number() OVER () - 1 AS pos, "
        f"{raw.text_sql('village')} AS village FROM",
        raw,
        connection,
        ") l ASOF JOIN heading ON l.pos > heading.start WHERE village IS NOT NULL",
    ).fetchall()
    out: dict[int, list[str]] = {}
    for start, village in found:
        out.setdefault(start, []).append(village)
    return out


def _bare(
    text: str, current: str, below: Sequence[str] | None, among_others: bool
) -> tuple[str, str]:
    """District and village of a name alone in its row, "" and "" when it is no heading.

    Parameters
    ----------
    text
        The name.
    current
        Kecamatan of the section that it stands in.
    below
        Villages of the rows below it; None when the rows do not say theirs.
    among_others
        Whether other headings of the list are bare names too, and a resident stands right below.
    """
    if below is not None:
        if match_district(text).code:
            return (text, "") if belongs(text, below) else ("", "")
        # where the others are names of kecamatan, this stands for one that is not known
        return (text, "") if among_others and not match_village(current, text).code else ("", "")
    if current and match_village(current, text).code:
        return "", text
    if match_district(text).code:
        return text, ""
    if match_village("", text).problem in ("", "several"):
        return "", text
    return ("", text) if among_others else ("", "")
