"""Between fork and kernel: make the child as fresh as a process of its own."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import random
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, however the parent ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def close_inherited(keep: set[int]) -> None:
    """Close the sockets and pipes of the former process, except standard streams and ``keep``.

    Plain files stay: libraries hold some by number (fonts, databases), and closing them would hand
    their number to another file.
    """
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        if number <= 2 or number in keep:
            continue
        try:
            if not str(entry.readlink()).startswith("/"):
                os.close(number)
        except OSError:  # the folder's own descriptor, closed meanwhile
            continue


def become_kernel(
    request: dict[str, Any], streams: list[int], channel: socket.socket, parent: int
) -> NoReturn:
    """Turn a forked child into an IPython kernel; never returns.

    Parameters
    ----------
    request
        ``arguments`` (list of str) for ipykernel, ``cwd``, ``env``.
    streams
        Two file descriptors, for standard output and error.
    channel
        Connection of the client, told once when the kernel listens.
    parent
        Process id of the parent.
    """
    code = 1
    try:
        os.setsid()
        die_with_parent(parent)
        close_inherited({channel.fileno(), *streams})
        _fresh(request, streams)
        code = _serve(request, channel)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        sys.__excepthook__(*sys.exc_info())
    finally:
        try:
            atexit._run_exitfuncs()
            for stream in (sys.__stdout__, sys.__stderr__):
                if stream:
                    stream.flush()
        finally:
            os._exit(code)


def _fresh(request: dict[str, Any], streams: list[int]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    null = os.open(os.devnull, os.O_RDONLY)
    for target, source in enumerate((null, *streams)):
        os.dup2(source, target)
    for used in (null, *streams):
        if used > 2:
            os.close(used)
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    # a cold process draws its own seeds; a forked one would share its parent's
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
    gc.enable()


def _serve(request: dict[str, Any], channel: socket.socket) -> int:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    # 1 means: no thread that polls for the parent's end (the system tells), and no hint on Ctrl-C
    app = IPKernelApp.instance(parent_handle=1)
    app.initialize(request["arguments"])
    _matplotlib_as_at_start()
    channel.sendall(b'{"ready": true}\n')
    channel.close()
    app.start()
    return 0


def _matplotlib_as_at_start() -> None:
    """The backend that a fresh matplotlib would take from the environment of this kernel."""
    matplotlib = sys.modules.get("matplotlib")
    backend = os.environ.get("MPLBACKEND")
    if matplotlib is not None and backend:
        matplotlib.rcParams["backend"] = backend
