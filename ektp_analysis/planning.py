"""Where the visits of the coming weeks bring most.

The plan maximises the expected recordings of all its weeks together, not of one week after the
other: a visit takes away what a later one to the same village could find and makes it a repeat
visit, and a village whose last visits lie almost 26 weeks back is worth waiting for. That choice is
an integer linear programme (one variable for each village and set of weeks), solved exactly.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, sparse

from ektp_analysis.backlog import latest_coverage
from ektp_analysis.choices import Choices
from ektp_analysis.pooling import YieldModel, pooled_yield
from ektp_analysis.visit_days import visit_days
from ektp_analysis.visit_prediction import LEAST_SHARE, LEVEL, MOST_SHARE, predict
from ektp_analysis.visits import REPEAT_WEEKS

FINISHED_COVERAGE = 0.99
"""Kecamatan at or above this coverage count as finished; staff can still pin a village there."""
LATER = 1e-4
"""Share of its value that a visit loses for each week of waiting: sooner where all else is equal."""


def expected_recordings(
    stock: pd.DataFrame,
    yields: pd.DataFrame,
    model: YieldModel,
    as_of: pd.Timestamp,
    level: float = LEVEL,
) -> pd.DataFrame:
    """What a visit next week would record in each village.

    Parameters
    ----------
    stock
        Table ``stock`` with the date ``as_of``.
    yields
        From :func:`ektp_analysis.visits.visit_yield`.
    model
        From :func:`ektp_analysis.pooling.fit_yield`.
    as_of
        Date of the plan.
    level
        Coverage of the prediction interval.

    Returns
    -------
    DataFrame
        :func:`ektp_analysis.backlog.latest_coverage` with ``district_code``, ``district_coverage``
        (float), ``visits`` (int), ``repeat`` (int, visits in the last 26 weeks), ``recent`` (tuple
        of their Timestamps), ``last_visit`` (Timestamp or missing), ``first_share`` and
        ``strength`` (float, mean and sum of the parameters of the beta distribution of the share of
        the backlog that a first visit records), ``expected`` (float, persons), ``lo``, ``hi`` (int,
        beta-binomial prediction interval), most expected first.
    """
    latest = latest_coverage(stock, as_of)
    latest["district_code"] = latest["village_code"].str[:8]
    totals = latest.groupby("district_code")[["recorded", "eligible"]].transform("sum")
    latest["district_coverage"] = totals["recorded"] / totals["eligible"]
    past = yields[yields["date"] <= as_of]
    since = past[past["date"] > as_of - timedelta(days=7 * REPEAT_WEEKS)]
    recent = {c: tuple(sorted(days)) for c, days in since.groupby("village_code")["date"]}
    code = latest["village_code"]
    latest["visits"] = code.map(past.groupby("village_code").size()).fillna(0).astype(int)
    latest["recent"] = [recent.get(c, ()) for c in code]
    latest["repeat"] = latest["recent"].map(len).astype(int)
    latest["last_visit"] = code.map(past.groupby("village_code")["date"].max())
    pooled = pooled_yield(yields, model).set_index("village_code")
    latest["first_share"] = code.map(pooled["share"]).fillna(model.mean).astype(float)
    latest["strength"] = code.map(pooled["strength"]).fillna(model.strength).astype(float)
    predicted = predict(latest, model, level)
    latest[["expected", "lo", "hi"]] = predicted.to_numpy()
    latest[["lo", "hi"]] = latest[["lo", "hi"]].astype(int)
    return latest.sort_values(
        ["expected", "village_code"], ascending=[False, True], ignore_index=True
    )


def visit_plan(
    expected: pd.DataFrame,
    as_of: pd.Timestamp,
    model: YieldModel,
    choices: Choices | None = None,
    *,
    weeks: int = 4,
    level: float = LEVEL,
) -> pd.DataFrame:
    """The visits of the next weeks that together record most.

    Pinned villages come first, on their date or the first free day, in the order of the file. A
    village is not proposed while it is excluded, within the rest after a visit, in a finished
    kecamatan, or without unrecorded residents.

    Parameters
    ----------
    expected
        From :func:`expected_recordings`.
    as_of
        Date of the plan; its first week is the one after it.
    model
        From :func:`ektp_analysis.pooling.fit_yield`.
    choices
        Of the staff.
    weeks
        Length of the plan, at most 8.
    level
        Coverage of the prediction intervals.

    Returns
    -------
    DataFrame
        By date: ``week`` (int, from 1), ``date`` (Timestamp), the columns of ``expected`` with
        ``unrecorded`` (float, what the visit is expected to find), ``repeat``, ``expected``, ``lo``
        and ``hi`` of *this* visit; ``why`` (``pinned`` or ``expected``); ``next_best`` (float,
        expected recordings that week of the best village that could have been visited and is not in
        the plan; missing without one). In ``attrs`` ``unplaced``: pinned villages (names) for
        which no day was left.
    """
    choices = choices or Choices()
    places = expected.sort_values("village_code", ignore_index=True)
    days = [visit_days(as_of + timedelta(days=7 * w), choices) for w in range(weeks)]
    fixed, unplaced = _place_pins(places, days, as_of, choices)
    open_days = _free_days(days, {when for _, _, when in fixed})
    mondays = [as_of + timedelta(days=7 - as_of.weekday() + 7 * w) for w in range(weeks)]
    allowed = _allowed(places, mondays, choices)
    for row, _, _ in fixed:
        allowed[row] = False
    chosen = _best_patterns(places, mondays, allowed, [len(d) for d in open_days], model, choices)
    trips = list(fixed)
    for w in range(weeks):
        first = sorted(
            (row for row, pattern in chosen.items() if w in pattern),
            key=lambda row: (-places["expected"].iloc[row], row),
        )
        trips += [(row, "expected", day) for row, day in zip(first, open_days[w], strict=False)]
    plan = _describe(places, trips, as_of, model, level)
    unused = [row for row in range(len(places)) if row not in {row for row, _, _ in trips}]
    plan["next_best"] = [
        _next_best(places, unused, allowed, mondays, w - 1, model) for w in plan["week"]
    ]
    plan.attrs["unplaced"] = unplaced
    return plan


def best_visits(plan: pd.DataFrame) -> pd.DataFrame:
    """The visits of the first week of a plan."""
    return plan[plan["week"] == 1].reset_index(drop=True)


def by_week(plan: pd.DataFrame, weeks: int = 4) -> tuple[tuple[str, ...], ...]:
    """Villages (codes) of each week of a plan."""
    return tuple(
        tuple(plan.loc[plan["week"] == week, "village_code"]) for week in range(1, weeks + 1)
    )


Trip = tuple[int, str, date]


def _place_pins(
    places: pd.DataFrame, days: list[list[date]], as_of: pd.Timestamp, choices: Choices
) -> tuple[list[Trip], list[str]]:
    row_of = {code: row for row, code in enumerate(places["village_code"])}
    horizon = as_of.date() + timedelta(days=7 * len(days) + 7 - as_of.weekday())
    dated = [
        (row_of[pin.village_code], "pinned", pin.date)
        for pin in choices.pinned
        if pin.date and as_of.date() < pin.date < horizon and pin.village_code in row_of
    ]
    taken = {when for _, _, when in dated}
    free = [day for week in _free_days(days, taken) for day in week]
    undated = [pin for pin in choices.pinned if not pin.date and pin.village_code in row_of]
    trips: list[Trip] = dated + [
        (row_of[pin.village_code], "pinned", day) for pin, day in zip(undated, free, strict=False)
    ]
    names = [places["name"].iloc[row_of[pin.village_code]] for pin in undated[len(free) :]]
    return trips, names


def _free_days(days: list[list[date]], taken: set[date]) -> list[list[date]]:
    """Days left for visits; a pin on a day that is none of the week's takes the place of one."""
    out = []
    for week in days:
        free = [day for day in week if day not in taken]
        extra = [day for day in taken if week and day not in week and _same_week(day, week[0])]
        out.append(free[: max(len(free) - len(extra), 0)])
    return out


def _same_week(a: date, b: date) -> bool:
    return a.isocalendar()[:2] == b.isocalendar()[:2]


def _allowed(
    places: pd.DataFrame, mondays: list[pd.Timestamp], choices: Choices
) -> npt.NDArray[np.bool_]:
    """Village × week: whether the plan may go there."""
    until = {e.village_code: e.until or date.max for e in choices.excluded}
    fit = (places["district_coverage"] < FINISHED_COVERAGE) & (places["unrecorded"] > 0)
    rest = timedelta(days=7 * choices.rest_weeks)
    allowed = np.zeros((len(places), len(mondays)), bool)
    for w, monday in enumerate(mondays):
        # the rest is counted in calendar weeks, so that the weekday of the visit does not matter
        last = places["last_visit"].dt.to_period("W-SUN").dt.start_time
        rested = last.isna() | (last + rest <= monday)
        out = [until.get(code, date.min) >= monday.date() for code in places["village_code"]]
        allowed[:, w] = fit & rested & ~np.array(out, bool)
    return allowed


def _best_patterns(
    places: pd.DataFrame,
    mondays: list[pd.Timestamp],
    allowed: npt.NDArray[np.bool_],
    capacity: list[int],
    model: YieldModel,
    choices: Choices,
) -> dict[int, tuple[int, ...]]:
    """Weeks in which to visit each chosen village (row → weeks)."""
    weeks = range(len(mondays))
    patterns = [
        p
        for size in range(1, len(mondays) + 1)
        for p in combinations(weeks, size)
        if all(b - a >= choices.rest_weeks for a, b in pairwise(p))
    ]
    found, share = places["unrecorded"].to_numpy(float), places["first_share"].to_numpy(float)
    recent = places["recent"].tolist()
    options = [
        (row, pattern, _value(found[row], share[row], recent[row], pattern, mondays, model))
        for row in np.flatnonzero(allowed.any(axis=1))
        for pattern in patterns
        if all(allowed[row, w] for w in pattern)
    ]
    if not options or not sum(capacity):
        return {}
    once = sparse.coo_array(
        (np.ones(len(options)), ([row for row, _, _ in options], range(len(options)))),
        shape=(len(places), len(options)),
    )
    use = sparse.csr_array(np.array([[w in p for _, p, _ in options] for w in weeks], float))
    # among equal villages the first by code, so that the same data give the same plan
    first = np.array([1 - 1e-6 * row / len(places) for row, _, _ in options])
    solved = optimize.milp(
        -np.array([value for _, _, value in options]) * first,
        options={"mip_rel_gap": 0},
        integrality=1,
        bounds=optimize.Bounds(0, 1),
        constraints=[
            optimize.LinearConstraint(once, ub=1),
            optimize.LinearConstraint(use, ub=np.array(capacity, float)),
        ],
    )
    if solved.x is None:
        raise RuntimeError(f"the visit plan was not solved: {solved.message}")
    return {
        int(row): pattern for (row, pattern, _), x in zip(options, solved.x, strict=True) if x > 0.5
    }


def _value(
    left: float,
    share: float,
    recent: tuple[pd.Timestamp, ...],
    pattern: tuple[int, ...],
    mondays: list[pd.Timestamp],
    model: YieldModel,
) -> float:
    """Expected recordings of visits to one village in some weeks, later ones worth a little less."""
    value = 0.0
    for earlier, week in enumerate(pattern):
        repeat = earlier + _repeats(recent, mondays[week])
        gain = left * min(max(share * model.repeat_ratio**repeat, LEAST_SHARE), MOST_SHARE)
        value += gain * (1 - LATER * week)
        left -= gain
    return value


def _repeats(recent: tuple[pd.Timestamp, ...], day: pd.Timestamp) -> int:
    return sum(day - past <= timedelta(days=7 * REPEAT_WEEKS) for past in recent)


def _describe(
    places: pd.DataFrame, trips: list[Trip], as_of: pd.Timestamp, model: YieldModel, level: float
) -> pd.DataFrame:
    """The rows of the plan, each visit after the earlier ones to its village."""
    rows, left = [], places["unrecorded"].astype(float).to_dict()
    seen = {row: tuple(places["recent"].iloc[row]) for row in range(len(places))}
    first_monday = as_of + timedelta(days=7 - as_of.weekday())
    for row, why, day in sorted(trips, key=lambda trip: trip[2]):
        when = pd.Timestamp(day)
        place = places.iloc[row].to_dict()
        place |= {"unrecorded": left[row], "repeat": _repeats(seen[row], when), "recent": seen[row]}
        week = max((when - first_monday).days // 7 + 1, 1)
        rows.append({"week": week, "date": when, **place, "why": why})
        share = place["first_share"] * model.repeat_ratio ** place["repeat"]
        left[row] -= left[row] * min(max(share, LEAST_SHARE), MOST_SHARE)
        seen[row] = (*seen[row], when)
    plan = pd.DataFrame(rows, columns=["week", "date", *places.columns, "why"])
    if not plan.empty:
        predicted = predict(plan, model, level)
        plan[["expected", "lo", "hi"]] = predicted.to_numpy()
        plan[["lo", "hi"]] = plan[["lo", "hi"]].astype(int)
    return plan


def _next_best(
    places: pd.DataFrame,
    unused: list[int],
    allowed: npt.NDArray[np.bool_],
    mondays: list[pd.Timestamp],
    week: int,
    model: YieldModel,
) -> float:
    free = places.iloc[[row for row in unused if allowed[row, week]]]
    state = zip(free["unrecorded"], free["first_share"], free["recent"], strict=True)
    return max((_value(*s, (week,), mondays, model) for s in state), default=float("nan"))
