"""Which column of an office file is which: where the header is, and how sure that is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from rapidfuzz import fuzz, process

from ektp_analysis.ingest.spellings import KINDS, REQUIRED, SIGNATURE

FUZZY_SCORE = 90
"""From this similarity on a spelling is taken for a known one."""
ASK_SCORE = 72
"""From this similarity on a spelling may be a known one: the office is asked."""
NEAR_SCORE = 78
"""From this similarity on an unsure column helps to tell the kind of a table."""
CLEAR_LEAD = 4
"""Points by which the best spelling must lead before the best of another column."""
MAX_HEIGHT = 3
IGNORE = "-"
"""What a saved mapping says of a column that must not be read."""


@dataclass(frozen=True)
class Match:
    """A header cell taken for a column.

    Attributes
    ----------
    column
        Canonical name.
    why
        ``ejaan`` (known spelling), ``mirip`` (similar) or ``pemetaan`` (the office said so).
    score
        Similarity, 0 to 100.
    """

    column: str
    why: str
    score: float


@dataclass(frozen=True)
class Header:
    """A recognised header.

    Attributes
    ----------
    kind
        ``residents``, ``visits`` or ``recap``.
    row, height
        0-based row of the header's first line, and its number of lines.
    columns
        Position of each recognised column by its canonical name.
    names
        The office's own name of each position.
    why
        How each column was recognised.
    unsure
        Position and column of the cells that may be a column which is otherwise missing, with
        their similarity.
    orders
        Order of day and month of date columns, where the office has settled it.
    """

    kind: str
    row: int
    height: int
    columns: dict[str, int]
    names: tuple[str, ...]
    why: dict[str, Match] = field(default_factory=dict)
    unsure: tuple[tuple[int, str, float], ...] = ()
    orders: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """Required columns that were not found."""
        have = set(self.columns)
        if self.kind == "recap":
            whole = (
                any({m} <= have or {f"{m}_male", f"{m}_female"} <= have for m in ("eligible",))
                or {"recorded", "unrecorded"} <= have
            )
            return ([] if whole else ["eligible"]) + (
                [] if have & {"recorded", "unrecorded", "recorded_male", "unrecorded_male"}
                else ["recorded"]
            )  # fmt: skip
        return [name for name in REQUIRED[self.kind] if name not in have]

    @property
    def fingerprint(self) -> str:
        """The names of the header, normalised: what a saved mapping is kept under."""
        return "|".join(normalise(name) for name in self.names if normalise(name))


def normalise(text: object) -> str:
    """Upper case letters and digits with single blanks.

    Examples
    --------
    >>> normalise(" Desa / Kel. "), normalise("%")
    ('DESA KEL', 'PERSEN')
    """
    words = str(text if text is not None else "").upper().replace("%", " PERSEN ")
    return re.sub(r"[^A-Z0-9]+", " ", words).strip()


@cache
def _spellings(kind: str) -> dict[str, str]:
    return {s: column for column, known in KINDS[kind].items() for s in known}


@cache
def _by_first_letters(kind: str) -> tuple[str, ...]:
    return tuple(s for s in _spellings(kind) if len(s) >= 6)


@cache
def similar(text: str, kind: str) -> tuple[Match, ...]:
    """Columns that a normalised header cell may mean, the most similar first.

    Only the first is certain, and only from :data:`FUZZY_SCORE` on with a clear lead.

    Examples
    --------
    >>> [m.column for m in similar("TANGGL LAHIR", "residents")][:1]
    ['birth_date']
    >>> [m for m in similar("TEMPAT LAHIR", "residents") if m.score >= FUZZY_SCORE]
    []
    """
    known = _spellings(kind)
    if text in known:
        return (Match(known[text], "ejaan", 100.0),)
    if len(text) < 6:
        return ()
    best: dict[str, float] = {}
    for spelling, score, _ in process.extract(
        text, _by_first_letters(kind), scorer=fuzz.ratio, score_cutoff=ASK_SCORE, limit=12
    ):
        column = known[spelling]
        best[column] = max(score, best.get(column, 0.0))
    ranked = sorted(best.items(), key=lambda item: -item[1])
    return tuple(Match(column, "mirip", score) for column, score in ranked)


def _certain(found: tuple[Match, ...]) -> bool:
    if found[0].score < FUZZY_SCORE:
        return False
    return len(found) == 1 or found[0].score - found[1].score >= CLEAR_LEAD


def find_header(
    rows: Sequence[Sequence[object]], mapping: Mapping[str, str] | None = None
) -> Header | None:
    """The header among the first rows of a table: one line, or up to three with merged cells.

    Parameters
    ----------
    rows
        First rows of the sheet, as cells.
    mapping
        Saved choices of the office: its normalised header → canonical column or ``"-"``.
    """
    best: Header | None = None
    for start in range(len(rows)):
        if not any(normalise(cell) for cell in rows[start]):
            continue
        for height in range(1, MAX_HEIGHT + 1):
            if start + height > len(rows):
                continue
            names = _joined(rows[start : start + height])
            for kind in KINDS:
                header = _as_kind(kind, start, height, names, mapping or {})
                # the fewest lines that give the most columns: a title is no group header
                if (header and (best is None or len(header.columns) > len(best.columns))) or (
                    header
                    and best
                    and len(header.columns) == len(best.columns)
                    and header.height < best.height
                ):
                    best = header
    return best


def _as_kind(
    kind: str, start: int, height: int, names: list[list[str]], mapping: Mapping[str, str]
) -> Header | None:
    columns: dict[str, int] = {}
    why: dict[str, Match] = {}
    doubtful: list[tuple[int, str, float]] = []
    for position, options in enumerate(names):
        found, maybe = _column(kind, options, mapping)
        if found and (found.column not in columns or found.score > why[found.column].score):
            columns[found.column], why[found.column] = position, found
        elif maybe:
            doubtful.append((position, maybe.column, maybe.score))
    # a table whose telling column is only near to a known spelling is of the kind, and asked about
    near = {column for _, column, score in doubtful if score >= NEAR_SCORE}
    signed = any(wanted <= columns.keys() | near for wanted in SIGNATURE[kind])
    if not signed or len(columns) < 2:
        return None
    shown = tuple(options[0] if options else "" for options in names)
    unsure = tuple(d for d in doubtful if d[1] not in columns)
    return Header(kind, start, height, columns, shown, why, unsure)


def _column(
    kind: str, options: list[str], mapping: Mapping[str, str]
) -> tuple[Match | None, Match | None]:
    """The certain column of a header cell, else the one that it may be."""
    maybe: Match | None = None
    for option in options:
        text = normalise(option)
        chosen = mapping.get(text)
        if chosen == IGNORE:
            return None, None
        if chosen in KINDS[kind]:
            return Match(str(chosen), "pemetaan", 100.0), None
    certain: Match | None = None
    for option in options:
        found = similar(normalise(option), kind)
        if found and _certain(found):
            if certain is None or found[0].score > certain.score:
                certain = found[0]
        elif found and (maybe is None or found[0].score > maybe.score):
            maybe = found[0]
    if certain:
        return certain, None
    return None, maybe


def _joined(lines: Sequence[Sequence[object]]) -> list[list[str]]:
    """For each position the texts that may name it, the most specific first.

    A merged cell stands in its first position only, so that a group's name is carried to the
    right over the cells that have a name below it.
    """
    width = max(len(line) for line in lines)
    cells = [
        [
            str(line[i]).strip() if i < len(line) and line[i] is not None else ""
            for i in range(width)
        ]
        for line in lines
    ]
    carried: list[str] = [""] * (len(lines) - 1)
    out: list[list[str]] = []
    for position in range(width):
        stack = [line[position] for line in cells]
        for level in range(len(lines) - 1):
            if stack[level]:
                carried[level] = stack[level]
                for below in range(level + 1, len(lines) - 1):
                    carried[below] = ""
        lowest = max((i for i, cell in enumerate(stack) if normalise(cell)), default=-1)
        if lowest < 0:
            out.append([])
            continue
        above = [
            stack[level] or carried[level]
            for level in range(lowest)
            if stack[level] or carried[level]
        ]
        own = stack[lowest]
        while above and above[-1] == own:  # merged downwards
            above.pop()
        options = [" ".join([*above, own])]
        if len(above) > 1:
            options.append(f"{above[-1]} {own}")
        options.append(own)
        out.append(list(dict.fromkeys(options)))
    return out
