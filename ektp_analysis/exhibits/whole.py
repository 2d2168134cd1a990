"""What reports on one kecamatan take from the whole kabupaten: one place, computed once an edition.

Every function here is marked :func:`~ektp_analysis.exhibits.shared.for_all`. The module imports analysis
only, no figures and no words: what is kept for the edition depends on this module's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ektp_analysis import event_study, net_effect, planning, pooling, regions, repeat_visits, visits
from ektp_analysis.disclosure import safe_visits
from ektp_analysis.exhibits.shared import for_all
from ektp_analysis.protection import Protection
from ektp_analysis.refusal import Refusal

if TYPE_CHECKING:
    from ektp_analysis.exhibits.load import Loaded

MEANS = ["per_visit", "per_visit_lo", "per_visit_hi"]


@for_all
def protection(loaded: Loaded) -> Protection:
    """Which counts are hidden, at every week."""
    return Protection.of(loaded.store.counts(loaded.tables.as_of.date()))


class ByPlace(dict[str, Any]):
    """Results by district code, ``""`` for the kabupaten; a kecamatan gets its own and that."""

    def part(self, district: str) -> ByPlace:
        """What a report on a kecamatan gets."""
        return ByPlace({code: self[code] for code in ("", district) if code in self})


@for_all
def effects(loaded: Loaded) -> dict[str, pd.DataFrame | Refusal]:
    """Event study of all visits, by outcome (``recorded_all``, ``recorded_office``)."""
    panel = _panel(loaded)
    outcomes = ("recorded_all", "recorded_office")
    return {outcome: event_study.event_study(panel, outcome) for outcome in outcomes}


@for_all
def net_effects(loaded: Loaded) -> ByPlace:
    """Net effect of the visits of the kabupaten and of each kecamatan."""
    panel, codes = _panel(loaded), regions.districts()["district_code"]
    return ByPlace(
        {code: net_effect.net_effect(panel, code or None) for code in ["", *codes]},
    )


@for_all
def yield_model(loaded: Loaded) -> pooling.YieldModel | Refusal:
    """What a visit yields, learnt from all visits (``pooling.fit_yield``)."""
    return pooling.fit_yield(_yields(loaded))


@for_all
def expected(loaded: Loaded) -> pd.DataFrame | Refusal:
    """What a visit to each village would bring (``planning.expected_recordings``)."""
    tables, past = loaded.tables, _yields(loaded)
    model = pooling.fit_yield(past)
    if isinstance(model, Refusal):
        return model
    return planning.expected_recordings(tables.stock, past, model, tables.as_of)


@for_all
def pooled(loaded: Loaded) -> pd.DataFrame | Refusal:
    """Share that a first visit records, by village (``pooling.pooled_yield``)."""
    past = _yields(loaded)
    model = pooling.fit_yield(past)
    return model if isinstance(model, Refusal) else pooling.pooled_yield(past, model)


@for_all
def returns(loaded: Loaded) -> pd.DataFrame | Refusal:
    """First, second and later visits (``repeat_visits.diminishing_returns``)."""
    return repeat_visits.diminishing_returns(_yields(loaded))


@for_all
def mean_visit(loaded: Loaded) -> pd.DataFrame | Refusal:
    """Recordings of a mean visit: ``per_visit`` with its interval, from the visits alone."""
    row = visits.yield_summary(_yields(loaded))
    return row if isinstance(row, Refusal) else row[MEANS]


@for_all
def safe_summaries(loaded: Loaded) -> ByPlace:
    """What a visit brings on average, in the kabupaten and each kecamatan, as it may be shown."""
    yields, out = _yields(loaded), ByPlace()
    marks = protection(loaded)
    for code in ["", *regions.districts()["district_code"]]:
        here = yields[yields["village_code"].str.startswith(code)].reset_index(drop=True)
        out[code] = safe_summary(here, marks)
    return out


def safe_summary(yields: pd.DataFrame, marks: Protection) -> pd.DataFrame | Refusal:
    """What some visits bring on average, as it may be shown."""
    row = visits.yield_summary(yields)
    # a hidden visit must not be what the mean leaves of the others
    if isinstance(row, pd.DataFrame) and safe_visits(yields, marks)["recorded"].isna().any():
        row[MEANS] = row[MEANS].round()
    return row


def _yields(loaded: Loaded) -> pd.DataFrame:
    return visits.visit_yield(loaded.tables.visits, loaded.tables.stock)


def _panel(loaded: Loaded) -> pd.DataFrame:
    tables = loaded.tables
    return visits.weekly_panel(tables.stock, tables.flow, tables.visits)
