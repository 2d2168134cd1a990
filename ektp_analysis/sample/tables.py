"""The store's tables straight from the simulated people: what a perfect ingest would find."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.sample.population import SEX, Place, Population, day_number

ENTRIES = ["turned_17", "moved_in", "married_early"]
LEAVES = ["moved_out", "died", "recorded_office", "recorded_visit", "recorded_other"]
DURATION_YEARS = 21
UPCOMING_MONTHS = 24


def make_tables(
    people: Population, place: Place, dates: list[date], visits: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Stock, flow, visits for all weeks; upcoming and durations for the last; no quality rows."""
    days = np.array([day_number(d) for d in dates])
    return {
        "stock": stock_table(people, place, days),
        "flow": flow_table(people, place, days),
        "upcoming": upcoming_table(people, place, int(days[-1])),
        "durations": durations_table(people, place, int(days[-1])),
        "visits": visits_table(visits, place),
        "quality": schema.empty("quality"),
    }


def _birth_year(people: Population) -> np.ndarray:
    return people.birth.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def stock_table(people: Population, place: Place, days: np.ndarray) -> pd.DataFrame:
    """Table ``stock`` at each of the days."""
    year = _birth_year(people)
    low, span = year.min(), year.max() - year.min() + 1
    cell = (people.village * span + (year - low)) * 2 + people.sex
    cells = len(place.codes) * span * 2
    since, frames = people.unrecorded_from(), []
    for day in days:
        here = (since <= day) & (people.leave > day)
        eligible = np.bincount(cell[here], minlength=cells)
        recorded = np.bincount(cell[here & (people.record <= day)], minlength=cells)
        kept = np.flatnonzero(eligible)
        frames.append(
            pd.DataFrame(
                {
                    "as_of": _stamp(day),
                    "village_code": place.codes[kept // (2 * span)],
                    "birth_year": kept // 2 % span + low,
                    "sex": SEX[kept % 2],
                    "eligible": eligible[kept],
                    "recorded": recorded[kept],
                    "unrecorded": eligible[kept] - recorded[kept],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def flow_table(people: Population, place: Place, days: np.ndarray) -> pd.DataFrame:
    """Table ``flow`` of the weeks that end on each of the days."""
    year, since = _birth_year(people), people.unrecorded_from()
    until = np.minimum(people.record, people.leave)
    ever = (people.record >= since) & (people.leave > since)
    birthday = people.birthday_17()
    entry_kind = np.where(
        people.entry >= people.eligible_from(), 1, np.where(people.married < birthday, 2, 0)
    )
    leave_kind = np.where(
        people.record < people.leave,
        people.channel.astype(int) + 1,
        people.leave_kind.astype(int) - 1,
    )
    parts = []
    for when, kind, names in ((since, entry_kind, ENTRIES), (until, leave_kind, LEAVES)):
        chosen = ever & (when > days[0] - 7) & (when <= days[-1])
        week = days[np.searchsorted(days, when[chosen])]
        parts.append(
            pd.DataFrame(
                {
                    "week": week,
                    "village": people.village[chosen],
                    "birth_year": year[chosen],
                    "event": np.array(names)[kind[chosen]],
                }
            )
        )
    events = pd.concat(parts, ignore_index=True)
    wide = (
        events.groupby(["week", "village", "birth_year", "event"])
        .size()
        .unstack("event", fill_value=0)
    )
    columns = [
        c for c in schema.empty("flow").columns if c not in ("week", "village_code", "birth_year")
    ]
    wide = wide.reindex(columns=columns, fill_value=0).reset_index()
    wide.insert(1, "village_code", place.codes[wide.pop("village").to_numpy(int)])
    wide["week"] = _stamp(wide["week"].to_numpy())
    wide.columns.name = None
    return wide.sort_values(["week", "village_code", "birth_year"], ignore_index=True)


def upcoming_table(people: Population, place: Place, day: int) -> pd.DataFrame:
    """Table ``upcoming`` at the day: the next 24 months."""
    birthday, eligible = people.birthday_17(), people.eligible_from()
    month = birthday.astype("datetime64[D]").astype("datetime64[M]")
    limit = np.datetime64(int(day), "D").astype("datetime64[M]") + UPCOMING_MONTHS
    here = (people.entry <= day) & (people.leave > day) & (eligible > day) & (month < limit)
    frame = pd.DataFrame(
        {
            "village_code": place.codes[people.village[here]],
            "month": month[here].astype("datetime64[ns]"),
        }
    )
    out = frame.groupby(["village_code", "month"]).size().rename("residents").reset_index()
    out.insert(0, "as_of", _stamp(day))
    return out


def durations_table(people: Population, place: Place, day: int) -> pd.DataFrame:
    """Table ``durations`` at the day, of residents present that day."""
    birthday, since, year = people.birthday_17(), people.unrecorded_from(), _birth_year(people)
    first_year = (
        np.datetime64(int(day), "D").astype("datetime64[Y]").astype(int) + 1970 - DURATION_YEARS
    )
    here = (since <= day) & (people.leave > day) & (year >= first_year) & (people.record >= since)
    event = people.record[here] <= day
    end = np.where(event, people.record[here], day)
    frame = pd.DataFrame(
        {
            "village_code": place.codes[people.village[here]],
            "birth_year": year[here],
            "birth_month": people.birth[here]
            .astype("datetime64[D]")
            .astype("datetime64[M]")
            .astype(int)
            % 12
            + 1,
            "sex": SEX[people.sex[here]],
            "entry": months_between(birthday[here], np.maximum(people.entry[here], birthday[here])),
            "duration": months_between(birthday[here], np.maximum(end, birthday[here])),
            "event": event,
        }
    )
    out = frame.groupby(list(frame.columns)).size().rename("persons").reset_index()
    out.insert(0, "as_of", _stamp(day))
    return out


def months_between(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Completed months from one day number to a later one."""
    a, b = first.astype("datetime64[D]"), last.astype("datetime64[D]")
    month_a, month_b = a.astype("datetime64[M]"), b.astype("datetime64[M]")
    in_a = (a - month_a.astype("datetime64[D]")).astype(int)
    in_b = (b - month_b.astype("datetime64[D]")).astype(int)
    months: np.ndarray = (month_b - month_a).astype(int) - (in_b < in_a)
    return months


def visits_table(log: pd.DataFrame, place: Place) -> pd.DataFrame:
    """Table ``visits`` from the team's log; ids count up through the days."""
    if log.empty:
        return schema.empty("visits")
    out = log.sort_values(["date", "village"], ignore_index=True).copy()
    out["village_code"] = place.codes[out["village"].to_numpy(int)]
    out["visit_id"] = [
        f"{_stamp(d):%Y%m%d}-{c}" for d, c in zip(out["date"], out["village_code"], strict=True)
    ]
    out["date"] = _stamp(out["date"].to_numpy())
    return schema.Visits.validate(out[schema.empty("visits").columns])


def _stamp(day: object) -> Any:
    return pd.to_datetime(np.asarray(day).astype("datetime64[D]").astype("datetime64[ns]"))
