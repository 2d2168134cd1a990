"""Rules compared: the same future, other villages."""

import numpy as np
import pandas as pd
import pytest

from ektp_analysis import pooling, scenarios, visits
from ektp_analysis.refusal import Refusal
from ektp_analysis.sample import Parameters, simulate
from ektp_analysis.scenarios import (
    Comparison,
    compare_rules,
    difference_quantiles,
    draw_rates,
    first_at_or_under,
)
from ektp_analysis.text_planning import rules_finding, rules_headline

TAIL = [0.025, 0.5, 0.975]


@pytest.fixture(scope="module")
def closed():
    """A kabupaten that nobody new enters, so that 1% is within reach."""
    return simulate(
        Parameters(scale=0.1, early_marriage=0, move_in_hazard=0, office_hazard=0.02), weeks=40
    )


def compared(simulation, **options):
    tables = simulation.tables
    as_of = tables["stock"]["as_of"].max()
    # those who would turn 17 are left out of both tables
    stock, flow = (
        table[table["birth_year"] < as_of.year - 18] for table in (tables["stock"], tables["flow"])
    )
    yields = visits.visit_yield(tables["visits"], stock)
    model = pooling.fit_yield(yields)
    return compare_rules(stock, flow, yields, model, as_of, **options)


def test_the_goal_is_reached_and_the_plan_is_not_later(closed):
    answer = compared(closed, runs=20, horizon=400)
    goals = answer.goals.set_index("rule")
    assert (goals["reached"] == 1).all()
    assert goals.loc["expected", "sooner"] == 0
    assert goals.loc["coverage", "sooner"] > 0
    assert (goals["sooner_lo"] <= goals["sooner"]).all()
    assert (goals["weeks_lo"] <= goals["weeks"]).all() and (
        goals["weeks"] <= goals["weeks_hi"]
    ).all()
    start = answer.paths.query("week == 0")
    assert (start["lo"] == start["hi"]).all() and start["median"].nunique() == 1


def test_same_seed_same_answer_whatever_the_order_of_rows(closed):
    answers = []
    for seed in (None, 3):
        tables = {
            name: table if seed is None else table.sample(frac=1, random_state=seed)
            for name, table in closed.tables.items()
        }
        as_of = tables["stock"]["as_of"].max()
        yields = visits.visit_yield(tables["visits"], tables["stock"])
        model = pooling.fit_yield(yields)
        answers.append(
            compare_rules(
                tables["stock"], tables["flow"], yields, model, as_of, runs=5, horizon=30
            ).paths
        )
    pd.testing.assert_frame_equal(*answers)


def test_too_short_a_history_is_refused(closed):
    tables = closed.tables
    cut = tables["stock"]["as_of"].min() + pd.Timedelta(weeks=9)
    stock = tables["stock"][tables["stock"]["as_of"] <= cut]
    yields = visits.visit_yield(tables["visits"], stock)
    model = pooling.fit_yield(yields)
    answer = compare_rules(stock, tables["flow"], yields, model, cut)
    assert answer == Refusal(
        "Cara memilih desa belum dapat dibandingkan: perlu paling sedikit 12 minggu arus warga, "
        "baru ada 9."
    )


def test_rates_are_recovered_and_borrow():
    rng = np.random.default_rng(4)
    truth = rng.gamma(4, 0.01 / 4, 400)
    exposure = rng.uniform(500, 5000, 400)
    draws = draw_rates(rng.poisson(truth * exposure).astype(float), exposure, rng, 400)
    lo, hi = np.quantile(draws, [0.025, 0.975], axis=0)
    covered = ((lo <= truth) & (truth <= hi)).mean()
    assert 0.92 <= covered <= 0.98
    nothing = draw_rates(np.array([0.0, 50.0]), np.array([0.0, 5000.0]), rng, 2000)
    assert np.mean(nothing[:, 0]) == pytest.approx(0.01, rel=0.2)


def test_no_events_no_rate():
    assert not draw_rates(np.zeros(3), np.ones(3), np.random.default_rng(1), 4).any()


def test_first_week_at_or_under_a_goal():
    paths = np.array([[9.0, 5, 4], [9, 8, 7], [3, 9, 9]])
    assert first_at_or_under(paths, 5).tolist() == [1, np.inf, 0]


def test_a_rule_beyond_the_horizon_leaves_a_lower_end():
    plan = np.full(100, 10.0)
    rule = np.where(np.arange(100) < 60, 30.0, np.inf)
    assert difference_quantiles(rule, plan, 520, TAIL).tolist() == [20, 20, np.inf]
    assert np.isnan(difference_quantiles(plan, rule, 520, TAIL)).all()


def comparison(expected, backlog, coverage, goal=0.01, sooner=((0, 0, 0), (6, 2, 9), (20, 12, 31))):
    rows = [
        {"rule": rule, "goal": g, "weeks": w, "weeks_lo": w - 5, "weeks_hi": w + 5,
         "sooner": s[0] if np.isfinite(w) else np.nan, "sooner_lo": s[1], "sooner_hi": s[2]}
        for g, values in ((goal, (expected, backlog, coverage)), (0.05, (40.0, 46.0, 60.0)))
        for rule, w, s in zip(scenarios.RULES, values, sooner, strict=True)
    ]  # fmt: skip
    after = pd.DataFrame(
        {"rule": scenarios.RULES, "week": 52, "fewer": [0, 668, -3], "fewer_lo": [0, 450, -90.0],
         "fewer_hi": [0, 917, 80.0]}
    )  # fmt: skip
    return Comparison(pd.DataFrame(), pd.DataFrame(rows), after, 0.95, 520)


def test_sentence_where_the_goal_is_reached():
    assert rules_finding(comparison(100.0, 106.0, 120.0), 0.01, 0.05) == (
        "Sisa 1% tercapai dalam 100 minggu (95%: 95–105) dengan rencana ini: "
        "6 minggu lebih cepat (95%: 2–9) daripada mendahulukan sisa terbanyak dan "
        "20 minggu lebih cepat (95%: 12–31) daripada mendahulukan cakupan terendah"
    )


def test_sentence_where_no_rule_reaches_the_goal():
    none = comparison(np.inf, np.inf, np.inf)
    assert rules_finding(none, 0.01, 0.05).startswith(
        "Dengan jumlah kunjungan sekarang, sisa tidak turun sampai 1% dari wajib KTP dalam 10 tahun, "
        "dengan cara mana pun. Sisa 5% tercapai dalam 40 minggu (95%: 35–45)"
    )
    assert rules_headline(none, 0.01, 0.05) == (
        "Sampai 5%: rencana ini 6 minggu lebih cepat (95%: 2–9) daripada sisa terbanyak dulu"
    )
    assert rules_finding(none, 0.01, None).endswith(
        "Setelah 52 minggu rencana ini menyisakan 668 warga lebih sedikit (95%: +450 sampai +917) "
        "daripada mendahulukan sisa terbanyak dan 3 warga lebih banyak (95%: −90 sampai +80) "
        "daripada mendahulukan cakupan terendah"
    )


def test_a_difference_that_may_be_zero_is_not_called_sooner():
    unsure = comparison(100.0, 101.0, 120.0, sooner=((0, 0, 0), (1, -2, 4), (20, 12, np.inf)))
    sentence = rules_finding(unsure, 0.01, None)
    assert (
        "tidak terbukti lebih cepat (95%: −2 sampai +4 minggu) daripada mendahulukan sisa"
        in sentence
    )
    assert "20 minggu lebih cepat (95%: 12–lebih) daripada mendahulukan cakupan" in sentence
