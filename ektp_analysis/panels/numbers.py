"""The main numbers of a place, each with its change since the week before."""

from __future__ import annotations

from html import escape

import pandas as pd

from ektp_analysis.format import number, percent
from ektp_analysis.privacy import marked, threshold

LABELS = {
    "unrecorded": "Belum rekam",
    "coverage": "Cakupan wajib KTP",
    "recorded_week": "Terekam minggu ini",
    "entered_week": "Baru masuk daftar minggu ini",
}


def number_cards(numbers: pd.DataFrame) -> str:
    """A list of cards.

    Parameters
    ----------
    numbers
        From :func:`ektp_analysis.headline.weekly_numbers`.
    """
    cards = [
        f'<li><span class="label">{escape(LABELS[row["item"]])}</span>'
        f'<span class="value">{value_words(row["item"], row["value"], row["mark"])}</span>'
        f'<span class="change">'
        f"{change_words(row['item'], row['value'], row['before'], row['compared'])}</span></li>"
        for row in numbers.to_dict("records")
    ]
    note = f"Terekam dan baru masuk dibulatkan ke kelipatan {threshold()}, supaya tidak menunjuk orang."
    return f'<ul class="ektp-numbers">{"".join(cards)}</ul><p class="ektp-small">{note}</p>'


def value_words(item: str, value: float, mark: str) -> str:
    """The number as it may be shown.

    Examples
    --------
    >>> value_words("unrecorded", 1234, ""), value_words("coverage", 0.938, "")
    ('1.234', '93,8%')
    """
    if item == "coverage":
        return percent(value)
    return escape(marked(value, mark))


def change_words(item: str, value: float, before: float, compared: bool = True) -> str:
    """The change since the week before, in words.

    Examples
    --------
    >>> change_words("unrecorded", 90, 100), change_words("coverage", 0.95, 0.94)
    ('▼ turun 10 sejak minggu lalu', '▲ naik 1,00 poin sejak minggu lalu')
    >>> change_words("unrecorded", float("nan"), 100)
    'perubahan disamarkan'
    """
    if not compared:
        return "belum ada minggu pembanding"
    if pd.isna(before) or pd.isna(value):
        return "perubahan disamarkan"
    change = round(100 * (value - before), 2) if item == "coverage" else value - before
    if change == 0:
        return "sama dengan minggu lalu"
    words = f"{number(abs(change), 2)} poin" if item == "coverage" else number(abs(change))
    arrow, verb = ("▲", "naik") if change > 0 else ("▼", "turun")
    return f"{arrow} {verb} {words} sejak minggu lalu"
