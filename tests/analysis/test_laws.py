"""Laws that hold whatever the data: accounts reconcile, order of rows is nothing, parts add up."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ektp_analysis import accounts, backlog, inflow, survival, visits
from ektp_analysis.continuity import boundary_changes
from ektp_analysis.log_rank import LogRank, log_rank

WEEKS = list(pd.date_range("2024-07-05", periods=4, freq="7D"))
VILLAGES = [f"17.02.19.200{i}" for i in range(1, 5)]
MOVES = [*accounts.INFLOWS, *accounts.OUTFLOWS]

stocks = st.lists(
    st.tuples(
        st.sampled_from(WEEKS), st.sampled_from(VILLAGES), st.sampled_from([1990, 2006, 2007]),
        st.integers(0, 60), st.integers(0, 40),
    ),
    min_size=1, max_size=25, unique_by=lambda row: row[:3],
)  # fmt: skip
flows = st.lists(
    st.tuples(
        st.sampled_from(WEEKS), st.sampled_from(VILLAGES), st.sampled_from([1990, 2007]),
        *[st.integers(0, 9)] * len(MOVES),
    ),
    max_size=15, unique_by=lambda row: row[:3],
)  # fmt: skip


def stock_table(rows):
    frame = pd.DataFrame(
        rows, columns=["as_of", "village_code", "birth_year", "recorded", "unrecorded"]
    )
    frame["sex"], frame["eligible"] = "L", frame["recorded"] + frame["unrecorded"]
    return frame


def flow_table(rows):
    frame = pd.DataFrame(rows, columns=["week", "village_code", "birth_year", *MOVES])
    return frame.astype({name: "int64" for name in MOVES})


@settings(max_examples=40, deadline=None)
@given(stocks, flows, st.sampled_from([[], ["village_code"], ["birth_year"]]))
def test_accounts_reconcile_exactly(stock_rows, flow_rows, by):
    weekly = accounts.weekly_accounts(stock_table(stock_rows), flow_table(flow_rows), by)
    change = weekly[accounts.INFLOWS].sum(axis=1) - weekly[accounts.OUTFLOWS].sum(axis=1)
    assert (weekly["opening"] + change + weekly["unexplained"] == weekly["closing"]).all()
    steps = accounts.waterfall(weekly.drop(columns=by), 1) if not by else None
    if steps is not None and len(steps):
        assert steps["level"].iloc[-2] == steps["level"].iloc[-1]


@settings(max_examples=25, deadline=None)
@given(stocks, flows)
def test_villages_add_up_to_the_whole(stock_rows, flow_rows):
    stock, flow = stock_table(stock_rows), flow_table(flow_rows)
    whole = accounts.weekly_accounts(stock, flow).set_index("week")
    parts = accounts.weekly_accounts(stock, flow, ["village_code"])
    inside = flow["village_code"].isin(stock["village_code"])
    if inside.all() and len(whole):
        total = parts.groupby("week").sum(numeric_only=True)
        pd.testing.assert_frame_equal(total, whole, check_dtype=False)
    latest = backlog.latest_coverage(stock, stock["as_of"].max())
    last = stock[stock["as_of"] == stock["as_of"].max()]
    assert latest["unrecorded"].sum() == last["unrecorded"].sum()


@settings(max_examples=25, deadline=None)
@given(stocks, flows, st.randoms(use_true_random=False))
def test_order_of_rows_is_nothing(stock_rows, flow_rows, random):
    stock, flow = stock_table(stock_rows), flow_table(flow_rows)
    mixed = [list(stock_rows), list(flow_rows)]
    for rows in mixed:
        random.shuffle(rows)
    again = stock_table(mixed[0]), flow_table(mixed[1])
    for compute in (
        lambda s, f: accounts.weekly_accounts(s, f, ["village_code"]),
        lambda s, f: backlog.latest_coverage(s, s["as_of"].max()),
        lambda s, f: boundary_changes(s),
        lambda s, f: visits.weekly_ages(s, f),
    ):
        left, right = compute(stock, flow), compute(*again)
        pd.testing.assert_frame_equal(
            left.sort_values(list(left.columns[:2]), ignore_index=True),
            right.sort_values(list(right.columns[:2]), ignore_index=True),
        )


histories = st.lists(
    st.tuples(
        st.sampled_from("LP"), st.integers(0, 6), st.integers(0, 12), st.booleans(),
        st.integers(1, 40),
    ).filter(lambda row: row[2] >= row[1]),
    min_size=1, max_size=20,
)  # fmt: skip


def duration_table(rows):
    names = ["sex", "entry", "duration", "event", "persons"]
    return pd.DataFrame(rows, columns=names).assign(birth_year=2005)


@settings(max_examples=25, deadline=None)
@given(histories, st.randoms(use_true_random=False))
def test_time_to_recording_depends_on_counts_only(rows, random):
    """Neither order nor splitting of a count changes a curve; curves fall from 1 and stay in bounds."""
    split = [(*r[:4], part) for r in rows for part in ((r[4] + 1) // 2, r[4] // 2) if part]
    random.shuffle(split)
    one, other = (survival.kaplan_meier(duration_table(r)) for r in (rows, split))
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
        assert one["unrecorded"].is_monotonic_decreasing and one["unrecorded"].iloc[0] == 1
        assert (one["lo"] <= one["unrecorded"] + 1e-12).all()
        assert (one["unrecorded"] <= one["hi"] + 1e-12).all()


@settings(max_examples=25, deadline=None)
@given(histories)
def test_log_rank_expects_as_many_as_it_observes(rows):
    test = log_rank(duration_table(rows), "sex")
    if isinstance(test, LogRank):
        assert test.groups["observed"].sum() == pytest.approx(test.groups["expected"].sum())
        assert test.statistic >= -1e-9 and 0 <= test.p <= 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=40))
def test_lorenz_curve_is_concave_and_gini_in_its_range(counts):
    curve, gini = backlog.lorenz(pd.DataFrame({"unrecorded": counts}))
    assert curve["unrecorded_share"].iloc[0] == 0
    if sum(counts):
        assert curve["unrecorded_share"].iloc[-1] == pytest.approx(1)
        assert (np.diff(curve["unrecorded_share"], 2) <= 1e-9).all()
        assert -1e-9 <= gini <= 1 - 1 / len(counts) + 1e-9
        if len(set(counts)) == 1:
            assert gini == pytest.approx(0, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(VILLAGES), st.integers(0, 11), st.integers(0, 30)), max_size=30
    )
)
def test_inflow_of_villages_adds_up(rows):
    as_of = pd.Timestamp("2024-08-02")
    months = pd.date_range("2024-08-01", periods=12, freq="MS")
    upcoming = pd.DataFrame(
        [(v, months[m], n) for v, m, n in rows], columns=["village_code", "month", "residents"]
    ).astype({"month": "datetime64[ns]", "residents": "int64"})
    moves = inflow.Mobility(net=1e-5, net_error=1e-6, gross=6e-4)
    villages = inflow.inflow_by_village(upcoming, as_of, moves)
    total, lo, hi = inflow.total_inflow(upcoming, as_of, moves)
    assert villages["listed"].sum() == upcoming["residents"].sum()
    assert (
        villages["expected"].sum() == pytest.approx(total) and lo <= total + 1 and hi >= total - 1
    )
    assert (villages["lo"] <= villages["listed"]).all() and (
        villages["hi"] >= villages["listed"]
    ).all()
