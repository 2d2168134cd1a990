"""Sentences of the visit plan, made from the numbers that they state."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ektp_analysis.format import day, interval, number, percent, signed
from ektp_analysis.scenarios import Comparison

RULE_NAMES = {
    "expected": "Rencana ini (perkiraan hasil tertinggi)",
    "backlog": "Sisa terbanyak dulu",
    "coverage": "Cakupan terendah dulu",
}
OTHER_RULES = (("backlog", "sisa terbanyak"), ("coverage", "cakupan terendah"))
ORDINALS = {1: "kedua", 2: "ketiga", 3: "keempat"}


def plan_finding(plan: pd.DataFrame, total: tuple[float, float, float], weeks: int) -> str:
    """Where the team goes, and what that brings."""
    if plan.empty:
        span = "minggu depan" if weeks == 1 else f"dalam {weeks} minggu ke depan"
        return f"Tidak ada hari kunjungan, atau desa yang perlu dikunjungi, {span}"
    expected, lo, hi = total
    if weeks == 1 and plan["expected"].isna().all():
        return f"Minggu depan ke {listed(plan['name'].tolist())}"
    brings = f"kira-kira {number(expected)} warga terekam (80%: {interval(lo, hi)})"
    if weeks > 1:
        return f"{number(len(plan))} kunjungan dalam {weeks} minggu: {brings}"
    return f"Minggu depan ke {listed(plan['name'].tolist())}: {brings}"


def listed(names: list[str]) -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["A"]), listed(["A", "B"]), listed(["A", "B", "C"])
    ('A', 'A dan B', 'A, B, dan C')
    """
    if len(names) < 3:
        return " dan ".join(names)
    return ", ".join(names[:-1]) + f", dan {names[-1]}"


def plan_reason(visit: pd.Series) -> str:
    """Why a village is in the plan, from a row of :func:`ektp_analysis.planning.visit_plan`.

    An estimate is given with its interval or not as a number.
    """
    pinned = "Dipilih petugas. " if visit["why"] == "pinned" else ""
    if pd.isna(visit["unrecorded"]):
        return f"{pinned}Sisanya terlalu sedikit untuk ditampilkan."
    lo, hi = (100 * visit[end] / visit["unrecorded"] for end in ("lo", "hi"))
    parts = [
        f"{number(visit['unrecorded'])} belum rekam, {interval(lo, hi)}% diperkirakan terekam (80%)"
    ]
    if visit["repeat"]:
        times = ORDINALS.get(int(visit["repeat"]), f"ke-{visit['repeat'] + 1}")
        parts.append(f"kunjungan {times} dalam 26 minggu (hasil yang berkurang sudah dihitung)")
    if pd.isna(visit["last_visit"]) and not visit["repeat"]:
        parts.append("belum pernah dikunjungi dalam data ini")
    else:
        parts.append(f"terakhir dikunjungi {day(_last(visit))}")
    if visit["why"] != "pinned" and pd.notna(visit["next_best"]):
        ahead = visit["expected"] - visit["next_best"]
        if ahead >= 0.5:
            parts.append("perkiraannya di atas pilihan berikutnya")
    return pinned + "; ".join(parts) + "."


def _last(visit: pd.Series) -> pd.Timestamp:
    known = [when for when in (*visit["recent"], visit["last_visit"]) if pd.notna(when)]
    return pd.Timestamp(max(known))


def plan_notes(plan: pd.DataFrame, days_short: int, holidays: list[str]) -> str:
    """What the reader must know besides: pins without a day, days lost to holidays."""
    parts = []
    if holidays:
        parts.append(f"Tidak ada kunjungan pada {listed(holidays)}")
    if days_short:
        parts.append(f"hari yang tersedia kurang {number(days_short)} dari kunjungan yang biasa")
    if names := plan.attrs.get("unplaced", []):
        parts.append(f"tidak ada hari tersisa untuk desa yang disematkan: {listed(names)}")
    return "; ".join(parts)


def rules_finding(comparison: Comparison, goal: float, fallback: float | None) -> str:
    """How many weeks sooner the plan reaches the goal than the other rules do.

    Parameters
    ----------
    comparison
        From :func:`ektp_analysis.scenarios.compare_rules`.
    goal
        Share of the eligible that counts as done.
    fallback
        A higher share that every rule reaches, for when the goal itself is not reached.
    """
    years = number(comparison.horizon / 52)
    reached = {rule: np.isfinite(comparison.row(goal, rule)["weeks"]) for rule in RULE_NAMES}
    head = ""
    if not reached["expected"]:
        head = (
            f"Rencana ini tidak sampai {percent(goal, 0)} dalam {years} tahun. "
            if any(reached.values())
            else f"Dengan jumlah kunjungan sekarang, sisa tidak turun sampai {percent(goal, 0)} dari "
            f"wajib KTP dalam {years} tahun, dengan cara mana pun. "
        )
        if fallback is None:
            return head + after_sentence(comparison)
        goal = fallback
    parts = [
        f"{sooner_text(comparison.row(goal, rule))} daripada mendahulukan {name}"
        for rule, name in OTHER_RULES
    ]
    return (
        f"{head}Sisa {percent(goal, 0)} tercapai dalam {weeks_text(comparison.row(goal, 'expected'))} "
        f"dengan rencana ini: {' dan '.join(parts)}"
    )


def rules_headline(comparison: Comparison, goal: float, fallback: float | None) -> str:
    """The shortest form of :func:`rules_finding`, for the title of the figure."""
    if not np.isfinite(comparison.row(goal, "expected")["weeks"]):
        goal = fallback or goal
    row = comparison.row(goal, "backlog")
    if not np.isfinite(row["sooner"]):
        return "Sisa belum rekam menurut cara memilih desa"
    return f"Sampai {percent(goal, 0)}: rencana ini {sooner_text(row)} daripada sisa terbanyak dulu"


def after_sentence(comparison: Comparison) -> str:
    """The stock in a year under the plan against the other rules."""
    after = comparison.after.set_index("rule")
    weeks = number(after["week"].iloc[0])
    parts = []
    for rule, name in OTHER_RULES:
        fewer, lo, hi = (float(after.at[rule, f"fewer{end}"]) for end in ("", "_lo", "_hi"))  # type: ignore[arg-type]
        word = "lebih sedikit" if fewer >= 0 else "lebih banyak"
        parts.append(
            f"{number(abs(fewer))} warga {word} (95%: {signed(lo)} sampai {signed(hi)}) "
            f"daripada mendahulukan {name}"
        )
    return f"Setelah {weeks} minggu rencana ini menyisakan {' dan '.join(parts)}"


def weeks_text(row: pd.Series) -> str:
    """Weeks until a goal with the interval."""
    if not np.isfinite(row["weeks"]):
        return "tidak tercapai"
    late = number(row["weeks_hi"]) if np.isfinite(row["weeks_hi"]) else "tidak tercapai"
    return f"{number(row['weeks'])} minggu (95%: {number(row['weeks_lo'])}–{late})"


def sooner_text(row: pd.Series) -> str:
    """Weeks that the plan is sooner than a rule, with the interval."""
    if pd.isna(row["sooner"]):
        return "selisih tidak dapat dihitung"
    if not np.isfinite(row["sooner"]):
        return f"lebih cepat paling sedikit {number(row['sooner_lo'])} minggu"
    middle, lo, hi = (float(row.loc[key]) for key in ("sooner", "sooner_lo", "sooner_hi"))
    if lo <= 0 <= hi:
        return f"tidak terbukti lebih cepat (95%: {signed(lo)} sampai {signed(hi)} minggu)"
    word = "lebih cepat" if middle > 0 else "lebih lambat"
    ends = sorted((abs(lo), abs(hi)))
    late = number(ends[1]) if np.isfinite(ends[1]) else "lebih"
    return f"{number(abs(middle))} minggu {word} (95%: {number(ends[0])}–{late})"
