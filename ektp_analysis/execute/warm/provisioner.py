"""The kernel provisioner ``ektp-warm``: a kernel forked from a warm parent, else a cold one.

Any Jupyter tool can use it: name it in a kernel's ``kernel.json`` (``metadata.kernel_provisioner``)
or set ``JUPYTER_DEFAULT_PROVISIONER_NAME=ektp-warm``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from ektp_analysis.execute.preload import can_fork
from ektp_analysis.execute.warm.client import find_parent

LAUNCHERS = ("ipykernel_launcher", "ipykernel")
POLL_SECONDS = 0.01


class WarmProcess:
    """A kernel as its client sees it, with the few methods of ``Popen`` that are asked of it."""

    stdin = stdout = stderr = None

    def __init__(self, parent: Path, request: dict[str, Any], streams: list[int]) -> None:
        self.returncode: int | None = None
        self.pid = 0
        self.ready = False
        self.refusal = ""
        self._buffer = b""
        self._channel = socket.socket(socket.AF_UNIX)
        try:
            self._channel.connect(str(parent))
            line = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(self._channel, [line], streams)
            # not for nothing: a parent that has refused and gone makes even an empty send fail
            if sent < len(line):
                self._channel.sendall(line[sent:])
            self._channel.setblocking(False)
        except OSError:
            self._channel.close()
            raise

    def poll(self) -> int | None:
        """Read what the parent has said; the exit code once the kernel has ended."""
        while self.returncode is None:
            try:
                data = self._channel.recv(4096)
            except BlockingIOError:
                break
            except OSError:
                data = b""
            if not data:
                self._end(-signal.SIGKILL)  # the parent is gone, and its kernels with it
                break
            self._buffer += data
            *lines, self._buffer = self._buffer.split(b"\n")
            for message in map(json.loads, lines):
                self.pid = message.get("pid", self.pid)
                self.ready = self.ready or "ready" in message
                self.refusal = message.get("refused", self.refusal)
                if "exit" in message:
                    self._end(int(message["exit"]))
        return self.returncode

    def _end(self, code: int) -> None:
        self.returncode = code
        self._channel.close()

    def wait(self) -> int:
        """Block until it has ended."""
        while self.poll() is None:
            time.sleep(POLL_SECONDS)
        return int(self.returncode or 0)

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        if self.poll() is None and self.pid:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill the kernel and what it started: the parent does so when the connection ends."""
        if self.poll() is None:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL) if self.pid else self._channel.close()

    terminate = kill


class WarmProvisioner(LocalProvisioner):
    """Fork where that gives the same kernel; start a cold one in every other case."""

    process: Any = None

    @property
    def is_warm(self) -> bool:
        """Whether the kernel was forked."""
        return isinstance(self.process, WarmProcess)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Launch the kernel; see :class:`jupyter_client.provisioning.LocalProvisioner`."""
        arguments = forkable(cmd, kwargs)
        if arguments is not None:
            try:
                return await self._fork(arguments, kwargs)
            except OSError as error:
                self.log.warning("No warm kernel (%s); starting a cold one", error)
                self.process = None
        return await super().launch_kernel(cmd, **kwargs)

    async def _fork(self, arguments: list[str], kwargs: dict[str, Any]) -> KernelConnectionInfo:
        cwd = str(kwargs.get("cwd") or Path.cwd())
        env = dict(kwargs.get("env") or os.environ)
        request = {"arguments": arguments, "cwd": cwd, "env": env, "python": sys.executable}
        streams = [_descriptor(kwargs.get("stdout"), 1), _descriptor(kwargs.get("stderr"), 2)]
        process = WarmProcess(find_parent(env), request, streams)
        # until its sockets are bound: a client that knocks earlier waits for a retry
        while process.poll() is None and not process.ready:
            await asyncio.sleep(POLL_SECONDS / 2)
        if not process.ready:
            raise OSError(process.refusal or f"the kernel ended with {process.returncode}")
        self.process, self.pid, self.pgid, self.cwd = process, process.pid, process.pid, cwd
        return self.connection_info

    async def wait(self) -> int | None:
        """Wait for the kernel's end, looking more often than the base class."""
        if not isinstance(self.process, WarmProcess):
            return await super().wait()
        while self.process.poll() is None:
            await asyncio.sleep(POLL_SECONDS)
        code, self.process = self.process.returncode, None
        return code


def _descriptor(stream: Any, default: int) -> int:
    if stream is None:
        return default
    return stream if isinstance(stream, int) else int(stream.fileno())


def forkable(cmd: list[str], kwargs: dict[str, Any]) -> list[str] | None:
    """Arguments for ipykernel, or ``None`` when only a cold kernel does what the command says.

    That is another interpreter or kernel, options of the interpreter, or a stream that is to be a
    pipe. The parent refuses on its side what it was not started for.
    """
    plain = (
        can_fork()
        and len(cmd) > 3
        and cmd[1] == "-m"
        and cmd[2] in LAUNCHERS
        and os.path.realpath(cmd[0]) == os.path.realpath(sys.executable)
    )
    streams_fit = all(
        kwargs.get(name) is None or not isinstance(kwargs[name], int) or kwargs[name] >= 0
        for name in ("stdout", "stderr")
    )
    if not plain or not streams_fit:
        return None
    return list(cmd[3:])
