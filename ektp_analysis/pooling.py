"""Yield of visits with partial pooling: a village with few visits borrows from all others.

Each visit records a share of the backlog; shares vary between villages by a beta distribution
whose mean and spread come from all visits (empirical Bayes, method of moments after Kleinman,
1973, *JASA* 68). A village's own visits move its share away from the mean as far as they carry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ektp_analysis.refusal import Refusal

MIN_VISITS = 10


@dataclass(frozen=True)
class YieldModel:
    """Beta distribution of the share recorded at a visit.

    Attributes
    ----------
    a, b
        Its parameters over visits with no earlier one within 26 weeks.
    repeat_ratio
        Yield of a repeat visit relative to a first one, for each earlier visit.
    visits
        Number of visits behind the model.
    """

    a: float
    b: float
    repeat_ratio: float
    visits: int

    @property
    def mean(self) -> float:
        """Mean share of a first visit."""
        return self.a / (self.a + self.b)


def fit_yield(yields: pd.DataFrame) -> YieldModel | Refusal:
    """Fit the model to all visits of the kabupaten.

    Parameters
    ----------
    yields
        From :func:`ektp_analysis.visits.visit_yield`; visits without a known backlog are left out.
    """
    known = yields[yields["backlog"].fillna(0) > 0]
    if len(known) < MIN_VISITS:
        return Refusal(
            f"Hasil kunjungan belum dapat diperkirakan: perlu paling sedikit {MIN_VISITS} kunjungan, "
            f"ada {len(known)}."
        )
    n = known["backlog"].astype(float).to_numpy()
    x = np.minimum(known["recorded"].to_numpy(float), n)
    repeat = known["repeat"].to_numpy(float)
    first = repeat == 0
    ratio = 1.0
    if first.any() and (~first).any():
        ratio = (x[~first].sum() / n[~first].sum()) / (x[first].sum() / n[first].sum())
        ratio = float(np.clip(ratio ** (1 / repeat[~first].mean()), 0.2, 1.5))
    share = np.clip(x / n / ratio**repeat, 0, 1)
    weight = n / n.sum()
    mean = float(np.clip((weight * share).sum(), 1e-4, 0.95))
    variance = float((weight * (share - mean) ** 2).sum())
    binomial = mean * (1 - mean) * float((weight / n).sum())
    between = max(variance - binomial, 1e-5)
    strength = float(np.clip(mean * (1 - mean) / between - 1, 2, 1000))
    return YieldModel(mean * strength, (1 - mean) * strength, ratio, len(known))


def pooled_yield(yields: pd.DataFrame, model: YieldModel) -> pd.DataFrame:
    """Share of the backlog that a visit records, by village, with 80% credible intervals.

    The village's visits count together as one draw of its share at most: luck of the day is
    shared by all who came, so that a hundred recordings on one day are not a hundred trials.

    Returns
    -------
    DataFrame
        ``village_code, visits, raw_share, share, lo, hi, borrowed`` (float, weight of the
        kabupaten's mean in the estimate, 1 for a village never visited).
    """
    from scipy import stats

    known = yields[yields["backlog"].fillna(0) > 0]
    n = known["backlog"].astype(float)
    adjusted = (known["recorded"] / n / model.repeat_ratio ** known["repeat"]).clip(0, 1)
    grouped = adjusted.groupby(known["village_code"])
    out = pd.DataFrame({"visits": grouped.size(), "raw_share": grouped.mean()})
    within = model.a + model.b
    out["borrowed"] = within / (within + out["visits"] * OWN_WEIGHT)
    out["share"] = out["borrowed"] * model.mean + (1 - out["borrowed"]) * out["raw_share"]
    total = within + out["visits"] * OWN_WEIGHT
    a, b = out["share"] * total, (1 - out["share"]) * total
    out["lo"], out["hi"] = stats.beta.ppf(0.1, a, b), stats.beta.ppf(0.9, a, b)
    return out.reset_index()


OWN_WEIGHT = 4.0
"""Trials that one visit is worth; chosen small because the spread between visits to the same
village is about as large as that between villages."""
