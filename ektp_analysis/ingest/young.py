"""Young residents with nothing to look at: counted by month, without asking for each one's dates.

Of who is not grown the months from the 17th birthday to the recording are counted, or the month of the
birthday to come. Most of them were always here, did not marry before, and had no event in the
last week: for these that is simple arithmetic on whole columns. :data:`ektp_analysis.ingest.aggregates`
says the same for everybody in SQL.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ektp_analysis.ingest.days import FIRST, MISSING, calendar, day_number
from ektp_analysis.ingest.list_rows import Columns
from ektp_analysis.ingest.plain import grown_before, pair_names, pair_number

AHEAD = 24
"""Months from the extract's on whose birthdays are announced."""
_MANY = 1 << 23
"""Numbers that are put together at once."""
# the parts of a key, from the last: event, months, sex, month of birth; then the pair of names
_MONTHS, _SEXES, _BIRTHS = 1 << 12, 2, 1 << 16


def is_young(
    columns: Columns, undisputed: np.ndarray, as_of: date, programme_start: date
) -> np.ndarray:
    """Whether an undisputed row is of somebody young without a flag or an event in the last week.

    Parameters
    ----------
    columns, undisputed
        As for, and from, :func:`ektp_analysis.ingest.plain.is_undisputed`.
    as_of, programme_start
        Date of the extract, and when recording began.
    """
    day, birth = day_number(as_of), columns["birth_date"]
    young = undisputed & (birth >= grown_before(as_of))
    at = np.flatnonzero(young)
    some = {
        name: columns[name][at]
        for name in ("recording", "recorded_on", "arrived_on", "married_on", "marital")
        if name in columns
    }
    birthday = calendar().birthday_17[birth[at] - day_number(FIRST)]
    fine = (birthday <= day - 7) | (birthday > day)
    recorded = some["recording"] == 1
    if "recorded_on" in some:
        when = some["recorded_on"]
        in_time = (when >= birthday) & (when >= day_number(programme_start)) & (when <= day - 7)
        fine &= np.where(recorded, in_time, when == MISSING)
    else:
        fine &= ~recorded
    if "arrived_on" in some:
        fine &= some["arrived_on"] == MISSING
    if "married_on" in some:
        early = (some["married_on"] != MISSING) & (some["married_on"] < birthday)
        if "marital" in some:
            early &= some["marital"] != 1
        fine &= ~early
    young[at] = fine
    return young


class YoungCounts:
    """Young rows counted by months."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self._durations, self._birthdays = _Keys(), _Keys()

    def add(self, columns: Columns, rows: np.ndarray, times: int = 1) -> None:
        """Count some of the rows, or with ``times`` -1 take them out again.

        Parameters
        ----------
        columns
            As for :func:`is_young`.
        rows
            Positions of the rows.
        times
            How often each counts.
        """
        days, day = calendar(), day_number(self.as_of)
        born = columns["birth_date"][rows] - day_number(FIRST)
        birthday = days.birthday_17[born]
        pair = pair_number(columns["village_no"][rows], columns["district_no"][rows]).astype(
            np.int64
        )
        old = birthday <= day
        from_day = birthday[old] - day_number(FIRST)
        event = columns["recording"][rows[old]] == 1
        until = np.full(len(from_day), day - day_number(FIRST))
        if "recorded_on" in columns:
            recorded_on = columns["recorded_on"][rows[old]]
            until = np.where(event, recorded_on - day_number(FIRST), until)
        months = days.month[until] - days.month[from_day]
        months -= days.day[until] < days.day[from_day]
        key = pair[old] * _BIRTHS + days.month[born[old]]
        key = (key * _SEXES + columns["female"][rows[old]]) * _MONTHS + months
        self._durations.add(key * 2 + event, times)
        month = days.month[birthday[~old] - day_number(FIRST)]
        soon = month < self.as_of.year * 12 + self.as_of.month - 1 + AHEAD
        self._birthdays.add(pair[~old][soon] * _BIRTHS + month[soon], times)

    def durations(self) -> pd.DataFrame:
        """Persons by names, month of birth, sex, months since the 17th birthday, and whether recorded."""
        key, persons = self._durations.total()
        key, persons = key[persons > 0], persons[persons > 0]
        key, event = np.divmod(key, 2)
        key, months = np.divmod(key, _MONTHS)
        key, female = np.divmod(key, _SEXES)
        pair, born = np.divmod(key, _BIRTHS)
        return pd.DataFrame(
            {
                **pair_names(pair),
                "birth_year": born // 12,
                "birth_month": born % 12 + 1,
                "sex": np.array(["L", "P"], dtype=object)[female],
                "entry": 0,
                "duration": months,
                "event": event == 1,
                "persons": persons,
            }
        )

    def upcoming(self) -> pd.DataFrame:
        """Residents by names and month (Timestamp) of the 17th birthday to come."""
        key, residents = self._birthdays.total()
        key, residents = key[residents > 0], residents[residents > 0]
        pair, month = np.divmod(key, _BIRTHS)
        first = (month - 1970 * 12).astype("M8[M]").astype("M8[us]")
        return pd.DataFrame({**pair_names(pair), "month": first, "residents": residents})


class _Keys:
    """How often each of many numbers came, in memory that follows the distinct ones."""

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.int64)
        self._counts = np.empty(0, dtype=np.int64)
        self._new: list[np.ndarray] = []
        self._waiting = 0

    def add(self, keys: np.ndarray, times: int) -> None:
        if times < 0:
            # what is taken out was put in before
            known, counts = self.total()
            np.add.at(counts, np.searchsorted(known, keys), times)
            return
        self._new.append(keys)
        self._waiting += len(keys)
        if self._waiting > _MANY:
            self.total()

    def total(self) -> tuple[np.ndarray, np.ndarray]:
        if self._new:
            new, counts = np.unique(np.concatenate(self._new), return_counts=True)
            keys = np.union1d(self._keys, new) if len(self._keys) else new
            both = np.zeros(len(keys), dtype=np.int64)
            both[np.searchsorted(keys, self._keys)] = self._counts
            both[np.searchsorted(keys, new)] += counts
            self._keys, self._counts, self._new, self._waiting = keys, both, [], 0
        return self._keys, self._counts
