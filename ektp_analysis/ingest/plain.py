"""Plain rows: residents with nothing to look at, counted by village, birth year and sex at once."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from ektp_analysis.ingest.days import FIRST, MISSING, YEAR_CELLS, YEARS, calendar, day_number
from ektp_analysis.ingest.list_rows import Columns
from ektp_analysis.ingest.niks import SYNTHETIC, known_regions

GROWN = 21
"""Age from which on, with nothing else to look at, only the birth year matters."""
MOST_NAMES = (4_096, 1_024)
"""Names of villages and kecamatan up to which a row can be plain: a list has some hundreds."""
_WIDTH = MOST_NAMES[1] + 1
"""Kecamatan of a village in a number of both; numbers of names begin at -1, for a blank."""
_CELLS = YEARS * YEAR_CELLS
"""Counts of a pair of names."""
_SAMPLE = SYNTHETIC * 10**14
"""The least NIK of the sample kabupaten's province, which is the last of all."""


def pair_number(village: np.ndarray, district: np.ndarray) -> np.ndarray:
    """One number (int32), from 0 on, for the names of a plain row's village and kecamatan."""
    number: np.ndarray = (village + np.int32(1)) * np.int32(_WIDTH) + district + np.int32(1)
    return number


def pair_names(number: np.ndarray) -> dict[str, np.ndarray]:
    """Columns ``village_no`` and ``district_no`` of such numbers."""
    return {"village_no": number // _WIDTH - 1, "district_no": number % _WIDTH - 1}


def is_undisputed(columns: Columns, clean: np.ndarray) -> np.ndarray:
    """Whether a clean row is of a resident whose NIK agrees and is of a known region.

    Parameters
    ----------
    columns
        As :data:`ektp_analysis.ingest.list_rows.TYPES`, as far as the list has them.
    clean
        Which rows are clean.
    """
    nik = columns["nik"]
    at = np.where(clean, columns["birth_date"] - day_number(FIRST), 0)
    ten_thousands = nik // 10_000
    region = ten_thousands // 1_000_000
    born = ten_thousands - region * 1_000_000
    agreed: np.ndarray = clean & (
        born == calendar().in_nik[at] + columns["female"] * np.int32(400_000)
    )
    agreed &= known_regions()[region]
    if "status" in columns:
        agreed &= columns["status"] <= 0
    for column, most in zip(("village_no", "district_no"), MOST_NAMES, strict=True):
        agreed &= columns[column] < most
    return agreed


def is_plain(
    columns: Columns, undisputed: np.ndarray, as_of: date, programme_start: date
) -> np.ndarray:
    """Whether an undisputed row is of an adult without a flag or an event in the last week.

    Must not be true where :data:`ektp_analysis.ingest.aggregates.PERSON` would find anything but
    an eligible person; where it is false, that is asked.

    Parameters
    ----------
    columns, undisputed
        As for, and from, :func:`is_undisputed`.
    as_of, programme_start
        Date of the extract, and when recording began.
    """
    day, birth = day_number(as_of), columns["birth_date"]
    plain = undisputed & (birth < grown_before(as_of))
    plain &= birth > day - 40_000  # nobody of 110 years
    if "arrived_on" in columns:
        plain &= columns["arrived_on"] <= day - 7
    if "recorded_on" in columns:
        recorded_on = columns["recorded_on"]
        # at 16 years, or a few days later: then somebody looks at the exact day
        fine = (columns["recording"] == 1) & (recorded_on <= day - 7)
        fine &= (recorded_on >= day_number(programme_start)) & (recorded_on > birth + 5850)
        plain &= fine | (recorded_on == MISSING)
    return plain


def grown_before(as_of: date) -> int:
    """The day before which somebody was born who is grown; of the younger each date matters."""
    return day_number(date(as_of.year - GROWN, 1, 1))


class PlainCounts:
    """Counted rows by pair of names, birth year, sex, recording, sample or not, and 17 or not yet."""

    def __init__(self, as_of: date) -> None:
        self._day = day_number(as_of)
        # zero stands for a pair that was not seen, so that the system gives memory for those parts
        # only that are used
        self._pair_of = np.zeros((MOST_NAMES[0] + 1) * _WIDTH, dtype=np.int32)
        self._pairs = np.empty(0, dtype=np.int64)
        self._counts = np.empty(0, dtype=np.int64)

    def add(self, columns: Columns, rows: np.ndarray, times: int = 1) -> None:
        """Count some of the rows, or with ``times`` -1 take them out again.

        Parameters
        ----------
        columns
            As for :func:`is_undisputed`.
        rows
            Which ones (bool): nearly all, so that the cells of all are worked out.
        times
            How often each counts.
        """
        names = np.where(rows, pair_number(columns["village_no"], columns["district_no"]), 0)
        pair = self._pair_of[names]
        if not pair.all():
            new = np.unique(names[pair == 0])
            self._pairs = np.append(self._pairs, new)
            self._pair_of[new] = np.arange(len(self._pairs) - len(new), len(self._pairs)) + 1
            self._counts.resize(len(self._pairs) * _CELLS, refcheck=False)
            pair = self._pair_of[names]
        born = np.where(rows, columns["birth_date"] - day_number(FIRST), 0)
        cell = (pair - np.int64(1)) * _CELLS
        cell += calendar().year_cell[born]
        cell += 8 * columns["female"].astype(np.int64) + 4 * columns["recording"]
        cell += np.where(columns["nik"] >= _SAMPLE, 2, 0)
        cell += calendar().birthday_17[born] > self._day
        np.add.at(self._counts, cell[rows], times)

    def table(self) -> pd.DataFrame:
        """Columns ``village_no, district_no, birth_year, sex, persons, eligible, recorded, synthetic``."""
        counts = self._counts.reshape(len(self._pairs), YEARS, 2, 2, 2, 2)
        pair, year, female = np.nonzero(counts.sum(axis=(3, 4, 5)))
        # by recorded, of the sample, and not yet 17
        found = counts[pair, year, female]
        return pd.DataFrame(
            {
                **pair_names(self._pairs[pair]),
                "birth_year": year + FIRST.year,
                "sex": np.array(["L", "P"], dtype=object)[female],
                "persons": found.sum(axis=(1, 2, 3)),
                "eligible": found[..., 0].sum(axis=(1, 2)),
                "recorded": found[:, 1, :, 0].sum(axis=1),
                "synthetic": found[:, :, 0].sum(axis=(1, 2)) == 0,
            }
        )
