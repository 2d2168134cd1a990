"""The effect of a visit against what would have happened anyway, week by week around it.

Poisson regression of weekly recordings with village and week effects and the opening backlog,
its age groups weighted by how fast they record on their own, as exposure; leads and lags of visits; errors clustered by village (:mod:`ektp_analysis.poisson`). The
village effect takes up that the team goes where recording is low, the week effect holidays and
seasons. Leads are the check of that: they should be near 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.poisson import (
    FixedEffectsFit,
    Floats,
    Ints,
    fixed_effects_poisson,
    jackknife_covariance,
)
from ektp_analysis.refusal import Refusal

LEADS = 3
LAGS = 4
MIN_VILLAGES = 30
MIN_VISITS = 40
COLUMNS = ["k", "ratio", "lo", "hi", "p", "extra", "extra_lo", "extra_hi"]


@dataclass(frozen=True)
class Design:
    """The rows of a panel that a regression uses, as arrays."""

    rows: pd.DataFrame
    steps: list[int]
    x: Floats
    unit: Ints
    period: Ints


def event_design(panel: pd.DataFrame, outcome: str, steps: list[int], *, trim: bool) -> Design:
    """Visit indicators shifted by each step, for the rows that say something about rates.

    Parameters
    ----------
    panel
        From :func:`ektp_analysis.visits.weekly_panel`.
    outcome
        Column of counts.
    steps
        Weeks since the visit, negative before it.
    trim
        Leave out weeks for which a visit outside the panel could matter; else such visits are
        taken as none.
    """
    data = panel.sort_values(["village_code", "week"]).copy()
    if "exposure" not in data:
        data["exposure"] = data["opening"].astype(float)
    by_village = data.groupby("village_code")["visited"]
    for k in steps:
        data[f"k{k}"] = by_village.shift(k)
    data = data.dropna() if trim else data.fillna(0)
    data = data[data["exposure"] > 0]
    # a village or week without any event says nothing about rates and has no finite effect
    before = -1
    while len(data) != before:
        before = len(data)
        for key in ("village_code", "week"):
            data = data[data.groupby(key)[outcome].transform("sum") > 0]
    return Design(
        rows=data,
        steps=steps,
        x=data[[f"k{k}" for k in steps]].to_numpy(float),
        unit=data["village_code"].astype("category").cat.codes.to_numpy(np.int64),
        period=data["week"].astype("category").cat.codes.to_numpy(np.int64),
    )


def too_few(panel: pd.DataFrame) -> Refusal | None:
    """The sentence where there are too few villages or visits for clustered errors."""
    villages, visits = panel["village_code"].nunique(), int(panel["visited"].sum())
    if villages >= MIN_VILLAGES and visits >= MIN_VISITS:
        return None
    return Refusal(
        f"Pengaruh kunjungan tidak dihitung: perlu paling sedikit {MIN_VILLAGES} desa dan "
        f"{MIN_VISITS} kunjungan, ada {villages} desa dan {visits} kunjungan."
    )


def event_study(
    panel: pd.DataFrame, outcome: str = "recorded_all", level: float = 0.95
) -> pd.DataFrame | Refusal:
    """Recording in the weeks around a visit, as a rate ratio and in persons for each visit.

    Parameters
    ----------
    panel
        From :func:`ektp_analysis.visits.weekly_panel`.
    outcome
        ``recorded_all``, or ``recorded_office`` for displacement.
    level
        Coverage of the intervals.

    Returns
    -------
    DataFrame or Refusal
        ``k`` (int, weeks since the visit; negative before it), ``ratio``, ``lo``, ``hi``, ``p``
        (of ratio 1), ``extra``, ``extra_lo``, ``extra_hi`` (persons for each visit more than in a
        usual week of the same villages). Missing where nobody was recorded at a step. In ``attrs``
        the ``villages``, ``visited_villages``, ``visits`` and ``weeks`` that it rests on, the
        ``dispersion``, and ``leads_p``: the test that all leads are 1. The reference are weeks
        farther from any visit. A Refusal with fewer than 30 villages or 40 visits: clustered
        errors need many clusters.
    """
    refusal = too_few(panel)
    if refusal:
        return refusal
    steps = [*range(-LEADS, 0), *range(LAGS + 1)]
    design = event_design(panel, outcome, steps, trim=True)
    counts = design.rows[outcome].to_numpy(float)
    known = [i for i in range(len(steps)) if counts[design.x[:, i] > 0].sum() > 0]
    visited = design.rows.groupby("village_code")["k0"].sum()
    if steps.index(0) not in known or (visited > 0).sum() < 10:
        return Refusal(
            "Pengaruh kunjungan tidak dihitung: terlalu sedikit desa yang dikunjungi di antara "
            "minggu-minggu yang lengkap sebelum dan sesudahnya."
        )
    # rows at a step without any event have no finite rate ratio and would pull on the others
    dropped = [i for i in range(len(steps)) if i not in known]
    kept = ~(design.x[:, dropped] > 0).any(axis=1)
    part = event_design(design.rows[kept].drop(columns=[f"k{k}" for k in steps]), outcome, [], trim=False) if dropped else design  # fmt: skip
    x = design.rows.loc[part.rows.index, [f"k{steps[i]}" for i in known]].to_numpy(float)
    y, exposure = part.rows[outcome].to_numpy(float), part.rows["exposure"].to_numpy(float)
    try:
        fit = fixed_effects_poisson(y, x, exposure, part.unit, part.period)
    except np.linalg.LinAlgError:
        return Refusal(
            "Pengaruh kunjungan tidak dihitung: datanya tidak dapat memisahkan pengaruh."
        )
    carriers = np.array([len(np.unique(part.unit[x[:, j] > 0])) for j in range(x.shape[1])])
    table = _summarise(fit, Design(part.rows, steps, x, part.unit, part.period), y, carriers, level)
    table.insert(0, "k", [steps[i] for i in known])
    out = table.set_index("k").reindex(steps).reset_index()[COLUMNS]
    leads = [j for j, i in enumerate(known) if steps[i] < 0]
    out.attrs = {
        "villages": int(part.unit.max()) + 1,
        "visited_villages": int((visited > 0).sum()),
        "visits": int(panel["visited"].sum()),
        "weeks": int(part.period.max()) + 1,
        "dispersion": fit.dispersion,
        "leads_p": _joint_p(fit, leads),
    }
    return out


def _summarise(
    fit: FixedEffectsFit, design: Design, y: Floats, carriers: Ints, level: float
) -> pd.DataFrame:
    error = np.sqrt(np.diag(fit.covariance))
    free = np.maximum(carriers - 1, 1)
    reach = stats.t.ppf(0.5 + level / 2, free)
    extra, without = _extra(fit, design, y)
    extra_error = np.sqrt(np.diag(jackknife_covariance(extra, without)))
    return pd.DataFrame(
        {
            "ratio": np.exp(fit.coef),
            "lo": np.exp(fit.coef - reach * error),
            "hi": np.exp(fit.coef + reach * error),
            "p": 2 * stats.t.sf(np.abs(fit.coef) / error, free),
            "extra": extra,
            "extra_lo": extra - reach * extra_error,
            "extra_hi": extra + reach * extra_error,
        }
    )


def _extra(fit: FixedEffectsFit, design: Design, y: Floats) -> tuple[Floats, Floats]:
    """Expected recordings at each step less those without it, for each visit; with replicates."""
    x, unit = design.x, design.unit
    units = len(fit.unit)
    exposure = design.rows["exposure"].to_numpy(float)
    total = np.bincount(unit, weights=y, minlength=units)

    def by_unit(coef: Floats, period: Floats) -> Floats:
        usual = exposure * np.exp(period[design.period])
        around = usual * np.exp(x @ coef)
        scale = total / np.bincount(unit, weights=around, minlength=units)
        # where two visits overlap, each is set against the other alone
        gain = (around * scale[unit])[:, None] * (1 - np.exp(-x * coef)) * (x > 0)
        return np.stack(
            [np.bincount(unit, weights=gain[:, j], minlength=units) for j in range(x.shape[1])]
        )

    trips = np.stack(
        [np.bincount(unit, weights=x[:, j], minlength=units) for j in range(x.shape[1])]
    )
    extra = by_unit(fit.coef, fit.period).sum(axis=1) / trips.sum(axis=1)
    without = np.empty((units, x.shape[1]))
    for g in range(units):
        gains = by_unit(fit.coef_without[g], fit.period_without[g])
        left = trips.sum(axis=1) - trips[:, g]
        without[g] = np.where(
            left > 0, (gains.sum(axis=1) - gains[:, g]) / np.maximum(left, 1), extra
        )
    return extra, without


def _joint_p(fit: FixedEffectsFit, columns: list[int]) -> float:
    """Wald test that the coefficients of some columns are 0, with F on the clusters."""
    if not columns:
        return float("nan")
    some, clusters = fit.coef[columns], len(fit.coef_without)
    statistic = (
        some @ np.linalg.solve(fit.covariance[np.ix_(columns, columns)], some) / len(columns)
    )
    return float(stats.f.sf(statistic, len(columns), clusters - 1))
