"""Poisson regression with village and week effects and errors clustered by village.

Counts of recordings are more variable than a Poisson distribution allows, and the weeks of one
village hang together. The Poisson estimator is consistent all the same as long as the mean is right
(Gourieroux, Monfort and Trognon, 1984, *Econometrica* 52); what overdispersion and dependence
change is its standard error. That is taken from the delete-one-village jackknife, here in one
Newton step from the full estimate (CR3 in the words of MacKinnon, Nielsen and Webb, 2023, *Journal
of Econometrics* 232), which stays honest with few villages or a few heavy ones, together with
Student's t on the effective number of villages that carry the estimate.
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
    model_covariance
        Covariance of ``coef`` if counts were independent, with the dispersion where it is above 1.
    """

    coef: Floats
    period: Floats
    unit: Floats
    fitted: Floats
    dispersion: float
    coef_without: Floats
    period_without: Floats
    model_covariance: Floats

    @property
    def covariance(self) -> Floats:
        """Jackknife covariance of ``coef``."""
        return jackknife_covariance(self.coef, self.coef_without)

    @property
    def errors(self) -> Floats:
        """Standard errors of ``coef``: the larger of jackknife and model.

        With few villages the jackknife's own error is large; where it comes out below what chance
        alone would give, it is too small (Angrist and Pischke, 2009, *Mostly Harmless
        Econometrics*, section 8.2).
        """
        larger: Floats = np.sqrt(
            np.maximum(np.diag(self.covariance), np.diag(self.model_covariance))
        )
        return larger


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
    dispersion = ((y - mean) ** 2 / mean).sum() / max(len(y) - units - len(theta), 1)
    inverse = np.linalg.pinv(_information(design, mean, unit, units))[:columns, :columns]
    return FixedEffectsFit(
        coef=theta[:columns],
        period=np.r_[0.0, theta[columns:]],
        unit=effect,
        fitted=mean,
        dispersion=float(dispersion),
        coef_without=without[:, :columns],
        period_without=np.c_[np.zeros(units), without[:, columns:]],
        model_covariance=np.asarray(inverse * max(float(dispersion), 1.0), float),
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
