"""The effect of a visit against what would have happened anyway, week by week around it.

Poisson regression of weekly recordings with village and week effects and the opening backlog,
its age groups weighted by how fast they record on their own, as exposure; leads and lags of visits; errors clustered by village (:mod:`ektp_analysis.poisson`). The
village effect takes up that the team goes where recording is low, the week effect holidays and
seasons. Leads are the check of that: they should be near 1.

Recordings at the visit itself are set against the rate of recording elsewhere, and stay out of the
regression: a visit brings as much as half a year of a remote village and little beside a near one's,
so that one common ratio would bend the village effects (5% too high on simulated data). The ratio of
that week is total recordings over usual ones, as in imputation estimators (Borusyak, Jaravel and
Spiess, 2024, *Review of Economic Studies* 91).
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
    codes,
    fixed_effects_poisson,
    jackknife_covariance,
)
from ektp_analysis.refusal import Refusal

LEADS = 3
LAGS = 4
MIN_VILLAGES = 30
MIN_VISITS = 40
MIN_VISITED = 10
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
    return _design(data.dropna() if trim else data.fillna(0), outcome, steps)


def _design(data: pd.DataFrame, outcome: str, steps: list[int]) -> Design:
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
        unit=codes(data["village_code"]),
        period=codes(data["week"]),
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
        the ``villages``, ``visited_villages``, ``visits`` and ``weeks`` that it rests on,
        ``visits_before`` (up to the first snapshot, not used), the ``dispersion``, and ``leads_p``: the test that all leads are 1. The reference are weeks
        farther from any visit. A Refusal with fewer than 30 villages or 40 visits: clustered
        errors need many clusters.
    """
    refusal = too_few(panel)
    if refusal:
        return refusal
    steps = [*range(-LEADS, 0), *range(LAGS + 1)]
    apart = outcome == "recorded_all" and "recorded_visit" in panel
    if apart:
        panel = panel.assign(recorded_own=panel["recorded_all"] - panel["recorded_visit"])
        outcome = "recorded_own"
    design = event_design(panel, outcome, steps, trim=True)
    counts = design.rows[outcome].to_numpy(float)
    silent = [k for i, k in enumerate(steps) if counts[design.x[:, i] > 0].sum() == 0]
    visited = design.rows.groupby("village_code")["k0"].sum()
    if 0 in silent or (visited > 0).sum() < MIN_VISITED:
        return Refusal(
            "Pengaruh kunjungan tidak dihitung: terlalu sedikit desa yang dikunjungi di antara "
            "minggu-minggu yang lengkap sebelum dan sesudahnya."
        )
    if silent:
        # a step without any event has no finite ratio; its rows must not count as usual weeks
        kept = (design.rows[[f"k{k}" for k in silent]] == 0).all(axis=1)
        design = _design(design.rows[kept], outcome, [k for k in steps if k not in silent])
    y, exposure = (design.rows[c].to_numpy(float) for c in (outcome, "exposure"))
    try:
        fit = fixed_effects_poisson(y, design.x, exposure, design.unit, design.period)
    except np.linalg.LinAlgError:
        return Refusal(
            "Pengaruh kunjungan tidak dihitung: datanya tidak dapat memisahkan pengaruh."
        )
    table = _summarise(fit, design, y, level)
    if apart:
        table = _with_visits(table, fit, design, y, level)
    out = table.set_index("k").reindex(steps).reset_index()[COLUMNS]
    leads = [i for i, k in enumerate(design.steps) if k < 0]
    out.attrs = {
        "villages": int(design.unit.max()) + 1,
        "visited_villages": int((visited > 0).sum()),
        "visits": int(panel["visited"].sum()),
        "visits_before": int(panel.attrs.get("visits_before", 0)),
        "weeks": int(design.period.max()) + 1,
        "dispersion": fit.dispersion,
        "leads_p": _joint_p(fit, leads),
    }
    return out


def _summarise(fit: FixedEffectsFit, design: Design, y: Floats, level: float) -> pd.DataFrame:
    carriers = np.array([len(np.unique(design.unit[column > 0])) for column in design.x.T])
    error = np.sqrt(np.diag(fit.covariance))
    free = np.maximum(carriers - 1, 1)
    reach = stats.t.ppf(0.5 + level / 2, free)
    extra, without = _extra(fit, design, y)
    extra_error = np.sqrt(np.diag(jackknife_covariance(extra, without)))
    return pd.DataFrame(
        {
            "k": design.steps,
            "ratio": np.exp(fit.coef),
            "lo": np.exp(fit.coef - reach * error),
            "hi": np.exp(fit.coef + reach * error),
            "p": 2 * stats.t.sf(np.abs(fit.coef) / error, free),
            "extra": extra,
            "extra_lo": extra - reach * extra_error,
            "extra_hi": extra + reach * extra_error,
        }
    )


def _with_visits(
    table: pd.DataFrame, fit: FixedEffectsFit, design: Design, y: Floats, level: float
) -> pd.DataFrame:
    """The row of the visit's week with the recordings at the visit added; with replicates."""
    now = design.steps.index(0)
    x, unit, units = design.x, design.unit, len(fit.unit)
    exposure = design.rows["exposure"].to_numpy(float)
    here = x[:, now] > 0
    total = np.bincount(unit, weights=y, minlength=units)
    brought = np.bincount(
        unit, weights=design.rows["recorded_visit"].to_numpy(float) * here, minlength=units
    )
    trips = np.bincount(unit, weights=x[:, now], minlength=units)

    def ratio(coef: Floats, period: Floats, kept: Floats) -> float:
        around = exposure * np.exp(period[design.period] + x @ coef)
        scale = total / np.bincount(unit, weights=around, minlength=units)
        alone = around * scale[unit] * np.exp(-x[:, now] * coef[now]) * here
        usual = np.bincount(unit, weights=alone, minlength=units)
        gain = np.bincount(unit, weights=alone * np.expm1(x[:, now] * coef[now]), minlength=units)
        return float(1 + (kept @ (gain + brought)) / (kept @ usual))

    if not brought.sum():
        return table
    all_units = np.ones(units)
    middle = np.log(ratio(fit.coef, fit.period, all_units))
    without, per_visit = np.full(units, middle), np.full(units, brought.sum() / trips.sum())
    for g in np.flatnonzero(total > 0):
        kept = all_units.copy()
        kept[g] = 0
        if kept @ brought > 0:
            without[g] = np.log(ratio(fit.coef_without[g], fit.period_without[g], kept))
            per_visit[g] = (kept @ brought) / (kept @ trips)
    free = max(int((trips > 0).sum()) - 1, 1)
    reach = stats.t.ppf(0.5 + level / 2, free)

    def spread(replicates: Floats, value: float) -> float:
        return float(np.sqrt((units - 1) / units * ((replicates - value) ** 2).sum()))

    error = spread(without, middle)
    mean = float(brought.sum() / trips.sum())
    own, own_lo, own_hi = table[["extra", "extra_lo", "extra_hi"]].to_numpy(float)[now]
    half = np.hypot((own_hi - own_lo) / 2, reach * spread(per_visit, mean))
    extra = own + mean
    out = table.copy()
    out.loc[now, COLUMNS[1:]] = [
        np.exp(middle), np.exp(middle - reach * error), np.exp(middle + reach * error),
        2 * stats.t.sf(abs(middle) / error, free), extra, extra - half, extra + half,
    ]  # fmt: skip
    return out


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
