"""The parent of warm kernels: one thread, no event loop, nothing but fork and wait.

It listens on a Unix socket in a folder that only its user may enter. A connection is one kernel: the
client sends a line of JSON with two file descriptors and reads lines (``pid``, ``ready``, ``exit``).
When the client closes the connection, its kernel is killed; when the owner of the parent ends, all are.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ektp_analysis.execute.preload import fixed, import_all, package_stamp
from ektp_analysis.execute.warm.kernel import become_kernel, close_inherited

LONGEST_REQUEST = 1 << 20


@dataclass
class _Client:
    channel: socket.socket
    received: bytes = b""
    streams: list[int] = field(default_factory=list)
    pid: int = 0


class Server:
    """Serves until its owner ends.

    Parameters
    ----------
    path
        Of the Unix socket.
    owner
        Socket whose other end the owner holds; ``None`` to serve until a signal.
    """

    def __init__(self, path: Path, owner: socket.socket | None = None) -> None:
        self._path, self._owner = path, owner
        self._clients: dict[int, _Client] = {}  # by file descriptor
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(64)
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_writer.setblocking(False)
        self._stop = False
        self._fixed, self._stamp = fixed(os.environ), package_stamp()

    def run(self) -> None:
        """Serve; returns after all kernels are gone."""
        signal.set_wakeup_fd(self._wake_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._on_stop)
        # Ctrl-C reaches the whole foreground group; the owner decides what it means
        signal.signal(signal.SIGINT, signal.SIG_IGN if self._owner else self._on_stop)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        if self._owner:
            self._selector.register(self._owner, selectors.EVENT_READ)
            self._owner.sendall(b"ready\n")
        try:
            while not self._stop:
                for key, _ in self._selector.select():
                    self._dispatch(key.fileobj)
        finally:
            for client in list(self._clients.values()):
                self._drop(client)
            self._path.unlink(missing_ok=True)

    def _on_stop(self, *_: object) -> None:
        self._stop = True

    def _dispatch(self, source: object) -> None:
        if source is self._listener:
            channel, _ = self._listener.accept()
            self._clients[channel.fileno()] = _Client(channel)
            self._selector.register(channel, selectors.EVENT_READ)
        elif source is self._wake_reader:
            self._wake_reader.recv(512)
            self._reap()
        elif source is self._owner:
            self._stop = True
        elif isinstance(source, socket.socket) and source.fileno() in self._clients:
            self._read(self._clients[source.fileno()])

    def _read(self, client: _Client) -> None:
        try:
            data, streams, _, _ = socket.recv_fds(client.channel, 1 << 16, 2)
        except OSError:
            data, streams = b"", []
        client.streams += streams
        client.received += data
        if not data or len(client.received) > LONGEST_REQUEST:
            self._drop(client)
        elif client.received.endswith(b"\n") and not client.pid:
            self._fork(client)

    def _fork(self, client: _Client) -> None:
        request = json.loads(client.received)
        client.received = b""
        if refusal := self._refusal(request):
            self._tell(client, {"refused": refusal})
            self._drop(client)
            return
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            streams, channel = client.streams, client.channel
            become_kernel(request, streams, channel, parent)
        client.pid = pid
        _close_all(client.streams)
        client.streams = []
        self._tell(client, {"pid": pid})

    def _refusal(self, request: dict[str, Any]) -> str:
        """Why a fork would not be what a process of its own would be."""
        if os.path.realpath(request["python"]) != os.path.realpath(sys.executable):
            return "another interpreter"
        if fixed(request["env"]) != self._fixed:
            return "another environment at start"
        if package_stamp() != self._stamp:
            return "the package was edited since"
        return ""

    def _tell(self, client: _Client, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            client.channel.sendall(json.dumps(message).encode() + b"\n")

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            for client in list(self._clients.values()):
                if client.pid == pid:
                    client.pid = -pid
                    self._tell(client, {"exit": os.waitstatus_to_exitcode(status)})
                    self._drop(client)

    def _drop(self, client: _Client) -> None:
        self._selector.unregister(client.channel)
        del self._clients[client.channel.fileno()]
        client.channel.close()
        _close_all(client.streams)
        # the kernel leads a group of its own, with what the notebook started
        if client.pid:
            for kill, number in ((os.killpg, abs(client.pid)), (os.kill, client.pid)):
                if number > 0:
                    with contextlib.suppress(ProcessLookupError, PermissionError):
                        kill(number, signal.SIGKILL)


def _close_all(numbers: list[int]) -> None:
    for number in numbers:
        os.close(number)


def serve_forked(path: Path, owner: socket.socket) -> NoReturn:
    """Serve in a child that was forked from a warm process without threads; never returns."""
    try:
        os.setsid()
        close_inherited({owner.fileno()})
        Server(path, owner).run()
    except BaseException:
        sys.__excepthook__(*sys.exc_info())
    finally:
        os._exit(0)


def main(arguments: list[str]) -> None:
    """``python -m ektp_analysis.execute.warm.server PATH OWNER``; OWNER is a descriptor."""
    owner = socket.socket(fileno=int(arguments[1]))
    owner.set_inheritable(False)
    os.setsid()
    import_all()
    Server(Path(arguments[0]), owner).run()


if __name__ == "__main__":
    main(sys.argv[1:])
