"""Rules compared: the same future, other villages."""

import numpy as np
import pandas as pd
import pytest

from ektp_analysis import pooling, scenarios, visits
from ektp_analysis.choices import Choices, Exclusion
from ektp_analysis.outlook import TeamPlan, make_outlook
from ektp_analysis.refusal import Refusal
from ektp_analysis.sample import Parameters, simulate
from ektp_analysis.scenarios import (
    Comparison,
    compare_rules,
    difference_quantiles,
    first_at_or_under,
)
from ektp_analysis.text_planning import rules_finding, rules_headline

TAIL = [0.025, 0.5, 0.975]


@pytest.fixture(scope="module")
def simulated():
    return simulate(Parameters(scale=0.1), weeks=40)


def compared(tables, *, closed=False, **options):
    upcoming = tables["upcoming"].head(0) if closed else tables["upcoming"]
    yields = visits.visit_yield(tables["visits"], tables["stock"])
    model = pooling.fit_yield(yields)
    return compare_rules(
        tables["stock"], tables["flow"], upcoming, tables["visits"], yields, model, **options
    )


def test_the_plan_is_not_later_where_the_goal_is_reached(simulated):
    # nobody turns 17 any more, so that 2% is within reach
    answer = compared(simulated.tables, closed=True, goals=(0.02,), draws=20)
    goals = answer.goals.set_index("rule")
    assert (goals["reached"] == 1).all()
    assert goals.loc["expected", "sooner"] == 0
    assert goals.loc["coverage", "sooner"] > 0 and goals.loc["backlog", "sooner"] > 0
    assert (goals["sooner_lo"] <= goals["sooner"]).all()
    assert (goals["weeks_lo"] <= goals["weeks"]).all() and (
        goals["weeks"] <= goals["weeks_hi"]
    ).all()
    start = answer.paths.query("week == 0")
    assert (start["lo"] == start["hi"]).all() and start["median"].nunique() == 1
    assert start["median"].iloc[0] == simulated.truth["unrecorded"]
    after = answer.after.set_index("rule")
    assert after.loc["coverage", "fewer_lo"] > 0 and after.loc["expected", "fewer_hi"] == 0


def test_same_seed_same_answer_whatever_the_order_of_rows(simulated):
    shuffled = {n: t.sample(frac=1, random_state=3) for n, t in simulated.tables.items()}
    one, other = (
        compared(tables, draws=5, horizon=30).paths for tables in (simulated.tables, shuffled)
    )
    pd.testing.assert_frame_equal(one, other)


def test_an_excluded_village_is_not_visited(simulated):
    codes = simulated.tables["stock"]["village_code"].unique()
    nobody = Choices(excluded=tuple(Exclusion(code) for code in codes))
    answer = compared(simulated.tables, choices=nobody, draws=5, horizon=20)
    medians = answer.paths.pivot(index="week", columns="rule", values="median")
    assert (medians["expected"] == medians["coverage"]).all()


def test_an_outlook_visits_neither_what_is_excluded_nor_less_than_is_published(simulated):
    weeks = [simulated.tables[name] for name in ("stock", "flow", "upcoming", "visits")]
    model = pooling.fit_yield(visits.visit_yield(weeks[3], weeks[0]))
    codes = frozenset(weeks[0]["village_code"])

    def left(plan):
        paths = {s.name: s.path["median"] for s in make_outlook(*weeks, model, plan).scenarios}
        return paths["office"], paths["plan"]

    office, nobody = left(TeamPlan(3.0, excluded=codes))
    assert nobody.equals(office)
    largest = weeks[0].groupby("village_code")["unrecorded"].sum().idxmax()
    _, published = left(TeamPlan(3.0, first_weeks=((largest,),), excluded=codes))
    assert published.iloc[0] < office.iloc[0]


def test_too_short_a_history_is_refused(simulated):
    cut = simulated.tables["stock"]["as_of"].min() + pd.Timedelta(weeks=7)
    yields = visits.visit_yield(simulated.tables["visits"], simulated.tables["stock"])
    answer = compare_rules(
        simulated.tables["stock"][simulated.tables["stock"]["as_of"] <= cut], simulated.tables["flow"],
        simulated.tables["upcoming"], simulated.tables["visits"], yields, pooling.fit_yield(yields),
    )  # fmt: skip
    assert answer == Refusal(
        "Perkiraan belum dapat dibuat: perlu paling sedikit 9 minggu data, baru ada 8."
    )


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
    return Comparison(pd.DataFrame(), pd.DataFrame(rows), after, 0.95, 260)


def test_sentence_where_the_goal_is_reached():
    assert rules_finding(comparison(100.0, 106.0, 120.0), 0.01, 0.05) == (
        "Sisa 1% tercapai dalam 100 minggu (95%: 95–105) dengan rencana ini: "
        "6 minggu lebih cepat (95%: 2–9) daripada mendahulukan sisa terbanyak dan "
        "20 minggu lebih cepat (95%: 12–31) daripada mendahulukan cakupan terendah"
    )


def test_sentence_where_no_rule_reaches_the_goal():
    none = comparison(np.inf, np.inf, np.inf)
    assert rules_finding(none, 0.01, 0.05).startswith(
        "Dengan jumlah kunjungan sekarang, sisa tidak turun sampai 1% dari wajib KTP dalam 5 tahun, "
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
