"""The look of all figures: sizes for a phone, colours that colour-blind readers tell apart."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Literal

import matplotlib
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ektp_analysis.format import number, percent

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
