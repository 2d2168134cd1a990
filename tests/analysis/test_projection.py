"""The parts of a projection, each alone: what is known adds no uncertainty, what is not does once."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from ektp_analysis import pooling, projection, visits
from ektp_analysis.rates import fit_rates, half_of_year
from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.simulation import simulate
from ektp_analysis.visiting import Visiting, as_before


@pytest.fixture(scope="module")
def tables():
    return simulate(Parameters(scale=0.15), seed=4, until=date(2024, 8, 2), weeks=52).tables


def fitted(tables, horizon=26):
    return fit_rates(
        *(tables[name] for name in ("stock", "flow", "upcoming", "visits")), horizon=horizon
    )


def test_who_turns_17_is_on_the_register(tables):
    """Where nobody records, comes or leaves, the stock grows by those listed, without luck."""
    rates = replace(
        fitted(tables, 150), speed=np.zeros((2, 3)), leaving=0.0, unrecorded_share=1.0
    )  # fmt: skip
    rates = replace(rates, arrivals=np.zeros_like(rates.arrivals))
    paths = projection.project(rates, draws=60)
    growth = paths.total - rates.stock.sum()
    ends = pd.DatetimeIndex(paths.dates)
    listed = tables["upcoming"]
    for week in (17, 60, 90):
        month = ends[week].to_period("M").to_timestamp()
        before = listed.loc[listed["month"] < month, "residents"].sum()
        until = listed.loc[listed["month"] <= month, "residents"].sum()
        assert before <= growth[:, week].min() and growth[:, week].max() <= until
    # the last month of the register ends in July 2026; beyond it the number is by chance
    assert growth[:, 103].std() < 12 < growth[:, 149].std()
    assert growth.mean(axis=0) == pytest.approx(rates.turning.sum(axis=1).cumsum(), rel=0.03)


def test_the_share_recorded_before_the_birthday_is_by_chance(tables):
    rates = replace(
        fitted(tables), speed=np.zeros((2, 3)), leaving=0.0, unrecorded_share=0.5
    )  # fmt: skip
    rates = replace(rates, arrivals=np.zeros_like(rates.arrivals))
    paths = projection.project(rates, draws=400)
    growth = paths.total[:, -1] - rates.stock.sum()
    listed = 2 * rates.turning.sum()
    assert growth.mean() == pytest.approx(listed / 2, rel=0.02)
    assert growth.std() == pytest.approx(np.sqrt(listed) / 2, rel=0.15)


def test_rates_of_the_young_by_half_of_the_year(tables):
    """18-year-olds are half a year older in the second half: twice as slow by the simulation."""
    speed = fitted(tables).speed
    assert (speed[:, 2] == 1).all() and (speed[0, :2] > speed[1, :2]).all()
    assert list(half_of_year(pd.DatetimeIndex(["2024-06-30", "2024-07-01", "2024-12-31"]))) == [
        0, 1, 1,
    ]  # fmt: skip


def test_a_short_past_has_one_rate_for_both_halves(tables):
    late = {name: tables[name] for name in ("stock", "flow", "upcoming", "visits")}
    since = pd.Timestamp("2024-04-01")
    late["stock"] = late["stock"][late["stock"]["as_of"] >= since]
    late["flow"] = late["flow"][late["flow"]["week"] > late["stock"]["as_of"].min()]
    speed = fitted(late).speed
    assert (speed[0] == speed[1]).all() and speed[0, 0] > 1


def test_errors_of_yields_go_together(tables):
    yields = visits.visit_yield(tables["visits"], tables["stock"])
    model, rates = pooling.fit_yield(yields), fitted(tables)
    team = Visiting(rates, model, yields, 5, (), 4000, np.random.default_rng(1))
    pooled = pooling.pooled_yield(yields, model).set_index("village_code")
    place = [rates.villages.index(code) for code in pooled.index]
    # the mean of the draws is the estimate: a skewed level is not moved by its spread
    assert team.share[:, place].mean(axis=0) == pytest.approx(pooled["share"], rel=0.05)
    new = [i for i in range(len(rates.villages)) if i not in place]
    together = np.corrcoef(np.log(team.share[:, new].mean(axis=1)), np.log(team.ratio[:, 0]))[0, 1]
    assert together == pytest.approx(model.mean_repeat_correlation, abs=0.15)
    assert -1 <= model.mean_repeat_correlation < 0
    assert pooling.YieldModel(2, 8, 1.0, 20).mean_repeat_correlation == 0


def test_same_seed_same_paths_whatever_the_policy_draws(tables):
    yields = visits.visit_yield(tables["visits"], tables["stock"])
    model, rates = pooling.fit_yield(yields), fitted(tables)
    one = projection.project(rates, model, yields, policy=as_before, draws=20)
    other = projection.project(rates, model, yields, policy=as_before, draws=20)
    assert (one.total == other.total).all()
