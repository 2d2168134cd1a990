"""Where the visits of the coming weeks bring most."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import holidays
import numpy as np
import pandas as pd
import yaml
from scipy import stats

from ektp_analysis import regions
from ektp_analysis.backlog import latest_coverage
from ektp_analysis.errors import InputError
from ektp_analysis.pooling import YieldModel, pooled_yield

REST_DAYS = 35
"""A village is not proposed again within five weeks of a visit."""
FINISHED_COVERAGE = 0.99
"""Kecamatan at or above this coverage count as finished; staff can still pin a village there."""
LEVEL = 0.8


@dataclass(frozen=True)
class Choices:
    """What staff decided: villages to visit first, and villages to leave out (codes)."""

    pinned: tuple[str, ...] = ()
    excluded: tuple[str, ...] = field(default=())


def load_choices(path: Path) -> Choices:
    """Read ``pilihan.yaml``: lists ``sematkan`` and ``kecualikan`` of village codes.

    A missing file means no choices.

    Raises
    ------
    InputError
        When the file is not YAML, has an unknown key, or an unknown or doubled code.
    """
    if not path.exists():
        return Choices()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        raise InputError(
            "Berkas pilihan tidak terbaca", path.name, "Perbaiki penulisan YAML-nya"
        ) from None
    if not isinstance(content, dict) or set(content) - {"sematkan", "kecualikan"}:
        raise InputError(
            "Isi berkas pilihan tidak dikenal", path.name, "Pakai hanya sematkan dan kecualikan"
        )
    known = set(regions.villages()["village_code"])
    lists = {}
    for key in ("sematkan", "kecualikan"):
        codes = [str(code) for code in content.get(key) or []]
        for code in codes:
            if code not in known:
                raise InputError(
                    f"Kode desa {code[:20]} tidak dikenal",
                    f"{path.name}, {key}",
                    "Lihat data/reference/villages.csv",
                )
        lists[key] = tuple(codes)
    if both := set(lists["sematkan"]) & set(lists["kecualikan"]):
        raise InputError(
            f"Desa {min(both)} disematkan sekaligus dikecualikan", path.name, "Pilih salah satu"
        )
    return Choices(lists["sematkan"], lists["kecualikan"])


def expected_recordings(
    stock: pd.DataFrame, yields: pd.DataFrame, model: YieldModel, as_of: pd.Timestamp
) -> pd.DataFrame:
    """What a visit next week would record in each village.

    Parameters
    ----------
    stock
        Table ``stock`` with the date ``as_of``.
    yields
        From :func:`ektp_analysis.visits.visit_yield`.
    model
        From :func:`ektp_analysis.pooling.fit_yield`.
    as_of
        Date of the plan.

    Returns
    -------
    DataFrame
        :func:`ektp_analysis.backlog.latest_coverage` with ``district_code``, ``district_coverage``,
        ``visits`` (int), ``repeat`` (int, visits in the last 26 weeks), ``last_visit``
        (Timestamp or missing), ``expected`` (float, persons), ``lo``, ``hi`` (80% prediction
        interval, beta-binomial), most expected first.
    """
    latest = latest_coverage(stock, as_of)
    latest["district_code"] = latest["village_code"].str[:8]
    totals = latest.groupby("district_code")[["recorded", "eligible"]].transform("sum")
    latest["district_coverage"] = totals["recorded"] / totals["eligible"]
    pooled = pooled_yield(yields, model).set_index("village_code")
    past = yields[yields["date"] <= as_of]
    recent = past[past["date"] > as_of - timedelta(days=182)]
    latest["visits"] = (
        latest["village_code"].map(past.groupby("village_code").size()).fillna(0).astype(int)
    )
    latest["repeat"] = (
        latest["village_code"].map(recent.groupby("village_code").size()).fillna(0).astype(int)
    )
    latest["last_visit"] = latest["village_code"].map(past.groupby("village_code")["date"].max())
    share = latest["village_code"].map(pooled["share"]).fillna(model.mean)
    share = (share * model.repeat_ratio ** latest["repeat"]).clip(0.001, 0.95)
    strength = model.a + model.b
    n = latest["unrecorded"].to_numpy()
    latest["expected"] = n * share
    spread = stats.betabinom(n, share * strength, (1 - share) * strength)
    latest["lo"] = np.asarray(spread.ppf((1 - LEVEL) / 2)).astype(int)
    latest["hi"] = np.asarray(spread.ppf((1 + LEVEL) / 2)).astype(int)
    return latest.sort_values(
        ["expected", "village_code"], ascending=[False, True], ignore_index=True
    )


def best_visits(
    expected: pd.DataFrame, as_of: pd.Timestamp, choices: Choices | None = None, n: int = 3
) -> pd.DataFrame:
    """The villages for the next week.

    Pinned villages come first; villages that are excluded, were visited within five weeks, or lie
    in a finished kecamatan are passed over.

    Returns
    -------
    DataFrame
        Up to ``n`` rows of ``expected`` with ``why`` (``pinned`` or ``expected``) and ``next_best``
        (float, expected recordings of the best village not chosen; missing when there is none).
    """
    choices = choices or Choices()
    pinned = expected[expected["village_code"].isin(choices.pinned)]
    rested = expected["last_visit"].isna() | (
        expected["last_visit"] <= as_of - timedelta(days=REST_DAYS)
    )
    free = expected[
        rested
        & ~expected["village_code"].isin([*choices.excluded, *choices.pinned])
        & (expected["district_coverage"] < FINISHED_COVERAGE)
        & (expected["unrecorded"] > 0)
    ]
    chosen = pd.concat([pinned.assign(why="pinned"), free.assign(why="expected")])
    beyond = chosen["expected"].iloc[n:].max() if len(chosen) > n else np.nan
    return chosen.head(n).assign(next_best=beyond).reset_index(drop=True)


def visit_days(week_after: pd.Timestamp, visits: int = 3) -> list[date]:
    """Tuesday to Thursday of the week after a date, else its Monday or Friday, without national
    holidays (library ``holidays``, Indonesia, public holidays)."""
    monday = week_after.date() + timedelta(days=7 - week_after.weekday())
    closed = holidays.country_holidays("ID", years=[monday.year, monday.year + 1])
    days = [monday + timedelta(days=d) for d in (1, 2, 3, 0, 4)]
    return sorted([day for day in days if day not in closed][:visits])


def visit_plan(
    expected: pd.DataFrame,
    as_of: pd.Timestamp,
    choices: Choices | None = None,
    *,
    weeks: int = 4,
    visits_per_week: int = 3,
) -> pd.DataFrame:
    """Visits of the next weeks, one after the other; a planned village then rests.

    Returns
    -------
    DataFrame
        ``week`` (int, from 1), ``date`` (Timestamp), and the columns of :func:`best_visits`.
    """
    choices, rows, current, moment = choices or Choices(), [], expected.copy(), as_of
    pinned = list(choices.pinned)
    for week in range(1, weeks + 1):
        days = visit_days(moment, visits_per_week)
        best = best_visits(current, moment, Choices(tuple(pinned), choices.excluded), len(days))
        for day, (_, row) in zip(days, best.iterrows(), strict=False):
            rows.append({"week": week, "date": pd.Timestamp(day), **row})
            current.loc[current["village_code"] == row["village_code"], "last_visit"] = (
                pd.Timestamp(day)
            )
            pinned = [code for code in pinned if code != row["village_code"]]
        moment = moment + timedelta(days=7)
    return pd.DataFrame(
        rows, columns=["week", "date", *best_visits(expected.head(0), as_of).columns]
    )
