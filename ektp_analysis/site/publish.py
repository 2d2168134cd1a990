"""Editions on disk; ``current`` always points to a whole one."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ektp_analysis.errors import SiteError

EDITION = re.compile(r"^\d{4}-W\d{2}(\.\d+)?$")


def edition_name(as_of: date) -> str:
    """ISO week of the data.

    Examples
    --------
    >>> edition_name(date(2024, 8, 2))
    '2024-W31'
    """
    year, week, _ = as_of.isocalendar()
    return f"{year}-W{week:02d}"


def editions(folder: Path) -> list[str]:
    """Names of the published editions, oldest first."""
    names = [p.name for p in folder.glob("*") if p.is_dir() and EDITION.match(p.name)]
    return sorted(names, key=_order)


def _order(name: str) -> tuple[str, int]:
    week, _, number = name.partition(".")
    return week, int(number or 1)


def current(folder: Path) -> str | None:
    """Name of the edition that is up."""
    link = folder / "current"
    return link.readlink().name if link.is_symlink() else None


def publish(site: Path, folder: Path, name: str, *, keep: int = 26) -> Path:
    """Copy a site into a new edition and switch ``current`` to it, atomically.

    A second edition of the same week gets ``.2``, and so on; nothing that was published changes.

    Parameters
    ----------
    site
        Rendered and checked.
    folder
        Folder of the editions.
    name
        From :func:`edition_name`.
    keep
        Number of editions to keep; the one that is up is never removed.

    Raises
    ------
    SiteError
        When another publication runs, or the disk does not take it; ``current`` is then untouched.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            known = editions(folder)
            number = 1 + max((_order(n)[1] for n in known if _order(n)[0] == name), default=0)
            target = folder / (name if number == 1 else f"{name}.{number}")
            draft = Path(tempfile.mkdtemp(dir=folder, prefix=".draft-"))
            try:
                shutil.copytree(site, draft / "site")
                (draft / "site").rename(target)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
            _switch(folder, target.name)
            for old in editions(folder)[:-keep]:
                if old != target.name:
                    shutil.rmtree(folder / old)
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or "kesalahan baca-tulis"
        raise SiteError(
            f"Edisi tidak dapat diterbitkan: {reason}",
            folder.name,
            "Periksa ruang dan izin; situs lama tetap tampil",
        ) from None
    return target


def rollback(folder: Path, name: str | None = None) -> str:
    """Switch ``current`` to an earlier edition: the named one, else the one before.

    Raises
    ------
    SiteError
        When there is no such edition.
    """
    known, now = editions(folder), current(folder)
    if name is None:
        before = known[: known.index(now)] if now in known else []
        name = before[-1] if before else None
    if name not in known:
        listed = ", ".join(known) or "belum ada"
        raise SiteError(
            "Edisi yang dituju tidak ada", name or "sebelumnya", f"Edisi yang ada: {listed}"
        )
    with _alone(folder):
        _switch(folder, name)
    return name


def _switch(folder: Path, name: str) -> None:
    draft = folder / f".current-{os.getpid()}"
    draft.unlink(missing_ok=True)
    draft.symlink_to(name)
    draft.replace(folder / "current")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SiteError(
                "Penerbitan lain sedang berjalan", folder.name, "Tunggu sampai selesai"
            ) from None
        yield
