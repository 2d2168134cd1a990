"""Names of the files beside the pages; all paths are relative to the folder of a place's pages."""

from __future__ import annotations

from pathlib import Path

TABLES_FILE = "tabel.json"
TAKEAWAY = Path("files/unduh")
NOTEBOOKS = Path("files/buku-catatan")
"""Relative to the project: one copy of each notebook serves all kecamatan."""
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
