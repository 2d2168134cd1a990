"""Unrecorded residents by birth year, and the cohort that turns 17 this year."""

from __future__ import annotations

import pandas as pd

from ektp_analysis.backlog import COUNTS

YOUNG_YEARS = 10


def birth_year_profile(stock: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The ten youngest birth years of age 17, and everybody older together.

    Early-married residents of later birth years are counted with the youngest year.

    Returns
    -------
    DataFrame
        ``birth_year`` (int, last of the group), ``older`` (bool: the group of all earlier years),
        ``eligible, recorded, unrecorded`` (int), ``coverage`` (float), oldest first.
    """
    now = stock[stock["as_of"] == as_of]
    last = as_of.year - 17
    first = last - YOUNG_YEARS + 1
    year = now["birth_year"].clip(upper=last).where(now["birth_year"] >= first, first - 1)
    out = now.assign(birth_year=year).groupby("birth_year", as_index=False)[COUNTS].sum()
    out.insert(1, "older", out["birth_year"] < first)
    out["coverage"] = (out["recorded"] / out["eligible"]).where(out["eligible"] > 0)
    return out


def cohort_months(
    durations: pd.DataFrame, upcoming: pd.DataFrame, cohort_year: int
) -> pd.DataFrame:
    """The cohort month by month of the 17th birthday.

    Parameters
    ----------
    durations, upcoming
        Tables of the store at one date.
    cohort_year
        Birth year.

    Returns
    -------
    DataFrame
        Twelve rows: ``month`` (Timestamp, first day), ``recorded``, ``unrecorded`` (int, residents
        who turned 17 here and came unrecorded), ``upcoming`` (int, not yet 17).
    """
    year = durations[durations["birth_year"] == cohort_year]
    done = year[year["event"]].groupby("birth_month")["persons"].sum()
    left = year[~year["event"]].groupby("birth_month")["persons"].sum()
    ahead = upcoming.groupby("month")["residents"].sum()
    months = pd.date_range(f"{cohort_year + 17}-01-01", periods=12, freq="MS")
    number = pd.Series(months.month, index=months)
    return pd.DataFrame(
        {
            "month": months,
            "recorded": number.map(done).fillna(0).astype("int64").to_numpy(),
            "unrecorded": number.map(left).fillna(0).astype("int64").to_numpy(),
            "upcoming": ahead.reindex(months).fillna(0).astype("int64").to_numpy(),
        }
    )


def expected_inflow(upcoming: pd.DataFrame, as_of: pd.Timestamp, months: int = 12) -> pd.DataFrame:
    """Residents who turn 17 in each of the coming months, from the register.

    The counts are people already listed; later moves in and out and deaths are not in them.

    Returns
    -------
    DataFrame
        ``month`` (Timestamp), ``residents`` (int); the first month is what is left of this one.
    """
    index = pd.date_range(as_of.to_period("M").to_timestamp(), periods=months, freq="MS")
    counts = upcoming.groupby("month")["residents"].sum().reindex(index).fillna(0).astype("int64")
    return pd.DataFrame({"month": index, "residents": counts.to_numpy()})
