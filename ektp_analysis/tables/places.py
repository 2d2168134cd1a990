"""Tables of places, plans, visits and data quality, with Indonesian headings."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from ektp_analysis.format import day, number, percent, signed
from ektp_analysis.privacy import SHOWN, marked, threshold

HIDDEN = "Hitungan di bawah {}, dan yang dapat membukanya (•), disamarkan."


def _marked(frame: pd.DataFrame, column: str) -> list[str]:
    pairs = zip(frame[column], frame[f"{column}_mark"], strict=True)
    return [marked(value, mark) for value, mark in pairs]


def page_table(frame: pd.DataFrame, *, numbers: list[str], note: str = "") -> GT:
    """A GT of ready texts: numbers to the right, a source note under it."""
    table = GT(frame).cols_align("left").cols_align("right", columns=numbers)
    table = table.tab_options(table_width="100%", container_overflow_x="auto")
    return table.tab_source_note(note) if note else table


def places_table(places: pd.DataFrame, noun: str) -> tuple[GT, pd.DataFrame]:
    """Counts by place.

    Parameters
    ----------
    places
        From :func:`ektp_analysis.disclosure.safe_places`.
    noun
        Heading of the first column.

    Returns
    -------
    (GT, DataFrame)
        The table of the page and the frame of its download.
    """
    data = pd.DataFrame(
        {
            noun: places["name"],
            "Wajib KTP": places["eligible"],
            "Belum rekam": places["unrecorded"],
            "Cakupan": places["coverage"].round(4),
            "Sejak minggu lalu": places["change"],
        }
    )
    shown = pd.DataFrame(
        {
            noun: places["name"],
            "Wajib KTP": places["eligible"].map(number),
            "Belum rekam": _marked(places, "unrecorded"),
            "Cakupan": places["coverage"].map(percent),
            "Sejak minggu lalu": places["change"].map(signed),
        }
    )
    hidden = (places["unrecorded_mark"] != SHOWN).any()
    note = HIDDEN.format(threshold()) if hidden else ""
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data


def visits_table(yields: pd.DataFrame, limit: int = 12) -> tuple[GT, pd.DataFrame]:
    """The latest visits of a place."""
    last = yields.sort_values("date", ascending=False).head(limit)
    data = pd.DataFrame(
        {
            "Tanggal": last["date"],
            "Desa/kelurahan": last["name"],
            "Sisa sebelumnya": last["backlog"],
            "Terekam": last["recorded"],
            "Bagian": last["share"].round(3),
            "Per jam petugas": last["per_staff_hour"].round(2),
            "Kendala": last["reason"],
        }
    )
    shown = pd.DataFrame(
        {
            "Tanggal": last["date"].map(day),
            "Desa/kelurahan": last["name"],
            "Sisa sebelumnya": _marked(last, "backlog"),
            "Terekam": _marked(last, "recorded"),
            "Bagian (95%)": [
                f"{percent(s, 0)} ({percent(lo, 0)}–{percent(hi, 0)})" if pd.notna(s) else "–"
                for s, lo, hi in zip(last["share"], last["share_lo"], last["share_hi"], strict=True)
            ],
            "Per jam petugas": [number(v, 2) for v in last["per_staff_hour"]],
            "Kendala": last["reason"].replace("", "–"),
        }
    )
    return page_table(
        shown,
        numbers=list(shown.columns[2:6]),
        note="Bagian: terekam dibagi sisa pada potret sebelum kunjungan.",
    ), data


def quality_table(quality: pd.DataFrame, as_of: pd.Timestamp) -> tuple[GT, pd.DataFrame]:
    """What became of the rows of this week's files."""
    week = quality[quality["as_of"] == as_of]
    kinds = {"residents": "Daftar penduduk", "visits": "Jemput bola", "recap": "Rekap"}
    accepted = week["rule"] == "accepted"
    data = pd.DataFrame(
        {
            "Jenis": week["kind"].map(kinds),
            "Keterangan": week["reason"],
            "Baris": week["accepted"].where(accepted, week["quarantined"]),
        }
    )
    shown = data.assign(Baris=data["Baris"].map(number))
    return page_table(shown, numbers=["Baris"]), data


def accounts_table(accounts: pd.DataFrame, weeks: int = 8) -> tuple[GT, pd.DataFrame]:
    """Opening, movements, unexplained and closing of the last weeks."""
    last = accounts.sort_values("week", ascending=False).head(weeks)
    note = f"Peristiwa dibulatkan ke kelipatan {threshold()}, supaya tidak menunjuk orang."
    entered = last[["turned_17", "moved_in", "married_early"]].sum(axis=1)
    recorded = last[["recorded_office", "recorded_visit", "recorded_other"]].sum(axis=1)
    data = pd.DataFrame(
        {
            "Minggu sampai": last["week"],
            "Sisa awal": last["opening"],
            "Masuk": entered,
            "Terekam": recorded,
            "Pergi": last[["moved_out", "died"]].sum(axis=1),
            "Selisih": last["unexplained"],
            "Sisa akhir": last["closing"],
        }
    )
    shown = data.assign(**{"Minggu sampai": data["Minggu sampai"].map(day)})
    for column in ("Sisa awal", "Masuk", "Terekam", "Pergi", "Sisa akhir"):
        shown[column] = data[column].map(number)
    shown["Selisih"] = data["Selisih"].map(signed)
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data
