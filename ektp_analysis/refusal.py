"""An answer that the data cannot support, said in a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Returned in place of a table.

    Attributes
    ----------
    sentence
        Indonesian, for the reader of a report: what is missing and since when it will be there.
    """

    sentence: str

    def __str__(self) -> str:
        return self.sentence
