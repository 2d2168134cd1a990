"""The simulated plan goes week for week where the published one is solved as an integer programme."""

from datetime import timedelta

import pandas as pd
import pytest

from ektp_analysis import pooling, visits
from ektp_analysis.planning import best_visits, expected_recordings, visit_plan
from ektp_analysis.sample import Parameters, simulate
from ektp_analysis.visit_days import visit_days

WEEKS = 26


def integer_programme(places, now, model):
    return list(best_visits(visit_plan(places, now, model))["village_code"])


def week_for_week(places, now, model):
    monday = now + timedelta(days=7 - now.weekday())
    last = places["last_visit"].dt.to_period("W-SUN").dt.start_time
    rested = last.isna() | (last + timedelta(weeks=5) <= monday)
    here = places[rested & (places["district_coverage"] < 0.99)]
    best = (
        here["unrecorded"] * here["first_share"] * model.repeat_ratio ** here["repeat"]
    ).nlargest(len(visit_days(now)))
    return list(here.loc[best.index, "village_code"])


def recorded(choose, places, as_of, model):
    """Expected recordings of half a year in which the choice is made anew every week."""
    places, total = places.set_index("village_code", drop=False).rename_axis(None), 0.0
    places["unrecorded"] = places["unrecorded"].astype(float)
    for week in range(WEEKS):
        now = as_of + timedelta(weeks=week)
        for code in choose(places, now, model):
            row = places.loc[code]
            gain = row["unrecorded"] * row["first_share"] * model.repeat_ratio ** row["repeat"]
            total += gain
            places.at[code, "unrecorded"] -= gain
            places.at[code, "last_visit"] = now + timedelta(days=5)
            places.at[code, "recent"] = (*row["recent"], now + timedelta(days=5))
        after = now + timedelta(days=12)
        places["recent"] = pd.Series(
            {
                code: tuple(day for day in days if after - day <= timedelta(weeks=26))
                for code, days in places["recent"].items()
            }
        )
        places["repeat"] = places["recent"].map(len)
    return total


def test_half_a_year_of_both_records_nearly_the_same():
    tables = simulate(Parameters(scale=0.1), weeks=40).tables
    yields = visits.visit_yield(tables["visits"], tables["stock"])
    model, as_of = pooling.fit_yield(yields), tables["stock"]["as_of"].max()
    places = expected_recordings(tables["stock"], yields, model, as_of)
    exact = recorded(integer_programme, places, as_of, model)
    assert exact > 100
    assert recorded(week_for_week, places, as_of, model) == pytest.approx(exact, rel=0.01)
