"""What reports on one kecamatan take from the whole kabupaten: one place, computed once an edition.

Every function here is marked :func:`~ektp_analysis.exhibits.shared.for_all`. The module imports analysis
only, no figures and no words: what is kept for the edition depends on this module's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ektp_analysis import event_study, planning, pooling, visits
from ektp_analysis.exhibits.shared import for_all
from ektp_analysis.protection import Protection
from ektp_analysis.refusal import Refusal

if TYPE_CHECKING:
    from ektp_analysis.exhibits.load import Loaded


@for_all
def protection(loaded: Loaded) -> Protection:
    """Which counts are hidden, at every week."""
    return Protection.of(loaded.store.counts(loaded.tables.as_of.date()))


@for_all
def effects(loaded: Loaded) -> dict[str, pd.DataFrame | Refusal]:
    """Event study of all visits, by outcome (``recorded_all``, ``recorded_office``)."""
    tables = loaded.tables
    panel = visits.weekly_panel(tables.stock, tables.flow, tables.visits)
    outcomes = ("recorded_all", "recorded_office")
    return {outcome: event_study.event_study(panel, outcome) for outcome in outcomes}


@for_all
def expected(loaded: Loaded) -> pd.DataFrame | Refusal:
    """What a visit to each village would bring (``planning.expected_recordings``)."""
    tables = loaded.tables
    past = visits.visit_yield(tables.visits, tables.stock)
    model = pooling.fit_yield(past)
    if isinstance(model, Refusal):
        return model
    return planning.expected_recordings(tables.stock, past, model, tables.as_of)
