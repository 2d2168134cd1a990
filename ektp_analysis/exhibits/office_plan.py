"""The plan that the site publishes, made once for every exhibit that shows or uses it."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ektp_analysis import planning, pooling, regions, visits
from ektp_analysis.choices import Choices, load_choices
from ektp_analysis.exhibits.whole import yield_model
from ektp_analysis.outlook import TeamPlan
from ektp_analysis.refusal import Refusal
from ektp_analysis.visit_days import visit_days

if TYPE_CHECKING:
    from ektp_analysis.exhibits.load import Loaded

CHOICES = "pilihan.yaml"
YEAR = 52


def office_choices() -> Choices:
    """Pinned and excluded villages, days and rest, from the office's file."""
    return load_choices(Path(os.environ.get("EKTP_CHOICES") or regions.data_dir() / CHOICES))


def yields_and_model(loaded: Loaded) -> tuple[pd.DataFrame, pooling.YieldModel] | Refusal:
    """All visits of the kabupaten and the model of what they yield."""
    whole = loaded.regency
    yields = visits.visit_yield(whole.visits, whole.stock)
    model = yield_model(loaded)
    return model if isinstance(model, Refusal) else (yields, model)


def four_weeks(loaded: Loaded) -> pd.DataFrame | Refusal:
    """The plan of the next four weeks (``planning.visit_plan``), nothing hidden."""
    found = yields_and_model(loaded)
    if isinstance(found, Refusal):
        return found
    whole = loaded.regency
    expected = planning.expected_recordings(whole.stock, *found, whole.as_of)
    return planning.visit_plan(expected, whole.as_of, found[1], office_choices())


def team_plan(loaded: Loaded) -> TeamPlan | None:
    """The same as the outlook needs it; none where visits cannot be estimated."""
    plan = loaded.plan
    if isinstance(plan, Refusal):
        return None
    choices, as_of = office_choices(), loaded.regency.as_of
    year = [visit_days(as_of + timedelta(days=7 * week), choices) for week in range(YEAR)]
    return TeamPlan(
        visits_per_week=sum(map(len, year)) / YEAR,
        rest_weeks=choices.rest_weeks,
        first_weeks=planning.by_week(plan),
        excluded=choices.never,
    )
