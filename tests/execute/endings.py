"""Whether processes have ended."""

import contextlib
import time

import psutil


def ended(process, seconds=10):
    """Whether a process has ended, be it that nobody has asked for its exit code yet."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False
