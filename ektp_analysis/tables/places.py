"""Tables of places, plans, visits and data quality, with Indonesian headings."""

from __future__ import annotations

from html import escape

import pandas as pd
from great_tables import GT

from ektp_analysis import regions
from ektp_analysis.disclosure_shares import PERSONS, safe_quality
from ektp_analysis.format import day, number, percent, signed
from ektp_analysis.panels.marks import change_mark, coverage_bar, spark_words, sparkline
from ektp_analysis.planning import FINISHED_COVERAGE
from ektp_analysis.privacy import SHOWN, marked, threshold

COVERAGE = "Cakupan: bagian wajib KTP yang sudah rekam, dan wajib KTP."
HIDDEN = "Hitungan di bawah {}, dan yang dapat membukanya (•), disamarkan."
QUALITY = (
    "Baris daftar penduduk: yang diterima dibulatkan ke bawah ke kelipatan {0}; jumlah di bawah {0}, "
    "dan yang dapat membukanya (•), disamarkan. Jumlah tepat ada pada ektp ingest di kantor."
)


def marked_counts(frame: pd.DataFrame, column: str) -> list[str]:
    """Counts as they may be shown, by the marks in ``{column}_mark``."""
    pairs = zip(frame[column], frame[f"{column}_mark"], strict=True)
    return [marked(value, mark) for value, mark in pairs]


def with_marks(data: pd.DataFrame, **marks: list[str]) -> pd.DataFrame:
    """The frame of a download with what the page prints in its hidden cells.

    Parameters
    ----------
    data
        Counts missing where hidden.
    **marks
        Marks (:mod:`ektp_analysis.privacy`) of the first rows of a column, blanks in its name
        written as ``_``.
    """
    texts = {}
    for name, given in marks.items():
        shown = ["" if mark == SHOWN else marked(None, mark) for mark in given]
        texts[name.replace("_", " ")] = shown + [""] * (len(data) - len(shown))
    data.attrs["marks"] = {name: shown for name, shown in texts.items() if any(shown)}
    return data


def hidden_note(places: pd.DataFrame) -> str:
    """What the marks mean, when there are any."""
    hidden = (places["unrecorded_mark"] != SHOWN).any()
    return HIDDEN.format(threshold()) if hidden else ""


def page_table(
    frame: pd.DataFrame, *, numbers: list[str], note: str = "", markup: list[str] | None = None
) -> GT:
    """A GT of ready texts: numbers to the right, a source note under it.

    Parameters
    ----------
    frame
        Texts as they are shown.
    numbers
        Columns aligned to the right.
    note
        Under the table.
    markup
        Columns of ready HTML, names in it escaped; all other columns are escaped by great_tables.
    """
    table = GT(frame).cols_align("left").cols_align("right", columns=numbers)
    if markup:
        table = table.fmt(str, columns=markup)
    return table.tab_source_note(note) if note else table


def places_table(
    places: pd.DataFrame, noun: str, series: pd.DataFrame | None = None
) -> tuple[GT, pd.DataFrame]:
    """Counts by place.

    A village's row has an address of its own (``#desa-air-meles-atas``), a kecamatan's name leads to
    its page.

    Parameters
    ----------
    places
        From :func:`ektp_analysis.disclosure.safe_places`.
    noun
        Heading of the first column.
    series
        From :func:`ektp_analysis.disclosure.safe_series`: the weeks of a sparkline; without it there
        is none. A place with a hidden week has none.

    Returns
    -------
    (GT, DataFrame)
        The table of the page and the frame of its download.
    """
    shown, data = counts_by_place(places, noun)
    markup = [noun, "Sejak minggu lalu", "Cakupan"]
    if series is not None and series["as_of"].nunique() > 2:
        shown["Tren"] = sparklines(places, series)
        markup.append("Tren")
    note = f"{COVERAGE} {hidden_note(places)}".strip()
    return page_table(shown, numbers=list(shown.columns[1:]), note=note, markup=markup), data


def counts_by_place(places: pd.DataFrame, noun: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What every table of places begins with: the columns of the page and those of the download.

    Parameters
    ----------
    places, noun
        As for :func:`places_table`.
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
            noun: place_links(places),
            "Belum rekam": marked_counts(places, "unrecorded"),
            "Sejak minggu lalu": places["change"].map(change_mark),
            "Cakupan": list(map(coverage_bar, places["coverage"], places["eligible"])),
        }
    )
    return shown, with_marks(data, Belum_rekam=list(places["unrecorded_mark"]))


def place_links(places: pd.DataFrame) -> list[str]:
    """Names as links: a village to its own row, a kecamatan to its page."""
    if "village_code" in places:
        slugs = regions.villages().set_index("village_code")["village_slug"]
        return [
            f'<a class="ektp-anchor" id="{slugs[code]}" href="#{slugs[code]}">{escape(str(name))}</a>'
            for code, name in zip(places["village_code"], places["name"], strict=True)
        ]
    slugs = regions.districts().set_index("district_code")["district_slug"]
    done = places["coverage"].ge(FINISHED_COVERAGE).fillna(False)
    return [
        f'<a href="laporan/{slugs[code]}/index.html">{escape(str(name))}</a>'
        + (' <span class="ektp-done">selesai</span>' if finished else "")
        for code, name, finished in zip(places["district_code"], places["name"], done, strict=True)
    ]


def sparklines(places: pd.DataFrame, series: pd.DataFrame) -> list[str]:
    """A sparkline of the unrecorded for each place; a dash for one with a hidden week."""
    code = "village_code" if "village_code" in places else "district_code"
    weeks = {key: list(group["unrecorded"]) for key, group in series.groupby(code)}
    out = []
    for place in places[code]:
        values = weeks.get(place, [])
        gone = any(pd.isna(v) for v in values)
        out.append("–" if gone or len(values) < 3 else sparkline(values, spark_words(values)))
    return out


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
    data = with_marks(
        data, Sisa_sebelumnya=list(last["backlog_mark"]), Terekam=list(last["recorded_mark"])
    )
    shown = pd.DataFrame(
        {
            "Tanggal": last["date"].map(day),
            "Desa/kelurahan": last["name"],
            "Sisa sebelumnya": marked_counts(last, "backlog"),
            "Terekam": marked_counts(last, "recorded"),
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
    week = safe_quality(quality[quality["as_of"] == as_of])
    kinds = {"residents": "Daftar penduduk", "visits": "Jemput bola", "recap": "Rekap"}
    outcome = pd.Series("ditolak", week.index).mask(
        week["flagged"] > 0, "diterima, perlu diperiksa"
    )
    data = pd.DataFrame(
        {
            "Jenis": week["kind"].map(kinds),
            "Hasil": outcome.mask(week["rule"] == "accepted", "diterima"),
            "Keterangan": week["reason"],
            "Baris": week["rows"],
        }
    )
    data = with_marks(data, Baris=list(week["rows_mark"]))
    shown = data.assign(Baris=marked_counts(week, "rows"))
    note = QUALITY.format(threshold()) if (week["kind"] == PERSONS).any() else ""
    return page_table(shown, numbers=["Baris"], note=note), data


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
