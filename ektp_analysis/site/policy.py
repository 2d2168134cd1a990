"""A Content-Security-Policy in every page: only the site's own scripts run, and nothing else loads.

Scripts inside a page are allowed by their hash, so that ``unsafe-inline`` is not needed for them. A
page that is opened as a file has no origin of its own; ``file:`` lets its scripts load there and
means nothing on a web server.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

INLINE = re.compile(r"<script(?![^>]*\bsrc\s*=)[^>]*>(.*?)</script>", re.S | re.I)
META = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>', re.I)
CHARSET = re.compile(r"<meta\s+charset=[^>]*>", re.I)
HEAD = re.compile(r"<head[^>]*>", re.I)


def policy(page: str) -> str:
    """The policy of a page.

    Examples
    --------
    >>> "script-src 'self' file: 'sha256-" in policy("<script>a()</script>")
    True
    """
    hashes = sorted({script_hash(code) for code in INLINE.findall(page) if code})
    return "; ".join(
        [
            "default-src 'none'",
            " ".join(["script-src 'self' file:", *hashes]),
            "style-src 'self' 'unsafe-inline' file:",
            "img-src 'self' data: file:",
            "font-src 'self' data: file:",
            "connect-src 'self' file:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "object-src 'none'",
        ]
    )


def script_hash(code: str) -> str:
    """The source expression of a script inside a page."""
    digest = hashlib.sha256(code.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def add_policies(site: Path) -> int:
    """Write the policy into every page; returns the number of pages.

    The last step before a site is checked: what changes a page's scripts afterwards breaks them.
    """
    count = 0
    for path in sorted(site.rglob("*.html")):
        if path.is_symlink():
            continue
        text = META.sub("", path.read_bytes().decode("utf-8"))
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy(text)}">'
        # right after the charset: it holds for what follows it
        place = CHARSET.search(text) or HEAD.search(text)
        if place is None:
            continue
        path.write_bytes((text[: place.end()] + meta + text[place.end() :]).encode())
        count += 1
    return count
