"""The rates of the last weeks from which projections start, by village and age group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ektp_analysis.own_rates import OwnRates, fit_own_rates
from ektp_analysis.poisson import Floats, Ints, codes
from ektp_analysis.refusal import Refusal
from ektp_analysis.visits import AGES, age_group, age_ratios, weekly_ages

WINDOW = 26
YEAR = 52
HALVES = ("H1", "H2")
"""Of the calendar year. Those who reach 18 in it are on average 17½ in the first and 18 in the second:
own recording falls so fast at that age that one rate for the whole year is wrong in each half."""
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
    own
        Rates at which villages record on their own: of the last age group.
    speed
        Own rate of each age group relative to the last, by half of the calendar year (half × age).
    week_spread
        Variance of the log of the kabupaten's own rate from week to week, beyond chance.
    weeks
        Weeks in the window.
    arrivals, leaving
        Moved in or married early, persons in a week (village); rate of leaving in a week.
    coming
        Residents who turn 17, by month from that of ``as_of`` on (month × village), persons.
    listed
        Number of those months that are on the register. After them the last twelve repeat.
    days
        Share of each month's birthdays in each week ahead (week × month).
    unrecorded_share
        Share of those who turn 17 that is not recorded before the birthday.
    visits_per_week
        Visits in these villages, as in the window.
    """

    as_of: pd.Timestamp
    villages: list[str]
    stock: Floats
    eligible: Floats
    own: OwnRates
    speed: Floats
    week_spread: float
    weeks: int
    arrivals: Floats
    leaving: float
    coming: Ints
    listed: int
    days: Floats
    unrecorded_share: float
    visits_per_week: float

    @property
    def turning(self) -> Floats:
        """Residents expected to turn 17 unrecorded, by week ahead (week × village)."""
        expected: Floats = self.days @ self.coming * self.unrecorded_share
        return expected


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
        Weeks that are taken to go on. The rates of the young are those of the last 52: what a half of
        the year is like only its last one tells.
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
    year = dates[max(len(dates) - 1 - YEAR, 0)]
    ages = weekly_ages(
        stock[stock["as_of"] >= year], flow[(flow["week"] > year) & (flow["week"] <= as_of)]
    )
    # the rate of the oldest falls from year to year, as those who come easily are recorded first
    speed = _speeds(ages[(ages["age"] != AGES[-1]) | (ages["week"] > start)])
    ages["exposure"] = (
        ages["opening"]
        * speed[half_of_year(pd.DatetimeIndex(ages["week"])), ages["age"].map(AGES.index)]
    )
    ages = ages[ages["week"] > start]
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
    coming, listed, days = _coming(upcoming, as_of, villages, horizon)
    trips = visits[(visits["date"] > start) & (visits["date"] <= as_of)]
    return Rates(
        as_of=as_of,
        villages=villages,
        stock=level.reindex(index=villages, columns=AGES, fill_value=0).fillna(0).to_numpy(float),
        eligible=eligible.to_numpy(float),
        own=fit_own_rates(
            by_village["own"].to_numpy(float),
            by_village["exposure"].to_numpy(float),
            codes(pd.Series(villages).str[:8]),
        ),
        speed=speed,
        week_spread=_week_spread(ages),
        weeks=weeks,
        arrivals=(arrived + spread) / 2 / weeks,
        leaving=gone / max(float(by_village["opening"].sum()), 1),
        coming=coming,
        listed=listed,
        days=days,
        unrecorded_share=_unrecorded_share(stock, recent, start),
        visits_per_week=len(trips) / weeks,
    )


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


def half_of_year(dates: pd.DatetimeIndex) -> Ints:
    """Place in :data:`HALVES` of each date."""
    half: Ints = (dates.month.to_numpy() > 6).astype(np.int64)
    return half


def _speeds(ages: pd.DataFrame) -> Floats:
    """Own rate by half of the year and age group, relative to the last group in all weeks.

    Where a half has fewer than eight weeks both have the same rates.
    """
    whole = age_ratios(ages)
    half = half_of_year(pd.DatetimeIndex(ages["week"]))
    weeks = ages.groupby(half)["week"].nunique()
    if len(weeks) < len(HALVES) or weeks.min() < MIN_WEEKS:
        return np.array([[whole[age] for age in AGES]] * len(HALVES))
    split = ages["age"].where(ages["age"] == AGES[-1], ages["age"] + np.array(HALVES)[half])
    names = [[*(age + h for age in AGES[:-1]), AGES[-1]] for h in HALVES]
    ratios = age_ratios(ages.assign(age=split), sorted({n for row in names for n in row}))
    return np.array([[ratios[name] for name in row] for row in names])


def _coming(
    upcoming: pd.DataFrame, as_of: pd.Timestamp, villages: list[str], horizon: int
) -> tuple[Ints, int, Floats]:
    """Who turns 17 by month and village, months on the register, and share of each month by week.

    Birthdays are spread evenly over the days of their month.
    """
    monthly = upcoming.groupby(["month", "village_code"])["residents"].sum().unstack(fill_value=0)
    monthly = monthly.reindex(columns=villages, fill_value=0)
    ahead = pd.date_range(as_of + pd.Timedelta(days=1), periods=7 * horizon)
    month = ahead.to_period("M").to_timestamp()
    index = pd.DatetimeIndex(sorted(set(month)))
    table = monthly.reindex(index, fill_value=0).to_numpy(np.int64)
    listed = int((index <= monthly.index.max()).sum())
    for row in range(max(listed, 12), len(index)):  # the year before stands for what is not listed
        table[row] = table[row - 12]
    in_month = pd.Series(month).map(pd.Series(month).value_counts()).to_numpy(float)
    # the last month of the horizon is cut; its days carry their share of the whole month
    whole = np.where(month == month[-1], month.days_in_month, in_month)
    days = np.zeros((horizon, len(index)))
    np.add.at(days, (np.arange(len(ahead)) // 7, index.get_indexer(month)), 1 / whole)
    return table, listed, days
