"""Exhibits of visits and their effect."""

from __future__ import annotations

import pandas as pd

from ektp_analysis import visits
from ektp_analysis.disclosure import safe_visits
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits import whole
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.figures.visits import effect_figure, yield_figure
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.places import visits_table
from ektp_analysis.text import displacement_finding, effect_finding, yield_finding


def yields(loaded: Loaded) -> Exhibit:
    """Recordings at each visit."""
    table = _yields(loaded)
    if table.empty:
        return show_text("Belum ada kunjungan jemput bola di sini dalam data ini.")
    finding = yield_finding(table)
    _, data = visits_table(table, limit=len(table))
    return show_figure(yield_figure(table, finding), name="hasil", finding=finding, data=data)


def latest_visits(loaded: Loaded) -> Exhibit:
    """The last visits, one by one."""
    table = _yields(loaded)
    if table.empty:
        return show_text("Belum ada kunjungan untuk ditampilkan.")
    shown, data = visits_table(table)
    return show_table(shown, name="kunjungan", finding=yield_finding(table), data=data)


def effect(loaded: Loaded) -> Exhibit:
    """Recordings around a visit, in the whole kabupaten."""
    return _effect(loaded, "recorded_all", "pengaruh")


def displacement(loaded: Loaded) -> Exhibit:
    """Office recordings around a visit, in the whole kabupaten."""
    return _effect(loaded, "recorded_office", "pergeseran")


def _effect(loaded: Loaded, outcome: str, name: str) -> Exhibit:
    table = whole.effects(loaded)[outcome]
    if isinstance(table, Refusal):
        return show_text(table)
    finding = effect_finding(table) if outcome == "recorded_all" else displacement_finding(table)
    data = table[["k", "ratio", "lo", "hi"]].round(3)
    data.columns = pd.Index(["Minggu", "Rasio", "Bawah (95%)", "Atas (95%)"])
    return show_figure(effect_figure(table, finding), name=name, finding=finding, data=data)


def _yields(loaded: Loaded) -> pd.DataFrame:
    table = visits.visit_yield(loaded.tables.visits, loaded.tables.stock)
    return safe_visits(table, loaded.protection)
