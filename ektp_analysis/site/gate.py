"""The privacy gate: no file of a site carries data about a person or traces of a machine.

Every file is opened as far as it goes (:mod:`ektp_analysis.site.contents`) and searched for NIK,
for the NIK and names of this week's restricted input, for paths and users of this machine, and for
e-mail addresses. A finding names the file and the kind, and never repeats the value.
"""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import ektp_analysis
from ektp_analysis import regions
from ektp_analysis.personal import EMAIL, MACHINE_PATH, PATH_STARTS, digit_runs, plausible_nik
from ektp_analysis.restricted import (
    NAME_WORDS,
    ONE_WORD,
    Index,
    index_path,
    is_one_word,
    normal_name,
)
from ektp_analysis.settings import Settings
from ektp_analysis.site.contents import OpaqueError, Said, contents
from ektp_analysis.site.editions import ARCHIVE

VENDOR = "site_libs"
"""Folder of the renderers' own files: authors' addresses in their licences are not ours."""
COMMON_USERS = {"root", "user", "admin", "runner", "ubuntu", "debian", "docker", "jovyan", "ektp",
                "www-data", "nobody", "build", "vscode", "home", "data"}  # fmt: skip
COMMON_HOSTS = {"localhost", "docker", "ubuntu", "debian", "server"}
NIK = "16 angka berturut-turut seperti NIK"
RESTRICTED_NIK, RESTRICTED_NAME = "NIK dari data minggu ini", "nama dari data minggu ini"
PATH, USER, ADDRESS = "alamat folder komputer", "nama pengguna atau komputer", "alamat surel"
PERSONS_IN_EXAMPLES = frozenset({"SITI", "NURHALIZA", "SUHARTO", "WAHYUNI"})
"""Names of persons in this program's own documentation."""
SEPARATORS = re.compile(r"[\n\r\t;|<>\"{}\[\]]+")


@dataclass
class PrivacyGate:
    """What is searched for.

    Attributes
    ----------
    index
        Of the restricted input; None when there is none, as for the sample data.
    allowed
        E-mail addresses that may appear: the office's contact.
    words
        Names of users, machines and folders that must not.
    """

    index: Index | None = None
    allowed: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    _seen: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, project: Path, settings: Settings) -> PrivacyGate:
        """The gate of a project on this machine."""
        return cls(
            Index.load(index_path(project / settings.quarantine)),
            frozenset(hit.lower() for hit in EMAIL.findall(settings.contact)),
            machine_words(project),
        )

    def outdated(self, day: date) -> list[str]:
        """A sentence when names and NIK of the data's week cannot be recognised."""
        if self.index is not None and self.index.day >= day.isoformat():
            return []
        return [
            "Indeks data pribadi minggu ini tidak ada, maka NIK dan nama tidak dapat dikenali; "
            "jalankan: ektp ingest --ulang."
        ]

    def kinds(self, name: str, data: bytes) -> Iterator[tuple[str, str]]:
        """What a file has: pairs of kind and place inside the file.

        Raises
        ------
        OpaqueError
            When the file cannot be looked into.
        """
        own = VENDOR not in Path(name).parts
        for said in (*_named(name), *contents(name, data)):
            for kind in self._in_text(said, own):
                yield kind, said.inside
            if said.words and own and self.index is not None and self._has_name(said.text):
                yield RESTRICTED_NAME, said.inside

    def _in_text(self, said: Said, own: bool) -> Iterator[str]:
        text = said.text
        for digits in digit_runs(text, grouped=said.words):
            if self.index is not None and self.index.has_nik(digits):
                yield RESTRICTED_NIK
            elif plausible_nik(digits):
                yield NIK
        if not own:
            return
        rooted = any(start in text for start in PATH_STARTS)
        if (rooted and MACHINE_PATH.search(text)) or any(w in text for w in self.words if "/" in w):
            yield PATH
        if _users(self.words) and _users(self.words).search(text):  # type: ignore[union-attr]
            yield USER
        if "@" in text and any(hit.lower() not in self.allowed for hit in EMAIL.findall(text)):
            yield ADDRESS

    def _has_name(self, text: str) -> bool:
        """Whether a run of words is a name of the input; lines seen before are passed over."""
        assert self.index is not None
        for line in SEPARATORS.split(text):
            if line in self._seen:
                continue
            self._seen.add(line)
            for part in re.split(r"[,.:()–—/·]+", line):
                words = normal_name(part).split()
                if len(words) == 1 and self._is_one_name(words[0]):
                    self._seen.discard(line)
                    return True
                for size in NAME_WORDS:
                    for at in range(len(words) - size + 1):
                        name = " ".join(words[at : at + size])
                        if self.index.has_name(name) and name not in place_words():
                            self._seen.discard(line)  # it is a finding wherever it stands
                            return True
        return False

    def _is_one_name(self, word: str) -> bool:
        """Whether a word that stands alone, as in a cell of a table, is a whole name of the input.

        In a sentence it may be a street or a word of the language; words that the program itself
        says (“Juni”, “Total”) and those of places are none.
        """
        assert self.index is not None
        if not is_one_word(word) or not self.index.has_name(word):
            return False
        return word not in own_words() and word not in place_words()


def scan(site: Path, gate: PrivacyGate, *, told: Callable[[str], None] | None = None) -> list[str]:
    """Findings in all files of a site, one Indonesian sentence for each file and kind.

    Parameters
    ----------
    site
        Folder; symbolic links in it are findings.
    gate
        What is searched for.
    told
        Called with each file's name.
    """
    out = []
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.is_symlink() and name == ARCHIVE:
            continue  # leads to the other editions, which passed by themselves
        if path.is_symlink():
            out.append(f"{name}: tautan simbolik tidak boleh ada di situs.")
            continue
        if not path.is_file():
            continue
        if told:
            told(name)
        found: dict[str, str] = {}
        try:
            for kind, inside in gate.kinds(name, path.read_bytes()):
                found.setdefault(kind, inside)
        except OpaqueError as error:
            out.append(f"{_safe(name)}: tidak dapat diperiksa ({error}).")
        for kind, inside in found.items():
            where = f" (di dalam {_safe(inside)})" if inside else ""
            out.append(f"{_safe(name)}{where}: memuat {kind}.")
    return out


def machine_words(project: Path) -> frozenset[str]:
    """Names of this machine's user, host and folders."""
    words = {str(project.resolve()), str(Path.home())} - {"/", "/root"}
    user, host = getpass.getuser(), socket.gethostname().split(".")[0]
    if len(user) > 2 and user.lower() not in COMMON_USERS:
        words.add(user)
    if len(host) > 5 and host.lower() not in COMMON_HOSTS:
        words.add(host)
    return frozenset(words)


@cache
def _users(words: frozenset[str]) -> re.Pattern[str] | None:
    plain = [re.escape(w) for w in words if "/" not in w]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(plain)})(?![\w-])") if plain else None


@cache
def place_words() -> frozenset[str]:
    """Runs of words in the names of kecamatan and desa: a namesake of a place is not a finding."""
    names = [*regions.districts()["district_name"], *regions.villages()["village_name"],
             regions.REGENCY_NAME]  # fmt: skip
    out = set()
    for name in names:
        words = normal_name(str(name)).split()
        for size in (1, *NAME_WORDS):
            out |= {" ".join(words[a : a + size]) for a in range(len(words) - size + 1)}
    return frozenset(out)


@cache
def own_words() -> frozenset[str]:
    """Words of the program's source and templates: what a site says without any data."""
    folder = Path(ektp_analysis.__file__).parent
    out: set[str] = set()
    for path in (*folder.rglob("*.py"), *folder.rglob("*.typ")):
        out.update(re.findall(rf"[A-Z]{{{ONE_WORD},}}", path.read_text(encoding="utf-8").upper()))
    return frozenset(out - PERSONS_IN_EXAMPLES)


def _named(name: str) -> Iterator[Said]:
    yield Said("", name, True)


def _safe(name: str) -> str:
    """A file's name for a message: it may be the place where the value stands."""
    return re.sub(r"\d{6,}", "…", name)[:200]
