"""Make the briefs and cards of all places: in parallel, and only where the contents changed."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pypdf import PdfReader

from ektp_analysis.errors import SiteError
from ektp_analysis.settings import load_settings
from ektp_analysis.tables.files import WHOLE, brief_path, card_path
from ektp_analysis.takeaway.brief import brief_data
from ektp_analysis.takeaway.card import card_data
from ektp_analysis.takeaway.tables import PlaceTables, places, read_place
from ektp_analysis.takeaway.typeset import TEMPLATES, typeset

CACHE = Path(".ektp/takeaway")
PAGES = 2
SCALES = (1.0, 0.92, 0.85, 0.78, 0.7)


@dataclass(frozen=True)
class Made:
    """A file that was made or taken from the cache; ``state`` is ``ok`` or ``cached``."""

    path: Path
    state: str


def takeaway_stage(
    project: Path,
    *,
    news: Mapping[str, Sequence[str]] | None = None,
    workers: int = 0,
    cold: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Made]:
    """Make the brief and the card of the kabupaten and of every kecamatan.

    A place of which no report could be made gets them too, saying so: pages link to them.

    A file is named in the cache by the hash of all that it depends on: contents, template, version
    of Typst. Typst works outside Python's lock, so threads are enough.

    Parameters
    ----------
    project
        Folder in which the executed notebooks are; files are written beside the pages.
    news
        What changed since the last edition, by slug of the place.
    workers
        Threads; 0 for one per core.
    cold
        Ignore the cache.
    progress
        Called with (places done, places in all).

    Returns
    -------
    list of Made
        Relative to the project.
    """
    base_url = load_settings(project).base_url
    found = news or {}
    tables = [read_place(project, *place) for place in places()]
    dates = [place.as_of for place in tables if place.as_of]
    synthetic = any(place.synthetic for place in tables)
    last = max(dates, default=None)
    tables = [replace(p, as_of=p.as_of or last, synthetic=synthetic) for p in tables]
    made: list[Made] = []
    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        jobs = pool.map(
            lambda place: _make_place(project, place, found.get(place.slug, ()), base_url, cold),
            tables,
        )
        for done, files in enumerate(jobs, start=1):
            made += files
            if progress:
                progress(done, len(tables))
    return made


def _make_place(
    project: Path, place: PlaceTables, news: Sequence[str], base_url: str, cold: bool
) -> list[Made]:
    page = "" if place.slug == WHOLE else f"{place.folder.as_posix()}/"
    address = f"{base_url.rstrip('/')}/{page}" if base_url else ""
    brief = (brief_path(place.slug), "brief.typ", brief_data(place, news, address), "pdf")
    card = (card_path(place.slug), "card.typ", card_data(place), "png")
    return [
        _make(project, place.folder / path, template, data, kind, cold)  # type: ignore[arg-type]
        for path, template, data, kind in (brief, card)
    ]


def _make(
    project: Path,
    path: Path,
    template: str,
    data: dict[str, Any],
    kind: Literal["pdf", "png"],
    cold: bool,
) -> Made:
    text = json.dumps([template_digest(template), data], sort_keys=True)
    kept = project / CACHE / f"{hashlib.sha256(text.encode()).hexdigest()}.{kind}"
    state = "cached"
    if cold or not kept.exists():
        _write(kept, two_pages(data) if kind == "pdf" else typeset(template, data, kind))
        state = "ok"
    target = project / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, target)
    return Made(path, state)


def two_pages(data: dict[str, Any]) -> bytes:
    """The brief, with letters as large as two pages allow.

    Raises
    ------
    SiteError
        When even the smallest letters need a third page.
    """
    for scale in SCALES:
        document = typeset("brief.typ", {**data, "scale": scale}, "pdf")
        if len(PdfReader(io.BytesIO(document)).pages) == PAGES:
            return document
    raise SiteError(
        "Ringkasan tidak muat dalam dua halaman",
        str(data["place"]),
        "Kurangi baris tabelnya di ektp_analysis/takeaway/brief.py",
    )


@cache
def template_digest(template: str) -> str:
    """Hash of a template and of what sets it."""
    content = (TEMPLATES / template).read_bytes() + (TEMPLATES / "typeset.py").read_bytes()
    return hashlib.sha256(content + version("typst").encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(draft).replace(path)
