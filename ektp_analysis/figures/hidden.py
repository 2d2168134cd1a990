"""How hidden counts are drawn: bars of one length, hatched, with their mark."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from matplotlib.patches import Rectangle

from ektp_analysis.figures.style import GREY
from ektp_analysis.privacy import marked, threshold


def lengths(counts: pd.Series) -> pd.Series:
    """Bar lengths (float): a hidden count is as long as the smallest that is shown."""
    return counts.astype("Float64").fillna(threshold()).astype(float)


def hidden_bars(bars: Iterable[Rectangle], counts: pd.Series, edge: str = GREY) -> None:
    """Hatch the bars of hidden counts, in the colour of what they count."""
    for bar, gone in zip(bars, counts.isna(), strict=True):
        if gone:
            bar.set(facecolor="white", edgecolor=edge, hatch="xxx", linewidth=0.6)


def mark_texts(frame: pd.DataFrame, column: str) -> list[str]:
    """Counts, or their marks, as words beside the bars."""
    pairs = zip(frame[column], frame[f"{column}_mark"], strict=True)
    return [marked(value, mark) for value, mark in pairs]
