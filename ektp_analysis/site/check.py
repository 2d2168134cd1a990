"""What a site must fulfil before it is published."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ektp_analysis.site.gate import PrivacyGate, scan
from ektp_analysis.site.weight import weight_problem
from ektp_analysis.text import SYNTHETIC

OUTSIDE_STYLE = re.compile(r"(@import\s+(url\()?|url\()\s*[\"']?(https?:)?//", re.I)
TEXT_SUFFIXES = {".html", ".csv", ".json", ".xml", ".txt", ".svg", ".ipynb", ".md", ".css", ".js"}
PAGE_BUDGET = 400_000
"""Bytes of one page's HTML: on a slow phone connection (400 kbit/s) eight seconds uncompressed."""
LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src"}
ENGLISH = "docs/analis/"
"""Pages for analysts are in English, as the code is."""


@dataclass
class _Page(HTMLParser):
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    images_without_alt: int = 0
    lang: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {k: v or "" for k, v in attrs}
        if "id" in values:
            self.ids.add(values["id"])
        if tag == "html":
            self.lang = values.get("lang", "")
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if (
            tag in LOADED
            and values.get(LOADED[tag])
            and values.get("rel") not in ("canonical", "alternate")
        ):
            self.loads.append(values[LOADED[tag]])
        if tag == "img" and "alt" not in values:
            self.images_without_alt += 1


def check_site(site: Path, *, synthetic: bool, privacy: PrivacyGate | None = None) -> list[str]:
    """Problems of a rendered site, as Indonesian sentences; empty when it may be published.

    Parameters
    ----------
    site
        Folder with ``index.html``.
    synthetic
        Whether every page must say that its data are synthetic.
    privacy
        What the privacy gate searches for; by default what looks like a person's data, without
        the index of the restricted input.
    """
    if not (site / "index.html").exists():
        return ["Halaman muka (index.html) tidak ada."]
    problems = scan(site, privacy or PrivacyGate())
    pages: dict[Path, _Page] = {}
    for path in sorted(p for p in site.rglob("*") if p.is_file()):
        name = path.relative_to(site).as_posix()
        if path.suffix == ".css":
            styles = path.read_text(encoding="utf-8", errors="replace")
            if OUTSIDE_STYLE.search(styles):
                problems.append(f"{name}: gaya memuat berkas dari luar.")
        if path.suffix in TEXT_SUFFIXES and "site_libs" not in name:
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".html":
                pages[path] = page = _Page()
                page.feed(text)
                problems += _page_problems(name, text, page, synthetic)
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        problems += [p for p in [weight_problem(site, path, page.loads)] if p]
        problems += [f"{name}: tautan putus ke {link}" for link in _broken(site, path, page, pages)]
    return problems


def _page_problems(name: str, text: str, page: _Page, synthetic: bool) -> list[str]:
    out = []
    if "Traceback (most recent call last)" in text:
        out.append(f"{name}: memuat jejak galat.")
    if page.images_without_alt:
        out.append(f"{name}: {page.images_without_alt} gambar tanpa teks pengganti.")
    if page.lang != "id" and not name.startswith(ENGLISH):
        out.append(f"{name}: bahasa halaman bukan id.")
    if len(text.encode()) > PAGE_BUDGET:
        out.append(
            f"{name}: terlalu berat ({len(text.encode()) // 1000} kB; batas {PAGE_BUDGET // 1000} kB)."
        )
    out += [
        f"{name}: memuat berkas dari luar: {url[:60]}" for url in page.loads if urlsplit(url).netloc
    ]
    if synthetic and "data sintetis" not in text.lower() and SYNTHETIC not in text:
        out.append(f"{name}: tidak menyebut bahwa datanya sintetis.")
    return out


def _broken(site: Path, path: Path, page: _Page, pages: dict[Path, _Page]) -> list[str]:
    out = []
    for link in page.links + page.loads:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        base = site if parts.path.startswith("/") else path.parent
        target = (base / unquote(parts.path.lstrip("/"))).resolve() if parts.path else path
        if target.is_dir():
            target = target / "index.html"
        if not target.exists() or (
            parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids
        ):
            out.append(link)
    return out
