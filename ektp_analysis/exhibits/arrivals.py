"""Exhibits of cohorts compared, months since the birthday, and who turns 17 where."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import inflow, log_rank, survival, visits
from ektp_analysis.disclosure import safe_curve
from ektp_analysis.disclosure_shares import rounded_persons, safe_birth_months, shown_years
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits import whole
from ektp_analysis.exhibits.cohort import SURVIVAL_COHORTS, cohort_year, safe_counts, safe_years
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.figures.estimates import cohort_curves_figure, village_inflow_figure
from ektp_analysis.format import number
from ektp_analysis.privacy import conceal, is_small, marks
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.estimates import birth_month_table, cohort_table, inflow_table
from ektp_analysis.text_estimates import (
    birth_month_finding,
    cohorts_finding,
    log_rank_sentence,
    village_inflow_finding,
)

MONTHS = (3, 6, 12)


@needs("ages")
def birth_months(loaded: Loaded) -> Exhibit:
    """Share of the cohort recorded within 1, 3, 6 and 12 months, by month of the birthday."""
    year = cohort_year(loaded)
    exact = survival.recorded_by_birth_month(loaded.tables.durations, year)
    safe = safe_birth_months(exact, safe_counts(loaded).months)
    finding = birth_month_finding(safe.dropna(subset="share"), year)
    if safe["share"].isna().all():
        return show_text(finding + ".")
    table, data = birth_month_table(safe, year)
    return show_table(table, name="angkatan-bulan", finding=finding, data=data)


@needs("ages")
def by_cohort(loaded: Loaded) -> Exhibit:
    """Time to recording, one curve for each cohort."""
    curve = survival.kaplan_meier(_recent(loaded), "birth_year")
    if isinstance(curve, Refusal):
        return show_text(curve)
    curve = _shown(loaded, curve)
    if curve.empty:
        return show_text(cohorts_finding({}, 6) + ".")
    finding = cohorts_finding(survival.share_recorded(curve, 6), 6)
    data = pd.DataFrame(
        {
            "Lahir": curve["group"].astype(int),
            "Bulan": curve["month"],
            "Belum rekam": curve["unrecorded"].round(3),
            "Bawah (95%)": curve["lo"].round(3),
            "Atas (95%)": curve["hi"].round(3),
        }
    )
    figure = cohort_curves_figure(curve, finding)
    return show_figure(figure, name="waktu-rekam-angkatan", finding=finding, data=data)


@needs("ages")
def cohorts_and_sexes(loaded: Loaded) -> Exhibit:
    """Share recorded within some months, by cohort and sex."""
    recent = _recent(loaded)
    curve = survival.kaplan_meier(recent, ["birth_year", "sex"])
    if isinstance(curve, Refusal):
        return show_text(curve)
    curve = _shown(loaded, curve)
    shares = {m: survival.share_recorded(curve, m) for m in MONTHS}
    if not any(shares.values()):
        return show_text(cohorts_finding({}, MONTHS[0]) + ".")
    whole = survival.complete_months(recent)
    group = whole["birth_year"].astype(str) + " " + whole["sex"]
    persons = {str(k): rounded_persons(n) for k, n in whole["persons"].groupby(group).sum().items()}
    table, data = cohort_table(shares, persons)
    both = survival.kaplan_meier(recent, "birth_year")
    known = {} if isinstance(both, Refusal) else survival.share_recorded(_shown(loaded, both), 6)
    return show_table(
        table, name="waktu-rekam-tabel", finding=cohorts_finding(known, 6), data=data,
        folded="Lihat angkanya menurut tahun lahir dan jenis kelamin",
    )  # fmt: skip


@needs("ages")
def sex_test(loaded: Loaded) -> Exhibit:
    """Whether men and women differ in their time to recording."""
    return show_text(log_rank_sentence(log_rank.log_rank(_recent(loaded), "sex"), "jenis kelamin"))


@needs("ages")
def cohort_test(loaded: Loaded) -> Exhibit:
    """Whether cohorts differ in their time to recording."""
    test = log_rank.log_rank(_recent(loaded), "birth_year")
    return show_text(log_rank_sentence(test, "tahun lahir"))


@needs("ages")
def village_inflow(loaded: Loaded) -> Exhibit:
    """Who turns 17 in the next twelve months, by village: the figure."""
    shown = _village_inflow(loaded)
    if isinstance(shown, Refusal):
        return show_text(shown)
    safe, finding = shown
    _, data = inflow_table(safe)
    known = safe.dropna(subset="listed")
    if known.empty:
        return show_text(finding + ".")
    figure = village_inflow_figure(known, finding)
    return show_figure(figure, name="menyusul-desa", finding=finding, data=data)


@needs("ages")
def village_inflow_all(loaded: Loaded) -> Exhibit:
    """The same as a table of all villages."""
    shown = _village_inflow(loaded)
    if isinstance(shown, Refusal):
        return show_text(shown)
    safe, finding = shown
    table, data = inflow_table(safe)
    words = f"Lihat {number(len(safe))} desa/kelurahan"
    return show_table(table, name="menyusul-desa-tabel", finding=finding, data=data, folded=words)


def _village_inflow(loaded: Loaded) -> tuple[pd.DataFrame, str] | Refusal:
    tables = loaded.tables
    moves = inflow.mobility(tables.stock, tables.as_of)
    if isinstance(moves, Refusal):
        return moves
    by_village = inflow.inflow_by_village(tables.upcoming, tables.as_of, moves)
    if not by_village["listed"].sum():
        return Refusal("Data ini tidak memuat warga yang akan genap 17 tahun.")
    given = marks(by_village["listed"])
    safe = conceal(by_village, "listed", given, "expected", "lo", "hi")
    hidden = safe["listed"].isna()
    # hidden villages by name: their rank would tell their size
    safe = pd.concat([safe[~hidden], safe[hidden].sort_values("name")], ignore_index=True)
    if is_small(by_village["listed"].sum()):
        return Refusal("Yang akan genap 17 tahun di sini terlalu sedikit untuk dirinci.")
    total = inflow.total_inflow(tables.upcoming, tables.as_of, moves)
    first = "–" if hidden.all() else str(safe["name"].iloc[0])
    return safe, village_inflow_finding(total, first, *_visits_worth(loaded, total[0]))


def _visits_worth(
    loaded: Loaded, residents: float
) -> tuple[tuple[float, float, float] | None, bool]:
    """How many mean visits record so many residents: (visits, lo, hi), and whether it is the mean
    of all visits of the kabupaten: for a kecamatan that has had too few."""
    own = visits.visit_yield(loaded.tables.visits, loaded.tables.stock)
    summary = whole.safe_summary(own, loaded.protection)
    borrowed = isinstance(summary, Refusal)
    if isinstance(summary, Refusal):
        summary = whole.mean_visit(loaded)
    if isinstance(summary, Refusal):
        return None, borrowed
    row = summary.iloc[0]
    if row["per_visit_lo"] <= 0:
        return None, borrowed
    trips, least, most = (
        float(residents / row[name]) for name in ("per_visit", "per_visit_hi", "per_visit_lo")
    )
    return (trips, least, most), borrowed


def _shown(loaded: Loaded, curve: pd.DataFrame) -> pd.DataFrame:
    """Curves of birth years as they may be published; without ages there is nothing to compare."""
    return shown_years(safe_curve(curve), safe_years(loaded))


def _recent(loaded: Loaded) -> pd.DataFrame:
    first = loaded.tables.as_of.year - 17 - SURVIVAL_COHORTS
    durations = loaded.tables.durations
    return durations[durations["birth_year"] > first]
