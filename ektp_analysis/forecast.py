"""Where the unrecorded stock is heading, if the recent weeks go on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.refusal import Refusal

WINDOW = 26
MIN_WEEKS = 8
MAX_WEEKS = 10 * 52


def forecast_unrecorded(
    trend: pd.DataFrame, weeks: int = 26, level: float = 0.8, window: int = WINDOW
) -> pd.DataFrame | Refusal:
    """Random walk with drift, with prediction intervals.

    The mean and spread of the last weekly changes are taken to go on. With ``n`` changes of mean
    ``m`` and standard deviation ``s``, the stock after ``h`` weeks is ``last + h m`` with standard
    error ``s sqrt(h + h^2 / n)`` and Student's t of ``n - 1`` degrees of freedom (Hyndman and
    Athanasopoulos, *Forecasting: principles and practice*, 3rd edition, section 5.5).

    Parameters
    ----------
    trend
        ``as_of`` and ``unrecorded``, one row per week, from :func:`ektp_analysis.backlog.trend`.
    weeks
        Horizon.
    level
        Coverage of the interval.
    window
        Weekly changes that are used.

    Returns
    -------
    DataFrame or Refusal
        ``as_of, median, lo, hi`` (persons, not below 0) for each week ahead; a Refusal with fewer
        than nine weeks of stock.
    """
    series = trend.sort_values("as_of").set_index("as_of")["unrecorded"].astype(float)
    steps = series.diff().dropna().tail(window)
    if len(steps) < MIN_WEEKS:
        return Refusal(
            f"Perkiraan belum dapat dibuat: perlu paling sedikit {MIN_WEEKS + 1} minggu data, "
            f"baru ada {len(series)}."
        )
    horizon = np.arange(1, weeks + 1)
    n, mean, spread = len(steps), steps.mean(), steps.std(ddof=1)
    middle = series.iloc[-1] + horizon * mean
    half = stats.t.ppf(0.5 + level / 2, n - 1) * spread * np.sqrt(horizon + horizon**2 / n)
    return pd.DataFrame(
        {
            "as_of": series.index[-1] + pd.to_timedelta(7 * horizon, unit="D"),
            "median": np.maximum(middle, 0),
            "lo": np.maximum(middle - half, 0),
            "hi": np.maximum(middle + half, 0),
        }
    )


@dataclass(frozen=True)
class Clearing:
    """When the stock falls under a goal; dates are missing where that is over ten years away."""

    goal: int
    median: pd.Timestamp | None
    early: pd.Timestamp | None
    late: pd.Timestamp | None


def time_to_clear(trend: pd.DataFrame, goal: int = 0, level: float = 0.8) -> Clearing | Refusal:
    """First week at which the forecast, and each end of its interval, is at or under a goal.

    Parameters
    ----------
    trend
        As for :func:`forecast_unrecorded`.
    goal
        Unrecorded residents (persons) at which the work counts as done.
    level
        Coverage of the interval.
    """
    path = forecast_unrecorded(trend, weeks=MAX_WEEKS, level=level)
    if isinstance(path, Refusal):
        return path

    def first(column: str) -> pd.Timestamp | None:
        under = path.loc[path[column] <= goal, "as_of"]
        return None if under.empty else pd.Timestamp(under.iloc[0])

    return Clearing(goal, first("median"), first("lo"), first("hi"))
