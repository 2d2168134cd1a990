"""Names of villages and kecamatan in a resident list as numbers: a list repeats few names often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ektp_analysis.ingest.list_sections import PLACES, Section
from ektp_analysis.ingest.places import village_in
from ektp_analysis.ingest.readers import RawTable


@dataclass
class Names:
    """The texts that stand for a list's places, each by its number.

    Attributes
    ----------
    texts
        Texts of ``village`` and ``district`` as they were written; a number is a position.
    """

    texts: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in PLACES})

    def number(self, column: str, text: str) -> int:
        """The number of a text, a new one if it has none."""
        return self.texts[column].setdefault(text, len(self.texts[column]))

    def numbering(self, column: str, most: int) -> Callable[[str], int | None]:
        """:meth:`number` of a column, None for texts beyond the first so many."""

        def number(text: str) -> int | None:
            code = self.number(column, text)
            return code if code < most else None

        return number

    def pairs(self, numbers: Sequence[tuple[int, int]]) -> list[tuple[str | None, str | None]]:
        """What pairs of numbers of a village and a kecamatan stand for; None for -1."""
        village, district = ({n: text for text, n in self.texts[c].items()} for c in PLACES)
        return [(village.get(v), district.get(d)) for v, d in numbers]


def list_names(raw: RawTable) -> Names:
    """Names of a list before it is read: what its title says is number 0 where a column lacks."""
    names = Names()
    if "village" not in raw.header.columns:
        names.number("village", village_in(raw.title) or "")
    if "district" not in raw.header.columns:
        names.number("district", raw.district)
    return names


class SectionNumbers:
    """Numbers of the places that a list's rows do not say themselves, by position.

    They are the title's down to the first heading, and then those of the heading above.
    """

    def __init__(self, raw: RawTable, sections: Sequence[Section], names: Names) -> None:
        self._starts = np.array([s.at for s in sections], dtype=np.int64)
        self._given: dict[str, np.ndarray] = {}
        for column in PLACES:
            if column not in raw.header.columns:
                said = [getattr(s, column) for s in sections]
                codes = [names.number(column, text) for text in said] if any(said) else []
                self._given[column] = np.array([0, *(codes or [0] * len(sections))], np.int16)

    def numbers(self, column: str, start: int, count: int) -> np.ndarray:
        """Numbers (int16) of so many rows from a position on."""
        if not len(self._starts):
            return np.zeros(count, dtype=np.int16)
        at = np.arange(start, start + count)
        return self._given[column][np.searchsorted(self._starts, at)]
