"""Yield of visits with partial pooling: a village with few visits borrows from all others.

A visit records a share of the backlog: a mean for all, times the village's own level, times the luck
of the day, times one factor for each earlier visit (diminishing returns). The mean and the factor
come from a log-linear regression with errors clustered by village. How large the variances of level
and luck are some eighty pairs of visits tell poorly: every pair of variances counts with its probability
given the visits, and a village's level is the mean, over the pairs, of the credibility mean of
Bühlmann and Straub (1970, *Bulletin of the Swiss Association of Actuaries* 70). An interval that took
the best estimate of the variances as known would be far too narrow wherever that is near zero (Morris,
1983, *Journal of the American Statistical Association* 78).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.poisson import Floats, Ints, codes
from ektp_analysis.quasi_poisson import QuasiFit, quasi_poisson
from ektp_analysis.refusal import Refusal
from ektp_analysis.yield_variances import Variances, likely_variances

MIN_VISITS = 10
MIN_REPEATS = 5


@dataclass(frozen=True)
class YieldModel:
    """Share of the backlog that a visit records.

    Attributes
    ----------
    a, b
        Beta distribution of the share at a first visit to a village never visited: the spread of
        villages and of luck together.
    repeat_ratio, repeat_lo, repeat_hi
        Yield of a repeat visit relative to a first one, for each earlier visit of the last 26
        weeks, with its 95% interval. 1 without an interval (missing) under five repeat visits.
    visits
        Number of visits behind the model.
    mean_lo, mean_hi
        95% interval of :attr:`mean`.
    level_variance, luck_variance
        Squared coefficients of variation between villages, and between visits to one village: means
        over ``variances``.
    variances
        Level variance, luck variance and probability of each pair that may be true. Without any,
        the two are taken as known.
    mean_repeat_covariance
        Covariance of the logs of :attr:`mean` and of ``repeat_ratio``.
    """

    a: float
    b: float
    repeat_ratio: float
    visits: int
    repeat_lo: float = float("nan")
    repeat_hi: float = float("nan")
    mean_lo: float = float("nan")
    mean_hi: float = float("nan")
    level_variance: float = 0.0
    luck_variance: float = 0.0
    variances: Variances = ()
    mean_repeat_covariance: float = 0.0

    @property
    def mean(self) -> float:
        """Mean share of a first visit."""
        return self.a / (self.a + self.b)

    @property
    def strength(self) -> float:
        """Sum of the beta parameters at a village never visited, with the error of the mean."""
        relative = self.level_variance + self.luck_variance + self.mean_error**2
        if not self.level_variance + self.luck_variance:
            return self.a + self.b
        return float(np.clip((1 - self.mean) / self.mean / relative - 1, 2, 1e6))

    @property
    def mean_error(self) -> float:
        """Standard error of the log of :attr:`mean`; 0 without an interval."""
        return _log_error(self.mean_lo, self.mean_hi)

    @property
    def repeat_error(self) -> float:
        """Standard error of the log of ``repeat_ratio``; 0 without an interval."""
        return _log_error(self.repeat_lo, self.repeat_hi)

    @property
    def mean_repeat_correlation(self) -> float:
        """Correlation of the errors of the logs of :attr:`mean` and of ``repeat_ratio``."""
        product = self.mean_error * self.repeat_error
        return float(np.clip(self.mean_repeat_covariance / product, -1, 1)) if product else 0.0


def _log_error(lo: float, hi: float) -> float:
    if not (np.isfinite(lo) and np.isfinite(hi) and lo > 0):
        return 0.0
    return float(np.log(hi / lo) / (2 * stats.norm.ppf(0.975)))


def fit_yield(yields: pd.DataFrame) -> YieldModel | Refusal:
    """Fit the model to all visits of the kabupaten.

    Parameters
    ----------
    yields
        From :func:`ektp_analysis.visits.visit_yield`; visits without a known backlog are left out.

    Returns
    -------
    YieldModel or Refusal
        A Refusal with fewer than ten visits, or when no visit recorded anybody.
    """
    data = known_visits(yields)
    if len(data) < MIN_VISITS:
        return Refusal(
            f"Hasil kunjungan belum dapat diperkirakan: perlu paling sedikit {MIN_VISITS} kunjungan, "
            f"ada {len(data)}."
        )
    if data["x"].sum() == 0:
        return Refusal(
            "Hasil kunjungan tidak dapat diperkirakan: tidak ada kunjungan yang merekam."
        )
    repeats = data["repeat"].to_numpy(float)
    columns = [np.ones(len(data))]
    if (repeats > 0).sum() >= MIN_REPEATS and (repeats == 0).sum() >= MIN_REPEATS:
        columns.append(repeats)
    fit = fit_visits(data, columns)
    reach = np.array([fit_reach(fit, pick) * fit.error(pick) for pick in np.eye(len(columns))])
    slope = float(fit.coef[1]) if len(columns) > 1 else 0.0
    mean = float(np.clip(np.exp(fit.coef[0]), 1e-4, 0.95))
    variances = _likely(data, fit)
    level = sum(own * probability for own, _, probability in variances)
    luck = sum(own * probability for _, own, probability in variances)
    strength = float(np.clip((1 - mean) / mean / max(level + luck, 1e-6) - 1, 2, 1e6))
    return YieldModel(
        a=mean * strength,
        b=(1 - mean) * strength,
        repeat_ratio=float(np.exp(slope)),
        visits=len(data),
        repeat_lo=float(np.exp(slope - reach[1])) if len(columns) > 1 else float("nan"),
        repeat_hi=float(np.exp(slope + reach[1])) if len(columns) > 1 else float("nan"),
        mean_lo=float(np.exp(fit.coef[0] - reach[0])),
        mean_hi=float(min(np.exp(fit.coef[0] + reach[0]), 1)),
        level_variance=level,
        luck_variance=luck,
        variances=variances,
        mean_repeat_covariance=float(fit.covariance[0, 1]) if len(columns) > 1 else 0.0,
    )


def known_visits(yields: pd.DataFrame) -> pd.DataFrame:
    """Visits to a village with a known backlog: ``village_code, n, x, repeat`` (n backlog, x
    recorded but not more than the backlog)."""
    known = yields[yields["backlog"].fillna(0).astype(float) > 0]
    n = known["backlog"].astype(float)
    return pd.DataFrame(
        {
            "village_code": known["village_code"],
            "n": n,
            "x": np.minimum(known["recorded"].astype(float), n),
            "repeat": known["repeat"].astype(float),
        }
    ).reset_index(drop=True)


def fit_visits(data: pd.DataFrame, columns: list[Floats]) -> QuasiFit:
    """Log-linear regression of the share recorded on some columns, clustered by village.

    Twice: the second time visits to one village are correlated by what the first found of its level.
    A village where little was recorded keeps its backlog and is therefore visited again; without the
    correlation the repeat visits would look worse than they are (3% on simulated data).

    Parameters
    ----------
    data
        From :func:`known_visits`.
    columns
        One number for each visit; the first is 1.
    """
    cluster, design = codes(data["village_code"]), np.column_stack(columns)
    recorded, backlog = data["x"].to_numpy(float), data["n"].to_numpy(float)
    fit = quasi_poisson(recorded, design, backlog, cluster)
    shared = sum(level * probability for level, _, probability in _likely(data, fit))
    return quasi_poisson(recorded, design, backlog, cluster, shared)


def fit_reach(fit: QuasiFit, pick: Floats, level: float = 0.95) -> float:
    """Quantile of Student's t for a combination of coefficients: half the interval in errors."""
    free = max(fit.effective_clusters(pick) - 1, 1.0)
    return float(stats.t.ppf(0.5 + level / 2, free))


def _likely(data: pd.DataFrame, fit: QuasiFit) -> Variances:
    return likely_variances(codes(data["village_code"]), *_residuals(data, fit))


def _residuals(data: pd.DataFrame, fit: QuasiFit) -> tuple[Floats, Floats]:
    """Relative residual of each visit, and its variance by the chance of who comes."""
    share = np.clip(fit.fitted / data["n"].to_numpy(float), 0, 1)
    return data["x"].to_numpy(float) / fit.fitted - 1, (1 - share) / fit.fitted


def pooled_yield(yields: pd.DataFrame, model: YieldModel, level: float = 0.8) -> pd.DataFrame:
    """Share of the backlog that a first visit records, by village, with credible intervals.

    Parameters
    ----------
    yields
        From :func:`ektp_analysis.visits.visit_yield`.
    model
        From :func:`fit_yield`.
    level
        Coverage of the interval of the village's mean share (not of a single visit).

    Returns
    -------
    DataFrame
        ``village_code, visits, raw_share, share, lo, hi, borrowed`` (float, weight of the
        kabupaten's mean in the estimate, 1 for a village never visited), ``level_error`` (float,
        relative standard error of the village's own level), ``strength`` (float, the sum of the
        beta parameters of the share at the next visit).
    """
    data = known_visits(yields)
    mean = model.mean
    fitted = data["n"] * mean * model.repeat_ratio ** data["repeat"]
    chance = (1 - np.clip(fitted / data["n"], 0, 1)) / fitted
    data["raw"] = (data["x"] / data["n"] / model.repeat_ratio ** data["repeat"]).clip(0, 1)
    grouped = data.groupby("village_code")
    out = pd.DataFrame({"visits": grouped.size(), "raw_share": grouped["raw"].mean()})
    shift, variance, out["borrowed"] = _levels(
        codes(data["village_code"]), np.asarray(data["x"] / fitted - 1, float),
        np.asarray(chance, float), model,
    )  # fmt: skip
    factor = np.maximum(1 + shift, 0.05)
    out["share"] = (mean * factor).clip(1e-4, 0.95)
    out["level_error"] = np.sqrt(variance) / factor
    error = np.hypot(out["level_error"], model.mean_error)
    half = float(stats.norm.ppf(0.5 + level / 2)) * error
    # levels are skewed like a lognormal distribution: half of them lie under a point below the mean
    middle = out["share"] * np.exp(-(out["level_error"] ** 2) / 2)
    out["lo"] = middle * np.exp(-half)
    out["hi"] = (middle * np.exp(half)).clip(upper=1)
    relative = model.luck_variance + error**2
    out["strength"] = ((1 - out["share"]) / out["share"] / relative - 1).clip(2, 1e6)
    return out.reset_index()


def _levels(
    village: Ints, relative: Floats, chance: Floats, model: YieldModel
) -> tuple[Floats, Floats, Floats]:
    """Of each village the level less 1, its variance, and the weight of the mean in it.

    Mean and variance of the mixture over the pairs of variances.
    """
    variances = model.variances or ((model.level_variance, model.luck_variance, 1.0),)
    probability = np.array([p for _, _, p in variances])[:, None]
    means, inner, priors = [], [], []
    for level, luck, _ in variances:
        weight, prior = 1 / (luck + chance), 1 / max(level, 1e-6)
        carried = np.bincount(village, weights=weight) + prior
        means.append(np.bincount(village, weights=weight * relative) / carried)
        inner.append(1 / carried)
        priors.append(prior / carried)
    mean: Floats = (probability * means).sum(axis=0)
    variance: Floats = (probability * (inner + (np.array(means) - mean) ** 2)).sum(axis=0)
    borrowed: Floats = (probability * priors).sum(axis=0)
    return mean, variance, borrowed
