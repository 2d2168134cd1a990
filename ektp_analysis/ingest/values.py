"""Dates, numbers and clock times as offices write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

MONTHS = {
    "januari": 1, "jan": 1, "februari": 2, "pebruari": 2, "feb": 2, "maret": 3, "mar": 3,
    "april": 4, "apr": 4, "mei": 5, "juni": 6, "jun": 6, "juli": 7, "jul": 7,
    "agustus": 8, "agust": 8, "agu": 8, "ags": 8, "september": 9, "sept": 9, "sep": 9,
    "oktober": 10, "okt": 10, "november": 11, "nopember": 11, "nov": 11, "nop": 11,
    "desember": 12, "des": 12,
}  # fmt: skip
EXCEL_EPOCH = date(1899, 12, 30)
FORMATS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d %m %Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d",
)


def date_sql(column: str) -> str:
    """duckdb expression that parses a text column as a date; NULL when it is none.

    Day before month, as in Indonesia; month names; Excel day numbers.
    """
    formats = ", ".join(f"'{f}'" for f in FORMATS)
    by_name = f"lower({column})"
    for name in sorted(MONTHS, key=len, reverse=True):
        by_name = f"replace({by_name}, '{name}', '{MONTHS[name]}')"
    plain = f"try_strptime({column}, [{formats}])::DATE"
    named = f"CASE WHEN regexp_matches({column}, '[A-Za-z]') THEN try_strptime(regexp_replace({by_name}, '[ /-]+', ' ', 'g'), '%d %m %Y')::DATE END"
    serial = f"CASE WHEN regexp_matches({column}, '^[0-9]{{5}}$') THEN DATE '1899-12-30' + {column}::INT END"
    return f"coalesce({plain}, {serial}, {named})"


def parse_date(text: object) -> date | None:
    """A date, or None.

    Examples
    --------
    >>> parse_date("2 Agustus 2024"), parse_date("02/08/2024"), parse_date("45506")
    (datetime.date(2024, 8, 2), datetime.date(2024, 8, 2), datetime.date(2024, 8, 2))
    >>> parse_date("31/02/2024")
    """
    written = str(text or "").strip()
    if re.fullmatch(r"\d{5}", written):
        return EXCEL_EPOCH + timedelta(days=int(written))
    named = re.sub(r"^[a-z']+,\s*", "", written.lower())
    for name in sorted(MONTHS, key=len, reverse=True):
        named = re.sub(rf"\b{name}\b\.?", str(MONTHS[name]), named)
    for candidate in (written, re.sub(r"[ /-]+", " ", named)):
        for form in FORMATS:
            try:
                return datetime.strptime(candidate, form).date()
            except ValueError:
                continue
    return None


def parse_count(text: object) -> int | None:
    """A count with Indonesian thousands, or None.

    Examples
    --------
    >>> parse_count("1.234"), parse_count(" 12 "), parse_count("12 orang"), parse_count("-")
    (1234, 12, 12, None)
    """
    found = re.fullmatch(
        r"(\d{1,3}(?:[.,]\d{3})+|\d+)(?:[.,]0+)?(?:\s*(?:orang|jiwa|unit))?",
        str(text or "").strip().lower(),
    )
    return int(re.sub(r"[.,]", "", found.group(1))) if found else None


def parse_clock(text: object) -> int | None:
    """Minutes after midnight, or None.

    Examples
    --------
    >>> parse_clock("08.30"), parse_clock("8:30 WIB"), parse_clock("0.5"), parse_clock("09:00:00")
    (510, 510, 720, 540)
    """
    if isinstance(text, time):
        return text.hour * 60 + text.minute
    written = str(text or "").strip()
    if re.fullmatch(r"0[.,]\d+", written) and not re.fullmatch(r"0[.,]\d{2}", written):
        return round(float(written.replace(",", ".")) * 1440)
    if re.fullmatch(r"0[.,][1-9]", written):
        return round(float(written.replace(",", ".")) * 1440)
    found = re.fullmatch(r"(\d{1,2})[.:](\d{2})(?:[.:]\d{2})?(?:\s*wib)?", written.lower())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return int(found[1]) * 60 + int(found[2])
