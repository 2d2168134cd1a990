"""Delivery by rsync, over ssh or to a daemon. Needs no command on the other side but rsync."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ektp_analysis.errors import DeliveryError
from ektp_analysis.site.deliver_hints import last_line
from ektp_analysis.site.editions import CURRENT, EDITION, editions, withdrawn

TIMEOUT = 120
"""Seconds without a byte after which a connection counts as dead."""
DAY = 24 * 3600


class RsyncTarget:
    """A folder on another machine, laid out as the folder of editions.

    Three steps: the editions; a second look with checksums that must find nothing to send; the
    link ``current``, which rsync (3.1 and later) replaces by a rename. Old editions go last.

    Parameters
    ----------
    place
        ``host:/folder`` or ``rsync://host/module``.
    shell
        Remote shell with its options; empty for a daemon.
    """

    def __init__(self, place: str, shell: str = "") -> None:
        self.name = place
        self._place = place.rstrip("/") + "/"
        # without BatchMode ssh would wait for a password that nobody types at six in the morning
        self._shell = ["-e", f"{shell} -o BatchMode=yes -o ConnectTimeout=20"] if shell else []

    def send(self, folder: Path, up: str, keep: int) -> None:
        """Send what is missing, verify, switch, remove what is too old."""
        names = editions(folder)
        self._run("--delete", "--delay-updates", *_only(*names), f"{folder}/", self._place)
        if self._different(folder, up):
            # same size and time, other contents: only a comparison of checksums sees that
            self._run("--checksum", "--delete", *_only(up), f"{folder}/", self._place)
            if left := self._different(folder, up):
                raise DeliveryError(
                    "Edisi di tujuan tidak sama dengan aslinya",
                    up,
                    f"Yang berbeda: {last_line(left)}",
                )
        with tempfile.TemporaryDirectory(prefix="ektp-") as empty:
            link = Path(empty) / CURRENT
            link.symlink_to(up)
            self._run(str(link), self._place)
            link.unlink()
            if old := self._too_old(up, keep, withdrawn(folder)):
                self._run("--delete", *_only(*old), f"{empty}/", self._place)

    def _different(self, folder: Path, name: str) -> str:
        look = ("-n", "--checksum", "--delete", "--itemize-changes")
        return self._run(*look, *_only(name), f"{folder}/", self._place)

    def _too_old(self, up: str, keep: int, gone: list[str]) -> list[str]:
        from ektp_analysis.site.deliver import kept

        listing = self._run("--list-only", self._place, plain=True)
        names = [
            line.rsplit(maxsplit=1)[-1] for line in listing.splitlines() if line.startswith("d")
        ]
        there = [name for name in names if EDITION.match(name)]
        stay = kept([name for name in there if name not in gone], up, keep)
        return [name for name in there if name not in stay]

    def _run(self, *arguments: str, plain: bool = False) -> str:
        rsync = shutil.which("rsync")
        if not rsync:
            raise DeliveryError("rsync tidak terpasang", self.name, "Pasang paket rsync")
        how = [] if plain else ["-rlt", "--chmod=D755,F644"]
        try:
            done = subprocess.run(
                [rsync, *how, *self._shell, f"--timeout={TIMEOUT}", *arguments],
                capture_output=True, text=True, check=False, timeout=DAY, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise DeliveryError("rsync tidak selesai", self.name, "Periksa jaringan") from None
        if done.returncode:
            raise DeliveryError(
                f"rsync berhenti dengan kode {done.returncode}",
                self.name,
                _hint(done.returncode, done.stderr),
            )
        # a folder's time may differ: it is not part of the edition
        lines = [line for line in done.stdout.splitlines() if not re.match(r"^\.[dL]\.\.t", line)]
        return "\n".join(lines)


def _only(*names: str) -> list[str]:
    return [*(f"--include=/{name}/***" for name in names), "--exclude=*"]


def _hint(code: int, message: str) -> str:
    if "Permission denied (publickey" in message or "Host key verification" in message:
        return (
            "Pasang kunci ssh tanpa kata sandi untuk pengguna ini, dan kenali komputer itu sekali"
        )
    return {
        11: "Periksa ruang disk dan izin folder di tujuan",
        12: "Sambungan terputus, atau rsync tidak terpasang di tujuan",
        23: "Sebagian berkas tidak terkirim; periksa ruang disk dan izin folder di tujuan",
        30: "Jaringan terlalu lambat atau terputus",
        255: f"Komputer tujuan tidak dapat dihubungi: {last_line(message)}",
    }.get(code, last_line(message))
