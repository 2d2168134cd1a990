"""What a report read, noted while it runs, so that it is run again when that changes, and only then.

With ``EKTP_TRACE`` naming a file, each note is a line of JSON in it. What is noted is *which* part of
the store was read, or a result that all reports share, never a value.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "EKTP_TRACE"
_aside = False


def note(*what: str) -> None:
    """Note a read: a kind and what identifies the part that was read."""
    path = os.environ.get(VARIABLE)
    if path and not _aside:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 (quick, and always text)
            file.write(json.dumps(what) + "\n")


@contextmanager
def aside() -> Iterator[None]:
    """Reads in this block are not noted: their result is noted as a whole."""
    global _aside
    before, _aside = _aside, True
    try:
        yield
    finally:
        _aside = before
