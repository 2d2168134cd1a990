"""Exhibits of the backlog and the overview."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import accounts, backlog
from ektp_analysis.disclosure import safe_places, safe_series, safe_trend
from ektp_analysis.disclosure_events import place_accounts
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.exhibits.needs import needs
from ektp_analysis.figures.backlog import ranking_figure, trend_figure, waterfall_figure
from ektp_analysis.outlook import Outlook
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.places import accounts_table, places_table, with_marks
from ektp_analysis.text import (
    ITEMS,
    concentration_finding,
    trend_finding,
    unexplained_finding,
    waterfall_finding,
)
from ektp_analysis.text_estimates import outlook_sentence

WEEKS = 4
AHEAD = 26
"""Weeks ahead in the trend figure."""


def trend(loaded: Loaded) -> Exhibit:
    """Unrecorded residents by week with a forecast."""
    weeks = _trend(loaded)
    ahead = _ahead(loaded)
    finding = trend_finding(weeks)
    if weeks["unrecorded"].isna().all():
        return show_text(finding + ".")
    data = pd.DataFrame(
        {
            "Tanggal": weeks["as_of"],
            "Wajib KTP": weeks["eligible"],
            "Belum rekam": weeks["unrecorded"],
        }
    )
    if not isinstance(ahead, Refusal):
        later = pd.DataFrame(
            {
                "Tanggal": ahead["as_of"],
                "Perkiraan": ahead["median"].round().astype("Int64"),
                "Bawah (80%)": ahead["lo"].round().astype("Int64"),
                "Atas (80%)": ahead["hi"].round().astype("Int64"),
            }
        )
        counts = {"Wajib KTP": "Int64", "Belum rekam": "Int64"}
        data = pd.concat([data.astype(counts), later], ignore_index=True)
    data = with_marks(data, Belum_rekam=list(weeks["unrecorded_mark"]))
    return show_figure(trend_figure(weeks, ahead, finding), name="tren", finding=finding, data=data)


def clearing(loaded: Loaded) -> Exhibit:
    """When the work is done if the last weeks go on."""
    return show_text(outlook_sentence(shown_outlook(loaded)))


@needs("events")
def movements(loaded: Loaded) -> Exhibit:
    """From the stock four weeks ago to now."""
    weekly = _accounts(loaded).tail(WEEKS)
    weeks = len(weekly)
    if weekly["rounding"].isna().any():
        return show_text("Sisa di sini terlalu sedikit untuk merinci perubahannya.")
    steps = accounts.waterfall(_adding_up(weekly), weeks)
    if steps.empty:
        return show_text("Perubahan baru dapat dirinci setelah ada dua minggu data.")
    finding = waterfall_finding(steps, weeks)
    data = pd.DataFrame(
        {"Butir": steps["item"].map(ITEMS), "Perubahan": steps["change"], "Sisa": steps["level"]}
    )
    return show_figure(
        waterfall_figure(steps, finding), name="perubahan", finding=finding, data=data
    )


@needs("own villages")
def concentration(loaded: Loaded) -> Exhibit:
    """The places that hold most of the rest."""
    finding, places = safe_concentration(loaded), safe_latest(loaded)
    if not loaded.total_shown or places["unrecorded"].fillna(1).sum() == 0:
        return show_text(finding + ".")
    data = pd.DataFrame(
        {
            "Tempat": places["name"],
            "Belum rekam": places["unrecorded"],
            "Kumulatif": places["cumulative_share"].round(3),
        }
    )
    return show_figure(ranking_figure(places, finding), name="sebaran", finding=finding, data=data)


@needs("own villages")
def places(loaded: Loaded) -> Exhibit:
    """All places with counts and coverage."""
    table, data = places_table(safe_latest(loaded), loaded.noun.capitalize(), _series(loaded))
    finding = safe_concentration(loaded)
    # sorted on a phone too: where are most, where is the lowest coverage
    return show_table(table, name="cakupan", finding=finding, data=data, cards=False)


@needs("events")
def weekly_accounts(loaded: Loaded) -> Exhibit:
    """Opening, movements, unexplained and closing by week."""
    weekly = _accounts(loaded)
    finding = unexplained_finding(weekly)
    if weekly.empty:
        return show_text(finding + ".")
    table, data = accounts_table(weekly)
    return show_table(table, name="neraca", finding=finding, data=data)


def _latest(loaded: Loaded) -> pd.DataFrame:
    return backlog.latest_coverage(loaded.tables.stock, loaded.tables.as_of, loaded.level)


def safe_latest(loaded: Loaded) -> pd.DataFrame:
    """Places of the report at its date, as they may be published."""
    ranked = backlog.concentration(_latest(loaded))
    return safe_places(ranked, loaded.level, loaded.protection, loaded.tables.as_of)


def safe_concentration(loaded: Loaded) -> str:
    """How few places hold most of the rest, without a total that is hidden."""
    ranked = backlog.concentration(_latest(loaded))
    total = int(ranked["unrecorded"].sum()) if loaded.total_shown else None
    return concentration_finding(ranked, loaded.noun, total)


def _series(loaded: Loaded) -> pd.DataFrame | None:
    """Weeks of each kecamatan for a sparkline; a desa's weeks would tell of single persons."""
    if loaded.tables.district:
        return None
    weeks = backlog.coverage(loaded.tables.stock, ["as_of", "district_code"])
    return safe_series(weeks, "district_code", loaded.protection)


def _trend(loaded: Loaded) -> pd.DataFrame:
    weeks = backlog.trend(loaded.tables.stock)
    return safe_trend(weeks, loaded.protection, loaded.tables.district)


def shown_outlook(loaded: Loaded) -> Outlook | Refusal:
    """The outlook, which would tell a stock that is hidden."""
    if _trend(loaded)["unrecorded"].isna().any():
        return Refusal("Perkiraan tidak dibuat karena sisa di sini sudah terlalu sedikit.")
    return loaded.outlook


def _ahead(loaded: Loaded) -> pd.DataFrame | Refusal:
    """The coming half year as now, or without visits where they cannot be estimated."""
    ahead = shown_outlook(loaded)
    if isinstance(ahead, Refusal):
        return ahead
    known = {scenario.name: scenario.path for scenario in ahead.scenarios}
    return known.get("present", known["office"]).head(AHEAD)


def _accounts(loaded: Loaded) -> pd.DataFrame:
    tables = loaded.tables
    return place_accounts(
        tables.stock, tables.flow, tables.visits, loaded.protection, tables.district
    )


def _adding_up(weekly: pd.DataFrame) -> pd.DataFrame:
    """Accounts that add up: what rounding leaves goes with the unexplained."""
    whole = weekly[["opening", "closing", "rounding"]].astype("int64")
    return weekly.assign(**whole, unexplained=weekly["unexplained"] + whole["rounding"])
