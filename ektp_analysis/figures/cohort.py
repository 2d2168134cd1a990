"""Figures of birth years, the cohort that turns 17, and time to recording."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ektp_analysis.figures.hidden import hidden_bars, lengths, mark_texts
from ektp_analysis.figures.style import (
    BLUE,
    ORANGE,
    PALE,
    RC,
    count_axis,
    light_grid,
    new_figure,
    percent_axis,
)
from ektp_analysis.format import month, number
from ektp_analysis.text import SEX


@matplotlib.rc_context(RC)
def birth_year_figure(profile: pd.DataFrame, title: str) -> Figure:
    """Unrecorded residents by birth year.

    Parameters
    ----------
    profile
        From :func:`ektp_analysis.disclosure.safe_profile`.
    title
        The finding.
    """
    figure, axes = new_figure(title, height=0.36 * len(profile) + 1.6)
    widths = lengths(profile["unrecorded"])
    bars = axes.barh(
        range(len(profile)),
        widths,
        color=[PALE if o else BLUE for o in profile["older"]],
        height=0.72,
    )
    hidden_bars(bars, profile["unrecorded"])
    texts = mark_texts(profile, "unrecorded")
    for row, (width, words) in enumerate(zip(widths, texts, strict=True)):
        axes.annotate(
            words,
            (width, row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize=11.5,
        )
    names = [
        f"≤ {y}" if old else str(y)
        for y, old in zip(profile["birth_year"], profile["older"], strict=True)
    ]
    axes.set_yticks(range(len(profile)), names)
    axes.set_ylabel("Tahun lahir")
    axes.set_xlim(0, float(widths.max()) * 1.17 + 1)
    axes.set_xlabel("Warga belum rekam (orang)")
    count_axis(axes, "x")
    return figure


@matplotlib.rc_context(RC)
def cohort_figure(months: pd.DataFrame, title: str) -> Figure:
    """The cohort by month of the 17th birthday: recorded, unrecorded, not yet 17.

    Parameters
    ----------
    months
        Months of :func:`ektp_analysis.disclosure.safe_cohort`.
    title
        The finding.
    """
    figure, axes = new_figure(title, height=4.4)
    rows = range(len(months))
    left = pd.Series(0.0, index=months.index)
    for column, color, label, hatch in (
        ("recorded", BLUE, "sudah rekam", ""),
        ("unrecorded", ORANGE, "belum rekam", ""),
        ("upcoming", "white", "belum 17 tahun", "////"),
    ):
        values = lengths(months[column])
        bars = axes.bar(
            rows,
            values,
            bottom=left,
            color=color,
            label=label,
            hatch=hatch,
            edgecolor="#8a97a3" if hatch else color,
            linewidth=0.6,
        )
        hidden_bars(bars, months[column], color)
        left = left + values
    axes.set_xticks(list(rows), [month(m, short=True) for m in months["month"]], fontsize=10.5)
    axes.set_ylabel("Warga (orang)")
    axes.set_xlabel(f"Bulan genap 17 tahun, {months['month'].iloc[0].year}")
    axes.set_ylim(0, float(left.max()) * 1.05 + 1)
    axes.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.2),
        ncols=3,
        frameon=False,
        fontsize=11,
        columnspacing=1,
        handlelength=1.2,
    )
    count_axis(axes)
    light_grid(axes)
    return figure


@matplotlib.rc_context(RC)
def survival_figure(curve: pd.DataFrame, title: str, until: int = 36) -> Figure:
    """Share still unrecorded by month since the 17th birthday, with 95% intervals.

    Parameters
    ----------
    curve
        From :func:`ektp_analysis.disclosure.safe_curve`.
    title
        The finding.
    until
        Last month drawn.
    """
    figure, axes = new_figure(title)
    shown = curve[curve["month"] <= until]
    for (name, group), color, lift in zip(
        shown.groupby("group"), (BLUE, ORANGE), (12, -16), strict=False
    ):
        axes.step(group["month"], group["unrecorded"], where="post", color=color, linewidth=2.2)
        axes.fill_between(
            group["month"],
            group["lo"],
            group["hi"],
            step="post",
            color=color,
            alpha=0.18,
            linewidth=0,
        )
        end = group.iloc[-1]
        axes.annotate(
            SEX.get(str(name), str(name)) or "semua", (end["month"], end["unrecorded"]), (-2, lift),
            textcoords="offset points", ha="right", color=color, weight="bold", fontsize=11.5,
        )  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, max(float(shown["month"].max()), 1))
    axes.set_xticks(range(0, int(shown["month"].max()) + 1, 6))
    axes.set_xlabel("Bulan sejak genap 17 tahun")
    axes.set_ylabel("Masih belum rekam")
    percent_axis(axes)
    light_grid(axes)
    return figure


@matplotlib.rc_context(RC)
def inflow_figure(inflow: pd.DataFrame, title: str) -> Figure:
    """Residents who turn 17 in the coming months.

    Parameters
    ----------
    inflow
        Inflow of :func:`ektp_analysis.disclosure.safe_cohort`.
    title
        The finding.
    """
    figure, axes = new_figure(title, height=3.6)
    values = lengths(inflow["residents"])
    bars = axes.bar(range(len(inflow)), values, color=BLUE)
    hidden_bars(bars, inflow["residents"])
    names = [
        month(m, short=True) + (f"\n{m.year}" if i == 0 or m.month == 1 else "")
        for i, m in enumerate(inflow["month"])
    ]
    axes.set_xticks(range(len(inflow)), names, fontsize=10.5)
    if inflow["residents"].notna().any():
        top = int(np.nanargmax(inflow["residents"].to_numpy("float64", na_value=np.nan)))
        axes.annotate(
            number(inflow["residents"][top]),
            (top, values[top]),
            (0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=11,
        )
    axes.set_ylim(0, float(values.max()) * 1.14 + 1)
    axes.set_ylabel("Genap 17 tahun (orang)")
    axes.set_xlabel("Bulan")
    count_axis(axes)
    light_grid(axes)
    return figure
