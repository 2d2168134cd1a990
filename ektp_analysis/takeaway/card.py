"""The contents of a picture card, 1200 × 630, for sharing in a chat."""

from __future__ import annotations

from datetime import date
from typing import Any

from ektp_analysis import regions
from ektp_analysis.format import day, number, weekday
from ektp_analysis.takeaway.headline import headline, home_report, observed, points
from ektp_analysis.takeaway.tables import PlaceTables

WIDTH, HEIGHT = 1200, 630
PLACES = 3


def card_data(place: PlaceTables) -> dict[str, Any]:
    """Everything that the card shows, as ready texts.

    Parameters
    ----------
    place
        Tables of the place.
    """
    top = headline(place)
    seen, _ = points(place)
    values = [p.value for p in seen if p.value is not None]
    most = max(values, default=0) or 1
    weeks = len(observed(place))
    return {
        "place": place.name,
        "office": f"Dukcapil {regions.REGENCY_TITLE}",
        "as_of": day(place.as_of),
        "synthetic": place.synthetic,
        "unrecorded": top.unrecorded if top else "–",
        "unknown": "" if top else "Laporan minggu ini belum dapat dibuat",
        "coverage": top.coverage if top else "–",
        "share": top.share if top else None,
        "change": top.change if top else "–",
        "line": [
            [round(i / (len(values) - 1), 4), round(v / most, 4)] for i, v in enumerate(values)
        ]
        if len(values) > 1
        else [],
        "weeks": f"{weeks} minggu terakhir",
        **_list(place),
    }


def _list(place: PlaceTables) -> dict[str, Any]:
    """For the kabupaten next week's visits, for a kecamatan where most of the rest live."""
    plan = place.get("overview", "rencana-1-minggu")
    if plan is not None:
        rows = [
            [row["Desa/kelurahan"], weekday(date.fromisoformat(row["Tanggal"])).split(",")[0]]
            for row in plan.rows[:PLACES]
        ]
        return {"heading": "Jemput bola minggu depan", "rows": rows}
    table = place.get(home_report(place), "cakupan")
    rows = [
        # a kabupaten whose plan could not be made lists its kecamatan
        [str(row.get("Desa/kelurahan", row.get("Kecamatan"))), number(row["Belum rekam"])]
        for row in (table.rows if table else ())
        if isinstance(row.get("Belum rekam"), int) and row["Belum rekam"] > 0
    ]
    return {"heading": "Paling banyak belum rekam", "rows": rows[:PLACES]}
