"""What the coming three years look like without visits, as now, and with the visit plan."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ektp_analysis.pooling import fit_yield
from ektp_analysis.projection import (
    DONE,
    Clearing,
    Projection,
    as_before,
    by_expected,
    clearing,
    fit_rates,
    path_quantiles,
    project,
)
from ektp_analysis.refusal import Refusal
from ektp_analysis.visits import visit_yield

SCENARIOS = ("office", "present", "plan")
PLAN_VISITS = 3.0
"""Visits in a week under the plan, in the whole kabupaten."""
MOST_CELLS = 16_000
"""Draws times villages of one simulation: what keeps a page's three scenarios to a few seconds."""
MOST_DRAWS, FEWEST_DRAWS = 400, 100
YEAR = 52


@dataclass(frozen=True)
class Scenario:
    """One future.

    Attributes
    ----------
    name
        In :data:`SCENARIOS`.
    path
        From :func:`ektp_analysis.projection.path_quantiles`.
    clearing
        When the goal is reached.
    """

    name: str
    path: pd.DataFrame
    clearing: Clearing

    @property
    def in_a_year(self) -> tuple[float, float, float]:
        """Stock in 52 weeks: (median, lo, hi)."""
        row = self.path.iloc[min(YEAR, len(self.path)) - 1]
        return float(row["median"]), float(row["lo"]), float(row["hi"])


@dataclass(frozen=True)
class Outlook:
    """All scenarios of one place.

    Attributes
    ----------
    goal
        Persons: 1% of those who are eligible today, rounded down.
    now
        Unrecorded today.
    turning
        Residents who turn 17 unrecorded in a week, mean of the coming year.
    scenarios
        ``office`` always; ``present`` and ``plan`` where visits can be estimated.
    """

    goal: int
    now: int
    turning: float
    scenarios: list[Scenario]


def make_outlook(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    upcoming: pd.DataFrame,
    visits: pd.DataFrame,
    district: str | None = None,
    *,
    level: float = 0.8,
    seed: int = 1,
) -> Outlook | Refusal:
    """Project the scenarios of the kabupaten, or of one kecamatan in it.

    The plan chooses among all villages of the kabupaten, so that a kecamatan gets the visits that
    the plan has for it. Without visits and as now, a kecamatan stands for itself.

    Parameters
    ----------
    stock, flow, upcoming, visits
        Tables of the whole kabupaten up to a date.
    district
        Kecamatan (code).
    level
        Coverage of the intervals.
    seed
        Same seed, same answer.

    Returns
    -------
    Outlook or Refusal
        The Refusal of :func:`ektp_analysis.projection.fit_rates`, or one when nobody is eligible.
    """
    whole = (stock, flow, upcoming, visits)
    own = whole if district is None else tuple(_inside(frame, district) for frame in whole)
    last = own[0][own[0]["as_of"] == stock["as_of"].max()]
    if not last["eligible"].sum():
        return Refusal("Perkiraan tidak dibuat: tidak ada wajib KTP di sini dalam data minggu ini.")
    rates = fit_rates(*own)
    if isinstance(rates, Refusal):
        return rates
    goal = int(DONE * rates.eligible.sum())
    yields = visit_yield(visits, stock)
    model = fit_yield(yields)
    draws = _draws(len(rates.villages))
    paths: dict[str, Projection] = {"office": project(rates, draws=draws, seed=seed)}
    if not isinstance(model, Refusal):
        paths["present"] = project(rates, model, yields, policy=as_before, draws=draws, seed=seed)
        all_rates = rates if district is None else fit_rates(*whole)
        if not isinstance(all_rates, Refusal):
            paths["plan"] = project(
                all_rates,
                model,
                yields,
                policy=by_expected,
                visits_per_week=PLAN_VISITS,
                inside=district,
                draws=_draws(len(all_rates.villages)),
                seed=seed,
            )
    return Outlook(
        goal=goal,
        now=int(last["unrecorded"].sum()),
        turning=float(rates.turning[:YEAR].sum() / min(YEAR, len(rates.turning))),
        scenarios=[
            Scenario(name, path_quantiles(path, level), clearing(path, goal, level))
            for name, path in paths.items()
        ],
    )


def _draws(villages: int) -> int:
    return max(FEWEST_DRAWS, min(MOST_DRAWS, MOST_CELLS // max(villages, 1)))


def _inside(frame: pd.DataFrame, district: str) -> pd.DataFrame:
    codes = [code for code in frame["village_code"].unique() if code.startswith(district)]
    return frame[frame["village_code"].isin(codes)].reset_index(drop=True)
