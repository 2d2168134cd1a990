"""Counts by place of a week's recaps → table ``stock``, and how they compare with its list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from ektp_analysis import regions, schema


def recap_stock(parts: Sequence[pd.DataFrame], as_of: date) -> pd.DataFrame:
    """Table ``stock`` of the recaps of a week; a desa's row is preferred to its kecamatan's.

    Parameters
    ----------
    parts
        ``places`` of :class:`ektp_analysis.ingest.recap.RecapRows`; where two name the same place, the first counts.
    """
    every = [p.assign(part=n) for n, p in enumerate(parts)]
    places = pd.concat(every, ignore_index=True)
    first = places.groupby("village_code")["part"].transform("min")
    places = places[places["part"] == first].drop(columns="part")
    detailed = set(
        places.loc[~regions.is_whole_district(places["village_code"]), "village_code"].str[:8]
    )
    whole = regions.is_whole_district(places["village_code"])
    places = places[~(whole & places["village_code"].str[:8].isin(detailed))].copy()
    places.insert(0, "as_of", pd.Timestamp(as_of))
    places.insert(2, "birth_year", schema.UNKNOWN_YEAR)
    places["unrecorded"] = places["eligible"] - places["recorded"]
    return schema.Stock.validate(places.reset_index(drop=True))


def compare_with_list(places: pd.DataFrame, stock: pd.DataFrame) -> tuple[int, str]:
    """How many places of a recap differ from the resident list of the same week, and by how much.

    Parameters
    ----------
    places
        Of :class:`ektp_analysis.ingest.recap.RecapRows`.
    stock
        From the resident list.

    Returns
    -------
    tuple
        Number of places that differ, and a sentence ("" when none does).
    """
    recap = places.groupby("village_code")[["eligible", "recorded"]].sum()
    listed = stock.groupby("village_code")[["eligible", "recorded"]].sum()
    whole = stock.groupby(stock["village_code"].str[:8].map(regions.whole_district))[
        ["eligible", "recorded"]
    ].sum()
    both = pd.concat([listed, whole]).reindex(recap.index).fillna(0)
    differing = (both != recap).any(axis=1)
    count = int(differing.sum())
    if not count:
        return 0, ""
    wide = (recap - both).loc[differing].sum()
    return count, (
        f"Rekap berbeda dari daftar penduduk di {count} tempat "
        f"(wajib KTP {int(wide['eligible']):+d}, sudah rekam {int(wide['recorded']):+d}); "
        "yang dipakai daftar penduduk"
    )
