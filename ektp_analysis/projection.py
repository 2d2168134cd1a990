"""Where the unrecorded stock is heading: a stochastic stock-flow model by village and age.

No line to zero: every week new residents turn 17, and what visits and offices record falls with what
is left. For each village ``v`` and age group ``a`` of :data:`ektp_analysis.visits.AGES`

    stock(t+1) = stock(t) + turned 17 + moved in - recorded on their own - left - recorded at visits

with Poisson counts for moves and own recordings and a binomial count for each visit. Who turns 17 is on
the register and no chance; beyond it the number is Poisson. The rates are those of the last weeks and
carry their uncertainty into the paths: each village's own level, shrunk to its kecamatan's and that to the
kabupaten's (:mod:`ektp_analysis.own_rates`), with the variation from week to week; the yield of visits
with luck and diminishing returns (:mod:`ektp_analysis.pooling`), whose errors go together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ektp_analysis.poisson import Floats, Ints
from ektp_analysis.pooling import YieldModel
from ektp_analysis.rates import Rates, half_of_year
from ektp_analysis.visiting import REST_WEEKS, Policy, Visiting

DRAWS = 200


@dataclass(frozen=True)
class Projection:
    """Simulated paths.

    Attributes
    ----------
    as_of
        Date of the last stock.
    dates
        Ends of the weeks ahead.
    total
        Unrecorded residents (draw × week), persons.
    by_village
        The same at the last week (draw × village).
    """

    as_of: pd.Timestamp
    dates: pd.DatetimeIndex
    total: Floats
    by_village: Floats


def project(
    rates: Rates,
    model: YieldModel | None = None,
    yields: pd.DataFrame | None = None,
    *,
    policy: Policy | None = None,
    visits_per_week: float | None = None,
    rest_weeks: int = REST_WEEKS,
    planned: Sequence[Sequence[str]] = (),
    draws: int = DRAWS,
    seed: int = 1,
) -> Projection:
    """Simulate the coming weeks.

    Parameters
    ----------
    rates
        From :func:`ektp_analysis.rates.fit_rates`.
    model, yields
        From :func:`ektp_analysis.pooling.fit_yield` and the visits behind it; needed for visits.
    policy
        Which villages are visited; none: no visits.
    visits_per_week
        Visits in a week; by default as in the window. A part of a visit is drawn.
    rest_weeks
        Weeks between two visits to the same village, at least.
    planned
        Villages (codes) visited in the first weeks, week by week, whatever the policy prefers.
    draws
        Number of paths.
    seed
        Same seed, same paths; two policies with the same seed share the draws of all rates and the
        luck of each week.

    Returns
    -------
    Projection
    """
    rng = np.random.default_rng(seed)
    count, horizon = len(rates.villages), len(rates.days)
    own = rates.own.draw(draws, rng)
    # the level of the window itself is known as well as its weeks vary
    own *= np.exp(rng.normal(0, np.sqrt(rates.week_spread / rates.weeks), (draws, 1)))
    turned = _turned_17(rates, draws, np.random.default_rng([seed, 3]))
    visiting = (
        Visiting(rates, model, yields, rest_weeks, planned, draws, rng)
        if policy and model is not None
        else None
    )
    wanted = rates.visits_per_week if visits_per_week is None else visits_per_week
    stock = np.repeat(rates.stock[None], draws, axis=0)
    total = np.empty((draws, horizon))
    dates = pd.date_range(rates.as_of + pd.Timedelta(days=7), periods=horizon, freq="7D")
    year, half = rates.as_of.year, half_of_year(dates)
    for week in range(horizon):
        # generators of its own for each week: what one policy draws does not shift the next week's
        rng = np.random.default_rng([seed, 1, week])
        if dates[week].year > year:
            year = dates[week].year
            stock = np.stack(
                [np.zeros((draws, count)), stock[..., 0], stock[..., 1] + stock[..., 2]], -1
            )
        luck = np.exp(rng.normal(-rates.week_spread / 2, np.sqrt(rates.week_spread), (draws, 1, 1)))
        # recording on their own and leaving, as the exponent of a week
        hazard = own[:, :, None] * rates.speed[half[week]] * luck + rates.leaving
        away = rng.poisson(stock * (1 - np.exp(-hazard)))
        stock = np.maximum(stock - away, 0)
        stock[..., 0] += turned[:, week]
        stock[..., 2] += rng.poisson(rates.arrivals, (draws, count))
        if visiting and policy:
            visiting.rng = np.random.default_rng([seed, 2, week])
            stock = visiting.visit(stock, policy, wanted, week)
        total[:, week] = stock.sum(axis=(1, 2))
    return Projection(rates.as_of, dates, total, stock.sum(axis=2))


def _turned_17(rates: Rates, draws: int, rng: np.random.Generator) -> Ints:
    """Residents who turn 17 unrecorded (draw × week × village).

    How many turn 17 in a month is on the register; by chance are only the week of the birthday and who
    is recorded before it. Beyond the register the number itself is Poisson.
    """
    out = np.zeros((draws, len(rates.days), len(rates.villages)), np.int64)
    for month, persons in enumerate(rates.coming):
        weeks = np.flatnonzero(rates.days[:, month])
        shares = rates.days[weeks, month] * rates.unrecorded_share
        number = np.broadcast_to(persons, (draws, len(persons)))
        if month >= rates.listed:
            number = rng.poisson(number)
        drawn = rng.multinomial(number, [*shares, max(1 - shares.sum(), 0.0)])
        out[:, weeks] += drawn[..., :-1].transpose(0, 2, 1)
    return out


def path_quantiles(projection: Projection, level: float = 0.8) -> pd.DataFrame:
    """Median and interval of the stock by week: ``as_of, median, lo, hi`` (persons)."""
    lo, middle, hi = np.quantile(projection.total, [0.5 - level / 2, 0.5, 0.5 + level / 2], axis=0)
    return pd.DataFrame({"as_of": projection.dates, "median": middle, "lo": lo, "hi": hi})


@dataclass(frozen=True)
class Clearing:
    """When the stock first is at or under a goal, over the simulated paths.

    Attributes
    ----------
    goal
        Persons.
    median, early, late
        Dates; missing where that share of the paths does not get there within the horizon.
    reached
        Share of the paths that get there.
    end
        Last date of the horizon.
    left, left_lo, left_hi
        Stock on that date, with its interval.
    level
        Coverage of the intervals.
    """

    goal: int
    median: pd.Timestamp | None
    early: pd.Timestamp | None
    late: pd.Timestamp | None
    reached: float
    end: pd.Timestamp
    left: float
    left_lo: float
    left_hi: float
    level: float


def clearing(projection: Projection, goal: int, level: float = 0.8) -> Clearing:
    """Time until the stock is at or under ``goal`` persons, as an interval."""
    under = projection.total <= goal
    reached = under.any(axis=1)
    first = np.where(reached, under.argmax(axis=1), len(projection.dates))

    def at(share: float) -> pd.Timestamp | None:
        week = int(np.ceil(np.quantile(first, share, method="inverted_cdf")))
        return projection.dates[week] if week < len(projection.dates) else None

    left = np.quantile(projection.total[:, -1], [0.5, 0.5 - level / 2, 0.5 + level / 2])
    return Clearing(
        goal=goal,
        median=at(0.5),
        early=at(0.5 - level / 2),
        late=at(0.5 + level / 2),
        reached=float(reached.mean()),
        end=projection.dates[-1],
        left=float(left[0]),
        left_lo=float(left[1]),
        left_hi=float(left[2]),
        level=level,
    )
