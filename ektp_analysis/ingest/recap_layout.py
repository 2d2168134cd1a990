"""What each row of a recap is: a desa, a kecamatan, the heading of a section, a total, or nothing.

A name alone does not tell: Kota Padang is a kecamatan and a kelurahan in it. What a row stands for
is read from the table: whether it has counts, whether it stands alone, and whether the rows below
it (or those that it sums up) belong to that kecamatan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ektp_analysis.ingest.grids import Grid, is_total
from ektp_analysis.ingest.headers import normalise
from ektp_analysis.ingest.place_words import is_counter, says_district, says_village
from ektp_analysis.ingest.places import belongs, district_in, match_district, match_village
from ektp_analysis.ingest.spellings import RECAP

VILLAGE, DISTRICT, SECTION, TOTAL, EITHER = "village", "district", "section", "total", "either"
"""What a row may be; ``either`` is a kecamatan's and a village's name that nothing decides."""
NOTHING = ""
DISTRICT_SHARE = 0.6
"""Share of the names in a single column from which on it is a column of kecamatan."""


@dataclass
class Row:
    """A row that means something.

    Attributes
    ----------
    at
        Position in the grid.
    kind
        :data:`VILLAGE`, :data:`DISTRICT`, :data:`SECTION`, :data:`TOTAL` or :data:`EITHER`.
    district
        Kecamatan as written, of the row or of the section that it is in; "" when nothing says it.
    village
        Desa/kelurahan as written; of a total, its words.
    says
        Whether the row calls itself a kecamatan.
    """

    at: int
    kind: str
    district: str = ""
    village: str = ""
    says: bool = False

    @property
    def name(self) -> str:
        """What the row is called."""
        return self.village or self.district


Counts = Mapping[str, int | str | None]


def read_layout(
    grid: Grid,
    counts: Sequence[Counts],
    sizes: Sequence[int | None],
    *,
    columns: Mapping[str, str],
    named: str,
) -> list[Row]:
    """The rows of a recap that mean something, each village with its kecamatan.

    Parameters
    ----------
    grid
        Cells of the table.
    counts
        Cells of the measures by row, None where blank.
    sizes
        Persons of each row who must have a card, as far as they can be worked out.
    columns
        The office's name of ``district`` and ``village``, where the table has them.
    named
        Kecamatan that the sheet or title is about; "" when they do not say.
    """
    rows = _first_look(grid, counts, "district" in columns)
    if "district" in columns:
        return _with_own_column(rows, named)
    header = columns.get("village", "")
    _settle_headings(rows)
    names = [r for r in rows if r.kind in (VILLAGE, EITHER, DISTRICT)]
    if _of_districts(rows, names):
        for row in names:
            row.kind, row.district, row.village = DISTRICT, row.name, ""
    else:
        _settle_namesakes(rows, sizes, header, named)
        _hand_down(rows, named)
    return [r for r in rows if r.kind != NOTHING]


def _first_look(grid: Grid, counts: Sequence[Counts], own_column: bool) -> list[Row]:
    """Each row as far as it tells by itself; a heading is one that might be, until it is settled."""
    out: list[Row] = []
    last = -1
    for at in range(len(grid.frame)):
        lead = _text(grid.lead.iloc[at])
        district, village = (_text(grid.frame[c].iloc[at]) for c in ("district", "village"))
        filled = any(v is not None for v in counts[at].values())
        if _numbers_columns(district or village, counts[at]) or _repeats_header(district, village):
            continue
        if is_total(lead, district, village):
            words = [w for w in (lead, district, village) if w]
            out.append(Row(at, TOTAL, "", " ".join(words[-1].split())))
        elif filled and (district or village):
            out.append(_counted(at, district, village, own_column))
        elif not filled and (row := _uncounted(grid, at, lead, district, village)):
            out.append(row)
        if filled:
            last = at
    # what stands below the last counts is a signature, whatever it is called
    return [row for row in out if row.at <= last]


def _counted(at: int, district: str, village: str, own_column: bool) -> Row:
    if not village or says_district(village):
        return Row(at, DISTRICT, village or district, says=says_district(village or district))
    alone = match_district(village).code is not None and not says_village(village)
    if own_column or not alone:
        return Row(at, VILLAGE, district, village)
    if match_village("", village).problem == "village":
        return Row(at, DISTRICT, village)
    return Row(at, EITHER, district, village)


def _uncounted(grid: Grid, at: int, lead: str, district: str, village: str) -> Row | None:
    """A heading, or a village whose counts were forgotten."""
    for text in (village, district, lead):
        if says_district(text):
            return Row(at, SECTION, district_in(text) or text, says=True)
    if district and not village:
        return Row(at, SECTION, district) if match_district(district).code else None
    text = village or lead
    cells = grid.filled.iloc[at]
    alone = cells == 1 or (cells == 2 and is_counter(lead))
    if alone and text and match_district(text).code and not says_village(text):
        return Row(at, SECTION, text)
    if village and match_village(district, village).problem in ("", "several"):
        return Row(at, VILLAGE, district, village)
    return None


def _with_own_column(rows: list[Row], named: str) -> list[Row]:
    """Rows of a table that says each kecamatan, at least where it begins."""
    current = named
    for row in rows:
        if row.kind == VILLAGE:
            row.district = row.district or current
        if row.kind != TOTAL:
            current = row.district
    return rows


def _blocks(rows: Sequence[Row]) -> dict[int, list[Row]]:
    """The places below each row that may head a section, up to the next such row.

    A block ends with the first row that is a village's name and a kecamatan's; below such a row it
    goes on to the next that has another name.
    """
    out: dict[int, list[Row]] = {}
    for position, row in enumerate(rows):
        if row.kind in (SECTION, DISTRICT, EITHER):
            block = out[position] = []
            for below in rows[position + 1 :]:
                if below.kind in (SECTION, DISTRICT):
                    break
                if below.kind in (VILLAGE, EITHER):
                    block.append(below)
                if below.kind == EITHER and not (row.kind == EITHER and _alike(row, below)):
                    break
    return out


def _alike(row: Row, other: Row) -> bool:
    return match_district(row.name).code == match_district(other.name).code


def _belong(district: str, block: Sequence[Row]) -> bool:
    return belongs(district, [r.name for r in block])


def _settle_headings(rows: list[Row]) -> None:
    """A bare name heads a section only when the rows below it are in that kecamatan."""
    blocks = _blocks(rows)
    current = None
    for position, row in enumerate(rows):
        if row.kind != SECTION:
            continue
        code = match_district(row.district).code
        if row.says or (code != current and _belong(row.district, blocks[position])):
            current = code
        elif code == current and match_village(row.district, row.district).code:
            row.kind, row.village = VILLAGE, row.district
        else:
            row.kind = NOTHING


def _of_districts(rows: Sequence[Row], names: Sequence[Row]) -> bool:
    """Whether a single column of names is one of kecamatan."""
    if any(r.kind == SECTION for r in rows):
        return False
    hits = sum(r.kind != VILLAGE for r in names)
    if not hits or hits < DISTRICT_SHARE * len(names):
        return False
    blocks = _blocks(rows)
    if any(r.kind == DISTRICT and _belong(r.district, blocks[n]) for n, r in enumerate(rows)):
        return False
    return any(r.kind == DISTRICT for r in names)


def _settle_namesakes(
    rows: list[Row], sizes: Sequence[int | None], header: str, named: str
) -> None:
    """Whether a counted name that is a kecamatan's and a village's is the one or the other."""
    blocks = _blocks(rows)
    divided = any(r.kind in (SECTION, DISTRICT) for r in rows)
    current = named
    undecided: set[str | None] = set()
    for position, row in enumerate(rows):
        if row.kind in (SECTION, DISTRICT):
            current, undecided = row.district, set()
        if row.kind != EITHER:
            continue
        code, below = match_district(row.village).code, blocks[position]
        if code in undecided:
            continue
        twin = any(r.kind == EITHER and _alike(r, row) for r in below)
        sums_up = sizes[row.at] == sum(sizes[r.at] or 0 for r in below)
        heads = _belong(row.village, below)
        if twin:
            is_district, is_village = heads and sums_up, False
        elif current and match_district(current).code == code:
            is_district, is_village = False, True
        elif current or divided:
            is_district, is_village = heads, False
        else:
            # one row below it, or none with people, may have the same count by chance
            is_district = heads and sums_up and len(below) > 1 and bool(sizes[row.at])
            is_village = _of_villages(header) and not (heads and sums_up)
        if is_district:
            row.kind, row.district, row.village = DISTRICT, row.village, ""
            current = row.district
        elif is_village:
            row.kind = VILLAGE
        else:
            undecided.add(code)


def _of_villages(header: str) -> bool:
    words = set(normalise(header).split())
    return bool(words & {"DESA", "KELURAHAN", "KEL", "DS"}) and not words & {"KECAMATAN", "KEC"}


def _hand_down(rows: list[Row], named: str) -> None:
    """Give each village the kecamatan that stands above it, or whose total stands below it."""
    blocks = _blocks(rows)
    current = named
    above: list[Row] = []
    for position, row in enumerate(rows):
        if row.kind in (VILLAGE, EITHER):
            row.district = current
            above.append(row)
            continue
        said = row.district
        if row.kind == TOTAL:
            said = district_in(row.village) or ""
        if not current and said and _belong(said, above):
            below = blocks.get(position, [])
            if row.kind == TOTAL or (row.kind == DISTRICT and not _belong(said, below)):
                for village in above:
                    village.district = said
                row.kind, row.village = TOTAL, row.name
                said = ""
        if row.kind in (SECTION, DISTRICT):
            current = said
        above = []


def _numbers_columns(name: str, cells: Counts) -> bool:
    """The row under the header that numbers the columns."""
    text = normalise(name)
    values = [v for v in cells.values() if isinstance(v, int)]
    return text.isdigit() and len(text) <= 2 and all(v < 40 for v in values)


def _repeats_header(district: str, village: str) -> bool:
    """The header again, on a new printed page."""
    return normalise(village) in RECAP["village"] or (
        not village and normalise(district) in RECAP["district"]
    )


def _text(cell: object) -> str:
    return "" if cell is None or cell != cell else str(cell).strip()
