"""A recap table (counts per kecamatan or desa/kelurahan) → checked counts by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pandas as pd

from ektp_analysis import regions
from ektp_analysis.ingest.columns import check_columns
from ektp_analysis.ingest.grids import Grid, read_grid
from ektp_analysis.ingest.places import match_district, match_village
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.recap_layout import DISTRICT, EITHER, SECTION, TOTAL, read_layout
from ektp_analysis.ingest.rules import (
    COLUMNS,
    RECAP_FLAGS,
    RECAP_RULES,
    TOTAL_DIFFERS,
    place_problem,
    quality_rows,
)
from ektp_analysis.ingest.spellings import RECAP, label
from ektp_analysis.ingest.values import number_style, parse_count, parse_number

MEASURES = ("eligible", "recorded", "unrecorded")
PARTS = tuple(f"{m}{s}" for m in MEASURES for s in ("", "_male", "_female"))
COVERAGE_SLACK = 0.006
NONE_WORDS = {"-", "–", "—", "nihil"}


@dataclass(frozen=True)
class RecapRows:
    """Places of a recap.

    Attributes
    ----------
    places
        ``village_code`` (a whole kecamatan's ends in ``.0000``), ``sex`` (``L``, ``P`` or ``-``),
        ``eligible, recorded`` (int, persons).
    quality, rejected, flagged, notes
        As for the other kinds.
    """

    places: pd.DataFrame
    quality: pd.DataFrame
    rejected: pd.DataFrame
    flagged: pd.DataFrame
    notes: tuple[str, ...]


@dataclass
class _Reading:
    """What was found on the way down the table."""

    places: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    districts: list[tuple[str, dict[str, int], int]] = field(default_factory=list)
    rejected: list[tuple[int, str, tuple[str, str, str] | None]] = field(default_factory=list)
    flagged: list[tuple[int, str]] = field(default_factory=list)
    block: list[dict[str, int]] = field(default_factory=list)
    every: list[dict[str, int]] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    read: int = 0


def read_recap(raw: RawTable, as_of: date, connection: duckdb.DuckDBPyConnection) -> RecapRows:
    """Counts of each place of a recap, checked against its own sums.

    Raises
    ------
    InputError
        When a required column is missing.
    """
    check_columns(raw)
    grid = read_grid(raw, connection, RECAP)
    counts = _counts(grid.frame)
    shares = _shares(grid.frame)
    wholes = [_complete(cells) for cells in counts]
    rows = read_layout(
        grid,
        counts,
        [whole.get("eligible") for whole in wholes],
        columns={
            c: raw.header.names[raw.header.columns[c]]
            for c in ("district", "village")
            if c in raw.header.columns
        },
        named=raw.district,
    )
    reading = _Reading()
    for row in rows:
        cells, values = counts[row.at], wholes[row.at]
        at = int(grid.frame["file_row"].iloc[row.at])
        if row.kind == TOTAL:
            _check_total(reading, values, at)
            continue
        if row.kind == SECTION:
            reading.block = []
            continue
        reading.read += 1
        if problem := _problem(cells):
            reading.rejected.append((at, problem, None))
            continue
        if _coverage_differs(shares[row.at], values):
            reading.flagged.append((at, "coverage_differs"))
        if row.kind == EITHER:
            reading.rejected.append((at, "unknown_village", place_problem("either", "")))
        elif row.kind == DISTRICT:
            reading.block = []
            _take_district(reading, row.district, values, at)
        else:
            _take_village(reading, row.district, row.village, values, at)
    return _result(raw, grid, reading, as_of)


def _counts(frame: pd.DataFrame) -> list[dict[str, int | str | None]]:
    """Cells of the measures by row: a count, None for blank, ``"?"`` for what is no count."""
    columns: dict[str, list[int | str | None]] = {}
    for name in PARTS:
        style = number_style(frame[name]).style
        columns[name] = [_count(cell, style) for cell in frame[name]]
    return [{n: columns[n][at] for n in PARTS} for at in range(len(frame))]


def _count(cell: object, style: str) -> int | str | None:
    if cell is None or not str(cell).strip():
        return None
    if str(cell).strip().lower() in NONE_WORDS:
        return 0
    value = parse_count(cell, style)
    return "?" if value is None else value


def _shares(frame: pd.DataFrame) -> list[float | None]:
    style = number_style(frame["coverage"]).style
    values = [parse_number(cell, style) for cell in frame["coverage"]]
    known = [v for v in values if v is not None]
    factor = 100 if known and max(known) > 1.5 else 1
    return [None if v is None else v / factor for v in values]


def _coverage_differs(stated: float | None, values: dict[str, int]) -> bool:
    if stated is None or not values["eligible"]:
        return False
    return abs(stated - values["recorded"] / values["eligible"]) > COVERAGE_SLACK


def _complete(cells: dict[str, int | str | None]) -> dict[str, int]:
    """Totals and, where they can be worked out, both sexes of eligible and recorded."""
    out: dict[str, int] = {}
    for part in ("", "_male", "_female"):
        known = {m: cells[f"{m}{part}"] for m in MEASURES}
        if not part:
            for m in MEASURES:
                if known[m] is None:
                    both = (cells[f"{m}_male"], cells[f"{m}_female"])
                    if isinstance(both[0], int) and isinstance(both[1], int):
                        known[m] = both[0] + both[1]
        whole, done, rest = (known[m] for m in MEASURES)
        if whole is None and isinstance(done, int) and isinstance(rest, int):
            whole = done + rest
        if done is None and isinstance(whole, int) and isinstance(rest, int):
            done = whole - rest
        if isinstance(whole, int) and isinstance(done, int):
            out[f"eligible{part}"], out[f"recorded{part}"] = whole, done
    return out


def _problem(cells: dict[str, int | str | None]) -> str | None:
    """The first rule that a row breaks."""
    if "?" in cells.values():
        return "bad_count"
    for m in MEASURES:
        whole, male, female = (cells[f"{m}{s}"] for s in ("", "_male", "_female"))
        if (
            isinstance(whole, int)
            and isinstance(male, int)
            and isinstance(female, int)
            and whole != male + female
        ):
            return "sexes_differ"
    values = _complete(cells)
    if "eligible" not in values:
        return "bad_count"
    for part in ("", "_male", "_female"):
        if values.get(f"recorded{part}", 0) > values.get(f"eligible{part}", 10**12):
            return "recorded_over_eligible"
        if values.get(f"recorded{part}", 0) < 0:
            return "unbalanced"
    rest = cells["unrecorded"]
    if isinstance(rest, int) and values["eligible"] - values["recorded"] != rest:
        return "unbalanced"
    return None


def _sum(rows: Sequence[dict[str, int]]) -> tuple[int, int]:
    return sum(r["eligible"] for r in rows), sum(r["recorded"] for r in rows)


def _check_total(reading: _Reading, values: dict[str, int], row: int) -> None:
    """A total must be the sum of its block or of everything above; then it is dropped."""
    if "eligible" not in values:
        return
    stated = (values["eligible"], values["recorded"])
    rows = reading.every or [v for _, v, _ in reading.districts]
    block = _sum(reading.block)
    sums = [block, _sum(rows), _sum([v for _, v, _ in reading.districts])]
    if stated not in sums:
        # a grand total counts what was rejected too; the difference is worth a look either way
        near = min(sums, key=lambda s: abs(s[0] - stated[0]))
        reading.differing.append(
            f"Baris jumlah (baris {row}) menyebut {stated[0]} wajib KTP dan {stated[1]} rekam, "
            f"hasil penjumlahan {near[0]} dan {near[1]}"
        )
    reading.block = []


def _take_district(reading: _Reading, name: str, values: dict[str, int], row: int) -> None:
    place = match_district(name)
    if place.code is None:
        reading.rejected.append(
            (row, "unknown_district", place_problem("district", "; ".join(place.nearest)))
        )
    elif any(code == place.code for code, _, _ in reading.districts):
        reading.rejected.append((row, "duplicate_place", None))
    else:
        reading.districts.append((place.code, values, row))


def _take_village(
    reading: _Reading, district: str, village: object, values: dict[str, int], row: int
) -> None:
    place = match_village(district, str(village))
    if place.code is None:
        rule = "unknown_district" if place.problem == "district" else "unknown_village"
        reading.rejected.append((row, rule, place_problem(place.problem, "; ".join(place.nearest))))
    elif any(code == place.code for code, _ in reading.places):
        reading.rejected.append((row, "duplicate_place", None))
        return
    else:
        reading.places.append((place.code, values))
    reading.block.append(values)
    reading.every.append(values)


def _result(raw: RawTable, grid: Grid, reading: _Reading, as_of: date) -> RecapRows:
    by_district: dict[str, list[dict[str, int]]] = {}
    for code, values in reading.places:
        by_district.setdefault(code[:8], []).append(values)
    places = list(reading.places)
    for code, values, _ in reading.districts:
        if code not in by_district:
            places.append((regions.whole_district(code), values))
        elif _sum([values]) != _sum(by_district[code]):
            reading.differing.append(
                f"Baris kecamatan menyebut {values['eligible']} wajib KTP, jumlah desanya "
                f"{_sum(by_district[code])[0]}"
            )
    rows = []
    for code, values in places:
        sexed = "eligible_male" in values and "eligible_female" in values
        for sex, part in (("L", "_male"), ("P", "_female")) if sexed else (("-", ""),):
            rows.append((code, sex, values[f"eligible{part}"], values[f"recorded{part}"]))
    frame = pd.DataFrame(rows, columns=["village_code", "sex", "eligible", "recorded"])
    rules = [rule for _, rule, _ in reading.rejected]
    flagged = {
        name: (sum(f == name for _, f in reading.flagged), rule.reason)
        for name, rule in RECAP_FLAGS.items()
    }
    if reading.differing:
        flagged[TOTAL_DIFFERS] = (len(reading.differing), reading.differing[0])
    counts = {name: rules.count(name) for name in RECAP_RULES}
    quality = quality_rows(
        as_of, raw.source, "recap", reading.read, reading.read - len(rules), counts, flagged,
        RECAP_RULES,
    )  # fmt: skip
    return RecapRows(
        frame,
        quality,
        _described(raw, grid, reading.rejected),
        _described(raw, grid, [(row, rule, None) for row, rule in reading.flagged]),
        tuple(f"{raw.where}: {sentence}" for sentence in reading.differing),
    )


def _described(
    raw: RawTable, grid: Grid, found: Sequence[tuple[int, str, tuple[str, str, str] | None]]
) -> pd.DataFrame:
    cells = [c for c in RECAP if c in raw.header.columns]
    frame = grid.frame.drop_duplicates("file_row").set_index("file_row")
    known = RECAP_RULES | RECAP_FLAGS
    out = []
    for row, rule, place in found:
        column, reason, mend = place or (
            label("recap", known[rule].column), known[rule].reason, known[rule].mend,
        )  # fmt: skip
        out.append(
            [
                raw.source,
                raw.sheet,
                row,
                column,
                rule,
                reason,
                mend,
                *(frame[c][row] for c in cells),
            ]
        )
    return pd.DataFrame(out, columns=[*COLUMNS, *(label("recap", c) for c in cells)])
