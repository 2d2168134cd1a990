"""On which days the team goes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

import holidays
import pandas as pd

from ektp_analysis.choices import Choices


def visit_days(after: pd.Timestamp | date, choices: Choices | None = None) -> list[date]:
    """Days of the visits in the week after a date.

    The weekdays of the choices in their order of preference, without national holidays and joint
    leave (*cuti bersama*; both from the library ``holidays``) and the office's own closed days.
    Holidays of years for which the government has not decreed them yet are the library's estimate.
    """
    choices = choices or Choices()
    monday = pd.Timestamp(after).date() + timedelta(days=7 - pd.Timestamp(after).weekday())
    closed = national_holidays(monday.year, monday.year + 1)
    days = [monday + timedelta(days=d) for d in choices.weekdays]
    free = [day for day in days if day not in closed and day not in choices.closed]
    return sorted(free[: choices.visits_per_week])


@cache
def national_holidays(*years: int) -> Mapping[date, str]:
    """Public holidays and joint leave of Indonesia by date."""
    return MappingProxyType(
        dict(
            holidays.country_holidays(
                "ID", years=list(years), categories=("public", "government"), language="id"
            )
        )
    )
