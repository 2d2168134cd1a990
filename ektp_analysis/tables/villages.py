"""The table of a kecamatan's landing page: each desa with what a visit would bring."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from ektp_analysis.format import day, interval, number
from ektp_analysis.panels.marks import change_mark, coverage_bar
from ektp_analysis.tables.places import hidden_note, marked_counts, page_table, place_links

NOUN = "Desa/kelurahan"


def village_table(places: pd.DataFrame, expected: pd.DataFrame | None) -> GT:
    """Villages of a kecamatan with counts, last visit and expected recordings.

    Parameters
    ----------
    places
        From :func:`ektp_analysis.disclosure.safe_places`.
    expected
        From :func:`ektp_analysis.disclosure.safe_candidates`; None when it could not be estimated.
    """
    shown = pd.DataFrame(
        {
            NOUN: place_links(places),
            "Belum rekam": marked_counts(places, "unrecorded"),
            "Sejak minggu lalu": places["change"].map(change_mark),
            "Cakupan": places["coverage"].map(coverage_bar),
        }
    )
    numbers = ["Belum rekam", "Sejak minggu lalu", "Cakupan", "Wajib KTP"]
    if expected is not None:
        by_code = expected.set_index("village_code")
        known = by_code.reindex(places["village_code"])
        shown["Satu kunjungan"] = [
            "–" if pd.isna(e) else f'<data value="{e:.1f}">{number(e)}</data> ({interval(lo, hi)})'
            for e, lo, hi in zip(known["expected"], known["lo"], known["hi"], strict=True)
        ]
        shown["Kunjungan terakhir"] = [
            "belum pernah" if pd.isna(last) else day(last) for last in known["last_visit"]
        ]
        numbers.append("Satu kunjungan")
    shown["Wajib KTP"] = places["eligible"].map(number)
    notes = []
    if expected is not None:
        notes.append("Satu kunjungan: perkiraan terekam dan selang prediksi 80%.")
    notes.append(hidden_note(places))
    markup = [
        NOUN,
        "Sejak minggu lalu",
        "Cakupan",
        *(["Satu kunjungan"] if expected is not None else []),
    ]
    return page_table(shown, numbers=numbers, note=" ".join(notes).strip(), markup=markup)
