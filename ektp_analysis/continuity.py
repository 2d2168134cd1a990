"""Villages that appear or disappear between two snapshots: split, merged, renamed or renumbered.

The register knows a village by its code. When a village is split or gets a new code, its residents
leave the old code and enter the new one without an event that the flows could list; the accounts
show them as unexplained, and this says why.
"""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from ektp_analysis.backlog import place_names


def boundary_changes(stock: pd.DataFrame, weeks: int = 4) -> pd.DataFrame:
    """Codes that are in one snapshot and not in the one before or after it.

    Parameters
    ----------
    stock
        Table ``stock``.
    weeks
        Number of last snapshots to compare with the one before each.

    Returns
    -------
    DataFrame
        ``week`` (Timestamp, the later snapshot), ``village_code, name`` (str), ``kind``
        (``appears`` or ``vanishes``), ``eligible, unrecorded`` (int, persons under the code that
        came or went), latest first. No rows where nothing changed or there is one snapshot only.
    """
    sums = stock.groupby(["as_of", "village_code"])[["eligible", "unrecorded"]].sum()
    dates = sums.index.get_level_values("as_of").unique().sort_values()
    rows = []
    for before, week in list(pairwise(dates))[-weeks:]:
        old, new = sums.loc[before], sums.loc[week]
        for kind, frame, codes in (
            ("vanishes", old, old.index.difference(new.index)),
            ("appears", new, new.index.difference(old.index)),
        ):
            rows += [
                (
                    week,
                    code,
                    kind,
                    int(frame.at[code, "eligible"]),
                    int(frame.at[code, "unrecorded"]),
                )
                for code in codes
            ]
    out = pd.DataFrame(rows, columns=["week", "village_code", "kind", "eligible", "unrecorded"])
    names = out["village_code"].map(place_names("village_code"))
    out.insert(2, "name", names.fillna(out["village_code"]).astype(object))
    return out.sort_values(
        ["week", "kind", "village_code"], ascending=[False, True, True], ignore_index=True
    )
