"""What a page costs a reader with a phone: bytes over the wire, compressed as a web server sends them."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

HOME_BUDGET = 350_000
PAGE_BUDGET = 250_000
"""Bytes of a page with its figures, styles and scripts: five seconds at 400 kbit/s."""
PACKED = {".png", ".jpg", ".jpeg", ".gif", ".webp", ".woff", ".woff2", ".xlsx", ".pdf", ".zip"}
"""Kinds that compression does not make smaller."""


def sent_bytes(path: Path) -> int:
    """Bytes of one file over the wire."""
    content = path.read_bytes()
    if path.suffix.lower() in PACKED:
        return len(content)
    return len(gzip.compress(content, compresslevel=6, mtime=0))


def page_bytes(site: Path, page: Path, loads: Iterable[str]) -> int:
    """Bytes of a page with everything that it loads by itself.

    Parameters
    ----------
    site
        Folder of the site.
    page
        HTML file.
    loads
        Addresses of its images, scripts and styles.
    """
    files = {page.resolve()}
    for link in loads:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or not parts.path:
            continue
        base = site if parts.path.startswith("/") else page.parent
        files.add((base / unquote(parts.path.lstrip("/"))).resolve())
    return sum(sent_bytes(file) for file in files if file.is_file())


def budget(site: Path, page: Path) -> int:
    """What a page may weigh."""
    return HOME_BUDGET if page == site / "index.html" else PAGE_BUDGET


def weight_problem(site: Path, page: Path, loads: Iterable[str]) -> str:
    """The sentence on a page over its budget, or ""."""
    size, limit = page_bytes(site, page, loads), budget(site, page)
    if size <= limit:
        return ""
    name = page.relative_to(site).as_posix()
    return (
        f"{name}: terlalu berat untuk telepon ({size // 1000} kB terkirim beserta gambarnya; "
        f"batas {limit // 1000} kB)."
    )
