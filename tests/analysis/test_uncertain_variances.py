"""Intervals where the data hardly tell how much villages differ, on yields of known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ektp_analysis.pooling import YieldModel, fit_yield, pooled_yield
from ektp_analysis.visit_prediction import plan_total

MEAN, SPREAD, LUCK = 0.22, 0.25, 0.3


def simulated(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.Series]:
    """150 first visits to 100 villages; the true share of each village."""
    level = np.exp(rng.normal(-(SPREAD**2) / 2, SPREAD, 100))
    village = np.r_[np.arange(100), rng.integers(0, 100, 50)]
    backlog = rng.integers(15, 80, 150)
    luck = np.exp(rng.normal(-(LUCK**2) / 2, LUCK, 150))
    recorded = rng.binomial(backlog, np.minimum(MEAN * level[village] * luck, 0.95))
    codes = [f"v{v:03}" for v in range(100)]
    yields = pd.DataFrame(
        {
            "village_code": [codes[v] for v in village],
            "backlog": pd.array(backlog, "Int64"),
            "recorded": recorded,
            "repeat": 0,
        }
    )
    return yields, pd.Series(MEAN * level, index=codes)


def test_pooled_yield_covers_though_the_variance_is_estimated() -> None:
    covered, narrowest = [], 1.0
    for seed in range(60):
        yields, true = simulated(np.random.default_rng(seed))
        model = fit_yield(yields)
        assert isinstance(model, YieldModel)
        assert sum(p for _, _, p in model.variances) == pytest.approx(1, abs=1e-3)
        table = pooled_yield(yields, model, 0.95).set_index("village_code")
        inside = (table["lo"] <= true) & (true <= table["hi"])
        covered.append(float(inside.mean()))
        narrowest = min(narrowest, covered[-1])
    assert 0.92 <= np.mean(covered) <= 0.98
    # with the best estimate of the variance alone, under half where it is near zero
    assert narrowest > 0.6


def test_plan_total_adds_what_visits_share() -> None:
    plan = pd.DataFrame(
        {
            "village_code": ["a", "b", "c", "d"],
            "unrecorded": 100.0,
            "first_share": 0.2,
            "strength": 20.0,
            "repeat": 1,
            "expected": 15.0,
        }
    )
    known = {"a": 4, "b": 16, "visits": 100, "level_variance": 0.06, "luck_variance": 0.1}
    sure = YieldModel(**known, repeat_ratio=0.75)
    unsure = YieldModel(**known, repeat_ratio=0.75, repeat_lo=0.5, repeat_hi=1.125)

    def width(rows: pd.DataFrame, model: YieldModel) -> float:
        _, lo, hi = plan_total(rows, model)
        return hi - lo

    assert width(plan, unsure) > 1.2 * width(plan, sure)
    # four visits to one village share its level
    assert width(plan.assign(village_code="a"), sure) > 1.05 * width(plan, sure)
