"""Exhibits of the backlog and the overview."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import accounts, backlog, forecast
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.figures.backlog import ranking_figure, trend_figure, waterfall_figure
from ektp_analysis.privacy import suppress
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.places import accounts_table, places_table
from ektp_analysis.text import (
    ITEMS,
    clearing_sentence,
    concentration_finding,
    trend_finding,
    unexplained_finding,
    waterfall_finding,
)

WEEKS = 4


def trend(loaded: Loaded) -> Exhibit:
    """Unrecorded residents by week with a forecast."""
    weeks = backlog.trend(loaded.tables.stock)
    ahead = forecast.forecast_unrecorded(weeks)
    finding = trend_finding(weeks)
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
    return show_figure(trend_figure(weeks, ahead, finding), name="tren", finding=finding, data=data)


def clearing(loaded: Loaded) -> Exhibit:
    """When the work is done if the last weeks go on."""
    return show_text(clearing_sentence(forecast.time_to_clear(backlog.trend(loaded.tables.stock))))


def movements(loaded: Loaded) -> Exhibit:
    """From the stock four weeks ago to now."""
    weekly = accounts.weekly_accounts(loaded.tables.stock, loaded.tables.flow)
    weeks = min(WEEKS, len(weekly))
    steps = accounts.waterfall(weekly, weeks)
    if steps.empty:
        return show_text("Perubahan baru dapat dirinci setelah ada dua minggu data.")
    finding = waterfall_finding(steps, weeks)
    data = pd.DataFrame(
        {"Butir": steps["item"].map(ITEMS), "Perubahan": steps["change"], "Sisa": steps["level"]}
    )
    return show_figure(
        waterfall_figure(steps, finding), name="perubahan", finding=finding, data=data
    )


def concentration(loaded: Loaded) -> Exhibit:
    """The places that hold most of the rest."""
    places = backlog.concentration(_latest(loaded))
    finding = concentration_finding(places, loaded.noun)
    if places["unrecorded"].sum() == 0:
        return show_text(finding + ".")
    safe = suppress(places, "unrecorded", ("cumulative", "cumulative_share"))
    data = pd.DataFrame(
        {
            "Tempat": safe["name"],
            "Belum rekam": safe["unrecorded"],
            "Kumulatif": safe["cumulative_share"].round(3),
        }
    )
    return show_figure(ranking_figure(places, finding), name="sebaran", finding=finding, data=data)


def places(loaded: Loaded) -> Exhibit:
    """All places with counts and coverage."""
    latest = _latest(loaded)
    table, data = places_table(latest, loaded.noun.capitalize())
    return show_table(
        table,
        name="cakupan",
        finding=concentration_finding(backlog.concentration(latest), loaded.noun),
        data=data,
    )


def weekly_accounts(loaded: Loaded) -> Exhibit:
    """Opening, movements, unexplained and closing by week."""
    weekly = accounts.weekly_accounts(loaded.tables.stock, loaded.tables.flow)
    finding = unexplained_finding(weekly)
    if weekly.empty:
        return show_text(finding + ".")
    table, data = accounts_table(weekly)
    return show_table(table, name="neraca", finding=finding, data=data)


def _latest(loaded: Loaded) -> pd.DataFrame:
    return backlog.latest_coverage(loaded.tables.stock, loaded.tables.as_of, loaded.level)
