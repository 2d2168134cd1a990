"""Events of places that add up to each other, as they may be published.

The running total of each place is rounded down to a multiple of the threshold
(:func:`ektp_analysis.privacy.rounded_events`). Beside the rounded totals of its parts that of a whole
can still tell: where all parts together have nearly as much above their multiples as they can, each
of them must be nearly a multiple ahead. So a total that would leave a part less than the protection
interval waits, by one multiple, until the parts allow it (``docs/decisions/0701-events-of-parts.md``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ektp_analysis.accounts import weekly_accounts
from ektp_analysis.backlog import with_district
from ektp_analysis.disclosure import (
    EVENTS,
    INFLOWS,
    safe_accounts,
    without_hidden_results,
)
from ektp_analysis.privacy import rounded
from ektp_analysis.protection import Protection

GROUPS: dict[str, tuple[str, ...]] = {
    "entered": INFLOWS,
    "recorded_visit": ("recorded_visit",),
    "recorded_elsewhere": ("recorded_office", "recorded_other"),
    "left": ("moved_out", "died"),
}
"""Events of villages, which are too few to be told apart; but the results of visits are known one by
one, and would tell what they are rounded with. What is unexplained has no total of its own: with it the
remainders of all groups would have a known sum, which tells each of them where it is extreme."""


def place_accounts(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    visits: pd.DataFrame,
    protection: Protection,
    place: str | None = None,
) -> pd.DataFrame:
    """Weekly accounts of a kecamatan or of the kabupaten, with rounded events.

    Parameters
    ----------
    stock, flow, visits
        Tables of the store, of the place, with their whole history.
    protection, place
        Marks, and the district code (``None``: the kabupaten).

    Returns
    -------
    DataFrame
        As from :func:`ektp_analysis.disclosure.safe_accounts`.
    """
    weekly = weekly_accounts(stock, flow)
    if place is not None or weekly.empty:
        return safe_accounts(weekly, visits, protection, place)
    limit = protection.limit
    parts = weekly_accounts(with_district(stock), with_district(flow), ["district_code"])
    held = with_district(visits)
    totals = [
        rounded_totals(own, held[held["district_code"] == code], limit)
        for code, own in parts.groupby("district_code")
    ]
    ceiling = sum(totals[1:], totals[0]) + most_ahead(len(totals), limit)
    return safe_accounts(weekly, visits, protection, None, ceiling=ceiling)


def rounded_totals(weekly: pd.DataFrame, visits: pd.DataFrame, limit: int) -> pd.DataFrame:
    """Running totals of one place's events by week, down to a multiple of the threshold."""
    own = weekly.sort_values("week", ignore_index=True)
    exact = without_hidden_results(own, visits, limit)[list(EVENTS)].cumsum()
    return exact.apply(rounded, limit=limit)


def most_ahead(parts: int, limit: int) -> int:
    """How far published totals of a whole may be ahead of those of its parts, which add up to it.

    Each total is at most ``limit - 1`` above what is published. Were those of the parts known to be
    more together, one of them could be narrowed to less than ``limit - 2``.

    Examples
    --------
    >>> most_ahead(3, 5), most_ahead(15, 5)
    (5, 55)
    """
    return ((limit - 1) * (parts - 1) + 1) // limit * limit


def village_accounts(
    weekly: pd.DataFrame, visits: pd.DataFrame, protection: Protection
) -> pd.DataFrame:
    """Weekly accounts of the villages of one kecamatan.

    Parameters
    ----------
    weekly
        From :func:`ektp_analysis.accounts.weekly_accounts` by ``village_code``.
    visits
        Table of the store, of the same villages.
    protection
        Marks.

    Returns
    -------
    DataFrame
        ``week, village_code``; the :data:`GROUPS` and ``recorded`` (int, multiples of the
        threshold, wrong by less than two of them); ``opening, closing`` and ``unexplained`` (Int64,
        missing where hidden): what the rounded events leave of ``closing - opening``.
    """
    limit = protection.limit
    weekly = weekly.sort_values(["village_code", "week"], ignore_index=True)
    own = {
        str(code): without_hidden_results(
            part.reset_index(drop=True), visits[visits["village_code"] == code], limit
        )
        for code, part in weekly.groupby("village_code")
    }
    whole = weekly.groupby("week")[list(EVENTS)].sum().reset_index()
    kinds = rounded_totals(whole, visits, limit)
    steps = {}
    for name, events in GROUPS.items():
        exact = np.array([part[list(events)].sum(axis=1).cumsum() for part in own.values()]).T
        total = kinds[list(events)].sum(axis=1).to_numpy()
        given = totals_of_parts(exact, total, len(events), limit)
        steps[name] = np.diff(given, axis=0, prepend=0)
    frames = []
    for at, (code, part) in enumerate(own.items()):
        safe = safe_accounts(part, visits.head(0), protection, code)
        out = safe[["week", "opening", "closing"]].assign(village_code=code)
        for name in GROUPS:
            out[name] = steps[name][:, at].astype("int64")
        out["recorded"] = out["recorded_visit"] + out["recorded_elsewhere"]
        frames.append(with_unexplained(out))
    return pd.concat(frames, ignore_index=True)


def with_unexplained(accounts: pd.DataFrame) -> pd.DataFrame:
    """Accounts of villages with ``unexplained``: what their rounded events leave of the change.

    It follows from the other columns, so it tells nothing that they do not tell.
    """
    net = accounts["entered"] - accounts["recorded"] - accounts["left"]
    return accounts.assign(unexplained=accounts["closing"] - accounts["opening"] - net)


def totals_of_parts(
    exact: np.ndarray, whole: Sequence[int] | np.ndarray, kinds: int, limit: int
) -> np.ndarray:
    """Running totals of parts, beside that of the whole, which is the sum of ``kinds`` rounded ones.

    Rounded down; where that would tell, the parts that are farthest ahead of their multiple are
    rounded up, or those that just reached theirs wait.

    Parameters
    ----------
    exact
        Weeks x parts.
    whole
        By week, multiples of ``limit``.

    Examples
    --------
    >>> totals_of_parts(np.array([[4, 4, 4]]), [10], 1, 5).tolist()
    [[5, 0, 0]]
    >>> totals_of_parts(np.array([[12, 0, 0]]), [0], 3, 5).tolist()
    [[5, 0, 0]]
    """
    out = exact // limit * limit
    parts = exact.shape[1]
    for week, total in enumerate(whole):
        # lowest and highest sum of the parts' totals that narrow none, neither of the parts nor of the kinds
        lowest = total - most_ahead(parts, limit)
        highest = total + most_ahead(kinds, limit)
        while (now := out[week].sum()) < lowest or now > highest:
            ahead = exact[week] - out[week]
            if now < lowest:
                out[week, int(ahead.argmax())] += limit
            else:
                # no total of events goes below zero
                out[week, int((ahead + limit * (out[week] <= 0)).argmin())] -= limit
    return out
