"""Exhibits of what visits achieve: mean yields, effect, net effect, repeat visits, pooling."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ektp_analysis import visits
from ektp_analysis.backlog import place_names
from ektp_analysis.disclosure import safe_visits
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits import whole
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.figures.estimates import returns_figure
from ektp_analysis.figures.visits import effect_figure
from ektp_analysis.format import number
from ektp_analysis.net_effect import NetEffect
from ektp_analysis.privacy import threshold
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.estimates import (
    effect_table,
    net_table,
    pooled_table,
    returns_table,
    summary_table,
)
from ektp_analysis.text import displacement_finding, place_name
from ektp_analysis.text_estimates import (
    effect_in_persons,
    leads_sentence,
    net_finding,
    pooled_finding,
    returns_finding,
    summary_finding,
)


def summary(loaded: Loaded) -> Exhibit:
    """Mean yield of a visit here and in the whole kabupaten."""
    rows, finding, refusal = [], "", None
    summaries = whole.safe_summaries(loaded)
    for district in dict.fromkeys([loaded.tables.district, None]):
        row = summaries[district or ""]
        if isinstance(row, Refusal):
            refusal = refusal or row
            continue
        rows.append((place_name(district), row.iloc[0]))
        finding = finding or summary_finding(row)
    if not rows:
        return show_text(refusal)
    if refusal:
        finding = f"{refusal} Seluruh kabupaten: {finding[0].lower()}{finding[1:]}"
    table, data = summary_table(rows)
    return show_table(table, name="rata-rata", finding=finding, data=data)


@needs("all events")
def effect(loaded: Loaded) -> Exhibit:
    """All recordings around a visit, in the whole kabupaten."""
    table = _effects(loaded, "recorded_all")
    if isinstance(table, Refusal):
        return show_text(table)
    finding = effect_in_persons(table)
    _, data = effect_table(table)
    return show_figure(effect_figure(table, finding), name="pengaruh", finding=finding, data=data)


@needs("all events")
def effect_by_week(loaded: Loaded) -> Exhibit:
    """The same as a table, with persons for each visit."""
    table = _effects(loaded, "recorded_all")
    if isinstance(table, Refusal):
        return show_text(table)
    shown, data = effect_table(table)
    return show_table(
        shown, name="pengaruh-tabel", finding=effect_in_persons(table), data=data,
        folded="Lihat angkanya minggu demi minggu",
    )  # fmt: skip


@needs("all events")
def checks(loaded: Loaded) -> Exhibit:
    """What the effect rests on, and whether the weeks before a visit are as usual."""
    table = _effects(loaded, "recorded_all")
    return show_text(table if isinstance(table, Refusal) else leads_sentence(table))


@needs("all events")
def displacement(loaded: Loaded) -> Exhibit:
    """Office recordings around a visit, in the whole kabupaten."""
    table = _effects(loaded, "recorded_office")
    if isinstance(table, Refusal):
        return show_text(table)
    finding = displacement_finding(table)
    _, data = effect_table(table)
    return show_figure(effect_figure(table, finding), name="pergeseran", finding=finding, data=data)


@needs("all events")
def net(loaded: Loaded) -> Exhibit:
    """What visits added, less what would have come anyway, here and in the kabupaten."""
    limit, answers = threshold(), whole.net_effects(loaded)
    rows: list[tuple[str, NetEffect]] = []
    refusals = []
    for district in dict.fromkeys([loaded.tables.district, None]):
        answer = answers[district or ""]
        if isinstance(answer, Refusal):
            refusals.append(answer)
        else:
            # the exact sum would tell a visit that is hidden in the list of visits
            safe = replace(answer, recorded=round(answer.recorded / limit) * limit)
            rows.append((place_name(district), safe))
    if not rows:
        return show_text(refusals[0])
    finding = net_finding(rows[0][1], rows[0][0])
    if refusals:
        finding = f"{refusals[0]} {finding}"
    table, data = net_table(rows)
    return show_table(table, name="hasil-bersih", finding=finding, data=data)


def returns(loaded: Loaded) -> Exhibit:
    """First, second and later visits, in the whole kabupaten."""
    table = whole.returns(loaded)
    if isinstance(table, Refusal):
        return show_text(table)
    finding = returns_finding(table)
    _, data = returns_table(table)
    return show_figure(
        returns_figure(table, finding), name="kunjungan-ulang", finding=finding, data=data
    )


def returns_by_number(loaded: Loaded) -> Exhibit:
    """The same as a table, with the ratio to the first visit."""
    table = whole.returns(loaded)
    if isinstance(table, Refusal):
        return show_text(table)
    shown, data = returns_table(table)
    return show_table(
        shown, name="kunjungan-ulang-tabel", finding=returns_finding(table), data=data
    )


@needs("villages")
def pooled(loaded: Loaded) -> Exhibit:
    """Share that a first visit records, by village, with what it borrows from the kabupaten."""
    table = whole.pooled(loaded)
    if isinstance(table, Refusal):
        return show_text(table)
    if table.empty:
        return show_text("Belum ada desa/kelurahan di sini yang dikunjungi dalam data ini.")
    yields = visits.visit_yield(loaded.tables.visits, loaded.tables.stock)
    safe = safe_visits(yields, loaded.protection)
    unsafe = set(safe.loc[safe[["recorded", "backlog"]].isna().any(axis=1), "village_code"])
    table = table.reset_index(drop=True)
    gone = table["village_code"].isin(unsafe).to_numpy()
    table.loc[gone, ["raw_share", "share", "lo", "hi"]] = np.nan
    names = place_names("village_code")
    table["name"] = table["village_code"].map(names).fillna(table["village_code"])
    shown, data = pooled_table(table.sort_values(["visits", "name"], ascending=[False, True]))
    return show_table(
        shown, name="bagian-desa", finding=pooled_finding(table), data=data,
        folded=f"Lihat {number(len(table))} desa/kelurahan",
    )  # fmt: skip


def _effects(loaded: Loaded, outcome: str) -> pd.DataFrame | Refusal:
    return whole.effects(loaded)[outcome]
