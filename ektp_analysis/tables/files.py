"""Names of the files beside the pages; all paths are relative to the folder of a place's pages."""

from __future__ import annotations

from pathlib import Path

TABLES_FILE = "tabel.json"
TAKEAWAY = Path("files/unduh")
NOTEBOOK_FILE = "buku-catatan.ipynb.json"
"""Not ``.ipynb``, which a renderer takes for a page; links save it under that name."""
WHOLE = "kabupaten"
"""Slug of the kabupaten, where a kecamatan has its own."""


def brief_path(slug: str) -> Path:
    """The printed brief of a place.

    Examples
    --------
    >>> brief_path("curup-tengah").as_posix()
    'files/unduh/ringkasan-curup-tengah.pdf'
    """
    return TAKEAWAY / f"ringkasan-{slug}.pdf"


def card_path(slug: str) -> Path:
    """The picture card of a place."""
    return TAKEAWAY / f"kartu-{slug}.png"
