"""The trend as points of a unit square, which Typst draws as lines and an area."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from ektp_analysis.format import month, number
from ektp_analysis.takeaway.headline import Point

TICKS = 4
TOP = 1.08
ROOM, GAP = 0.14, 0.03
"""Parts of the chart's height: what a line of words needs, and stays away from a band."""


def chart(seen: list[Point], ahead: list[Point]) -> dict[str, Any] | None:
    """Coordinates and labels of a line chart; ``None`` with fewer than two weeks.

    Parameters
    ----------
    seen, ahead
        Counts and forecast, from :func:`ektp_analysis.takeaway.headline.points`.

    Returns
    -------
    dict or None
        ``line`` and ``dashed``: points ``[x, y]`` in [0, 1], y upwards; ``band``: a closed area;
        ``x``, ``y``: ticks with place and label; ``last``: the last count with its label; ``words``:
        where the forecast's name has room, its right end at the top.
    """
    shown = [p for p in seen if p.value is not None]
    if len(shown) < 2:
        return None
    start, end = shown[0].when, (ahead or shown)[-1].when
    highest = max([p.value or 0 for p in shown] + [p.hi or 0 for p in ahead])
    step = nice_step(highest * TOP / TICKS)
    top = step * math.ceil(highest * TOP / step)

    def place(when: date, value: float) -> list[float]:
        return [round((when - start).days / (end - start).days, 4), round(value / top, 4)]

    last = shown[-1]
    late = ahead[len(ahead) // 2 :]
    low, high = min((p.lo or 0 for p in late), default=0), max((p.hi or 0 for p in late), default=0)
    words = low / top - GAP if low / top > ROOM else min(high / top + ROOM, 1)
    band = [place(p.when, p.hi or 0) for p in ahead]
    band += [place(p.when, p.lo or 0) for p in reversed(ahead)]
    return {
        "line": [place(p.when, p.value or 0) for p in shown],
        "dashed": [place(p.when, p.value or 0) for p in ahead],
        "band": band,
        "x": [[place(d, 0)[0], _tick(d)] for d in quarters(start, end)],
        "y": [[round(v / top, 4), number(v)] for v in range(0, top + 1, step)],
        "words": [1, round(words, 4)],
        "last": [*place(last.when, last.value or 0), number(last.value)],
    }


def nice_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … that is at least a number.

    Examples
    --------
    >>> nice_step(430), nice_step(0.3)
    (500, 1)
    """
    size = 1
    while True:
        for factor in (1, 2, 5):
            if factor * size >= least:
                return factor * size
        size *= 10


def quarters(start: date, end: date) -> list[date]:
    """First days of the quarters between two dates."""
    days = [date(y, m, 1) for y in range(start.year, end.year + 1) for m in (1, 4, 7, 10)]
    return [day for day in days if start <= day <= end]


def _tick(day: date) -> str:
    return month(day, short=True) + (f" {day.year}" if day.month == 1 else "")
