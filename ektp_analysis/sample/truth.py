"""What the estimators should find in a simulated kabupaten, computed from its persons.

Nothing here is estimated: hazards, probabilities and frailties are those of the simulation. Where an
estimand depends on what happened (who was visited), it is the expectation given those events.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.population import Place, day_number, office_hazard
from ektp_analysis.sample.simulation import Simulation

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
DAYS_PER_MONTH = 365.2425 / 12


def visit_share(parameters: Parameters) -> float:
    """Mean share of the unrecorded that a first visit records, over luck and spoiled visits."""
    spoiled = 1 - parameters.spoiled_share * (1 - parameters.spoiled_factor)
    return parameters.visit_probability * spoiled


def visit_week_ratio(simulation: Simulation, first: date, last: date) -> float:
    """Recordings in weeks with a visit over those expected in the same weeks without.

    Parameters
    ----------
    simulation
        With at least one visit in the weeks.
    first, last
        Ends of the first and the last week counted.
    """
    p, place, people = simulation.parameters, simulation.place, simulation.people
    since = people.unrecorded_from()
    visited: dict[int, list[int]] = {}
    with_visit = without = 0.0
    for visit in simulation.visits.sort_values("date").itertuples():
        village, day = int(visit.village), int(visit.date)  # type: ignore[arg-type]
        past = visited.setdefault(village, [])
        recent = sum(day - other <= 7 * p.repeat_weeks for other in past)
        past.append(day)
        end = _week_end(simulation, day)
        if not day_number(first) <= end <= day_number(last):
            continue
        here = np.flatnonzero(
            (people.village == village)
            & (people.record >= end - 6)
            & (since <= end)
            & (people.leave > end - 6)
        )
        share = _share_of_week(since[here], people.leave[here], end)
        own = office_hazard(p, place, people, here, end)
        alone = 1 - np.exp(-(own + p.other_hazard) * share)
        displaced = 1 - np.exp(-(own * (1 - p.displacement) + p.other_hazard) * share)
        there = (since[here] <= day) & (people.leave[here] > day)
        hit = visit_share(p) * p.repeat_factor**recent * simulation.level[village] * there
        without += float(alone.sum())
        with_visit += float((1 - (1 - displaced) * (1 - hit)).sum())
    return with_visit / without


def office_week_ratio(simulation: Simulation, first: date, last: date) -> float:
    """Office recordings in weeks with a visit over those expected without.

    Displacement lowers them, and whom the visit records does not come to the office in the days
    after it.
    """
    p = simulation.parameters
    visited: dict[int, list[int]] = {}
    kept = []
    for visit in simulation.visits.sort_values("date").itertuples():
        village, day = int(visit.village), int(visit.date)  # type: ignore[arg-type]
        past = visited.setdefault(village, [])
        recent = sum(day - other <= 7 * p.repeat_weeks for other in past)
        past.append(day)
        end = _week_end(simulation, day)
        if day_number(first) <= end <= day_number(last):
            hit = visit_share(p) * p.repeat_factor**recent * simulation.level[village]
            kept.append(1 - hit * (end - day + 1) / 7)
    return (1 - p.displacement) * float(np.mean(kept))


def net_recordings(simulation: Simulation, first: date, until: date) -> tuple[float, int]:
    """Recordings that visits added by a date, and those made at visits.

    A person recorded at a visit counts with the probability that he or she would still be unrecorded
    at the date without it; against that stand office recordings that displacement put off
    beyond the date.

    Parameters
    ----------
    simulation
        Of weeks up to ``until`` at least.
    first
        End of the first week whose visits count.
    until
        Date of the account.
    """
    p, place, people = simulation.parameters, simulation.place, simulation.people
    end, since = day_number(until), people.unrecorded_from()
    start = day_number(first) - 6
    # everybody who was unrecorded at some time of the span, and is still here at its end
    ever = np.flatnonzero((people.record >= start) & (since <= end) & (people.leave > end))
    record, channel, village = people.record[ever], people.channel[ever], people.village[ever]
    trips = [(int(v), int(d)) for v, d in zip(simulation.visits["village"], simulation.visits["date"], strict=True)]  # fmt: skip
    tail = np.zeros(len(ever))
    net, recorded = 0.0, 0
    for week_end in range(end, start, -7):
        own = office_hazard(p, place, people, ever, week_end)
        share = _share_of_week(since[ever], people.leave[ever], week_end)
        slowed = np.isin(
            village,
            [v for v, d in trips if d <= week_end and week_end - d <= 7 * p.displacement_weeks],
        )
        in_week = (record > week_end - 7) & (record <= week_end)
        hit = in_week & (channel == 2)
        rest_of_week = np.where(hit, (week_end - record) / 7, 0.0)
        total = own + p.other_hazard
        net += float(np.exp(-tail[hit] - total[hit] * rest_of_week[hit]).sum())
        recorded += int(hit.sum())
        waiting = slowed & (record > week_end - 7) & (since[ever] <= week_end) & ~hit
        put_off = np.exp(-own * (1 - p.displacement) * share) - np.exp(-own * share)
        net -= float((put_off * np.exp(-tail))[waiting].sum())
        tail += total * share
    visits_recorded = (people.channel == 2) & (people.record >= start) & (people.record <= end)
    # who left since is recorded all the same, and adds nothing to the stock that is left
    return net, int(visits_recorded.sum())


def survival(parameters: Parameters, place: Place, months: Ints) -> Array:
    """Share still unrecorded some months after the 17th birthday, without any visit.

    The gamma frailty integrates to ``(1 + h t / shape)^-shape``; holds while the age is under
    ``young_years``.
    """
    weeks = months * DAYS_PER_MONTH / 7
    near = np.exp(-place.distance / parameters.distance_scale)
    hazard = parameters.office_hazard * parameters.young_factor * near
    hazard = hazard * np.where(place.finished, 30.0, 1.0)
    shape = parameters.frailty_shape
    office = (1 + hazard[:, None] * weeks[None, :] / shape) ** -shape
    return np.asarray(place.weight @ office * np.exp(-parameters.other_hazard * weeks))


def would_turn_17(simulation: Simulation, after: date, until: date) -> Ints:
    """Residents by village (index) who turned 17 in ``(after, until]`` and were there that day."""
    people, start, end = simulation.people, day_number(after), day_number(until)
    birthday = people.birthday_17()
    # who married before `after` is eligible already, and not among those who are to come
    chosen = (birthday > start) & (birthday <= end) & (people.eligible_from() > start)
    chosen &= (people.entry <= birthday) & (people.leave > birthday)
    return np.bincount(people.village[chosen], minlength=len(simulation.place.codes))


def visit_recordings(
    parameters: Parameters, backlog: Ints, recent: Ints, level: Array, rng: np.random.Generator
) -> Ints:
    """Recordings of one visit to each village: the simulation's own mechanism.

    Parameters
    ----------
    parameters
        Rates.
    backlog
        Unrecorded residents (persons).
    recent
        Visits in the ``repeat_weeks`` before.
    level
        The villages' own levels of yield.
    rng
        Random numbers.
    """
    p = parameters
    luck = np.exp(rng.normal(-(p.visit_spread**2) / 2, p.visit_spread, len(backlog)))
    spoiled = np.where(rng.random(len(backlog)) < p.spoiled_share, p.spoiled_factor, 1.0)
    share = p.visit_probability * level * p.repeat_factor ** recent.astype(float) * luck * spoiled
    return rng.binomial(backlog, np.minimum(share, 0.95))


def _share_of_week(since: Ints, leave: Ints, end: int) -> Array:
    first, last = np.maximum(since, end - 6), np.minimum(leave - 1, end)
    return np.clip((last - first + 1) / 7, 0, 1)


def _week_end(simulation: Simulation, day: int) -> int:
    last = day_number(simulation.as_of[-1])
    return last - 7 * ((last - day) // 7)
