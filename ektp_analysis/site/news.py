"""What changed since the last edition, and what may be taken away: parts of the generated pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from ektp_analysis import regions
from ektp_analysis.changes import since_last_by_place
from ektp_analysis.format import day, plain_markdown
from ektp_analysis.store import Tables
from ektp_analysis.tables.files import WHOLE, brief_path, card_path
from ektp_analysis.text import SYNTHETIC, place_name
from ektp_analysis.text_changes import change_sentences

NEWS_PAGE = Path("laporan/perubahan.qmd")


def news(tables: Tables) -> dict[str, list[str]]:
    """Sentences on what changed, by slug of the kecamatan; the kabupaten's under its own slug.

    Parameters
    ----------
    tables
        Of the whole kabupaten.
    """
    slugs = regions.districts().set_index("district_code")["district_slug"]
    found = since_last_by_place(tables.stock, tables.flow, tables.visits, tables.as_of)
    return {
        str(slugs[code]) if code else WHOLE: change_sentences(changes)
        for code, changes in found.items()
    }


def news_markdown(sentences: Sequence[str], heading: str = "## Sejak edisi lalu") -> str:
    """A section with a list; empty without sentences."""
    if not sentences:
        return ""
    return f"{heading}\n\n" + "\n".join(f"- {plain_markdown(s)}" for s in sentences) + "\n"


def takeaway_markdown(slug: str) -> str:
    """Links to the brief and the card of a place, for a page in the folder of its pages."""
    return (
        "## Bawa pulang\n\n"
        f"- [Ringkasan dua halaman untuk rapat (PDF)]({brief_path(slug).as_posix()})\n"
        f"- [Kartu gambar untuk dibagikan (PNG)]({card_path(slug).as_posix()})\n"
    )


def write_news_page(project: Path, tables: Tables, found: Mapping[str, Sequence[str]]) -> None:
    """Write the page with the changes of the kabupaten and of every kecamatan."""
    front = yaml.safe_dump({"title": "Apa yang berubah minggu ini"}, allow_unicode=True).strip()
    parts = [f"---\n{front}\n---\n"]
    if tables.synthetic:
        parts.append(f'<p class="ektp-synthetic">{SYNTHETIC}</p>\n')
    parts.append(
        f"Perbandingan data {day(tables.as_of)} dengan data minggu sebelumnya. Perubahan kecil "
        "di satu desa (kurang dari 3 warga), dan yang dapat membuka hitungan yang disamarkan, "
        "tidak disebut.\n"
    )
    parts.append(news_markdown(found.get(WHOLE, ()), f"## {place_name(None)}"))
    slugs = list(regions.districts()["district_slug"])
    # in the first edition ever the same sentence holds everywhere: said once
    first = len({tuple(found.get(slug, ())) for slug in (WHOLE, *slugs)}) == 1
    for place in () if first else regions.districts().itertuples():
        heading = (
            f"## [{plain_markdown(str(place.district_name))}]({place.district_slug}/index.qmd)"
        )
        parts.append(news_markdown(found.get(str(place.district_slug), ()), heading))
    path = project / NEWS_PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts), encoding="utf-8")
