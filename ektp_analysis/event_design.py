"""Weeks around visits as the rows and columns of a regression."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ektp_analysis.poisson import Floats, Ints, codes


@dataclass(frozen=True)
class Design:
    """The rows of a panel that a regression uses, as arrays."""

    rows: pd.DataFrame
    steps: list[int]
    x: Floats
    unit: Ints
    period: Ints


def event_design(panel: pd.DataFrame, outcome: str, steps: list[int], *, trim: bool) -> Design:
    """Visit indicators shifted by each step, for the rows that say something about rates.

    Parameters
    ----------
    panel
        From :func:`ektp_analysis.visits.weekly_panel`.
    outcome
        Column of counts.
    steps
        Weeks since the visit, negative before it.
    trim
        Leave out weeks for which a visit outside the panel could matter; else such visits are
        taken as none.
    """
    data = panel.sort_values(["village_code", "week"]).copy()
    if "exposure" not in data:
        data["exposure"] = data["opening"].astype(float)
    by_village = data.groupby("village_code")["visited"]
    for k in steps:
        data[f"k{k}"] = by_village.shift(k)
    return informative_rows(data.dropna() if trim else data.fillna(0), outcome, steps)


def informative_rows(data: pd.DataFrame, outcome: str, steps: list[int]) -> Design:
    """The design of rows with shifted visits, without those that say nothing about rates."""
    data = data[data["exposure"] > 0]
    # a village or week without any event says nothing about rates and has no finite effect
    before = -1
    while len(data) != before:
        before = len(data)
        for key in ("village_code", "week"):
            data = data[data.groupby(key)[outcome].transform("sum") > 0]
    return Design(
        rows=data,
        steps=steps,
        x=data[[f"k{k}" for k in steps]].to_numpy(float),
        unit=codes(data["village_code"]),
        period=codes(data["week"]),
    )
