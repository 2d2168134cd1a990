"""What a unit read when it ran, and whether that is still the same.

A unit's notes (:mod:`ektp_analysis.trace`) name the parts of the store and the shared results that it
read. As long as everything that it read is unchanged it would take the same way again, so its result
holds, whatever else has changed. No report has to declare what it reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ektp_analysis.execute.plan import Unit
from ektp_analysis.store import Store

Read = tuple[str, ...]
"""``("data", as_of, district)`` or ``("shared", name, district)``."""
SHARED = Path(".ektp/bersama")
INDEX = "bacaan"
KEPT_SHARED = 4
KEPT_TRACES = 8


@dataclass
class Current:
    """Digests of what can be read now.

    Attributes
    ----------
    store
        The store.
    shared
        Folder of this edition's shared results.
    """

    store: Store
    shared: Path
    _known: dict[Read, str | None] = field(default_factory=dict)

    def digest(self, read: Read) -> str | None:
        """Digest of a part; ``None`` when it is a shared result that is not computed yet."""
        if self._known.get(read) is None:
            kind, name, district = read
            self._known[read] = (
                self.store.digest(name, district or None)
                if kind == "data"
                else self._shared(name, district)
            )
        return self._known[read]

    def _shared(self, name: str, district: str) -> str | None:
        for path in self.shared.glob(f"{name}-*.json"):
            try:
                return str(json.loads(path.read_text())[district])
            except (OSError, ValueError, KeyError):
                continue
        return None


def shared_folder(project: Path, units: list[Unit], store: Store, make: bool = True) -> Path:
    """Folder of the shared results: another one as soon as data, code or settings differ."""
    total = hashlib.sha256(store.digest(units[0].parameters["as_of"]).encode())
    for name in ("shared", "choices", "settings", "libraries", "reference"):
        total.update(f"{name} {units[0].parts.get(name)}".encode())
    root = project / SHARED
    folder = root / total.hexdigest()[:32]
    if not make:
        return folder
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.utime(folder)
    by_age = sorted(root.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in by_age[KEPT_SHARED:]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def traces(cache: Path, key: str) -> list[list[Read]]:
    """What units with this key have read, the latest first."""
    try:
        found = json.loads((cache / INDEX / f"{key}.json").read_text())
        return [[tuple(map(str, read)) for read in trace] for trace in found]
    except (OSError, ValueError, TypeError):
        return []


def remember(cache: Path, key: str, reads: list[Read]) -> None:
    """Keep what a unit has read."""
    known = [trace for trace in traces(cache, key) if trace != reads]
    path = cache / INDEX / f"{key}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps([reads, *known][:KEPT_TRACES]))
    draft.replace(path)


def entry_key(unit: Unit, digests: dict[Read, str]) -> str:
    """Key of a result: the unit's own, with what it read."""
    text = json.dumps([unit.key, sorted([*read, digest] for read, digest in digests.items())])
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Lookup:
    """What is known of a unit before it runs.

    Attributes
    ----------
    keys
        Keys under which its result may be, the likeliest first.
    missing
        Shared results that have to be computed before more can be said.
    digests
        Of what it read last, as it is now.
    """

    keys: list[str]
    missing: set[str]
    digests: dict[Read, str]


def look_up(unit: Unit, cache: Path, current: Current) -> Lookup:
    """Keys of the results that hold for a unit now."""
    keys, missing = [], set()
    latest: dict[Read, str] = {}
    for trace in traces(cache, unit.key):
        now = {read: current.digest(read) for read in trace}
        unknown = {read[1] for read, digest in now.items() if digest is None}
        if unknown:
            missing |= unknown
        else:
            keys.append(entry_key(unit, {read: str(digest) for read, digest in now.items()}))
        latest = latest or {read: digest for read, digest in now.items() if digest}
    return Lookup(keys, missing, latest)
