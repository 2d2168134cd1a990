"""Serve the published edition on this machine only."""

from __future__ import annotations

import functools
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ektp_analysis.errors import SiteError


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: addresses of readers are not kept."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


def serve(folder: Path, port: int) -> None:
    """Serve a folder on 127.0.0.1 until interrupted.

    Raises
    ------
    SiteError
        When nothing is published, or the port is taken.
    """
    if not (folder / "index.html").exists():
        raise SiteError(
            "Belum ada edisi yang terbit", folder.name, "Jalankan: make site (atau: ektp build)"
        )
    try:
        server = ThreadingHTTPServer(
            ("127.0.0.1", port), functools.partial(_Quiet, directory=str(folder))
        )
    except OSError:
        raise SiteError(
            "Port sedang dipakai", str(port), "Pilih port lain: ektp serve --port 8001"
        ) from None
    print(f"Situs tampil di http://127.0.0.1:{port}/ (Ctrl+C untuk berhenti)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("Berhenti.")
    finally:
        server.server_close()
