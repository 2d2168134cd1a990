"""Exhibits of visits, one by one."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import visits
from ektp_analysis.disclosure import safe_visits
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.figures.visits import yield_figure
from ektp_analysis.format import number
from ektp_analysis.tables.places import visits_table
from ektp_analysis.text import yield_finding

NO_VISITS = "Belum ada kunjungan jemput bola di sini dalam data ini."


def yields(loaded: Loaded) -> Exhibit:
    """Recordings at each visit."""
    table = _yields(loaded)
    if table.empty:
        return show_text(NO_VISITS)
    finding = yield_finding(table)
    _, data = visits_table(table, limit=len(table))
    return show_figure(yield_figure(table, finding), name="hasil", finding=finding, data=data)


def latest_visits(loaded: Loaded) -> Exhibit:
    """The last visits, one by one."""
    table = _yields(loaded)
    if table.empty:
        return show_text(NO_VISITS)
    shown, data = visits_table(table)
    return show_table(
        shown, name="kunjungan", finding=yield_finding(table), data=data,
        folded=f"Lihat {number(len(data))} kunjungan terakhir satu per satu",
    )  # fmt: skip


def _yields(loaded: Loaded) -> pd.DataFrame:
    table = visits.visit_yield(loaded.tables.visits, loaded.tables.stock)
    return safe_visits(table, loaded.protection)
