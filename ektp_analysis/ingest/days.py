"""Dates as whole days since 1970, by the million: read from texts of one width, taken apart by table.

What a date is asked for millions of times (its year, how a NIK writes it) is worked out once for
every day of two centuries and looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np

MISSING = np.iinfo(np.int32).min
"""Stands for no date."""
FIRST, LAST = date(1850, 1, 1), date(2100, 1, 1)
"""The days that :func:`calendar` knows."""
YEARS = 256
"""No fewer than the years of these days."""
YEAR_CELLS = 16
"""Counts of a year: by four times yes or no."""
_EPOCH = date(1970, 1, 1).toordinal()
_BAD = 200
"""What two characters that are no digits are read as: no month, no day, no century."""
_MONTHS = 16
"""Places for the months of a year in a table."""
_OLDEST = 1000
"""A year of two digits would also fit the form of one of four."""


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


@dataclass(frozen=True)
class Form:
    """Where day, month, year and signs stand in a text of a fixed width.

    Attributes
    ----------
    pattern
        As ``strptime`` has it, for texts of another width.
    width
        Characters.
    day, month, year
        Position of each.
    signs
        Position and character of the rest.
    """

    pattern: str
    width: int
    day: int
    month: int
    year: int
    signs: tuple[tuple[int, str], ...]


FORMS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}"), Form("%Y-%m-%d", 10, 8, 5, 0, ((4, "-"), (7, "-")))),
    (
        re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}"),
        Form("%Y-%m-%d %H:%M:%S", 19, 8, 5, 0, ((4, "-"), (7, "-"), (10, " "), (13, ":"), (16, ":"))),
    ),
    *(
        (
            re.compile(rf"\d{{1,2}}{re.escape(s)}\d{{1,2}}{re.escape(s)}\d{{4}}"),
            Form(f"%d{s}%m{s}%Y", 10, 0, 3, 6, ((2, s), (5, s))),
        )
        for s in "/-."
    ),
)  # fmt: skip
"""Forms that are read by the million, and the texts that vote for them."""


def month_first(form: Form) -> Form:
    """The same form with day and month exchanged.

    Examples
    --------
    >>> month_first(FORMS[2][1]).pattern
    '%m/%d/%Y'
    """
    swapped = form.pattern.replace("%d", "%x").replace("%m", "%d").replace("%x", "%m")
    return Form(swapped, form.width, form.month, form.day, form.year, form.signs)


def read_days(texts: np.ndarray, form: Form) -> tuple[np.ndarray, bool]:
    """Days of texts in a form, and whether a day after the 12th is among them.

    Parameters
    ----------
    texts
        uint8, one row a text of the form's width.
    form
        How they are written.

    Returns
    -------
    tuple of (numpy.ndarray, bool)
        int32 days, :data:`MISSING` where the text is no date.

    Examples
    --------
    >>> texts = np.frombuffer(b"02/08/2024" b"31/02/2024", np.uint8).reshape(-1, 10)
    >>> read_days(texts, FORMS[2][1])[0].tolist() == [day_number(date(2024, 8, 2)), MISSING]
    True
    """
    first, length = _months()
    pairs = _two_digits()

    def two(at: int) -> np.ndarray:
        # two characters at once, as one number of 16 bits
        pair = np.ndarray(
            len(texts), dtype="<u2", buffer=texts, offset=at, strides=(texts.strides[0],)
        )
        value: np.ndarray = pairs[pair]
        return value

    day = two(form.day)
    month = (two(form.year) * 100 + two(form.year + 2)) * _MONTHS
    month += np.minimum(two(form.month), _MONTHS - 1)
    good = (day > 0) & (day <= length[month])
    for at, sign in form.signs:
        good &= texts[:, at] == ord(sign)
    if form.width > 10:  # hours, minutes, seconds
        for at, most in ((11, 23), (14, 59), (17, 59)):
            good &= two(at) <= most
    return np.where(good, first[month] + day - 1, MISSING), bool((day[good] > 12).any())


@cache
def _two_digits() -> np.ndarray:
    """Value of two characters by their number of 16 bits."""
    out = np.full(1 << 16, _BAD, dtype=np.int32)
    for value in range(100):
        out[int.from_bytes(f"{value:02d}".encode(), "little")] = value
    return out


@cache
def _months() -> tuple[np.ndarray, np.ndarray]:
    """First day, and number of days, of year × 16 + month; none for what is no month."""
    years = np.arange((_BAD + 1) * 100 + _BAD, dtype=np.int64)
    starts = ((years[:, None] - 1970) * 12 + np.arange(-1, _MONTHS)).astype("M8[M]")
    days = starts.astype("M8[D]").astype(np.int64)
    first, length = days[:, :-1], np.diff(days, axis=1)
    length[:, [0, *range(13, _MONTHS)]] = 0
    length[(years < _OLDEST) | (years > 9999)] = 0
    return first.astype(np.int32).ravel(), length.astype(np.int32).ravel()


@dataclass(frozen=True)
class Calendar:
    """What each day from :data:`FIRST` on is, by its position.

    Attributes
    ----------
    year_cell
        Its year's number since that of :data:`FIRST`, times :data:`YEAR_CELLS`.
    in_nik
        Day, month and year of two digits each, as a NIK has them.
    month, day
        Months since January of the year 0, and the day of the month.
    birthday_17
        Day number of the 17th birthday of who was born on it; 1 March for 29 February.
    """

    year_cell: np.ndarray
    in_nik: np.ndarray
    month: np.ndarray
    day: np.ndarray
    birthday_17: np.ndarray


@cache
def calendar() -> Calendar:
    """The days from :data:`FIRST` to :data:`LAST`."""
    days = np.arange(day_number(FIRST), day_number(LAST)).astype("M8[D]")
    months = days.astype("M8[M]")
    year = months.astype("M8[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) + 1970 * 12
    day = (days - months.astype("M8[D]")).astype(np.int64) + 1
    return Calendar(
        year_cell=((year - FIRST.year) * YEAR_CELLS).astype(np.int32),
        in_nik=(day * 10_000 + (month % 12 + 1) * 100 + year % 100).astype(np.int32),
        month=month.astype(np.int32),
        day=day.astype(np.int8),
        birthday_17=((months + 17 * 12).astype("M8[D]").astype(np.int64) + day - 1).astype(
            np.int32
        ),
    )
