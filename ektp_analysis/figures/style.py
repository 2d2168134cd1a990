"""The look of all figures: sizes for a phone, colours that colour-blind readers tell apart."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any, Literal

import matplotlib
import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ektp_analysis.format import month, number, percent

BLUE, ORANGE, GREEN, RED, GREY, PALE = (
    "#0b5cad",
    "#c2570c",
    "#11734b",
    "#b3202c",
    "#5f6b76",
    "#b9c6d3",
)
"""After Okabe and Ito (2008), darkened to a contrast of at least 4.5 on white."""
WIDTH = 5.4
STYLE = Path(__file__).with_name("ektp.mplstyle")
RC = dict(matplotlib.rc_params_from_file(STYLE, use_default_template=False))
"""The house style; an analyst uses the same with ``matplotlib.style.use(STYLE)``."""
HALO = [patheffects.withStroke(linewidth=3, foreground="white")]
"""Around a label that may lie on a line."""


def new_figure(title: str, height: float = 3.9) -> tuple[Figure, Axes]:
    """An empty figure with a title that says the finding, wrapped for a phone."""
    with matplotlib.rc_context(RC):
        # no pyplot: it keeps figures and a backend for the whole process
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.subplots()
        # over the whole figure, not over the axes: long place names on the left take no room from it
        figure.suptitle(textwrap.fill(title, 44), x=0.01, ha="left", fontsize=13, weight="bold")
    figure.patch.set_facecolor("white")
    return figure, axes


def month_axis(axes: Axes, last: int) -> None:
    """Months since the 17th birthday, and the share still unrecorded."""
    axes.set_xlim(0, max(last, 1))
    axes.set_xticks(range(0, last + 1, 6))
    axes.set_xlabel("Bulan sejak genap 17 tahun")
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("Masih belum rekam")
    percent_axis(axes)
    light_grid(axes)


def time_axis(axes: Axes, ticks: pd.DatetimeIndex) -> None:
    """Months with their year under them, or years alone where the ticks are years."""
    yearly = (ticks.freqstr or "").startswith("Y")
    names = [str(t.year) if yearly else f"{month(t, short=True)}\n{t.year}" for t in ticks]
    axes.set_xticks(date2num(ticks), names)


def step_curve(axes: Axes, curve: pd.DataFrame, color: str, **options: Any) -> None:
    """A step curve of ``unrecorded`` by ``month`` with its band from ``lo`` to ``hi``."""
    axes.step(curve["month"], curve["unrecorded"], where="post", color=color, **options)
    axes.fill_between(
        curve["month"], curve["lo"], curve["hi"], step="post", color=color, alpha=0.17, linewidth=0
    )


def labelled_bars(axes: Axes, widths: pd.Series, texts: list[str], names: list[str]) -> None:
    """What stands beside horizontal bars: their counts, the names of the rows, an axis of persons."""
    for row, (width, words) in enumerate(zip(widths, texts, strict=True)):
        axes.annotate(
            words, (width, row), (4, 0), textcoords="offset points", va="center", fontsize=11.5
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(0, float(widths.max() if len(widths) else 1) * 1.17 + 1)
    axes.set_xlabel("Warga belum rekam (orang)")
    count_axis(axes, "x")


def legend_below(axes: Axes, columns: int, gap: float = 0.2) -> None:
    """A legend under the axes, where it covers nothing; ``gap`` in heights of the axes."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -gap), ncols=columns, frameon=False, fontsize=11,
        columnspacing=1, handlelength=1.4,
    )  # fmt: skip


def count_axis(axes: Axes, which: str = "y", bins: int = 5) -> None:
    """Indonesian whole numbers on an axis."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(bins, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))


def percent_axis(axes: Axes, which: str = "y") -> None:
    """Whole percentages on an axis."""
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: percent(value, 0)))


def light_grid(axes: Axes, which: Literal["x", "y", "both"] = "y") -> None:
    """Thin lines behind the data."""
    axes.grid(visible=True, axis=which)
