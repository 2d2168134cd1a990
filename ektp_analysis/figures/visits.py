"""Figures of visits: yield of each, effect around a visit, plan."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from ektp_analysis.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    RC,
    count_axis,
    legend_below,
    light_grid,
    new_figure,
    time_axis,
)
from ektp_analysis.format import number


@matplotlib.rc_context(RC)
def yield_figure(yields: pd.DataFrame, title: str) -> Figure:
    """Recordings at each visit by date; visits with a hindrance are hollow.

    Parameters
    ----------
    yields
        From :func:`ektp_analysis.visits.visit_yield`.
    title
        The finding.
    """
    figure, axes = new_figure(title)
    spoiled = yields["reason"] != ""
    for mask, face, label in (
        (~spoiled, BLUE, "tanpa kendala"),
        (spoiled, "white", "dengan kendala"),
    ):
        part = yields[mask]
        axes.scatter(
            part["date"],
            part["recorded"],
            s=52,
            facecolor=face,
            edgecolor=BLUE if face == BLUE else ORANGE,
            linewidth=1.8,
            label=label,
            zorder=3,
        )
    ticks = pd.date_range(
        yields["date"].min().to_period("Q").to_timestamp(), yields["date"].max(), freq="QS"
    )
    time_axis(axes, ticks)
    axes.set_ylim(0, float(yields["recorded"].max()) * 1.12 + 2)
    axes.set_ylabel("Terekam (orang)")
    legend_below(axes, 2)
    count_axis(axes)
    light_grid(axes)
    return figure


@matplotlib.rc_context(RC)
def effect_figure(effects: pd.DataFrame, title: str) -> Figure:
    """Rate ratios around a visit with 95% intervals, on a log axis.

    Parameters
    ----------
    effects
        From :func:`ektp_analysis.event_study.event_study`.
    title
        The finding.
    """
    figure, axes = new_figure(title)
    axes.axhline(1, color=GREY, linewidth=1.2)
    axes.vlines(effects["k"], effects["lo"], effects["hi"], color=BLUE, linewidth=2.2)
    axes.plot(effects["k"], effects["ratio"], "o", color=BLUE, markersize=7)
    axes.set_yscale("log")
    wide = float(effects["hi"].max()) > 4
    ticks = [0.25, 0.5, 1, 2, 4, 8, 16, 32] if wide else [0.4, 0.6, 0.8, 1, 1.25, 1.5, 2]
    low, high = float(effects["lo"].min()) * 0.85, float(effects["hi"].max()) * 1.2
    axes.set_ylim(min(low, 0.8), max(high, 1.3))
    axes.yaxis.set_major_locator(FixedLocator(ticks))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda v, _: f"{number(v, 2).rstrip('0').rstrip(',')}×")
    )
    axes.set_xticks(
        effects["k"],
        [f"{k:+d}".replace("-", "−") if k else "minggu\nkunjungan" for k in effects["k"]],
    )
    axes.set_xlabel("Minggu sebelum (−) dan sesudah (+) kunjungan")
    axes.set_ylabel("Laju perekaman\ndibanding biasanya")
    light_grid(axes)
    return figure


@matplotlib.rc_context(RC)
def expected_figure(expected: pd.DataFrame, title: str, limit: int = 10) -> Figure:
    """Expected recordings of a visit to each village with 80% prediction intervals.

    Parameters
    ----------
    expected
        From :func:`ektp_analysis.planning.expected_recordings`.
    title
        The finding.
    limit
        Number of villages.
    """
    shown = expected.head(limit)
    figure, axes = new_figure(title, height=0.4 * max(len(shown), 2) + 1.6)
    rows = np.arange(len(shown))
    axes.hlines(rows, shown["lo"], shown["hi"], color=BLUE, linewidth=3, alpha=0.45)
    axes.plot(shown["expected"], rows, "o", color=BLUE, markersize=8)
    for row, (_, place) in enumerate(shown.iterrows()):
        axes.annotate(
            number(place["expected"]),
            (place["hi"], row),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=11.5,
        )
    axes.set_yticks(rows, shown["name"])
    axes.invert_yaxis()
    axes.set_xlim(0, float(shown["hi"].max()) * 1.15 + 1)
    axes.set_xlabel("Perkiraan terekam\ndalam satu kunjungan (orang)")
    count_axis(axes, "x")
    light_grid(axes, "x")
    return figure
