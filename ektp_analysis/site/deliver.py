"""Bring the editions to where the public reads them.

A target gets the editions first, is verified, and only then switches to the one that is up here; a
delivery that breaks off leaves the target with the edition that it showed before.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ektp_analysis.durable import to_disk
from ektp_analysis.errors import DeliveryError, EktpError, ParameterError, disk_reason
from ektp_analysis.site.editions import (
    ARCHIVE,
    LOCK,
    current,
    discard,
    editions,
    new_draft,
    order,
    retire,
    sweep,
    switch,
    take_away,
    withdrawn,
)
from ektp_analysis.site.lock import alone
from ektp_analysis.site.manifest import read_manifest, verify_edition

DELIVERY_LOCK = ".deliver-lock"
FORMS = (
    "/folder, ssh://pengguna@komputer/folder, rsync://komputer/modul, atau git+https://…#gh-pages"
)


class Target(Protocol):
    """A place to which editions are delivered."""

    name: str

    def send(self, folder: Path, up: str, keep: int) -> None:
        """Make the target show edition ``up`` of the folder; raises EktpError or OSError."""


class DirectoryTarget:
    """A folder of this machine, laid out as the folder of editions itself.

    Parameters
    ----------
    place
        Folder; its ``current`` is what the web server shows.
    """

    def __init__(self, place: Path) -> None:
        self.place, self.name = place, str(place)

    def send(self, folder: Path, up: str, keep: int) -> None:
        """Copy what is missing or damaged there, verify, switch."""
        self.place.mkdir(parents=True, exist_ok=True)
        with alone(self.place / LOCK, "Pengiriman"):
            sweep(self.place)
            for name in editions(folder):
                if name == up or not self._has(folder, name):
                    self._copy(folder, name)
            switch(self.place, up)
            for name in withdrawn(folder):
                if (self.place / name).is_dir():
                    take_away(self.place, name)
            retire(self.place, keep)

    def _has(self, folder: Path, name: str) -> bool:
        there = read_manifest(self.place / name)
        return there is not None and there == read_manifest(folder / name)

    def _copy(self, folder: Path, name: str) -> None:
        if self._has(folder, name) and not verify_edition(self.place / name):
            return
        draft = new_draft(self.place)
        try:
            shutil.copytree(
                folder / name, draft, dirs_exist_ok=True, ignore=shutil.ignore_patterns(ARCHIVE)
            )
            (draft / ARCHIVE).symlink_to("..")
            if problems := verify_edition(draft):
                raise DeliveryError("Salinan edisi tidak utuh", name, problems[0])
            draft.chmod(0o755)
            if (self.place / name).exists():
                take_away(self.place, name)  # a damaged one, in one step
            draft.rename(self.place / name)
            to_disk(self.place)
        finally:
            discard(draft)


def parse_target(text: str, *, ssh: str = "ssh") -> Target:
    """The target that a setting names.

    Parameters
    ----------
    text
        A folder, ``ssh://user@host:port/folder``, ``rsync://host:port/module/folder``, or
        ``git+URL#branch`` (GitHub Pages and the like).
    ssh
        Command for ssh with its options.

    Raises
    ------
    ParameterError
        When it is none of these.
    """
    from ektp_analysis.site.deliver_git import GitTarget
    from ektp_analysis.site.deliver_rsync import RsyncTarget

    wrong = ParameterError("Tujuan penerbitan tidak dikenal", without_secret(text)[:60], FORMS)
    if text.startswith("git+"):
        url, _, branch = text.removeprefix("git+").partition("#")
        if not url or url.startswith("-") or branch.startswith("-"):
            raise wrong
        return GitTarget(url, branch or "gh-pages")
    if text.startswith("ssh://"):
        parts = urlsplit(text)
        if not parts.hostname or parts.hostname.startswith("-") or parts.path in ("", "/"):
            raise wrong
        host = f"{parts.username}@{parts.hostname}" if parts.username else parts.hostname
        # an IPv6 address needs brackets, or its colons would end the host
        host = (
            host.replace(parts.hostname, f"[{parts.hostname}]") if ":" in parts.hostname else host
        )
        return RsyncTarget(f"{host}:{parts.path}", shell=f"{ssh} -p {parts.port or 22}")
    if text.startswith("rsync://"):
        return RsyncTarget(text)
    if "://" in text or not text.strip() or text.startswith("-"):
        raise wrong
    return DirectoryTarget(Path(text).expanduser())


def without_secret(text: str) -> str:
    """An address without a password or token.

    Examples
    --------
    >>> without_secret("git+https://x:token@host/repo.git#gh-pages")
    'git+https://…@host/repo.git#gh-pages'
    """
    return re.sub(r"://[^/@\s]+:[^/@\s]*@", "://…@", text)


def deliver(
    folder: Path,
    targets: Sequence[str],
    *,
    keep: int = 26,
    ssh: str = "ssh",
    told: Callable[[str], None] | None = None,
) -> None:
    """Bring every target to the state of the folder; one that fails does not stop the others.

    Parameters
    ----------
    folder
        Folder of the editions.
    targets
        From the settings.
    keep
        Number of editions to keep at a target.
    ssh
        Command for ssh with its options.
    told
        Called with a sentence for each target that is done.

    Raises
    ------
    BusyError
        When another delivery runs.
    DeliveryError
        When there is nothing whole to deliver, or a target failed; names the first.
    """
    if not targets:
        return
    chosen = [parse_target(text, ssh=ssh) for text in targets]
    up = current(folder)
    problems = verify_edition(folder / up) if up else ["belum ada edisi yang tampil."]
    if up is None or problems:
        raise DeliveryError(
            "Tidak ada edisi utuh untuk dikirim", up or folder.name, f"{problems[0]} ektp editions"
        )
    failures = []
    with alone(folder / DELIVERY_LOCK, "Pengiriman"):
        for target in chosen:
            name = without_secret(target.name)
            try:
                target.send(folder, up, keep)
            except EktpError as error:
                failures.append((name, str(error)))
            except OSError as error:
                failures.append((name, f"{disk_reason(error)}."))
            else:
                if told:
                    told(f"Edisi {up} terkirim ke {name}.")
    if failures:
        name, sentence = failures[0]
        raise DeliveryError(
            f"Edisi {up} terbit di komputer ini, tetapi gagal dikirim ke "
            f"{len(failures)} dari {len(chosen)} tujuan",
            name,
            f"{sentence} Tujuan itu masih menampilkan edisi sebelumnya; ulangi dengan: ektp deliver",
        )


def kept(names: Sequence[str], up: str, keep: int) -> list[str]:
    """The newest ``keep`` of the editions' names, and the one that is up.

    Examples
    --------
    >>> kept(["2024-W01", "2024-W02", "2024-W03"], "2024-W01", 1)
    ['2024-W01', '2024-W03']
    """
    ordered = sorted(set(names), key=order)
    return sorted({*ordered[-keep:], up}, key=order)
