"""What the coming three years look like without visits, as now, and with better choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from ektp_analysis.pooling import YieldModel
from ektp_analysis.projection import Clearing, Projection, clearing, path_quantiles, project
from ektp_analysis.rates import fit_rates
from ektp_analysis.refusal import Refusal
from ektp_analysis.visiting import DONE, REST_WEEKS, as_before, by_expected, never_to
from ektp_analysis.visits import visit_yield

SCENARIOS = ("office", "present", "best", "plan")
MOST_CELLS = 16_000
"""Draws times villages of one simulation: what keeps a page's three scenarios to a few seconds."""
MOST_DRAWS, FEWEST_DRAWS = 400, 100
YEAR = 52


@dataclass(frozen=True)
class TeamPlan:
    """What the kabupaten's team is going to do.

    Attributes
    ----------
    visits_per_week
        Mean of the coming year.
    rest_weeks
        Weeks between two visits to the same village, at least.
    first_weeks
        Villages (codes) of the published plan, week by week; pinned ones among them. After it the team goes on to the
        villages with the highest expectation, week for week.
    excluded
        Villages (codes) to which the team never goes.
    """

    visits_per_week: float
    rest_weeks: int = REST_WEEKS
    first_weeks: tuple[tuple[str, ...], ...] = ()
    excluded: frozenset[str] = frozenset()


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
        ``office`` always; where visits can be estimated ``present`` (as many as in the last
        weeks, villages in proportion to their backlog) and ``best`` (as many, most expected
        recordings first) if there were any, or ``plan`` (the kabupaten's) instead of ``best``.
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
    model: YieldModel | Refusal,
    plan: TeamPlan | None = None,
    *,
    level: float = 0.8,
    seed: int = 1,
) -> Outlook | Refusal:
    """Project the scenarios of the kabupaten, or of one kecamatan on its own.

    A kecamatan's outlook follows from its own accounts; only what a visit yields is learnt from
    all of the kabupaten, by way of the model. The plan chooses among all villages of the kabupaten
    and has no place in it: instead of ``plan`` there is ``best``, the visits that the kecamatan has
    now, made where they bring most.

    Parameters
    ----------
    stock, flow, upcoming, visits
        Tables of the place up to a date.
    model
        From :func:`ektp_analysis.pooling.fit_yield` on the visits of the kabupaten.
    plan
        Of the kabupaten. Without one, ``best`` instead of ``plan``.
    level
        Coverage of the intervals.
    seed
        Same seed, same answer.

    Returns
    -------
    Outlook or Refusal
        The Refusal of :func:`ektp_analysis.rates.fit_rates`, or one when nobody is eligible.
    """
    last = stock[stock["as_of"] == stock["as_of"].max()]
    if not last["eligible"].sum():
        return Refusal("Perkiraan tidak dibuat: tidak ada wajib KTP di sini dalam data minggu ini.")
    rates = fit_rates(stock, flow, upcoming, visits)
    if isinstance(rates, Refusal):
        return rates
    goal = int(DONE * rates.eligible.sum())
    same: dict[str, Any] = {"draws": _draws(len(rates.villages)), "seed": seed}
    paths: dict[str, Projection] = {"office": project(rates, **same)}
    if not isinstance(model, Refusal):
        yields = visit_yield(visits, stock)
        if rates.visits_per_week:
            paths["present"] = project(rates, model, yields, policy=as_before, **same)
        if plan:
            paths["plan"] = project(
                rates,
                model,
                yields,
                policy=never_to(plan.excluded, by_expected, rates),
                visits_per_week=plan.visits_per_week,
                rest_weeks=plan.rest_weeks,
                planned=plan.first_weeks,
                **same,
            )
        elif rates.visits_per_week:
            paths["best"] = project(rates, model, yields, policy=by_expected, **same)
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
