"""Findings about estimates: outlook, time to recording, inflow, effect of visits.

Each sentence carries the interval of what it states.
"""

from __future__ import annotations

import pandas as pd

from ektp_analysis.format import day, interval, month, number, percent
from ektp_analysis.log_rank import LogRank
from ektp_analysis.net_effect import NetEffect
from ektp_analysis.outlook import Outlook, Scenario
from ektp_analysis.refusal import Refusal

SCENARIO_NAMES = {
    "office": "Tanpa jemput bola",
    "present": "Seperti sekarang",
    "best": "Ke desa terbaik",
    "plan": "Dengan rencana",
}
SEX_NAMES = {"L": "laki-laki", "P": "perempuan"}
SIGNIFICANT = 0.05


def outlook_sentence(outlook: Outlook | Refusal) -> str:
    """When the goal is reached as now and with better choices, or what is left instead."""
    if isinstance(outlook, Refusal):
        return outlook.sentence
    if outlook.now <= outlook.goal:
        return f"Target 1% sudah tercapai: sisa paling banyak {number(outlook.goal)} warga."
    parts = [
        f"{SCENARIO_NAMES[s.name].lower()}, {_reached(s)}"
        for s in outlook.scenarios
        if s.name != "office" or len(outlook.scenarios) == 1
    ]
    head = f"Target: sisa 1% dari wajib KTP ({number(outlook.goal)} warga). "
    first = parts[0][0].upper() + parts[0][1:]
    turning = (
        f"Setiap minggu kira-kira {number(outlook.turning, 0 if outlook.turning >= 10 else 1)} "
        "warga genap 17 tahun menambah sisa."
    )
    return f"{head}{'; '.join([first, *parts[1:]])}. {turning}"


def outlook_finding(outlook: Outlook) -> str:
    """What is left in a year, with better choices and as now."""
    known = {s.name: s for s in outlook.scenarios}
    better = [known[name] for name in ("plan", "best", "present") if name in known]
    chosen = better or [known["office"]]
    parts: list[str] = []
    for scenario in chosen:
        middle, lo, hi = scenario.in_a_year
        band = "selang 80%: " if not parts else ""
        parts.append(
            f"{number(middle)} {SCENARIO_NAMES[scenario.name].lower()} ({band}{interval(lo, hi)})"
        )
    return f"Setahun lagi sisanya kira-kira {', '.join(parts)}"


def _reached(scenario: Scenario) -> str:
    goal = scenario.clearing
    band = percent(goal.level, 0)
    if goal.median is not None:
        early = month(goal.early) if goal.early is not None else month(goal.median)
        late = month(goal.late) if goal.late is not None else f"sesudah {month(goal.end)}"
        return f"tercapai sekitar {month(goal.median)} (selang {band}: {early} sampai {late})"
    left = f"{number(goal.left)} (selang {band}: {interval(goal.left_lo, goal.left_hi)})"
    if goal.early is not None:
        return (
            f"mungkin tercapai paling cepat {month(goal.early)}, tetapi pada {month(goal.end)} "
            f"sisanya kira-kira {left}"
        )
    return f"tidak tercapai sampai {month(goal.end)}; saat itu sisanya kira-kira {left}"


def when_reached(scenario: Scenario) -> str:
    """Date of the goal for a table cell."""
    goal = scenario.clearing
    if goal.median is None:
        maybe = f"; paling cepat {month(goal.early)}" if goal.early is not None else ""
        return f"tidak sampai {month(goal.end)}{maybe}"
    early = month(goal.early) if goal.early is not None else month(goal.median)
    late = month(goal.late) if goal.late is not None else f"sesudah {month(goal.end)}"
    return f"{month(goal.median)} ({early}–{late})"


def lorenz_finding(places: int, half: int, most: int) -> str:
    """How few of all villages hold half and 80% of the rest."""
    return (
        f"{number(half)} dari {number(places)} desa/kelurahan memuat separuh sisa, {number(most)} "
        "memuat 80%"
    )


def boundary_sentence(changes: pd.DataFrame) -> str:
    """Villages that came or went; empty when there are none."""
    if changes.empty:
        return ""
    words = {"appears": "muncul", "vanishes": "tidak ada lagi"}
    parts = [
        f"{name} {words[str(kind)]} sejak {day(week)}"
        for name, kind, week in changes[["name", "kind", "week"]].head(6).itertuples(index=False)
    ]
    return (
        f"Batas atau kode desa berubah: {'; '.join(parts)}. Warga yang berpindah kode tampil sebagai "
        "selisih tak dijelaskan pada minggu itu, bukan sebagai perekaman atau kepindahan."
    )


def cohorts_finding(shares: dict[str, tuple[float, float, float]], months: int) -> str:
    """Share recorded within some months for the first and the last cohort that has them."""
    if not shares:
        return f"Belum ada angkatan yang sudah teramati {months} bulan"
    names = sorted(shares)
    parts = [
        f"kelahiran {name} {_share(shares[name])}" for name in dict.fromkeys([names[0], names[-1]])
    ]
    return f"Sudah rekam dalam {months} bulan: {' dan '.join(parts)}"


def _share(values: tuple[float, float, float]) -> str:
    share, lo, hi = values
    return f"{percent(share, 0)} (95%: {percent(lo, 0)}–{percent(hi, 0)})"


def log_rank_sentence(test: LogRank | Refusal, what: str) -> str:
    """Whether groups differ in their time to recording."""
    if isinstance(test, Refusal):
        return test.sentence
    p = "p < 0,001" if test.p < 0.001 else f"p = {number(test.p, 3)}"
    detail = f"uji log-rank: χ² = {number(test.statistic, 1)}, derajat bebas {test.freedom}, {p}"
    if test.p < SIGNIFICANT:
        return f"Waktu sampai rekam berbeda menurut {what} ({detail})."
    return f"Tidak terbukti ada beda waktu sampai rekam menurut {what} ({detail})."


def birth_month_finding(table: pd.DataFrame, year: int) -> str:
    """Share of the cohort recorded within a month and the longest time seen, over birth months."""
    parts = []
    for within in (1, 3, 6, 12):
        rows = table[table["within"] == within]
        if rows.empty:
            continue
        ranked = rows.sort_values("share")
        low, high = ranked.iloc[0], ranked.iloc[-1]
        span = (
            _share((low["share"], low["lo"], low["hi"]))
            if len(rows) == 1
            else f"{percent(low['share'], 0)} sampai {percent(high['share'], 0)}"
        )
        parts.append(f"{span} dalam {within} bulan")
    if not parts:
        return f"Belum ada bulan lahir {year} dengan cukup warga yang teramati sebulan penuh"
    return f"Kelahiran {year} sudah rekam, menurut bulan lahir: {', '.join(parts)}"


def village_inflow_finding(
    total: tuple[float, int, int],
    first: str,
    visits: tuple[float, float, float] | None,
    borrowed: bool = False,
) -> str:
    """How many turn 17, most of them where, and what that is in visits (``borrowed``: of the
    kabupaten's mean)."""
    expected, lo, hi = total
    text = (
        f"{number(expected)} warga (selang 80%: {interval(lo, hi)}) akan genap 17 tahun dalam 12 bulan, "
        f"terbanyak di {first}"
    )
    if visits is None:
        return text
    trips, least, most = visits
    mean = " rata-rata kabupaten" if borrowed else ""
    return f"{text}; setara hasil {number(trips)} kunjungan{mean} (selang 95%: {interval(least, most)})"


def effect_in_persons(effects: pd.DataFrame) -> str:
    """Ratio and persons in the week of the visit, and the sum of the weeks after it."""
    table = effects.set_index("k")
    now = table.loc[0]
    return (
        f"Pada minggu kunjungan perekaman {number(now['ratio'], 1)} kali biasanya "
        f"(95%: {number(now['lo'], 1)}–{number(now['hi'], 1)}), yaitu {number(now['extra'])} orang lebih "
        f"banyak per kunjungan (95%: {interval(now['extra_lo'], now['extra_hi'])})"
    )


def leads_sentence(effects: pd.DataFrame) -> str:
    """The check of the weeks before the visit, and what the estimate rests on."""
    facts = effects.attrs
    p = facts["leads_p"]
    check = (
        "minggu-minggu sebelum kunjungan tidak berbeda dari biasanya"
        if p >= SIGNIFICANT
        else "minggu-minggu sebelum kunjungan sudah berbeda dari biasanya, jadi pengaruhnya perlu dibaca "
        "dengan hati-hati"
    )
    before = facts["visits_before"]
    left_out = (
        f" {number(before)} kunjungan lain tidak dipakai: terjadi sebelum potret data yang pertama, jadi sisa "
        "sebelumnya tidak diketahui."
        if before
        else ""
    )
    return (
        f"Dihitung dari {number(facts['visits'])} kunjungan di {number(facts['villages'])} desa/kelurahan "
        f"selama {number(facts['weeks'])} minggu.{left_out} Pemeriksaan: {check} (p = {number(p, 2)}); ragam "
        f"{number(facts['dispersion'], 2)} kali sebaran Poisson."
    )


def net_finding(effect: NetEffect, place: str) -> str:
    """What visits added, and what would have come anyway."""
    share, lo, hi = effect.share
    return (
        f"{place}: dari {number(effect.recorded)} warga yang terekam di {number(effect.visits)} kunjungan, "
        f"{number(effect.net)} tidak akan rekam tanpa kunjungan sampai hari ini (95%: "
        f"{interval(effect.net_lo, effect.net_hi)}), yaitu {percent(share, 0)} "
        f"({percent(lo, 0)}–{percent(hi, 0)})"
    )


def returns_finding(table: pd.DataFrame) -> str:
    """How much less a second visit brings."""
    rows = table.set_index("number")
    number_ = 2 if 2 in rows.index else int(rows.index.max())
    row = rows.loc[number_]
    words = {2: "kedua", 3: "ketiga atau lebih"}
    if row["ratio_lo"] <= 1 <= row["ratio_hi"]:
        return (
            f"Hasil kunjungan {words[number_]} dalam 26 minggu tidak terbukti berbeda dari yang pertama: "
            f"{percent(row['ratio'], 0)} (95%: {percent(row['ratio_lo'], 0)}–{percent(row['ratio_hi'], 0)})"
        )
    word = "hanya" if row["ratio"] < 1 else "malah"
    return (
        f"Kunjungan {words[number_]} dalam 26 minggu {word} merekam {percent(row['ratio'], 0)} dari bagian yang "
        f"direkam kunjungan pertama (95%: {percent(row['ratio_lo'], 0)}–{percent(row['ratio_hi'], 0)})"
    )


def summary_finding(summary: pd.DataFrame) -> str:
    """Mean yield of a visit with its interval, for the first place of the table."""
    row = summary.iloc[0]
    text = (
        f"Satu kunjungan rata-rata merekam {number(row['per_visit'], 1)} warga (95%: "
        f"{number(row['per_visit_lo'], 1)}–{number(row['per_visit_hi'], 1)})"
    )
    if pd.notna(row["share"]):
        text += (
            f", {percent(row['share'], 0)} dari sisa desa ({percent(row['share_lo'], 0)}–"
            f"{percent(row['share_hi'], 0)})"
        )
    if pd.notna(row["per_hour"]):
        text += (
            f", {number(row['per_hour'], 1)} per jam petugas ({number(row['per_hour_lo'], 1)}–"
            f"{number(row['per_hour_hi'], 1)})"
        )
    return text


def pooled_finding(pooled: pd.DataFrame) -> str:
    """What villages borrow."""
    few = int((pooled["visits"] <= 1).sum())
    mean = pooled["borrowed"].mean()
    return (
        f"{number(few)} dari {number(len(pooled))} desa/kelurahan dikunjungi paling banyak sekali; perkiraannya "
        f"rata-rata meminjam {percent(mean, 0)} dari rata-rata kabupaten"
    )
