"""The rates of the last weeks from which projections start, by village and age group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ektp_analysis.poisson import Floats
from ektp_analysis.refusal import Refusal
from ektp_analysis.visits import AGES, age_group, age_ratios, weekly_ages

WINDOW = 26
MIN_WEEKS = 8
HORIZON = 156


@dataclass(frozen=True)
class Rates:
    """What the coming weeks are expected to bring, by village (rows) and age group (columns).

    Attributes
    ----------
    as_of
        Date of the stock.
    villages
        Codes.
    stock, eligible
        Unrecorded residents (village × age) and eligible residents (village), persons.
    recorded, exposure
        Own recordings in the window and the weeks of backlog behind them (village).
    speed
        Own rate of each age group relative to the last.
    prior
        Shape and rate of the gamma distribution of the villages' own rates.
    week_spread
        Variance of the log of the kabupaten's own rate from week to week, beyond chance.
    weeks
        Weeks in the window.
    arrivals, leaving
        Moved in or married early, persons in a week (village); rate of leaving in a week.
    turning
        Residents who turn 17 unrecorded, by week ahead (week × village).
    visits_per_week
        Visits in these villages, as in the window.
    """

    as_of: pd.Timestamp
    villages: list[str]
    stock: Floats
    eligible: Floats
    recorded: Floats
    exposure: Floats
    speed: Floats
    prior: tuple[float, float]
    week_spread: float
    weeks: int
    arrivals: Floats
    leaving: float
    turning: Floats
    visits_per_week: float


def fit_rates(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    upcoming: pd.DataFrame,
    visits: pd.DataFrame,
    *,
    window: int = WINDOW,
    horizon: int = HORIZON,
) -> Rates | Refusal:
    """Rates of the last weeks.

    Parameters
    ----------
    stock, flow, upcoming, visits
        Tables of the store up to a date.
    window
        Weeks that are taken to go on.
    horizon
        Weeks ahead. Beyond the register of future 17-year-olds its last twelve months repeat.

    Returns
    -------
    Rates or Refusal
        A Refusal with fewer than nine weeks of stock, or without flows: an office that delivers
        recaps only.
    """
    dates = np.sort(stock["as_of"].unique())
    if len(dates) < MIN_WEEKS + 1:
        return Refusal(
            f"Perkiraan belum dapat dibuat: perlu paling sedikit {MIN_WEEKS + 1} minggu data, "
            f"baru ada {len(dates)}."
        )
    as_of, start = pd.Timestamp(dates[-1]), dates[max(len(dates) - 1 - window, 0)]
    recent = flow[(flow["week"] > start) & (flow["week"] <= as_of)]
    if recent.empty:
        return Refusal("Perkiraan tidak dibuat: data ini tidak memuat peristiwa mingguan.")
    ages = weekly_ages(stock[stock["as_of"] >= start], recent)
    speed = age_ratios(ages)
    ages["exposure"] = ages["opening"] * ages["age"].map(speed)
    last = stock[stock["as_of"] == as_of]
    villages = sorted(stock["village_code"].unique())
    by_village = (
        ages.groupby("village_code")[["own", "exposure", "opening"]].sum().reindex(villages)
    )
    by_village = by_village.fillna(0)
    weeks = ages["week"].nunique()
    now = last.assign(age=age_group(last["as_of"], last["birth_year"]))
    level = now.groupby(["village_code", "age"])["unrecorded"].sum().unstack("age", fill_value=0)
    eligible = last.groupby("village_code")["eligible"].sum().reindex(villages).fillna(0)
    arrived = (
        recent.assign(n=recent["moved_in"] + recent["married_early"]).groupby("village_code")["n"].sum()
    ).reindex(villages).fillna(0).to_numpy(float)  # fmt: skip
    # arrivals are few: a village's share of the kabupaten's by its size, half and half with its own
    spread = eligible.to_numpy(float) / max(eligible.sum(), 1) * arrived.sum()
    gone = float(recent[["moved_out", "died"]].to_numpy().sum())
    trips = visits[(visits["date"] > start) & (visits["date"] <= as_of)]
    return Rates(
        as_of=as_of,
        villages=villages,
        stock=level.reindex(index=villages, columns=AGES, fill_value=0).fillna(0).to_numpy(float),
        eligible=eligible.to_numpy(float),
        recorded=by_village["own"].to_numpy(float),
        exposure=by_village["exposure"].to_numpy(float),
        speed=np.array([speed[a] for a in AGES]),
        prior=_gamma_prior(
            by_village["own"].to_numpy(float), by_village["exposure"].to_numpy(float)
        ),
        week_spread=_week_spread(ages),
        weeks=weeks,
        arrivals=(arrived + spread) / 2 / weeks,
        leaving=gone / max(float(by_village["opening"].sum()), 1),
        turning=_turning(upcoming, as_of, villages, horizon)
        * _unrecorded_share(stock, recent, start),
        visits_per_week=len(trips) / weeks,
    )


def _gamma_prior(events: Floats, exposure: Floats) -> tuple[float, float]:
    """Shape and rate of the villages' rates, by moments (Marshall, 1991, *Applied Statistics* 40)."""
    known = exposure > 0
    if not known.any() or events.sum() == 0:
        return 0.5, 0.5 / 1e-4
    mean = events.sum() / exposure.sum()
    rate = events[known] / exposure[known]
    weight = exposure[known]
    variance = float((weight * (rate - mean) ** 2).sum() / weight.sum() - mean / weight.mean())
    variance = max(variance, (0.05 * mean) ** 2)
    return float(mean**2 / variance), float(mean / variance)


def _week_spread(ages: pd.DataFrame) -> float:
    """Relative variance of the weekly own rate beyond Poisson chance."""
    weekly = ages.groupby("week")[["own", "exposure"]].sum()
    if weekly["own"].sum() == 0:
        return 0.0
    expected = weekly["exposure"] * weekly["own"].sum() / weekly["exposure"].sum()
    relative = (weekly["own"] / expected - 1) ** 2 - 1 / expected
    return float(max(relative.mean() * len(weekly) / max(len(weekly) - 1, 1), 0.0))


def _unrecorded_share(stock: pd.DataFrame, recent: pd.DataFrame, start: np.datetime64) -> float:
    """Of those who turned 17 in the window, the share that was not recorded before the birthday."""
    last = stock["as_of"].max()
    young = stock[stock["birth_year"] >= pd.Timestamp(start).year - 17]
    grown = young.groupby("as_of")["eligible"].sum()
    if len(grown) < 2 or last not in grown.index or grown.index[0] > pd.Timestamp(start):
        return 1.0
    added = float(grown[last] - grown[pd.Timestamp(start)])
    entered = float(recent[["turned_17", "married_early"]].to_numpy().sum())
    return float(np.clip(entered / added, 0.0, 1.0)) if added >= 50 else 1.0


def _turning(
    upcoming: pd.DataFrame, as_of: pd.Timestamp, villages: list[str], horizon: int
) -> Floats:
    """Residents who turn 17 in each week ahead, spread evenly over the days of their month."""
    monthly = upcoming.groupby(["month", "village_code"])["residents"].sum().unstack(fill_value=0)
    monthly = monthly.reindex(columns=villages, fill_value=0)
    days = pd.date_range(as_of + pd.Timedelta(days=1), periods=7 * horizon)
    month = days.to_period("M").to_timestamp()
    index = pd.DatetimeIndex(sorted(set(month)))
    table = monthly.reindex(index).to_numpy(float)
    for row in range(len(index)):  # the year before stands for months that are not listed yet
        if np.isnan(table[row]).all():
            table[row] = table[row - 12] if row >= 12 else 0.0
    in_month = pd.Series(month).map(pd.Series(month).value_counts()).to_numpy(float)
    # the last month of the horizon is cut; its days carry their share of the whole month
    whole = np.where(month == month[-1], month.days_in_month, in_month)
    daily = table[index.get_indexer(month)] / whole[:, None]
    weekly: Floats = daily.reshape(horizon, 7, len(villages)).sum(axis=1)
    return weekly
