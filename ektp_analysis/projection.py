"""Where the unrecorded stock is heading: a stochastic stock-flow model by village and age.

No line to zero: every week new residents turn 17, and what visits and offices record falls with what
is left. For each village ``v`` and age group ``a`` of :data:`ektp_analysis.visits.AGES`

    stock(t+1) = stock(t) + turned 17 + moved in - recorded on their own - left - recorded at visits

with Poisson counts for the first four and a binomial count for each visit. Who turns 17 is on the
register; the rates are those of the last weeks and carry their uncertainty into the paths: the
kabupaten's level with its variation from week to week, each village's own level shrunk to it (gamma
prior), the yield of visits with luck and diminishing returns (:mod:`ektp_analysis.pooling`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ektp_analysis.poisson import Floats
from ektp_analysis.pooling import YieldModel, pooled_yield
from ektp_analysis.refusal import Refusal
from ektp_analysis.visits import AGES, REPEAT_WEEKS, age_group, age_ratios, weekly_ages

WINDOW = 26
MIN_WEEKS = 8
HORIZON = 156
REST_WEEKS = 5
DONE = 0.01
"""A place counts as finished when at most this share of its eligible residents is unrecorded."""
DRAWS = 200


@dataclass(frozen=True)
class Rates:
    """What the coming weeks are expected to bring, by village (rows) and age group (columns).

    Attributes
    ----------
    as_of
        Date of the stock.
    villages
        Codes.
    stock, eligible
        Unrecorded residents (village × age) and eligible residents (village), persons.
    recorded, exposure
        Own recordings in the window and the weeks of backlog behind them (village).
    speed
        Own rate of each age group relative to the last.
    prior
        Shape and rate of the gamma distribution of the villages' own rates.
    week_spread
        Variance of the log of the kabupaten's own rate from week to week, beyond chance.
    weeks
        Weeks in the window.
    arrivals, leaving
        Moved in or married early, persons in a week (village); rate of leaving in a week.
    turning
        Residents who turn 17 unrecorded, by week ahead (week × village).
    visits_per_week
        Visits in these villages, as in the window.
    """

    as_of: pd.Timestamp
    villages: list[str]
    stock: Floats
    eligible: Floats
    recorded: Floats
    exposure: Floats
    speed: Floats
    prior: tuple[float, float]
    week_spread: float
    weeks: int
    arrivals: Floats
    leaving: float
    turning: Floats
    visits_per_week: float


def fit_rates(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    upcoming: pd.DataFrame,
    visits: pd.DataFrame,
    *,
    window: int = WINDOW,
    horizon: int = HORIZON,
) -> Rates | Refusal:
    """Rates of the last weeks.

    Parameters
    ----------
    stock, flow, upcoming, visits
        Tables of the store up to a date.
    window
        Weeks that are taken to go on.
    horizon
        Weeks ahead. Beyond the register of future 17-year-olds its last twelve months repeat.

    Returns
    -------
    Rates or Refusal
        A Refusal with fewer than nine weeks of stock, or without flows: an office that delivers
        recaps only.
    """
    dates = np.sort(stock["as_of"].unique())
    if len(dates) < MIN_WEEKS + 1:
        return Refusal(
            f"Perkiraan belum dapat dibuat: perlu paling sedikit {MIN_WEEKS + 1} minggu data, "
            f"baru ada {len(dates)}."
        )
    as_of, start = pd.Timestamp(dates[-1]), dates[max(len(dates) - 1 - window, 0)]
    recent = flow[(flow["week"] > start) & (flow["week"] <= as_of)]
    if recent.empty:
        return Refusal("Perkiraan tidak dibuat: data ini tidak memuat peristiwa mingguan.")
    ages = weekly_ages(stock[stock["as_of"] >= start], recent)
    speed = age_ratios(ages)
    ages["exposure"] = ages["opening"] * ages["age"].map(speed)
    last = stock[stock["as_of"] == as_of]
    villages = sorted(stock["village_code"].unique())
    by_village = (
        ages.groupby("village_code")[["own", "exposure", "opening"]].sum().reindex(villages)
    )
    by_village = by_village.fillna(0)
    weeks = ages["week"].nunique()
    now = last.assign(age=age_group(last["as_of"], last["birth_year"]))
    level = now.groupby(["village_code", "age"])["unrecorded"].sum().unstack("age", fill_value=0)
    eligible = last.groupby("village_code")["eligible"].sum().reindex(villages).fillna(0)
    arrived = (
        recent.assign(n=recent["moved_in"] + recent["married_early"]).groupby("village_code")["n"].sum()
    ).reindex(villages).fillna(0).to_numpy(float)  # fmt: skip
    # arrivals are few: a village's share of the kabupaten's by its size, half and half with its own
    spread = eligible.to_numpy(float) / max(eligible.sum(), 1) * arrived.sum()
    gone = float(recent[["moved_out", "died"]].to_numpy().sum())
    trips = visits[(visits["date"] > start) & (visits["date"] <= as_of)]
    return Rates(
        as_of=as_of,
        villages=villages,
        stock=level.reindex(index=villages, columns=AGES, fill_value=0).fillna(0).to_numpy(float),
        eligible=eligible.to_numpy(float),
        recorded=by_village["own"].to_numpy(float),
        exposure=by_village["exposure"].to_numpy(float),
        speed=np.array([speed[a] for a in AGES]),
        prior=_gamma_prior(
            by_village["own"].to_numpy(float), by_village["exposure"].to_numpy(float)
        ),
        week_spread=_week_spread(ages),
        weeks=weeks,
        arrivals=(arrived + spread) / 2 / weeks,
        leaving=gone / max(float(by_village["opening"].sum()), 1),
        turning=_turning(upcoming, as_of, villages, horizon)
        * _unrecorded_share(stock, recent, start),
        visits_per_week=len(trips) / weeks,
    )


def _gamma_prior(events: Floats, exposure: Floats) -> tuple[float, float]:
    """Shape and rate of the villages' rates, by moments (Marshall, 1991, *Applied Statistics* 40)."""
    known = exposure > 0
    if not known.any() or events.sum() == 0:
        return 0.5, 0.5 / 1e-4
    mean = events.sum() / exposure.sum()
    rate = events[known] / exposure[known]
    weight = exposure[known]
    variance = float((weight * (rate - mean) ** 2).sum() / weight.sum() - mean / weight.mean())
    variance = max(variance, (0.05 * mean) ** 2)
    return float(mean**2 / variance), float(mean / variance)


def _week_spread(ages: pd.DataFrame) -> float:
    """Relative variance of the weekly own rate beyond Poisson chance."""
    weekly = ages.groupby("week")[["own", "exposure"]].sum()
    if weekly["own"].sum() == 0:
        return 0.0
    expected = weekly["exposure"] * weekly["own"].sum() / weekly["exposure"].sum()
    relative = (weekly["own"] / expected - 1) ** 2 - 1 / expected
    return float(max(relative.mean() * len(weekly) / max(len(weekly) - 1, 1), 0.0))


def _unrecorded_share(stock: pd.DataFrame, recent: pd.DataFrame, start: np.datetime64) -> float:
    """Of those who turned 17 in the window, the share that was not recorded before the birthday."""
    last = stock["as_of"].max()
    young = stock[stock["birth_year"] >= pd.Timestamp(start).year - 17]
    grown = young.groupby("as_of")["eligible"].sum()
    if len(grown) < 2 or last not in grown.index or grown.index[0] > pd.Timestamp(start):
        return 1.0
    added = float(grown[last] - grown[pd.Timestamp(start)])
    entered = float(recent[["turned_17", "married_early"]].to_numpy().sum())
    return float(np.clip(entered / added, 0.0, 1.0)) if added >= 50 else 1.0


def _turning(
    upcoming: pd.DataFrame, as_of: pd.Timestamp, villages: list[str], horizon: int
) -> Floats:
    """Residents who turn 17 in each week ahead, spread evenly over the days of their month."""
    monthly = upcoming.groupby(["month", "village_code"])["residents"].sum().unstack(fill_value=0)
    monthly = monthly.reindex(columns=villages, fill_value=0)
    days = pd.date_range(as_of + pd.Timedelta(days=1), periods=7 * horizon)
    month = days.to_period("M").to_timestamp()
    index = pd.DatetimeIndex(sorted(set(month)))
    table = monthly.reindex(index).to_numpy(float)
    for row in range(len(index)):  # the year before stands for months that are not listed yet
        if np.isnan(table[row]).all():
            table[row] = table[row - 12] if row >= 12 else 0.0
    in_month = pd.Series(month).map(pd.Series(month).value_counts()).to_numpy(float)
    # the last month of the horizon is cut; its days carry their share of the whole month
    whole = np.where(month == month[-1], month.days_in_month, in_month)
    daily = table[index.get_indexer(month)] / whole[:, None]
    weekly: Floats = daily.reshape(horizon, 7, len(villages)).sum(axis=1)
    return weekly


Policy = Callable[[Floats, Floats, np.random.Generator], Floats]
"""Scores of villages for a visit (draw × village) from the backlog and the expected recordings."""


def by_expected(backlog: Floats, expected: Floats, rng: np.random.Generator) -> Floats:
    """The plan: most expected recordings first."""
    return expected


def as_before(backlog: Floats, expected: Floats, rng: np.random.Generator) -> Floats:
    """The present way: villages drawn in proportion to their backlog."""
    with np.errstate(divide="ignore"):
        scores: Floats = np.log(backlog) + rng.gumbel(size=backlog.shape)
    return scores


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
    inside: str | None = None,
    rest_weeks: int = REST_WEEKS,
    draws: int = DRAWS,
    seed: int = 1,
) -> Projection:
    """Simulate the coming weeks.

    Parameters
    ----------
    rates
        From :func:`fit_rates`.
    model, yields
        From :func:`ektp_analysis.pooling.fit_yield` and the visits behind it; needed for visits.
    policy
        Which villages are visited; none: no visits.
    visits_per_week
        Visits in a week; by default as in the window. A part of a visit is drawn.
    inside
        Kecamatan (code) whose stock is counted in ``total``; by default all villages of ``rates``.
    rest_weeks
        Weeks between two visits to the same village, at least.
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
    count, horizon = len(rates.villages), len(rates.turning)
    counted = np.array([v.startswith(inside or "") for v in rates.villages])
    shape, rate = rates.prior
    own = rng.gamma(rates.recorded + shape, 1 / (rates.exposure + rate), (draws, count))
    # the level of the window itself is known as well as its weeks vary
    own *= np.exp(rng.normal(0, np.sqrt(rates.week_spread / rates.weeks), (draws, 1)))
    # recording on their own and leaving, as the exponent of a week of average luck
    hazard = own[:, :, None] * rates.speed
    new = np.stack([rates.turning, np.zeros_like(rates.turning)], axis=-1)
    new[..., 1] = rates.arrivals
    visiting = (
        _Visiting(rates, model, yields, rest_weeks, draws, rng)
        if policy and model is not None
        else None
    )
    wanted = rates.visits_per_week if visits_per_week is None else visits_per_week
    stock = np.repeat(rates.stock[None], draws, axis=0)
    total = np.empty((draws, horizon))
    dates = pd.date_range(rates.as_of + pd.Timedelta(days=7), periods=horizon, freq="7D")
    year = rates.as_of.year
    for week in range(horizon):
        # generators of its own for each week: what one policy draws does not shift the next week's
        rng = np.random.default_rng([seed, 1, week])
        if dates[week].year > year:
            year = dates[week].year
            stock = np.stack(
                [np.zeros((draws, count)), stock[..., 0], stock[..., 1] + stock[..., 2]], -1
            )
        luck = np.exp(rng.normal(-rates.week_spread / 2, np.sqrt(rates.week_spread), (draws, 1, 1)))
        away = rng.poisson(stock * (1 - np.exp(-hazard * luck - rates.leaving)))
        stock = np.maximum(stock - away, 0)
        stock[..., [0, 2]] += rng.poisson(new[week], (draws, count, 2))
        if visiting and policy:
            visiting.rng = np.random.default_rng([seed, 2, week])
            stock = visiting.visit(stock, policy, wanted, week)
        total[:, week] = stock[:, counted].sum(axis=(1, 2))
    return Projection(rates.as_of, dates, total, stock.sum(axis=2))


class _Visiting:
    """Visits of all draws: where they go, and what they record."""

    def __init__(
        self,
        rates: Rates,
        model: YieldModel,
        yields: pd.DataFrame | None,
        rest_weeks: int,
        draws: int,
        rng: np.random.Generator,
    ) -> None:
        count = len(rates.villages)
        self.rng, self.rates, self.model, self.rest_weeks = rng, rates, model, rest_weeks
        share, error = np.full(count, model.mean), np.full(count, np.sqrt(model.level_variance))
        self.last = np.full((draws, count), -10_000.0)
        past: list[Floats] = [np.zeros((draws, count)) for _ in range(REPEAT_WEEKS)]
        if yields is not None and len(yields):
            pooled = pooled_yield(yields, model).set_index("village_code").reindex(rates.villages)
            known = pooled["share"].notna().to_numpy()
            share[known] = pooled["share"].to_numpy()[known]
            error[known] = pooled["level_error"].to_numpy()[known]
            for code, day in zip(yields["village_code"], yields["date"], strict=True):
                back = (rates.as_of - day).days // 7
                if code in rates.villages and 0 <= back < REPEAT_WEEKS:
                    place = rates.villages.index(code)
                    past[REPEAT_WEEKS - 1 - back][:, place] += 1
                    self.last[:, place] = np.maximum(self.last[:, place], -1 - back)
        self.past = past
        self.repeat: Floats = np.sum(past, axis=0)
        common = np.exp(rng.normal(0, model.mean_error, (draws, 1)))
        self.expected_share = share
        self.share = np.clip(share * np.exp(rng.normal(0, error, (draws, count))) * common, 0, 0.95)
        self.ratio = model.repeat_ratio * np.exp(rng.normal(0, model.repeat_error, (draws, 1)))

    def visit(self, stock: Floats, policy: Policy, wanted: float, week: int) -> Floats:
        rates, rng = self.rates, self.rng
        draws, count, _ = stock.shape
        repeat = self.repeat
        backlog = stock.sum(axis=2)
        expected = backlog * self.expected_share * self.model.repeat_ratio**repeat
        scores = policy(backlog, expected, rng)
        rested = week - self.last >= self.rest_weeks
        open_to_visits = rested & (backlog > DONE * rates.eligible) & (backlog > 0)
        scores = np.where(open_to_visits, scores, -np.inf)
        most = min(int(np.ceil(wanted)), count)
        if most == 0:
            return stock
        chosen = np.argpartition(-scores, most - 1, axis=1)[:, :most]
        rows = np.arange(draws)[:, None]
        goes = np.isfinite(scores[rows, chosen])
        goes[:, 0] &= rng.random(draws) < 1 - (most - wanted)
        spread = np.log1p(self.model.luck_variance)
        luck = np.exp(rng.normal(-spread / 2, np.sqrt(spread), chosen.shape))
        p = np.clip(self.share[rows, chosen] * self.ratio ** repeat[rows, chosen] * luck, 0, 0.95)
        hit = rng.binomial(stock[rows, chosen].astype(np.int64), (p * goes)[..., None])
        out = stock.copy()
        out[rows, chosen] -= hit
        trips = np.zeros((draws, count))
        trips[rows, chosen] = goes
        self.repeat = repeat + trips - self.past[0]
        self.past = [*self.past[1:], trips]
        self.last = np.where(trips > 0, week, self.last)
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
