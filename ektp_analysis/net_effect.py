"""What visits added, net of the office recordings that would have come anyway.

The question is a comparison of two paths of one village: as it went, and without any visit. From
the Poisson regression with village and week effects comes the weekly rate at which residents record
on their own; without visits that rate would have met the residents whom visits recorded as well.
With ``D`` the residents that the village would now have unrecorded beyond those that it has,

    D(t+1) = D(t) (1 - own rate - leaving rate) + visit recordings - own recordings that stayed away

where those that stayed away around a visit are ``own rate x backlog x (1 - ratio)``. The three age
groups of :data:`ektp_analysis.visits.AGES` are followed apart, since the young record on their own
much faster. ``D`` at the
date of the data is the net effect; visit recordings less ``D`` is what would have come anyway
(displacement). Intervals: delete-one-village jackknife of the net share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ektp_analysis.event_design import Design, event_design
from ektp_analysis.event_study import LAGS, too_few
from ektp_analysis.poisson import FixedEffectsFit, Floats, fixed_effects_poisson
from ektp_analysis.refusal import Refusal
from ektp_analysis.visits import AGES

MIN_DISTRICT_VISITS = 5
MIN_DISTRICT_VILLAGES = 3


@dataclass(frozen=True)
class NetEffect:
    """What visits brought up to the date of the data; persons.

    Attributes
    ----------
    visits, villages
        Number of visits and of villages visited.
    recorded
        Recorded at visits; a count.
    net, net_lo, net_hi
        More recorded residents than without visits.
    displaced, displaced_lo, displaced_hi
        Would have recorded on their own by now: ``recorded - net``.
    level
        Coverage of the intervals.
    """

    visits: int
    villages: int
    recorded: int
    net: float
    net_lo: float
    net_hi: float
    level: float

    @property
    def displaced(self) -> float:
        """Visit recordings that would have come anyway by now."""
        return self.recorded - self.net

    @property
    def displaced_lo(self) -> float:
        """Lower end."""
        return self.recorded - self.net_hi

    @property
    def displaced_hi(self) -> float:
        """Upper end."""
        return self.recorded - self.net_lo

    @property
    def share(self) -> tuple[float, float, float]:
        """Net share of the visit recordings with its interval."""
        return (self.net / self.recorded, self.net_lo / self.recorded, self.net_hi / self.recorded)


def net_effect(
    panel: pd.DataFrame, district: str | None = None, level: float = 0.95
) -> NetEffect | Refusal:
    """Net effect of all visits in the panel, or of those in one kecamatan.

    Parameters
    ----------
    panel
        From :func:`ektp_analysis.visits.weekly_panel`, of the whole kabupaten.
    district
        Kecamatan (code) whose visits are counted; all by default. The rates come from the whole
        kabupaten; the spread between its villages gives the uncertainty of the few.
    level
        Coverage of the intervals.

    Returns
    -------
    NetEffect or Refusal
        A Refusal with too few villages or visits in the kabupaten (see
        :func:`ektp_analysis.event_study.event_study`), or with fewer than 5 visits or 3 visited
        villages in the kecamatan.
    """
    own = panel.assign(recorded_own=panel["recorded_all"] - panel["recorded_visit"])
    own.attrs = panel.attrs
    chosen = own if district is None else own[own["village_code"].str.startswith(district)]
    trips = chosen.groupby("village_code")["visited"].sum()
    visits, villages = int(trips.sum()), int((trips > 0).sum())
    refusal = too_few(panel)
    if refusal:
        return refusal
    if district is not None and (visits < MIN_DISTRICT_VISITS or villages < MIN_DISTRICT_VILLAGES):
        return Refusal(
            f"Hasil bersih kunjungan di kecamatan ini tidak dihitung: perlu paling sedikit "
            f"{MIN_DISTRICT_VISITS} kunjungan di {MIN_DISTRICT_VILLAGES} desa/kelurahan, "
            f"ada {visits} kunjungan di {villages}."
        )
    table = village_net(own)
    if isinstance(table, Refusal):
        return table
    recorded = table["recorded"].to_numpy(float)
    net = table["net"].to_numpy(float)
    if recorded.sum() == 0:
        return Refusal("Kunjungan dalam data ini tidak merekam siapa pun.")
    share = net.sum() / recorded.sum()
    without: Floats = table.attrs["share_without"]
    clusters = len(without)
    error = float(np.sqrt((clusters - 1) / clusters * ((without - share) ** 2).sum()))
    carriers = int((recorded > 0).sum())
    reach = float(stats.t.ppf(0.5 + level / 2, max(carriers - 1, 1)))
    if district is not None:
        here = table["village_code"].str.startswith(district).to_numpy()
        there = recorded > 0
        gaps = (net - share * recorded)[there] ** 2 / recorded[there]
        spread = gaps.sum() / max(carriers - 1, 1)
        share = net[here].sum() / recorded[here].sum() if recorded[here].sum() else share
        error = float(np.sqrt(error**2 + spread / max(recorded[here].sum(), 1)))
        recorded = recorded[here]
    total = int(recorded.sum())
    if total == 0:
        return Refusal("Kunjungan di kecamatan ini tidak merekam siapa pun.")
    return NetEffect(
        visits=visits,
        villages=villages,
        recorded=total,
        net=share * total,
        net_lo=(share - reach * error) * total,
        net_hi=(share + reach * error) * total,
        level=level,
    )


def village_net(own: pd.DataFrame) -> pd.DataFrame | Refusal:
    """Visit recordings and net effect of each village.

    Parameters
    ----------
    own
        A weekly panel with ``recorded_own`` (recordings away from visits).

    Returns
    -------
    DataFrame or Refusal
        ``village_code, recorded`` (int), ``net`` (float); ``attrs["share_without"]``: the net share
        of all without each village of the regression.
    """
    steps = list(range(LAGS + 1))
    design = event_design(own, "recorded_own", steps, trim=False)
    rows = design.rows
    y = rows["recorded_own"].to_numpy(float)
    known = [j for j in steps if y[design.x[:, j] > 0].sum() > 0]
    if not known:
        return Refusal(
            "Hasil bersih tidak dihitung: tidak ada perekaman di kantor di sekitar kunjungan."
        )
    try:
        fit = fixed_effects_poisson(
            y, design.x[:, known], rows["exposure"].to_numpy(float), design.unit, design.period
        )
    except np.linalg.LinAlgError:
        return Refusal("Hasil bersih tidak dihitung: datanya tidak dapat memisahkan pengaruh.")
    return _accumulate(own, design, fit, known, y)


def _accumulate(
    own: pd.DataFrame, design: Design, fit: FixedEffectsFit, known: list[int], y: Floats
) -> pd.DataFrame:
    rows = design.rows
    codes = sorted(own["village_code"].unique())
    weeks = sorted(own["week"].unique())
    shape = (len(codes), len(weeks))

    def square(column: pd.Series) -> Floats:
        wide = column.groupby([own["village_code"], own["week"]]).sum().unstack(fill_value=0)
        return wide.reindex(index=codes, columns=weeks, fill_value=0).to_numpy(float)

    opening, exposure_at = square(own["opening"]), square(own["exposure"])
    visited = np.stack([square(own[f"visit_{age}"]) for age in AGES])
    speed = np.array([own.attrs["age_ratios"][age] for age in AGES])[:, None]
    years = pd.DatetimeIndex(weeks).year
    leaving = np.divide(square(own["gone"]), opening, out=np.zeros(shape), where=opening > 0)
    around = [
        np.concatenate([np.zeros((shape[0], k)), square(own["visited"])[:, : shape[1] - k]], axis=1)
        for k in known
    ]
    # villages and weeks without any own recording are not in the regression: their rate is 0
    unit_codes = rows["village_code"].astype("category").cat.categories
    period_weeks = rows["week"].astype("category").cat.categories
    place = np.array([codes.index(c) for c in unit_codes])
    moment = np.array([weeks.index(w) for w in period_weeks])
    total = np.bincount(design.unit, weights=y)
    exposure = rows["exposure"].to_numpy(float)
    x = design.x[:, known]

    def net(coef: Floats, period: Floats) -> Floats:
        usual = np.exp(x @ coef + period[design.period]) * exposure
        level = total / np.bincount(design.unit, weights=usual)
        rate = np.zeros(shape)
        rate[np.ix_(place, moment)] = level[:, None] * np.exp(period)[None, :]
        log_ratio = sum(c * a for c, a in zip(coef, around, strict=True))
        away = rate * exposure_at * (1 - np.exp(log_ratio))
        gap = np.zeros((len(AGES), shape[0]))
        for t in range(shape[1]):
            if t and years[t] > years[t - 1]:  # a year older
                gap = np.stack([np.zeros(shape[0]), gap[0], gap[1] + gap[2]])
            stay = np.clip(1 - rate[:, t] * speed - leaving[:, t], 0, 1)
            # those who stayed away are taken from the old: it matters for a few weeks only
            gap = gap * stay + visited[:, :, t]
            gap[-1] -= away[:, t]
        summed: Floats = gap.sum(axis=0)
        return summed

    recorded = visited.sum(axis=(0, 2))
    estimate = net(fit.coef, fit.period)
    without = np.empty(len(fit.unit))
    for g in range(len(without)):
        left = np.ones(shape[0], bool)
        left[place[g]] = False
        gaps = net(fit.coef_without[g], fit.period_without[g])
        without[g] = gaps[left].sum() / max(recorded[left].sum(), 1)
    out = pd.DataFrame({"village_code": codes, "recorded": recorded.astype(int), "net": estimate})
    out.attrs = {"share_without": without}
    return out
