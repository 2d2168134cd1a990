"""A visit log → rows of the table ``visits``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.ingest.columns import check_columns
from ektp_analysis.ingest.grids import Grid, is_total, read_grid
from ektp_analysis.ingest.headers import normalise
from ektp_analysis.ingest.places import village_codes
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.rules import (
    COLUMNS,
    TOTAL_DIFFERS,
    VISIT_FLAGS,
    VISIT_RULES,
    place_problem,
    quality_rows,
)
from ektp_analysis.ingest.spellings import VISITS, label
from ektp_analysis.ingest.values import (
    ORDER_NAMES,
    date_order,
    number_style,
    parse_clock,
    parse_count,
    parse_date,
    parse_span,
)

COUNTS = ("staff", "devices", "target", "attended", "recorded", "failed")
REASONS = {
    "cuaca": "cuaca buruk", "hujan": "cuaca buruk", "banjir": "cuaca buruk",
    "jaringan": "jaringan terputus", "sinyal": "jaringan terputus",
    "listrik": "listrik padam", "alat": "alat rusak", "rusak": "alat rusak",
    "sedikit": "sedikit yang hadir", "sepi": "sedikit yang hadir",
}  # fmt: skip
"""Free text may name a person; only this closed list goes into the store."""


@dataclass(frozen=True)
class VisitRows:
    """Visits of the week, quality rows, rejected and flagged rows of a log, notes for the office."""

    visits: pd.DataFrame
    quality: pd.DataFrame
    rejected: pd.DataFrame
    flagged: pd.DataFrame
    notes: tuple[str, ...]


def read_visits(raw: RawTable, as_of: date, connection: duckdb.DuckDBPyConnection) -> VisitRows:
    """Visits in the week that ends on ``as_of``; a log may reach further back.

    Raises
    ------
    InputError
        When a required column is missing.
    """
    check_columns(raw)
    grid = read_grid(raw, connection, VISITS)
    notes: list[str] = []
    rows, totals = _split(grid)
    filled = [c for c in ("date", "district") if c in raw.header.columns]
    # a merged cell of a sheet saved as text leaves blanks below it
    rows[filled] = rows[filled].ffill()
    if "district" not in raw.header.columns and (named := raw.district):
        rows["district"] = named
    order = date_order(rows["date"])
    settled = raw.header.orders.get("date", order.order)
    if not order.certain and "date" not in raw.header.orders:
        both = "memuat dua urutan tanggal" if order.mixed else "urutan harinya tidak pasti"
        notes.append(f"{raw.where}: kolom tanggal {both}; dibaca {ORDER_NAMES[settled]}")
    out = pd.DataFrame(index=rows.index)
    out["date"] = pd.to_datetime(
        rows["date"].map(lambda t: parse_date(t, settled, latest=as_of)), errors="coerce"
    )
    places = village_codes(rows[["district", "village"]])
    out["village_code"] = places["village_code"]
    spans = rows["time"].map(parse_span)
    for at, column in enumerate(("start", "end")):
        own = rows[column].map(parse_clock)
        out[column] = own.where(own.notna(), spans.map(lambda s, at=at: s[at])).astype("Int64")
    for column in COUNTS:
        style = number_style(rows[column])
        out[column] = rows[column].map(lambda t, s=style.style: parse_count(t, s)).astype("Int64")
    out["staff"] = out["staff"].fillna(rows["staff"].map(_names).astype("Int64"))
    out["reason"] = rows["reason"].map(_reason)
    rule = _rules(out, as_of)
    good = out[rule.isna()]
    flags = {
        "more_recorded_than_attended": good["recorded"] > good["attended"],
        "end_before_start": good["end"] <= good["start"],
    }
    flagged = {
        name: (int(mask.fillna(False).sum()), VISIT_FLAGS[name].reason)
        for name, mask in flags.items()
    }
    differing = _check_totals(raw, totals, out, rule)
    if differing:
        flagged[TOTAL_DIFFERS] = (1, differing)
        notes.append(f"{raw.where}: {differing}")
    stamp = pd.Timestamp(as_of)
    week = good[(good["date"] > stamp - timedelta(days=7)) & (good["date"] <= stamp)].copy()
    week.insert(0, "visit_id", week["date"].dt.strftime("%Y%m%d-") + week["village_code"])
    counts = {name: int((rule == name).sum()) for name in VISIT_RULES}
    quality = quality_rows(
        as_of, raw.source, "visits", len(out), len(good), counts, flagged, VISIT_RULES
    )
    masks = [(name, mask.reindex(out.index, fill_value=False)) for name, mask in flags.items()]
    return VisitRows(
        schema.Visits.validate(week),
        quality,
        _described(raw, grid, rows, rule, places),
        pd.concat(
            [
                _described(raw, grid, rows, pd.Series(name, out.index).where(m.fillna(False)), None)
                for name, m in masks
            ],
            ignore_index=True,
        ),
        tuple(notes),
    )


def _split(grid: Grid) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of visits, and total rows; titles, footers and column numbers are left out."""
    frame = grid.frame
    total = frame.apply(
        lambda row: is_total(row["date"], row["village"], row["district"]), axis=1
    ) | (grid.lead.map(is_total))
    total = total.astype(bool)
    counted = frame["recorded"].map(parse_count).notna()
    dated = frame["date"].map(parse_date).notna()
    # the row under the header that numbers the columns, and the header repeated on a new page
    numbering = frame["village"].fillna("").str.fullmatch(r"\(?\d{1,2}\)?").astype(bool)
    repeated = frame["village"].map(normalise).isin(VISITS["village"])
    named = frame["village"].notna()
    visit = ~total & ~numbering & ~repeated & named & (counted | dated | frame["recorded"].notna())
    return frame[visit].reset_index(drop=True), frame[total & counted]


def _rules(out: pd.DataFrame, as_of: date) -> pd.Series:
    rule = pd.Series(None, index=out.index, dtype=object)
    rule[out.duplicated(["date", "village_code"])] = "duplicate_visit"
    rule[out["recorded"].isna()] = "bad_count"
    rule[out["village_code"].isna()] = "unknown_village"
    rule[out["date"] > pd.Timestamp(as_of)] = "future_date"
    rule[out["date"].isna()] = "bad_date"
    return rule


def _check_totals(raw: RawTable, totals: pd.DataFrame, out: pd.DataFrame, rule: pd.Series) -> str:
    """A sentence when the log's own total is another than the sum of its rows."""
    if totals.empty:
        return ""
    stated = totals["recorded"].map(parse_count).max()
    summed = int(out["recorded"].fillna(0).sum())
    if int(stated) == summed:
        return ""
    return f"Baris jumlah menyebut {int(stated)} terekam, hasil penjumlahan baris {summed}"


def _described(
    raw: RawTable,
    grid: Grid,
    rows: pd.DataFrame,
    rule: pd.Series,
    places: pd.DataFrame | None,
) -> pd.DataFrame:
    known = VISIT_RULES | VISIT_FLAGS
    cells = [c for c in VISITS if c in raw.header.columns]
    out = []
    for at in rule.index[rule.notna()]:
        chosen = known[rule[at]]
        column, reason, mend = label("visits", chosen.column), chosen.reason, chosen.mend
        if rule[at] == "unknown_village" and places is not None:
            column, reason, mend = place_problem(places["problem"][at], places["nearest"][at])
        out.append(
            [raw.source, raw.sheet, rows["file_row"][at], column, rule[at], reason, mend]
            + [rows[c][at] for c in cells]
        )
    return pd.DataFrame(out, columns=[*COLUMNS, *(label("visits", c) for c in cells)])


def _names(text: object) -> int | None:
    """Number of persons in a list of names; the names are dropped."""
    parts = [
        p for p in str(text or "").replace(" dan ", ",").replace("\n", ",").split(",") if p.strip()
    ]
    lettered = [p for p in parts if any(c.isalpha() for c in p)]
    return len(lettered) if len(lettered) > 1 else None


def _reason(text: object) -> str:
    words = str(text or "").lower()
    return next((reason for word, reason in REASONS.items() if word in words), "")


def merge_visits(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Visits of several logs; the first log wins where two name the same visit."""
    if not parts:
        return schema.empty("visits")
    return pd.concat(parts, ignore_index=True).drop_duplicates("visit_id", ignore_index=True)
