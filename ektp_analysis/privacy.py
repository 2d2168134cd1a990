"""Disclosure control of counts: what may be shown, what is hidden, and what that protects.

A count of persons from 1 to ``threshold - 1`` is not shown (*primary* suppression). Where the
other counts and a total that is shown would give it away, further counts are hidden
(*complementary* suppression), until an attacker who knows all shown counts, the threshold and
this rule can narrow no hidden count to less than its protection interval. Counts of events over
time are rounded in their running total instead (:func:`rounded_events`), so that no difference
between weeks, windows or editions tells a single event.

The reasons are in ``docs/decisions/0700-disclosure-control.md``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ektp_analysis.format import number
from ektp_analysis.settings import PREFIX, Settings, load_settings

THRESHOLD = int(Settings.model_fields["suppression_threshold"].default)
SHOWN, SMALL, CONCEALED = "", "<", "•"
"""Marks of a count: shown as it is; shown as “<5”; hidden without a bound."""


def threshold() -> int:
    """The office's ``suppression_threshold``: the smallest count of persons that is shown."""
    return _configured(Path.cwd(), os.environ.get(PREFIX + "SUPPRESSION_THRESHOLD"))


@lru_cache(maxsize=8)
def _configured(folder: Path, _environment: str | None) -> int:
    return load_settings(folder).suppression_threshold


def is_small(value: object, limit: int | None = None) -> bool:
    """Whether a count of persons is too small to be shown (0 and missing are not).

    Examples
    --------
    >>> is_small(3, 5), is_small(0, 5), is_small(5, 5), is_small(None, 5)
    (True, False, False, False)
    """
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return False
    return 0 < float(value) < (limit or threshold())  # type: ignore[arg-type]


def small(value: object, limit: int | None = None) -> str:
    """A count for display, small ones as an upper bound.

    For a count that stands alone. A column with a total needs :func:`marks`.

    Examples
    --------
    >>> small(3, 5), small(0, 5), small(1234, 5)
    ('<5', '0', '1.234')
    """
    limit = limit or threshold()
    return f"<{limit}" if is_small(value, limit) else number(value)


def marked(value: object, mark: str, limit: int | None = None) -> str:
    """A count for display by its mark.

    Examples
    --------
    >>> marked(None, SMALL, 5), marked(None, CONCEALED, 5), marked(1234, SHOWN, 5)
    ('<5', '•', '1.234')
    """
    if mark == SHOWN:
        return number(value)
    return f"<{limit or threshold()}" if mark == SMALL else mark


def protection_width(limit: int) -> int:
    """Width that the interval of every hidden count must keep: that of a small count, 1 to
    ``limit - 1``, known to be small and nothing more."""
    return limit - 2


def marks(
    counts: Sequence[int] | np.ndarray | pd.Series,
    *,
    limit: int | None = None,
    sensitive: Sequence[bool] | np.ndarray | None = None,
    bounds: tuple[np.ndarray, np.ndarray] | None = None,
    before: Sequence[bool] | np.ndarray | None = None,
    total_shown: bool = True,
) -> list[str]:
    """Marks of the counts of one group whose sum is shown.

    Small counts are hidden. Then the other counts are hidden, smallest first, until no hidden
    count can be narrowed to less than the protection interval by the sum; counts that were
    hidden in the edition before go first, so that a slowly changing complement is not shown one
    week and hidden the next. When that is not enough (only zeros are left), the whole group is
    concealed without bounds.

    Parameters
    ----------
    counts
        Persons (int, not negative).
    limit
        Threshold; the office's by default.
    sensitive
        Counts to hide besides the small ones, for example those whose complement is small.
    bounds
        What an attacker knows of each count once it is hidden: lowest and highest (float).
    before
        Which of them were hidden in the edition before.
    total_shown
        Whether the sum is known to the reader. A sum that is small itself must not be; then the
        whole group is concealed.

    Examples
    --------
    >>> marks([120, 3, 40, 0], limit=5)
    ['', '<', '•', '']
    >>> marks([120, 0, 40], limit=5)
    ['', '', '']
    >>> marks([4, 4, 0], limit=5)
    ['•', '•', '•']
    """
    limit = limit or threshold()
    values = np.asarray(counts, dtype=float)
    tiny = (values > 0) & (values < limit)
    primary = tiny if sensitive is None else tiny | np.asarray(sensitive, dtype=bool)
    if not primary.any():
        return [SHOWN] * len(values)
    everything = [CONCEALED] * len(values)
    if not total_shown or 0 < values.sum() < limit:
        return everything
    low = np.where(tiny, 1.0, float(limit))
    high = np.where(tiny, limit - 1.0, np.inf)
    if bounds is not None:
        extra = primary & ~tiny
        low, high = np.where(extra, bounds[0], low), np.where(extra, bounds[1], high)
    earlier = np.zeros(len(values), bool) if before is None else np.asarray(before, dtype=bool)
    order = [
        i for i in np.lexsort((np.arange(len(values)), values, ~earlier))
        if not primary[i] and values[i] > 0
    ]  # fmt: skip
    hidden = primary.copy()
    while not protected(values[hidden], low[hidden], high[hidden], limit):
        if not order:
            return everything
        hidden[order.pop(0)] = True
    return [(SMALL if tiny[i] else CONCEALED) if hidden[i] else SHOWN for i in range(len(values))]


def protected(values: np.ndarray, low: np.ndarray, high: np.ndarray, limit: int) -> bool:
    """Whether hidden counts of known sum each keep the protection interval.

    With one sum the sharpest bounds that linear programming can give are closed: count ``i`` lies
    between ``max(low_i, sum - other highs)`` and ``min(high_i, sum - other lows)``.
    """
    if not len(values):
        return True
    total = values.sum()
    with np.errstate(invalid="ignore"):
        others_high = np.array([np.delete(high, i).sum() for i in range(len(values))])
        others_low = low.sum() - low
        width = np.minimum(high, total - others_low) - np.maximum(low, total - others_high)
    wanted = np.minimum(protection_width(limit), high - low)
    return bool((width >= wanted).all())


def hide(values: pd.Series, gone: np.ndarray) -> pd.Series:
    """The values, missing where ``gone``; whole numbers stay whole (Int64)."""
    whole = pd.api.types.is_integer_dtype(values)
    nullable = values.astype("Int64") if whole else values.astype("float64")
    return nullable.mask(gone)


def conceal(frame: pd.DataFrame, column: str, given: Sequence[str], *also: str) -> pd.DataFrame:
    """The frame with hidden counts missing.

    Parameters
    ----------
    frame
        One row per count.
    column
        The count (int); it becomes nullable, missing where it is hidden.
    given
        Mark of each row.
    *also
        Columns from which the count could be worked out (coverage, changes, the complement).

    Returns
    -------
    DataFrame
        With a further column ``{column}_mark`` (str).
    """
    gone = np.array([m != SHOWN for m in given], dtype=bool)
    out = frame.copy()
    for name in (column, *also):
        out[name] = hide(out[name], gone)
    out[f"{column}_mark"] = list(given)
    return out


def rounded(total: pd.Series, limit: int | None = None) -> pd.Series:
    """Running totals down to a multiple of the threshold (int).

    Down, not to the nearest: the first total, which starts at a known 0, is then as uncertain as
    the later ones. Increments are not biased by it.

    Examples
    --------
    >>> rounded(pd.Series([2, 4, 7, -3]), 5).tolist()
    [0, 0, 5, -5]
    """
    base = limit or threshold()
    return total // base * base


def rounded_events(
    events: pd.DataFrame, limit: int | None = None, ceiling: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Events by week as they may be published: increments of running totals that are rounded.

    Whoever adds, subtracts or differences any weeks learns rounded running totals and nothing
    more, and a running total is uncertain by a whole multiple of the threshold wherever one looks.
    A single week, or any window of weeks, is wrong by less than the threshold.

    Parameters
    ----------
    events
        One row per week in ascending order, one column (int) per kind of event.
    ceiling
        Highest running totals that may be published, in the same shape.

    Returns
    -------
    DataFrame
        Same shape, multiples of the threshold.

    Examples
    --------
    >>> rounded_events(pd.DataFrame({"died": [1, 1, 1, 0, 4]}), 5)["died"].tolist()
    [0, 0, 0, 0, 5]
    """
    steps = events.cumsum().apply(rounded, limit=limit)
    if ceiling is not None:
        steps = steps.clip(upper=ceiling[steps.columns].to_numpy())
    return steps.diff().fillna(steps.head(1)).astype("int64")
