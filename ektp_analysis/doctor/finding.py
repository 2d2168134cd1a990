"""One answer of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["baik", "perhatian", "salah"]
SIGNS: dict[State, str] = {"baik": "✓", "perhatian": "!", "salah": "✗"}


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do.

    Attributes
    ----------
    topic
        What was looked at, one or two words.
    state
        ``baik`` (fine), ``perhatian`` (works, but), ``salah`` (must be mended).
    sentence
        What was found.
    mend
        What to do; empty when it is fine.
    """

    topic: str
    state: State
    sentence: str
    mend: str = ""

    def __str__(self) -> str:
        line = f"{SIGNS[self.state]} {self.topic}: {self.sentence}"
        return f"{line}\n    → {self.mend}" if self.mend else line
