"""Small counts that could point to a person are not shown."""

from __future__ import annotations

import pandas as pd

from ektp_analysis.format import number

THRESHOLD = 5


def hidden(counts: pd.Series, threshold: int = THRESHOLD) -> pd.Series:
    """Which counts of one column must not be shown.

    Counts from 1 to ``threshold - 1`` are hidden. When the hidden ones together still give a
    small count away through the column's published total (one hidden cell, or a hidden sum under
    the threshold), the next smallest count is hidden as well.

    Parameters
    ----------
    counts
        Persons per place (int; missing counts stay missing and are not hidden).

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> hidden(pd.Series([120, 3, 40, 0])).tolist()
    [False, True, True, False]
    """
    out = (counts > 0) & (counts < threshold)
    out = out.fillna(False).astype(bool)
    while out.any() and (out.sum() == 1 or counts[out].sum() < threshold):
        rest = counts[~out & (counts > 0)].dropna()
        if rest.empty:
            break
        out[rest.idxmin()] = True
    return out


def small(value: object, threshold: int = THRESHOLD) -> str:
    """A count for display, small ones as an upper bound.

    Examples
    --------
    >>> small(3), small(0), small(1234)
    ('<5', '0', '1.234')
    """
    if value is None or pd.isna(value) or not 0 < float(value) < threshold:  # type: ignore[call-overload, arg-type]
        return number(value)
    return f"<{threshold}"


def suppress(
    frame: pd.DataFrame, column: str, dependents: tuple[str, ...] = (), threshold: int = THRESHOLD
) -> pd.DataFrame:
    """Hide small counts of a column, and what would tell them.

    Parameters
    ----------
    frame
        One row per place.
    column
        Counts of persons (int).
    dependents
        Columns from which the count could be worked out (coverage, changes, the complement); they
        become missing in the rows that are hidden.

    Returns
    -------
    DataFrame
        With ``column`` as nullable integers, missing where hidden, and ``hidden`` (bool).
    """
    mask = hidden(frame[column], threshold)
    out = frame.assign(hidden=mask)
    out[column] = out[column].astype("Int64").mask(mask)
    for name in dependents:
        kind = "Int64" if pd.api.types.is_integer_dtype(out[name]) else "float64"
        out[name] = out[name].astype(kind).mask(mask)
    return out
