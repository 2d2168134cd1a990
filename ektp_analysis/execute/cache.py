"""Results by content: a folder per key, written whole or not at all, checked when it is used."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

MANIFEST = "entry.json"


@dataclass(frozen=True)
class Cache:
    """Safe to delete at any time, and to share between projects and machines.

    Attributes
    ----------
    root
        Folder of the entries.
    """

    root: Path

    def get(self, key: str) -> dict[str, bytes] | None:
        """Files of an entry by their path; ``None`` when it is missing or damaged in any way."""
        folder = self.root / key
        try:
            expected: dict[str, str] = json.loads((folder / MANIFEST).read_text())["files"]
            files = {name: (folder / name).read_bytes() for name in expected}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        sound = all(digest(files[name]) == value for name, value in expected.items())
        return files if sound and "page.ipynb" in files else None

    def state(self, key: str) -> str:
        """``sound``, ``damaged`` or ``missing``."""
        if not (self.root / key).exists():
            return "missing"
        return "damaged" if self.get(key) is None else "sound"

    def put(self, key: str, files: dict[str, bytes]) -> None:
        """Write an entry; one that is there already is replaced."""
        self.root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=self.root, prefix=".draft-"))
        try:
            for name, content in files.items():
                path = draft / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            manifest = {"files": {name: digest(content) for name, content in files.items()}}
            (draft / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
            draft.chmod(0o755)
            target = self.root / key
            if target.exists():
                shutil.rmtree(target)
            draft.replace(target)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def clear_drafts(self) -> None:
        """Remove what an interrupted run left behind."""
        for draft in self.root.glob(".draft-*"):
            shutil.rmtree(draft, ignore_errors=True)


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()
