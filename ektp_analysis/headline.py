"""The few numbers that stand above everything else."""

from __future__ import annotations

import pandas as pd

from ektp_analysis.accounts import INFLOWS
from ektp_analysis.privacy import SHOWN

RECORDED = ["recorded_office", "recorded_visit", "recorded_other"]


def weekly_numbers(trend: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """This week's main numbers and those of the week before.

    Parameters
    ----------
    trend
        From :func:`ektp_analysis.disclosure.safe_trend`; at least one week.
    accounts
        From :func:`ektp_analysis.disclosure.safe_accounts`; may be empty.

    Returns
    -------
    DataFrame
        ``item`` (str: ``unrecorded`` and ``coverage`` of the stock; ``recorded_week`` and
        ``entered_week``, persons in the week, rounded), ``value`` and ``before`` (float; missing
        where hidden or where there is no such week), ``mark`` (str, of the value) and ``compared``
        (bool, whether there is a week before).
    """
    ordered = trend.sort_values("as_of")
    mark = str(ordered["unrecorded_mark"].iloc[-1])
    rows: list[tuple[str, float, float, str, bool]] = []
    for item in ("unrecorded", "coverage"):
        rows.append((item, *_last_two(ordered[item]), mark, len(ordered) > 1))
    weeks = accounts.sort_values("week")
    for item, columns in (("recorded_week", RECORDED), ("entered_week", INFLOWS)):
        sums = weeks[columns].sum(axis=1)
        rows.append((item, *_last_two(sums), SHOWN, len(sums) > 1))
    return pd.DataFrame(rows, columns=["item", "value", "before", "mark", "compared"])


def _last_two(series: pd.Series) -> tuple[float, float]:
    numbers = [
        float("nan"),
        float("nan"),
        *series.astype("Float64").to_numpy(float, na_value=float("nan")),
    ]
    return numbers[-1], numbers[-2]
