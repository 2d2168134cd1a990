"""What a visit records, as a number with an interval; one by one and for a whole plan."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.pooling import YieldModel

LEVEL = 0.8
"""Coverage of prediction intervals on the pages."""
LEAST_SHARE, MOST_SHARE = 0.001, 0.95


def predict(visits: pd.DataFrame, model: YieldModel, level: float) -> pd.DataFrame:
    """Recordings of a visit: ``expected`` and the beta-binomial interval ``lo``, ``hi``.

    Parameters
    ----------
    visits
        ``unrecorded`` (what the visit finds; rounded for the interval), ``repeat`` (visits in the
        26 weeks before), ``first_share`` and ``strength`` (beta distribution of a first visit).
    model
        Gives the diminishing returns.
    level
        Coverage of the interval.
    """
    share = visit_share(visits, model)
    strength = ((1 - share) / share / _relative_variance(visits, model) - 1).clip(lower=0.5)
    found = visits["unrecorded"].astype(float)
    spread = stats.betabinom(np.rint(found).astype(int), share * strength, (1 - share) * strength)
    return pd.DataFrame(
        {
            "expected": found * share,
            "lo": spread.ppf((1 - level) / 2),
            "hi": spread.ppf((1 + level) / 2),
        },
        index=visits.index,
    )


def visit_share(visits: pd.DataFrame, model: YieldModel) -> pd.Series:
    """Share of the backlog that a visit records, with its diminishing returns."""
    share = visits["first_share"] * model.repeat_ratio ** visits["repeat"].astype(float)
    clipped: pd.Series = share.astype(float).clip(LEAST_SHARE, MOST_SHARE)
    return clipped


def _relative_variance(visits: pd.DataFrame, model: YieldModel) -> pd.Series:
    """Squared coefficient of variation of each visit's share: that of a first visit to the village
    and what is not known of the diminishing returns."""
    first = visits["first_share"].astype(float).clip(LEAST_SHARE, MOST_SHARE)
    own = (1 - first) / first / (visits["strength"].astype(float) + 1)
    relative: pd.Series = own + (model.repeat_error * visits["repeat"].astype(float)) ** 2
    return relative


def plan_total(
    plan: pd.DataFrame, model: YieldModel, level: float = LEVEL
) -> tuple[float, float, float]:
    """Expected recordings of all visits of a plan together: (expected, lo, hi).

    Independent are who comes and the luck of each day; all visits to one village share its level,
    and all visits the errors of the kabupaten's mean and of the diminishing returns. The variances
    are added and the sum is taken as normal.
    """
    if plan.empty:
        return 0.0, 0.0, 0.0
    expected, repeat = plan["expected"].astype(float), plan["repeat"].astype(float)
    total, again = float(expected.sum()), float((expected * repeat).sum())
    chance = float((expected * (1 - visit_share(plan, model))).sum())
    common = (
        (model.mean_error * total) ** 2
        + 2 * model.mean_repeat_covariance * total * again
        + (model.repeat_error * again) ** 2
    )
    own = _relative_variance(plan, model) - (model.repeat_error * repeat) ** 2 - model.mean_error**2
    luck = np.minimum(own.clip(lower=0), model.luck_variance)
    shared = np.sqrt(own.clip(lower=0) - luck)
    villages = (expected * shared).groupby(plan["village_code"]).sum()
    variance = chance + float((expected**2 * luck).sum()) + float((villages**2).sum()) + common
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(max(variance, 0.0))
    return total, max(total - half, 0.0), total + half
