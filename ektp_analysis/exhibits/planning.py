"""Exhibits of the plan: next week's visits, four weeks, candidates, and rules compared."""

from __future__ import annotations

from datetime import timedelta
from html import escape

import pandas as pd

from ektp_analysis import planning, scenarios
from ektp_analysis.choices import Choices
from ektp_analysis.disclosure import safe_candidates
from ektp_analysis.exhibit import Exhibit, show_figure, show_panel, show_table, show_text
from ektp_analysis.exhibits import whole as whole_kabupaten
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.exhibits.office_plan import office_choices, yields_and_model
from ektp_analysis.figures.planning import rules_figure
from ektp_analysis.figures.visits import expected_figure
from ektp_analysis.format import day, interval, number, percent
from ektp_analysis.panels.visits import visit_cards
from ektp_analysis.privacy import threshold
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.planning import plan_table, rules_table
from ektp_analysis.text_planning import (
    RULE_NAMES,
    plan_finding,
    plan_notes,
    rules_finding,
    rules_headline,
)
from ektp_analysis.visit_days import national_holidays, visit_days
from ektp_analysis.visit_prediction import plan_total

GOAL = 0.01
"""Share of the eligible at which the work counts as done."""
LADDER = (0.01, 0.02, 0.03, 0.04, 0.05)


@needs("villages")
def plan(loaded: Loaded, weeks: int = 4) -> Exhibit:
    """The visits of the next weeks, planned together."""
    table = _plan(loaded, weeks)
    return show_text(table) if isinstance(table, Refusal) else table


@needs("villages")
def next_week(loaded: Loaded) -> Exhibit:
    """The first week of the four-week plan."""
    table = _plan(loaded, 1)
    return show_text(table) if isinstance(table, Refusal) else table


def _plan(loaded: Loaded, weeks: int) -> Exhibit | Refusal:
    found = yields_and_model(loaded)
    if isinstance(found, Refusal):
        return found
    _, model = found
    whole, choices = loaded.regency, office_choices()
    # the first week is that of the plan for four, so that the two tables never disagree
    table = loaded.plan
    if isinstance(table, Refusal):
        return table
    table = table[table["week"] <= weeks]
    table = _safe(loaded, table)
    total = plan_total(table.dropna(subset="expected"), model)
    finding = plan_finding(table, total, weeks)
    lost = lost_days(whole.as_of, choices, weeks)
    notes = plan_notes(table, *lost)
    if table.empty:
        return show_text(f"{finding}. {notes}." if notes else f"{finding}.")
    shown, data = plan_table(table, total, notes)
    if weeks == 1:
        cards = visit_cards(table)
        if notes:
            cards += f'<p class="ektp-place">{escape(notes)}.</p>'
        return show_panel(cards, name="rencana-1-minggu", finding=finding, data=data)
    folded = f"Lihat {number(len(table))} kunjungan dan alasannya"
    name = f"rencana-{weeks}-minggu"
    return show_table(shown, name=name, finding=finding, data=data, folded=folded)


def lost_days(as_of: pd.Timestamp, choices: Choices, weeks: int) -> tuple[int, list[str]]:
    """Visits that the holidays of the next weeks cost, and the holidays on visiting weekdays."""
    short, names = 0, []
    for week in range(weeks):
        after = as_of + timedelta(days=7 * week)
        short += choices.visits_per_week - len(visit_days(after, choices))
        monday = after.date() + timedelta(days=7 - after.weekday())
        known = national_holidays(monday.year, monday.year + 1)
        for weekday in sorted(choices.weekdays):
            date = monday + timedelta(days=weekday)
            if date in known:
                names.append(f"{day(date)} ({known[date]})")
            elif date in choices.closed:
                names.append(f"{day(date)} (libur kantor)")
    return short, names


@needs("villages")
def candidates(loaded: Loaded) -> Exhibit:
    """What a visit to each village would bring."""
    expected = whole_kabupaten.expected(loaded)
    if isinstance(expected, Refusal):
        return show_text(expected)
    expected = _safe(loaded, expected).dropna(subset="expected")
    expected = expected[expected["unrecorded"] >= threshold()].reset_index(drop=True)
    if expected.empty:
        return show_text("Sisa di setiap desa terlalu sedikit untuk kunjungan tersendiri.")
    best = expected.iloc[0]
    finding = (
        f"Kunjungan ke {best['name']} diperkirakan paling banyak hasilnya: {number(best['expected'])} "
        f"warga (80%: {interval(best['lo'], best['hi'])})"
    )
    data = pd.DataFrame(
        {
            "Desa/kelurahan": expected["name"],
            "Perkiraan terekam": expected["expected"].round(1),
            "Bawah (80%)": expected["lo"],
            "Atas (80%)": expected["hi"],
        }
    )
    return show_figure(expected_figure(expected, finding), name="calon", finding=finding, data=data)


@needs("villages", "all events")
def rules(loaded: Loaded) -> Exhibit:
    """The plan against two simple rules, as paths of the unrecorded stock."""
    comparison = _comparison(loaded)
    if isinstance(comparison, Refusal):
        return show_text(comparison)
    fallback = comparison.common_goal(_ladder(loaded))
    finding = rules_finding(comparison, GOAL, fallback)
    eligible = _eligible(loaded)
    paths = comparison.paths
    data = paths[paths["week"] % 26 == 0]
    data = pd.DataFrame(
        {
            "Cara memilih desa": data["rule"].map(RULE_NAMES),
            "Minggu": data["week"],
            "Belum rekam": data["median"].round().astype("int64"),
            "Bawah (95%)": data["lo"].round().astype("int64"),
            "Atas (95%)": data["hi"].round().astype("int64"),
        }
    ).reset_index(drop=True)
    label = f"{percent(GOAL, 0)} dari wajib KTP"
    title = rules_headline(comparison, GOAL, fallback)
    figure = rules_figure(paths, GOAL * eligible, label, title)
    words = "Lihat gambar perbandingan"
    return show_figure(figure, name="cara-memilih", finding=finding, data=data, folded=words)


@needs("villages", "all events")
def rules_compared(loaded: Loaded) -> Exhibit:
    """The same comparison in numbers."""
    comparison = _comparison(loaded)
    if isinstance(comparison, Refusal):
        return show_text(comparison)
    fallback = comparison.common_goal(_ladder(loaded))
    goals = sorted({GOAL, *([fallback] if fallback else [])}, reverse=True)
    shown, data = rules_table(comparison, goals)
    finding = rules_finding(comparison, GOAL, fallback)
    words = "Lihat tabel perbandingan"
    return show_table(shown, name="cara-memilih-angka", finding=finding, data=data, folded=words)


_kept: dict[object, scenarios.Comparison | Refusal] = {}


def _comparison(loaded: Loaded) -> scenarios.Comparison | Refusal:
    """The comparison, simulated once for the cells of a notebook."""
    choices, whole = office_choices(), loaded.regency
    key = (loaded.store.digest(whole.as_of.date()), choices)
    if key not in _kept:
        found = yields_and_model(loaded)
        _kept.clear()
        _kept[key] = (
            found
            if isinstance(found, Refusal)
            else scenarios.compare_rules(
                whole.stock,
                whole.flow,
                whole.upcoming,
                whole.visits,
                *found,
                choices,
                planned=() if isinstance(loaded.plan, Refusal) else planning.by_week(loaded.plan),
                goals=LADDER,
            )
        )
    return _kept[key]


def _safe(loaded: Loaded, visits_to: pd.DataFrame) -> pd.DataFrame:
    whole = visits_to.assign(unrecorded=visits_to["unrecorded"].round().astype("int64"))
    return safe_candidates(whole, loaded.protection, loaded.tables.as_of)


def _eligible(loaded: Loaded) -> int:
    stock = loaded.regency.stock
    return int(stock.loc[stock["as_of"] == loaded.tables.as_of, "eligible"].sum())


def _ladder(loaded: Loaded) -> list[float]:
    """Goals that the stock has not reached yet."""
    stock = loaded.regency.stock
    left = int(stock.loc[stock["as_of"] == loaded.tables.as_of, "unrecorded"].sum())
    return [goal for goal in LADDER if goal * _eligible(loaded) < left]
