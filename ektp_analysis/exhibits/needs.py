"""What a recap table cannot tell, said in a sentence in place of the exhibit.

An office that has only a recap gives counts per place: no ages, no events, and sometimes no desa.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec

import pandas as pd

from ektp_analysis import regions, schema
from ektp_analysis.exhibit import Exhibit, show_text
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.format import day, number

Need = Literal["ages", "events", "all events", "villages", "own villages"]
P = ParamSpec("P")
RECENT_WEEKS = 5
"""Weeks behind the movements of four weeks: the opening one and the four."""


def needs(
    *wanted: Need,
) -> Callable[
    [Callable[Concatenate[Loaded, P], Exhibit]], Callable[Concatenate[Loaded, P], Exhibit]
]:
    """Decorate an exhibit with what the data must have; without it a sentence is shown.

    Parameters
    ----------
    wanted
        ``ages``: birth years this week; ``events``: who turned 17, moved, died and was recorded in
        the last weeks; ``all events``: the same in all weeks; ``villages``: counts by
        desa/kelurahan this week; ``own villages``: the same, in the report of a kecamatan only.
    """

    def decorate(
        exhibit: Callable[Concatenate[Loaded, P], Exhibit],
    ) -> Callable[Concatenate[Loaded, P], Exhibit]:
        @wraps(exhibit)
        def shown(loaded: Loaded, *args: P.args, **kwargs: P.kwargs) -> Exhibit:
            for need in wanted:
                if need == "own villages" and loaded.tables.district is None:
                    continue
                if sentence := lacking(loaded.tables.stock, loaded.tables.as_of, need):
                    return show_text(sentence)
            return exhibit(loaded, *args, **kwargs)

        return shown  # type: ignore[return-value]

    return decorate


def lacking(stock: pd.DataFrame, as_of: pd.Timestamp, need: Need) -> str:
    """Why a table ``stock`` does not have something; "" when it does.

    Examples
    --------
    >>> lacking(schema.empty("stock"), pd.Timestamp("2024-08-02"), "ages")
    ''
    """
    unknown = stock["birth_year"] == schema.UNKNOWN_YEAR
    recaps = stock.loc[unknown, "as_of"].drop_duplicates().sort_values()
    if need == "ages" and (recaps == as_of).any():
        return (
            f"Data {day(as_of)} berupa rekap tanpa tanggal lahir; bagian ini perlu daftar penduduk."
        )
    if need in ("villages", "own villages"):
        now = stock[stock["as_of"] == as_of]
        if len(now) and regions.is_whole_district(now["village_code"]).any():
            return (
                f"Rekap {day(as_of)} hanya memuat jumlah per kecamatan; bagian ini perlu jumlah "
                "per desa/kelurahan."
            )
    if need in ("events", "all events"):
        weeks = stock["as_of"].drop_duplicates().sort_values()
        used = weeks if need == "all events" else weeks.tail(RECENT_WEEKS)
        count = int(used.isin(recaps).sum())
        if count:
            return (
                f"Untuk {number(count)} minggu hanya ada rekap, yang tidak memuat peristiwa (genap "
                "17 tahun, pindah, meninggal, terekam); bagian ini perlu daftar penduduk."
            )
    return ""
