"""The people of the synthetic kabupaten at the start, and those who come later.

Days are numbers: days since 1970-01-01. ``NEVER`` stands for an event that does not come.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ektp_analysis import regions
from ektp_analysis.sample.parameters import Parameters

Days = npt.NDArray[np.int64]
NEVER = np.int64(10**6)
PROGRAMME_START = int(np.datetime64("2011-02-01", "D").astype(int))
"""Mass recording of KTP-el began in February 2011 (Kemendagri); nobody is recorded earlier."""
YEAR = 365.2425
MIN_AGE = 12
"""At the start; young enough that cohorts still arrive at the end of the horizon."""
HORIZON_WEEKS = 104
"""Moves and deaths are drawn for this long, however many weeks are asked for, so that going on
week by week repeats the same past."""
SEX = np.array(["L", "P"])
CHANNELS = ["", "office", "visit", "other"]
EXITS = ["", "moved_out", "died"]


@dataclass
class Population:
    """One array entry per person."""

    village: npt.NDArray[np.int64]  # index into the village list
    birth: Days
    sex: npt.NDArray[np.int8]  # 0: L, 1: P
    married: Days  # early marriages only are simulated
    entry: Days  # move-in, or long ago
    leave: Days  # moved out or died
    leave_kind: npt.NDArray[np.int8]  # index into EXITS
    record: Days
    channel: npt.NDArray[np.int8]  # index into CHANNELS
    frailty: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.birth)

    def birthday_17(self) -> Days:
        """Day of the 17th birthday."""
        return self._birthday_17

    @cached_property
    def _birthday_17(self) -> Days:
        # nobody's day of birth changes, and every simulated week asks for this
        return add_years(self.birth, 17)

    def eligible_from(self) -> Days:
        """Day on which a person must hold a KTP: 17th birthday, or marriage before it."""
        return np.minimum(self.birthday_17(), self.married)

    def unrecorded_from(self) -> Days:
        """Day on which a person enters the unrecorded residents, if ever."""
        return np.maximum(self.entry, self.eligible_from())


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return int(np.datetime64(day, "D").astype(int))


def add_years(days: Days, years: int) -> Days:
    """The same day of the month, years later; 29 February becomes 1 March in a common year."""
    day = days.astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    moved = (month + 12 * years).astype("datetime64[D]")
    in_month = (day - month.astype("datetime64[D]")).astype(np.int64)
    later: Days = moved.astype(np.int64) + in_month
    return later


@dataclass(frozen=True)
class Place:
    """Villages as arrays: size weights, distance to the office (km), relative backlog."""

    codes: npt.NDArray[np.str_]
    weight: npt.NDArray[np.float64]
    distance: npt.NDArray[np.float64]
    backlog: npt.NDArray[np.float64]
    finished: npt.NDArray[np.bool_]


def make_place(parameters: Parameters, rng: np.random.Generator) -> Place:
    """Invented sizes, distances and backlogs for the real list of villages."""
    villages = regions.villages()
    n = len(villages)
    kelurahan = (villages["village_kind"] == "kelurahan").to_numpy()
    weight = np.where(kelurahan, 2.4, 1.0) * rng.lognormal(0, 0.35, n)
    near_town = villages["district_name"].str.startswith("Curup").to_numpy()
    centre = villages["district_code"].map(
        dict(zip(d := villages["district_code"].unique(), rng.uniform(12, 45, len(d)), strict=True))
    )
    distance = np.where(near_town, 4.0, centre.to_numpy(float)) * rng.lognormal(0, 0.25, n)
    finished = villages["district_name"].isin(parameters.finished_districts).to_numpy()
    backlog = rng.lognormal(-0.18, 0.60, n) * np.exp((distance - 15) / 120)
    return Place(
        codes=villages["village_code"].to_numpy(str),
        weight=weight / weight.sum(),
        distance=distance,
        backlog=backlog * np.where(finished, parameters.finished_factor, 1.08),
        finished=finished,
    )


def office_hazard(
    parameters: Parameters, place: Place, people: Population, chosen: Days, day: int
) -> npt.NDArray[np.float64]:
    """Weekly hazard of recording at the office for the chosen persons, without displacement."""
    age = (day - people.birth[chosen]) / YEAR
    young = np.where(age < parameters.young_years, parameters.young_factor, 1.0)
    near = np.exp(-place.distance[people.village[chosen]] / parameters.distance_scale)
    finished = np.where(place.finished[people.village[chosen]], 30.0, 1.0)
    return parameters.office_hazard * young * near * finished * people.frailty[chosen]


def make_population(
    parameters: Parameters, place: Place, rng: np.random.Generator, start: int
) -> Population:
    """Everybody who is, or comes to be, a resident aged 12 or more within the horizon."""
    n0 = round(parameters.eligible_residents * parameters.scale * RESIDENTS_PER_ELIGIBLE)
    arriving = 1 - np.exp(-parameters.move_in_hazard * HORIZON_WEEKS)
    n1 = int(rng.binomial(n0, arriving))
    n = n0 + n1
    ages = np.arange(MIN_AGE, 96)
    shape = np.exp(-(ages - MIN_AGE) / 80) / (1 + np.exp((ages - 66) / 7))
    age = rng.choice(ages, n, p=shape / shape.sum()) + rng.random(n)
    birth = (start - np.floor(age * YEAR)).astype(np.int64)
    village = rng.choice(len(place.codes), n, p=place.weight)
    sex = (rng.random(n) < 0.49).astype(np.int8)
    entry = np.full(n, -NEVER)
    entry[n0:] = start + rng.integers(1, 7 * HORIZON_WEEKS + 1, n1)
    people = Population(
        village=village,
        birth=birth,
        sex=sex,
        married=np.full(n, NEVER),
        entry=entry,
        leave=np.full(n, NEVER),
        leave_kind=np.zeros(n, np.int8),
        record=np.full(n, NEVER),
        channel=np.zeros(n, np.int8),
        frailty=rng.gamma(parameters.frailty_shape, 1 / parameters.frailty_shape, n),
    )
    early = (sex == 1) & (rng.random(n) < parameters.early_marriage)
    wedding = birth + np.floor((15.5 + 1.45 * rng.random(n)) * YEAR).astype(np.int64)
    people.married[early] = np.minimum(wedding, people.birthday_17() - 1)[early]
    _draw_leaving(parameters, people, rng, start, age)
    _draw_history(parameters, place, people, rng, start, n0)
    return people


RESIDENTS_PER_ELIGIBLE = 1.1147
"""Residents aged 12 or more at the start for each eligible one at the end, after 52 weeks."""


def _draw_leaving(
    parameters: Parameters,
    people: Population,
    rng: np.random.Generator,
    start: int,
    age: npt.NDArray[np.float64],
) -> None:
    death = parameters.death_hazard * 2 ** ((age - 45) / 9)
    hazard = death + parameters.move_out_hazard
    since = np.maximum(people.entry, start)
    wait = np.ceil(rng.exponential(1 / hazard) * 7).astype(np.int64)
    leaves = since + wait <= start + 7 * HORIZON_WEEKS
    people.leave[leaves] = (since + wait)[leaves]
    died = rng.random(len(people)) < death / hazard
    people.leave_kind[leaves] = np.where(died, 2, 1)[leaves]


def _draw_history(
    parameters: Parameters,
    place: Place,
    people: Population,
    rng: np.random.Generator,
    start: int,
    n0: int,
) -> None:
    """Recordings before the start, and of those who move in already recorded."""
    n = len(people)
    eligible = people.eligible_from()
    known_from = np.where(np.arange(n) < n0, start, people.entry)
    grown = eligible < known_from
    recent = grown & (eligible > start - int(6 * YEAR))
    chosen = np.flatnonzero(recent)
    young = office_hazard(parameters, place, people, chosen, int(1e9))  # hazard after youth
    young_weeks = (parameters.young_years - 17) * YEAR / 7
    boosted = young * parameters.young_factor + parameters.other_hazard
    wait = rng.exponential(1.0, len(chosen))
    weeks_in_youth = wait / boosted
    weeks = np.where(
        weeks_in_youth <= young_weeks,
        weeks_in_youth,
        young_weeks + (wait - boosted * young_weeks) / (young + parameters.other_hazard),
    )
    # earlier visits, schools and drives have reached these too: a steady extra hazard
    weeks = np.minimum(weeks, rng.exponential(1 / 0.0075, len(chosen)))
    when = eligible[chosen] + np.floor(weeks * 7).astype(np.int64)
    done = when < known_from[chosen]
    hit = chosen[done]
    people.record[hit] = when[done]
    older = np.flatnonzero(grown & ~recent)
    share = np.where(
        older < n0,
        np.clip(parameters.older_unrecorded * place.backlog[people.village[older]], 0, 0.6),
        parameters.moved_in_unrecorded,
    )
    hit = older[rng.random(len(older)) >= share]
    first = np.maximum(eligible[hit], PROGRAMME_START)
    last = np.maximum(known_from[hit], first + 1)
    people.record[hit] = first + np.floor(rng.random(len(hit)) * (last - first)).astype(np.int64)
    before = people.record < NEVER
    people.channel[before] = np.where(rng.random(before.sum()) < 0.9, 1, 3)
