"""Limits of one notebook: time and memory, watched from outside the kernel."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from types import TracebackType

import psutil

LOOK_SECONDS = 0.1


class Guard:
    """Kills a kernel that takes too long or too much memory, and remembers why.

    Parameters
    ----------
    seconds
        Limit from the start of the kernel, all cells together.
    megabytes
        Limit of the resident memory of the kernel and its children; 0 for none. What a forked
        kernel shares with its parent counts too.

    Attributes
    ----------
    reason
        ``""``, ``"timeout"`` or ``"memory"``.
    peak
        Highest resident memory seen, megabytes.
    """

    def __init__(self, seconds: float, megabytes: int) -> None:
        self.reason, self.peak = "", 0
        self._seconds, self._deadline = seconds, float("inf")
        self._limit = megabytes
        self._done = threading.Event()
        self._pid = 0
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Guard:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def watch(self, pid: int) -> None:
        """Name the kernel's process."""
        self._deadline = time.monotonic() + self._seconds
        self._pid = pid

    def _watch(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            if self._pid:
                self.peak = max(self.peak, resident_megabytes(self._pid))
                if self._limit and self.peak > self._limit:
                    self.reason = "memory"
                elif time.monotonic() > self._deadline:
                    self.reason = "timeout"
                if self.reason:
                    kill_group(self._pid)
                    return


def resident_megabytes(pid: int) -> int:
    """Resident memory of a process and its children; 0 once it has ended."""
    total = 0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        total = process.memory_info().rss
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += child.memory_info().rss
    return total >> 20


def kill_group(pid: int) -> None:
    """Kill a kernel and what it started."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            psutil.Process(pid).kill()
