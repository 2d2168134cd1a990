"""Which places' counts are hidden, decided once for the whole kabupaten, week by week.

Kabupaten, kecamatan and desa/kelurahan form one hierarchy whose sums are all shown, on pages, in
trends and in tables of visits, at every week of the store. So the marks are one pure function of
the store's weekly counts: every page, download and edition asks here and gets the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ektp_analysis.privacy import CONCEALED, SHOWN, SMALL, marks, protected, threshold

REGENCY = ""
"""Key of the kabupaten among the places."""
DISTRICT_LENGTH = len("17.02.19")


def village_counts(stock: pd.DataFrame) -> pd.DataFrame:
    """``as_of, village_code, eligible, unrecorded`` (int, persons) of a stock table."""
    keys = ["as_of", "village_code"]
    return stock.groupby(keys, as_index=False)[["eligible", "unrecorded"]].sum()


@dataclass(frozen=True)
class Protection:
    """Marks of the unrecorded residents of each place and week.

    Attributes
    ----------
    limit
        Threshold.
    table
        Mark (str) by week (rows) and place (columns): village codes, district codes and ``""``
        for the kabupaten. A place without residents has the mark of a count that is shown.
    district
        The kecamatan to which the table is limited (:meth:`part`).
    """

    limit: int
    table: pd.DataFrame
    district: str | None = None

    @classmethod
    def of(cls, counts: pd.DataFrame, limit: int | None = None) -> Protection:
        """Decide the marks.

        Parameters
        ----------
        counts
            From :func:`village_counts`, of the whole kabupaten and all weeks.
        limit
            Threshold; the office's by default.
        """
        limit = limit or threshold()
        keys = ["as_of", "village_code"]
        wide = counts.set_index(keys)[["eligible", "unrecorded"]].unstack(fill_value=0)
        weeks, left, all_ = wide.index, wide["unrecorded"], wide["eligible"]
        villages = left.columns
        district = villages.str[:DISTRICT_LENGTH].to_numpy()
        rows = []
        before = dict.fromkeys(villages, SHOWN)
        for week in weeks:
            before = _week(
                left.loc[week].to_numpy(), all_.loc[week].to_numpy(), villages, district, before, limit
            )  # fmt: skip
            rows.append(before)
        return cls(limit, pd.DataFrame(rows, index=weeks))

    def mark(self, as_of: pd.Timestamp, place: str = REGENCY) -> str:
        """Mark of a place at a week; a week or place without counts has nothing to hide."""
        inside = place in (REGENCY, self.district) or place.startswith(f"{self.district}.")
        if self.district and not inside:
            return CONCEALED  # not known here, hence not shown here
        if as_of not in self.table.index or place not in self.table.columns:
            return SHOWN
        return str(self.table.at[as_of, place])

    def at(self, as_of: pd.Timestamp, places: pd.Series) -> list[str]:
        """Marks of several places at a week."""
        return [self.mark(as_of, place) for place in places]

    def weeks(self, weeks: pd.Series, place: str | None = None) -> list[str]:
        """Marks of one place (``None``: the kabupaten) at several weeks."""
        return [self.mark(week, place or REGENCY) for week in weeks]

    def hides(self, as_of: pd.Timestamp, place: str | None = None) -> bool:
        """Whether the count of a place (``None``: the kabupaten) is hidden at a week."""
        return self.mark(as_of, place or REGENCY) != SHOWN

    def part(self, district: str) -> Protection:
        """The marks that a report on a district depends on: its own, its villages', the whole's."""
        columns = [
            c for c in self.table if c in (REGENCY, district) or str(c).startswith(f"{district}.")
        ]
        return Protection(self.limit, self.table[columns], district)


def _week(
    left: np.ndarray,
    eligible: np.ndarray,
    villages: pd.Index,
    district: np.ndarray,
    before: dict[str, str],
    limit: int,
) -> dict[str, str]:
    """Marks of one week."""
    names = sorted(set(district))
    sums = np.array([left[district == d].sum() for d in names])
    totals = np.array([eligible[district == d].sum() for d in names])
    whole, everyone = left.sum(), eligible.sum()
    out = {REGENCY: CONCEALED if _sensitive(whole, everyone, limit) else SHOWN}
    hidden = [before.get(d, SHOWN) != SHOWN for d in names]
    upper = _marks(sums, totals, hidden, limit, total_shown=out[REGENCY] == SHOWN)
    out |= dict(zip(names, upper, strict=True))
    for d, mark in zip(names, upper, strict=True):
        inside = np.flatnonzero(district == d)
        codes = villages[inside]
        earlier = [before.get(c, SHOWN) != SHOWN for c in codes]
        if mark == SHOWN:
            given = _marks(left[inside], eligible[inside], earlier, limit)
        elif _sensitive(left[inside].sum(), eligible[inside].sum(), limit):
            given = [CONCEALED] * len(inside)  # even zeros: marks of parts would bound the sum
        else:
            given = _marks(left[inside], eligible[inside], earlier, limit, total_shown=False)
            if CONCEALED not in given:
                given = _hide_smallest(left[inside])
        out |= dict(zip(codes, given, strict=True))
    if any(mark != SHOWN for mark in upper) and out[REGENCY] == SHOWN:
        _close_hidden_districts(out, names, sums, left, villages, district, limit)
    return out


def _sensitive(left: float, eligible: float, limit: int) -> bool:
    return 0 < left < limit or 0 < eligible - left < limit


def _marks(
    left: np.ndarray,
    eligible: np.ndarray,
    before: list[bool],
    limit: int,
    total_shown: bool = True,
) -> list[str]:
    """Marks of unrecorded residents, where eligible residents are shown beside them."""
    recorded = eligible - left
    few = (recorded > 0) & (recorded < limit)
    bounds = ((eligible - limit + 1).clip(min=0).astype(float), (eligible - 1).astype(float))
    return marks(
        left, limit=limit, sensitive=few, bounds=bounds, before=before, total_shown=total_shown
    )


def _hide_smallest(left: np.ndarray) -> list[str]:
    """One village must be hidden, or the sum of its kecamatan, which is hidden, is known."""
    smallest = np.where(left > 0, left, np.inf).argmin()
    return [CONCEALED if i == smallest else SHOWN for i in range(len(left))]


def _close_hidden_districts(
    out: dict[str, str],
    names: list[str],
    sums: np.ndarray,
    left: np.ndarray,
    villages: pd.Index,
    district: np.ndarray,
    limit: int,
) -> None:
    """The hidden villages of all hidden kecamatan have one known sum: hide more until it is safe.

    The kabupaten less all that is shown is the sum of the hidden villages of the hidden
    kecamatan; a kecamatan that is small as a whole counts as one part.
    """
    while True:
        values: list[float] = []
        low: list[float] = []
        high: list[float] = []
        spare: list[int] = []
        for name, total in zip(names, sums, strict=True):
            if out[name] == SHOWN:
                continue
            if 0 < total < limit:
                values.append(float(total))
                low.append(1.0)
                high.append(limit - 1.0)
                continue
            for i in np.flatnonzero(district == name).tolist():
                mark = out[villages[i]]
                if mark == SHOWN:
                    spare.append(i)
                    continue
                values.append(float(left[i]))
                low.append(1.0 if mark == SMALL else 0.0 if left[i] < limit else float(limit))
                high.append(limit - 1.0 if mark == SMALL else np.inf)
        if protected(np.array(values), np.array(low), np.array(high), limit) or not spare:
            return
        chosen = min(spare, key=lambda i: (not left[i], left[i], i))
        out[villages[chosen]] = CONCEALED
