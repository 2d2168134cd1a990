"""Second opinions: other implementations on the same data, and figures printed in textbooks."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_leukemia
from lifelines.statistics import logrank_test

from ektp_analysis import log_rank, poisson, survival, visits
from ektp_analysis.event_design import event_design
from ektp_analysis.quasi_poisson import quasi_poisson
from ektp_analysis.sample import Parameters, simulate


@pytest.fixture(scope="module")
def simulated():
    return simulate(Parameters(scale=0.15), seed=12, weeks=40)


def histories(seed, late):
    rng = np.random.default_rng(seed)
    start = (
        np.where(rng.random(400) < 0.3, rng.integers(0, 8, 400), 0) if late else np.zeros(400, int)
    )
    stop = start + 1 + rng.geometric(0.12, 400)
    censored = start + 1 + rng.integers(1, 20, 400)
    return pd.DataFrame(
        {"entry": np.where(start > 0, start - 1, 0), "duration": np.minimum(stop, censored) - 1,
         "event": stop <= censored, "sex": rng.choice(["L", "P"], 400), "persons": 1,
         "start": start, "stop": np.minimum(stop, censored)}
    )  # fmt: skip


@pytest.mark.parametrize("late", [False, True])
def test_kaplan_meier_from_counts_is_lifelines_from_persons(late):
    persons = histories(3, late)
    keys = ["entry", "duration", "event", "sex"]
    counts = persons.groupby(keys, as_index=False)["persons"].sum()
    assert len(counts) < len(persons)
    ours = survival.kaplan_meier(counts).set_index("month")
    fit = KaplanMeierFitter().fit(persons["stop"], persons["event"], entry=persons["start"])
    for month in ours.index[1:]:
        assert ours.at[month, "unrecorded"] == pytest.approx(fit.predict(month), abs=1e-9)
    # before the first recording lifelines has no interval: nobody was recorded, for certain
    bounds = fit.confidence_interval_.reindex(ours.index[1:], method="ffill").fillna(1.0).to_numpy()
    np.testing.assert_allclose(ours.loc[1:, ["lo", "hi"]].to_numpy(), bounds, atol=1e-9)


def test_log_rank_is_lifelines():
    persons = histories(4, late=False)
    ours = log_rank.log_rank(persons, "sex")
    men, women = (persons[persons["sex"] == s] for s in "LP")
    theirs = logrank_test(men["stop"], women["stop"], men["event"], women["event"])
    assert ours.statistic == pytest.approx(theirs.test_statistic, abs=1e-9)
    assert ours.p == pytest.approx(theirs.p_value, abs=1e-9)


def test_leukaemia_remission_as_printed():
    """Kleinbaum and Klein, *Survival analysis*, 3rd edition, tables 2.1 and 2.2 (Freireich, 1963)."""
    data = load_leukemia()
    treated = data[data["Rx"] == 0]
    # ten times the same 21 patients: the curve is the same, and long enough for the rule of 20
    counts = pd.DataFrame(
        {"entry": 0, "duration": treated["t"] - 1, "event": treated["status"] == 1, "persons": 10}
    )
    curve = survival.kaplan_meier(counts).set_index("month")["unrecorded"]
    printed = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for week, share in printed.items():
        assert curve[week] == pytest.approx(share, abs=5e-5)
    every = pd.DataFrame(
        {"entry": 0, "duration": data["t"] - 1, "event": data["status"] == 1, "persons": 1,
         "sex": data["Rx"].map({0: "L", 1: "P"})}
    )  # fmt: skip
    test = log_rank.log_rank(every, "sex")
    assert test.statistic == pytest.approx(16.79, abs=5e-3)
    table = test.groups.set_index("group")
    assert table["observed"].to_dict() == {"L": 9, "P": 21}
    assert table["expected"].round(2).to_dict() == {"L": 19.25, "P": 10.75}


def test_event_study_is_statsmodels_with_dummies(simulated):
    panel = visits.weekly_panel(
        simulated.tables["stock"], simulated.tables["flow"], simulated.tables["visits"]
    )
    steps = [*range(-3, 0), *range(5)]
    design = event_design(panel, "recorded_all", steps, trim=True)
    y, exposure = (design.rows[c].to_numpy(float) for c in ("recorded_all", "exposure"))
    ours = poisson.fixed_effects_poisson(y, design.x, exposure, design.unit, design.period)
    dummies = np.column_stack(
        [
            design.x,
            np.eye(design.unit.max() + 1)[design.unit],
            np.eye(design.period.max() + 1)[design.period][:, 1:],
        ]
    )
    theirs = sm.GLM(y, dummies, family=sm.families.Poisson(), exposure=exposure).fit(tol=1e-12)
    np.testing.assert_allclose(ours.coef, theirs.params[: len(steps)], atol=1e-6)
    np.testing.assert_allclose(ours.fitted, theirs.fittedvalues, rtol=1e-5, atol=1e-6)


def test_yield_regression_is_statsmodels_with_the_same_variance(simulated):
    yields = visits.visit_yield(simulated.tables["visits"], simulated.tables["stock"]).dropna(
        subset="backlog"
    )
    x = np.column_stack([np.ones(len(yields)), yields["repeat"]])
    y, n = yields["recorded"].to_numpy(float), yields["backlog"].to_numpy(float)
    cluster = yields["village_code"].astype("category").cat.codes.to_numpy(np.int64)
    ours = quasi_poisson(y, x, n, cluster)
    family = sm.families.NegativeBinomial(alpha=ours.spread)
    theirs = sm.GLM(y, x, family=family, exposure=n).fit(tol=1e-12)
    np.testing.assert_allclose(ours.coef, theirs.params, atol=1e-6)
