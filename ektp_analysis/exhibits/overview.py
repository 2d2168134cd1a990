"""Exhibits of the home page: four numbers, map, what is new."""

from __future__ import annotations

from html import escape

import pandas as pd

from ektp_analysis import backlog, boundaries, headline, regions
from ektp_analysis.changes import since_last
from ektp_analysis.disclosure import safe_trend
from ektp_analysis.disclosure_events import place_accounts
from ektp_analysis.exhibit import Exhibit, show_panel, show_text
from ektp_analysis.exhibits.backlog import safe_concentration, safe_latest
from ektp_analysis.exhibits.load import Loaded
from ektp_analysis.panels.maps import boundary_map, tile_map
from ektp_analysis.panels.numbers import LABELS, number_cards
from ektp_analysis.tables.places import marked_counts
from ektp_analysis.text import trend_finding
from ektp_analysis.text_changes import change_sentences


def numbers(loaded: Loaded) -> Exhibit:
    """The finding and the four main numbers with their change since last week."""
    tables, place = loaded.tables, loaded.tables.district
    weeks = safe_trend(backlog.trend(tables.stock), loaded.protection, place)
    safe = place_accounts(tables.stock, tables.flow, tables.visits, loaded.protection, place)
    table = headline.weekly_numbers(weeks, safe)
    finding = trend_finding(weeks)
    data = pd.DataFrame(
        {
            "Butir": table["item"].map(LABELS),
            "Minggu ini": table["value"].round(4),
            "Minggu lalu": table["before"].round(4),
        }
    )
    return show_panel(number_cards(table), name="angka", finding=finding, data=data)


def district_map(loaded: Loaded) -> Exhibit:
    """Kecamatan shaded by unrecorded residents: the office's boundaries, else tiles."""
    latest = safe_latest(loaded)
    latest["shown"] = marked_counts(latest, "unrecorded")
    columns = ["district_code", "unrecorded", "shown", "coverage"]
    places = regions.districts().merge(latest[columns], "left")
    places["name"] = places["district_name"]
    places["shown"] = places["shown"].fillna("–")
    shapes = boundaries.office_shapes()
    notes = [] if shapes is None else shapes.notes
    if shapes is None or shapes.table.empty:
        markup = tile_map(places.merge(regions.tiles()))
    else:
        markup = boundary_map(places.merge(shapes.table, "left"), shapes.width, shapes.height)
    markup += "".join(f'<p class="ektp-note">{escape(note)}</p>' for note in notes)
    data = pd.DataFrame(
        {
            "Kecamatan": places["name"],
            "Belum rekam": places["unrecorded"],
            "Cakupan": places["coverage"].round(4),
        }
    )
    return show_panel(markup, name="peta", finding=safe_concentration(loaded), data=data)


def news(loaded: Loaded) -> Exhibit:
    """What changed since the week before, with a link to the changes of every kecamatan."""
    tables = loaded.tables
    changes = since_last(
        tables.stock, tables.flow, tables.visits, tables.as_of, loaded.protection, tables.district
    )
    sentences = change_sentences(changes)
    if not sentences:
        return show_text("Tidak ada perubahan yang menonjol minggu ini.")
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    markup = (
        f"<ul>{items}</ul>"
        '<p><a href="laporan/perubahan.html">Apa yang berubah di tiap kecamatan</a></p>'
    )
    data = pd.DataFrame({"Kabar": sentences})
    return show_panel(markup, name="kabar", finding=sentences[0], data=data, said=False)
