"""What the way of choosing villages is worth: the same future under several rules.

The stock-flow model of :mod:`ektp_analysis.projection` is run with the same draws of all rates, yields
and luck for every rule; only the order in which villages are visited differs. The difference of two
rules is taken within each draw, so that it is free of what they share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from ektp_analysis.choices import Choices
from ektp_analysis.poisson import Floats
from ektp_analysis.pooling import YieldModel
from ektp_analysis.projection import project
from ektp_analysis.rates import Rates, fit_rates
from ektp_analysis.refusal import Refusal
from ektp_analysis.visit_days import visit_days
from ektp_analysis.visiting import Policy, by_expected, never_to

HORIZON = 5 * 52
YEAR_AHEAD = 52
RULES = ("expected", "backlog", "coverage")
"""The plan (most expected recordings), highest backlog first, lowest coverage first."""


@dataclass(frozen=True)
class Comparison:
    """Futures of the unrecorded stock under each rule.

    Attributes
    ----------
    paths
        ``rule`` (str), ``week`` (int, 0 is now), ``median``, ``lo``, ``hi`` (float, persons).
    goals
        ``rule``, ``goal`` (float, share of the eligible), ``weeks, weeks_lo, weeks_hi`` (float, until
        the stock is at or under the goal; infinite beyond the horizon), ``sooner, sooner_lo,
        sooner_hi`` (float, weeks that the plan is sooner than this rule in the same draw; missing
        unless the plan reaches the goal in every draw, infinite where the rule does not),
        ``reached`` (float, share of the draws).
    after
        ``rule``, ``week`` (int, 52), ``unrecorded, unrecorded_lo, unrecorded_hi`` and ``fewer,
        fewer_lo, fewer_hi`` (float, persons fewer under the plan than under this rule).
    level
        Coverage of all intervals.
    horizon
        Weeks that were simulated.
    """

    paths: pd.DataFrame
    goals: pd.DataFrame
    after: pd.DataFrame
    level: float
    horizon: int

    def row(self, goal: float, rule: str) -> pd.Series:
        """The row of ``goals`` for a goal and a rule."""
        match = (self.goals["goal"] == goal) & (self.goals["rule"] == rule)
        return self.goals[match].iloc[0]

    def common_goal(self, goals: list[float]) -> float | None:
        """The lowest of the goals that every rule reaches in (nearly) all draws."""
        least = self.goals.groupby("goal")["weeks_hi"].max()
        return min((g for g in goals if np.isfinite(least[g])), default=None)


def compare_rules(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    upcoming: pd.DataFrame,
    visits: pd.DataFrame,
    yields: pd.DataFrame,
    model: YieldModel,
    choices: Choices | None = None,
    *,
    planned: Sequence[Sequence[str]] = (),
    goals: tuple[float, ...] = (0.01,),
    draws: int = 100,
    horizon: int = HORIZON,
    level: float = 0.95,
    seed: int = 1,
) -> Comparison | Refusal:
    """The plan against *highest backlog first* and *lowest coverage first*.

    The plan is what the site publishes for its weeks; after them the team goes, week for week, to the
    villages with the highest expectation. (To solve the integer programme anew in each week of each
    future would take hours. Over a year the two record nearly the same: the tests hold it.) All rules have the same visits in a week (the mean of the coming year's visiting days), rest and
    excluded villages; they differ only in which villages they prefer.

    Parameters
    ----------
    stock, flow, upcoming, visits
        Tables of the store up to a date.
    yields, model
        From :func:`ektp_analysis.visits.visit_yield` and :func:`ektp_analysis.pooling.fit_yield`.
    choices
        Of the staff; villages excluded without an end stay out.
    planned
        Villages (codes) of the published plan by week: where the team goes first under the rule
        ``expected``.
    goals
        Shares of the eligible residents at which the work counts as done.
    draws
        Number of futures.
    horizon
        Weeks to simulate.
    level
        Coverage of the intervals.
    seed
        Of the random numbers.

    Returns
    -------
    Comparison or Refusal
        The Refusal of :func:`ektp_analysis.rates.fit_rates`.
    """
    choices = choices or Choices()
    rates = fit_rates(stock, flow, upcoming, visits, horizon=horizon)
    if isinstance(rates, Refusal):
        return rates
    year = [visit_days(rates.as_of + timedelta(days=7 * w), choices) for w in range(YEAR_AHEAD)]
    now = np.full((draws, 1), rates.stock.sum())
    totals = {
        rule: np.hstack(
            [
                now,
                project(
                    rates,
                    model,
                    yields,
                    policy=policy,
                    visits_per_week=sum(map(len, year)) / YEAR_AHEAD,
                    rest_weeks=choices.rest_weeks,
                    planned=planned if rule == "expected" else (),
                    draws=draws,
                    seed=seed,
                ).total,
            ]
        )
        for rule, policy in _policies(rates, choices).items()
    }
    return _compare(totals, goals, float(rates.eligible.sum()), level)


def _policies(rates: Rates, choices: Choices) -> dict[str, Policy]:
    shut = choices.never
    people = np.maximum(rates.eligible, 1)
    rules: dict[str, Policy] = {
        "expected": by_expected,
        "backlog": lambda backlog, expected, rng: backlog,
        "coverage": lambda backlog, expected, rng: backlog / people,
    }
    return {name: never_to(shut, rule, rates) for name, rule in rules.items()}


def _compare(
    totals: dict[str, Floats], goals: tuple[float, ...], eligible: float, level: float
) -> Comparison:
    tail = [(1 - level) / 2, 0.5, (1 + level) / 2]
    plan = totals["expected"]
    horizon = plan.shape[1] - 1
    week = min(YEAR_AHEAD, horizon)
    paths, rows, later = [], [], []
    for rule, total in totals.items():
        lo, median, hi = np.quantile(total, tail, axis=0)
        paths.append(
            pd.DataFrame(
                {"rule": rule, "week": range(horizon + 1), "median": median, "lo": lo, "hi": hi}
            )
        )
        stock = np.quantile(total[:, week], tail)
        fewer = np.quantile(total[:, week] - plan[:, week], tail)
        later.append((rule, week, stock[1], stock[0], stock[2], fewer[1], fewer[0], fewer[2]))
        for goal in goals:
            mine = first_at_or_under(total, goal * eligible)
            best = first_at_or_under(plan, goal * eligible)
            sooner = difference_quantiles(mine, best, horizon, tail)
            weeks = np.quantile(mine, tail, method="inverted_cdf")
            reached = float(np.isfinite(mine).mean())
            rows.append((rule, goal, *weeks[[1, 0, 2]], *sooner[[1, 0, 2]], reached))
    return Comparison(
        paths=pd.concat(paths, ignore_index=True),
        goals=pd.DataFrame(
            rows,
            columns=["rule", "goal", "weeks", "weeks_lo", "weeks_hi", "sooner", "sooner_lo",
                     "sooner_hi", "reached"],
        ),
        after=pd.DataFrame(
            later,
            columns=["rule", "week", "unrecorded", "unrecorded_lo", "unrecorded_hi", "fewer",
                     "fewer_lo", "fewer_hi"],
        ),
        level=level,
        horizon=horizon,
    )  # fmt: skip


def difference_quantiles(rule: Floats, plan: Floats, horizon: int, tail: list[float]) -> Floats:
    """Quantiles of ``rule - plan`` in weeks; an end that the horizon hides is missing.

    Where only the rule's end lies beyond the horizon the difference is at least
    ``horizon - plan``, which is enough to place it among the others; where the plan's does, it
    may be anything and the quantiles are not given.
    """
    hidden = ~np.isfinite(plan)
    if hidden.any():
        return np.full(len(tail), np.nan)
    bounded = np.where(np.isfinite(rule), rule, horizon) - plan
    censored = ~np.isfinite(rule)
    out: Floats = np.quantile(bounded, tail, method="inverted_cdf").astype(float)
    if censored.any():
        # a quantile at or above a censored difference is only known to be larger
        out[out >= bounded[censored].min()] = np.inf
    return out


def first_at_or_under(total: Floats, goal: float) -> Floats:
    """Week of each draw (row) in which it is first at or under the goal; infinite if never."""
    under = total <= goal
    return np.where(under.any(axis=1), under.argmax(axis=1), np.inf).astype(float)
