"""The numbers that stand at the top of a brief and on a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ektp_analysis.format import number, percent, signed
from ektp_analysis.privacy import is_small
from ektp_analysis.tables.files import WHOLE
from ektp_analysis.takeaway.tables import PlaceTables, Row

HIDDEN = "•"
"""A count that is not shown; it need not be a small one."""


@dataclass(frozen=True)
class Headline:
    """Ready texts: residents eligible, unrecorded, coverage, change since the week before."""

    eligible: str
    unrecorded: str
    coverage: str
    share: float | None
    change: str
    sentence: str


@dataclass(frozen=True)
class Point:
    """A week of the trend: date, unrecorded (``None`` where hidden), bounds of a forecast."""

    when: date
    value: float | None
    lo: float | None = None
    hi: float | None = None


def home_report(place: PlaceTables) -> str:
    """The report that has the trend and the places: the overview, or the backlog of a kecamatan."""
    return "overview" if place.slug == WHOLE else "backlog"


def observed(place: PlaceTables) -> list[Row]:
    """Rows of the trend that are counts and not forecasts, oldest first."""
    trend = place.get(home_report(place), "tren")
    return [r for r in trend.rows if r.get("Perkiraan") is None] if trend else []


def points(place: PlaceTables) -> tuple[list[Point], list[Point]]:
    """The trend: what was counted, and the forecast."""
    trend = place.get(home_report(place), "tren")
    seen = [Point(_date(r), _count(r["Belum rekam"])) for r in observed(place)]
    ahead = [
        Point(_date(r), r["Perkiraan"], r["Bawah (80%)"], r["Atas (80%)"])
        for r in (trend.rows if trend else ())
        if r.get("Perkiraan") is not None
    ]
    return seen, ahead


def _date(row: Row) -> date:
    return date.fromisoformat(row["Tanggal"])


def _count(value: object) -> float | None:
    """A count that may be shown; small ones and bounds such as “<5” are not."""
    if not isinstance(value, int | float) or is_small(value):
        return None
    return float(value)


def headline(place: PlaceTables) -> Headline | None:
    """The four numbers, or ``None`` when the report that has them could not be made.

    Where the count of unrecorded residents is hidden, so is all that would tell it.
    """
    weeks = observed(place)
    if not weeks:
        return None
    last = weeks[-1]
    left, eligible = _count(last["Belum rekam"]), last["Wajib KTP"]
    if left is None or not eligible:
        return Headline(
            number(eligible),
            str(last["Belum rekam"]) if isinstance(last["Belum rekam"], str) else HIDDEN,
            "–",
            None,
            "–",
            "Jumlah warga yang belum rekam disamarkan.",
        )
    share = 1 - left / eligible
    before = _count(weeks[-2]["Belum rekam"]) if len(weeks) > 1 else None
    change = None if before is None else left - before
    sentence = f"{number(left)} warga belum rekam; cakupan {percent(share)}"
    if change is not None:
        word = "turun" if change < 0 else "naik" if change > 0 else "tetap"
        sentence += f"; {word} {number(abs(change)) if change else ''}".rstrip()
        sentence += " sejak minggu lalu"
    return Headline(
        number(eligible), number(left), percent(share), share, signed(change), sentence + "."
    )
