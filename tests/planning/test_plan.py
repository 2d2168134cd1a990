"""The plan: optimal, on allowed days, with pins and exclusions."""

from datetime import date, timedelta
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ektp_analysis.choices import Choices, Exclusion, Pin
from ektp_analysis.planning import best_visits, expected_recordings, visit_plan
from ektp_analysis.pooling import YieldModel
from ektp_analysis.text_planning import plan_finding, plan_reason
from ektp_analysis.visit_days import national_holidays, visit_days
from ektp_analysis.visit_prediction import plan_total

AS_OF = pd.Timestamp("2024-08-02")
MODEL = YieldModel(a=8, b=24, repeat_ratio=0.75, visits=100)


def expected(unrecorded, visited=(), coverage=0.9, share=0.25):
    """Villages with these backlogs; ``visited``: (row, days ago)."""
    trips = {row: [] for row in range(len(unrecorded))}
    for row, ago in visited:
        trips[row].append(AS_OF - timedelta(days=ago))
    recent = [
        tuple(sorted(d for d in t if AS_OF - d < timedelta(days=182))) for t in trips.values()
    ]
    repeat = np.array([len(r) for r in recent])
    return pd.DataFrame(
        {
            "village_code": [f"17.02.11.{2001 + i}" for i in range(len(unrecorded))],
            "name": [f"Desa {i}" for i in range(len(unrecorded))],
            "unrecorded": unrecorded,
            "district_coverage": coverage,
            "recent": recent,
            "repeat": repeat,
            "last_visit": pd.to_datetime([max(t, default=pd.NaT) for t in trips.values()]),
            "first_share": share,
            "strength": 32.0,
            "expected": np.array(unrecorded) * share * 0.75**repeat,
        }
    )


def names(plan):
    return plan["name"].tolist()


def test_the_largest_three_on_three_days():
    plan = best_visits(visit_plan(expected([50, 90, 70, 60, 80]), AS_OF, MODEL))
    assert names(plan) == ["Desa 1", "Desa 4", "Desa 2"]
    assert plan["date"].dt.date.tolist() == [date(2024, 8, d) for d in (6, 7, 8)]
    assert plan["expected"].tolist() == [22.5, 20, 17.5]
    assert (plan["lo"] < plan["expected"]).all() and (plan["hi"] > plan["expected"]).all()


def test_waiting_pays_where_a_village_is_about_to_be_fresh():
    # one visit a week, two weeks: the village visited 177 days ago counts as a repeat (0.75) next
    # week and as a first visit the week after; taking the best of each week would lose that
    table = expected([100, 80], visited=[(0, 177)])
    one = Choices(visits_per_week=1)
    plan = visit_plan(table, AS_OF, MODEL, one, weeks=2)
    assert names(plan) == ["Desa 1", "Desa 0"]
    assert plan["expected"].tolist() == [20, 25]
    assert plan["repeat"].tolist() == [0, 0]


def test_a_second_visit_finds_fewer_and_counts_as_repeat():
    table = expected([400, 30, 30])
    plan = visit_plan(table, AS_OF, MODEL, Choices(visits_per_week=1, rest_weeks=2), weeks=3)
    assert names(plan) == ["Desa 0", "Desa 1", "Desa 0"]
    again = plan.iloc[2]
    assert (again["unrecorded"], again["repeat"]) == (300, 1)
    assert again["expected"] == pytest.approx(300 * 0.25 * 0.75)


def test_a_village_rests_after_its_visit():
    table = expected([400, 30, 20, 10], visited=[(0, 10)])
    plan = visit_plan(table, AS_OF, MODEL, Choices(visits_per_week=1), weeks=4)
    # visited in the week of 22 July: not before the week of 26 August
    assert plan.set_index("week")["name"].to_dict() == {
        1: "Desa 1", 2: "Desa 2", 3: "Desa 3", 4: "Desa 0"
    }  # fmt: skip


def brute_force(table, choices, weeks):
    """The largest total over all ways of sending one visit a week."""
    best = 0.0
    rows = [None, *range(len(table))]
    for ways in product(rows, repeat=weeks):
        total, ok = 0.0, True
        for row in set(ways) - {None}:
            at = [w for w in range(weeks) if ways[w] == row]
            ok &= all(b - a >= choices.rest_weeks for a, b in pairwise(at))
            left = table["unrecorded"].iloc[row]
            for earlier, w in enumerate(at):
                monday = pd.Timestamp("2024-08-05") + timedelta(weeks=w)
                recent = table["recent"].iloc[row]
                repeat = earlier + sum(monday - d <= timedelta(days=182) for d in recent)
                gain = left * 0.25 * 0.75**repeat
                total, left = total + gain, left - gain
        if ok:
            best = max(best, total)
    return best


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 300), min_size=3, max_size=5),
    st.lists(st.tuples(st.integers(0, 2), st.integers(150, 181)), max_size=3, unique=True),
    st.integers(1, 3),
)
def test_no_other_plan_records_more(backlogs, visited, rest):
    table, choices = expected(backlogs, visited), Choices(visits_per_week=1, rest_weeks=rest)
    plan = visit_plan(table, AS_OF, MODEL, choices, weeks=3)
    # the day of the visit may end a repeat that its Monday does not
    assert plan["expected"].sum() >= brute_force(table, choices, 3) * (1 - 3e-4)


@given(st.permutations(range(8)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_villages_changes_nothing(order):
    table = expected([50, 90, 70, 60, 80, 80, 20, 5], visited=[(1, 50)])
    plan = visit_plan(table, AS_OF, MODEL)
    again = visit_plan(table.iloc[list(order)].reset_index(drop=True), AS_OF, MODEL)
    pd.testing.assert_frame_equal(plan, again)


def test_pins_come_first_and_on_their_date():
    choices = Choices((Pin("17.02.11.2004"), Pin("17.02.11.2003", date(2024, 8, 14))))
    plan = visit_plan(expected([90, 80, 5, 4, 70, 60, 50]), AS_OF, MODEL, choices, weeks=2)
    pinned = plan[plan["why"] == "pinned"]
    assert dict(zip(pinned["name"], pinned["date"].dt.day, strict=True)) == {
        "Desa 3": 6,
        "Desa 2": 14,
    }
    assert len(plan) == 6 and plan["date"].is_unique


def test_a_pin_on_another_weekday_takes_one_of_the_weeks_visits():
    choices = Choices((Pin("17.02.11.2003", date(2024, 8, 10)),))
    plan = visit_plan(expected([90, 80, 5, 70, 60]), AS_OF, MODEL, choices, weeks=1)
    assert plan["date"].dt.day.tolist() == [6, 7, 10]


def test_more_pins_than_days_are_told():
    pins = tuple(Pin(f"17.02.11.{2001 + i}") for i in range(5))
    plan = visit_plan(expected([9] * 5), AS_OF, MODEL, Choices(pins), weeks=1)
    assert names(plan) == ["Desa 0", "Desa 1", "Desa 2"]
    assert plan.attrs["unplaced"] == ["Desa 3", "Desa 4"]


def test_excluded_until_a_date():
    choices = Choices(
        excluded=(Exclusion("17.02.11.2001", date(2024, 8, 9)), Exclusion("17.02.11.2002"))
    )
    plan = visit_plan(expected([90, 80, 9, 8, 7]), AS_OF, MODEL, choices, weeks=2)
    assert names(plan[plan["week"] == 1]) == ["Desa 2", "Desa 3", "Desa 4"]
    assert names(plan[plan["week"] == 2]) == ["Desa 0"]


def test_finished_and_empty_places_are_passed_over():
    table = pd.concat([expected([90], coverage=0.995), expected([80, 0]).assign(
        village_code=["17.02.12.2001", "17.02.12.2002"], name=["A", "B"])])  # fmt: skip
    assert names(visit_plan(table, AS_OF, MODEL)) == ["A"]


def test_nothing_to_visit():
    plan = visit_plan(expected([0, 0]), AS_OF, MODEL)
    assert plan.empty and "next_best" in plan
    assert plan_finding(plan, plan_total(plan, MODEL), 1) == (
        "Tidak ada hari kunjungan, atau desa yang perlu dikunjungi, minggu depan"
    )


def test_days_avoid_holidays_and_joint_leave():
    assert visit_days(AS_OF) == [date(2024, 8, d) for d in (6, 7, 8)]
    # Wednesday 25 December is Christmas, Thursday 26 is joint leave: Monday and Friday step in
    assert visit_days(pd.Timestamp("2024-12-20")) == [date(2024, 12, d) for d in (23, 24, 27)]
    # Idul Fitri with its joint leave takes the whole week of 8 April 2024
    assert visit_days(pd.Timestamp("2024-04-05")) == []
    assert "Cuti Bersama" in national_holidays(2024)[date(2024, 4, 8)]


def test_days_of_the_office():
    choices = Choices(weekdays=(5, 0), visits_per_week=1, closed=(date(2024, 8, 10),))
    assert visit_days(AS_OF, choices) == [date(2024, 8, 5)]


@given(st.dates(date(2023, 1, 1), date(2027, 12, 1)), st.sets(st.integers(0, 6), min_size=1))
def test_at_most_one_visit_a_day_on_chosen_weekdays(after, weekdays):
    days = visit_days(pd.Timestamp(after), Choices(weekdays=tuple(weekdays), visits_per_week=3))
    assert len(set(days)) == len(days) <= 3
    closed = national_holidays(after.year, after.year + 1)
    assert all(d.weekday() in weekdays and d not in closed and d > after for d in days)


def test_a_holiday_week_moves_visits_to_other_weeks():
    table = expected([90, 80, 70, 60])
    plan = visit_plan(table, pd.Timestamp("2024-03-29"), MODEL, weeks=3)
    assert plan.groupby("week").size().to_dict() == {1: 3, 3: 1}


def test_expected_recordings_counts_past_visits():
    stock = pd.DataFrame(
        {"as_of": AS_OF, "village_code": ["17.02.11.2009", "17.02.11.2012"], "birth_year": 1990,
         "sex": "L", "eligible": 1000, "recorded": 900, "unrecorded": 100}
    )  # fmt: skip
    yields = pd.DataFrame(
        {"date": [AS_OF - timedelta(days=d) for d in (400, 100, 20)],
         "village_code": "17.02.11.2009", "backlog": pd.array([100] * 3, "Int64"),
         "recorded": 25, "repeat": [0, 0, 1]}
    )  # fmt: skip
    table = expected_recordings(stock, yields, MODEL, AS_OF).set_index("village_code")
    assert table["repeat"].to_dict() == {"17.02.11.2009": 2, "17.02.11.2012": 0}
    assert table.loc["17.02.11.2012", "expected"] == pytest.approx(25)
    assert table.loc["17.02.11.2009", "expected"] < 20


def test_total_has_a_narrower_relative_interval_than_one_visit():
    plan = visit_plan(expected([100] * 12), AS_OF, MODEL)
    total, lo, hi = plan_total(plan, MODEL)
    assert total == pytest.approx(plan["expected"].sum())
    assert 0 < (hi - lo) / total < (plan["hi"] - plan["lo"]).iloc[0] / plan["expected"].iloc[0]


def test_reasons_are_sentences():
    table = expected([400, 30, 3], visited=[(0, 60)])
    choices = Choices((Pin("17.02.11.2003"),), visits_per_week=2)
    plan = visit_plan(table, AS_OF, MODEL, choices, weeks=1)
    plan["unrecorded"] = plan["unrecorded"].where(plan["unrecorded"] >= 5)
    assert [plan_reason(row) for _, row in plan.iterrows()] == [
        "Dipilih petugas. Sisanya terlalu sedikit untuk ditampilkan.",
        "400 belum rekam, 12–27% diperkirakan terekam (80%); kunjungan kedua dalam 26 minggu (hasil "
        "yang berkurang sudah dihitung); terakhir dikunjungi 3 Juni 2024; perkiraannya di atas pilihan berikutnya.",
    ]


def test_patterns_of_any_gap_are_considered():
    # two visits to the one large village, as far apart as the rest demands
    assert [p for p in combinations(range(4), 2) if p[1] - p[0] >= 3] == [(0, 3)]
    plan = visit_plan(expected([400]), AS_OF, MODEL, Choices(rest_weeks=3))
    assert plan["week"].tolist() == [1, 4]
