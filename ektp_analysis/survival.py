"""Time from the 17th birthday to recording: Kaplan-Meier with right censoring and late entry.

Times are completed months ``m``; an event in completed month ``m`` happens by ``t = m + 1``, so
that who is recorded at once has survived no month. Only whole months count: the month in which the
data end is cut off (its events would be counted in full and its time only in part), and who moved
in during month ``e`` is at risk from ``e + 1`` on (left truncation).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from ektp_analysis.refusal import Refusal

MIN_PERSONS = 30
MIN_AT_RISK = 20
MIN_MONTH_PERSONS = 10


def complete_months(durations: pd.DataFrame) -> pd.DataFrame:
    """Histories cut to whole months under observation.

    Parameters
    ----------
    durations
        Rows with ``entry, duration, event, persons``; with ``as_of, birth_year, birth_month`` too,
        the last month is cut at the months that everybody of a birth month has completed.

    Returns
    -------
    DataFrame
        The rows at risk in at least one whole month, with ``start`` and ``stop`` (int, months;
        at risk in ``(start, stop]``) and ``event`` (bool, at ``stop``).
    """
    out = durations.copy()
    out["start"] = np.where(out["entry"] > 0, out["entry"] + 1, 0)
    out["stop"] = out["duration"] + 1
    event = out["event"].astype(bool)
    if {"as_of", "birth_year", "birth_month"} <= set(out.columns):
        moment = pd.to_datetime(out["as_of"])
        since = 12 * (moment.dt.year - out["birth_year"] - 17) + moment.dt.month
        followed = since - out["birth_month"] - 1
        # censored in the middle of a month: that month is not whole
        out["stop"] = out["stop"].where(event, out["duration"])
        event = event & (out["stop"] <= followed)
        out["stop"] = np.minimum(out["stop"], followed)
    out["event"] = event
    return out[out["stop"] > out["start"]].reset_index(drop=True)


def kaplan_meier(
    durations: pd.DataFrame, by: str | list[str] | None = None, level: float = 0.95
) -> pd.DataFrame | Refusal:
    """Share still unrecorded by month since the 17th birthday.

    Kaplan and Meier (1958) from counts; interval: exponential Greenwood (log-log). The tests hold it
    against lifelines to 1e-9; lifelines itself refuses risk sets that are empty for a while, as
    they are in a small village with late entries.

    Parameters
    ----------
    durations
        Table ``durations`` at one date; cut by :func:`complete_months`.
    by
        Keys to split by: ``sex``, ``birth_year`` or both; groups under 30 persons are left out.
    level
        Coverage of the interval.

    Returns
    -------
    DataFrame or Refusal
        ``group`` (str, the keys with a space between; "" without ``by``), ``month`` (int),
        ``unrecorded`` (float share), ``lo``, ``hi``, ``at_risk`` (int, persons), as far as 20
        persons are at risk.
    """
    whole = complete_months(durations)
    keys = [by] if isinstance(by, str) else by or []
    groups = [((), whole)] if not keys else list(whole.groupby(keys))
    frames = []
    for name, group in groups:
        if group["persons"].sum() < MIN_PERSONS:
            continue
        frames.append(_curve(group, level).assign(group=" ".join(str(part) for part in name)))
    frames = [frame for frame in frames if len(frame)]
    if not frames:
        return Refusal(
            f"Terlalu sedikit warga (kurang dari {MIN_PERSONS}) untuk menghitung waktu sampai perekaman."
        )
    columns = ["group", "month", "unrecorded", "lo", "hi", "at_risk"]
    return pd.concat(frames, ignore_index=True)[columns]


def _curve(whole: pd.DataFrame, level: float) -> pd.DataFrame:
    steps = _product_limit(whole)
    steps = steps[(steps["at_risk"] >= MIN_AT_RISK).cummin()]
    share = steps["unrecorded"].to_numpy()
    inside = (share > 0) & (share < 1)
    lo, hi = share.copy(), share.copy()
    log = np.log(share[inside])
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(steps["summed"].to_numpy()[inside]) / log
    lo[inside], hi[inside] = share[inside] ** np.exp(-half), share[inside] ** np.exp(half)
    # once everybody is recorded the formula has no interval: the one before stays an upper bound
    for row in np.flatnonzero(share == 0):
        hi[row] = hi[row - 1] if row else 1.0
    first = int(steps["at_risk"].iloc[0]) if len(steps) else 0
    out = pd.DataFrame(
        {
            "month": steps["month"],
            "unrecorded": share,
            "lo": lo,
            "hi": hi,
            "at_risk": steps["at_risk"],
        }
    )
    zero = pd.DataFrame(
        {"month": [0], "unrecorded": [1.0], "lo": [1.0], "hi": [1.0], "at_risk": [first]}
    )
    return pd.concat([zero, out], ignore_index=True) if len(out) else zero


def share_recorded(curve: pd.DataFrame, month: int) -> dict[str, tuple[float, float, float]]:
    """Share recorded within some months of the 17th birthday, by group: (share, lo, hi).

    A group whose curve ends earlier is left out.
    """
    out = {}
    for name, group in curve.groupby("group"):
        if group["month"].max() < month:
            continue
        row = group[group["month"] <= month].iloc[-1]
        out[str(name)] = (1 - row["unrecorded"], 1 - row["hi"], 1 - row["lo"])
    return out


def median_month(curve: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Month by which half are recorded, by group: (median, lo, hi), missing where not reached.

    Interval after Brookmeyer and Crowley (1982): the months at which the bounds of the curve pass
    one half.
    """

    def first(group: pd.DataFrame, column: str) -> float:
        under = group.loc[group[column] <= 0.5, "month"]
        return float(under.iloc[0]) if len(under) else float("nan")

    return {
        str(name): (first(g, "unrecorded"), first(g, "lo"), first(g, "hi"))
        for name, g in curve.groupby("group")
    }


def recorded_by_birth_month(
    durations: pd.DataFrame, cohort_year: int, months: tuple[int, ...] = (1, 3, 6, 12)
) -> pd.DataFrame:
    """Share of one cohort recorded within some months of the birthday, by month of the birthday.

    Parameters
    ----------
    durations
        Table ``durations`` at one date.
    cohort_year
        Birth year.
    months
        Whole months since the 17th birthday.

    Returns
    -------
    DataFrame
        ``birth_month`` (int), ``persons`` (int, under observation), ``within`` (int, months),
        ``share, lo, hi`` (Kaplan-Meier; 95% Wilson on the effective number at risk). Only months
        that the whole birth month has completed, and birth months of at least ten persons.
    """
    cohort = durations[durations["birth_year"] == cohort_year]
    whole = complete_months(cohort)
    rows = []
    for birth_month, group in whole.groupby("birth_month"):
        persons = int(group["persons"].sum())
        if persons < MIN_MONTH_PERSONS:
            continue
        followed = int(group["stop"].max())
        steps = _product_limit(group)
        for within in months:
            if within > followed or within > len(steps):
                continue
            row = steps.iloc[within - 1]
            share = 1 - float(row["unrecorded"])
            spread = float(row["unrecorded"] ** 2 * row["summed"])
            effective = share * (1 - share) / spread if spread > 0 else float(persons)
            lo, hi = proportion_confint(share * effective, effective, method="wilson")
            rows.append((int(str(birth_month)), persons, within, share, lo, hi))
    names = ["birth_month", "persons", "within", "share", "lo", "hi"]
    return pd.DataFrame(rows, columns=names).astype(
        {"birth_month": int, "persons": int, "within": int}
    )


def _product_limit(whole: pd.DataFrame) -> pd.DataFrame:
    """Kaplan-Meier after each month while any are at risk: ``month, at_risk, events`` (int),
    ``unrecorded`` and Greenwood's sum ``summed`` (float)."""
    start, stop, persons = (whole[c].to_numpy() for c in ("start", "stop", "persons"))
    event = whole["event"].to_numpy(bool)
    months = np.arange(1, int(stop.max()) + 1 if len(stop) else 1)
    # who is at risk in month t: entered before it, and still there
    entered = np.bincount(start, weights=persons, minlength=len(months) + 1).cumsum()
    left = np.bincount(stop, weights=persons, minlength=len(months) + 1).cumsum()
    at_risk = entered[: len(months)] - left[: len(months)]
    events = np.bincount(stop[event], weights=persons[event], minlength=len(months) + 1)[1:]
    known = np.logical_and.accumulate(at_risk > 0)
    months, at_risk, events = months[known], at_risk[known], events[known]
    with np.errstate(divide="ignore"):
        terms = np.where(events < at_risk, events / (at_risk * (at_risk - events)), 0.0)
    return pd.DataFrame(
        {
            "month": months,
            "at_risk": at_risk.astype(int),
            "events": events.astype(int),
            "unrecorded": np.cumprod(1 - events / at_risk),
            "summed": np.cumsum(terms),
        }
    )
