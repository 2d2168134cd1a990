"""Our estimators against independent implementations on the same data, and textbook results."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.datasets import load_leukemia, load_waltons
from lifelines.statistics import logrank_test, multivariate_logrank_test
from statsmodels.duration.survfunc import survdiff

from ektp_analysis import survival
from ektp_analysis.log_rank import log_rank
from ektp_analysis.poisson import fixed_effects_poisson
from ektp_analysis.quasi_poisson import quasi_poisson


def counts(seed=1, late=True):
    """Aggregated histories, some entering late."""
    rng = np.random.default_rng(seed)
    rows = []
    for sex, hazard in (("L", 0.10), ("P", 0.14)):
        for year in (2005, 2006):
            time = rng.geometric(hazard, 400) - 1
            entry = np.where(rng.random(400) < 0.2, rng.integers(1, 9, 400), 0) * late
            end = rng.integers(3, 24, 400)
            seen = (time >= entry) & (end >= entry)
            rows.append(
                pd.DataFrame(
                    {
                        "sex": sex, "birth_year": year, "entry": entry, "event": time <= end,
                        "duration": np.minimum(time, end),
                    }
                )[seen]
            )  # fmt: skip
    frame = pd.concat(rows)
    return frame.groupby(list(frame.columns)).size().rename("persons").reset_index()


def expanded(durations):
    """One row per person, with the times at which our estimators see them."""
    whole = survival.complete_months(durations)
    return whole.loc[whole.index.repeat(whole["persons"])].reset_index(drop=True)


def test_kaplan_meier_from_counts_is_that_of_persons():
    data = counts()
    people = expanded(data)
    for sex, group in people.groupby("sex"):
        theirs = KaplanMeierFitter().fit(group["stop"], group["event"], entry=group["start"])
        ours = survival.kaplan_meier(data[data["sex"] == sex]).set_index("month")
        curve = theirs.survival_function_.iloc[:, 0].reindex(ours.index)
        assert np.abs(curve - ours["unrecorded"]).max() < 1e-9
        bounds = theirs.confidence_interval_.reindex(ours.index).iloc[1:]
        assert np.abs(bounds.to_numpy() - ours[["lo", "hi"]].iloc[1:].to_numpy()).max() < 1e-9


def test_product_limit_of_birth_months_is_kaplan_meier():
    data = counts().assign(birth_month=1)
    table = survival.recorded_by_birth_month(data, 2005).set_index("within")["share"]
    curve = survival.kaplan_meier(data[data["birth_year"] == 2005])
    for months, (share, _, _) in (
        (m, survival.share_recorded(curve, m)[""]) for m in (1, 3, 6, 12)
    ):
        assert table[months] == pytest.approx(share, abs=1e-12)


def test_log_rank_without_late_entry_is_lifelines():
    data = counts(late=False)
    people = expanded(data)
    a, b = (people[people["sex"] == s] for s in "LP")
    theirs = logrank_test(a["stop"], b["stop"], a["event"], b["event"])
    ours = log_rank(data, "sex")
    assert ours.statistic == pytest.approx(theirs.test_statistic, abs=1e-9)
    assert ours.p == pytest.approx(theirs.p_value, abs=1e-9)


def test_log_rank_with_late_entry_is_statsmodels():
    data = counts(late=True)
    people = expanded(data)
    group = people["sex"].to_numpy()
    theirs, p = survdiff(
        people["stop"].to_numpy(float), people["event"].to_numpy(int), group,
        entry=people["start"].to_numpy(float),
    )  # fmt: skip
    ours = log_rank(data, "sex")
    assert ours.statistic == pytest.approx(theirs, abs=1e-9) and ours.p == pytest.approx(
        p, abs=1e-9
    )


def test_log_rank_of_several_groups_is_lifelines():
    data = counts(late=False).assign(cell=lambda d: d["sex"] + d["birth_year"].astype(str))
    people = expanded(data)
    theirs = multivariate_logrank_test(people["stop"], people["cell"], people["event"])
    assert log_rank(data, "cell").statistic == pytest.approx(theirs.test_statistic, abs=1e-9)


def leukemia():
    """Freireich's leukaemia trial as lifelines ships it, in our columns."""
    data = load_leukemia()
    return pd.DataFrame(
        {
            "entry": 0,
            "duration": data["t"].astype(int) - 1,
            "event": data["status"] == 1,
            "group": np.where(data["Rx"] == 1, "placebo", "6-MP"),
            "persons": 1,
        }
    )


def test_textbook_leukaemia_trial(monkeypatch):
    """Freireich et al. (1963): Kaplan-Meier estimates of 6-MP and the log-rank statistic, as in
    Collett, *Modelling survival data*, and Kleinbaum and Klein, *Survival analysis*, chapter 2."""
    monkeypatch.setattr(survival, "MIN_PERSONS", 1)
    monkeypatch.setattr(survival, "MIN_AT_RISK", 1)
    data = leukemia()
    treated = survival.kaplan_meier(data[data["group"] == "6-MP"]).set_index("month")
    published = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    for week, share in published.items():
        assert treated["unrecorded"][week] == pytest.approx(share, abs=5e-5)
    placebo = survival.median_month(survival.kaplan_meier(data[data["group"] == "placebo"]))
    assert placebo[""][0] == 8
    test = log_rank(data, "group")
    assert test.statistic == pytest.approx(16.79, abs=0.005)
    assert test.groups.set_index("group")["expected"].round(2).to_dict() == {
        "6-MP": 19.25,
        "placebo": 10.75,
    }


def test_textbook_fruit_flies():
    """Walton's flies as lifelines ships them: 163 subjects, 156 deaths, p below 1e-20."""
    data = load_waltons()
    frame = pd.DataFrame(
        {
            "entry": 0,
            "duration": data["T"].astype(int) - 1,
            "event": data["E"] == 1,
            "group": data["group"],
            "persons": 1,
        }
    )
    test = log_rank(frame, "group")
    assert test.groups["observed"].sum() == 156 and test.p < 1e-20


def test_score_test_of_cox_agrees_where_ties_are_few():
    """The log-rank test is the score test of Cox's model: near its likelihood ratio."""
    people = expanded(counts(late=True)).assign(man=lambda d: (d["sex"] == "L").astype(float))
    fit = CoxPHFitter().fit(
        people[["start", "stop", "event", "man"]], "stop", "event", entry_col="start"
    )
    ours = log_rank(counts(late=True), "sex")
    assert ours.statistic == pytest.approx(fit.log_likelihood_ratio_test().test_statistic, rel=0.15)


def panel(seed=4, units=25, periods=20):
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(units), periods)
    period = np.tile(np.arange(periods), units)
    x = rng.normal(size=(len(unit), 2))
    exposure = rng.uniform(50, 300, len(unit))
    own, wave = rng.normal(-3, 0.5, units), rng.normal(0, 0.3, periods)
    heat = rng.gamma(2, 0.5, len(unit))
    mean = exposure * np.exp(own[unit] + wave[period] + x @ [0.5, -0.3])
    return rng.poisson(mean * heat).astype(float), x, exposure, unit, period


def test_fixed_effects_poisson_is_statsmodels_with_dummies():
    y, x, exposure, unit, period = panel()
    ours = fixed_effects_poisson(y, x, exposure, unit, period)
    design = np.c_[x, np.eye(unit.max() + 1)[unit], np.eye(period.max() + 1)[period][:, 1:]]
    theirs = sm.GLM(y, design, family=sm.families.Poisson(), exposure=exposure).fit()
    assert np.abs(theirs.params[:2] - ours.coef).max() < 1e-8
    assert np.abs(theirs.fittedvalues - ours.fitted).max() < 1e-5
    assert theirs.pearson_chi2 / theirs.df_resid == pytest.approx(ours.dispersion, rel=1e-6)


def test_fixed_effects_poisson_is_pyfixest():
    pyfixest = pytest.importorskip("pyfixest")
    y, x, _, unit, period = panel()
    ours = fixed_effects_poisson(y, x, np.ones(len(y)), unit, period)
    data = pd.DataFrame({"y": y, "a": x[:, 0], "b": x[:, 1], "unit": unit, "period": period})
    theirs = pyfixest.fepois("y ~ a + b | unit + period", data=data, vcov={"CRV1": "unit"})
    assert np.abs(theirs.coef().to_numpy() - ours.coef).max() < 1e-6
    # the jackknife is the more careful of the two, and near the sandwich with 25 villages
    ratio = np.sqrt(np.diag(ours.covariance)) / theirs.se().to_numpy()
    assert (ratio > 0.9).all() and (ratio < 1.4).all()


def test_one_step_jackknife_is_near_the_exact_one():
    y, x, exposure, unit, period = panel(units=12, periods=12)
    fit = fixed_effects_poisson(y, x, exposure, unit, period)
    for g in (0, 5, 11):
        kept = unit != g
        numbers = np.unique(unit[kept], return_inverse=True)[1]
        exact = fixed_effects_poisson(y[kept], x[kept], exposure[kept], numbers, period[kept])
        assert np.abs(exact.coef - fit.coef_without[g]).max() < 0.01


def test_quasi_poisson_without_spread_is_statsmodels():
    rng = np.random.default_rng(2)
    x = np.c_[np.ones(300), rng.normal(size=300)]
    exposure = rng.uniform(20, 200, 300)
    y = rng.poisson(exposure * np.exp(x @ [-1.5, 0.4])).astype(float)
    y[:] = np.round(exposure * np.exp(x @ [-1.5, 0.4]))  # under-dispersed: the spread is 0
    fit = quasi_poisson(y, x, exposure, np.arange(300) % 60)
    theirs = sm.GLM(y, x, family=sm.families.Poisson(), exposure=exposure).fit()
    assert fit.spread == 0 and np.abs(theirs.params - fit.coef).max() < 1e-7
