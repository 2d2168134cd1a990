"""Whether a text file is one line a row, looked at byte by byte on whole arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DELIMITERS = ";,\t|"
_LINE, _RETURN, _QUOTE = 10, 13, 34
_BORDERS = np.zeros(256, dtype=bool)
_BORDERS[[_LINE, _RETURN, *DELIMITERS.encode()]] = True


@dataclass
class LineLook:
    """What was seen in the parts of a file so far.

    Attributes
    ----------
    plain
        Whether there was no blank line and no zero byte.
    clear_quotes
        Whether each quotation mark stood at the beginning or the end of a cell and none inside,
        and no line ended in a mere return.
    """

    plain: bool = True
    clear_quotes: bool = True
    _tail: bytes = b"\n"
    _open: bool = False

    def at(self, part: bytes) -> None:
        """Look at the next part of the file."""
        # what a byte is depends on its neighbours: the last of a part is looked at with the next
        first = len(self._tail) - 1
        seen = self._tail + part
        text = np.frombuffer(seen, dtype=np.uint8)
        self._tail = text[-2:].tobytes()
        line = text == _LINE
        if self.plain:
            blank = bool((line[1:] & line[:-1]).any())
            self.plain = not blank and b"\x00" not in part
        if b"\r" in seen:
            returned = text == _RETURN
            if (line[2:] & line[:-2] & returned[1:-1]).any():
                self.plain = False
            if (returned[:-1] & ~line[1:]).any():
                self.clear_quotes = False
        if self.clear_quotes and b'"' in seen:
            self._quotes(text, np.flatnonzero(text[first:-1] == _QUOTE) + first)

    def _quotes(self, text: np.ndarray, marks: np.ndarray) -> None:
        opening, closing = marks[self._open :: 2], marks[not self._open :: 2]
        self.clear_quotes = bool(
            _BORDERS[text[opening - 1]].all() and _BORDERS[text[closing + 1]].all()
        )
        self._open ^= len(marks) % 2 == 1
