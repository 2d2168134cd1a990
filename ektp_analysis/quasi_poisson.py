"""Regression of a few overdispersed counts, some of them of the same village.

Errors from the delete-one-village jackknife, as in :mod:`ektp_analysis.poisson`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ektp_analysis.poisson import MAX_STEPS, Floats, Ints, jackknife_covariance


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
    information
        What each cluster tells (cluster × coefficient × coefficient).
    """

    coef: Floats
    fitted: Floats
    spread: float
    coef_without: Floats
    information: Floats

    @property
    def covariance(self) -> Floats:
        """Jackknife covariance of ``coef``."""
        return jackknife_covariance(self.coef, self.coef_without)

    def error(self, pick: Floats) -> float:
        """Standard error of ``pick @ coef``: the larger of jackknife and model (see
        :attr:`ektp_analysis.poisson.FixedEffectsFit.errors`)."""
        model = float(pick @ np.linalg.solve(self.information.sum(axis=0), pick))
        return float(np.sqrt(max(float(pick @ self.covariance @ pick), model)))

    def effective_clusters(self, pick: Floats) -> float:
        """Number of equal clusters that would tell as much of ``pick @ coef``.

        A few villages that are visited again and again carry most of a slope (Carter, Schnepel and
        Steigerwald, 2017, *Review of Economics and Statistics* 99).
        """
        direction = np.linalg.solve(self.information.sum(axis=0), pick)
        told = np.einsum("gab,a,b->g", self.information, direction, direction)
        return float(told.sum() ** 2 / (told**2).sum())


def quasi_poisson(
    y: Floats, x: Floats, exposure: Floats, cluster: Ints, shared: float = 0.0
) -> QuasiFit:
    """Log-linear regression of counts with variance ``mean + spread mean^2``.

    Quasi-likelihood with the spread from its moment equation (Breslow, 1984, *Applied Statistics*
    33), so that large visits do not drown small ones; errors from the cluster jackknife. With
    ``shared`` the counts of a cluster are taken as correlated, as in generalised estimating
    equations (Liang and Zeger, 1986, *Biometrika* 73): then it does not bend the coefficients
    that later counts of a cluster are there because of what earlier ones were.

    Parameters
    ----------
    y, x, exposure
        Counts, design (with a column of ones), exposure above 0.
    cluster
        Numbers from 0 on, none left out.
    shared
        Part of the spread that the counts of one cluster have in common.

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
        parts, scores = _by_cluster(y, x, mean, cluster, spread, shared)
        step = np.linalg.solve(parts.sum(axis=0), scores.sum(axis=0))
        theta = theta + np.clip(step, -2, 2)
        mean = np.exp(np.clip(offset + x @ theta, -30, 30))
        before, spread = spread, _moment_spread(y, mean, x.shape[1])
        if np.abs(step).max() < 1e-8 and abs(spread - before) < 1e-8:
            break
    else:
        raise np.linalg.LinAlgError("quasi-likelihood does not converge")
    parts, scores = _by_cluster(y, x, mean, cluster, spread, shared)
    whole = parts.sum(axis=0)
    out = np.stack(
        [
            theta - np.linalg.lstsq(whole - part, score, rcond=1e-10)[0]
            for part, score in zip(parts, scores, strict=True)
        ]
    )
    return QuasiFit(theta, mean, spread, out, parts)


def _by_cluster(
    y: Floats, x: Floats, mean: Floats, cluster: Ints, spread: float, shared: float
) -> tuple[Floats, Floats]:
    """Information (cluster × k × k) and score (cluster × k) of each cluster.

    Relative residuals have the variance ``1 / mean + spread``, ``shared`` of it in common.
    """
    clusters, columns = int(cluster.max()) + 1, x.shape[1]
    weight = 1 / (1 / mean + max(spread - shared, 0.0))
    pull = weight * (y / mean - 1)

    def sums(values: Floats) -> Floats:
        added: Floats = np.bincount(cluster, weights=values, minlength=clusters).astype(float)
        return added

    together = shared / (1 + shared * sums(weight))
    mass = np.stack([sums(weight * x[:, a]) for a in range(columns)], axis=1)
    information = np.empty((clusters, columns, columns))
    for a in range(columns):
        for b in range(columns):
            information[:, a, b] = sums(weight * x[:, a] * x[:, b])
    information -= together[:, None, None] * mass[:, :, None] * mass[:, None, :]
    score = np.stack([sums(pull * x[:, a]) for a in range(columns)], axis=1)
    score -= (together * sums(pull))[:, None] * mass
    return information, score


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
