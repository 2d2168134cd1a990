"""Generated parts of the site: index of the kecamatan, a page and a sidebar for each, edition line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import yaml

from ektp_analysis import __version__, regions
from ektp_analysis.backlog import latest_coverage
from ektp_analysis.disclosure import safe_places
from ektp_analysis.format import day, number, percent
from ektp_analysis.parameters import REPORTS
from ektp_analysis.privacy import SHOWN, marked
from ektp_analysis.protection import Protection, village_counts
from ektp_analysis.site.news import (
    NEWS_PAGE,
    news,
    news_markdown,
    takeaway_markdown,
    write_news_page,
)
from ektp_analysis.store import Tables
from ektp_analysis.text import SYNTHETIC

EDITION_FILE = Path("_generated/edition.yml")
FINISHED_COVERAGE = 0.99


def write_navigation(
    project: Path, tables: Tables, built: date, found: Mapping[str, Sequence[str]] | None = None
) -> None:
    """Write ``_generated/edition.yml`` and the index pages under ``laporan/``.

    Parameters
    ----------
    project
        Folder of ``_quarto.yml``.
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
    # the first sidebar is what pages of no kecamatan get
    sidebars: list[dict[str, object]] = [
        {
            "id": "kabupaten",
            "title": regions.REGENCY_TITLE,
            "contents": [
                {"text": "Ringkasan", "href": "index.ipynb"},
                {"text": "Kecamatan", "href": "laporan/index.qmd"},
                {"text": "Apa yang berubah", "href": NEWS_PAGE.as_posix()},
                {"text": "Mutu data", "href": "data_quality.ipynb"},
                {"text": "Tentang", "href": "tentang.qmd"},
            ],
        }
    ]
    protection = Protection.of(village_counts(tables.stock))
    latest = latest_coverage(tables.stock, tables.as_of, "district_code")
    places = safe_places(latest, "district_code", protection, tables.as_of)
    places = places.set_index("district_code")
    notice = f'\n<p class="ektp-synthetic">{SYNTHETIC}</p>\n' if tables.synthetic else ""
    rows = ["| Kecamatan | Belum rekam | Cakupan |", "|---|---:|---:|"]
    table = regions.districts().set_index("district_code", drop=False)
    missing = [code for code in table.index if code not in places.index]
    for place in table.loc[[*places.index, *missing]].itertuples():
        folder = f"laporan/{place.district_slug}"
        sidebars.append(
            {
                "id": place.district_slug,
                "title": f"Kecamatan {place.district_name}",
                "contents": [
                    {"text": "Ikhtisar", "href": f"{folder}/index.qmd"},
                    *({"text": r.title, "href": f"{folder}/{r.name}.ipynb"} for r in reports),
                ],
            }
        )
        if place.district_code in places.index:
            row = places.loc[str(place.district_code)]
            hidden = row["unrecorded_mark"] != SHOWN
            done = " (selesai)" if hidden or row["coverage"] >= FINISHED_COVERAGE else ""
            left = marked(row["unrecorded"], str(row["unrecorded_mark"]))
            cover = percent(row["coverage"])
        else:
            done, left, cover = "", "–", "–"
        rows.append(
            f"| [{place.district_name}]({place.district_slug}/index.qmd){done} | {left} | {cover} |"
        )
        links = "\n".join(f"- [{r.title}]({r.name}.ipynb)" for r in reports)
        _write(
            project / folder / "index.qmd",
            f"Kecamatan {place.district_name}",
            f"{notice}\n**{left}** warga belum rekam; cakupan **{cover}** per {day(tables.as_of)}.\n\n{links}\n\n"
            + news_markdown(found.get(str(place.district_slug), ()))
            + "\n"
            + takeaway_markdown(str(place.district_slug)),
        )
    total = latest[["eligible", "unrecorded"]].sum()
    whole = protection.mark(tables.as_of)
    _write(
        project / "laporan" / "index.qmd",
        "Kecamatan",
        f"{notice}\nSeluruh kabupaten: {marked(total['unrecorded'], whole)} dari {number(total['eligible'])} wajib KTP "
        f"belum rekam per {day(tables.as_of)}.\n\n" + "\n".join(rows) + "\n",
    )
    line = f"Data {day(tables.as_of)} · dibuat {day(built)} · versi {__version__}"
    if tables.synthetic:
        line += " · data sintetis"
    content = {"website": {"sidebar": sidebars, "page-footer": {"center": line}}}
    path = project / EDITION_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _write(path: Path, title: str, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    front = yaml.safe_dump({"title": title}, allow_unicode=True).strip()
    path.write_text(f"---\n{front}\n---\n{body}", encoding="utf-8")
