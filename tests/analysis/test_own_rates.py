"""Villages' own rates: shrunk to their kecamatan, and as uncertain as their recordings."""

import numpy as np
import pytest

from ektp_analysis.own_rates import fit_own_rates


def mean_rates(rates, draws=4000):
    return rates.draw(draws, np.random.default_rng(1))


def test_a_finished_kecamatan_keeps_its_own_speed():
    """Three kecamatan where newcomers are recorded within weeks, beside ten that are slow."""
    slow = np.random.default_rng(2).poisson(2000 * 0.004, 100)
    recorded = np.append(slow, np.full(30, 6)).astype(float)
    exposure = np.append(np.full(100, 2000.0), np.full(30, 100.0))
    district = np.repeat(np.arange(13), 10)
    rates = mean_rates(fit_own_rates(recorded, exposure, district)).mean(axis=0)
    assert rates[100:].mean() == pytest.approx(0.06, rel=0.1)
    assert rates[:100].mean() == pytest.approx(0.004, rel=0.1)
    one_mean = mean_rates(fit_own_rates(recorded, exposure, np.zeros(130, int))).mean(axis=0)
    assert one_mean[100:].mean() < 0.04


@pytest.mark.parametrize("districts", [1, 4, 15])
def test_all_villages_together_are_as_uncertain_as_a_count(districts):
    """However much the villages borrow: 600 recordings have the error of 600 recordings."""
    rng = np.random.default_rng(3)
    level = rng.gamma(4, 1 / 4, 60)
    exposure = rng.uniform(500, 3000, 60)
    recorded = rng.poisson(exposure * level * 0.006).astype(float)
    rates = fit_own_rates(recorded, exposure, np.arange(60) % districts)
    expected = mean_rates(rates) @ exposure
    assert expected.mean() == pytest.approx(recorded.sum(), rel=0.03)
    assert expected.std() == pytest.approx(np.sqrt(recorded.sum()), rel=0.2)


def test_villages_that_recorded_nobody():
    rates = fit_own_rates(np.zeros(3), np.array([100.0, 0.0, 50.0]), np.array([0, 0, 1]))
    drawn = mean_rates(rates)
    assert np.isfinite(drawn).all() and drawn.mean() < 0.001
    quiet = fit_own_rates(np.array([40.0, 0.0]), np.array([4000.0, 0.0]), np.array([0, 1]))
    assert mean_rates(quiet).mean(axis=0)[0] == pytest.approx(0.01, rel=0.1)
