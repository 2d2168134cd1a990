"""What visits brought: yield of each, and the weekly panel of villages."""

from __future__ import annotations

import numpy as np
import pandas as pd
from statsmodels.stats.proportion import proportion_confint

from ektp_analysis.backlog import place_names

REPEAT_WEEKS = 26


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
    levels = stock.groupby(["as_of", "village_code"], as_index=False)["unrecorded"].sum()
    levels = levels.rename(columns={"as_of": "seen", "unrecorded": "backlog"}).sort_values("seen")
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


def weekly_panel(stock: pd.DataFrame, flow: pd.DataFrame, visits: pd.DataFrame) -> pd.DataFrame:
    """Village × week with its opening backlog, recordings and visits, for the event study.

    Returns
    -------
    DataFrame
        ``village_code, week, opening`` (int, unrecorded a week before), ``recorded_all,
        recorded_office`` (int), ``visited`` (int, visits in the week); weeks with a snapshot before.
    """
    level = stock.groupby(["as_of", "village_code"])["unrecorded"].sum().unstack(fill_value=0)
    opening = level.shift(1).iloc[1:].stack().rename("opening").astype("int64")
    opening.index = opening.index.set_names(["week", "village_code"])
    moves = flow.groupby(["week", "village_code"])[
        ["recorded_office", "recorded_visit", "recorded_other"]
    ].sum()
    panel = opening.to_frame().join(moves).fillna(0).astype("int64").reset_index()
    panel["recorded_all"] = panel[["recorded_office", "recorded_visit", "recorded_other"]].sum(
        axis=1
    )
    weeks = np.sort(level.index.to_numpy())
    place = np.searchsorted(weeks, visits["date"].to_numpy(dtype="datetime64[ns]"))
    inside = place < len(weeks)
    trips = pd.DataFrame(
        {"week": weeks[place[inside]], "village_code": visits["village_code"].to_numpy()[inside]}
    )
    counts = trips.groupby(["week", "village_code"]).size().rename("visited").reset_index()
    panel = panel.merge(counts, how="left", on=["week", "village_code"])
    panel["visited"] = panel["visited"].fillna(0).astype("int64")
    columns = ["village_code", "week", "opening", "recorded_all", "recorded_office", "visited"]
    return panel[columns].sort_values(["village_code", "week"], ignore_index=True)
