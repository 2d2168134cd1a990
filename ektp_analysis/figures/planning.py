"""Figure of the rules for choosing villages."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from ektp_analysis.figures.style import (
    BLUE,
    GREY,
    ORANGE,
    RC,
    count_axis,
    legend_below,
    light_grid,
    new_figure,
)

STYLES = {
    "expected": (BLUE, "-", "rencana ini"),
    "backlog": (ORANGE, "--", "sisa terbanyak dulu"),
    "coverage": (GREY, ":", "cakupan terendah dulu"),
}
YEARS = 5


@matplotlib.rc_context(RC)
def rules_figure(paths: pd.DataFrame, goal: float, goal_label: str, title: str) -> Figure:
    """Unrecorded residents in the coming years under each rule, with 95% bands.

    Parameters
    ----------
    paths
        Of a :class:`ektp_analysis.scenarios.Comparison`.
    goal
        Persons; drawn as a line.
    goal_label
        Words at that line.
    title
        The finding.
    """
    figure, axes = new_figure(title, height=4.6)
    shown = paths[paths["week"] <= 52 * YEARS]
    for rule, part in shown.groupby("rule", sort=False):
        colour, line, label = STYLES[str(rule)]
        axes.fill_between(
            part["week"] / 52, part["lo"], part["hi"], color=colour, alpha=0.15, linewidth=0
        )
        axes.plot(part["week"] / 52, part["median"], line, color=colour, linewidth=2.2, label=label)
    end = float(shown["week"].max()) / 52
    axes.axhline(goal, color=GREY, linewidth=1)
    axes.annotate(
        goal_label, (end, goal), (0, 4), textcoords="offset points", ha="right", fontsize=11
    )
    axes.set_xlim(0, end)
    axes.set_ylim(0, float(shown["hi"].max()) * 1.05)
    axes.set_xlabel("Tahun sejak sekarang")
    axes.set_ylabel("Belum rekam (orang)")
    legend_below(axes, 2)
    count_axis(axes)
    light_grid(axes)
    return figure
