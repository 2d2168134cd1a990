"""Week by week: who is recorded where, and which villages the team visits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import holidays
import numpy as np
import numpy.typing as npt
import pandas as pd

from ektp_analysis.errors import ParameterError
from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.population import (
    HORIZON_WEEKS,
    NEVER,
    Place,
    Population,
    day_number,
    make_place,
    make_population,
    office_hazard,
)
from ektp_analysis.sample.tables import make_tables

REASONS = ["cuaca buruk", "jaringan terputus", "listrik padam", "alat rusak", "sedikit yang hadir"]
DEFAULT_UNTIL = date(2024, 8, 2)


@dataclass
class Simulation:
    """A simulated kabupaten.

    Attributes
    ----------
    tables
        Store tables by name, for all weeks (see :mod:`ektp_analysis.schema`), from the truth.
    truth
        Parameters, and what visits truly brought: JSON-like.
    people, place
        The persons and villages behind; only the writer of office files and the tests of estimators
        look at them.
    level
        Each village's own level of yield at visits; 1 unless ``village_spread`` is set.
    """

    parameters: Parameters
    seed: int
    as_of: list[date]
    place: Place
    people: Population
    visits: pd.DataFrame
    level: npt.NDArray[np.float64]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    truth: dict[str, Any] = field(default_factory=dict)


def simulate(
    parameters: Parameters | None = None,
    *,
    seed: int = 20240802,
    until: date = DEFAULT_UNTIL,
    weeks: int = 52,
) -> Simulation:
    """Simulate a kabupaten for some weeks up to an edition date.

    The random numbers of a week depend on the seed and on the weeks since the first one only: a
    later ``until`` with as many more ``weeks`` repeats the same past and goes on from it.

    Parameters
    ----------
    parameters
        Rates; the calibrated ones by default.
    seed
        Same seed, same kabupaten, on every machine.
    until
        Last ``as_of`` (the edition's Friday).
    weeks
        Number of weekly snapshots, 1 to 104.

    Raises
    ------
    ParameterError
        When ``weeks`` is out of that range.

    Returns
    -------
    Simulation
    """
    parameters = parameters or Parameters()
    if not 1 <= weeks <= HORIZON_WEEKS:
        raise ParameterError(
            f"Data contoh memuat 1 sampai {HORIZON_WEEKS} minggu, diminta {weeks}",
            "--weeks, --until",
            "Pilih tanggal akhir yang lebih awal",
        )
    rng = np.random.default_rng(seed)
    start = day_number(until) - 7 * weeks
    place = make_place(parameters, rng)
    people = make_population(parameters, place, rng, start)
    team = _Team(parameters, place, rng, seed)
    for week in range(1, weeks + 1):
        _one_week(
            parameters, place, people, team, np.random.default_rng([seed, week]), start + 7 * week
        )
    dates = [until - timedelta(days=7 * k) for k in range(weeks - 1, -1, -1)]
    visits = team.log()
    simulation = Simulation(parameters, seed, dates, place, people, visits, team.level)
    simulation.tables = make_tables(people, place, dates, visits)
    simulation.truth = _truth(simulation)
    return simulation


class _Team:
    """The visiting team: where it has been, and its log."""

    def __init__(
        self, parameters: Parameters, place: Place, rng: np.random.Generator, seed: int
    ) -> None:
        self.parameters, self.place = parameters, place
        n = len(place.codes)
        self.visited: list[list[int]] = [[] for _ in range(n)]
        self.rows: list[dict[str, Any]] = []
        # the office favours some villages for reasons that no table holds
        self.taste = rng.lognormal(0, 0.4, n)
        # a stream of its own, so that other draws are the same whatever the spread
        spread = parameters.village_spread
        self.level = np.exp(np.random.default_rng([seed, 0, 5]).normal(-(spread**2) / 2, spread, n))

    def choose(self, backlog: np.ndarray, day: int, rng: np.random.Generator) -> list[int]:
        """Villages of the week: drawn in proportion to backlog, not again within five weeks."""
        rested = np.array([not past or day - past[-1] > 35 for past in self.visited])
        score = backlog * self.taste * rested * ~self.place.finished
        count = min(self.parameters.visits_per_week, int((score > 0).sum()))
        if not count:
            return []
        return list(rng.choice(len(score), count, replace=False, p=score / score.sum()))

    def probability(self, village: int, day: int, rng: np.random.Generator) -> tuple[float, str]:
        p = self.parameters
        recent = sum(day - past <= 7 * p.repeat_weeks for past in self.visited[village])
        spread = np.exp(rng.normal(-(p.visit_spread**2) / 2, p.visit_spread))
        probability = p.visit_probability * self.level[village] * p.repeat_factor**recent * spread
        reason = ""
        if rng.random() < p.spoiled_share:
            probability *= p.spoiled_factor
            reason = str(rng.choice(REASONS))
        return float(min(probability, 0.95)), reason

    def log(self) -> pd.DataFrame:
        return pd.DataFrame(self.rows)


@cache
def _public_holidays(*years: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("ID", years=list(years)))


def working_days(as_of: int, wanted: int) -> list[int]:
    """Tuesday, Wednesday, Thursday of the week that ends on ``as_of``; when one is a national
    holiday, the Monday or Friday instead; none in a week without a free working day."""
    last = date(1970, 1, 1) + timedelta(days=as_of)
    week = {(last - timedelta(days=k)).weekday(): last - timedelta(days=k) for k in range(7)}
    closed = _public_holidays(last.year - 1, last.year)
    free = [week[d] for d in (1, 2, 3, 0, 4) if week[d] not in closed]
    return sorted(day_number(d) for d in free[:wanted])


def _one_week(
    p: Parameters,
    place: Place,
    people: Population,
    team: _Team,
    rng: np.random.Generator,
    as_of: int,
) -> None:
    since = people.unrecorded_from()
    pool = np.flatnonzero((people.record == NEVER) & (since <= as_of) & (people.leave > as_of - 6))
    village = people.village[pool]
    first = np.maximum(since[pool], as_of - 6)
    last = np.minimum(people.leave[pool] - 1, as_of)
    present = last >= first
    backlog = np.bincount(village[present & (since[pool] < as_of - 6)], minlength=len(place.codes))
    days = working_days(as_of, p.visits_per_week)
    chosen = team.choose(backlog, as_of, rng)[: len(days)]

    slowed = np.ones(len(place.codes))
    for v, past in enumerate(team.visited):
        if past and as_of - past[-1] <= 7 * p.displacement_weeks:
            slowed[v] = 1 - p.displacement
    for v in chosen:
        slowed[v] = 1 - p.displacement
    share = np.clip((last - first + 1) / 7, 0, 1)
    office = office_hazard(p, place, people, pool, as_of) * slowed[village] * share
    other = p.other_hazard * share
    happens = present & (rng.random(len(pool)) < 1 - np.exp(-(office + other)))
    day = first + np.floor(rng.random(len(pool)) * np.maximum(last - first + 1, 1)).astype(np.int64)
    people.record[pool[happens]] = day[happens]
    at_office = rng.random(len(pool)) < office / (office + other + 1e-12)
    people.channel[pool[happens]] = np.where(at_office, 1, 3)[happens]

    for v, visit_day in zip(chosen, days, strict=False):
        probability, reason = team.probability(v, visit_day, rng)
        here = pool[village == v]
        there = (
            (since[here] <= visit_day)
            & (people.leave[here] > visit_day)
            & (people.record[here] >= visit_day)
        )
        target = int(there.sum())
        hit = here[there & (rng.random(len(here)) < probability)]
        people.record[hit] = visit_day
        people.channel[hit] = 2
        failed = int(rng.binomial(len(hit), 0.04))
        start = int(rng.integers(8 * 60, 9 * 60 + 30) // 15 * 15)
        team.rows.append(
            {
                "visit_id": "",
                "date": visit_day,
                "village": int(v),
                "start": start,
                "end": start + int(rng.integers(240, 420) // 15 * 15),
                "staff": int(rng.integers(3, 7)),
                "devices": int(rng.integers(1, 4)),
                "target": target,
                "attended": len(hit) + failed,
                "recorded": len(hit),
                "failed": failed,
                "reason": reason,
                "probability": round(probability, 6),
                "expected": round(probability * target, 3),
            }
        )
        team.visited[v].append(visit_day)


def _truth(simulation: Simulation) -> dict[str, Any]:
    stock, visits = simulation.tables["stock"], simulation.visits
    last = stock[stock["as_of"] == stock["as_of"].max()]
    return {
        "synthetic": True,
        "seed": simulation.seed,
        "until": simulation.as_of[-1].isoformat(),
        "weeks": len(simulation.as_of),
        "parameters": simulation.parameters.as_dict(),
        "eligible": int(last["eligible"].sum()),
        "unrecorded": int(last["unrecorded"].sum()),
        "unrecorded_by_week": [int(v) for v in stock.groupby("as_of")["unrecorded"].sum()],
        "visits": len(visits),
        "visit_recordings_expected": float(visits["expected"].sum()) if len(visits) else 0.0,
        "distance_km": {
            str(c): round(float(d), 1)
            for c, d in zip(simulation.place.codes, simulation.place.distance, strict=True)
        },
    }
