"""Time from the 17th birthday to recording: Kaplan-Meier with right censoring and late entry.

Times are completed months ``m``; an event in completed month ``m`` happens by ``t = m + 1``, so
that who is recorded at once has survived no month. Who moved in at month ``e`` is at risk from
there on (left truncation).
"""

from __future__ import annotations

import pandas as pd
from lifelines import KaplanMeierFitter

from ektp_analysis.refusal import Refusal

MIN_PERSONS = 30
MIN_AT_RISK = 20


def kaplan_meier(
    durations: pd.DataFrame, by: str | None = None, level: float = 0.95
) -> pd.DataFrame | Refusal:
    """Share still unrecorded by month since the 17th birthday.

    Kaplan and Meier (1958) with counts as weights; interval: exponential Greenwood (log-log).

    Parameters
    ----------
    durations
        Table ``durations`` at one date.
    by
        A key to split by: ``sex`` or ``birth_year``; groups under 30 persons are left out.
    level
        Coverage of the interval.

    Returns
    -------
    DataFrame or Refusal
        ``group`` (str, "" without ``by``), ``month`` (int), ``unrecorded`` (float share), ``lo``,
        ``hi``, ``at_risk`` (int, persons), as far as 20 persons are at risk.
    """
    groups = [("", durations)] if by is None else list(durations.groupby(by))
    frames = []
    for name, group in groups:
        if group["persons"].sum() < MIN_PERSONS:
            continue
        cells = group.groupby(["entry", "duration", "event"], as_index=False)["persons"].sum()
        fit = KaplanMeierFitter(alpha=1 - level).fit(
            cells["duration"] + 1, cells["event"], entry=cells["entry"], weights=cells["persons"]
        )
        curve = fit.survival_function_.iloc[:, 0]
        bounds = fit.confidence_interval_
        table = fit.event_table["at_risk"].reindex(curve.index)
        out = pd.DataFrame(
            {
                "group": str(name),
                "month": curve.index.astype(int),
                "unrecorded": curve.to_numpy(),
                "lo": bounds.iloc[:, 0].to_numpy(),
                "hi": bounds.iloc[:, 1].to_numpy(),
                "at_risk": table.to_numpy().round().astype("int64"),
            }
        )
        # the table's row 0 counts those at risk at time 0, before anybody enters late
        steps = out[out["month"] > 0]
        enough = (steps["at_risk"] >= MIN_AT_RISK).cummin()
        zero = pd.DataFrame(
            {"group": [str(name)], "month": [0], "unrecorded": [1.0], "lo": [1.0], "hi": [1.0],
             "at_risk": [int(steps["at_risk"].iloc[0]) if len(steps) else 0]}
        )  # fmt: skip
        frames.append(pd.concat([zero, steps[enough]]))
    if not frames:
        return Refusal(
            f"Terlalu sedikit warga (kurang dari {MIN_PERSONS}) untuk menghitung waktu sampai perekaman."
        )
    return pd.concat(frames, ignore_index=True)


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
