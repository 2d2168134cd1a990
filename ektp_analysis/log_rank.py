"""Do groups differ in their time to recording? The log-rank test from counts, with late entry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.refusal import Refusal
from ektp_analysis.survival import complete_months

MIN_EXPECTED = 5.0


@dataclass(frozen=True)
class LogRank:
    """Result of :func:`log_rank`.

    Attributes
    ----------
    statistic, freedom, p
        Chi-squared statistic, its degrees of freedom and p-value.
    groups
        ``group`` (str), ``observed`` (int) and ``expected`` (float) recordings.
    """

    statistic: float
    freedom: int
    p: float
    groups: pd.DataFrame


def log_rank(durations: pd.DataFrame, by: str) -> LogRank | Refusal:
    """Log-rank test (Mantel, 1966; Peto and Peto, 1972) with ties and late entry.

    At each month the recordings of a group are set against its share of those at risk, with the
    hypergeometric variance.

    Parameters
    ----------
    durations
        Table ``durations`` at one date; cut by :func:`ektp_analysis.survival.complete_months`.
    by
        Key of the groups: ``sex`` or ``birth_year``.

    Returns
    -------
    LogRank or Refusal
        A Refusal with fewer than two groups, or fewer than five expected recordings in one: the
        chi-squared distribution would not hold.
    """
    whole = complete_months(durations)
    names = sorted(whole[by].unique())
    if len(names) < 2:
        return Refusal("Uji beda kelompok tidak dilakukan: hanya ada satu kelompok.")
    number = whole[by].map({name: i for i, name in enumerate(names)}).to_numpy()
    start, stop, persons = (whole[c].to_numpy() for c in ("start", "stop", "persons"))
    event = whole["event"].to_numpy(bool)
    observed, expected = np.zeros(len(names)), np.zeros(len(names))
    covariance = np.zeros((len(names), len(names)))
    for t in np.unique(stop[event]):
        risk = np.bincount(
            number, weights=persons * ((start < t) & (stop >= t)), minlength=len(names)
        )
        here = np.bincount(number, weights=persons * (event & (stop == t)), minlength=len(names))
        total, events = risk.sum(), here.sum()
        share = risk / total
        observed += here
        expected += events * share
        if total > 1:
            scale = events * (total - events) / (total - 1)
            covariance += scale * (np.diag(share) - np.outer(share, share))
    if expected.min() < MIN_EXPECTED:
        return Refusal(
            "Uji beda kelompok tidak dilakukan: terlalu sedikit perekaman di salah satu kelompok."
        )
    gap = (observed - expected)[:-1]
    statistic = float(gap @ np.linalg.solve(covariance[:-1, :-1], gap))
    freedom = len(names) - 1
    groups = pd.DataFrame(
        {
            "group": [str(name) for name in names],
            "observed": observed.astype(int),
            "expected": expected,
        }
    )
    return LogRank(statistic, freedom, float(stats.chi2.sf(statistic, freedom)), groups)
