"""The contents of a printed brief: two pages A4 for a meeting, from the tables of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from ektp_analysis import regions
from ektp_analysis.format import day, interval, number, percent, signed, weekday
from ektp_analysis.privacy import small
from ektp_analysis.tables.files import WHOLE
from ektp_analysis.takeaway.chart import chart
from ektp_analysis.takeaway.headline import headline, home_report, points
from ektp_analysis.takeaway.tables import PlaceTables, Row, Table
from ektp_analysis.text import SYNTHETIC

CANDIDATES = 5
VISITS = 6
MISSING = "Bagian ini belum dapat dibuat minggu ini; lihat edisi sebelumnya."
DEFINITIONS = (
    ("Wajib KTP", "penduduk berusia 17 tahun ke atas, atau pernah kawin."),
    ("Belum rekam", "wajib KTP yang biometriknya belum terekam."),
    ("Cakupan", "bagian wajib KTP yang sudah rekam."),
    ("Selang 80%", "delapan dari sepuluh kali, nilai sebenarnya ada di antara kedua angka."),
    ("<5 atau •", "hitungan kecil, dan hitungan yang dapat membukanya, disamarkan."),
)


def brief_data(place: PlaceTables, news: Sequence[str] = (), address: str = "") -> dict[str, Any]:
    """Everything that the template prints, as ready texts.

    Parameters
    ----------
    place
        Tables of the place.
    news
        What changed since the last edition, as sentences.
    address
        Where the page is published, printed at the foot; "" leaves it out.
    """
    top = headline(place)
    seen, ahead = points(place)
    home = home_report(place)
    whole = place.slug == WHOLE
    trend = place.get(home, "tren")
    notes = place.notes.get(home, ())
    return {
        "title": f"Perekaman KTP-el {place.name}",
        "place": place.name,
        "office": f"Dukcapil {regions.REGENCY_TITLE}",
        "as_of": day(place.as_of),
        "date": [place.as_of.year, place.as_of.month, place.as_of.day] if place.as_of else None,
        "synthetic": SYNTHETIC if place.synthetic else "",
        "address": address,
        "missing": MISSING,
        "numbers": [
            ["Wajib KTP", top.eligible],
            ["Belum rekam", top.unrecorded],
            ["Cakupan", top.coverage],
            ["Sejak minggu lalu", top.change],
        ]
        if top
        else [],
        "finding": _sentence(trend),
        "outlook": notes[0] if notes else "",
        "news": list(news),
        "young": _young(place),
        "chart": chart(seen, ahead),
        "chart_alt": f"Grafik warga belum rekam tiap minggu. {_sentence(trend)}",
        "changes": _changes(place.get(home, "perubahan")),
        "plan": _plan(place.get(home, "rencana-1-minggu")) if whole else None,
        "candidates": None if whole else _candidates(place.get("backlog", "calon")),
        "noun": "Kecamatan" if whole else "Desa/kelurahan",
        "places": _places(place.get(home, "cakupan"), "Kecamatan" if whole else "Desa/kelurahan"),
        "visits": None if whole else _visits(place.get("visit_effectiveness", "kunjungan")),
        "later": _plan(place.get(home, "rencana-4-minggu")) if whole else None,
        "definitions": [list(pair) for pair in DEFINITIONS],
    }


def _sentence(table: Table | None) -> str:
    return table.finding.rstrip(".") + "." if table else ""


def _young(place: PlaceTables) -> list[str]:
    """What the cohort report says, one sentence each."""
    names = ("angkatan", "waktu-rekam", "menyusul")
    return [_sentence(t) for name in names if (t := place.get("cohort", name))]


def _changes(table: Table | None) -> dict[str, Any] | None:
    if table is None:
        return None
    last = len(table.rows) - 1
    rows = []
    for place, row in enumerate(table.rows):
        amount = row["Perubahan"]
        level = place in (0, last)
        if level or amount:
            rows.append([row["Butir"], small(amount) if level else signed(amount), level])
    return {"finding": _sentence(table), "rows": rows}


def _plan(table: Table | None) -> dict[str, Any] | None:
    if table is None:
        return None
    rows = [
        [
            weekday(date.fromisoformat(row["Tanggal"])),
            _where(row),
            _expected(row),
            row["Alasan"],
        ]
        for row in table.rows
    ]
    return {"finding": _sentence(table), "rows": rows}


def _expected(row: Row) -> str:
    """Expected recordings with their interval; hidden where the village's count is."""
    if row["Perkiraan terekam"] is None:
        return "•"
    bounds = interval(row["Bawah (80%)"], row["Atas (80%)"])
    return f"{number(row['Perkiraan terekam'])} ({bounds})"


def _where(row: Row) -> str:
    district = row.get("Kecamatan")
    return f"{row['Desa/kelurahan']}, {district}" if district else str(row["Desa/kelurahan"])


def _candidates(table: Table | None) -> dict[str, Any] | None:
    if table is None:
        return None
    rows = [
        [
            row["Desa/kelurahan"],
            number(row["Perkiraan terekam"]),
            interval(row["Bawah (80%)"], row["Atas (80%)"]),
        ]
        for row in table.rows[:CANDIDATES]
    ]
    return {"finding": _sentence(table), "rows": rows}


def _places(table: Table | None, noun: str) -> dict[str, Any] | None:
    if table is None:
        return None
    counts = [r["Belum rekam"] for r in table.rows if isinstance(r["Belum rekam"], int | float)]
    most = max(counts, default=0) or 1
    rows = []
    for row in table.rows:
        left = row["Belum rekam"]
        known = isinstance(left, int | float)
        rows.append(
            [
                row[noun],
                number(row["Wajib KTP"]),
                number(left) if known else str(left or "•"),
                _coverage(row),
                signed(row["Sejak minggu lalu"])
                if isinstance(row["Sejak minggu lalu"], int | float)
                else "–",
                round(left / most, 4) if known else 0,
            ]
        )
    return {"finding": _sentence(table), "rows": rows}


def _coverage(row: Row) -> str:
    """From the counts: the share of the download is rounded, and rounding twice is not the page's."""
    left, eligible = row["Belum rekam"], row["Wajib KTP"]
    if row["Cakupan"] is None or not isinstance(left, int | float) or not eligible:
        return "–"
    return percent(1 - left / eligible)


def _visits(table: Table | None) -> dict[str, Any] | None:
    if table is None:
        return None
    rows = [
        [
            day(date.fromisoformat(row["Tanggal"])),
            row["Desa/kelurahan"],
            _shown(row["Sisa sebelumnya"]),
            _shown(row["Terekam"]),
            row["Kendala"] or "–",
        ]
        for row in table.rows[:VISITS]
    ]
    return {"finding": _sentence(table), "rows": rows}


def _shown(value: object) -> str:
    """A count of a download: missing where it is hidden, or a bound such as “<5”."""
    return small(value) if isinstance(value, int | float) else str(value or "•")
