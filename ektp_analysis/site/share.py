"""What a page needs to be shared: Open Graph tags with the card, the feed, the notice of its age."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from ektp_analysis import regions
from ektp_analysis.format import day, number, percent
from ektp_analysis.site.feed import FEED_FILE, edition_sentence
from ektp_analysis.site.summary import EditionSummary, PlaceSummary
from ektp_analysis.tables.files import WHOLE, card_path
from ektp_analysis.takeaway.card import HEIGHT, WIDTH
from ektp_analysis.text import SYNTHETIC

SCRIPT = "edisi.js"
SITE_NAME = f"KTP-el {regions.REGENCY_NAME}"
MARK = "<!-- ektp:share -->"
_HEAD = re.compile(r"</head>", re.I)
_MAIN = re.compile(r"<main\b[^>]*>", re.I)


class _Title(HTMLParser):
    """Title of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title, self._inside = "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag == "title" and not self.title

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.title += data


@dataclass(frozen=True)
class Card:
    """Picture and words that stand for a page: path below the site, description."""

    path: str
    description: str


def share_site(site: Path, summary: EditionSummary, base_url: str) -> int:
    """Write the tags into every page of a rendered site.

    Addresses are absolute with a ``base_url``, as the Open Graph protocol wants them; without one
    they are relative. Works on the pages of any renderer, and a second time changes nothing.

    Parameters
    ----------
    site
        Rendered.
    summary
        Of the site.
    base_url
        Address of the site, ending in ``/``; "" when it is not known.

    Returns
    -------
    int
        Number of pages.
    """
    places = {place.slug: place for place in summary.districts}
    source = Path(__file__).with_name(SCRIPT)
    (site / SCRIPT).write_bytes(source.read_bytes())
    count = 0
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site)
        if "site_libs" in name.parts:
            continue
        text = path.read_text(encoding="utf-8")
        if MARK in text:
            continue
        slug = name.parts[1] if len(name.parts) > 2 and name.parts[0] == "laporan" else WHOLE
        card = _card(site, slug, places.get(slug), summary)
        up = "../" * (len(name.parts) - 1)
        tags = _tags(text, card, up, base_url, name, summary)
        text = _HEAD.sub(lambda _: tags + "</head>", text, count=1)  # noqa: B023
        notice = _notice(summary)
        text = _MAIN.sub(lambda m: m.group() + notice, text, count=1)  # noqa: B023
        path.write_text(text, encoding="utf-8")
        count += 1
    return count


def _card(site: Path, slug: str, place: PlaceSummary | None, summary: EditionSummary) -> Card:
    folder = "" if slug == WHOLE else f"laporan/{slug}/"
    path = f"{folder}{card_path(slug).as_posix()}"
    if not (site / path).exists():
        path = card_path(WHOLE).as_posix() if (site / card_path(WHOLE)).exists() else ""
    return Card(path, _describe(place, summary))


def _describe(place: PlaceSummary | None, summary: EditionSummary) -> str:
    if place is None:
        words = edition_sentence(summary, None)
    elif place.unrecorded is None:
        words = f"Kecamatan {place.name}, data {day(summary.as_of)}."
    else:
        words = (
            f"{number(place.unrecorded)} warga Kecamatan {place.name} belum rekam per "
            f"{day(summary.as_of)}; cakupan {percent(place.coverage)}."
        )
    return f"{words} {SYNTHETIC}" if summary.synthetic else words


def _tags(
    text: str, card: Card, up: str, base_url: str, name: Path, summary: EditionSummary
) -> str:
    parser = _Title()
    parser.feed(text)
    values = {
        "og:type": "article" if name.as_posix() != "index.html" else "website",
        "og:site_name": SITE_NAME,
        "og:locale": "id_ID",
        "og:title": parser.title.strip() or SITE_NAME,
        "og:description": card.description,
    }
    if card.path:
        # the date makes a chat fetch this week's picture and not the one that it kept
        root = base_url or up
        values |= {
            "og:image": f"{root}{card.path}?v={summary.as_of.isoformat()}",
            "og:image:type": "image/png",
            "og:image:width": str(WIDTH),
            "og:image:height": str(HEIGHT),
            "og:image:alt": card.description,
        }
    out = [f'<meta property="{k}" content="{html.escape(v)}">' for k, v in values.items()]
    if 'name="description"' not in text:
        out.append(f'<meta name="description" content="{html.escape(card.description)}">')
    out.append('<meta name="twitter:card" content="summary_large_image">')
    out.append(
        f'<link rel="alternate" type="application/atom+xml" title="Edisi mingguan" href="{up}{FEED_FILE}">'
    )
    out.append(f'<script src="{up}{SCRIPT}" defer></script>')
    return MARK + "".join(out)


def _notice(summary: EditionSummary) -> str:
    """Hidden until the script finds that the page is read at the address of its edition."""
    return (
        f'<p class="ektp-old-edition ektp-note" hidden>Ini edisi data {day(summary.as_of)} '
        "di alamat tetapnya. <a>Buka edisi terbaru</a></p>"
    )
