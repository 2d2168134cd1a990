"""Diminishing returns: first, second and later visits to the same village compared."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ektp_analysis.poisson import Floats
from ektp_analysis.pooling import MIN_REPEATS, MIN_VISITS, fit_reach, fit_visits, known_visits
from ektp_analysis.quasi_poisson import QuasiFit
from ektp_analysis.refusal import Refusal

NEXT_VISITS = 3
"""The third and later visits count together."""


def diminishing_returns(yields: pd.DataFrame, level: float = 0.95) -> pd.DataFrame | Refusal:
    """Share of the backlog recorded at first, second and later visits within 26 weeks.

    A log-linear regression with one mean for each visit number (the third and later together) and
    a term for visits with a hindrance, errors clustered by village, visits to one village correlated
    by its level (:func:`ektp_analysis.pooling.fit_visits`).

    Parameters
    ----------
    yields
        From :func:`ektp_analysis.visits.visit_yield`.
    level
        Coverage of the intervals.

    Returns
    -------
    DataFrame or Refusal
        ``number`` (int, 1 to 3; 3 means third or later), ``visits`` (int), ``share, lo, hi`` (share
        of the backlog, visits without a hindrance), ``ratio, ratio_lo, ratio_hi`` (to the first;
        missing in its row). Numbers with fewer than five visits are left out; a Refusal when
        only first visits remain.
    """
    data = known_visits(yields)
    known = yields["backlog"].fillna(0).astype(float) > 0
    spoiled = (yields.loc[known, "reason"].to_numpy() != "").astype(float)
    data["number"] = np.minimum(data["repeat"] + 1, NEXT_VISITS).astype(int)
    counts = data["number"].value_counts()
    numbers = [n for n in range(1, NEXT_VISITS + 1) if counts.get(n, 0) >= MIN_REPEATS]
    if 1 not in numbers or len(numbers) < 2 or data["village_code"].nunique() < MIN_VISITS:
        again = int((data["number"] > 1).sum())
        return Refusal(
            f"Hasil kunjungan ulang belum dapat dibandingkan: perlu paling sedikit {MIN_REPEATS} "
            f"kunjungan pertama dan {MIN_REPEATS} kunjungan ulang di {MIN_VISITS} desa/kelurahan, "
            f"ada {again} kunjungan ulang."
        )
    kept = data["number"].isin(numbers).to_numpy()
    part = data[kept].reset_index(drop=True)
    columns: list[Floats] = [np.ones(len(part))]
    columns += [np.asarray(part["number"] == n, float) for n in numbers[1:]]
    hindered = spoiled[kept]
    if 0 < hindered.sum() < len(part):
        columns.append(hindered)
    try:
        fit = fit_visits(part, columns)
    except np.linalg.LinAlgError:
        return Refusal(
            "Hasil kunjungan ulang tidak dapat dipisahkan dari kendalanya dalam data ini."
        )
    rows = []
    for i, number in enumerate(numbers):
        pick = np.zeros(len(fit.coef))
        pick[[0, i]] = 1.0
        middle, half = float(pick @ fit.coef), _half(fit, pick, level)
        ratio = float(fit.coef[i]) if i else float("nan")
        width = _half(fit, np.eye(len(fit.coef))[i], level) if i else float("nan")
        rows.append(
            (number, int(counts[number]), np.exp(middle), np.exp(middle - half),
             min(np.exp(middle + half), 1.0), np.exp(ratio), np.exp(ratio - width),
             np.exp(ratio + width))
        )  # fmt: skip
    names = ["number", "visits", "share", "lo", "hi", "ratio", "ratio_lo", "ratio_hi"]
    return pd.DataFrame(rows, columns=names)


def _half(fit: QuasiFit, pick: Floats, level: float) -> float:
    """Half the interval of a combination of coefficients."""
    return fit_reach(fit, pick, level) * fit.error(pick)
