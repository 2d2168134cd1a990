"""Poisson regressions with errors clustered by village.

Counts of recordings are more variable than a Poisson distribution allows, and the weeks of one
village hang together. The Poisson estimator is consistent all the same as long as the mean is right
(Gourieroux, Monfort and Trognon, 1984, *Econometrica* 52); what overdispersion and dependence
change is its standard error. That is taken from the delete-one-village jackknife, here in one
Newton step from the full estimate (CR3 in the words of MacKinnon, Nielsen and Webb, 2023, *Journal
of Econometrics* 232), which stays honest with few villages or a few heavy ones, together with
Student's t on the villages that carry the estimate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def codes(keys: pd.Series) -> Ints:
    """Numbers from 0 on for sorted keys."""
    numbers: Ints = np.unique(keys.to_numpy(), return_inverse=True)[1].astype(np.int64)
    return numbers


TOLERANCE = 1e-10
MAX_STEPS = 100


@dataclass(frozen=True)
class FixedEffectsFit:
    """Estimate of :func:`fixed_effects_poisson`.

    Attributes
    ----------
    coef
        Coefficients of ``x`` (log rate ratios).
    period
        Effect of each period; the first is 0.
    unit
        Effect of each unit (village), in the order of its number.
    fitted
        Expected count of each row.
    dispersion
        Pearson statistic over degrees of freedom; 1 for a Poisson distribution.
    coef_without, period_without
        The estimates without each unit, one row per unit: the jackknife replicates.
    """

    coef: Floats
    period: Floats
    unit: Floats
    fitted: Floats
    dispersion: float
    coef_without: Floats
    period_without: Floats

    @property
    def covariance(self) -> Floats:
        """Jackknife covariance of ``coef``."""
        return jackknife_covariance(self.coef, self.coef_without)


def jackknife_covariance(estimate: Floats, without: Floats) -> Floats:
    """Covariance of an estimate from its delete-one-cluster replicates (one per row)."""
    clusters = len(without)
    spread = without - estimate
    scaled: Floats = (clusters - 1) / clusters * (spread.T @ spread)
    return scaled


def fixed_effects_poisson(
    y: Floats, x: Floats, exposure: Floats, unit: Ints, period: Ints
) -> FixedEffectsFit:
    """Poisson regression with unit and period effects: ``log E y = log exposure + unit + period + x b``.

    The unit effects have a closed form given the rest and are concentrated out, so that the cost
    is that of the period effects and ``x`` alone (Cameron and Trivedi, *Regression analysis of
    count data*, 2nd edition, section 9.4).

    Parameters
    ----------
    y
        Counts, at least one above 0 in every unit and every period.
    x
        One row per count.
    exposure
        Above 0.
    unit, period
        Numbers from 0 on, none left out.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the columns of ``x`` are not identified, or the iteration does not converge.
    """
    units, periods = int(unit.max()) + 1, int(period.max()) + 1
    design = np.zeros((len(y), x.shape[1] + periods - 1))
    design[:, : x.shape[1]] = x
    later = np.flatnonzero(period > 0)
    design[later, x.shape[1] + period[later] - 1] = 1.0
    total = np.bincount(unit, weights=y, minlength=units)
    offset = np.log(exposure)

    def state(theta: Floats) -> tuple[Floats, Floats, float]:
        linear = offset + design @ theta
        shift = np.full(units, -np.inf)
        np.maximum.at(shift, unit, linear)
        scale = np.bincount(unit, weights=np.exp(linear - shift[unit]), minlength=units)
        effect = np.log(total) - shift - np.log(scale)
        mean = np.exp(linear + effect[unit])
        return effect, mean, float(y @ (linear + effect[unit]) - mean.sum())

    theta = np.zeros(design.shape[1])
    effect, mean, likelihood = state(theta)
    for _ in range(MAX_STEPS):
        information = _information(design, mean, unit, units)
        step = np.linalg.solve(information, design.T @ (y - mean))
        size = 1.0
        while size > 1e-4:
            tried = state(theta + size * step)
            if np.isfinite(tried[2]) and tried[2] >= likelihood - 1e-9 * abs(likelihood):
                break
            size /= 2
        theta = theta + size * step
        effect, mean, likelihood = tried
        if np.abs(size * step).max() < TOLERANCE:
            break
    else:
        raise np.linalg.LinAlgError("Poisson regression does not converge")
    without = _without_each(design, y, mean, unit, units, theta)
    columns = x.shape[1]
    free = len(y) - units - len(theta)
    return FixedEffectsFit(
        coef=theta[:columns],
        period=np.r_[0.0, theta[columns:]],
        unit=effect,
        fitted=mean,
        dispersion=float(((y - mean) ** 2 / mean).sum() / max(free, 1)),
        coef_without=without[:, :columns],
        period_without=np.c_[np.zeros(units), without[:, columns:]],
    )


def _centred(design: Floats, mean: Floats, unit: Ints, units: int) -> Floats:
    weight = np.bincount(unit, weights=mean, minlength=units)
    order = np.argsort(unit, kind="stable")
    starts = np.searchsorted(unit[order], np.arange(units))
    sums = np.add.reduceat((design * mean[:, None])[order], starts, axis=0)
    centred: Floats = design - (sums / weight[:, None])[unit]
    return centred


def _information(design: Floats, mean: Floats, unit: Ints, units: int) -> Floats:
    centred = _centred(design, mean, unit, units)
    information: Floats = centred.T @ (centred * mean[:, None])
    return information


def _without_each(
    design: Floats, y: Floats, mean: Floats, unit: Ints, units: int, theta: Floats
) -> Floats:
    centred = _centred(design, mean, unit, units)
    whole = centred.T @ (centred * mean[:, None])
    out = np.empty((units, len(theta)))
    order = np.argsort(unit, kind="stable")
    edges = np.searchsorted(unit[order], np.arange(units + 1))
    for g in range(units):
        rows = order[edges[g] : edges[g + 1]]
        own = centred[rows]
        rest = whole - own.T @ (own * mean[rows, None])
        score = own.T @ (y[rows] - mean[rows])
        # the pseudo-inverse leaves a coefficient where it is when only this unit identified it
        out[g] = theta - np.linalg.lstsq(rest, score, rcond=1e-10)[0]
    return out


@dataclass(frozen=True)
class QuasiFit:
    """Estimate of :func:`quasi_poisson`.

    Attributes
    ----------
    coef
        Coefficients.
    fitted
        Expected count of each row.
    spread
        Squared coefficient of variation beyond Poisson, ``variance = mean + spread mean^2``.
    coef_without
        Jackknife replicates, one row per cluster.
    """

    coef: Floats
    fitted: Floats
    spread: float
    coef_without: Floats

    @property
    def covariance(self) -> Floats:
        """Jackknife covariance of ``coef``."""
        return jackknife_covariance(self.coef, self.coef_without)


def quasi_poisson(y: Floats, x: Floats, exposure: Floats, cluster: Ints) -> QuasiFit:
    """Log-linear regression of counts with variance ``mean + spread mean^2``.

    Quasi-likelihood with the spread from its moment equation (Breslow, 1984, *Applied Statistics*
    33), so that large visits do not drown small ones; errors from the cluster jackknife.

    Parameters
    ----------
    y, x, exposure
        Counts, design (with a column of ones), exposure above 0.
    cluster
        Numbers from 0 on.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the design is not of full rank, or the iteration does not converge.
    """
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise np.linalg.LinAlgError("design is not of full rank")
    offset = np.log(exposure)
    theta = np.linalg.lstsq(x, np.log((y + 0.5) / (exposure + 1)), rcond=None)[0]
    spread = 0.0
    for _ in range(MAX_STEPS):
        mean = np.exp(np.clip(offset + x @ theta, -30, 30))
        weight = mean / (1 + spread * mean)
        step = np.linalg.solve(x.T @ (x * weight[:, None]), x.T @ ((y / mean - 1) * weight))
        theta = theta + np.clip(step, -2, 2)
        mean = np.exp(np.clip(offset + x @ theta, -30, 30))
        before, spread = spread, _moment_spread(y, mean, x.shape[1])
        if np.abs(step).max() < 1e-8 and abs(spread - before) < 1e-8:
            break
    else:
        raise np.linalg.LinAlgError("quasi-likelihood does not converge")
    weight = mean / (1 + spread * mean)
    whole = x.T @ (x * weight[:, None])
    out = np.empty((int(cluster.max()) + 1, len(theta)))
    for g in range(len(out)):
        rows = cluster == g
        rest = whole - x[rows].T @ (x[rows] * weight[rows, None])
        score = x[rows].T @ ((y[rows] / mean[rows] - 1) * weight[rows])
        out[g] = theta - np.linalg.lstsq(rest, score, rcond=1e-10)[0]
    return QuasiFit(theta, mean, spread, out)


def _moment_spread(y: Floats, mean: Floats, parameters: int) -> float:
    free = max(len(y) - parameters, 1)
    low, high = 0.0, 10.0

    def excess(spread: float) -> float:
        return float(((y - mean) ** 2 / (mean + spread * mean**2)).sum() - free)

    if excess(0.0) <= 0:
        return 0.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2
