"""Who is left to record, and where: pure tables from the stock.

Coverage here is a count over a register, not an estimate from a sample, so it has a denominator
and no interval.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ektp_analysis import regions

COUNTS = ["eligible", "recorded", "unrecorded"]


def coverage(stock: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Counts and coverage by any of the stock's keys.

    Parameters
    ----------
    stock
        Table ``stock`` (:class:`ektp_analysis.schema.Stock`).
    by
        Keys to keep, for example ``["as_of"]`` or ``["as_of", "village_code"]``;
        ``district_code`` is known too.

    Returns
    -------
    DataFrame
        ``by``, then ``eligible, recorded, unrecorded`` (int, persons) and ``coverage``
        (float, recorded / eligible; missing where nobody is eligible).
    """
    keyed = with_district(stock) if "district_code" in by else stock
    out = keyed.groupby(by, as_index=False)[COUNTS].sum()
    out["coverage"] = (out["recorded"] / out["eligible"]).where(out["eligible"] > 0)
    return out


def with_district(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with ``district_code`` (str) taken from its ``village_code``."""
    return frame.assign(district_code=frame["village_code"].str[:8])


def latest_coverage(
    stock: pd.DataFrame, as_of: pd.Timestamp, by: str = "village_code"
) -> pd.DataFrame:
    """Counts of the last week with the change since the week before.

    Parameters
    ----------
    stock
        Table ``stock`` of one or more weeks.
    as_of
        Week to show.
    by
        ``village_code`` or ``district_code``.

    Returns
    -------
    DataFrame
        One row per place of the reference list that has residents, most unrecorded first:
        the code, ``name`` (str), ``eligible, recorded, unrecorded`` (int), ``coverage`` (float),
        ``change`` (Int64, persons; missing without an earlier week).
    """
    now = coverage(stock[stock["as_of"] == as_of], [by])
    earlier = stock.loc[stock["as_of"] < as_of, "as_of"]
    if earlier.empty:
        now["change"] = pd.array([pd.NA] * len(now), dtype="Int64")
    else:
        before = coverage(stock[stock["as_of"] == earlier.max()], [by]).set_index(by)["unrecorded"]
        change = now["unrecorded"] - now[by].map(before).fillna(0)
        now["change"] = change.astype("Int64")
    now.insert(1, "name", now[by].map(place_names(by)))
    return now.sort_values(["unrecorded", by], ascending=[False, True], ignore_index=True)


def place_names(by: str) -> pd.Series:
    """Name of each village or district code."""
    if by == "district_code":
        return regions.districts().set_index("district_code")["district_name"]
    table = regions.villages().set_index("village_code")
    kind = table["village_kind"].map({"desa": "Desa", "kelurahan": "Kel."})
    return kind + " " + table["village_name"]


def concentration(latest: pd.DataFrame, share: float = 0.8) -> pd.DataFrame:
    """Which few places hold most of the unrecorded residents.

    Parameters
    ----------
    latest
        From :func:`latest_coverage`, one row per place.
    share
        Share of all unrecorded residents to reach, in (0, 1].

    Returns
    -------
    DataFrame
        ``latest`` in descending order with ``cumulative`` (int), ``cumulative_share`` (float) and
        ``needed`` (bool): the fewest places that together hold at least ``share``.

    Raises
    ------
    ValueError
        When ``share`` is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise ValueError("share must be in (0, 1]")
    out = latest.sort_values("unrecorded", ascending=False, kind="stable", ignore_index=True)
    out["cumulative"] = out["unrecorded"].cumsum()
    total = out["unrecorded"].sum()
    out["cumulative_share"] = out["cumulative"] / total if total else 0.0
    before = out["cumulative"] - out["unrecorded"]
    out["needed"] = (before < share * total) & (out["unrecorded"] > 0)
    return out


def lorenz(latest: pd.DataFrame) -> tuple[pd.DataFrame, float]:
    """Lorenz curve of the unrecorded residents over places, and Gini's index.

    Places are sorted from the most unrecorded residents to the fewest; the index is 0 when all have
    as many and near 1 when one has all (Gini, 1914).

    Parameters
    ----------
    latest
        From :func:`latest_coverage`.

    Returns
    -------
    (DataFrame, float)
        ``places`` (int, from 0), ``place_share`` and ``unrecorded_share`` (float, cumulative). The
        index is missing when nobody is unrecorded.
    """
    counts = latest["unrecorded"].sort_values(ascending=False).to_numpy(float)
    n, total = len(counts), counts.sum()
    reached = np.r_[0.0, counts.cumsum()] / total if total else np.zeros(n + 1)
    curve = pd.DataFrame(
        {
            "places": range(n + 1),
            "place_share": np.arange(n + 1) / max(n, 1),
            "unrecorded_share": reached,
        }
    )
    if not total:
        return curve, float("nan")
    ranks = np.arange(1, n + 1)
    return curve, float(((n + 1 - 2 * ranks) * counts).sum() / (n * total))


def trend(stock: pd.DataFrame) -> pd.DataFrame:
    """Unrecorded residents and coverage by week: ``as_of, eligible, recorded, unrecorded, coverage``."""
    return coverage(stock, ["as_of"])
