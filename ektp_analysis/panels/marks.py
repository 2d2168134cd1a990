"""Marks inside a table cell: coverage bar, sparkline, change.

Sizes and colours come from classes, geometry from SVG attributes: no ``style`` attributes, so that
pages may forbid them (content security policy).
"""

from __future__ import annotations

from html import escape

import pandas as pd

from ektp_analysis.format import number, percent, signed

SPARK_WIDTH, SPARK_HEIGHT = 88, 24


def coverage_bar(share: object, eligible: object = None) -> str:
    """A percentage with a bar and its denominator under it; a dash where it is missing.

    Parameters
    ----------
    share
        Recorded / eligible, in [0, 1], or missing.
    eligible
        The denominator; None leaves it out.

    Examples
    --------
    >>> coverage_bar(0.5)
    '<data value="0.5000">50,0%</data><svg class="ektp-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="all" width="100" height="10"/><rect class="done" width="50.0" height="10"/></svg>'
    >>> coverage_bar(None)
    '–'
    """
    if share is None or pd.isna(share):  # type: ignore[call-overload]
        return percent(None)
    value = min(max(float(share), 0.0), 1.0)  # type: ignore[arg-type]
    known = eligible is not None and not pd.isna(eligible)  # type: ignore[call-overload]
    of = f'<small class="ektp-of">dari {number(eligible)}</small>' if known else ""
    return (
        f'<data value="{value:.4f}">{percent(value)}</data>'
        '<svg class="ektp-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="all" width="100" height="10"/>'
        f'<rect class="done" width="{100 * value:.1f}" height="10"/></svg>{of}'
    )


def sparkline(values: list[float], words: str) -> str:
    """A line from zero to the highest value, with its last point.

    Parameters
    ----------
    values
        Counts by week, oldest first.
    words
        What it shows, for readers who do not see it.

    Returns
    -------
    str
        SVG; a dash with fewer than three values.
    """
    if len(values) < 3:
        return "–"
    top = max(max(values), 1)
    step = SPARK_WIDTH / (len(values) - 1)
    points = [
        (i * step, (SPARK_HEIGHT - 2) * (1 - value / top) + 1) for i, value in enumerate(values)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    x, y = points[-1]
    return (
        f'<svg class="ektp-spark" viewBox="0 0 {SPARK_WIDTH} {SPARK_HEIGHT}" role="img" '
        f'aria-label="{escape(words, quote=True)}"><polyline points="{line}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4"/></svg>'
    )


def change_mark(change: object) -> str:
    """A change of the unrecorded: fewer is good.

    Examples
    --------
    >>> change_mark(-3), change_mark(0), change_mark(None)
    ('<span class="ektp-change-down">−3</span>', '0', '–')
    """
    if change is None or pd.isna(change) or change == 0:  # type: ignore[call-overload]
        return signed(change)
    kind = "down" if float(change) < 0 else "up"  # type: ignore[arg-type]
    return f'<span class="ektp-change-{kind}">{signed(change)}</span>'


def spark_words(values: list[float]) -> str:
    """What a sparkline shows, in words."""
    return f"Belum rekam dari {number(values[0])} menjadi {number(values[-1])} dalam {len(values) - 1} minggu"
