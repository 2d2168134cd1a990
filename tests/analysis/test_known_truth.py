"""Estimators on simulated data whose truth is known. Few repetitions: the many are in benchmarks."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from ektp_analysis import (
    event_study,
    inflow,
    net_effect,
    pooling,
    projection,
    repeat_visits,
    survival,
    visits,
)
from ektp_analysis.outlook import TeamPlan, make_outlook
from ektp_analysis.rates import fit_rates
from ektp_analysis.refusal import Refusal
from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.simulation import simulate
from ektp_analysis.visiting import as_before, by_expected

SCALE = 0.35


@pytest.fixture(scope="module")
def kabupaten():
    return simulate(Parameters(scale=SCALE), seed=3).tables


def unrecorded(tables, which):
    stock = tables["stock"]
    return int(stock.loc[stock["as_of"] == which(stock["as_of"]), "unrecorded"].sum())


def grown(tables):
    return unrecorded(tables, max) - unrecorded(tables, min)


def panel(tables):
    return visits.weekly_panel(tables["stock"], tables["flow"], tables["visits"])


def test_net_effect_is_what_the_world_without_visits_lacks(kabupaten):
    without = simulate(
        Parameters(scale=SCALE, visit_probability=0.0, displacement=0.0), seed=3
    ).tables
    truth = grown(without) - grown(kabupaten)
    found = net_effect.net_effect(panel(kabupaten))
    # the two worlds draw their own office recordings: chance of sqrt(2 x 1,700) about the truth
    assert found.net_lo - 60 < truth < found.net_hi + 60
    assert found.displaced > 0 and found.net + found.displaced == pytest.approx(found.recorded)


def test_event_study_finds_the_planted_displacement(kabupaten):
    table = event_study.event_study(panel(kabupaten), "recorded_office").set_index("k")
    truth = 1 - Parameters().displacement
    for k in (1, 2, 3):
        assert table.loc[k, "lo"] < truth < table.loc[k, "hi"]
    assert table.attrs["leads_p"] > 0.01


def test_no_effect_is_not_found():
    tables = simulate(
        Parameters(scale=SCALE, visit_probability=0.0, displacement=0.0), seed=5
    ).tables
    table = event_study.event_study(panel(tables))
    assert (table["p"] < 0.05).sum() <= 1 and table.set_index("k").loc[0, "p"] > 0.01


def test_age_standardised_exposure_has_the_planted_ratio(kabupaten):
    ratios = visits.age_ratios(visits.weekly_ages(kabupaten["stock"], kabupaten["flow"]))
    office, other = Parameters().office_hazard, Parameters().other_hazard
    assert 3.5 < ratios["17"] < (5 * office + other) / (office + other) * 1.4
    assert ratios["17"] > ratios["18"] > 1 == ratios["19+"]


def test_pooling_covers_its_truth():
    hits, inside = [], []
    for seed in range(25):
        rng = np.random.default_rng(seed)
        trips = rng.integers(1, 4, 80)
        village = np.repeat(np.arange(80), trips)
        repeat = np.concatenate([np.arange(k) for k in trips])
        level = np.exp(rng.normal(-0.02, 0.2, 80))
        share = 0.2 * level[village] * np.exp(rng.normal(-0.045, 0.3, len(village))) * 0.75**repeat
        n = rng.integers(30, 400, len(village))
        table = pd.DataFrame(
            {
                "village_code": [f"v{i:02d}" for i in village], "backlog": pd.array(n, "Int64"),
                "recorded": rng.binomial(n, np.minimum(share, 0.9)), "repeat": repeat, "reason": "",
            }
        )  # fmt: skip
        model = pooling.fit_yield(table)
        hits.append([model.mean_lo < 0.2 < model.mean_hi, model.repeat_lo < 0.75 < model.repeat_hi])
        pooled = pooling.pooled_yield(table, model)
        inside.append(((pooled["lo"] < 0.2 * level) & (0.2 * level < pooled["hi"])).mean())
        returns = repeat_visits.diminishing_returns(table).set_index("number")
        hits[-1].append(returns.loc[2, "ratio_lo"] < 0.75 < returns.loc[2, "ratio_hi"])
    assert (np.mean(hits, axis=0) >= 0.84).all()  # 95% of 25, less two standard errors
    assert 0.68 < np.mean(inside) < 0.9  # 80% credible intervals


def test_whole_months_remove_the_bias_of_the_last_month():
    """A constant hazard, birthdays all over the month, an end of data in the middle of months."""
    rng = np.random.default_rng(7)
    n, hazard, as_of = 60_000, 0.10, pd.Timestamp("2024-08-02")
    birthday = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 365, n), unit="D")
    moved = np.where(rng.random(n) < 0.3, rng.uniform(0, 10, n), 0.0)
    length = 365.2425 / 12
    followed = (as_of - birthday).days / length
    waited = rng.exponential(1 / hazard, n)
    seen = (waited > moved) & (followed > moved)
    data = pd.DataFrame(
        {
            "as_of": as_of, "birth_year": 2006, "birth_month": birthday.month, "sex": "L",
            "entry": np.floor(moved).astype(int), "event": waited <= followed, "persons": 1,
            "duration": np.floor(np.minimum(waited, followed)).astype(int),
        }
    )[seen]  # fmt: skip
    curve = survival.kaplan_meier(data).set_index("month")
    for month in (6, 12, 17):
        assert curve.loc[month, "unrecorded"] == pytest.approx(np.exp(-hazard * month), abs=0.012)


def test_projection_meets_what_then_happens():
    """Half a year predicted from the first, within its 80% interval more often than not."""
    hits = []
    for seed in (11, 12, 13):
        simulation = simulate(Parameters(scale=0.15), seed=seed, weeks=78, until=date(2024, 8, 2))
        tables, middle = simulation.tables, pd.Timestamp(simulation.as_of[51])
        known = {
            "stock": tables["stock"][tables["stock"]["as_of"] <= middle],
            "flow": tables["flow"][tables["flow"]["week"] <= middle],
            "visits": tables["visits"][tables["visits"]["date"] <= middle],
        }
        people = tables["flow"][tables["flow"]["week"] > middle].assign(
            month=lambda d: d["week"].dt.to_period("M").dt.to_timestamp()
        )
        upcoming = people.groupby(["village_code", "month"], as_index=False)["turned_17"].sum()
        upcoming = upcoming.rename(columns={"turned_17": "residents"})
        rates = fit_rates(known["stock"], known["flow"], upcoming, known["visits"], horizon=26)
        yields = visits.visit_yield(known["visits"], known["stock"])
        model = pooling.fit_yield(yields)
        path = projection.path_quantiles(
            projection.project(rates, model, yields, policy=as_before, draws=150)
        )
        truth = tables["stock"].groupby("as_of")["unrecorded"].sum().reindex(path["as_of"])
        hits += [path["lo"][k] <= truth.iloc[k] <= path["hi"][k] for k in (8, 17, 25)]
    assert sum(hits) >= 5


def test_more_visits_clear_sooner_and_an_easy_goal_is_reached(kabupaten):
    arguments = [kabupaten[name] for name in ("stock", "flow", "upcoming", "visits")]
    model = pooling.fit_yield(visits.visit_yield(kabupaten["visits"], kabupaten["stock"]))
    ahead = make_outlook(*arguments, model, TeamPlan(3.0))
    left = {s.name: s.in_a_year[0] for s in ahead.scenarios}
    assert left["plan"] < left["present"] < left["office"]
    rates = fit_rates(*arguments, horizon=52)
    paths = projection.project(rates, model, policy=by_expected, visits_per_week=3, draws=50)
    easy = projection.clearing(paths, int(paths.total[:, 0].mean() * 0.9))
    assert easy.early <= easy.median and easy.reached > 0.9
    never = projection.clearing(paths, -1)
    assert (
        never.median is None and never.reached == 0 and never.left_lo <= never.left <= never.left_hi
    )


def test_few_weeks_are_refused():
    tables = simulate(Parameters(scale=0.05), seed=2, weeks=6).tables
    weeks = (tables[n] for n in ("stock", "flow", "upcoming", "visits"))
    answer = make_outlook(*weeks, Refusal("Belum."))
    assert answer == Refusal(
        "Perkiraan belum dapat dibuat: perlu paling sedikit 9 minggu data, baru ada 6."
    )
    assert isinstance(inflow.mobility(tables["stock"], tables["stock"]["as_of"].max()), Refusal)
