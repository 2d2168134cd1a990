"""Analysis tables → the same tables as they may be published.

One function for each kind of table. Figures, tables, sentences, alternative texts and downloads
are made from what these return, never from the exact tables; hidden counts are missing
(``<NA>``) and carry a mark in ``{column}_mark``. Rows are put in an order that tells nothing about
hidden counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from ektp_analysis.privacy import (
    CONCEALED,
    SHOWN,
    SMALL,
    conceal,
    hide,
    is_small,
    marks,
    rounded_events,
    threshold,
)
from ektp_analysis.protection import Protection

INFLOWS = ("turned_17", "moved_in", "married_early")
OUTFLOWS = ("recorded_office", "recorded_visit", "recorded_other", "moved_out", "died")
EVENTS = (*INFLOWS, *OUTFLOWS, "unexplained")


def safe_places(
    places: pd.DataFrame, by: str, protection: Protection, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Counts by place.

    Parameters
    ----------
    places
        From :func:`ektp_analysis.backlog.latest_coverage` or ``concentration``.
    by
        ``village_code`` or ``district_code``.
    protection, as_of
        Marks, and the week of the counts.

    Returns
    -------
    DataFrame
        ``unrecorded`` (Int64), ``unrecorded_mark``; ``recorded``, ``coverage`` and ``change`` are
        missing where they would tell it, ``change`` also where the week before is hidden. Hidden
        places come last, by code: their rank would tell their size. ``cumulative`` and
        ``cumulative_share`` end where they begin, and ``needed`` is kept.
    """
    given = protection.at(as_of, places[by])
    out = conceal(places, "unrecorded", given, "recorded", "coverage")
    earlier = protection.table.index[protection.table.index < as_of]
    if "change" in out and len(earlier):
        was = protection.at(earlier[-1], places[by])
        gone = [now != SHOWN or then != SHOWN for now, then in zip(given, was, strict=True)]
        out["change"] = hide(out["change"], np.array(gone, dtype=bool))
    hidden = out["unrecorded_mark"] != SHOWN
    shown, rest = out[~hidden], out[hidden].sort_values(by)
    out = pd.concat([shown, rest], ignore_index=True)
    if "cumulative" in out and hidden.any():
        # the running total jumps over whatever was hidden in between
        first = int(np.flatnonzero(hidden.to_numpy())[0])
        for name in ("cumulative", "cumulative_share"):
            out[name] = hide(out[name], np.arange(len(out)) >= first)
    return out


def safe_trend(trend: pd.DataFrame, protection: Protection, place: str | None) -> pd.DataFrame:
    """Counts of one place by week; ``unrecorded`` is missing in the weeks in which it is hidden."""
    given = protection.weeks(trend["as_of"], place)
    return conceal(trend, "unrecorded", given, "recorded", "coverage")


def safe_series(weeks: pd.DataFrame, by: str, protection: Protection) -> pd.DataFrame:
    """Counts of several places by week.

    Parameters
    ----------
    weeks
        From :func:`ektp_analysis.backlog.coverage` by ``as_of`` and the place's code.
    by
        ``village_code`` or ``district_code``.

    Returns
    -------
    DataFrame
        ``as_of``, the code, and ``unrecorded`` (Int64), missing in the weeks in which it is hidden.
    """
    given = [
        protection.mark(week, place) for week, place in zip(weeks["as_of"], weeks[by], strict=True)
    ]
    return conceal(weeks[["as_of", by, "unrecorded"]], "unrecorded", given)


def safe_accounts(
    weekly: pd.DataFrame,
    visits: pd.DataFrame,
    protection: Protection,
    place: str | None,
    *,
    ceiling: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Weekly accounts of one place with events from rounded running totals.

    For a place whose parts are published too, see
    :func:`ektp_analysis.disclosure_events.place_accounts`.

    Parameters
    ----------
    weekly
        From :func:`ektp_analysis.accounts.weekly_accounts` without further keys.
    visits
        Table of the store, of the same place. Visits with a small result, which is hidden, are
        left out of ``recorded_visit``: beside the results that are shown it would tell them.
    protection, place
        Marks, and the district code (``None``: the kabupaten).
    ceiling
        Highest running totals that may be published, one row per week.

    Returns
    -------
    DataFrame
        The events and ``unexplained`` (int) as multiples of the threshold, wrong by less than it;
        ``rounding`` (Int64): what is left of ``closing - opening`` beyond them; ``opening`` and
        ``closing`` (Int64) and ``rounding`` are missing where hidden.
    """
    limit = protection.limit
    out = without_hidden_results(weekly.sort_values("week", ignore_index=True), visits, limit)
    events = list(EVENTS)
    out[events] = rounded_events(out[events], limit, ceiling)
    weeks = list(protection.table.index)
    before = {b: a for a, b in pairwise(weeks)}
    opens = [protection.mark(before.get(w, w), place or "") for w in out["week"]]
    closes = protection.weeks(out["week"], place)
    out = conceal(conceal(out, "opening", opens), "closing", closes)
    net = out[list(INFLOWS)].sum(axis=1) - out[list(OUTFLOWS)].sum(axis=1) + out["unexplained"]
    out["rounding"] = out["closing"] - out["opening"] - net
    return out.drop(columns=["opening_mark", "closing_mark"])


def without_hidden_results(weekly: pd.DataFrame, visits: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Weekly accounts, in order of the weeks, without the visits whose result is hidden."""
    out = weekly.copy()
    few = visits[visits["recorded"].between(1, limit - 1)]
    few = few[few["date"] > out["week"].min() - pd.Timedelta(weeks=1)]
    after = np.searchsorted(out["week"].to_numpy(), few["date"].to_numpy(dtype="datetime64[ns]"))
    hidden = few["recorded"].groupby(after).sum().reindex(range(len(out)), fill_value=0)
    out["recorded_visit"] = (out["recorded_visit"] - hidden.to_numpy()).clip(lower=0)
    return out


def safe_profile(profile: pd.DataFrame, total_shown: bool) -> pd.DataFrame:
    """Unrecorded residents by birth year.

    Parameters
    ----------
    profile
        From :func:`ektp_analysis.cohort.birth_year_profile`.
    total_shown
        Whether the place's own count is shown.

    Returns
    -------
    DataFrame
        ``unrecorded``, ``eligible`` (Int64) with their marks; ``recorded`` and ``coverage`` missing
        where they would tell them.
    """
    limit = threshold()
    eligible, left = profile["eligible"], profile["unrecorded"]
    few = [is_small(e - u, limit) for e, u in zip(eligible, left, strict=True)]
    bounds = (
        (eligible - limit + 1).clip(lower=0).to_numpy(float),
        (eligible - 1).to_numpy(float),
    )
    if total_shown:
        given = marks(left, limit=limit, sensitive=few, bounds=bounds)
    else:
        given = [CONCEALED] * len(profile)
    out = conceal(profile, "unrecorded", given, "recorded", "coverage")
    whole = marks(eligible, limit=limit)
    return conceal(out, "eligible", whole, "recorded", "coverage")


@dataclass(frozen=True)
class CohortCounts:
    """The cohort by month and the coming months, with the sums that may be stated.

    Attributes
    ----------
    months, inflow
        As from :mod:`ektp_analysis.cohort`, counts (Int64) with their marks.
    recorded, unrecorded
        Of the birth year as in the profile (of the months, for a year that the profile has not).
    upcoming, coming
        Sums of ``upcoming`` in the months and of the inflow. Each is None where it must not be
        known.
    """

    months: pd.DataFrame
    inflow: pd.DataFrame
    recorded: int | None
    unrecorded: int | None
    upcoming: int | None
    coming: int | None


def safe_cohort(
    months: pd.DataFrame, inflow: pd.DataFrame, profile: pd.DataFrame, year: int
) -> CohortCounts:
    """The cohort by month, and those who turn 17 in the coming months.

    The two tables share months, and the cohort's sums are a birth year of the profile, or part of
    one: what is left of that birth year (residents who married before 17, or came recorded) must
    not be a small count either.

    Parameters
    ----------
    months
        From :func:`ektp_analysis.cohort.cohort_months`.
    inflow
        From :func:`ektp_analysis.cohort.expected_inflow`.
    profile
        From :func:`safe_profile`.
    year
        Birth year of the months.
    """
    limit = threshold()
    later_born = profile.index[profile["birth_year"] >= year]
    cell = profile.loc[later_born[0] if len(later_born) else profile.index[-1]]
    sums: dict[str, int | None] = {}
    for name in ("recorded", "unrecorded"):
        counts = months[name].tolist()
        told = not is_small(sum(counts), limit)
        sums[name] = sum(counts) if told else None
        if not cell["older"]:
            # the birth year is shown beside the months: what they leave of it is a count, too
            told = pd.notna(cell[name]) and int(cell[name]) >= sum(counts)
            sums[name] = int(cell[name]) if told else None
            counts.append(int(cell[name]) - sum(counts) if told else 0)
        given = marks(counts, limit=limit) if told else [CONCEALED] * len(months)
        months = conceal(months, name, given[: len(months)])
    ahead = months.set_index("month")["upcoming"]
    near = inflow["month"].isin(ahead.index)
    this, later = inflow.loc[near, "residents"], inflow.loc[~near, "residents"]
    whole = int(inflow["residents"].sum())
    sums["coming"] = None if is_small(whole, limit) else whole
    total = int(ahead.sum())
    apart = total == int(this.sum()) and not is_small(total, limit)
    apart = apart and not is_small(later.sum(), limit)
    if apart or not total:
        # the coming months are in order: those of this year come first
        coming = marks(this, limit=limit) + marks(later, limit=limit)
    else:
        coming = marks(inflow["residents"], limit=limit)
    sums["upcoming"] = total if apart or not total else None
    known = dict(zip(inflow["month"], coming, strict=True))
    given = [
        SHOWN if not count else known.get(month, CONCEALED) if apart else CONCEALED
        for month, count in ahead.items()
    ]
    return CohortCounts(
        months=conceal(months, "upcoming", given),
        inflow=conceal(inflow, "residents", coming),
        **sums,
    )


def safe_visits(yields: pd.DataFrame, protection: Protection) -> pd.DataFrame:
    """Visits, one by one.

    Parameters
    ----------
    yields
        From :func:`ektp_analysis.visits.visit_yield`.

    Returns
    -------
    DataFrame
        ``recorded`` (Int64) missing where small; ``backlog`` (Int64) missing where the village's
        count is hidden in the week that it comes from; the rates missing where either is.
    """
    weeks = protection.table.index
    given = []
    for day, code in zip(yields["date"], yields["village_code"], strict=True):
        seen = weeks[weeks < day]
        given.append(protection.mark(seen[-1], code) if len(seen) else SHOWN)
    rates = [c for c in ("share", "share_lo", "share_hi") if c in yields]
    out = conceal(yields, "backlog", given, *rates)
    few = [(SMALL if is_small(n, protection.limit) else SHOWN) for n in yields["recorded"]]
    also = [c for c in (*rates, "per_staff_hour") if c in yields]
    return conceal(out, "recorded", few, *also)


def safe_candidates(
    expected: pd.DataFrame, protection: Protection, as_of: pd.Timestamp
) -> pd.DataFrame:
    """Expected recordings by village; what is proportional to a hidden count is missing too."""
    given = protection.at(as_of, expected["village_code"])
    numbers = [
        c for c in ("recorded", "coverage", "change", "expected", "lo", "hi") if c in expected
    ]
    return conceal(expected, "unrecorded", given, *numbers)


def safe_curve(curve: pd.DataFrame, limit: int | None = None) -> pd.DataFrame:
    """Kaplan-Meier curves at months between which enough people were recorded.

    A step of a curve gives the number of events, together with its interval even the number at
    risk. So a curve is kept only at months by which at least ``threshold`` events happened since
    the month kept before, and ends with the last of them; neither they who remain at a month that is
    kept nor they who were recorded after the last one are few.

    Parameters
    ----------
    curve
        From :func:`ektp_analysis.survival.kaplan_meier`.
    """
    limit = limit or threshold()
    frames = []
    for _, group in curve.groupby("group", sort=False):
        share = group["unrecorded"].to_numpy()
        happened = np.zeros(len(group))
        happened[1:] = group["at_risk"].to_numpy()[1:] * (1 - share[1:] / share[:-1])
        kept, count = [0], 0
        for position in range(1, len(group)):
            count += round(happened[position])
            rest = round(group["at_risk"].iloc[position] - happened[position])
            few = is_small(rest, limit)
            if (count >= limit and not few) or (count == 0 and kept[-1] == position - 1):
                kept.append(position)
                count = 0
        # at the end of the curve the count of unrecorded residents is known from elsewhere
        while count and len(kept) > 1 and is_small(count, limit):
            last = kept.pop()
            count += round(happened[kept[-1] + 1 : last + 1].sum())
        frames.append(group.iloc[kept])
    return pd.concat(frames, ignore_index=True)
