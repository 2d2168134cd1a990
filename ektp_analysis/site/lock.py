"""One process at a time, by a lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ektp_analysis.errors import BusyError

_held: set[str] = set()


@contextmanager
def alone(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file while the body runs.

    A POSIX record lock: unlike ``flock`` it is not inherited by a forked child, so a kernel that
    outlives its killed parent does not keep the next run out. It belongs to the whole process,
    therefore what this process holds is remembered here.

    Parameters
    ----------
    path
        Lock file; made when it is missing, and left there.
    what
        What runs, as a subject of the sentence, for example ``"Penerbitan"``.

    Raises
    ------
    BusyError
        When another process, or this one, holds it. Nothing waits.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name = str(path.resolve())
    busy = BusyError(
        f"{what} lain sedang berjalan",
        path.parent.name,
        "Proses ini berhenti tanpa mengubah apa pun; ulangi sesudah yang lain selesai",
    )
    if name in _held:
        raise busy
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            raise busy from None
        _held.add(name)
        try:
            yield
        finally:
            _held.discard(name)
    finally:
        os.close(handle)
