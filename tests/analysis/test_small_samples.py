"""Errors and biases where a few villages carry the estimate, on data of known truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ektp_analysis.event_design import Design
from ektp_analysis.event_study import _effective_villages, event_study
from ektp_analysis.poisson import codes, fixed_effects_poisson
from ektp_analysis.pooling import fit_visits, known_visits
from ektp_analysis.quasi_poisson import quasi_poisson

REPEAT = 0.75


def year_of_visits(rng: np.random.Generator) -> pd.DataFrame:
    """Three visits a week to 150 villages, drawn in proportion to what earlier visits left."""
    level = np.exp(rng.normal(-0.03, 0.25, 150))
    left = np.maximum(rng.lognormal(3.1, 0.8, 150), 2).round()
    grows, past = left * 0.012, [[] for _ in level]
    rows = []
    for week in range(52):
        left = left + rng.poisson(grows)
        rested = np.array([not weeks or week - weeks[-1] > 5 for weeks in past])
        score = left * rested
        for v in rng.choice(150, 3, replace=False, p=score / score.sum()):
            repeat = sum(week - other <= 26 for other in past[v])
            share = 0.24 * level[v] * REPEAT**repeat * np.exp(rng.normal(-0.02, 0.2))
            came = rng.binomial(int(left[v]), min(share, 0.95))
            rows.append((f"v{v:03}", int(left[v]), came, repeat))
            left[v] -= came
            past[v].append(week)
    table = pd.DataFrame(rows, columns=["village_code", "backlog", "recorded", "repeat"])
    return table.astype({"backlog": "Int64"})


def test_villages_visited_again_because_little_was_recorded_do_not_bend_the_returns() -> None:
    apart, together = [], []
    for seed in range(60):
        data = known_visits(year_of_visits(np.random.default_rng(seed)))
        columns = [np.ones(len(data)), data["repeat"].to_numpy(float)]
        counts, backlog = data["x"].to_numpy(float), data["n"].to_numpy(float)
        cluster = codes(data["village_code"])
        plain = quasi_poisson(counts, np.column_stack(columns), backlog, cluster)
        fit = fit_visits(data, columns)
        apart.append(plain.coef[1] - np.log(REPEAT))
        together.append(fit.coef[1] - np.log(REPEAT))
        error = fit.error(np.array([0.0, 1.0]))
        assert error >= np.sqrt(fit.covariance[1, 1]) * (1 - 1e-12)
        # visited again and again are a few of the ninety villages
        assert 4 < fit.effective_clusters(np.array([0.0, 1.0])) < 40
    assert abs(np.mean(together)) < 0.025
    assert np.mean(together) - np.mean(apart) > 0.008


def weekly(rng: np.random.Generator, size: np.ndarray) -> Design:
    """Ten villages, twenty weeks, a step in every fifth week."""
    unit, period = np.repeat(np.arange(10), 20), np.tile(np.arange(20), 10)
    x = ((period + unit) % 5 == 0).astype(float)[:, None]
    y = rng.poisson(size[unit]).astype(float)
    return Design(rows=pd.DataFrame({"y": y}), steps=[0], x=x, unit=unit, period=period)


@pytest.mark.parametrize(
    ("size", "fewest", "most"),
    [(np.full(10, 50.0), 9.8, 10), (np.r_[500.0, np.full(9, 5)], 1, 1.5)],
)
def test_effective_villages(size: np.ndarray, fewest: float, most: float) -> None:
    design = weekly(np.random.default_rng(1), size)
    y = design.rows["y"].to_numpy(float)
    fit = fixed_effects_poisson(y, design.x, np.ones(200), design.unit, design.period)
    assert fewest <= _effective_villages(fit, design)[0] <= most + 1e-9
    assert (fit.errors**2 >= np.diag(fit.covariance)).all()
    assert (fit.errors**2 >= np.diag(fit.model_covariance)).all()


def visited_panel(rng: np.random.Generator) -> tuple[pd.DataFrame, float]:
    """Half of 60 villages are near the office (a visit adds little), half far; the true ratio."""
    villages, weeks = 60, 40
    usual = np.where(np.arange(villages) < 30, 12.0, 0.8)
    visited = np.zeros((villages, weeks), int)
    for v in range(villages):
        visited[v, rng.choice(np.arange(6, 34), 2, replace=False)] = 1
    own = rng.poisson(usual[:, None] * np.ones(weeks))
    brought = rng.poisson(10, (villages, weeks)) * visited
    panel = pd.DataFrame(
        {
            "village_code": np.repeat([f"v{v:02}" for v in range(villages)], weeks),
            "week": np.tile(pd.date_range("2024-01-05", periods=weeks, freq="7D"), villages),
            "visited": visited.ravel(),
            "recorded_visit": brought.ravel(),
            "recorded_all": (own + brought).ravel(),
            "opening": 60,
        }
    )
    inside = visited[:, 4:-3]  # the weeks that the event study uses
    without = (inside * usual[:, None]).sum()
    return panel, float((without + 10 * inside.sum()) / without)


def test_the_ratio_is_about_the_visits_that_were_made() -> None:
    inside, width = [], []
    for seed in range(24):
        panel, true = visited_panel(np.random.default_rng(seed))
        row = event_study(panel).set_index("k").loc[0]
        inside.append((row["lo"] <= true <= row["hi"], row["extra_lo"] <= 10 <= row["extra_hi"]))
        width.append(row["hi"] / row["lo"])
    assert (np.mean(inside, axis=0) >= 0.83).all()
    # how near and far villages differ is no error: with it the ends are a factor 1.35 apart
    assert np.mean(width) < 1.15
