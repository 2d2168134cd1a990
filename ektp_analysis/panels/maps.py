"""Maps of the kecamatan as lists of links: tiles in their rough places, or the office's boundaries."""

from __future__ import annotations

import math
from html import escape

import pandas as pd

from ektp_analysis.format import number, percent

SHADES = 5


def shade_breaks(values: pd.Series, shades: int = SHADES) -> list[int]:
    """Round lower bounds of the shades, from 0 to the highest count.

    Parameters
    ----------
    values
        Counts (may have missing ones).
    shades
        How many.

    Examples
    --------
    >>> shade_breaks(pd.Series([80, 2063]))
    [0, 500, 1000, 1500, 2000]
    >>> shade_breaks(pd.Series([3]))
    [0, 1, 2, 3, 4]
    """
    top = float(values.max()) if values.notna().any() else 0.0
    raw = max(top / shades, 1.0)
    size = 10 ** math.floor(math.log10(raw))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if m * size >= raw)
    return [round(step * i) for i in range(shades)]


def shade(value: object, breaks: list[int]) -> int:
    """Number of the shade of a count."""
    return max(sum(float(value) >= b for b in breaks) - 1, 0)  # type: ignore[arg-type]


def legend(breaks: list[int]) -> str:
    """The shades with their bounds."""
    ends = [*(b - 1 for b in breaks[1:]), None]
    items = [
        f'<li><span class="shade-{i}"></span>'
        + (f"{number(lo)}–{number(hi)}" if hi is not None else f"{number(lo)} atau lebih")
        + "</li>"
        for i, (lo, hi) in enumerate(zip(breaks, ends, strict=True))
    ]
    return f'<ul class="ektp-legend" aria-label="Warna: warga belum rekam">{"".join(items)}</ul>'


def tile_map(places: pd.DataFrame) -> str:
    """Kecamatan as equal tiles, each a link to its page, shaded by unrecorded residents.

    Parameters
    ----------
    places
        One row per kecamatan: ``district_slug, name`` (str), ``row, column`` (int, from 1),
        ``unrecorded`` (Int64, missing where hidden), ``shown`` (str, the count as it may be shown),
        ``coverage`` (float, missing where hidden).
    """
    breaks = shade_breaks(places["unrecorded"].astype("Float64"))
    ordered = places.sort_values(["row", "column"])
    items = []
    for place in ordered.to_dict("records"):
        tone = 0 if pd.isna(place["unrecorded"]) else shade(place["unrecorded"], breaks)
        items.append(
            f'<li class="row-{place["row"]} column-{place["column"]}">'
            f'<a class="shade-{tone}" href="laporan/{place["district_slug"]}/index.html">'
            f"<span>{escape(str(place['name']))}</span>"
            f'<b>{escape(str(place["shown"]))}<span class="visually-hidden"> belum rekam, '
            f"cakupan {percent(place['coverage'])}</span></b></a></li>"
        )
    columns = int(places["column"].max())
    return f'<ul class="ektp-map columns-{columns}">{"".join(items)}</ul>{legend(breaks)}'


DARK = 3
"""First of the shades on which letters are white."""


def boundary_map(places: pd.DataFrame, width: int, height: int) -> str:
    """The office's boundaries, each area a link to its page, shaded by unrecorded residents.

    Parameters
    ----------
    places
        As for :func:`tile_map`, with ``path`` (str, SVG path data; missing where the boundary file
        has no such kecamatan), ``x`` and ``y`` (float, where its label goes).
    width, height
        Of the drawing, in its own units.
    """
    breaks = shade_breaks(places["unrecorded"].astype("Float64"))
    areas, labels, left_out = [], [], []
    for place in places.to_dict("records"):
        link = f"laporan/{place['district_slug']}/index.html"
        tone = 0 if pd.isna(place["unrecorded"]) else shade(place["unrecorded"], breaks)
        words = (
            f"{place['name']}: {place['shown']} belum rekam, cakupan {percent(place['coverage'])}"
        )
        if pd.isna(place["path"]):
            left_out.append(
                f'<a href="{link}">{escape(str(place["name"]))} ({escape(str(place["shown"]))})</a>'
            )
            continue
        areas.append(
            f'<a href="{link}" aria-label="{escape(words, quote=True)}">'
            f'<path class="shade-{tone}" d="{place["path"]}"><title>{escape(words)}</title></path></a>'
        )
        ink = " on-dark" if tone >= DARK else ""
        for kind, text, lower in (("place", place["name"], -5), ("count", place["shown"], 10)):
            labels.append(
                f'<text class="{kind}{ink}" x="{place["x"]:.0f}" y="{place["y"] + lower:.0f}" '
                f'aria-hidden="true">{escape(str(text))}</text>'
            )
    note = f"<p>Tanpa batas dalam berkas: {', '.join(left_out)}.</p>" if left_out else ""
    return (
        f'<svg class="ektp-choropleth" viewBox="0 0 {width} {height}" role="group" '
        f'aria-label="Peta kecamatan">{"".join(areas)}{"".join(labels)}</svg>{legend(breaks)}{note}'
    )
