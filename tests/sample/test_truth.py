"""The truth is what happens on average in the simulation; estimators find it (few replications)."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from ektp_analysis.sample import Parameters, simulate, truth, validation
from ektp_analysis.sample.population import day_number


@pytest.fixture(scope="module")
def simulated():
    return simulate(Parameters(scale=0.3), weeks=26)


def test_visits_record_their_true_share(simulated):
    first = simulated.visits.groupby("village").head(1)
    share = first["recorded"].sum() / first["target"].sum()
    assert share == pytest.approx(truth.visit_share(simulated.parameters), rel=0.15)
    rng = np.random.default_rng(1)
    backlog = np.full(4000, 100)
    drawn = truth.visit_recordings(
        simulated.parameters, backlog, np.zeros(4000, int), np.ones(4000), rng
    )
    assert drawn.mean() == pytest.approx(22.56, rel=0.02)
    again = truth.visit_recordings(
        simulated.parameters, backlog, np.ones(4000, int), np.ones(4000), rng
    )
    assert again.mean() / drawn.mean() == pytest.approx(0.75, rel=0.03)


def test_own_level_of_a_village_multiplies_its_yield():
    spread = simulate(Parameters(scale=0.3, village_spread=0.5), weeks=26)
    assert spread.level.std() > 0.3 and spread.level.mean() == pytest.approx(1, abs=0.15)
    share = spread.visits["recorded"] / spread.visits["target"]
    assert np.corrcoef(share, spread.level[spread.visits["village"]])[0, 1] > 0.5


def test_levels_leave_every_other_draw_as_it_is(simulated):
    assert (simulated.level == 1).all()
    same = simulate(Parameters(scale=0.3, village_spread=0.5), weeks=26)
    assert (same.people.birth == simulated.people.birth).all()
    assert (same.place.distance == simulated.place.distance).all()


def test_ratio_of_the_visit_week_is_the_simulated_one(simulated):
    as_of = simulated.as_of
    ratio = truth.visit_week_ratio(simulated, as_of[0], as_of[-1])
    people = simulated.people
    counted = expected = 0.0
    since = people.unrecorded_from()
    for visit in simulated.visits.itertuples():
        end = truth._week_end(simulated, int(visit.date))
        here = (
            (people.village == visit.village) & (people.record > end - 7) & (people.record <= end)
        )
        counted += float((here & (since <= end)).sum())
        pool = np.flatnonzero(
            (people.village == visit.village) & (people.record > end - 7) & (since <= end)
            & (people.leave > end - 6)
        )  # fmt: skip
        own = truth.office_hazard(simulated.parameters, simulated.place, people, pool, end)
        expected += float((1 - np.exp(-own - simulated.parameters.other_hazard)).sum())
    assert counted / expected == pytest.approx(ratio, rel=0.1)


def test_net_recordings_are_the_difference_to_a_world_without_visits():
    """Many small worlds with and without visits: the mean difference of the stock is the net effect."""
    differences, nets = [], []
    for seed in range(6):
        worlds = [
            simulate(Parameters(scale=0.3, **changes), seed=seed, weeks=26)
            for changes in ({}, {"visit_probability": 0.0, "displacement": 0.0})
        ]
        left = [w.truth["unrecorded"] for w in worlds]
        differences.append(left[1] - left[0])
        nets.append(truth.net_recordings(worlds[0], worlds[0].as_of[0], worlds[0].as_of[-1])[0])
    error = np.std(np.subtract(differences, nets), ddof=1) / np.sqrt(6)
    assert abs(np.mean(differences) - np.mean(nets)) < 3 * error
    assert error < 0.1 * np.mean(nets)


def test_survival_falls_from_one():
    simulation = simulate(Parameters(scale=0.02), weeks=2)
    curve = truth.survival(simulation.parameters, simulation.place, np.array([0, 1, 3, 6, 12]))
    assert curve[0] == pytest.approx(1) and (np.diff(curve) < 0).all() and curve[-1] > 0


def test_who_would_turn_17(simulated):
    start = simulated.as_of[0]
    came = truth.would_turn_17(simulated, start, start + timedelta(weeks=10))
    birthday = simulated.people.birthday_17()
    low, high = day_number(start), day_number(start + timedelta(weeks=10))
    assert 0.9 < came.sum() / ((birthday > low) & (birthday <= high)).sum() <= 1
    assert truth.would_turn_17(simulated, start, start).sum() == 0


@pytest.mark.parametrize("seed", [101, 102])
def test_estimators_find_the_truth(seed):
    """A small number of the replications of benchmarks/validation.py."""
    rows = validation.replicate(seed, scale=0.15).assign(replication=seed)
    null = validation.replicate_null(seed, scale=0.15).assign(replication=seed)
    assert rows["quantity"].nunique() > 15
    summary = validation.summarise(pd.concat([rows, null])).set_index("quantity")
    many = summary[(summary["values"] >= 30) & (summary["level"] == 0.95)]
    assert (many["coverage"] > 0.8).all()
    estimates = rows[rows["kind"] == "estimate"]
    inside = (estimates["lo"] <= estimates["truth"]) & (estimates["truth"] <= estimates["hi"])
    assert inside.mean() > 0.8
    claims = null[null["kind"] == validation.FALSE_POSITIVE]["estimate"]
    assert claims.mean() < 0.25


def test_summary_counts_what_it_says():
    rows = pd.DataFrame(
        [("estimate", "a", 1.1, 1.0, 0.9, 1.3, 0.95, 1), ("estimate", "a", 0.7, 1.0, 0.6, 0.8, 0.95, 2),
         ("false positive", "b", 1.0, 0.0, np.nan, np.nan, 0.95, 1),
         ("false positive", "b", 0.0, 0.0, np.nan, np.nan, 0.95, 2)],
        columns=[*validation.COLUMNS, "replication"],
    )  # fmt: skip
    table = validation.summarise(rows).set_index("quantity")
    assert table.loc["a", "bias"] == pytest.approx(-0.1)
    assert table.loc["a", "coverage"] == 0.5 and table.loc["b", "coverage"] == 0.5
    assert table.loc["a", "bias_error"] == pytest.approx(0.2)


def test_the_date_of_the_data_hides_what_comes_after():
    simulation = simulate(Parameters(scale=0.05), weeks=20)
    known = validation._Known(simulation, date(2024, 6, 7))
    assert known.stock["as_of"].max() == pd.Timestamp("2024-06-07")
    assert known.visits["date"].max() <= pd.Timestamp("2024-06-07")
