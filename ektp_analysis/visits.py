"""What visits brought: yield of each, and the weekly panel of villages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from ektp_analysis.backlog import place_names
from ektp_analysis.refusal import Refusal

REPEAT_WEEKS = 26
MIN_SUMMARY_VISITS = 5


def visit_yield(visits: pd.DataFrame, stock: pd.DataFrame) -> pd.DataFrame:
    """Each visit with what it found and what it brought.

    Parameters
    ----------
    visits, stock
        Tables of the store.

    Returns
    -------
    DataFrame
        One row per visit by date: ``visit_id, date, village_code, name, backlog`` (Int64,
        unrecorded in the village at the last snapshot before the visit; missing without one),
        ``recorded`` (int), ``share`` (float, recorded / backlog), ``share_lo, share_hi``
        (95% Wilson), ``staff_hours`` (float), ``per_staff_hour`` (float), ``repeat`` (int, earlier
        visits in the 26 weeks before), ``reason`` (str).
    """
    out = visits.sort_values("date", kind="stable", ignore_index=True)
    levels = (
        stock.groupby(["as_of", "village_code"])["unrecorded"].sum().rename("backlog").reset_index()
    )
    levels = levels.rename(columns={"as_of": "seen"}).sort_values("seen")
    out["date"], levels["seen"] = (
        f.astype("datetime64[ns]") for f in (out["date"], levels["seen"])
    )
    merged = pd.merge_asof(
        out, levels, left_on="date", right_on="seen", by="village_code", allow_exact_matches=False
    )
    merged["backlog"] = merged["backlog"].astype("Int64")
    base = merged["backlog"].astype(float)
    known = base > 0
    merged["share"] = (merged["recorded"] / base).where(known).clip(upper=1)
    lo = np.full(len(merged), np.nan)
    hi = lo.copy()
    if known.any():
        count = np.minimum(merged.loc[known, "recorded"], base[known])
        lo[known], hi[known] = proportion_confint(count, base[known], method="wilson")
    merged["share_lo"], merged["share_hi"] = lo, hi
    hours = (merged["end"] - merged["start"]).astype("Float64") / 60
    merged["staff_hours"] = (hours * merged["staff"].astype("Float64")).astype(float)
    merged["per_staff_hour"] = (merged["recorded"] / merged["staff_hours"]).where(
        merged["staff_hours"] > 0
    )
    merged["repeat"] = _earlier_visits(merged)
    merged["name"] = merged["village_code"].map(place_names("village_code"))
    return merged[
        ["visit_id", "date", "village_code", "name", "backlog", "recorded", "share", "share_lo",
         "share_hi", "staff_hours", "per_staff_hour", "repeat", "reason"]
    ]  # fmt: skip


def _earlier_visits(visits: pd.DataFrame) -> pd.Series:
    counts = pd.Series(0, index=visits.index)
    for _, group in visits.groupby("village_code"):
        days = group["date"].to_numpy()
        recent = (days[:, None] > days[None, :]) & (
            days[:, None] - days[None, :] <= np.timedelta64(7 * REPEAT_WEEKS, "D")
        )
        counts[group.index] = recent.sum(axis=1)
    return counts


AGES = ["17", "18", "19+"]
"""Age reached in the calendar year of the week: own recording is fastest just after 17."""
OWN = ["recorded_office", "recorded_other"]


def age_group(week: pd.Series, birth_year: pd.Series) -> pd.Series:
    """Group of :data:`AGES` of a birth year in a week; early-married residents count as 17."""
    age = pd.to_datetime(week).dt.year - birth_year
    return pd.Series(np.select([age <= 17, age == 18], AGES[:2], AGES[2]), index=birth_year.index)


def weekly_ages(stock: pd.DataFrame, flow: pd.DataFrame) -> pd.DataFrame:
    """Village × week × age group: opening backlog, own and visit recordings.

    Returns
    -------
    DataFrame
        ``village_code, week, age`` (str, :data:`AGES`), ``opening, own, recorded_visit`` (int);
        all groups of each village and week with a snapshot before.
    """
    weeks = np.sort(stock["as_of"].unique())
    following = pd.Series(weeks[1:], index=weeks[:-1], dtype="datetime64[ns]")
    before = stock[stock["unrecorded"] > 0].assign(week=stock["as_of"].map(following))
    before = before.dropna(subset=["week"])
    level = before.assign(age=age_group(before["week"], before["birth_year"])).groupby(
        ["week", "village_code", "age"]
    )["unrecorded"].sum()  # fmt: skip
    moves = flow.assign(own=flow[OWN].sum(axis=1), age=age_group(flow["week"], flow["birth_year"]))
    counts = moves.groupby(["week", "village_code", "age"])[["own", "recorded_visit"]].sum()
    grid = pd.MultiIndex.from_product(
        [weeks[1:], np.sort(stock["village_code"].unique()), AGES],
        names=["week", "village_code", "age"],
    )
    out = pd.DataFrame(index=grid).join(level.rename("opening")).join(counts)
    return out.fillna(0).astype("int64").reset_index()


def age_ratios(ages: pd.DataFrame, groups: Sequence[str] = AGES) -> dict[str, float]:
    """Own recording rate of each group in column ``age`` relative to the last, within villages.

    Mantel and Haenszel's ratio of person-time rates (Greenland and Robins, 1985, *Biometrics* 41),
    with the villages as strata. 1 for a group that has no recording or no time.
    """
    if ages.empty:
        return dict.fromkeys(groups, 1.0)
    total = ages.groupby(["village_code", "age"])[["own", "opening"]].sum().unstack("age")
    out = {}
    for age in groups:
        own, base = total[("own", age)], total[("own", groups[-1])]
        time, base_time = total[("opening", age)], total[("opening", groups[-1])]
        both = (time + base_time).where(time + base_time > 0, 1)
        top, bottom = float((own * base_time / both).sum()), float((base * time / both).sum())
        out[age] = top / bottom if top > 0 and bottom > 0 else 1.0
    return out


def weekly_panel(stock: pd.DataFrame, flow: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Village × week with its opening backlog, recordings and visits, for the event study.

    Returns
    -------
    DataFrame
        ``village_code, week, opening`` (int, unrecorded a week before), ``exposure`` (float, the
        same with the age groups weighted by :func:`age_ratios`), ``recorded_all, recorded_office,
        recorded_visit`` (int), ``gone`` (int, moved out or died unrecorded), ``visited`` (int,
        visits in the week), and for each group of :data:`AGES` ``visit_17`` … (int, recorded at
        visits); weeks with a snapshot before. ``attrs["age_ratios"]`` are the weights,
        ``attrs["visits_before"]`` the visits up to the first snapshot, which are in no such week.
    """
    ages = weekly_ages(stock, flow)
    ratios = age_ratios(ages)
    keys = ["village_code", "week"]
    ages["exposure"] = ages["opening"] * ages["age"].map(ratios)
    panel = ages.groupby(keys)[["opening", "exposure"]].sum()
    by_age = ages.set_index([*keys, "age"])["recorded_visit"].unstack("age").reindex(columns=AGES)
    panel = panel.join(by_age.add_prefix("visit_"))
    moved = flow.groupby(keys)[[*OWN, "recorded_visit", "moved_out", "died"]].sum()
    panel = panel.join(moved)
    counts = [str(c) for c in panel if c != "exposure"]
    panel[counts] = panel[counts].fillna(0).astype("int64")
    panel["recorded_all"] = panel[[*OWN, "recorded_visit"]].sum(axis=1)
    panel["gone"] = panel["moved_out"] + panel["died"]
    panel = panel.reset_index()
    weeks = np.sort(stock["as_of"].unique())
    place = np.searchsorted(weeks, visits["date"].to_numpy(dtype="datetime64[ns]"))
    inside = place < len(weeks)
    trips = pd.DataFrame(
        {"week": weeks[place[inside]], "village_code": visits["village_code"].to_numpy()[inside]}
    )
    counted = trips.groupby(["week", "village_code"]).size().rename("visited").reset_index()
    panel = panel.merge(counted, how="left", on=["week", "village_code"])
    panel["visited"] = panel["visited"].fillna(0).astype("int64")
    columns = ["village_code", "week", "opening", "exposure", "recorded_all", "recorded_office",
               "recorded_visit", "gone", "visited", *(f"visit_{a}" for a in AGES)]  # fmt: skip
    out = panel[columns].sort_values(["village_code", "week"], ignore_index=True)
    out.attrs = {"age_ratios": ratios, "visits_before": int((place == 0).sum())}
    return out


def yield_summary(yields: pd.DataFrame, level: float = 0.95) -> pd.DataFrame | Refusal:
    """Mean yield per visit, per staff-hour and as share of the backlog, with intervals.

    Each is a ratio of sums; its interval is the delete-one-village jackknife with Student's t on
    the villages, so that a village visited often counts as one piece of evidence.

    Parameters
    ----------
    yields
        From :func:`visit_yield`.
    level
        Coverage of the intervals.

    Returns
    -------
    DataFrame or Refusal
        One row: ``visits, villages, recorded`` (int), ``per_visit, share, per_hour`` (float) each
        with ``_lo`` and ``_hi``; share and per_hour are missing where no visit has what they need.
        A Refusal with fewer than five visits or three villages.
    """
    villages = yields["village_code"].nunique()
    if len(yields) < MIN_SUMMARY_VISITS or villages < 3:
        return Refusal(
            f"Rata-rata hasil kunjungan tidak dihitung: perlu paling sedikit {MIN_SUMMARY_VISITS} "
            f"kunjungan di 3 desa/kelurahan, baru ada {len(yields)} kunjungan."
        )
    one = pd.Series(1.0, index=yields.index)
    row: dict[str, float] = {
        "visits": len(yields),
        "villages": villages,
        "recorded": int(yields["recorded"].sum()),
    }
    bases = {
        "per_visit": one,
        "share": yields["backlog"].astype(float),
        "per_hour": yields["staff_hours"].astype(float),
    }
    for name, base in bases.items():
        known = base > 0
        row |= _ratio(yields.loc[known, "recorded"], base[known], yields.loc[known, "village_code"], name, level)  # fmt: skip
    return pd.DataFrame([row]).astype({"visits": int, "villages": int, "recorded": int})


def _ratio(
    top: pd.Series, bottom: pd.Series, village: pd.Series, name: str, level: float
) -> dict[str, float]:
    sums = pd.DataFrame({"top": top.astype(float), "bottom": bottom, "village": village})
    sums = sums.groupby("village").sum()
    n = len(sums)
    if n < 3:
        return {name: np.nan, f"{name}_lo": np.nan, f"{name}_hi": np.nan}
    total = sums.sum()
    ratio = float(total["top"] / total["bottom"])
    without = (total["top"] - sums["top"]) / (total["bottom"] - sums["bottom"])
    error = float(np.sqrt((n - 1) / n * ((without - ratio) ** 2).sum()))
    half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error
    return {name: ratio, f"{name}_lo": max(ratio - half, 0.0), f"{name}_hi": ratio + half}
