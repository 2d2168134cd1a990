"""Generated parts of the site: pages of the kecamatan, a sidebar for each, edition line, search list."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from pathlib import Path

import yaml

from ektp_analysis import __version__, regions
from ektp_analysis.format import day, number, plain_markdown
from ektp_analysis.parameters import BUILT_IN, REPORTS, Report
from ektp_analysis.protection import Protection, village_counts
from ektp_analysis.settings import Settings, load_settings
from ektp_analysis.site.landing import index_page, landing_page, planned, split
from ektp_analysis.site.news import (
    NEWS_PAGE,
    news,
    news_markdown,
    takeaway_markdown,
    write_news_page,
)
from ektp_analysis.store import Tables

EDITION_FILE = Path("_generated/edition.yml")
SEARCH_FILE = Path("files/cari.js")
PAGES = {
    "index.ipynb": "Ringkasan",
    "laporan/index.qmd": "Kecamatan",
    NEWS_PAGE.as_posix(): "Apa yang berubah",
    "arsip.qmd": "Arsip",
    "data_quality.ipynb": "Mutu data",
    "metode.qmd": "Metode",
    "tentang.qmd": "Tentang",
}
"""Pages on the whole kabupaten."""
FOOTER = {
    "data_quality.ipynb": "Mutu data",
    "metode.qmd": "Metode",
    NEWS_PAGE.as_posix(): "Apa yang berubah",
}
"""Pages that the menu has no room for on a phone."""
GUIDE = {"docs/panduan.qmd": "Panduan petugas"}
ANALYSTS = {
    "docs/analis/index.qmd": "Start here",
    "docs/analis/tutorial.qmd": "Tutorial",
    "docs/analis/laporan-baru.qmd": "Add a report",
    "docs/analis/gambar-baru.qmd": "Add a figure",
    "docs/analis/git.qmd": "Notebooks in git",
    "docs/analis/kabupaten-lain.qmd": "Another kabupaten",
    "docs/analis/rancangan.qmd": "Why it is built so",
}
REFERENCE = {
    "docs/analis/rujukan/index.qmd": "Functions",
    "docs/analis/rujukan/pengaturan.qmd": "Settings",
    "docs/analis/rujukan/kontrak-data.qmd": "Data contract",
    "docs/analis/rujukan/parameter.qmd": "Parameters",
    "docs/analis/rujukan/perintah.qmd": "Commands",
}
SHORT_TITLES = {
    "backlog": "Belum rekam",
    "cohort": "Usia 17",
    "visit_effectiveness": "Jemput bola",
}


def write_navigation(
    project: Path, tables: Tables, built: date, found: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write ``_generated/edition.yml``, ``files/cari.js`` and the pages under ``laporan/``.

    Parameters
    ----------
    project
        Folder of ``_quarto.yml``, with the executed reports.
    tables
        Tables of the whole kabupaten at the edition's date.
    built
        Day on which the site is made.
    found
        What changed since the last edition, from :func:`ektp_analysis.site.news.news`.
    """
    found = news(tables) if found is None else found
    write_news_page(project, tables, found)
    reports = [r for r in REPORTS.values() if r.per_district]
    protection = Protection.of(village_counts(tables.stock))
    plan = planned(tables, regions.data_dir() / "pilihan.yaml", protection)
    for place in split(tables):
        folder = project / "laporan" / place.slug
        body = landing_page(
            place, tables.as_of, folder, plan, reports, protection, synthetic=tables.synthetic
        )
        body += (
            "\n\n" + news_markdown(found.get(place.slug, ())) + "\n" + takeaway_markdown(place.slug)
        )
        _write(folder / "index.qmd", f"Kecamatan {place.name}", body)
    listed = index_page(tables, protection, project / "laporan")
    _write(project / "laporan" / "index.qmd", "Kecamatan", listed)
    content = {
        "website": {
            "sidebar": sidebars(),
            "page-footer": {"left": _links(FOOTER), "center": footer(tables, built)},
        },
        "include-before-body": [{"text": banner(tables, built, load_settings(project))}],
    }
    path = project / EDITION_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    search = project / SEARCH_FILE
    search.parent.mkdir(parents=True, exist_ok=True)
    entries = json.dumps(search_entries(project), ensure_ascii=False, separators=(",", ":"))
    entries = entries.replace("<", "\\u003c")  # no name can end a script
    search.write_text(f"window.ektpCari = {entries};\n", encoding="utf-8")


def sidebars() -> list[dict[str, object]]:
    """One sidebar for the kabupaten's pages and one for each kecamatan.

    One with all pages on every page would grow with their square. The first is what pages of no
    kecamatan get.
    """
    own = {
        f"laporan/{r.name}.ipynb": r.title
        for r in REPORTS.values()
        if r.name not in BUILT_IN and not r.per_district
    }
    pages = {**PAGES, **own}
    bars: list[dict[str, object]] = [
        {"id": "kabupaten", "contents": [{"text": t, "href": h} for h, t in pages.items()]},
        {
            # apart from the pages for analysts, which are in English
            "id": "panduan",
            "contents": [{"section": "Panduan", "contents": _links(GUIDE)}],
        },
        {
            "id": "analis",
            "contents": [
                {"section": "For analysts", "contents": _links(ANALYSTS)},
                {"section": "Reference", "contents": _links(REFERENCE)},
            ],
        },
    ]
    reports = [r for r in REPORTS.values() if r.per_district]
    for place in regions.districts().to_dict("records"):
        folder = f"laporan/{place['district_slug']}"
        landing = [
            {"text": "Ikhtisar", "href": f"{folder}/index.qmd"},
            *({"text": short_title(r), "href": f"{folder}/{r.name}.ipynb"} for r in reports),
        ]
        # a section: its name leads the breadcrumbs of its pages
        section = {
            "section": f"Kecamatan {plain_markdown(place['district_name'])}",
            "contents": landing,
        }
        bars.append({"id": place["district_slug"], "contents": [section]})
    return bars


def _links(pages: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"text": text, "href": href} for href, text in pages.items()]


def short_title(report: Report) -> str:
    """Title of a report where there is little room: four fit beside each other on a phone."""
    return SHORT_TITLES.get(report.name, report.title)


def banner(tables: Tables, built: date, settings: Settings) -> str:
    """The line above every page: date of the data, day built, version, synthetic; age when old.

    The page itself counts the days again when it is opened (``theme/ektp.js``); without scripts the
    warning shows what was true when the site was built.
    """
    as_of = tables.as_of.date()
    age = (built - as_of).days
    mark = (
        ' · <span class="ektp-synthetic-mark">Data sintetis</span> dari kabupaten tiruan'
        if tables.synthetic
        else ""
    )
    hidden = "" if age > settings.stale_days else " hidden"
    stale = (
        f'<p class="ektp-stale" data-as-of="{as_of.isoformat()}" '
        f'data-stale-days="{settings.stale_days}"{hidden}><strong>Data sudah lama, '
        f"<span data-age>{number(age)}</span> hari.</strong> Keadaan hari ini mungkin sudah lain.</p>"
    )
    return (
        '<a class="ektp-skip" href="#quarto-document-content">Langsung ke isi</a>'
        '<div class="ektp-edition" role="region" aria-label="Edisi">'
        f"<p><strong>Data {day(as_of)}</strong>"
        f'<span class="ektp-made"> · dibuat {day(built)} · versi {__version__}</span>{mark}</p>'
        f"{stale}</div>"
    )


def footer(tables: Tables, built: date) -> str:
    """The line under every page."""
    line = f"Data {day(tables.as_of)} · dibuat {day(built)} · versi {__version__}"
    contact = load_settings().contact
    if contact:
        line += f" · {escape(contact)}"
    return line + (" · data sintetis" if tables.synthetic else "")


def search_entries(project: Path) -> list[list[str]]:
    """What can be searched for: ``[title, context, address]`` of every place and page.

    Parameters
    ----------
    project
        Folder with the notebooks of the reports, whose headings are entries too.
    """
    entries = [
        [name, regions.REGENCY_TITLE, re.sub(r"\.(ipynb|qmd)$", ".html", page)]
        for page, name in PAGES.items()
    ]
    slugs = regions.districts().set_index("district_code")["district_slug"]
    for place in regions.districts().to_dict("records"):
        folder = f"laporan/{place['district_slug']}"
        where = f"Kecamatan {place['district_name']}"
        entries.append([where, "Ikhtisar", f"{folder}/index.html"])
        entries += [
            [report.title, where, f"{folder}/{report.name}.html"]
            for report in REPORTS.values()
            if report.per_district
        ]
    kinds = {"desa": "Desa", "kelurahan": "Kelurahan"}
    entries += [
        [
            f"{kinds[v['village_kind']]} {v['village_name']}",
            f"Kecamatan {v['district_name']}",
            f"laporan/{slugs[v['district_code']]}/index.html#{v['village_slug']}",
        ]
        for v in regions.villages().to_dict("records")
    ]
    return entries


def _write(path: Path, title: str, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    front = yaml.safe_dump({"title": plain_markdown(title)}, allow_unicode=True).strip()
    path.write_text(f"---\n{front}\n---\n\n{body}\n", encoding="utf-8")
