"""Shares of a birth year, and rows of files, as they may be published.

A share is as telling as a count: its denominator stands on another exhibit of the page. So shares
follow the marks of the counts that they could be turned into.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ektp_analysis.format import number
from ektp_analysis.privacy import SHOWN, SMALL, is_small, marks, threshold

PERSONS = "residents"
"""Kind of file whose rows are persons; rows of visits and recaps are not."""


def rounded_persons(persons: float, limit: int | None = None) -> int:
    """A denominator to the nearest multiple of the threshold."""
    base = limit or threshold()
    return int(round(persons / base) * base)


def shown_years(curve: pd.DataFrame, profile: pd.DataFrame) -> pd.DataFrame:
    """Curves of the birth years whose count is shown.

    The end of a year's curve times its residents is nearly the count of its unrecorded: beside the
    total it would tell the other years that are hidden.

    Parameters
    ----------
    curve
        From :func:`ektp_analysis.disclosure.safe_curve`, ``group`` beginning with the birth year.
    profile
        From :func:`ektp_analysis.disclosure.safe_profile`.
    """
    gone = profile["unrecorded_mark"].ne(SHOWN) | profile["eligible_mark"].ne(SHOWN)
    hidden = set(profile.loc[gone & ~profile["older"], "birth_year"].astype(str))
    years = curve["group"].str.split().str[0]
    return curve[~years.isin(hidden)].reset_index(drop=True)


def safe_birth_months(exact: pd.DataFrame, months: pd.DataFrame) -> pd.DataFrame:
    """Shares of one birth year recorded in time, by month of birth.

    Parameters
    ----------
    exact
        From :func:`ektp_analysis.survival.recorded_by_birth_month`.
    months
        Months of :class:`ektp_analysis.disclosure.CohortCounts` of the same birth year.

    Returns
    -------
    DataFrame
        ``share, lo, hi`` missing where they would tell a small count: of those recorded since the
        horizon before, or of those who remain, or of a month that is hidden in ``months`` (with
        the shown one of its two counts, few denominators give a share of three digits).
        ``persons`` (Int64) rounded, missing for a hidden month: rounding would halve its interval.
    """
    limit = threshold()
    shown = months["recorded_mark"].eq(SHOWN) & months["unrecorded_mark"].eq(SHOWN)
    hidden = {pd.Timestamp(str(m)).month for m in months.loc[~shown, "month"]}
    gone = np.zeros(len(exact), bool)
    for birth_month, group in exact.groupby("birth_month"):
        before = 0
        for index, row in group.iterrows():
            count = round(row["share"] * row["persons"])
            rest = int(row["persons"]) - count
            hide = is_small(count - before, limit) or is_small(rest, limit)
            gone[exact.index.get_loc(index)] = hide or birth_month in hidden
            before = before if hide else count
    out = exact.copy()
    out.loc[gone, ["share", "lo", "hi"]] = np.nan
    persons = out["persons"].map(rounded_persons).astype("Int64")
    out["persons"] = persons.mask(out["birth_month"].isin(hidden))
    return out


def safe_quality(quality: pd.DataFrame) -> pd.DataFrame:
    """What became of the rows of one week's files.

    A rejected row of a resident list is a person, and its reason a property: few of them are
    hidden, with complements among the other reasons. Accepted and read rows of such files are
    rounded down to a multiple of the threshold, so that no difference gives the rejected ones.

    Parameters
    ----------
    quality
        Rows of the store table ``quality`` of one date.

    Returns
    -------
    DataFrame
        The same rows with ``rows`` (Int64: accepted, rejected or to be looked at; missing where
        hidden), ``rows_mark``, and ``rows_read`` as it may be shown.
    """
    limit = threshold()
    out = quality.copy()
    accepted, flagged = out["rule"] == "accepted", out["flagged"] > 0
    rows = out["accepted"].where(accepted, out["quarantined"].where(~flagged, out["flagged"]))
    out["rows"] = rows.astype("Int64")
    out["rows_mark"] = SHOWN
    persons = out["kind"] == PERSONS
    whole = persons & accepted
    out.loc[whole, "rows"] = out.loc[whole, "rows"] // limit * limit
    out.loc[persons, "rows_read"] = out.loc[persons, "rows_read"] // limit * limit
    for group in (persons & ~accepted & ~flagged, persons & flagged):
        counts = out.loc[group, "rows"].astype("int64").tolist()
        alone = len(counts) == 1 and is_small(counts[0], limit)  # its sum is told as “<5”, too
        out.loc[group, "rows_mark"] = [SMALL] if alone else marks(counts, limit=limit)
    out["rows"] = out["rows"].mask(out["rows_mark"] != SHOWN)
    return out


def sum_of_rows(quality: pd.DataFrame, column: str) -> str:
    """Sum of ``quarantined`` or ``flagged`` rows for a sentence: few persons only as a bound.

    Examples
    --------
    >>> week = pd.DataFrame({"kind": ["residents", "visits"], "quarantined": [3, 1]})
    >>> sum_of_rows(week, "quarantined"), sum_of_rows(week.replace(3, 30), "quarantined")
    ('<6', '31')
    """
    limit = threshold()
    persons = int(quality.loc[quality["kind"] == PERSONS, column].sum())
    others = int(quality[column].sum()) - persons
    return f"<{limit + others}" if is_small(persons, limit) else number(persons + others)
