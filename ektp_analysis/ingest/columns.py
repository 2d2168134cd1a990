"""The columns of a list that need reading, and the office's answer when a required one is missing."""

from __future__ import annotations

from collections.abc import Callable

from ektp_analysis.errors import InputError
from ektp_analysis.ingest import statuses
from ektp_analysis.ingest.places import village_in
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.spellings import label

DATES = ("birth_date", "married_on", "arrived_on", "left_on", "recorded_on")
CODED: dict[str, tuple[str, Callable[[object], object]]] = {
    "sex": ("VARCHAR", statuses.sex),
    "recording": ("BOOLEAN", statuses.recorded),
    "marital": ("BOOLEAN", statuses.never_married),
    "status": ("TINYINT", statuses.left),
    "place": ("TINYINT", statuses.channel),
}
"""Columns with few distinct values: their duckdb type, and what a value means."""


class UnsureColumnError(InputError):
    """A required column is missing and another's name is near to it: the office must say.

    Parameters
    ----------
    written
        The office's name of the column.
    column, kind
        What it may be, and in which kind of table.
    """

    def __init__(
        self, what: str, where: str, mend: str, written: str, column: str, kind: str
    ) -> None:
        super().__init__(what, where, mend)
        self.written, self.column, self.kind = written, column, kind


def check_columns(raw: RawTable, *, village_headings: bool = False) -> None:
    """Raise InputError for a required column that is missing, naming what it may be called.

    Parameters
    ----------
    raw
        A table.
    village_headings
        Whether headings between the rows of a resident list say their villages.
    """
    missing = list(raw.header.missing)
    if raw.header.kind == "residents" and "village" not in raw.header.columns:
        missing += [] if village_headings or village_in(raw.title) else ["village"]
    if not missing:
        return
    wanted = ", ".join(label(raw.header.kind, name) for name in missing)
    guesses = [g for g in raw.header.unsure if g[1] in missing]
    if guesses:
        position, column, score = max(guesses, key=lambda g: g[2])
        asked = label(raw.header.kind, column)
        written = " ".join(raw.header.names[position].split())
        raise UnsureColumnError(
            f"Kolom wajib tidak ada: {wanted}; kolom “{written}” mungkin {asked} "
            f"(kemiripan {score:.0f}%), tetapi tidak cukup pasti",
            raw.where,
            f'Bila benar, jalankan: ektp ingest --kolom "{written}={asked}" --save-mapping',
            written,
            column,
            raw.header.kind,
        )
    raise InputError(
        f"Kolom wajib tidak ada: {wanted}",
        raw.where,
        "Tambahkan kolom itu, atau betulkan judulnya",
    )
