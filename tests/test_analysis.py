"""Analysis against textbook answers, second opinions and laws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ektp_analysis import accounts, backlog, pooling, survival
from ektp_analysis.event_study import event_study
from ektp_analysis.refusal import Refusal


def stock(*unrecorded, eligible=100, as_of="2024-08-02"):
    codes = [f"17.02.19.{2001 + i}" for i in range(len(unrecorded))]
    return pd.DataFrame(
        {
            "as_of": pd.Timestamp(as_of), "village_code": codes, "birth_year": 1990, "sex": "L",
            "eligible": eligible, "recorded": eligible - np.array(unrecorded), "unrecorded": unrecorded,
        }
    )  # fmt: skip


def test_coverage_adds_up():
    table = backlog.coverage(stock(10, 30), ["as_of"])
    assert table[["eligible", "recorded", "unrecorded"]].to_numpy().tolist() == [[200, 160, 40]]
    assert table["coverage"].tolist() == [0.8]


def test_change_since_last_week():
    both = pd.concat([stock(12, 30, as_of="2024-07-26"), stock(10, 31)])
    table = backlog.latest_coverage(both, pd.Timestamp("2024-08-02"))
    assert table["change"].tolist() == [1, -2]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=30), st.sampled_from([0.5, 0.8, 1.0]))
def test_concentration_is_the_fewest_places(counts, share):
    table = backlog.concentration(pd.DataFrame({"unrecorded": counts}), share)
    needed = table.loc[table["needed"], "unrecorded"]
    assert needed.sum() >= share * sum(counts)
    if len(needed):
        assert needed.iloc[:-1].sum() < share * sum(counts)


def test_waterfall_ends_at_the_closing_stock():
    weeks = pd.concat([stock(50, as_of="2024-07-26"), stock(44)])
    flow = pd.DataFrame([{"week": pd.Timestamp("2024-08-02"), "village_code": "17.02.19.2001", "birth_year": 2007,
        "turned_17": 3, "moved_in": 1, "moved_out": 0, "died": 1, "married_early": 0,
        "recorded_office": 4, "recorded_visit": 4, "recorded_other": 0}])  # fmt: skip
    weekly = accounts.weekly_accounts(weeks, flow)
    assert weekly["unexplained"].tolist() == [-1]
    steps = accounts.waterfall(weekly)
    assert steps["level"].iloc[-2:].tolist() == [44, 44]


def durations(rows):
    return pd.DataFrame(rows, columns=["entry", "duration", "event", "persons"]).assign(
        sex="L", birth_year=2005
    )


def test_kaplan_meier_by_hand():
    # 100 persons: 20 recorded in month 0, 40 of the remaining 80 in month 1, 40 censored in month 2
    curve = survival.kaplan_meier(
        durations([(0, 0, True, 20), (0, 1, True, 40), (0, 2, False, 40)])
    )
    assert curve["unrecorded"].round(10).tolist()[:3] == [1.0, 0.8, 0.4]


def test_late_entry_joins_the_risk_set_late():
    # 50 at risk from the start, 50 more from month 3 on: of 90 at risk in month 3, 9 are recorded
    rows = [
        (0, 0, True, 10),
        (0, 3, True, 4),
        (0, 9, False, 36),
        (3, 3, True, 5),
        (3, 9, False, 45),
    ]
    curve = survival.kaplan_meier(durations(rows)).set_index("month")["unrecorded"]
    assert curve[1] == pytest.approx(0.8) and curve[4] == pytest.approx(0.8 * (1 - 9 / 90))


def test_too_few_for_a_curve():
    assert isinstance(survival.kaplan_meier(durations([(0, 1, True, 5)])), Refusal)


def panel(effect, seed=3, villages=40, weeks=40):
    rng = np.random.default_rng(seed)
    rows = []
    for v in range(villages):
        base = 0.02 * np.exp(rng.normal(0, 0.4))
        trips = set(rng.choice(np.arange(5, weeks - 5), 2, replace=False))
        for w in range(weeks):
            rate = base * np.exp(0.1 * np.sin(w)) * (effect if w in trips else 1)
            count = rng.poisson(rate * 150)
            rows.append(
                (
                    f"v{v:02d}",
                    pd.Timestamp("2024-01-05") + pd.Timedelta(weeks=w),
                    150,
                    count,
                    count,
                    int(w in trips),
                )
            )
    return pd.DataFrame(
        rows,
        columns=["village_code", "week", "opening", "recorded_all", "recorded_office", "visited"],
    )


@pytest.mark.parametrize("effect", [1.0, 4.0])
def test_event_study_finds_the_planted_effect(effect):
    now = event_study(panel(effect)).set_index("k").loc[0]
    assert now["lo"] < effect < now["hi"] and now["hi"] / now["lo"] < 2


def test_event_study_agrees_with_a_second_implementation():
    pyfixest = pytest.importorskip("pyfixest")
    data = panel(3.0, weeks=30)
    ours = event_study(data).set_index("k")["ratio"]
    steps = [*range(-3, 0), *range(5)]
    for k in steps:
        data[f"x{k + 3}"] = data.groupby("village_code")["visited"].shift(k)
    data = data.dropna()
    terms = " + ".join(f"x{k + 3}" for k in steps)
    fit = pyfixest.fepois(f"recorded_all ~ {terms} | village_code + week", data=data)
    theirs = np.exp(fit.coef()).to_numpy()
    assert np.abs(np.log(ours.to_numpy()) - np.log(theirs)).max() < 1e-4


def test_event_study_refuses_few_villages():
    answer = event_study(panel(2.0, villages=10))
    assert str(answer).startswith("Pengaruh kunjungan tidak dihitung: perlu paling sedikit 30 desa")


def test_pooling_recovers_mean_and_repeat():
    rng = np.random.default_rng(1)
    share = rng.beta(8, 32, 400)
    repeat = rng.integers(0, 2, 400)
    n = rng.integers(40, 200, 400)
    table = pd.DataFrame({"village_code": [f"v{i % 80}" for i in range(400)], "backlog": pd.array(n, "Int64"),
        "recorded": rng.binomial(n, share * 0.7**repeat), "repeat": repeat})  # fmt: skip
    model = pooling.fit_yield(table)
    assert model.mean == pytest.approx(0.2, abs=0.02) and model.repeat_ratio == pytest.approx(
        0.7, abs=0.07
    )
