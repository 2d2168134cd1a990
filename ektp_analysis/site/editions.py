"""The folder of editions: what is in it, which one is up, how that changes.

``editions/2024-W31/`` is one whole site with its ``manifest.json``; ``current`` is a symbolic link
to the edition that is up. Every edition holds a link ``edisi`` to the folder, so that past editions
have an address below any web root that shows ``current``: ``edisi/2024-W30/``. That link serves the
whole folder, so an edition in the making or in removal lies outside of it, in a closed folder beside
(``.editions-draft/``). Names that start with a dot are never something to show.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path

from ektp_analysis.durable import to_disk

EDITION = re.compile(r"^\d{4}-W\d{2}(\.\d+)?$")
ARCHIVE = "edisi"
"""Name, inside an edition, of the link to all editions."""
CURRENT = "current"
LOCK = ".lock"
WITHDRAWN = ".withdrawn"
"""Names of editions that were taken back for good: targets lose them too, and none gets its name."""
_RUBBISH = (".draft-*", ".old-*", ".current-*")


def edition_name(as_of: date) -> str:
    """ISO week of the data.

    Examples
    --------
    >>> edition_name(date(2024, 8, 2))
    '2024-W31'
    """
    year, week, _ = as_of.isocalendar()
    return f"{year}-W{week:02d}"


def order(name: str) -> tuple[str, int]:
    """Sort key of an edition: week of the data, then number within the week.

    The clock has no part in it: a machine whose date is wrong still sorts its editions.

    Examples
    --------
    >>> sorted(["2024-W31.10", "2024-W31", "2024-W31.2"], key=order)
    ['2024-W31', '2024-W31.2', '2024-W31.10']
    """
    week, _, number = name.partition(".")
    return week, int(number or 1)


def editions(folder: Path) -> list[str]:
    """Names of the published editions, oldest data first."""
    if not folder.is_dir():
        return []
    names = [
        p.name
        for p in folder.iterdir()
        if EDITION.match(p.name) and p.is_dir() and not p.is_symlink()
    ]
    return sorted(names, key=order)


def current(folder: Path) -> str | None:
    """Name of the edition that is up."""
    link = folder / CURRENT
    return link.readlink().name if link.is_symlink() else None


def next_name(folder: Path, week: str) -> str:
    """A free name in the week: ``2024-W31``, then ``2024-W31.2``; never that of a withdrawn one."""
    known = [*editions(folder), *withdrawn(folder)]
    taken = [order(name)[1] for name in known if order(name)[0] == week]
    number = 1 + max(taken, default=0)
    return week if number == 1 else f"{week}.{number}"


def switch(folder: Path, name: str) -> None:
    """Let ``current`` point to the edition, in one atomic step that survives a power cut."""
    draft = folder / f".current-{os.getpid()}"
    draft.unlink(missing_ok=True)
    draft.symlink_to(name)
    draft.replace(folder / CURRENT)
    to_disk(folder)


def workshop(folder: Path) -> Path:
    """Folder for what is not, or no longer, published: beside the editions, not below them."""
    folder = folder.resolve()
    return folder.parent / f".{folder.name}-draft"


def new_draft(folder: Path) -> Path:
    """An empty folder for an edition in the making; only its owner may read it.

    It lies in :func:`workshop`. Where that can't be written, or is another file system so that no
    rename leads from there into the folder, it is a hidden folder among the editions.
    """
    with suppress(OSError):
        return _draft_beside(folder)
    return Path(tempfile.mkdtemp(dir=folder, prefix=".draft-"))


def _draft_beside(folder: Path) -> Path:
    place = workshop(folder)
    place.mkdir(mode=0o700, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.geteuid():
        raise PermissionError(place.name)
    place.chmod(0o700)
    draft = Path(tempfile.mkdtemp(dir=place, prefix="draft-"))
    there = folder / f".draft-{draft.name}"
    try:
        # done rather than asked: a bind mount has the same device number, and yet refuses
        draft.rename(there)
        there.rename(draft)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return draft


def discard(draft: Path) -> None:
    """Remove a draft with what is in it, and the workshop with the last one."""
    shutil.rmtree(draft, ignore_errors=True)
    if draft.parent.name.endswith("-draft"):
        with suppress(OSError):
            draft.parent.rmdir()


def sweep(folder: Path) -> None:
    """Remove what a killed publication left. Only for the holder of the lock."""
    for path in (path for pattern in _RUBBISH for path in folder.glob(pattern)):
        if path.is_symlink() or path.is_file():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path, ignore_errors=True)
    if not (place := workshop(folder)).is_symlink():
        shutil.rmtree(place, ignore_errors=True)


def take_away(folder: Path, name: str) -> None:
    """Remove an edition: first out of what is served by one rename, so that no half is ever seen."""
    draft = new_draft(folder)
    try:
        (folder / name).rename(draft / name)
        to_disk(folder)
    finally:
        discard(draft)


def withdrawn(folder: Path) -> list[str]:
    """Names of the editions that were withdrawn, oldest data first."""
    try:
        lines = (folder / WITHDRAWN).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    return sorted({name for name in lines if EDITION.match(name)}, key=order)


def withdraw(folder: Path, name: str) -> None:
    """Remove an edition for good, here now and at every target with the next delivery.

    It is written down before it goes, so that a run that dies between the two is repeated safely.
    """
    with (folder / WITHDRAWN).open("a", encoding="utf-8") as file:
        file.write(f"{name}\n")
        file.flush()
        os.fsync(file.fileno())
    if (folder / name).is_dir():
        take_away(folder, name)


def retire(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest ``keep`` editions; the one that is up always stays.

    Returns
    -------
    list of str
        Names of what was removed.
    """
    gone = []
    for name in editions(folder)[:-keep]:
        if name != current(folder):
            take_away(folder, name)
            gone.append(name)
    return gone
