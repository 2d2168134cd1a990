"""Exhibits of visits, their effect, and the plan."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from ektp_analysis import event_study, planning, pooling, regions, visits
from ektp_analysis.disclosure import safe_candidates, safe_visits
from ektp_analysis.exhibit import Exhibit, show_figure, show_table, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.figures.visits import effect_figure, expected_figure, yield_figure
from ektp_analysis.privacy import threshold
from ektp_analysis.refusal import Refusal
from ektp_analysis.tables.places import plan_table, visits_table
from ektp_analysis.text import displacement_finding, effect_finding, plan_finding, yield_finding

CHOICES = "pilihan.yaml"


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
    whole = loaded.regency
    table = event_study.event_study(
        visits.weekly_panel(whole.stock, whole.flow, whole.visits), outcome
    )
    if isinstance(table, Refusal):
        return show_text(table)
    finding = effect_finding(table) if outcome == "recorded_all" else displacement_finding(table)
    data = table[["k", "ratio", "lo", "hi"]].round(3)
    data.columns = pd.Index(["Minggu", "Rasio", "Bawah (95%)", "Atas (95%)"])
    return show_figure(effect_figure(table, finding), name=name, finding=finding, data=data)


def plan(loaded: Loaded, weeks: int = 1) -> Exhibit:
    """The visits of the next weeks."""
    expected = _expected(loaded)
    if isinstance(expected, Refusal):
        return show_text(expected)
    table = planning.visit_plan(expected, loaded.tables.as_of, _choices(), weeks=weeks)
    table = _safe(loaded, table)
    first = table[table["week"] == 1]
    if table.empty:
        return show_text(plan_finding(table) + ".")
    shown, data = plan_table(table)
    return show_table(shown, name=f"rencana-{weeks}-minggu", finding=plan_finding(first), data=data)


def candidates(loaded: Loaded) -> Exhibit:
    """What a visit to each village would bring."""
    expected = _expected(loaded)
    if isinstance(expected, Refusal):
        return show_text(expected)
    if loaded.tables.district:
        expected = expected[expected["district_code"] == loaded.tables.district].reset_index(
            drop=True
        )
    expected = _safe(loaded, expected).dropna(subset="expected")
    expected = expected[expected["unrecorded"] >= threshold()].reset_index(drop=True)
    if expected.empty:
        return show_text("Sisa di setiap desa terlalu sedikit untuk kunjungan tersendiri.")
    best = expected.iloc[0]
    finding = f"Kunjungan ke {best['name']} diperkirakan paling banyak hasilnya"
    data = pd.DataFrame(
        {
            "Desa/kelurahan": expected["name"],
            "Perkiraan terekam": expected["expected"].round(1),
            "Bawah (80%)": expected["lo"],
            "Atas (80%)": expected["hi"],
        }
    )
    return show_figure(expected_figure(expected, finding), name="calon", finding=finding, data=data)


def _yields(loaded: Loaded) -> pd.DataFrame:
    table = visits.visit_yield(loaded.tables.visits, loaded.tables.stock)
    return safe_visits(table, loaded.protection)


def _safe(loaded: Loaded, expected: pd.DataFrame) -> pd.DataFrame:
    return safe_candidates(expected, loaded.protection, loaded.tables.as_of)


def _expected(loaded: Loaded) -> pd.DataFrame | Refusal:
    whole = loaded.regency
    past = visits.visit_yield(whole.visits, whole.stock)
    model = pooling.fit_yield(past)
    if isinstance(model, Refusal):
        return model
    return planning.expected_recordings(whole.stock, past, model, whole.as_of)


def _choices() -> planning.Choices:
    return planning.load_choices(
        Path(os.environ.get("EKTP_CHOICES") or regions.data_dir() / CHOICES)
    )
