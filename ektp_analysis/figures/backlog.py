"""Figures of the backlog: trend, accounts, places."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from ektp_analysis.figures.hidden import hidden_bars, lengths, mark_texts
from ektp_analysis.figures.style import (
    BLUE,
    GREEN,
    GREY,
    HALO,
    ORANGE,
    PALE,
    RC,
    count_axis,
    labelled_bars,
    light_grid,
    new_figure,
    time_axis,
)
from ektp_analysis.format import number, signed
from ektp_analysis.refusal import Refusal
from ektp_analysis.text import ITEMS

ROOM = 0.22
"""Of the height of the axes: what two lines of words need."""


@matplotlib.rc_context(RC)
def trend_figure(trend: pd.DataFrame, forecast: pd.DataFrame | Refusal, title: str) -> Figure:
    """Unrecorded residents by week, with the forecast and its 80% interval.

    Parameters
    ----------
    trend
        From :func:`ektp_analysis.disclosure.safe_trend`, with a week that is shown.
    forecast
        From :func:`ektp_analysis.projection.path_quantiles`.
    title
        The finding.
    """
    figure, axes = new_figure(title)
    axes.plot(trend["as_of"], trend["unrecorded"].astype(float), color=BLUE, linewidth=2.4)
    # hidden weeks are gaps in the line
    last = trend.dropna(subset="unrecorded").iloc[-1]
    axes.plot([last["as_of"]], [last["unrecorded"]], "o", color=BLUE)
    # on the side where the line has not been: above it when it fell, below when it rose
    shown = trend["unrecorded"].dropna().astype(float)
    fell = shown.iloc[-1] <= shown.iloc[-min(len(shown), 9)]
    axes.annotate(
        number(last["unrecorded"]), (last["as_of"], last["unrecorded"]), (2, 8 if fell else -8),
        textcoords="offset points", ha="left", va="bottom" if fell else "top", color=BLUE,
        weight="bold", path_effects=HALO,
    )  # fmt: skip
    top = float(trend["unrecorded"].max())
    if not isinstance(forecast, Refusal):
        axes.fill_between(
            forecast["as_of"], forecast["lo"], forecast["hi"], color=PALE, alpha=0.6, linewidth=0
        )
        axes.plot(forecast["as_of"], forecast["median"], color=GREY, linestyle="--", linewidth=1.8)
        top = max(top, float(forecast["hi"].max()))
        late = forecast.tail(max(len(forecast) * 2 // 3, 1))
        low, high = float(late["lo"].min()), float(late["hi"].max())
        # under the band that it names, or above it where there is no room for two lines
        under = low > ROOM * top
        axes.annotate(
            "perkiraan\n(selang 80%)", (forecast["as_of"].iloc[-1], low if under else high),
            (0, -6 if under else 6), textcoords="offset points", ha="right",
            va="top" if under else "bottom", color=GREY, fontsize=11,
        )  # fmt: skip
        top = top if under else max(top, high + ROOM * top)
    axes.set_ylim(0, top * 1.15 + 1)
    axes.set_ylabel("Warga belum rekam (orang)")
    ticks = pd.date_range(trend["as_of"].min(), axes_end(trend, forecast), freq="QS")
    time_axis(axes, ticks)
    count_axis(axes)
    light_grid(axes)
    return figure


def axes_end(trend: pd.DataFrame, forecast: pd.DataFrame | Refusal) -> pd.Timestamp:
    """Last date that the trend figure shows."""
    if isinstance(forecast, Refusal):
        return pd.Timestamp(trend["as_of"].max())
    return pd.Timestamp(forecast["as_of"].max())


@matplotlib.rc_context(RC)
def waterfall_figure(steps: pd.DataFrame, title: str) -> Figure:
    """From the opening to the closing stock, item by item (horizontal, for a phone).

    Parameters
    ----------
    steps
        From :func:`ektp_analysis.accounts.waterfall`.
    title
        The finding.
    """
    shown = steps[(steps["change"] != 0) | steps["item"].isin(["opening", "closing"])]
    figure, axes = new_figure(title, height=0.42 * len(shown) + 1.5)
    levels = steps.loc[steps["item"].isin(["opening", "closing"]), "level"]
    span = max(shown["level"].max() - shown["level"].min(), 1)
    base = max(shown["level"].min() - 1.3 * span, 0)
    for row, (_, step) in enumerate(shown.iterrows()):
        whole = step["item"] in ("opening", "closing")
        start = base if whole else step["level"] - step["change"]
        color = (
            GREY
            if whole or step["item"] == "unexplained"
            else ORANGE
            if step["change"] > 0
            else GREEN
        )
        axes.barh(row, step["level"] - start, left=start, color=color, height=0.66)
        right = max(start, step["level"])
        words = number(step["level"]) if whole else signed(step["change"])
        axes.annotate(
            words, (right, row), (5, 0), textcoords="offset points", va="center", fontsize=11.5
        )
    axes.set_yticks(range(len(shown)), [ITEMS[i] for i in shown["item"]])
    axes.invert_yaxis()
    axes.set_xlim(base, max(shown["level"].max(), levels.max()) + 0.9 * span)
    axes.set_xlabel(
        "Warga belum rekam (orang)" + ("\nsumbu tidak mulai dari 0" if base > 0 else "")
    )
    count_axis(axes, "x", 4)
    return figure


@matplotlib.rc_context(RC)
def ranking_figure(places: pd.DataFrame, title: str, limit: int = 15) -> Figure:
    """Places with most unrecorded residents; those that together hold most are dark.

    Parameters
    ----------
    places
        From :func:`ektp_analysis.disclosure.safe_places`.
    title
        The finding.
    limit
        Number of bars.
    """
    shown = places[places["unrecorded"].fillna(1) > 0].head(limit)
    figure, axes = new_figure(title, height=0.36 * max(len(shown), 2) + 1.5)
    colors = [BLUE if needed else PALE for needed in shown["needed"]]
    widths = lengths(shown["unrecorded"])
    bars = axes.barh(range(len(shown)), widths, color=colors, height=0.72)
    hidden_bars(bars, shown["unrecorded"])
    texts = mark_texts(shown, "unrecorded")
    labelled_bars(axes, widths, texts, list(shown["name"]))
    axes.invert_yaxis()
    return figure
