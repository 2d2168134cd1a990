"""What changed between the last two snapshots of a place, as it may be published."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ektp_analysis.backlog import coverage, latest_coverage, place_names, with_district
from ektp_analysis.disclosure import safe_places
from ektp_analysis.disclosure_events import place_accounts
from ektp_analysis.privacy import is_small
from ektp_analysis.protection import Protection, village_counts

RECORDED = ["recorded_office", "recorded_visit", "recorded_other"]
DONE = 0.99
"""Coverage from which a place counts as finished."""


@dataclass(frozen=True)
class Changes:
    """Differences between two snapshots; nothing in it tells a hidden count.

    Attributes
    ----------
    as_of, before
        Dates of the snapshots; ``before`` is ``None`` when there is no earlier one.
    opening, closing
        Unrecorded residents then and now (persons); ``None`` where hidden.
    recorded
        Recorded since then, at the office, at visits and elsewhere (persons, from rounded running
        totals: a multiple of the threshold, wrong by less than it for each of the three).
    places
        One row per place below, with ``name``, ``change`` (Int64, persons; missing where hidden)
        and ``finished`` (bool: reached :data:`DONE` since then).
    visits
        Visits since then by date: ``date, name, recorded`` (Int64; missing where small).
    """

    as_of: pd.Timestamp
    before: pd.Timestamp | None
    opening: int | None
    closing: int | None
    recorded: int
    places: pd.DataFrame
    visits: pd.DataFrame


def since_last(
    stock: pd.DataFrame,
    flow: pd.DataFrame,
    visits: pd.DataFrame,
    as_of: pd.Timestamp,
    protection: Protection,
    district: str | None = None,
) -> Changes:
    """Compare the snapshot of a date with the one before it.

    Parameters
    ----------
    stock, flow, visits
        Tables of the store, of one kecamatan or of all, with their whole history: running totals
        start with it.
    as_of
        Date of the later snapshot.
    protection
        Marks of the whole kabupaten.
    district
        Code of the kecamatan that the tables are of, ``None`` for the kabupaten.
    """
    stock, flow = stock[stock["as_of"] <= as_of], flow[flow["week"] <= as_of]
    totals = stock.groupby("as_of")["unrecorded"].sum().sort_index()
    shown: dict[pd.Timestamp, int | None] = {}
    for week, count in totals.items():
        moment = pd.Timestamp(str(week))
        shown[moment] = None if protection.hides(moment, district) else int(count)
    by = "village_code" if district else "district_code"
    latest = latest_coverage(stock, as_of, by)
    places = safe_places(latest, by, protection, as_of)
    if len(totals) < 2:
        places = places.assign(change=pd.array([pd.NA] * len(places), dtype="Int64"))
        nothing = pd.DataFrame({"date": [], "name": [], "recorded": []})
        return Changes(
            as_of,
            None,
            None,
            shown.get(as_of),
            0,
            places.assign(finished=False)[["name", "change", "finished"]],
            nothing,
        )
    before = pd.Timestamp(totals.index[-2])
    accounts = place_accounts(stock, flow, visits, protection, district)
    earlier = coverage(stock[stock["as_of"] == before], [by]).set_index(by)["coverage"]
    then = places[by].map(earlier)
    crossed = (places["coverage"] >= DONE) & (then < DONE) & places["change"].notna()
    held = visits[(visits["date"] > before) & (visits["date"] <= as_of)].sort_values("date")
    recorded = held["recorded"].astype("Int64")
    few = [is_small(n, protection.limit) for n in held["recorded"]]
    return Changes(
        as_of,
        before,
        shown[before],
        shown[as_of],
        int(accounts[RECORDED].iloc[-1].sum()),
        places.assign(finished=crossed.fillna(False).astype(bool))[["name", "change", "finished"]],
        pd.DataFrame(
            {
                "date": held["date"],
                "name": held["village_code"].map(place_names("village_code")),
                "recorded": recorded.mask(pd.Series(few, index=held.index, dtype=bool)),
            }
        ).reset_index(drop=True),
    )


def since_last_by_place(
    stock: pd.DataFrame, flow: pd.DataFrame, visits: pd.DataFrame, as_of: pd.Timestamp
) -> dict[str, Changes]:
    """The changes of the whole (key ``""``) and of every kecamatan with residents (its code).

    Parameters
    ----------
    stock, flow, visits, as_of
        As for :func:`since_last`, of the whole kabupaten.
    """
    protection = Protection.of(village_counts(stock))
    # birth years and sexes are not needed, and are most of the rows
    keys = ["as_of", "village_code"]
    stock = stock.groupby(keys, as_index=False)[["eligible", "recorded", "unrecorded"]].sum()
    events = flow.columns.difference(["week", "village_code", "birth_year"]).tolist()
    flow = flow.groupby(["week", "village_code"], as_index=False)[events].sum()
    frames = [with_district(frame) for frame in (stock, flow, visits)]
    out = {"": since_last(frames[0], frames[1], frames[2], as_of, protection)}
    for code in sorted(frames[0]["district_code"].unique()):
        own = [frame[frame["district_code"] == code] for frame in frames]
        out[str(code)] = since_last(own[0], own[1], own[2], as_of, protection, str(code))
    return out
