"""Figures of birth years, the cohort that turns 17, and time to recording."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ektp_analysis.figures.hidden import hidden_bars, lengths, mark_texts
from ektp_analysis.figures.style import (
    BLUE,
    HALO,
    ORANGE,
    PALE,
    RC,
    count_axis,
    labelled_bars,
    legend_below,
    light_grid,
    month_axis,
    new_figure,
    step_curve,
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
    names = [
        f"≤ {y}" if old else str(y)
        for y, old in zip(profile["birth_year"], profile["older"], strict=True)
    ]
    labelled_bars(axes, widths, texts, names)
    axes.set_ylabel("Tahun lahir")
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
    legend_below(axes, 3)
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
    # the curves end close together; the corner that a falling curve leaves free has room for names
    for (name, group), color, height in zip(
        shown.groupby("group"), (BLUE, ORANGE), (0.93, 0.83), strict=False
    ):
        step_curve(axes, group, color, linewidth=2.2)
        axes.text(
            0.98, height, SEX.get(str(name), str(name)) or "semua", transform=axes.transAxes,
            ha="right", va="top", color=color, weight="bold", fontsize=11.5, path_effects=HALO,
        )  # fmt: skip
    month_axis(axes, int(shown["month"].max()))
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
