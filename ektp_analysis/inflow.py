"""How many residents turn 17 in the coming months, by village, with an interval.

The register lists who will turn 17. Between now and the birthday some of them move away or die
and others move in. How often that happens is seen from cohorts just past 17, whose number of
eligible residents changes by nothing else: the mean of the weekly changes is arrivals less
departures, and their mean square arrivals plus departures (Skellam, 1946, *Journal of the Royal
Statistical Society* 109).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.backlog import place_names
from ektp_analysis.poisson import Ints
from ektp_analysis.refusal import Refusal

MIN_WEEKS = 8
COHORTS = (19, 24)
"""Ages (reached in the calendar year) whose moves stand for those of 16-year-olds."""
WEEKS_PER_MONTH = 365.2425 / 12 / 7


@dataclass(frozen=True)
class Mobility:
    """Weekly rates per resident.

    Attributes
    ----------
    net
        Arrivals less departures and deaths.
    net_error
        Standard error of ``net``.
    gross
        Arrivals plus departures and deaths.
    """

    net: float
    net_error: float
    gross: float


def mobility(stock: pd.DataFrame, as_of: pd.Timestamp) -> Mobility | Refusal:
    """Moves of young residents from the weekly change of their cohorts.

    Parameters
    ----------
    stock
        Table ``stock`` of the weeks up to ``as_of``.
    as_of
        Date of the data.

    Returns
    -------
    Mobility or Refusal
        A Refusal with fewer than nine weeks.
    """
    youngest, oldest = as_of.year - COHORTS[0], as_of.year - COHORTS[1]
    chosen = stock[stock["birth_year"].between(oldest, youngest)]
    wide = (
        chosen.groupby(["village_code", "birth_year", "as_of"])["eligible"].sum().unstack("as_of")
    )
    if wide.shape[1] < MIN_WEEKS + 1 or not wide.notna().to_numpy().any():
        return Refusal(
            f"Selang warga yang menyusul belum dapat dihitung: perlu {MIN_WEEKS + 1} minggu data."
        )
    wide = wide.fillna(0).sort_index(axis=1)
    change = wide.diff(axis=1).iloc[:, 1:].to_numpy(float)
    exposure = float(wide.iloc[:, :-1].to_numpy().sum())
    by_village = wide.iloc[:, :-1].groupby("village_code").sum().sum(axis=1).to_numpy(float)
    moved = pd.Series(change.sum(axis=1), index=wide.index).groupby("village_code").sum()
    net = change.sum() / exposure
    error = float(np.sqrt(((moved.to_numpy() - net * by_village) ** 2).sum())) / exposure
    return Mobility(net=float(net), net_error=error, gross=float((change**2).sum() / exposure))


def inflow_by_village(
    upcoming: pd.DataFrame,
    as_of: pd.Timestamp,
    moves: Mobility,
    *,
    months: int = 12,
    level: float = 0.8,
) -> pd.DataFrame:
    """Residents expected to turn 17 in the coming months in each village.

    Parameters
    ----------
    upcoming
        Table ``upcoming`` at ``as_of``.
    as_of
        Date of the data.
    moves
        From :func:`mobility`.
    months
        Calendar months from that of ``as_of`` on.
    level
        Coverage of the prediction interval.

    Returns
    -------
    DataFrame
        ``village_code, name, listed`` (int, on the register today), ``expected`` (float), ``lo``,
        ``hi`` (int, persons), ``variance``, most listed first. Without rows when nobody is listed.
        The sum over villages has the interval of :func:`total_inflow`.
    """
    ahead = _ahead(upcoming, as_of, months)
    ahead["wait"] = ahead["residents"] * ahead["weeks"]
    sums = ahead.groupby("village_code")[["residents", "wait"]].sum()
    out = pd.DataFrame(
        {
            "village_code": sums.index,
            "listed": sums["residents"].to_numpy(int),
            "expected": (sums["residents"] + moves.net * sums["wait"]).clip(lower=0).to_numpy(),
            "variance": (
                moves.gross * sums["wait"] + (moves.net_error * sums["wait"]) ** 2
            ).to_numpy(),
        }
    )
    out["lo"], out["hi"] = _whole_interval(out["expected"], out["variance"], level)
    out.insert(1, "name", out["village_code"].map(place_names("village_code")))
    out["name"] = out["name"].fillna(out["village_code"])
    columns = ["village_code", "name", "listed", "expected", "lo", "hi", "variance"]
    return out.sort_values(["listed", "village_code"], ascending=[False, True], ignore_index=True)[
        columns
    ]


def total_inflow(
    upcoming: pd.DataFrame,
    as_of: pd.Timestamp,
    moves: Mobility,
    *,
    months: int = 12,
    level: float = 0.8,
) -> tuple[float, int, int]:
    """Residents expected to turn 17 in all villages together: (expected, lo, hi)."""
    ahead = _ahead(upcoming, as_of, months)
    wait = float((ahead["residents"] * ahead["weeks"]).sum())
    expected = max(float(ahead["residents"].sum()) + moves.net * wait, 0.0)
    variance = moves.gross * wait + (moves.net_error * wait) ** 2
    lo, hi = _whole_interval(pd.Series([expected]), pd.Series([variance]), level)
    return expected, int(lo[0]), int(hi[0])


def _ahead(upcoming: pd.DataFrame, as_of: pd.Timestamp, months: int) -> pd.DataFrame:
    first = as_of.to_period("M").to_timestamp()
    last = first + pd.DateOffset(months=months)
    out = upcoming[(upcoming["month"] >= first) & (upcoming["month"] < last)].copy()
    middle = (out["month"] - as_of).dt.days / 7 + WEEKS_PER_MONTH / 2
    out["weeks"] = middle.clip(lower=0.5)
    return out


def _whole_interval(mean: pd.Series, variance: pd.Series, level: float) -> tuple[Ints, Ints]:
    """Shortest interval of whole numbers that holds at least ``level`` of a normal distribution.

    A whole number stands for what is nearer to it than to another. (With 2.5% at most beyond each
    end the interval would hold 97% where it is ten persons wide: an end may not be cut in two.)
    """
    middle = mean.to_numpy(float)
    error = np.maximum(np.sqrt(variance.to_numpy(float)), 1e-9)
    # as many numbers as the interval is long; one more where they lie unevenly about the mean
    count = np.maximum(np.ceil(2 * stats.norm.ppf(0.5 + level / 2) * error), 1)
    for extra in (0, 1):
        lo = np.floor(middle - count / 2 + 1)
        held = np.diff(stats.norm.cdf((np.stack([lo, lo + count]) - 0.5 - middle) / error), axis=0)
        count += (held[0] < level) * (1 - extra)
    return np.maximum(lo, 0).astype(np.int64), np.maximum(lo + count - 1, 0).astype(np.int64)
