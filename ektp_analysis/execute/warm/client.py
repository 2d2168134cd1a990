"""How a process finds its parent of warm kernels: one that was announced, adopted or started."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ektp_analysis.errors import ExecutionError
from ektp_analysis.execute.preload import can_fork, fixed, import_all
from ektp_analysis.execute.warm.server import Server, serve_forked

ANNOUNCED = "EKTP_WARM_SOCKET"
"""Socket of a parent that runs already (``ektp warm``), for papermill runs of their own."""
START_SECONDS = 120


@dataclass(frozen=True)
class Parent:
    """A running parent that this process owns.

    Attributes
    ----------
    path
        Its socket.
    environment
        The part of its environment that its kernels cannot change.
    owner
        Kept open as long as it is to live.
    """

    path: Path
    environment: dict[str, str]
    owner: socket.socket


_lock = threading.Lock()
_own: dict[int, list[Parent]] = {}  # by process id: a forked child must not use its parent's


def find_parent(environment: Mapping[str, str]) -> Path:
    """Socket of a parent for kernels with this environment; started when there is none.

    Raises
    ------
    OSError
        When none can be started; the caller then starts a cold kernel.
    """
    announced = os.environ.get(ANNOUNCED)
    if announced and Path(announced).is_socket():
        return Path(announced)
    with _lock:
        for parent in _own.get(os.getpid(), []):
            if parent.environment == fixed(environment) and parent.path.is_socket():
                return parent.path
        return _start(environment).path


def serve_here(announce: Callable[[Path], None]) -> None:
    """Be a parent for other processes, until Ctrl-C or SIGTERM."""
    if not can_fork():
        raise ExecutionError(
            "Kernel hangat tidak didukung di sistem ini", "ektp warm", "Pakai Linux atau WSL"
        )
    import_all()
    folder = Path(tempfile.mkdtemp(prefix="ektp-warm-"))
    try:
        server = Server(folder / "parent")
        announce(folder / "parent")
        server.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def adopt() -> None:
    """Fork a parent from this process, which has imported everything and has no other thread.

    Costs milliseconds and shares the memory of the imported libraries.
    """
    folder, ours, theirs = _socket_folder()
    if os.fork() == 0:
        serve_forked(folder / "parent", theirs)
    theirs.close()
    _keep(folder, ours, os.environ)


def _start(environment: Mapping[str, str]) -> Parent:
    folder, ours, theirs = _socket_folder()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "ektp_analysis.execute.warm.server", str(folder / "parent"),
             str(theirs.fileno())],
            pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            env=dict(environment),
        )  # fmt: skip
    return _keep(folder, ours, environment)


def _socket_folder() -> tuple[Path, socket.socket, socket.socket]:
    folder = Path(tempfile.mkdtemp(prefix="ektp-warm-"))  # entered by this user only
    return folder, *socket.socketpair()


def _keep(folder: Path, ours: socket.socket, environment: Mapping[str, str]) -> Parent:
    try:
        ours.settimeout(START_SECONDS)
        if ours.recv(16) != b"ready\n":
            raise OSError("the parent of warm kernels ended")
    except OSError:
        ours.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    parent = Parent(folder / "parent", fixed(environment), ours)
    _own.setdefault(os.getpid(), []).append(parent)
    return parent


@atexit.register
def stop_parents() -> None:
    """End this process's own parents and their kernels."""
    with _lock:
        for parent in _own.pop(os.getpid(), []):
            parent.owner.close()
            shutil.rmtree(parent.path.parent, ignore_errors=True)
