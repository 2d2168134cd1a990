"""After the embedded renderer: Indonesian interface words, one small style sheet, no idle scripts.

smalldocs writes its interface words in English, and loads on each page a style sheet, an icon font
and scripts for everything that a site could use: 290 kB over the wire, five seconds on a phone at
400 kbit/s. This stage keeps what the pages of this site use. Quarto has its own words for
``lang: id``, and its files are left as they are.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from ektp_analysis.site.stylesheet import names_in_html, names_in_script, used_rules

WORDS = {
    'aria-label="Toggle navigation"': 'aria-label="Buka atau tutup menu"',
    'aria-label="Toggle sidebar navigation"': 'aria-label="Buka atau tutup daftar halaman"',
    'aria-label="Toggle section"': 'aria-label="Buka atau tutup bagian"',
    'aria-label="breadcrumb"': 'aria-label="Jejak halaman"',
    'title="Toggle dark mode"': 'title="Ganti mode terang atau gelap"',
    'placeholder="Search"': 'placeholder="Cari"',
    'aria-label="Search"': 'aria-label="Cari"',
    'title="Copy to Clipboard"': 'title="Salin"',
}
"""Attributes of the renderer's HTML."""
SCRIPT_WORDS = {
    '"aria-label", "Anchor"': '"aria-label", "Tautan ke bagian ini"',
    "No results": "Tidak ada hasil",
    '"Copied!"': '"Disalin"',
    '"Copy to Clipboard"': '"Salin"',
}
"""Literals of its script."""
ICONS = {
    "bi-arrow-left-short": "‹",
    "bi-arrow-right-short": "›",
    "bi-layout-text-sidebar-reverse": "☰",
    "bi-search": "⌕",
}
"""Characters of every system font in place of an icon font of 130 kB."""
_ICON = re.compile(r'<i class="bi ([\w-]+)[^"]*"[^>]*></i>')
_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)"[^>]*>')
_SCRIPT = re.compile(r'<script src="([^"]+)"([^>]*)></script>')
_OFFSET = re.compile(r'<meta name="smalldocs:offset" content="([^"]*)">')
_EMPTY_CELL = re.compile(r'<div id="cell-\d+" class="cell">\s*</div>\s*')
_FROM_ROOT = re.compile(r'(<(?:script|link|img)[^>]* (?:src|href)=")/(?!/)')
# sections of the sidebar are always open: nothing to fold, and no script for it
_SECTION = re.compile(
    r'<a class="(sidebar-item-text sidebar-link)[^"]*" data-bs-toggle="collapse"[^>]*>(.*?)</a>',
    re.S,
)
_FOLD = re.compile(r'<a class="sidebar-item-toggle[^>]*>.*?</a>', re.S)
_LANDMARKS = (
    ('<div class="sd-table"', '<div class="sd-table" tabindex="0"'),
    ('<nav id="quarto-sidebar"', '<nav id="quarto-sidebar" aria-label="Halaman"'),
    ('<nav id="TOC" role="doc-toc"', '<nav id="TOC" role="doc-toc" aria-labelledby="toc-title"'),
    ('<nav class="page-navigation"', '<nav class="page-navigation" aria-label="Halaman berikutnya"'),
    ('<nav class="navbar', '<nav aria-label="Menu utama" class="navbar'),
    ('<nav class="quarto-secondary-nav"', '<nav aria-label="Bagian" class="quarto-secondary-nav"'),
)  # fmt: skip


def finish_site(site: Path) -> None:
    """Rewrite the pages that the embedded renderer wrote into ``_site``.

    Parameters
    ----------
    site
        Folder of the rendered site; its pages and ``site_libs`` are changed in place.
    """
    pages = {path: _page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))}
    script = site / "site_libs" / "smalldocs.js"
    if script.exists():
        script.write_text(_replace(script.read_text(encoding="utf-8"), SCRIPT_WORDS), "utf-8")
    style = _one_stylesheet(site, pages)
    for path, text in pages.items():
        pages[path] = _assets(text, style)
        path.write_text(pages[path], encoding="utf-8")
    for idle in ("bootstrap-icons", "themes", "bootstrap", "fuse"):
        if not any(f"site_libs/{idle}/" in text for text in pages.values()):
            shutil.rmtree(site / "site_libs" / idle, ignore_errors=True)
    (site / "site_libs" / "smalldocs.css").unlink(missing_ok=True)


def _replace(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def _page(text: str) -> str:
    text = _replace(text, WORDS)
    text = _ICON.sub(
        lambda m: f'<span aria-hidden="true">{ICONS[m[1]]}</span>' if m[1] in ICONS else "", text
    )
    text = _FOLD.sub("", _SECTION.sub(r'<span class="\1">\2</span>', text))
    for old, new in _LANDMARKS:
        text = text.replace(old, new)
    offset = _OFFSET.search(text)
    text = _FROM_ROOT.sub(rf"\g<1>{offset[1] if offset else './'}", text)
    return _EMPTY_CELL.sub("", text)


def _one_stylesheet(site: Path, pages: dict[Path, str]) -> str:
    """Write the used rules of all style sheets into one file; its path from the site's root."""
    names: set[str] = set()
    order: dict[Path, None] = {}
    for path, text in pages.items():
        names |= names_in_html(text)
        for link in _STYLE.findall(text):
            source = (path.parent / link).resolve()
            if source.is_file() and "bootstrap-icons" not in link:
                order[source] = None
    for script in [*(site / "theme").glob("*.js"), site / "site_libs" / "smalldocs.js"]:
        if script.exists():
            names |= names_in_script(script.read_text(encoding="utf-8"))
    rules = "".join(used_rules(sheet.read_text(encoding="utf-8"), names) for sheet in order)
    # a new name for new rules: no reader sees a page with last week's styles
    name = f"site_libs/gaya-{hashlib.sha256(rules.encode()).hexdigest()[:10]}.css"
    (site / "site_libs").mkdir(exist_ok=True)
    (site / name).write_text(rules, encoding="utf-8")
    return name


def _assets(text: str, style: str) -> str:
    offset = _OFFSET.search(text)
    link = f'<link rel="stylesheet" href="{offset[1] if offset else ""}{style}">'
    styles = _STYLE.findall(text)
    if styles:
        text = _STYLE.sub(lambda m: link if m[1] == styles[0] else "", text)

    def script(match: re.Match[str]) -> str:
        if "bootstrap.bundle" in match[1] and "data-bs-toggle" not in text:
            return ""
        return "" if "fuse" in match[1] else match[0]

    return _SCRIPT.sub(script, text)
