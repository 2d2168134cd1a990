"""The index of this week's restricted input: keyed digests of its NIK and names.

It lets the gate recognise a person's data in a site without the data themselves. It is as
restricted as the lists are (anybody who holds it can try NIK after NIK): one file, mode 0600, in a
folder 0700 that git ignores, replaced each week and on no way to a site.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np  # at run time where it is needed: every command imports this module

FOLDER = "restricted"
FILE = "indeks-siphash.npz"
"""Named after how NIK are hashed: an index of another kind would know nobody."""
NAME_WORDS = (2, 3, 4, 5)
"""Words of the names that are looked for anywhere in a text."""
ONE_WORD = 4
"""Letters of the names of one word that are looked for; shorter ones are codes and syllables."""
LETTERS = re.compile(r"[^A-Z' ]+")


def index_path(quarantine: Path) -> Path:
    """Where the index is: beside the quarantine folder."""
    return quarantine.parent / FOLDER / FILE


def normal_name(text: str) -> str:
    """Upper case words of a name without titles' dots and other signs.

    Examples
    --------
    >>> normal_name("Siti  Nurhaliza, S.Pd")
    'SITI NURHALIZA S PD'
    """
    return " ".join(LETTERS.sub(" ", text.upper()).replace("'", "").split())


def is_one_word(name: str) -> bool:
    """Whether a normalised name is one word that is long enough to be looked for.

    Examples
    --------
    >>> is_one_word("SUHARTO"), is_one_word("ANI"), is_one_word("SRI WAHYUNI")
    (True, False, False)
    """
    return len(name) >= ONE_WORD and " " not in name


@dataclass(frozen=True)
class Index:
    """Digests (uint64, ascending) under one salt, of the input of one day (ISO date)."""

    day: str
    salt: bytes
    niks: np.ndarray
    names: np.ndarray

    @classmethod
    def of(cls, day: str, niks: Iterable[str] | np.ndarray, names: Iterable[str]) -> Index:
        """Make an index under a new salt.

        Parameters
        ----------
        day
            ISO date of the input.
        niks
            Texts of 16 digits, or the same as numbers (int64), which is quick for millions.
        names
            As they were written; they may come one after the other.
        """
        import numpy as np

        numbers = niks if isinstance(niks, np.ndarray) else np.array([int(n) for n in niks], "i8")
        return cls.under(day, new_salt(), np.empty(0, np.uint64), numbers, names)

    @classmethod
    def under(
        cls, day: str, salt: bytes, digests: np.ndarray, niks: np.ndarray, names: Iterable[str]
    ) -> Index:
        """Make an index of NIK that are hashed already, under their salt.

        Parameters
        ----------
        day
            ISO date of the input.
        salt, digests
            The salt, and the digests (uint64, ascending).
        niks
            Some more NIK as numbers (int64).
        names
            As they were written; they may come one after the other.
        """
        import numpy as np

        from ektp_analysis.siphash import siphash

        more = np.sort(siphash(salt, niks.astype(np.int64, copy=False).view(np.uint64)))
        if len(more):
            digests = np.insert(digests, np.searchsorted(digests, more), more)
        return cls(day, salt, digests, _digests(salt, names))

    def has_nik(self, digits: str) -> bool:
        """Whether a NIK is in the input."""
        import numpy as np

        from ektp_analysis.siphash import siphash

        return _among(self.niks, int(siphash(self.salt, np.array([int(digits)], np.uint64))[0]))

    def has_name(self, name: str) -> bool:
        """Whether a normalised name is in the input."""
        return _among(self.names, digest(self.salt, name))

    def save(self, path: Path) -> None:
        """Write it for the owner only, whole or not at all."""
        import numpy as np

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.parent.chmod(0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                salt = np.frombuffer(self.salt, dtype=np.uint8)
                day = np.frombuffer(self.day.encode(), dtype=np.uint8)
                np.savez(file, day=day, salt=salt, niks=self.niks, names=self.names)
            draft.replace(path)
            for other in path.parent.glob("indeks*.npz"):
                if other != path:
                    other.unlink()
        finally:
            draft.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> Index | None:
        """The index, or None when there is none that can be read."""
        import numpy as np

        try:
            with np.load(path, allow_pickle=False) as found:
                day = found["day"].tobytes().decode()
                return cls(day, found["salt"].tobytes(), found["niks"], found["names"])
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None


def new_salt() -> bytes:
    """A salt that was never used."""
    return secrets.token_bytes(16)


def digest(salt: bytes, text: str) -> int:
    """64 bits of a keyed BLAKE2b: for names; NIK are whole numbers, hashed by the million."""
    return int.from_bytes(
        hashlib.blake2b(text.encode(), digest_size=8, key=salt).digest(), "little"
    )


def _digests(salt: bytes, names: Iterable[str]) -> np.ndarray:
    """Digests of the names that are looked for, in eight bytes a name whatever their number."""
    import numpy as np

    wanted = (
        digest(salt, name)
        for name in map(normal_name, names)
        if len(name.split()) in NAME_WORDS or is_one_word(name)
    )
    return np.unique(np.fromiter(wanted, dtype=np.uint64))


def _among(digests: np.ndarray, wanted: int) -> bool:
    import numpy as np

    at = int(np.searchsorted(digests, np.uint64(wanted)))
    return at < len(digests) and int(digests[at]) == wanted
