"""Figures of estimates: scenarios, Lorenz curve, cohorts, inflow, visit numbers."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ektp_analysis.figures.style import (
    BLUE,
    GREEN,
    GREY,
    HALO,
    ORANGE,
    PALE,
    RC,
    RED,
    count_axis,
    legend_below,
    light_grid,
    month_axis,
    new_figure,
    percent_axis,
    step_curve,
    time_axis,
)
from ektp_analysis.format import number, percent
from ektp_analysis.outlook import Outlook
from ektp_analysis.text_estimates import SCENARIO_NAMES

SCENARIO_COLORS = {"office": GREY, "present": ORANGE, "best": BLUE, "plan": BLUE}
COHORT_COLORS = (PALE, GREY, GREEN, ORANGE, BLUE, RED)
VISIT_LABELS = {1: "pertama", 2: "kedua", 3: "ketiga\natau lebih"}


@matplotlib.rc_context(RC)
def outlook_figure(trend: pd.DataFrame, outlook: Outlook, title: str) -> Figure:
    """The stock so far and in each scenario, with 80% intervals and the goal.

    Parameters
    ----------
    trend
        From :func:`ektp_analysis.disclosure.safe_trend`.
    outlook
        From :func:`ektp_analysis.outlook.make_outlook`.
    title
        The finding.
    """
    figure, axes = new_figure(title, height=4.6)
    axes.plot(trend["as_of"], trend["unrecorded"].astype(float), color="#2b333b", linewidth=2.2)
    for scenario in outlook.scenarios:
        path, color = scenario.path, SCENARIO_COLORS[scenario.name]
        axes.fill_between(
            path["as_of"], path["lo"], path["hi"], color=color, alpha=0.2, linewidth=0
        )
        axes.plot(
            path["as_of"], path["median"], color=color, linewidth=2, linestyle="--",
            label=SCENARIO_NAMES[scenario.name],
        )  # fmt: skip
    axes.axhline(outlook.goal, color=GREEN, linewidth=1.4)
    axes.annotate(
        f"target 1%: {number(outlook.goal)}", (trend["as_of"].iloc[0], outlook.goal), (0, 4),
        textcoords="offset points", color=GREEN, fontsize=11,
    )  # fmt: skip
    top = max(
        float(trend["unrecorded"].max()), *(float(s.path["hi"].max()) for s in outlook.scenarios)
    )
    axes.set_ylim(0, top * 1.1 + 1)
    last = outlook.scenarios[0].path["as_of"].iloc[-1]
    ticks = pd.date_range(trend["as_of"].min(), last, freq="YS")
    time_axis(axes, ticks)
    axes.set_ylabel("Warga belum rekam (orang)")
    axes.set_xlabel("Awal tahun")
    legend_below(axes, 2)
    count_axis(axes)
    light_grid(axes)
    return figure


@matplotlib.rc_context(RC)
def lorenz_figure(curve: pd.DataFrame, title: str) -> Figure:
    """Cumulative share of the unrecorded over the share of villages.

    Parameters
    ----------
    curve
        ``place_share, unrecorded_share``, from (0, 0) to (1, 1).
    title
        The finding.
    """
    figure, axes = new_figure(title, height=4.4)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1.2, linestyle=":")
    axes.plot(
        curve["place_share"], curve["unrecorded_share"], color=BLUE, linewidth=2.4, marker="o",
        markersize=3.5,
    )  # fmt: skip
    axes.annotate("bila sisa terbagi rata", (0.42, 0.3), color=GREY, fontsize=11)
    axes.axhline(0.8, color=ORANGE, linewidth=1.2)
    axes.annotate("80% dari sisa", (0.015, 0.815), color=ORANGE, fontsize=11, path_effects=HALO)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.03)
    axes.set_xlabel("Bagian desa/kelurahan, dari yang sisanya terbanyak")
    axes.set_ylabel("Bagian sisa belum rekam")
    percent_axis(axes)
    percent_axis(axes, "x")
    light_grid(axes)
    return figure


@matplotlib.rc_context(RC)
def cohort_curves_figure(curve: pd.DataFrame, title: str, until: int = 24) -> Figure:
    """Share still unrecorded by month since the birthday, one curve for each cohort.

    Parameters
    ----------
    curve
        From :func:`ektp_analysis.survival.kaplan_meier` by ``birth_year``.
    title
        The finding.
    until
        Last month drawn.
    """
    figure, axes = new_figure(title, height=4.4)
    shown = curve[curve["month"] <= until]
    names = sorted(shown["group"].unique())
    for name, color in zip(names, COHORT_COLORS[-len(names) :], strict=False):
        group = shown[shown["group"] == name]
        step_curve(axes, group, color, linewidth=2, label=name)
    month_axis(axes, int(shown["month"].max()))
    axes.legend(
        title="Tahun lahir", loc="upper right", frameon=False, fontsize=11, title_fontsize=11
    )
    return figure


@matplotlib.rc_context(RC)
def village_inflow_figure(inflow: pd.DataFrame, title: str, limit: int = 12) -> Figure:
    """Expected 17-year-olds by village with 80% prediction intervals.

    Parameters
    ----------
    inflow
        From :func:`ektp_analysis.inflow.inflow_by_village`, without hidden rows.
    title
        The finding.
    limit
        Number of villages.
    """
    shown = inflow.head(limit)
    figure, axes = new_figure(title, height=0.38 * max(len(shown), 2) + 1.7)
    rows = np.arange(len(shown))
    axes.barh(rows, shown["expected"].astype(float), color=PALE, height=0.66)
    axes.hlines(rows, shown["lo"].astype(float), shown["hi"].astype(float), color=BLUE, linewidth=3)
    for row, (_, place) in enumerate(shown.iterrows()):
        axes.annotate(
            number(place["expected"]), (float(place["hi"]), row), (6, 0),
            textcoords="offset points", va="center", fontsize=11.5,
        )  # fmt: skip
    axes.set_yticks(rows, shown["name"])
    axes.invert_yaxis()
    axes.set_xlim(0, float(shown["hi"].max()) * 1.15 + 1)
    axes.set_xlabel("Genap 17 tahun\ndalam 12 bulan (orang)")
    count_axis(axes, "x")
    return figure


@matplotlib.rc_context(RC)
def returns_figure(returns: pd.DataFrame, title: str) -> Figure:
    """Share of the backlog recorded by visit number with 95% intervals.

    Parameters
    ----------
    returns
        From :func:`ektp_analysis.repeat_visits.diminishing_returns`.
    title
        The finding.
    """
    figure, axes = new_figure(title, height=3.6)
    rows = np.arange(len(returns))
    axes.vlines(rows, returns["lo"], returns["hi"], color=BLUE, linewidth=3, alpha=0.5)
    axes.plot(rows, returns["share"], "o", color=BLUE, markersize=8)
    for row, (_, visit) in enumerate(returns.iterrows()):
        axes.annotate(
            percent(visit["share"], 0), (row, visit["share"]), (9, 0),
            textcoords="offset points", va="center", fontsize=11.5,
        )  # fmt: skip
    names = [
        f"{VISIT_LABELS[n]}\n({number(v)})"
        for n, v in zip(returns["number"], returns["visits"], strict=True)
    ]
    axes.set_xticks(rows, names)
    axes.set_xlim(-0.5, len(returns) - 0.3)
    axes.set_ylim(0, float(returns["hi"].max()) * 1.15)
    axes.set_xlabel("Kunjungan dalam 26 minggu (banyaknya)")
    axes.set_ylabel("Bagian sisa\nyang terekam")
    percent_axis(axes)
    light_grid(axes)
    return figure
