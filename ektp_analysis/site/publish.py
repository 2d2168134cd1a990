"""Publish a site as an edition, and go back to one; ``current`` always points to a whole one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ektp_analysis import __version__
from ektp_analysis.durable import to_disk
from ektp_analysis.errors import SiteError, disk_reason
from ektp_analysis.site.editions import (
    ARCHIVE,
    LOCK,
    current,
    discard,
    edition_name,
    editions,
    new_draft,
    next_name,
    order,
    retire,
    sweep,
    switch,
    withdraw,
    withdrawn,
)
from ektp_analysis.site.lock import alone
from ektp_analysis.site.manifest import (
    MANIFEST,
    SHOWN,
    Manifest,
    fingerprint,
    manifest_text,
    read_manifest,
    site_files,
    verify_edition,
)

__all__ = [
    "Facts",
    "current",
    "edition_name",
    "editions",
    "publish",
    "refuse",
    "refuse_older",
    "rollback",
    "withdraw_edition",
]

Gate = Callable[[Path], list[str]]


@dataclass(frozen=True)
class Facts:
    """What is known of an edition beside its files.

    Attributes
    ----------
    as_of
        Date of the data, ISO.
    synthetic
        Whether the data are of the sample kabupaten.
    expected
        Pages that must be there, as paths below the site.
    failed
        Pages whose report could not be made this week.
    """

    as_of: str = ""
    synthetic: bool = False
    expected: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def publish(
    site: Path,
    folder: Path,
    name: str,
    *,
    keep: int = 26,
    gate: Gate | None = None,
    facts: Facts | None = None,
    older: bool = False,
) -> Path:
    """Copy a site into a new edition, verify the copy, and switch ``current`` to it, atomically.

    A second edition of the same week gets ``.2``, and so on; nothing that was published changes.
    A site that is, byte for byte, an edition of the same week is not published again: that edition
    is shown.

    Parameters
    ----------
    site
        Rendered site.
    folder
        Folder of the editions.
    name
        From :func:`edition_name`.
    keep
        Number of editions to keep; the one that is up is never removed.
    gate
        Called with the complete copy; the sentences that it returns forbid publication.
    facts
        What goes into the manifest.
    older
        Whether the data may be of a week before the one that is up.

    Returns
    -------
    Path
        The edition that is up now.

    Raises
    ------
    BusyError
        When another publication runs.
    SiteError
        When the gate or the verification finds something, the data are older than what is up, or
        the disk does not take it. ``current`` is then untouched.
    """
    facts = facts or Facts()
    with _sentences(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / LOCK, "Penerbitan"):
            if not older:
                refuse_older(folder, name)
            sweep(folder)
            draft = new_draft(folder)
            try:
                files = _copy(site, draft)
                if same := _published_already(folder, name, files):
                    switch(folder, same)
                    return folder / same
                target = folder / next_name(folder, name)
                _complete(draft, target.name, files, facts)
                # while it is checked its links must lead to the other editions, which lie elsewhere
                _lead_to(draft, folder.resolve())
                refuse(_problems(draft, gate))
                # relative, so that the folder of editions can be moved or served from elsewhere
                _lead_to(draft, Path(".."))
                draft.chmod(0o755)
                draft.rename(target)
                to_disk(folder)
            finally:
                discard(draft)
            switch(folder, target.name)
            retire(folder, keep)
    return target


def rollback(folder: Path, name: str | None = None) -> str:
    """Switch ``current`` to an earlier edition: the named one, else the last whole one before.

    The edition that was up stays in the archive at its address, as somebody may have cited it;
    what must not be read any more is for :func:`withdraw_edition`.

    Returns
    -------
    str
        Name of the edition that is up now.

    Raises
    ------
    BusyError
        When a publication runs.
    SiteError
        When there is no such edition, or it is damaged.
    """
    known, now = editions(folder), current(folder)
    if name is None:
        before = known[: known.index(now)] if now in known else known
        name = next((n for n in reversed(before) if not verify_edition(folder / n)), None)
    name = _existing(name, known)
    if problems := verify_edition(folder / name):
        raise SiteError(
            f"Edisi itu rusak ({len(problems)} masalah) sehingga tidak ditampilkan",
            name,
            f"{problems[0]} Pilih edisi lain: ektp editions",
        )
    with _sentences(folder), alone(folder / LOCK, "Penerbitan"):
        _existing(name, editions(folder))  # retention may have taken it in the meantime
        switch(folder, name)
    return name


def withdraw_edition(folder: Path, name: str) -> str:
    """Remove an edition and its address for good; if it is up, the one before is shown first.

    Returns
    -------
    str
        Name of the edition that is up now.

    Raises
    ------
    BusyError
        When a publication runs.
    SiteError
        When there is no such edition, or none that could be shown in its place.
    """
    known, up = editions(folder), current(folder)
    if name not in withdrawn(folder):
        _existing(name, known)
    if name == up:
        up = rollback(folder)
    with _sentences(folder), alone(folder / LOCK, "Penerbitan"):
        withdraw(folder, name)
    return up or ""


def _existing(name: str | None, known: list[str]) -> str:
    """The name, which must be that of an edition; None when there is none before."""
    if name is None or name not in known:
        listed = ", ".join(known) or "belum ada"
        raise SiteError(
            "Edisi yang dituju tidak ada", name or "sebelumnya", f"Edisi yang ada: {listed}"
        )
    return name


def refuse_older(folder: Path, name: str) -> None:
    """Raise SiteError when data of a week are older than the edition that is up."""
    up = current(folder)
    if up and order(up)[0] > order(name)[0] and (folder / up).is_dir():
        raise SiteError(
            f"Data terakhir ({name}) lebih tua daripada edisi yang tampil ({up})",
            folder.name,
            "Periksa apakah minggu terakhir hilang dari gudang data; "
            "bila memang disengaja, tambahkan --older",
        )


def refuse(problems: list[str]) -> None:
    """Raise SiteError with the first problems of a site, if there are any."""
    if problems:
        raise SiteError(
            f"Situs belum boleh terbit: {len(problems)} masalah",
            "_site",
            " ".join(problems[:SHOWN]),
        )


def _copy(site: Path, draft: Path) -> dict[str, tuple[str, int]]:
    """Copy all files to the disk itself; digests of what was written, by path."""
    if not (site / "index.html").is_file():
        raise SiteError("Belum ada situs untuk diterbitkan", site.name, "Jalankan: ektp render")
    files = {}
    for name in site_files(site):
        source, target = site / name, draft / name
        if source.is_symlink():
            raise SiteError(
                "Situs memuat tautan berkas", name, "Ganti dengan berkasnya, lalu ektp render"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as reader, target.open("wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            os.fsync(writer.fileno())
        target.chmod(0o644)
        files[name] = fingerprint(target)
    return files


def _published_already(folder: Path, week: str, files: dict[str, tuple[str, int]]) -> str | None:
    for name in reversed(editions(folder)):
        if order(name)[0] == week:
            manifest = read_manifest(folder / name)
            if manifest and manifest.files == files and not verify_edition(folder / name):
                return name
    return None


def _complete(draft: Path, name: str, files: dict[str, tuple[str, int]], facts: Facts) -> None:
    values: dict[str, Any] = {
        "edition": name,
        "as_of": facts.as_of,
        "published": datetime.now(UTC).replace(microsecond=0),
        "version": __version__,
        "synthetic": facts.synthetic,
        "failed": facts.failed,
        "expected": facts.expected,
        "files": files,
    }
    with (draft / MANIFEST).open("w", encoding="utf-8") as writer:
        writer.write(manifest_text(Manifest(format=1, **values)))
        writer.flush()
        os.fsync(writer.fileno())
    (draft / MANIFEST).chmod(0o644)
    for path in draft.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)  # also under a strict umask: the web server is another user
            to_disk(path)
    to_disk(draft)


def _lead_to(draft: Path, editions: Path) -> None:
    link = draft / ARCHIVE
    link.unlink(missing_ok=True)
    link.symlink_to(editions)
    to_disk(draft)


def _problems(draft: Path, gate: Gate | None) -> list[str]:
    # the copy is read back from the disk: what is verified is what is shown
    return verify_edition(draft) + (gate(draft) if gate else [])


@contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    """Turn a failing disk into a sentence."""
    try:
        yield
    except (OSError, shutil.Error) as error:
        raise SiteError(
            f"Edisi tidak dapat diterbitkan: {disk_reason(error)}",
            folder.name,
            "Periksa ruang dan izin folder itu; situs lama tetap tampil",
        ) from None
