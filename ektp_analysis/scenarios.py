"""What the way of choosing villages is worth: the same future under several rules.

A small stock-and-flow model of every village is run forward many times. Residents who turned 17
in this calendar year or the last (*young*) and all others (*older*) have hazards of their own, because
the young come to the office by themselves far more often. Each week

``unrecorded = unrecorded + inflow − office and other exits − recorded at visits``.

Each run draws its own rates (gamma-Poisson, a village with few events borrowing from the
kabupaten), yields, diminishing returns and luck, and applies them to every rule, so that the
difference between two rules within a run is free of what they share.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from ektp_analysis.choices import Choices
from ektp_analysis.planning import FINISHED_COVERAGE, visit_days
from ektp_analysis.pooling import YieldModel, pooled_yield
from ektp_analysis.refusal import Refusal
from ektp_analysis.visits import REPEAT_WEEKS

Array = npt.NDArray[np.float64]
WINDOW = 52
MIN_WEEKS = 12
HORIZON = 10 * 52
YEAR_AHEAD = 52
YOUNG_WEEKS = 78
"""How long a resident is *young*: from the 17th birthday to the end of the next calendar year, on
average."""
RULES = ("expected", "backlog", "coverage")
"""The plan (most expected recordings), highest backlog first, lowest coverage first."""
OUTFLOWS = ["recorded_office", "recorded_other", "moved_out", "died"]


@dataclass(frozen=True)
class Comparison:
    """Futures of the unrecorded stock under each rule.

    Attributes
    ----------
    paths
        ``rule`` (str), ``week`` (int), ``median``, ``lo``, ``hi`` (float, persons).
    goals
        ``rule``, ``goal`` (float, share of the eligible), ``weeks, weeks_lo, weeks_hi`` (float, until
        the stock is at or under the goal; infinite beyond the horizon), ``sooner, sooner_lo,
        sooner_hi`` (float, weeks that the plan is sooner than this rule in the same run; missing
        unless the plan reaches the goal in every run, infinite where the rule does not),
        ``reached`` (float, share of the runs).
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
        """The lowest of the goals that every rule reaches in (nearly) all runs."""
        least = self.goals.groupby("goal")["weeks_hi"].max()
        return min((g for g in goals if np.isfinite(least[g])), default=None)


@dataclass(frozen=True)
class Villages:
    """The state at the start and the rates of each run: arrays runs × villages, or villages."""

    young: Array
    older: Array
    eligible: Array
    inflow_young: Array
    inflow_older: Array
    exit_young: Array
    exit_older: Array
    ageing: Array
    share: Array  # true first share of each run
    known_share: Array  # what the plan believes
    repeat_ratio: Array  # of each run
    strength: float
    known_ratio: float
    visited: npt.NDArray[np.bool_]  # villages × last 26 weeks, newest first
    allowed: npt.NDArray[np.bool_]


def village_rates(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    yields: pd.DataFrame,
    model: YieldModel,
    as_of: pd.Timestamp,
    rng: np.random.Generator,
    runs: int,
    choices: Choices | None = None,
) -> Villages | Refusal:
    """Rates of every village with their uncertainty, from the last year.

    Parameters
    ----------
    stock, flow
        Tables of the store.
    yields
        From :func:`ektp_analysis.visits.visit_yield`.
    model
        From :func:`ektp_analysis.pooling.fit_yield`.
    as_of
        Date of the start.
    rng
        Random numbers.
    runs
        Draws of the rates.
    choices
        Villages excluded without an end stay out.

    Returns
    -------
    Villages or Refusal
        A Refusal with fewer than 12 weeks of flows.
    """
    choices = choices or Choices()
    weeks = np.sort(flow.loc[flow["week"] <= as_of, "week"].unique())[-WINDOW:]
    known = stock[stock["as_of"] <= as_of]
    weeks = weeks[np.isin(weeks - np.timedelta64(7, "D"), known["as_of"].unique())]
    if len(weeks) < MIN_WEEKS:
        return Refusal(
            f"Cara memilih desa belum dapat dibandingkan: perlu paling sedikit {MIN_WEEKS} minggu "
            f"arus warga, baru ada {len(weeks)}."
        )
    codes = np.sort(known.loc[known["as_of"] == as_of, "village_code"].unique())

    def by_village(frame: pd.DataFrame, columns: list[str]) -> Array:
        total = frame.groupby("village_code")[columns].sum().sum(axis=1)
        return total.reindex(codes).fillna(0).to_numpy(float)

    # by calendar year, so that the groups are of the same ages in every week of the window
    def parts(frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
        young = frame["birth_year"] > frame[column].dt.year - 19
        return frame[young], frame[~young]

    moves = flow[flow["week"].isin(weeks)]
    at_risk = known[known["as_of"].isin(weeks - np.timedelta64(7, "D"))]
    now = parts(known[known["as_of"] == as_of], "as_of")
    rates = []
    for events, exposed in zip(parts(moves, "week"), parts(at_risk, "as_of"), strict=True):
        entered = by_village(events, ["turned_17", "moved_in", "married_early"])
        left = by_village(events, OUTFLOWS)
        persons = by_village(exposed, ["unrecorded"])
        rates.append(
            (
                draw_rates(entered, np.full(len(codes), float(len(weeks))), rng, runs),
                draw_rates(left, persons, rng, runs),
            )
        )
    (inflow_young, exit_young), (inflow_older, exit_older) = rates
    latest = known[known["as_of"] == as_of].groupby("village_code")[["eligible", "recorded"]].sum()
    latest = latest.reindex(codes)
    district = latest.groupby(latest.index.str[:8]).transform("sum")
    excluded = {e.village_code for e in choices.excluded if e.until is None}
    allowed = (district["recorded"] / district["eligible"] < FINISHED_COVERAGE).to_numpy(bool)
    allowed &= ~np.isin(codes, list(excluded))
    pooled = pooled_yield(yields, model).set_index("village_code").reindex(codes)
    known_share = pooled["share"].fillna(model.mean).to_numpy(float)
    return Villages(
        young=by_village(now[0], ["unrecorded"]),
        older=by_village(now[1], ["unrecorded"]),
        eligible=latest["eligible"].to_numpy(float),
        inflow_young=inflow_young,
        inflow_older=inflow_older,
        exit_young=exit_young,
        exit_older=exit_older,
        # a constant hazard of ageing under which as many become older unrecorded, and stay young as
        # long on average, as with a fixed age
        ageing=exit_young / np.expm1(np.maximum(exit_young * YOUNG_WEEKS, 1e-6)),
        share=_draw_shares(model, pooled, known_share, rng, runs),
        known_share=known_share,
        repeat_ratio=_draw_ratios(model, yields, rng, runs),
        strength=model.a + model.b,
        known_ratio=model.repeat_ratio,
        visited=_visit_history(yields, codes, as_of),
        allowed=allowed,
    )


def draw_rates(events: Array, exposure: Array, rng: np.random.Generator, runs: int) -> Array:
    """Draws of each village's rate: events are Poisson, rates gamma over the villages.

    The prior's shape is the method of moments for the negative binomial; a village without exposure
    has the kabupaten's rate.
    """
    total = exposure.sum()
    mean = events.sum() / total if total else 0.0
    if mean == 0:
        return np.zeros((runs, len(events)))
    expected = mean * exposure
    extra = ((events - expected) ** 2 - expected).sum() / (expected**2).sum()
    shape = 1 / np.clip(extra, 1e-3, 10.0)
    return rng.gamma(
        np.broadcast_to(events + shape, (runs, len(events))), 1 / (exposure + shape / mean)
    )


def _draw_shares(
    model: YieldModel, pooled: pd.DataFrame, known: Array, rng: np.random.Generator, runs: int
) -> Array:
    borrowed = pooled["borrowed"].fillna(1.0).to_numpy(float)
    strength = (model.a + model.b) / borrowed
    common = (1 - model.mean) / model.mean / (model.a + model.b + 1) / model.visits
    shift = np.exp(rng.normal(0, np.sqrt(common), (runs, 1)))
    mean = np.clip(known * shift, 0.001, 0.95)
    return rng.beta(mean * strength, (1 - mean) * strength)


def _draw_ratios(
    model: YieldModel, yields: pd.DataFrame, rng: np.random.Generator, runs: int
) -> Array:
    """Draws of the repeat ratio; its error from the spread of single visits (delta method)."""
    repeats = yields.loc[yields["backlog"].fillna(0) > 0, "repeat"].astype(float)
    spread = float(((repeats - repeats.mean()) ** 2).sum()) if len(repeats) else 0.0
    if spread == 0:
        return np.full((runs, 1), model.repeat_ratio)
    relative = (1 - model.mean) / model.mean / (model.a + model.b + 1)
    noise = rng.normal(0, np.sqrt(relative / spread), (runs, 1))
    return np.clip(model.repeat_ratio * np.exp(noise), 0.05, 1.5)


def _visit_history(
    yields: pd.DataFrame, codes: npt.NDArray[np.str_], as_of: pd.Timestamp
) -> npt.NDArray[np.bool_]:
    out = np.zeros((len(codes), REPEAT_WEEKS), bool)
    ago = (as_of - yields["date"]).dt.days // 7
    inside = (ago >= 0) & (ago < REPEAT_WEEKS) & yields["village_code"].isin(codes)
    out[np.searchsorted(codes, yields.loc[inside, "village_code"]), ago[inside]] = True
    return out


def compare_rules(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    yields: pd.DataFrame,
    model: YieldModel,
    as_of: pd.Timestamp,
    choices: Choices | None = None,
    *,
    goals: tuple[float, ...] = (0.01,),
    runs: int = 200,
    horizon: int = HORIZON,
    level: float = 0.95,
    seed: int = 1,
) -> Comparison | Refusal:
    """The plan against *highest backlog first* and *lowest coverage first*.

    All rules have the same visits, days, rest and excluded villages; they differ only in which
    villages they prefer.

    Parameters
    ----------
    stock, flow, yields, model, as_of, choices
        As for :func:`village_rates`.
    goals
        Shares of the eligible residents at which the work counts as done.
    runs
        Number of futures.
    horizon
        Weeks to simulate at most; a run ends when every rule has reached the lowest goal.
    level
        Coverage of the intervals.
    seed
        Of the random numbers.

    Returns
    -------
    Comparison or Refusal
    """
    rng = np.random.default_rng(seed)
    villages = village_rates(stock, flow, yields, model, as_of, rng, runs, choices)
    if isinstance(villages, Refusal):
        return villages
    choices = choices or Choices()
    visits = [len(visit_days(as_of + timedelta(days=7 * w), choices)) for w in range(horizon)]
    stop = min(goals) * villages.eligible.sum()
    totals = {
        rule: run_rule(villages, rule, visits, choices.rest_weeks, runs, stop, seed)
        for rule in RULES
    }
    tail = [(1 - level) / 2, 0.5, (1 + level) / 2]
    paths, rows, later = [], [], []
    weeks = {
        (rule, goal): first_at_or_under(total, goal * villages.eligible.sum())
        for rule, total in totals.items()
        for goal in goals
    }
    for rule, total in totals.items():
        lo, median, hi = np.quantile(total, tail, axis=0)
        paths.append(
            pd.DataFrame(
                {"rule": rule, "week": range(total.shape[1]), "median": median, "lo": lo, "hi": hi}
            )
        )
        week = min(YEAR_AHEAD, total.shape[1] - 1, totals["expected"].shape[1] - 1)
        level_then = np.quantile(total[:, week], tail)
        fewer = np.quantile(total[:, week] - totals["expected"][:, week], tail)
        later.append(
            {"rule": rule, "week": week, "unrecorded": level_then[1],
             "unrecorded_lo": level_then[0], "unrecorded_hi": level_then[2], "fewer": fewer[1],
             "fewer_lo": fewer[0], "fewer_hi": fewer[2]}
        )  # fmt: skip
        for goal in goals:
            mine, plan = weeks[rule, goal], weeks["expected", goal]
            sooner = difference_quantiles(mine, plan, horizon, tail)
            lo, median, hi = np.quantile(mine, tail, method="inverted_cdf")
            rows.append(
                {"rule": rule, "goal": goal, "weeks": median, "weeks_lo": lo, "weeks_hi": hi,
                 "sooner": sooner[1], "sooner_lo": sooner[0], "sooner_hi": sooner[2],
                 "reached": float(np.isfinite(mine).mean())}
            )  # fmt: skip
    return Comparison(
        pd.concat(paths, ignore_index=True), pd.DataFrame(rows), pd.DataFrame(later), level, horizon
    )


def difference_quantiles(
    rule: Array, plan: Array, horizon: int, tail: list[float]
) -> npt.NDArray[np.float64]:
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
    out = np.quantile(bounded, tail, method="inverted_cdf").astype(float)
    if censored.any():
        # a quantile at or above a censored difference is only known to be larger
        out[out >= bounded[censored].min()] = np.inf
    return out


def first_at_or_under(total: Array, goal: float) -> Array:
    """Week of each run (row) in which it is first at or under the goal; infinite if never."""
    under = total <= goal
    return np.where(under.any(axis=1), under.argmax(axis=1), np.inf).astype(float)


def run_rule(
    v: Villages,
    rule: str,
    visits: list[int],
    rest_weeks: int,
    runs: int,
    stop: float,
    seed: int,
) -> Array:
    """Total unrecorded of each run and week (week 0 is now) under one rule.

    Flows are drawn with the mean and variance of Poisson counts and the same random numbers for
    every rule. After the end of a run's path, when it is under ``stop``, it is not followed further.
    """
    n = len(v.young)
    young, older = np.tile(v.young, (runs, 1)), np.tile(v.older, (runs, 1))
    recent = np.broadcast_to(v.visited.sum(axis=1), (runs, n)).astype(float)
    log = [np.broadcast_to(v.visited[:, k], (runs, n)) for k in range(REPEAT_WEEKS)]
    since = np.where(v.visited.any(axis=1), v.visited.argmax(axis=1), 10_000)
    rested = np.broadcast_to(since, (runs, n)).astype(float)
    rows = np.arange(runs)[:, None]
    score = _SCORES[rule]
    path = [young.sum(axis=1) + older.sum(axis=1)]
    for week, count in enumerate(visits, start=1):
        rng = np.random.default_rng([seed, week])
        noise = rng.standard_normal((3, runs, n), dtype=np.float32)
        luck = rng.standard_normal((runs, max(visits)))
        rested = rested + 1
        went = np.zeros((runs, n), bool)
        if count:
            value = score(v, young + older, recent)
            value = np.where((rested >= rest_weeks) & v.allowed, value, -np.inf)
            top = np.argpartition(-value, count - 1, axis=1)[:, :count]
            # in order of the rule, so that the n-th best has the n-th luck of the run
            top = np.take_along_axis(top, np.argsort(-value[rows, top], axis=1, kind="stable"), 1)
            fit = np.isfinite(value[rows, top])
            mean = np.clip(v.share[rows, top] * v.repeat_ratio ** recent[rows, top], 0.001, 0.95)
            spread = np.sqrt(mean * (1 - mean) / (v.strength + 1))
            # normal with the beta's mean and variance: its quantile function is slow
            hit = np.where(fit, np.clip(mean + spread * luck[:, :count], 0, 1), 0.0)
            went[rows, top] = fit
            young[rows, top] *= 1 - hit
            older[rows, top] *= 1 - hit
        rested[went] = 0
        recent = recent + went - log.pop()
        log.insert(0, went)
        young_out = young * v.exit_young
        aged = young * v.ageing
        older_out = older * v.exit_older
        entering = v.inflow_young + v.inflow_older
        young = young + v.inflow_young - young_out - aged + np.sqrt(young_out + aged) * noise[0]
        older = older + v.inflow_older + aged - older_out + np.sqrt(older_out) * noise[1]
        young = np.maximum(young + np.sqrt(entering) * noise[2], 0)
        older = np.maximum(older, 0)
        path.append(young.sum(axis=1) + older.sum(axis=1))
        if (np.min(path, axis=0) <= stop).all():
            break
    return np.stack(path, axis=1)


_SCORES: dict[str, Callable[[Villages, Array, Array], Array]] = {
    "expected": lambda v, left, recent: left * v.known_share * v.known_ratio**recent,
    "backlog": lambda v, left, recent: left,
    "coverage": lambda v, left, recent: left / np.maximum(v.eligible, 1),
}
