"""Intervals of whole persons."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from ektp_analysis import inflow

AS_OF = pd.Timestamp("2024-08-02")


def held(lo, hi, mean, error):
    return stats.norm.cdf((hi + 0.5 - mean) / error) - stats.norm.cdf((lo - 0.5 - mean) / error)


@given(st.floats(60, 900), st.floats(0.05, 12), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_interval_is_the_shortest_that_holds_its_level(mean, error, level):
    (lo,), (hi,) = inflow._whole_interval(pd.Series([mean]), pd.Series([error**2]), level)
    assert held(lo, hi, mean, error) >= level - 1e-9
    shorter = [held(low, low + hi - lo - 1, mean, error) for low in range(int(lo) - 1, int(hi) + 2)]
    assert hi == lo or max(shorter) < level + 1e-9


def test_it_holds_the_mean_and_nothing_below_zero():
    lo, hi = inflow._whole_interval(pd.Series([0.0, 0.4, 7.0]), pd.Series([0.0, 1.0, 0.0]), 0.8)
    assert (lo >= 0).all() and list(hi[[0, 2]]) == [0, 7] and list(lo[[0, 2]]) == [0, 7]


def test_it_contains_what_comes_as_often_as_it_says():
    """Moves drawn one by one: 95% and 80%, and what an end that is not cut adds."""
    rng = np.random.default_rng(4)
    upcoming = pd.DataFrame(
        {"village_code": "a", "month": pd.date_range("2024-08-01", periods=12, freq="MS"),
         "residents": 40}
    )  # fmt: skip
    moves = inflow.Mobility(net=2e-4, net_error=0.0, gross=1e-3)
    ahead = inflow._ahead(upcoming, AS_OF, 12)
    wait = float((ahead["residents"] * ahead["weeks"]).sum())
    came = 480 + rng.poisson(6e-4 * wait, 4000) - rng.poisson(4e-4 * wait, 4000)
    for level, most in ((0.95, 0.97), (0.8, 0.86)):
        _, lo, hi = inflow.total_inflow(upcoming, AS_OF, moves, level=level)
        inside = ((came >= lo) & (came <= hi)).mean()
        assert level - 0.01 <= inside <= most


def test_nobody_is_listed():
    nobody = pd.DataFrame({"village_code": [], "month": [], "residents": []}).astype(
        {"village_code": "str", "month": "datetime64[ns]", "residents": "int64"}
    )
    moves = inflow.Mobility(net=1e-5, net_error=1e-6, gross=6e-4)
    assert inflow.total_inflow(nobody, AS_OF, moves) == (0.0, 0, 0)
    assert inflow.inflow_by_village(nobody, AS_OF, moves).empty
