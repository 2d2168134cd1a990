"""The effect of a visit against what would have happened anyway.

Poisson regression of weekly recordings with village and week effects and the opening backlog as
exposure; leads and lags of visits; standard errors clustered by village. The village effect takes
up that the team goes where recording is low, the week effect holidays and seasons. Leads are the
check of that: they should be near 1.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from ektp_analysis.refusal import Refusal

LEADS = 3
LAGS = 4
MIN_VILLAGES = 30
MIN_VISITS = 40


def event_study(
    panel: pd.DataFrame, outcome: str = "recorded_all", level: float = 0.95
) -> pd.DataFrame | Refusal:
    """Rate ratio of recording in the weeks around a visit.

    Parameters
    ----------
    panel
        From :func:`ektp_analysis.visits.weekly_panel`.
    outcome
        ``recorded_all``, or ``recorded_office`` for displacement.
    level
        Coverage of the interval.

    Returns
    -------
    DataFrame or Refusal
        ``k`` (int, weeks since the visit; negative before it), ``ratio``, ``lo``, ``hi``, ``p``,
        and in ``attrs`` the ``villages``, ``visits`` and ``weeks`` that it rests on. The reference
        are weeks farther from any visit. A Refusal with fewer than 30 villages or 40 visits:
        clustered errors need many clusters.
    """
    villages, visits = panel["village_code"].nunique(), int(panel["visited"].sum())
    if villages < MIN_VILLAGES or visits < MIN_VISITS:
        return Refusal(
            f"Pengaruh kunjungan tidak dihitung: perlu paling sedikit {MIN_VILLAGES} desa dan "
            f"{MIN_VISITS} kunjungan, ada {villages} desa dan {visits} kunjungan."
        )
    data = panel.sort_values(["village_code", "week"]).copy()
    by_village = data.groupby("village_code")["visited"]
    steps = [*range(-LEADS, 0), *range(LAGS + 1)]
    for k in steps:
        data[f"k{k}"] = by_village.shift(k)
    data = data.dropna()
    data = data[data["opening"] > 0]
    # a village or week without any event says nothing about rates and has no finite effect
    for key in ("village_code", "week"):
        data = data[data.groupby(key)[outcome].transform("sum") > 0]
    design = pd.concat(
        [
            data[[f"k{k}" for k in steps]],
            pd.get_dummies(data["village_code"], dtype=float),
            pd.get_dummies(data["week"].astype(str), dtype=float).iloc[:, 1:],
        ],
        axis=1,
    ).astype(float)
    groups = data["village_code"].astype("category").cat.codes
    fit = sm.GLM(
        data[outcome].astype(float),
        design,
        family=sm.families.Poisson(),
        exposure=data["opening"].astype(float),
    ).fit(cov_type="cluster", cov_kwds={"groups": groups})
    interval = fit.conf_int(alpha=1 - level)
    names = [f"k{k}" for k in steps]
    out = pd.DataFrame(
        {
            "k": steps,
            "ratio": np.exp(fit.params[names]).to_numpy(),
            "lo": np.exp(interval.loc[names, 0]).to_numpy(),
            "hi": np.exp(interval.loc[names, 1]).to_numpy(),
            "p": fit.pvalues[names].to_numpy(),
        }
    )
    out.attrs = {
        "villages": int(groups.nunique()),
        "visits": visits,
        "weeks": data["week"].nunique(),
    }
    return out
