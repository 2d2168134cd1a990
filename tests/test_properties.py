"""Laws that hold for any tables: accounts reconcile, order is nothing, parts add up to the whole."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ektp_analysis import (
    accounts,
    backlog,
    cohort,
    event_study,
    inflow,
    net_effect,
    planning,
    pooling,
    projection,
    survival,
    visits,
)
from ektp_analysis.accounts import INFLOWS, OUTFLOWS
from ektp_analysis.rates import fit_rates
from ektp_analysis.sample import Parameters, simulate

VILLAGES = ["17.02.11.1004", "17.02.11.2009", "17.02.12.2001", "17.02.19.1004"]
YEARS = [1980, 2006, 2007]


@st.composite
def tables(draw):
    """Stock of some weeks and flows that need not explain it."""
    weeks = pd.date_range("2024-06-07", periods=draw(st.integers(2, 5)), freq="7D")
    places = draw(st.lists(st.sampled_from(VILLAGES), min_size=1, max_size=4, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    grid = pd.MultiIndex.from_product(
        [weeks, places, YEARS, ["L", "P"]], names=["as_of", "village_code", "birth_year", "sex"]
    )
    stock = pd.DataFrame(index=grid).reset_index()
    stock["eligible"] = rng.integers(0, 60, len(stock))
    stock["recorded"] = rng.integers(0, stock["eligible"] + 1)
    stock["unrecorded"] = stock["eligible"] - stock["recorded"]
    # an office's table has no row where nobody is
    stock = stock[stock["eligible"] > 0].reset_index(drop=True)
    grid = pd.MultiIndex.from_product(
        [weeks, places, YEARS], names=["week", "village_code", "birth_year"]
    )
    flow = pd.DataFrame(index=grid).reset_index()
    for column in [*INFLOWS, *OUTFLOWS]:
        flow[column] = rng.integers(0, 6, len(flow))
    kept = rng.random(len(flow)) < 0.8
    return stock, flow[kept].reset_index(drop=True)


@settings(max_examples=15, deadline=None)
@given(
    tables(),
    st.sampled_from([[], ["village_code"], ["birth_year"], ["village_code", "birth_year"]]),
)
def test_accounts_reconcile_exactly(both, by):
    table = accounts.weekly_accounts(*both, by)
    explained = table["opening"] + table[INFLOWS].sum(axis=1) - table[OUTFLOWS].sum(axis=1)
    assert (explained + table["unexplained"] == table["closing"]).all()
    keys = [table[k] for k in by]
    following = table.groupby(keys)["opening"].shift(-1) if by else table["opening"].shift(-1)
    known = following.notna()
    assert (table.loc[known, "closing"] == following[known]).all()


@settings(max_examples=15, deadline=None)
@given(tables())
def test_villages_add_up_to_the_whole(both):
    stock, flow = both
    whole = accounts.weekly_accounts(stock, flow).set_index("week")
    parts = accounts.weekly_accounts(stock, flow, ["village_code"])
    pd.testing.assert_frame_equal(
        parts.groupby("week").sum(numeric_only=True), whole, check_freq=False
    )
    total = backlog.coverage(stock, ["as_of"]).set_index("as_of")[backlog.COUNTS]
    for by in ("village_code", "district_code"):
        split = backlog.coverage(stock, ["as_of", by]).groupby("as_of")[backlog.COUNTS].sum()
        pd.testing.assert_frame_equal(split, total)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_a_further_village_adds_its_own_and_changes_no_other(both):
    stock, flow = both
    last = stock["village_code"].max()
    without = accounts.weekly_accounts(
        stock[stock["village_code"] != last], flow[flow["village_code"] != last], ["village_code"]
    )
    with_it = accounts.weekly_accounts(stock, flow, ["village_code"])
    others = with_it[with_it["village_code"] != last].reset_index(drop=True)
    # weeks that only the further village has are not weeks of the others
    shared = others["week"].isin(without["week"])
    if without["week"].nunique() == others["week"].nunique():
        pd.testing.assert_frame_equal(others[shared].reset_index(drop=True), without)


@settings(max_examples=15, deadline=None)
@given(tables())
def test_the_waterfall_goes_from_the_first_stock_to_the_last(both):
    stock, flow = both
    weekly = accounts.weekly_accounts(stock, flow)
    steps = accounts.waterfall(weekly, len(weekly))
    level = stock.groupby("as_of")["unrecorded"].sum()
    assert steps["level"].iloc[0] == level.iloc[0]
    assert steps["level"].iloc[-1] == steps["level"].iloc[-2] == level.iloc[-1]


@pytest.fixture(scope="module")
def simulated():
    return simulate(Parameters(scale=0.15), seed=11, weeks=40)


def _answers(stock, flow, upcoming, durations, trips):
    as_of = stock["as_of"].max()
    yields = visits.visit_yield(trips, stock)
    model = pooling.fit_yield(yields)
    panel = visits.weekly_panel(stock, flow, trips)
    rates = fit_rates(stock, flow, upcoming, trips, horizon=4)
    expected = planning.expected_recordings(stock, yields, model, as_of)
    return {
        "latest": backlog.latest_coverage(stock, as_of),
        "accounts": accounts.weekly_accounts(stock, flow, ["village_code"]),
        "profile": cohort.birth_year_profile(stock, as_of),
        "months": cohort.cohort_months(durations, upcoming, 2007),
        "survival": survival.kaplan_meier(durations, "sex"),
        "yields": yields,
        "pooled": pooling.pooled_yield(yields, model),
        "effect": event_study.event_study(panel),
        "net": pd.DataFrame([vars(net_effect.net_effect(panel))]),
        "inflow": inflow.inflow_by_village(upcoming, as_of, inflow.mobility(stock, as_of)),
        "expected": expected,
        "plan": planning.visit_plan(expected, as_of, model),
        "ahead": projection.path_quantiles(projection.project(rates, draws=20)),
    }


def test_permuting_rows_changes_nothing(simulated):
    names = ["stock", "flow", "upcoming", "durations", "visits"]
    one = _answers(*(simulated.tables[n] for n in names))
    other = _answers(*(simulated.tables[n].sample(frac=1, random_state=5) for n in names))
    for name, answer in one.items():
        pd.testing.assert_frame_equal(answer, other[name], rtol=1e-9, obj=name)


def test_kecamatan_add_up_to_the_kabupaten(simulated):
    stock, upcoming = simulated.tables["stock"], simulated.tables["upcoming"]
    as_of = stock["as_of"].max()
    moves = inflow.mobility(stock, as_of)
    villages = inflow.inflow_by_village(upcoming, as_of, moves)
    total, _, _ = inflow.total_inflow(upcoming, as_of, moves)
    assert villages["expected"].sum() == pytest.approx(total)
    by_district = [
        inflow.total_inflow(part, as_of, moves)[0]
        for _, part in upcoming.groupby(upcoming["village_code"].str[:8])
    ]
    assert sum(by_district) == pytest.approx(total)
