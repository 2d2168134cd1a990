"""Exhibits of the cohort report."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import cohort, survival
from ektp_analysis.disclosure import CohortCounts, safe_cohort, safe_curve, safe_profile
from ektp_analysis.exhibit import Exhibit, show_figure, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.figures.cohort import (
    birth_year_figure,
    cohort_figure,
    inflow_figure,
    survival_figure,
)
from ektp_analysis.parameters import CohortParameters
from ektp_analysis.refusal import Refusal
from ektp_analysis.text import (
    SEX,
    birth_year_finding,
    cohort_finding,
    inflow_finding,
    survival_finding,
)

SURVIVAL_COHORTS = 5
"""Cohorts whose time to recording is shown: those who turned 17 in the last five years."""


def cohort_year(loaded: Loaded) -> int:
    """The cohort that the report is about."""
    chosen = loaded.parameters.cohort_year if isinstance(loaded.parameters, CohortParameters) else 0
    return chosen or loaded.tables.as_of.year - 17


@needs("ages")
def birth_years(loaded: Loaded) -> Exhibit:
    """Unrecorded residents by birth year."""
    safe = safe_years(loaded)
    finding = birth_year_finding(safe)
    data = pd.DataFrame(
        {
            "Tahun lahir": safe["birth_year"],
            "Termasuk lebih tua": safe["older"],
            "Wajib KTP": safe["eligible"],
            "Belum rekam": safe["unrecorded"],
        }
    )
    return show_figure(
        birth_year_figure(safe, finding), name="tahun-lahir", finding=finding, data=data
    )


@needs("ages")
def months(loaded: Loaded) -> Exhibit:
    """The cohort month by month."""
    year = cohort_year(loaded)
    exact = cohort.cohort_months(loaded.tables.durations, loaded.tables.upcoming, year)
    if not exact[["recorded", "unrecorded", "upcoming"]].to_numpy().sum():
        return show_text(f"Tidak ada warga kelahiran {year} dalam data ini.")
    counts = safe_counts(loaded)
    table, finding = counts.months, cohort_finding(counts, year)
    data = pd.DataFrame(
        {
            "Bulan": table["month"],
            "Sudah rekam": table["recorded"],
            "Belum rekam": table["unrecorded"],
            "Belum 17 tahun": table["upcoming"],
        }
    )
    return show_figure(cohort_figure(table, finding), name="angkatan", finding=finding, data=data)


@needs("ages")
def time_to_recording(loaded: Loaded) -> Exhibit:
    """Time from the 17th birthday to recording, by sex."""
    first = loaded.tables.as_of.year - 17 - SURVIVAL_COHORTS
    recent = loaded.tables.durations[loaded.tables.durations["birth_year"] > first]
    curve = survival.kaplan_meier(recent, "sex")
    if isinstance(curve, Refusal):
        return show_text(curve)
    curve = safe_curve(curve)
    finding = survival_finding(survival.share_recorded(curve, 12), 12)
    data = pd.DataFrame(
        {
            "Kelompok": curve["group"].map(SEX),
            "Bulan": curve["month"],
            "Belum rekam": curve["unrecorded"].round(3),
            "Bawah (95%)": curve["lo"].round(3),
            "Atas (95%)": curve["hi"].round(3),
        }
    )
    return show_figure(
        survival_figure(curve, finding), name="waktu-rekam", finding=finding, data=data
    )


@needs("ages")
def inflow(loaded: Loaded) -> Exhibit:
    """Who turns 17 in the coming year."""
    exact = cohort.expected_inflow(loaded.tables.upcoming, loaded.tables.as_of)
    if not exact["residents"].sum():
        return show_text("Data ini tidak memuat warga yang akan genap 17 tahun.")
    counts = safe_counts(loaded)
    table, finding = counts.inflow, inflow_finding(counts)
    data = pd.DataFrame({"Bulan": table["month"], "Genap 17 tahun": table["residents"]})
    return show_figure(inflow_figure(table, finding), name="menyusul", finding=finding, data=data)


def safe_years(loaded: Loaded) -> pd.DataFrame:
    """Birth years of the report's place as they may be published."""
    exact = cohort.birth_year_profile(loaded.tables.stock, loaded.tables.as_of)
    return safe_profile(exact, loaded.total_shown)


def safe_counts(loaded: Loaded) -> CohortCounts:
    """Months of the report's cohort as they may be published."""
    year = cohort_year(loaded)
    tables = loaded.tables
    months = cohort.cohort_months(tables.durations, tables.upcoming, year)
    coming = cohort.expected_inflow(tables.upcoming, tables.as_of)
    return safe_cohort(months, coming, safe_years(loaded), year)
