"""Dates, numbers and clock times as offices write them, resolved for a whole column at a time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta

MONTHS = {
    "januari": 1, "jan": 1, "january": 1, "februari": 2, "pebruari": 2, "feb": 2, "peb": 2,
    "february": 2, "maret": 3, "mar": 3, "mrt": 3, "march": 3, "april": 4, "apr": 4, "mei": 5,
    "may": 5, "juni": 6, "jun": 6, "june": 6, "juli": 7, "jul": 7, "july": 7, "agustus": 8,
    "agust": 8, "agu": 8, "ags": 8, "agt": 8, "aug": 8, "august": 8, "september": 9, "sept": 9,
    "sep": 9, "oktober": 10, "okt": 10, "oct": 10, "october": 10, "november": 11, "nopember": 11,
    "nov": 11, "nop": 11, "desember": 12, "des": 12, "dec": 12, "december": 12,
}  # fmt: skip
EXCEL_EPOCH = date(1899, 12, 30)
DAY_FIRST, MONTH_FIRST = "hari/bulan", "bulan/hari"
ORDER_NAMES = {DAY_FIRST: "hari lalu bulan", MONTH_FIRST: "bulan lalu hari"}
_NUMERIC = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})")
_CLOCK = re.compile(r"[ T]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?:\s*(?:wib|am|pm|z))?$")
_NAMED = re.compile(r"(\d{1,2})[-/. ]*([a-z]+)[-/. ,]*(\d{4}|\d{2})")
_NAMED_FIRST = re.compile(r"([a-z]+)[-/. ]*(\d{1,2})[-/. ,]+(\d{4})")


def _calendar(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(text: str, latest: date | None) -> int:
    """A year; one of two digits is the last such year that is not after ``latest``."""
    number = int(text)
    if len(text) > 2:
        return number
    last = latest.year if latest else 2068
    century = last - last % 100
    return century + number if century + number <= last else century - 100 + number


def parse_date(text: object, order: str = DAY_FIRST, latest: date | None = None) -> date | None:
    """A date, or None.

    Parameters
    ----------
    text
        As written.
    order
        :data:`DAY_FIRST` or :data:`MONTH_FIRST`, for what is written with numbers only.
    latest
        No two-digit year lies after this date's.

    Examples
    --------
    >>> parse_date("2 Agustus 2024"), parse_date("02/08/2024"), parse_date("45506")
    (datetime.date(2024, 8, 2), datetime.date(2024, 8, 2), datetime.date(2024, 8, 2))
    >>> parse_date("31/02/2024")
    >>> parse_date("2-8-24", latest=date(2024, 8, 2)), parse_date("2-8-45", latest=date(2024, 8, 2))
    (datetime.date(2024, 8, 2), datetime.date(1945, 8, 2))
    """
    written = " ".join(str(text if text is not None else "").split()).lower()
    if not any(c.isdigit() for c in written) or len(written) > 80:
        return None
    if not written.isascii():
        return None
    # a weekday or a birth place before a comma
    written = re.sub(r"^[a-z' .()-]+,\s*", "", written)
    if serial := re.fullmatch(r"(\d{5})(?:[.,]\d+)?", written):
        return EXCEL_EPOCH + timedelta(days=int(serial[1]))
    written = _CLOCK.sub("", written).strip()
    if re.fullmatch(r"\d{8}", written):
        back = _calendar(int(written[:4]), int(written[4:6]), int(written[6:]))
        if back and 1850 <= back.year <= 2150:
            return back
        return _calendar(int(written[4:]), int(written[2:4]), int(written[:2]))
    if found := _NUMERIC.fullmatch(written):
        first, second, third = found.groups()
        if len(first) == 4:
            return _calendar(int(first), int(second), int(third)) if len(third) < 3 else None
        if len(first) == 3 or len(third) not in (2, 4):
            return None
        day, month = (first, second) if order == DAY_FIRST else (second, first)
        return _calendar(_year(third, latest), int(month), int(day))
    if found := _NAMED.fullmatch(written):
        month_number = MONTHS.get(found[2])
        return (
            _calendar(_year(found[3], latest), month_number, int(found[1]))
            if month_number
            else None
        )
    if found := _NAMED_FIRST.fullmatch(written):
        month_number = MONTHS.get(found[1])
        return _calendar(int(found[3]), month_number, int(found[2])) if month_number else None
    return None


@dataclass(frozen=True)
class DateOrder:
    """How a column writes dates.

    Attributes
    ----------
    order
        :data:`DAY_FIRST` or :data:`MONTH_FIRST`.
    certain
        Whether a cell of the column decides it. False also when cells speak for both.
    mixed
        Whether cells speak for both orders.
    """

    order: str
    certain: bool
    mixed: bool


def date_order(texts: Iterable[object]) -> DateOrder:
    """Day or month first, decided by the whole column.

    One cell with a day after the 12th decides. Without such a cell the Indonesian order is taken
    and called uncertain, if there is anything to decide.

    Examples
    --------
    >>> date_order(["02/08/2024", "13/08/2024"]).order, date_order(["08/13/2024"]).order
    ('hari/bulan', 'bulan/hari')
    >>> date_order(["02/08/2024"]).certain, date_order(["2024-08-02"]).certain
    (False, True)
    """
    day_first = month_first = open_ = 0
    for text in texts:
        found = _NUMERIC.fullmatch(_CLOCK.sub("", str(text or "").strip().lower()))
        if not found or len(found[1]) > 2:
            continue
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second:
            day_first += 1
        elif second > 12 >= first:
            month_first += 1
        elif first != second:
            open_ += 1
    if day_first and month_first:
        # a few impossible days among many are slips, not another order
        order = MONTH_FIRST if month_first > 9 * day_first else DAY_FIRST
        return DateOrder(order, False, True)
    if month_first:
        return DateOrder(MONTH_FIRST, True, False)
    return DateOrder(DAY_FIRST, bool(day_first) or not open_, False)


DOT_THOUSANDS, DOT_DECIMALS = "titik ribuan", "titik desimal"
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)*")
_UNITS = re.compile(r"\s*(?:orang|jiwa|unit|org|warga|%|persen)\.?$")


def _number_text(text: object) -> str:
    written = " ".join(str(text if text is not None else "").split()).lower().replace(" ", "")
    return _UNITS.sub("", written.removeprefix("'"))


@dataclass(frozen=True)
class NumberStyle:
    """How a column writes numbers.

    Attributes
    ----------
    style
        :data:`DOT_THOUSANDS` (1.234,5) or :data:`DOT_DECIMALS` (1,234.5).
    certain
        Whether a cell of the column decides it, or nothing is to be decided.
    mixed
        Whether cells speak for both.
    """

    style: str
    certain: bool
    mixed: bool


def number_style(texts: Iterable[object]) -> NumberStyle:
    """The role of dot and comma, decided by the whole column.

    Examples
    --------
    >>> number_style(["1.234", "17.250"]).style, number_style(["3.000", "1250.000"]).style
    ('titik ribuan', 'titik desimal')
    """
    votes: Counter[str] = Counter()
    unclear = 0
    for text in texts:
        written = _number_text(text)
        if not _NUMBER.fullmatch(written):
            continue
        dots, commas = written.count("."), written.count(",")
        if dots and commas:
            votes[DOT_THOUSANDS if written.rfind(",") > written.rfind(".") else DOT_DECIMALS] += 1
        elif dots + commas > 1:
            votes[DOT_THOUSANDS if dots else DOT_DECIMALS] += 1
        elif dots + commas == 1:
            whole, part = re.split(r"[.,]", written.lstrip("+-"))
            grouped = len(part) == 3 and 1 <= len(whole) <= 3 and whole != "0"
            if not grouped:
                votes[DOT_DECIMALS if dots else DOT_THOUSANDS] += 1
            else:
                unclear += 1
    if votes[DOT_THOUSANDS] and votes[DOT_DECIMALS]:
        style = DOT_DECIMALS if votes[DOT_DECIMALS] > votes[DOT_THOUSANDS] else DOT_THOUSANDS
        return NumberStyle(style, False, True)
    if votes:
        return NumberStyle(next(iter(votes)), True, False)
    return NumberStyle(DOT_THOUSANDS, not unclear, False)


def parse_number(text: object, style: str = DOT_THOUSANDS) -> float | None:
    """A number, or None; per cent becomes a share.

    Examples
    --------
    >>> parse_number("1.234"), parse_number("1.234,5"), parse_number("12,5%")
    (1234.0, 1234.5, 0.125)
    >>> parse_number("1,234.5", DOT_DECIMALS)
    1234.5
    """
    written = _number_text(text)
    if not _NUMBER.fullmatch(written) or len(written) > 24:
        return None
    thousands, decimal = (".", ",") if style == DOT_THOUSANDS else (",", ".")
    if written.count(decimal) > 1:
        return None
    whole, _, part = written.partition(decimal)
    if thousands in part:
        return None
    groups = whole.lstrip("+-").split(thousands)
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(g) != 3 for g in groups[1:])):
        return None
    value = float("".join(groups) + (f".{part}" if part else ""))
    value = -value if written.startswith("-") else value
    share = str(text).strip().lower().endswith(("%", "persen"))
    return value / 100 if share else value


def parse_count(text: object, style: str = DOT_THOUSANDS) -> int | None:
    """A count, or None for anything that is not a whole number of zero or more.

    In the Indonesian style ``1,234`` is a count too: a count has no decimals.

    Examples
    --------
    >>> parse_count("1.234"), parse_count(" 12 "), parse_count("12 orang"), parse_count("-")
    (1234, 12, 12, None)
    >>> parse_count("1,234"), parse_count("12,5"), parse_count("1234.0", DOT_DECIMALS)
    (1234, None, 1234)
    """
    value = parse_number(text, style)
    if (value is None or not value.is_integer()) and style == DOT_THOUSANDS:
        other = _number_text(text)
        if re.fullmatch(r"\d{1,3}(?:,\d{3})+", other) or re.fullmatch(r"\d+\.0+", other):
            value = parse_number(text, DOT_DECIMALS)
    if value is None or not value.is_integer() or not 0 <= value < 10**10:
        return None
    return int(value)


def parse_clock(text: object) -> int | None:
    """Minutes after midnight, or None.

    Examples
    --------
    >>> parse_clock("08.30"), parse_clock("8:30 WIB"), parse_clock("0.5"), parse_clock("09:00:00")
    (510, 510, 720, 540)
    """
    if isinstance(text, time):
        return text.hour * 60 + text.minute
    written = str(text or "").strip().lower().removeprefix("pukul").removeprefix("jam").strip()
    if not written.isascii():
        return None
    if re.fullmatch(r"0[.,]\d{1,18}", written) and not re.fullmatch(r"0[.,]\d{2}", written):
        return round(float(written.replace(",", ".")) * 1440)
    found = re.fullmatch(r"(\d{1,2})(?:[.:](\d{2})(?:[.:]\d{2})?)?(?:\s*wib)?", written)
    if not found or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return None
    return int(found[1]) * 60 + int(found[2] or 0)


def parse_span(text: object) -> tuple[int | None, int | None]:
    """Start and end of a span of hours.

    Examples
    --------
    >>> parse_span("08.30 - 12.00 WIB"), parse_span("09:00 s/d selesai")
    ((510, 720), (540, None))
    """
    parts = re.split(
        r"\s*(?:-|–|s/d|s\.d\.?|sampai)\s*", str(text or "").strip().lower(), maxsplit=1
    )
    return parse_clock(parts[0]), parse_clock(parts[1]) if len(parts) > 1 else None
