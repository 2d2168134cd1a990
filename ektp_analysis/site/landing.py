"""The page of each kecamatan that sums up its reports on one screen, and the list of all."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

import pandas as pd
from great_tables import GT

from ektp_analysis import backlog, headline, planning, pooling, regions, visits
from ektp_analysis.choices import load_choices
from ektp_analysis.disclosure import (
    safe_candidates,
    safe_places,
    safe_series,
    safe_trend,
)
from ektp_analysis.disclosure_events import place_accounts
from ektp_analysis.execute.downloads import Downloads
from ektp_analysis.exhibit import Exhibit, table_region
from ektp_analysis.format import day, interval, number
from ektp_analysis.panels.numbers import number_cards
from ektp_analysis.panels.visits import visit_cards
from ektp_analysis.parameters import Report
from ektp_analysis.protection import Protection
from ektp_analysis.refusal import Refusal
from ektp_analysis.store import Tables
from ektp_analysis.table_markup import bare_table
from ektp_analysis.tables.places import places_table
from ektp_analysis.tables.villages import village_table
from ektp_analysis.text import trend_finding

MAIN_EXHIBITS = {
    "backlog": ("sebaran", "cakupan", "tren"),
    "cohort": ("angkatan", "tahun-lahir"),
    "visit_effectiveness": ("hasil", "kunjungan"),
}
"""Which finding of a report its link quotes, the first that there is."""
_SHOWN = re.compile(
    r'<(?:figure|div) class="ektp-[\w -]+" id="(?P<name>[\w-]+)"[^>]*?'
    r'(?:aria-label="(?P<label>[^"]*)"|>\s*(?:<picture>.*?)?<img[^>]*?alt="(?P<alt>[^"]*)")',
    re.S,
)
_NOTE = re.compile(r'<p class="ektp-note">(.*?)</p>', re.S)
_FAILED = "Laporan ini belum dapat dibuat minggu ini"


@dataclass(frozen=True)
class Planned:
    """What the plan says about all villages; None where it could not be estimated."""

    expected: pd.DataFrame | None
    visits: pd.DataFrame | None


def planned(tables: Tables, choices: Path, protection: Protection) -> Planned:
    """Expected recordings of every village and the visits of four weeks.

    Parameters
    ----------
    tables
        Of the whole kabupaten.
    choices
        The office's choices for the plan.
    protection
        Marks of hidden counts; what is proportional to one is missing.
    """
    past = visits.visit_yield(tables.visits, tables.stock)
    model = pooling.fit_yield(past)
    if isinstance(model, Refusal):
        return Planned(None, None)
    expected = planning.expected_recordings(tables.stock, past, model, tables.as_of)
    plan = planning.visit_plan(expected, tables.as_of, model, load_choices(choices))
    plan["unrecorded"] = plan["unrecorded"].round().astype("int64")
    return Planned(
        safe_candidates(expected, protection, tables.as_of),
        safe_candidates(plan, protection, tables.as_of),
    )


def report_finding(folder: Path, report: Report) -> str:
    """The sentence that a kecamatan's report puts first.

    It is read from the executed report itself, so that the landing page can never say otherwise.

    Parameters
    ----------
    folder
        ``laporan/<kecamatan>`` of the project.
    report
        Which.

    Returns
    -------
    str
        "" when the report was not executed, the sentence of its failure when it failed.
    """
    path = folder / f"{report.name}.ipynb"
    if not path.exists():
        return ""
    text = path.read_text(encoding="utf-8")
    if _FAILED in text:
        return f"{_FAILED}."
    bodies = [
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in json.loads(text)["cells"]
        for output in cell.get("outputs", [])
    ]
    found = {m["name"]: m["label"] or m["alt"] for body in bodies for m in _SHOWN.finditer(body)}
    for name in MAIN_EXHIBITS.get(report.name, ()):
        if found.get(name):
            return unescape(found[name]) + "."
    notes = [m[1] for body in bodies for m in _NOTE.finditer(body)]
    # what stands in place of the main exhibit says why it is not there
    return unescape(notes[0] if notes else next(iter(found.values()), ""))


@dataclass(frozen=True)
class Place:
    """A kecamatan with its rows of the kabupaten's tables."""

    district: str
    name: str
    slug: str
    stock: pd.DataFrame
    flow: pd.DataFrame
    visits: pd.DataFrame


def split(tables: Tables) -> list[Place]:
    """All kecamatan with their rows; one pass over the tables for all of them."""
    stock = dict(list(tables.stock.groupby(tables.stock["village_code"].str[:8])))
    flow = dict(list(tables.flow.groupby(tables.flow["village_code"].str[:8])))
    visits = dict(list(tables.visits.groupby(tables.visits["village_code"].str[:8])))
    columns = ["district_code", "district_name", "district_slug"]
    return [
        Place(
            code,
            name,
            slug,
            stock.get(code, tables.stock.head(0)),
            flow.get(code, tables.flow.head(0)),
            visits.get(code, tables.visits.head(0)),
        )
        for code, name, slug in regions.districts()[columns].to_numpy(str)
    ]


def landing_page(
    place: Place,
    as_of: pd.Timestamp,
    folder: Path,
    plan: Planned,
    reports: list[Report],
    protection: Protection,
    *,
    synthetic: bool = False,
) -> str:
    """Markdown of a kecamatan's landing page, without front matter; its table goes to files.

    Parameters
    ----------
    place
        From :func:`split`.
    as_of
        Date of the data.
    folder
        ``laporan/<kecamatan>`` of the project, with its executed reports; the table of the page
        is written to ``files/ikhtisar/`` in it.
    plan
        From :func:`planned`.
    reports
        The reports to link to.
    protection
        Marks of hidden counts.
    synthetic
        Whether the data are, which the files say.
    """
    stock, flow = place.stock, place.flow
    if not (stock["as_of"] == as_of).any():
        return _html(
            '<p class="ektp-warning">Tidak ada data untuk kecamatan ini pada '
            f"{day(as_of)}. Periksa apakah berkasnya masuk; lihat "
            '<a href="../../data_quality.html">mutu data</a>.</p>'
        )
    weeks = safe_trend(backlog.trend(stock), protection, place.district)
    weekly = place_accounts(stock, flow, place.visits, protection, place.district)
    numbers = headline.weekly_numbers(weeks, weekly)
    parts = [
        f'<p class="ektp-place">Data {day(as_of)}.</p>',
        f'<p class="ektp-finding">{escape(trend_finding(weeks))}.</p>',
        number_cards(numbers),
    ]
    links = []
    for report in reports:
        finding = report_finding(folder, report)
        words = f"<p>{escape(finding)}</p>" if finding else ""
        links.append(f'<li><a href="{report.name}.html">{escape(report.title)}</a>{words}</li>')
    latest = backlog.latest_coverage(stock, as_of)
    places = safe_places(latest, "village_code", protection, as_of)
    about = Downloads(
        folder,
        "ikhtisar",
        f"Kecamatan {place.name}",
        as_of=as_of.date(),
        synthetic=synthetic,
    )
    finding = f"Desa dan kelurahan di Kecamatan {place.name}"
    table = _table_with_files(about, "desa", finding, *village_table(places, plan.expected))
    return "\n\n".join(
        [
            _html("\n".join(parts)),
            "## Jemput bola berikutnya",
            _html(next_visits(place.district, plan, places)),
            "## Laporan",
            _html(f'<ul class="ektp-reports">{"".join(links)}</ul>'),
            "## Desa dan kelurahan",
            "Sentuh judul kolom untuk mengurutkan, nama desa untuk menyalin tautannya.",
            _html(table),
        ]
    )


def next_visits(district: str, plan: Planned, places: pd.DataFrame) -> str:
    """The planned visits in a kecamatan, or what stands in their place."""
    if plan.visits is None or plan.expected is None:
        return '<p class="ektp-note">Rencana belum dapat dihitung: catatan jemput bola belum cukup.</p>'
    mine = plan.visits[plan.visits["village_code"].str.startswith(district)]
    if len(mine):
        return visit_cards(mine, to_root="../../", with_district=False)
    # a count that is hidden is a small one: what is left is then nearly nothing
    left = places["unrecorded"].fillna(0).sum()
    if left <= (1 - planning.FINISHED_COVERAGE) * places["eligible"].sum():
        return '<p class="ektp-note">Kecamatan ini sudah selesai; sisa dilayani di kantor.</p>'
    here = plan.expected[plan.expected["village_code"].str.startswith(district)]
    best = here.dropna(subset="expected")
    best = best[best["unrecorded"] > 0].head(1)
    words = (
        f" Hasil terbesar bila dikunjungi: {escape(str(best['name'].iloc[0]))}, "
        f"kira-kira {number(best['expected'].iloc[0])} warga (80%: "
        f"{interval(best['lo'].iloc[0], best['hi'].iloc[0])})."
        if len(best)
        else ""
    )
    return (
        '<p class="ektp-note">Tidak ada kunjungan terjadwal di kecamatan ini dalam empat minggu '
        f"ke depan.{words}</p>"
    )


def _table_with_files(
    about: Downloads, name: str, finding: str, table: GT, data: pd.DataFrame
) -> str:
    """A table that can be sorted on every screen, with links to its files, which are written."""
    shutil.rmtree(about.files, ignore_errors=True)
    # the links of a table start at the root of the site, and these pages are below laporan/
    inner = bare_table(table.as_raw_html(inline_css=False)).replace('href="laporan/', 'href="')
    body = table_region(inner, name, finding)
    return about.add(body, Exhibit(name, finding, body, data).contents())


def index_page(tables: Tables, protection: Protection, folder: Path) -> str:
    """Markdown of the list of all kecamatan; its table goes to ``files/kecamatan/`` in a folder."""
    exact = backlog.latest_coverage(tables.stock, tables.as_of, "district_code")
    latest = safe_places(exact, "district_code", protection, tables.as_of)
    weeks = backlog.coverage(tables.stock, ["as_of", "district_code"])
    series = safe_series(weeks, "district_code", protection)
    trend = safe_trend(backlog.trend(tables.stock), protection, None)
    about = Downloads(
        folder, "kecamatan", "Kecamatan", as_of=tables.as_of.date(), synthetic=tables.synthetic
    )
    shown = places_table(latest, "Kecamatan", series)
    markup = _table_with_files(about, "cakupan", "Semua kecamatan", *shown)
    missing = regions.districts()
    missing = missing[~missing["district_code"].isin(latest["district_code"])]
    note = (
        f'<p class="ektp-warning">Tanpa data minggu ini: {escape(", ".join(missing["district_name"]))}.</p>'
        if len(missing)
        else ""
    )
    return _html(
        f'<p class="ektp-place">Data {day(tables.as_of)}.</p>'
        f'<p class="ektp-finding">{escape(trend_finding(trend))}.</p>{note}'
        f"{markup}"
    )


def _html(markup: str) -> str:
    return f"```{{=html}}\n{markup}\n```"
