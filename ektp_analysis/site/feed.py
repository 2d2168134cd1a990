"""The Atom feed of the editions (RFC 4287)."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import date

from ektp_analysis import __version__, regions
from ektp_analysis.format import day, number, percent
from ektp_analysis.site.summary import EditionSummary
from ektp_analysis.text import SYNTHETIC

ATOM = "http://www.w3.org/2005/Atom"
"""The namespace of RFC 4287: a name, not an address that is loaded."""
FEED_FILE = "atom.xml"
FEED_ENTRIES = 30
SPACE = uuid.uuid5(uuid.NAMESPACE_OID, f"ektp_analysis {regions.REGENCY_CODE}")

Edition = tuple[str, EditionSummary]


def before(editions: Sequence[Edition], summary: EditionSummary) -> EditionSummary | None:
    """The last edition with older data; a second edition of a week is compared with the week before."""
    older = [other for _, other in editions if other.as_of < summary.as_of]
    return max(older, key=lambda other: other.as_of) if older else None


def edition_change(summary: EditionSummary, earlier: EditionSummary | None) -> int | None:
    """Change of the unrecorded residents between two editions; ``None`` where it is hidden."""
    now = summary.regency.unrecorded
    then = earlier.regency.unrecorded if earlier else None
    return None if now is None or then is None else now - then


def edition_sentence(summary: EditionSummary, earlier: EditionSummary | None) -> str:
    """The main numbers in one sentence, with the change since the edition before."""
    whole = summary.regency
    if whole.unrecorded is None:
        return f"Jumlah warga {whole.name} yang belum rekam per {day(summary.as_of)} disamarkan."
    text = (
        f"{number(whole.unrecorded)} warga {whole.name} belum rekam per {day(summary.as_of)}; "
        f"cakupan {percent(whole.coverage)}"
    )
    change = edition_change(summary, earlier)
    if change is not None and earlier is not None:
        word = "turun" if change < 0 else "naik" if change > 0 else "tetap"
        amount = f" {number(abs(change))}" if change else ""
        text += f"; {word}{amount} sejak edisi data {day(earlier.as_of)}"
    return text + "."


def atom_feed(editions: Sequence[Edition], base_url: str = "") -> bytes:
    """The feed of the editions, newest first.

    Identifiers are name-based UUIDs, so that they stay when the site's address changes. Links are
    absolute with a ``base_url``; without one they are relative to the feed, as RFC 4287 allows.

    Parameters
    ----------
    editions
        Name and summary, at least one, oldest first.
    base_url
        Address of the site, ending in ``/``; "" when it is not known.

    Returns
    -------
    bytes
        UTF-8 XML.
    """
    ET.register_namespace("", ATOM)
    feed = ET.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": "id"})
    _text(feed, "title", f"Perekaman KTP-el {regions.REGENCY_NAME}")
    _text(feed, "subtitle", "Edisi mingguan: warga yang belum rekam dan kunjungan jemput bola")
    _text(feed, "id", SPACE.urn)
    _text(feed, "updated", _moment(max(s.built for _, s in editions)))
    _link(feed, base_url + "index.html", "alternate")
    _link(feed, base_url + FEED_FILE, "self")
    author = ET.SubElement(feed, f"{{{ATOM}}}author")
    _text(author, "name", f"Dukcapil {regions.REGENCY_TITLE}")
    generator = ET.SubElement(feed, f"{{{ATOM}}}generator", {"version": __version__})
    generator.text = "ektp_analysis"
    for name, summary in list(editions)[::-1][:FEED_ENTRIES]:
        entry = ET.SubElement(feed, f"{{{ATOM}}}entry")
        _text(entry, "title", f"Edisi {name}: data {day(summary.as_of)}")
        _text(entry, "id", uuid.uuid5(SPACE, name).urn)
        _text(entry, "updated", _moment(summary.built))
        _link(entry, f"{base_url}edisi/{name}/index.html", "alternate")
        sentence = edition_sentence(summary, before(editions, summary))
        _text(entry, "summary", f"{sentence} {SYNTHETIC}" if summary.synthetic else sentence)
    ET.indent(feed)
    return bytes(ET.tostring(feed, encoding="utf-8", xml_declaration=True)) + b"\n"


def _moment(built: date) -> str:
    """A day as RFC 3339 wants it, in WIB."""
    return f"{built.isoformat()}T00:00:00+07:00"


def _link(parent: ET.Element, href: str, rel: str) -> None:
    kind = "application/atom+xml" if rel == "self" else "text/html"
    ET.SubElement(parent, f"{{{ATOM}}}link", {"rel": rel, "type": kind, "href": href})


def _text(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{ATOM}}}{name}").text = text
