"""Estimates against the known truth, one simulated kabupaten at a time.

:func:`replicate` simulates a kabupaten and holds every estimator's answer against the truth;
:func:`summarise` turns many of them into bias, coverage and false-positive rates with their Monte
Carlo errors. ``benchmarks/validation.py`` runs it many times and writes ``docs/validation.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ektp_analysis import (
    event_study,
    inflow,
    log_rank,
    net_effect,
    planning,
    pooling,
    projection,
    repeat_visits,
    visit_prediction,
)
from ektp_analysis import survival as kaplan
from ektp_analysis import visits as visit_tables
from ektp_analysis.rates import fit_rates
from ektp_analysis.refusal import Refusal
from ektp_analysis.sample import truth
from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.population import day_number
from ektp_analysis.sample.simulation import Simulation, simulate
from ektp_analysis.sample.tables import durations_table, upcoming_table
from ektp_analysis.visiting import as_before

AS_OF = date(2024, 8, 2)
PAST, AHEAD, NULL_PAST = 52, 26, 40
LEVEL = 0.95
VILLAGE_SPREAD = 0.25
"""Villages differ in how well visits work there, so that pooling has something to find."""
CANDIDATES = 30
"""Villages whose predictions are judged: those that a plan could choose. In the smallest, counts are so
few that no interval of whole numbers has a coverage near 80%."""
FALSE_POSITIVE = "false positive"
COLUMNS = ["kind", "quantity", "estimate", "truth", "lo", "hi", "level"]
Row = tuple[str, str, float, float, float, float, float]


def replicate(seed: int, scale: float = 0.3) -> pd.DataFrame:
    """One kabupaten with visits that work.

    Parameters
    ----------
    seed
        Of the simulation.
    scale
        Size against the whole kabupaten.

    Returns
    -------
    DataFrame
        ``kind`` (str: ``estimate``, ``prediction`` or ``false positive``), ``quantity`` (str),
        ``estimate, truth, lo, hi`` (float), ``level`` (float, nominal coverage). For a false
        positive ``estimate`` is 1 when the estimator claims an effect that does not exist.
    """
    until = AS_OF + timedelta(weeks=AHEAD)
    parameters = Parameters(scale=scale, village_spread=VILLAGE_SPREAD)
    simulation = simulate(parameters, seed=seed, until=until, weeks=PAST + AHEAD)
    known = _Known(simulation, AS_OF)
    rows = [
        *_effects(known),
        *_yields(known),
        *_predictions(known, np.random.default_rng([seed, 99])),
        *_inflow(known),
        *_forecast(known, seed),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def replicate_null(seed: int, scale: float = 0.3) -> pd.DataFrame:
    """One kabupaten whose visits do nothing, and where the sexes do not differ."""
    nothing = Parameters(scale=scale, visit_probability=0, displacement=0, early_marriage=0)
    simulation = simulate(nothing, seed=seed, until=AS_OF, weeks=NULL_PAST)
    known = _Known(simulation, AS_OF)
    return pd.DataFrame([*_false_positives(known), *_survival(known)], columns=COLUMNS)


class _Known:
    """What an office would know on a date, of a simulation that may go on after it."""

    def __init__(self, simulation: Simulation, as_of: date) -> None:
        self.simulation, self.as_of = simulation, pd.Timestamp(as_of)
        tables, day = simulation.tables, day_number(as_of)
        self.stock = tables["stock"][tables["stock"]["as_of"] <= self.as_of]
        self.flow = tables["flow"][tables["flow"]["week"] <= self.as_of]
        self.visits = tables["visits"][tables["visits"]["date"] <= self.as_of]
        self.upcoming = upcoming_table(simulation.people, simulation.place, day)
        self.durations = durations_table(simulation.people, simulation.place, day)
        self.level = dict(zip(simulation.place.codes, simulation.level, strict=True))
        self.panel = visit_tables.weekly_panel(self.stock, self.flow, self.visits)
        self.yields = visit_tables.visit_yield(self.visits, self.stock)


def _effects(known: _Known) -> Iterator[Row]:
    p = known.simulation.parameters
    weeks = np.sort(known.panel["week"].unique())
    lags, leads = event_study.LAGS, event_study.LEADS
    first, last = (pd.Timestamp(w).date() for w in (weeks[lags], weeks[-1 - leads]))
    study = event_study.event_study(known.panel, level=LEVEL)
    if not isinstance(study, Refusal):
        row = study.set_index("k").loc[0]
        ratio = truth.visit_week_ratio(known.simulation, first, last)
        yield _row(
            "estimate",
            "effect, week of the visit (all recordings, ratio)",
            row["ratio"],
            ratio,
            row,
        )
    office = event_study.event_study(known.panel, "recorded_office", level=LEVEL)
    if not isinstance(office, Refusal):
        table, after = office.set_index("k"), 1 - p.displacement
        for k in (0, 1, 2, 3):
            name = f"office recordings, {k} weeks after a visit (ratio)"
            true = truth.office_week_ratio(known.simulation, first, last) if k == 0 else after
            yield _row("estimate", name, table.at[k, "ratio"], true, table.loc[k])
        for k in (-3, -2, -1, 4):
            name = "office recordings outside the effect's weeks (leads, week 4)"
            yield _claim(name, _excludes_1(table.loc[k]))
    net = net_effect.net_effect(known.panel, level=LEVEL)
    if not isinstance(net, Refusal):
        begin = pd.Timestamp(weeks[0]).date()
        true_net, recorded = truth.net_recordings(known.simulation, begin, known.as_of.date())
        share, lo, hi = net.share
        ends = {"lo": lo, "hi": hi}
        yield _row("estimate", "net share of visit recordings", share, true_net / recorded, ends)


def _yields(known: _Known) -> Iterator[Row]:
    p = known.simulation.parameters
    model = pooling.fit_yield(known.yields)
    if isinstance(model, Refusal):
        return
    mean = truth.visit_share(p)
    ends = {"lo": model.mean_lo, "hi": model.mean_hi}
    yield _row("estimate", "yield of a first visit (share)", model.mean, mean, ends)
    ends = {"lo": model.repeat_lo, "hi": model.repeat_hi}
    yield _row(
        "estimate",
        "diminishing returns (ratio for each visit)",
        model.repeat_ratio,
        p.repeat_factor,
        ends,
    )
    numbers = repeat_visits.diminishing_returns(known.yields, level=LEVEL)
    if not isinstance(numbers, Refusal):
        second = numbers[numbers["number"] == 2].iloc[0]
        ends = {"lo": float(second["ratio_lo"]), "hi": float(second["ratio_hi"])}
        yield _row(
            "estimate", "second visit over first (ratio)", second["ratio"], p.repeat_factor, ends
        )
    for village in pooling.pooled_yield(known.yields, model, level=LEVEL).to_dict("records"):
        own = mean * known.level[village["village_code"]]
        yield _row("estimate", "pooled yield of a village (share)", village["share"], own, village)


def _predictions(known: _Known, rng: np.random.Generator) -> Iterator[Row]:
    model = pooling.fit_yield(known.yields)
    if isinstance(model, Refusal):
        return
    plan = None
    for level in (0.95, 0.8):
        expected = planning.expected_recordings(
            known.stock, known.yields, model, known.as_of, level
        )
        likely = expected.head(CANDIDATES)
        for row, recorded in zip(
            likely.to_dict("records"), _visit(known, likely, rng), strict=True
        ):
            name = f"recordings of a visit ({level:.0%} interval)"
            yield _row("prediction", name, row["expected"], float(recorded), row, level)
        if plan is None:
            plan = planning.visit_plan(expected, known.as_of, model)
        total, lo, hi = visit_prediction.plan_total(plan, model, level)
        came = _visit(known, plan, rng)
        name = f"recordings of the four-week plan ({level:.0%} interval)"
        ends = {"lo": lo, "hi": hi}
        yield _row("prediction", name, total, float(came.sum()), ends, level)


def _visit(known: _Known, places: pd.DataFrame, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return truth.visit_recordings(
        known.simulation.parameters,
        places["unrecorded"].round().to_numpy(int),
        places["repeat"].to_numpy(int),
        places["village_code"].map(known.level).to_numpy(float),
        rng,
    )


def _inflow(known: _Known) -> Iterator[Row]:
    moves = inflow.mobility(known.stock, known.as_of)
    if isinstance(moves, Refusal):
        return
    until = (known.as_of + timedelta(weeks=AHEAD)).date()
    came = truth.would_turn_17(known.simulation, known.as_of.date(), until)
    options: dict[str, Any] = {"months": 6, "level": LEVEL}
    expected, lo, hi = inflow.total_inflow(known.upcoming, known.as_of, moves, **options)
    ends = {"lo": lo, "hi": hi}
    yield _row("prediction", "inflow in six months, kabupaten", expected, float(came.sum()), ends)
    by_code = dict(zip(known.simulation.place.codes, came, strict=True))
    table = inflow.inflow_by_village(known.upcoming, known.as_of, moves, **options)
    for row in table.to_dict("records"):
        number = float(by_code[row["village_code"]])
        yield _row("prediction", "inflow in six months, village", row["expected"], number, row)


def _forecast(known: _Known, seed: int) -> Iterator[Row]:
    rates = fit_rates(known.stock, known.flow, known.upcoming, known.visits, horizon=AHEAD)
    model = pooling.fit_yield(known.yields)
    if isinstance(rates, Refusal) or isinstance(model, Refusal):
        return
    ahead = projection.project(rates, model, known.yields, policy=as_before, seed=seed, draws=400)
    stock = known.simulation.tables["stock"]
    came = stock[stock["as_of"] > known.as_of].groupby("as_of")["unrecorded"].sum().to_numpy()
    paths = projection.path_quantiles(ahead, LEVEL)
    for weeks in (4, 13, 26):
        row = paths.iloc[weeks - 1]
        yield _row(
            "prediction",
            f"unrecorded after {weeks} weeks",
            row["median"],
            float(came[weeks - 1]),
            row,
        )
    now = int(rates.stock.sum())
    goal = round(0.93 * now)
    reached = projection.clearing(ahead, goal, LEVEL)
    under = np.flatnonzero(came <= goal)
    # weeks; an end beyond the horizon is one week after it
    median, lo, hi = (
        AHEAD + 1 if moment is None else (moment - known.as_of).days / 7
        for moment in (reached.median, reached.early, reached.late)
    )
    when = float(under[0] + 1) if len(under) else AHEAD + 1
    yield _row(
        "prediction", "weeks until 7% fewer are unrecorded", median, when, {"lo": lo, "hi": hi}
    )


def _survival(known: _Known) -> Iterator[Row]:
    """The cohort that turned 17 this year: its whole history is of the simulated weeks."""
    cohort = known.durations[known.durations["birth_year"] == known.as_of.year - 17]
    curve = kaplan.kaplan_meier(cohort, level=LEVEL)
    if isinstance(curve, Refusal):
        return
    table = curve.set_index("month")
    months = np.array([1, 3, 6])
    true = truth.survival(known.simulation.parameters, known.simulation.place, months)
    for month, share in zip(months, true, strict=True):
        if month in table.index:
            name = f"Kaplan–Meier, {month} months after the birthday (share)"
            yield _row("estimate", name, table.at[month, "unrecorded"], share, table.loc[month])


def _false_positives(known: _Known) -> Iterator[Row]:
    for outcome, name in (("recorded_all", "all"), ("recorded_office", "office")):
        study = event_study.event_study(known.panel, outcome, level=LEVEL)
        if isinstance(study, Refusal):
            continue
        for row in study.to_dict("records"):
            when = "before" if row["k"] < 0 else "week of" if row["k"] == 0 else "after"
            wrong = _excludes_1(row)
            yield _claim(
                f"effect of visits without any, {name} recordings, {when} the visit", wrong
            )
        if name == "all":
            yield _claim("test of all leads together", study.attrs["leads_p"] < 1 - LEVEL)
    test = log_rank.log_rank(known.durations, "sex")
    if not isinstance(test, Refusal):
        yield _claim("log-rank test of equal sexes", test.p < 1 - LEVEL)


def _row(
    kind: str, quantity: str, estimate: Any, true: float, ends: Any, level: float = LEVEL
) -> Row:
    return kind, quantity, float(estimate), true, float(ends["lo"]), float(ends["hi"]), level


def _excludes_1(interval: Any) -> bool:
    return bool(interval["lo"] > 1 or interval["hi"] < 1)


def _claim(quantity: str, wrong: bool) -> Row:
    return FALSE_POSITIVE, quantity, float(wrong), 0.0, np.nan, np.nan, LEVEL


def summarise(results: pd.DataFrame) -> pd.DataFrame:
    """Bias, coverage and false-positive rate of each quantity over the replications.

    Parameters
    ----------
    results
        Rows of :func:`replicate` with ``replication`` (int).

    Returns
    -------
    DataFrame
        ``kind, quantity, level``; ``replications``, ``values`` (int); ``truth`` (float, mean);
        ``bias`` and ``bias_error`` (float, relative to the mean truth, with its Monte Carlo
        standard error); ``coverage`` and ``coverage_error`` (float; of the intervals, or for false
        positives the share of wrong claims). Several values of one replication are averaged
        first, since they share its chance.
    """
    data = results.copy()
    claims = data["kind"] == FALSE_POSITIVE
    inside = (data["lo"] <= data["truth"] + 1e-12) & (data["truth"] <= data["hi"] + 1e-12)
    data["covered"] = np.where(claims, data["estimate"], inside.astype(float))
    data["gap"] = np.where(claims, np.nan, data["estimate"] - data["truth"])
    keys = ["kind", "quantity", "level"]
    means = data.groupby([*keys, "replication"], sort=False)[["truth", "gap", "covered"]].mean()
    grouped = means.groupby(keys, sort=False)
    number = grouped.size()
    error = grouped.std(ddof=1).div(np.sqrt(number), axis=0)
    level = grouped.mean()
    out = pd.DataFrame(
        {
            "replications": number,
            "values": data.groupby(keys, sort=False).size(),
            "truth": level["truth"],
            "bias": level["gap"] / level["truth"].where(level["truth"] != 0),
            "bias_error": error["gap"] / level["truth"].where(level["truth"] != 0),
            "coverage": level["covered"],
            # with every value on one side the spread is 0 and says nothing: rule of three
            "coverage_error": np.where(
                error["covered"] > 0, error["covered"], 1.5 / number.to_numpy()
            ),
        }
    )
    return out.reset_index()
