"""The table of a kecamatan's landing page: each desa with what a visit would bring."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from ektp_analysis.format import day, interval, number
from ektp_analysis.tables.places import (
    COVERAGE,
    counts_by_place,
    hidden_note,
    page_table,
)

NOUN = "Desa/kelurahan"


def village_table(places: pd.DataFrame, expected: pd.DataFrame | None) -> tuple[GT, pd.DataFrame]:
    """Villages of a kecamatan with counts, last visit and expected recordings.

    Parameters
    ----------
    places
        From :func:`ektp_analysis.disclosure.safe_places`.
    expected
        From :func:`ektp_analysis.disclosure.safe_candidates`; None when it could not be estimated.

    Returns
    -------
    (GT, DataFrame)
        The table of the page and the frame of its download.
    """
    shown, data = counts_by_place(places, NOUN)
    numbers = ["Belum rekam", "Sejak minggu lalu", "Cakupan"]
    if expected is not None:
        by_code = expected.set_index("village_code")
        known = by_code.reindex(places["village_code"])
        data["Perkiraan terekam"] = known["expected"].round(1).to_numpy()
        data["Bawah (80%)"], data["Atas (80%)"] = known["lo"].to_numpy(), known["hi"].to_numpy()
        data["Kunjungan terakhir"] = known["last_visit"].to_numpy()
        shown["Satu kunjungan"] = [
            "–" if pd.isna(e) else f'<data value="{e:.1f}">{number(e)}</data> ({interval(lo, hi)})'
            for e, lo, hi in zip(known["expected"], known["lo"], known["hi"], strict=True)
        ]
        shown["Kunjungan terakhir"] = [
            "belum pernah" if pd.isna(last) else day(last) for last in known["last_visit"]
        ]
        numbers.append("Satu kunjungan")
    notes = [COVERAGE]
    if expected is not None:
        notes.append("Satu kunjungan: perkiraan terekam dan selang prediksi 80%.")
    notes.append(hidden_note(places))
    markup = [
        NOUN,
        "Sejak minggu lalu",
        "Cakupan",
        *(["Satu kunjungan"] if expected is not None else []),
    ]
    return page_table(shown, numbers=numbers, note=" ".join(notes).strip(), markup=markup), data
