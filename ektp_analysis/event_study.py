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

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.event_design import Design, event_design, informative_rows
from ektp_analysis.poisson import (
    FixedEffectsFit,
    Floats,
    fixed_effects_poisson,
    jackknife_covariance,
)
from ektp_analysis.refusal import Refusal
from ektp_analysis.visit_week import COLUMNS, earlier_visits, with_visits

LEADS = 3
LAGS = 4
MIN_VILLAGES = 30
MIN_VISITS = 40
MIN_VISITED = 10


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
        usual week of the same villages). The row of the visit's week is about the visits that were
        made (:mod:`ektp_analysis.visit_week`). Missing where nobody was recorded at a step. In ``attrs``
        the ``villages``, ``visited_villages``, ``visits`` and ``weeks`` that it rests on,
        ``visits_before`` (up to the first snapshot, not used), the ``dispersion``, and ``leads_p``:
        the test that all leads are 1. The reference are weeks
        farther from any visit. A Refusal with fewer than 30 villages or 40 visits: clustered
        errors need many clusters.
    """
    refusal = too_few(panel)
    if refusal:
        return refusal
    steps = [*range(-LEADS, 0), *range(LAGS + 1)]
    apart = outcome == "recorded_all" and "recorded_visit" in panel
    if apart:
        panel = panel.assign(
            recorded_own=panel["recorded_all"] - panel["recorded_visit"],
            earlier=earlier_visits(panel),
        )
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
        design = informative_rows(design.rows[kept], outcome, [k for k in steps if k not in silent])
    y, exposure = (design.rows[c].to_numpy(float) for c in (outcome, "exposure"))
    try:
        fit = fixed_effects_poisson(y, design.x, exposure, design.unit, design.period)
    except np.linalg.LinAlgError:
        return Refusal(
            "Pengaruh kunjungan tidak dihitung: datanya tidak dapat memisahkan pengaruh."
        )
    table = _summarise(fit, design, y, level)
    if apart and design.rows.loc[design.rows["k0"] > 0, "recorded_visit"].sum():
        table = with_visits(table, fit, design, y, level)
    out = table.set_index("k").reindex(steps).reset_index()[COLUMNS]
    leads = [i for i, k in enumerate(design.steps) if k < 0]
    out.attrs = {
        "villages": int(design.unit.max()) + 1,
        "visited_villages": int((visited > 0).sum()),
        "visits": int(panel["visited"].sum()),
        "visits_before": int(panel.attrs.get("visits_before", 0)),
        "weeks": int(design.period.max()) + 1,
        "dispersion": fit.dispersion,
        "leads_p": _joint_p(fit, leads, _effective_villages(fit, design)),
    }
    return out


def _effective_villages(fit: FixedEffectsFit, design: Design) -> Floats:
    """Number of equal villages that would tell as much of each step as those of the panel.

    A few near the office carry most of the recordings around visits (Carter, Schnepel and
    Steigerwald, 2017, *Review of Economics and Statistics* 99).
    """
    carried = np.stack(
        [
            np.bincount(design.unit, weights=fit.fitted * (column > 0), minlength=len(fit.unit))
            for column in design.x.T
        ]
    )
    effective: Floats = carried.sum(axis=1) ** 2 / (carried**2).sum(axis=1)
    return effective


def _summarise(fit: FixedEffectsFit, design: Design, y: Floats, level: float) -> pd.DataFrame:
    error = fit.errors
    free = np.maximum(_effective_villages(fit, design) - 1, 1)
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


def _joint_p(fit: FixedEffectsFit, columns: list[int], effective: Floats) -> float:
    """Wald test that the coefficients of some columns are 0, with F on the effective villages."""
    if not columns:
        return float("nan")
    some, free = fit.coef[columns], max(float(effective[columns].min()) - 1, 1.0)
    statistic = (
        some @ np.linalg.solve(fit.covariance[np.ix_(columns, columns)], some) / len(columns)
    )
    return float(stats.f.sf(statistic, len(columns), free))
