"""Folders and files that only their owner may open, and tracebacks that tell nothing."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ektp_analysis.restricted import FOLDER

if TYPE_CHECKING:
    from ektp_analysis.settings import Settings

WORK = Path(".ektp")
ERROR_LOG = WORK / "galat.log"


def restricted_folders(project: Path, settings: Settings) -> list[Path]:
    """Folders with persons' rows, exact counts and caches; some may not be there yet."""
    quarantine = project / settings.quarantine
    return [project / settings.inbox, project / settings.store, quarantine,
            quarantine.parent / FOLDER, project / WORK]  # fmt: skip


def close_folders(project: Path, settings: Settings) -> list[Path]:
    """Take everybody else's rights on the folders with persons' rows, exact counts and caches.

    Folders become 0700, and the office files in the inbox 0600. What another user owns is left as
    it is.

    Returns
    -------
    list of Path
        Folders that are still open to others.
    """
    still = []
    for folder in restricted_folders(project, settings):
        if not folder.is_dir():
            continue
        _restrict(folder, 0o700)
        if folder.stat().st_mode & 0o077:
            still.append(folder)
    inbox = project / settings.inbox
    for path in inbox.rglob("*") if inbox.is_dir() else ():
        if not path.is_symlink():
            _restrict(path, 0o700 if path.is_dir() else 0o600)
    return still


def _restrict(path: Path, mode: int) -> None:
    with contextlib.suppress(OSError):  # on a share, or of another owner
        if path.stat().st_mode & 0o777 & ~mode:
            path.chmod(mode)


def silent_traceback(error: BaseException) -> str:
    """Where an unexpected error came from, without any value: its message may hold a person's row.

    Types, files, lines and functions of the error and of those that led to it; no messages, no
    variables.
    """
    parts, seen = [], set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        frames = [
            f"  {Path(f.filename).name}:{f.lineno} {f.name}"
            for f in traceback.extract_tb(current.__traceback__, limit=40)
        ]
        parts.append("\n".join([type(current).__qualname__, *frames]))
        current = current.__cause__ or (
            None if current.__suppress_context__ else current.__context__
        )
    return "\nkarena:\n".join(parts)


def report_unexpected(error: BaseException, folder: Path | None = None) -> str:
    """Keep the silent traceback in a log of the owner's, and give a sentence for the screen."""
    path = (folder or Path.cwd()) / ERROR_LOG
    sentence = f"kesalahan tak terduga ({type(error).__qualname__})"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {silent_traceback(error)}\n\n")
    except OSError:
        return f"{sentence}.\n{silent_traceback(error)}"
    return (
        f"{sentence}; tempatnya dalam program dicatat di {ERROR_LOG.as_posix()}, tanpa isi data. "
        "Kirimkan berkas itu kepada pengembang."
    )


def silence() -> None:
    """Let no unexpected error in any thread print its message."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        print(f"ektp: {report_unexpected(error.with_traceback(trace))}", file=sys.stderr)

    def thread_hook(given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None:
            hook(given.exc_type, given.exc_value, given.exc_traceback)

    sys.excepthook, threading.excepthook = hook, thread_hook
