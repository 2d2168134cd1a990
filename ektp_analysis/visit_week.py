"""The week of the visit with the recordings at the visit itself.

The ratio is that of the visits which were made: all recordings of their weeks over those that the same
weeks would have brought without them. How much the ratio differs between a remote village, where a
visit is half a year's work, and one near the office is no error of it (Abadie, Athey, Imbens and
Wooldridge, 2023, *Quarterly Journal of Economics* 138). Its errors are three, and independent: of
the rates common to all (jackknife), of the usual level of each visited village, and the luck of each visit.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.event_design import Design
from ektp_analysis.poisson import FixedEffectsFit, Floats, codes
from ektp_analysis.quasi_poisson import quasi_poisson
from ektp_analysis.visits import REPEAT_WEEKS

COLUMNS = ["k", "ratio", "lo", "hi", "p", "extra", "extra_lo", "extra_hi"]


def earlier_visits(panel: pd.DataFrame) -> pd.Series:
    """Visits to the same village in the 26 weeks before each week of a panel."""
    ordered = panel.sort_values(["village_code", "week"])
    past = ordered.groupby("village_code")["visited"].transform(
        lambda visited: visited.shift(fill_value=0).rolling(REPEAT_WEEKS, min_periods=1).sum()
    )
    return past.reindex(panel.index)


def with_visits(
    table: pd.DataFrame, fit: FixedEffectsFit, design: Design, y: Floats, level: float
) -> pd.DataFrame:
    """An event study's table in which the row of the visit's week has the recordings at the visit.

    Parameters
    ----------
    table
        Of recordings away from visits, with :data:`COLUMNS`; its row 0 is replaced.
    fit, design, y
        The regression behind it; the rows of the design have ``recorded_visit``, ``opening`` and
        ``earlier`` (:func:`earlier_visits`).
    level
        Coverage of the intervals.
    """
    now = design.steps.index(0)
    x, unit, units = design.x, design.unit, len(fit.unit)
    exposure = design.rows["exposure"].to_numpy(float)
    here = x[:, now] > 0

    def by_village(values: Floats) -> Floats:
        added: Floats = np.bincount(unit, weights=values, minlength=units).astype(float)
        return added

    total = by_village(y)

    def around_visits(coef: Floats, period: Floats) -> tuple[Floats, Floats]:
        """Recordings away from visits in the weeks of visits, without and with them, by village."""
        around = exposure * np.exp(period[design.period] + x @ coef)
        scale = total / by_village(around)
        own = around * scale[unit] * here
        usual = own * np.exp(-x[:, now] * coef[now])
        return by_village(usual), by_village(own)

    brought, trips = (
        float(design.rows["recorded_visit"].to_numpy(float)[here].sum()),
        x[:, now].sum(),
    )
    usual, own = around_visits(fit.coef, fit.period)
    all_of_week = own.sum() + brought
    middle = np.log(all_of_week / usual.sum())
    replicates = np.array(
        [
            np.log((other.sum() + brought) / alone.sum())
            for alone, other in map(around_visits, fit.coef_without, fit.period_without)
        ]
    )
    common = (units - 1) / units * ((replicates - middle) ** 2).sum()
    pull = own / all_of_week - usual / usual.sum()
    levels = (pull**2 * max(fit.dispersion, 1.0) / np.maximum(total, 1)).sum()
    luck = _luck(design.rows[here])
    error = float(np.sqrt(common + levels + luck / all_of_week**2))
    free = max(usual.sum() ** 2 / (usual**2).sum() - 1, 1.0)
    reach = float(stats.t.ppf(0.5 + level / 2, free))
    away, away_lo, away_hi = table[["extra", "extra_lo", "extra_hi"]].to_numpy(float)[now]
    half = np.hypot((away_hi - away_lo) / 2, reach * np.sqrt(luck) / trips)
    extra = away + brought / trips
    out = table.copy()
    out.loc[now, COLUMNS[1:]] = [
        np.exp(middle), np.exp(middle - reach * error), np.exp(middle + reach * error),
        2 * stats.t.sf(abs(middle) / error, free), extra, extra - half, extra + half,
    ]  # fmt: skip
    return out


def _luck(visits: pd.DataFrame) -> float:
    """Variance of the sum of recordings at some visits, given their villages: squared residuals of a
    regression on the backlog and on earlier visits."""
    recorded, backlog = visits["recorded_visit"].to_numpy(float), visits["opening"].to_numpy(float)
    found = np.maximum(backlog, 1.0)
    design = np.column_stack([np.ones(len(visits)), visits["earlier"].to_numpy(float)])
    try:
        fitted = quasi_poisson(recorded, design, found, codes(visits["village_code"])).fitted
    except np.linalg.LinAlgError:  # too few repeat visits
        fitted = found * recorded.sum() / found.sum()
    free = max(len(visits) - design.shape[1], 1)
    return float(((recorded - fitted) ** 2).sum() * len(visits) / free)
