"""Yield of visits with partial pooling: a village with few visits borrows from all others.

A visit records a share of the backlog: a mean for all, times the village's own level, times the luck
of the day, times one factor for each earlier visit (diminishing returns). The mean and the factor
come from a log-linear regression with errors clustered by village; the variances of level and
luck from the products of its relative residuals; a village's level is then the credibility mean of
Bühlmann and Straub (1970, *Bulletin of the Swiss Association of Actuaries* 70).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.poisson import Floats, QuasiFit, codes, quasi_poisson
from ektp_analysis.refusal import Refusal

MIN_VISITS = 10
MIN_REPEATS = 5
MIN_PAIRS = 10
LEVEL_SHARE = 0.3
"""Share of the relative variance given to villages, and the rest to luck, while fewer than ten
pairs of visits to the same village tell them apart. A guess, and a cautious one: it pools much."""
NEXT_VISITS = 3


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
        Squared coefficients of variation between villages, and between visits to one village.
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
    fit = _fit(data, columns)
    cluster_reach = float(stats.t.ppf(0.975, max(data["village_code"].nunique() - 1, 1)))
    error = np.sqrt(np.diag(fit.covariance))
    slope = float(fit.coef[1]) if len(columns) > 1 else 0.0
    mean = float(np.clip(np.exp(fit.coef[0]), 1e-4, 0.95))
    level, luck = _variances(data, fit)
    strength = float(np.clip((1 - mean) / mean / max(level + luck, 1e-6) - 1, 2, 1e6))
    reach = cluster_reach * error
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


def _fit(data: pd.DataFrame, columns: list[Floats]) -> QuasiFit:
    cluster = codes(data["village_code"])
    return quasi_poisson(
        data["x"].to_numpy(float), np.column_stack(columns), data["n"].to_numpy(float), cluster
    )


def _variances(data: pd.DataFrame, fit: QuasiFit) -> tuple[float, float]:
    """Squared coefficients of variation of villages' levels and of visits' luck."""
    share = np.clip(fit.fitted / data["n"], 0, 1)
    relative = data["x"].to_numpy(float) / fit.fitted - 1
    chance = (1 - share).to_numpy(float) / fit.fitted
    weight = 1 / (chance + 0.1)
    together = max(float((weight * (relative**2 - chance)).sum() / weight.sum()), 1e-4)
    frame = pd.DataFrame({"village": data["village_code"], "w": weight, "wr": weight * relative})
    frame["ww"], frame["wwrr"] = weight**2, (weight * relative) ** 2
    sums = frame.groupby("village")[["w", "wr", "ww", "wwrr"]].sum()
    pairs = data.groupby("village_code").size()
    count = int((pairs * (pairs - 1) // 2).sum())
    if count < MIN_PAIRS:
        level = LEVEL_SHARE * together
    else:
        top = float((sums["wr"] ** 2 - sums["wwrr"]).sum())
        level = top / float((sums["w"] ** 2 - sums["ww"]).sum())
    level = float(np.clip(level, 0.02 * together, 0.98 * together))
    return level, together - level


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
        kabupaten's mean in the estimate, 1 for a village never visited), ``strength`` (float, the
        sum of the beta parameters of the share at the next visit).
    """
    data = known_visits(yields)
    mean = model.mean
    fitted = data["n"] * mean * model.repeat_ratio ** data["repeat"]
    chance = (1 - np.clip(fitted / data["n"], 0, 1)) / fitted
    data["weight"] = 1 / (model.luck_variance + chance)
    data["pull"] = data["weight"] * (data["x"] / fitted - 1)
    data["raw"] = (data["x"] / data["n"] / model.repeat_ratio ** data["repeat"]).clip(0, 1)
    grouped = data.groupby("village_code")
    out = pd.DataFrame({"visits": grouped.size(), "raw_share": grouped["raw"].mean()})
    prior = 1 / max(model.level_variance, 1e-6)
    carried = grouped["weight"].sum() + prior
    out["borrowed"] = prior / carried
    factor = np.maximum(1 + grouped["pull"].sum() / carried, 0.05)
    out["share"] = (mean * factor).clip(1e-4, 0.95)
    error = _mean_error(model)
    half = float(stats.norm.ppf(0.5 + level / 2)) * np.sqrt(1 / carried / factor**2 + error**2)
    out["lo"] = out["share"] * np.exp(-half)
    out["hi"] = (out["share"] * np.exp(half)).clip(upper=1)
    relative = model.luck_variance + 1 / carried / factor**2 + error**2
    out["strength"] = ((1 - out["share"]) / out["share"] / relative - 1).clip(2, 1e6)
    return out.reset_index()


def _mean_error(model: YieldModel) -> float:
    """Standard error of the log of the mean share."""
    if not np.isfinite(model.mean_hi) or model.mean_lo <= 0:
        return 0.0
    return float(np.log(model.mean_hi / model.mean_lo) / (2 * stats.norm.ppf(0.975)))


def diminishing_returns(yields: pd.DataFrame, level: float = 0.95) -> pd.DataFrame | Refusal:
    """Share of the backlog recorded at first, second and later visits within 26 weeks.

    A log-linear regression with one mean for each visit number (the third and later together) and
    a term for visits with a hindrance, errors clustered by village. No village effects: the change
    from first to second visits is taken between villages as well as within them.

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
        fit = _fit(part, columns)
    except np.linalg.LinAlgError:
        return Refusal(
            "Hasil kunjungan ulang tidak dapat dipisahkan dari kendalanya dalam data ini."
        )
    reach = float(stats.t.ppf(0.5 + level / 2, part["village_code"].nunique() - 1))
    rows = []
    for i, number in enumerate(numbers):
        pick = np.zeros(len(fit.coef))
        pick[[0, i]] = 1.0
        middle, half = float(pick @ fit.coef), reach * float(np.sqrt(pick @ fit.covariance @ pick))
        ratio = float(fit.coef[i]) if i else float("nan")
        width = reach * float(np.sqrt(fit.covariance[i, i])) if i else float("nan")
        rows.append(
            (number, int(counts[number]), np.exp(middle), np.exp(middle - half),
             min(np.exp(middle + half), 1.0), np.exp(ratio), np.exp(ratio - width),
             np.exp(ratio + width))
        )  # fmt: skip
    names = ["number", "visits", "share", "lo", "hi", "ratio", "ratio_lo", "ratio_hi"]
    return pd.DataFrame(rows, columns=names)
