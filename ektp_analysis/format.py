"""Numbers and dates as an Indonesian reader expects them."""

from __future__ import annotations

from datetime import date

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

LOCALE = "id_ID"
MISSING = "–"


def number(value: object, digits: int = 0) -> str:
    """A number with dots for thousands and a comma for decimals; a dash for a missing one.

    Examples
    --------
    >>> number(13245), number(2.5, 1), number(None)
    ('13.245', '2,5', '–')
    """
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    form = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(round(float(value), digits), form, locale=LOCALE))  # type: ignore[arg-type]


def signed(value: object) -> str:
    """A change with its sign.

    Examples
    --------
    >>> signed(12), signed(-1234), signed(0)
    ('+12', '−1.234', '0')
    """
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    amount = round(float(value))  # type: ignore[arg-type]
    return ("+" if amount > 0 else "−" if amount < 0 else "") + number(abs(amount))


def percent(share: object, digits: int = 1) -> str:
    """A share as a percentage.

    Examples
    --------
    >>> percent(0.938), percent(float("nan"))
    ('93,8%', '–')
    """
    if share is None or pd.isna(share):  # type: ignore[call-overload]
        return MISSING
    form = "0." + "0" * digits + "%" if digits else "0%"
    return str(format_percent(float(share), form, locale=LOCALE))  # type: ignore[arg-type]


def day(value: date | pd.Timestamp | None) -> str:
    """A date in words.

    Examples
    --------
    >>> day(date(2024, 8, 2))
    '2 Agustus 2024'
    """
    return (
        MISSING
        if value is None or pd.isna(value)
        else str(format_date(value, "d MMMM y", locale=LOCALE))
    )


def weekday(value: date | pd.Timestamp) -> str:
    """A date with its weekday.

    Examples
    --------
    >>> weekday(date(2024, 8, 6))
    'Selasa, 6 Agustus 2024'
    """
    return str(format_date(value, "EEEE, d MMMM y", locale=LOCALE))


def month(value: date | pd.Timestamp, short: bool = False) -> str:
    """A month in words.

    Examples
    --------
    >>> month(date(2024, 8, 1)), month(date(2024, 8, 1), short=True)
    ('Agustus 2024', 'Agu')
    """
    return str(format_date(value, "LLL" if short else "LLLL y", locale=LOCALE))


def interval(lo: object, hi: object) -> str:
    """An interval of counts.

    Examples
    --------
    >>> interval(30, 76)
    '30–76'
    """
    return f"{number(lo)}–{number(hi)}"


def plain_markdown(text: str) -> str:
    r"""Text that Markdown takes as it is: for titles and sentences in generated pages.

    Examples
    --------
    >>> plain_markdown("Desa <b>Air</b> Meles"), plain_markdown("Curup Tengah")
    ('Desa \\<b\\>Air\\</b\\> Meles', 'Curup Tengah')
    """
    return "".join(f"\\{c}" if c in r"\`*_{}[]<>#|$~^" else c for c in text)
