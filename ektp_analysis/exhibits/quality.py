"""Exhibits of the data quality report."""

from __future__ import annotations

from itertools import pairwise

from ektp_analysis.exhibit import Exhibit, show_table, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.format import day, number
from ektp_analysis.tables.places import quality_table
from ektp_analysis.text import quality_finding


def files(loaded: Loaded) -> Exhibit:
    """What became of the rows of this week's files."""
    finding = quality_finding(loaded.tables.quality, loaded.tables.as_of)
    table, data = quality_table(loaded.tables.quality, loaded.tables.as_of)
    if data.empty:
        return show_text(finding + ".")
    return show_table(table, name="berkas", finding=finding, data=data)


def history(loaded: Loaded) -> Exhibit:
    """Which weeks the store holds, and which are missing between them."""
    dates = [d for d in loaded.store.dates() if d <= loaded.tables.as_of.date()]
    gaps = [b for a, b in pairwise(dates) if (b - a).days != 7]
    sentence = (
        f"Gudang data memuat {number(len(dates))} minggu, {day(dates[0])} sampai {day(dates[-1])}"
    )
    if gaps:
        sentence += f"; jarak yang bukan tujuh hari sebelum {', '.join(day(g) for g in gaps[:5])}"
    return show_text(sentence + ".")
