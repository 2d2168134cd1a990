"""Delivery to a branch of a git repository: GitHub Pages and its like."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote

from ektp_analysis.errors import DeliveryError
from ektp_analysis.site.deliver_hints import last_line
from ektp_analysis.site.editions import ARCHIVE, EDITION, editions, withdrawn
from ektp_analysis.site.manifest import site_files

_LINK = re.compile(rf'href="([^"]*{ARCHIVE}/[^"#?]+)')
_STUB = (
    '<!doctype html><html lang="id"><meta charset="utf-8"><title>Dipindahkan</title>'
    '<meta http-equiv="refresh" content="0; url={0}"><p><a href="{0}">Buka edisi itu</a></p></html>\n'
)
HOUR = 3600


class GitTarget:
    """A branch whose root is the edition that is up, and ``edisi/<name>/`` every edition.

    A page host of this kind follows no links, so past editions are folders of the branch (git
    stores the same file once). The branch moves by one commit, hence at once or not at all; a
    branch that moved meanwhile is not overwritten.

    Parameters
    ----------
    url
        Anything that git pushes to. Rights come from git's own configuration.
    branch
        Made when it is missing.
    """

    def __init__(self, url: str, branch: str) -> None:
        self.url, self.branch = url, branch
        self.name = f"git+{url}#{branch}"

    def send(self, folder: Path, up: str, keep: int) -> None:
        """Put the editions together as one commit on top of the branch, and push it."""
        from ektp_analysis.site.deliver import kept

        with tempfile.TemporaryDirectory(prefix="ektp-") as workspace:
            repository = Path(workspace)
            self._git(repository, "init", "--quiet")
            # a rule of this user's own must not drop a file of the site
            (repository / ".git" / "info" / "exclude").write_text(f"/{ARCHIVE}\n")
            parent, remote = self._fetch(repository)
            here = {name: self._tree(repository, folder / name) for name in editions(folder)}
            gone = withdrawn(folder)
            names = kept([name for name in [*remote, *here] if name not in gone], up, keep)
            self._git(repository, "read-tree", here[up])
            for name in names:
                tree = here.get(name) or remote[name]
                self._git(repository, "read-tree", f"--prefix={ARCHIVE}/{name}/", tree)
            extra = {".nojekyll": "", **_stubs(folder, [n for n in names if n in here], names)}
            self._add(repository, extra)
            tree = self._git(repository, "write-tree")
            if parent and tree == self._git(repository, "rev-parse", f"{parent}^{{tree}}"):
                return
            above = ["-p", parent] if parent else []
            commit = self._git(repository, "commit-tree", tree, *above, "-m", f"Edisi {up}")
            self._git(repository, "push", "--quiet", self.url, f"{commit}:refs/heads/{self.branch}")
            if commit != self._head(repository):
                raise DeliveryError(
                    "Cabang di tujuan berubah saat dikirimi", self.name, "Ulangi: ektp deliver"
                )

    def _head(self, repository: Path) -> str:
        answer = self._git(repository, "ls-remote", self.url, f"refs/heads/{self.branch}")
        return answer.split()[0] if answer else ""

    def _fetch(self, repository: Path) -> tuple[str, dict[str, str]]:
        """The branch's commit and the trees of the editions in it; empty when it is not there."""
        if not self._head(repository):
            return "", {}
        self._git(
            repository, "fetch", "--quiet", "--depth=1", self.url, f"refs/heads/{self.branch}"
        )
        parent = self._git(repository, "rev-parse", "FETCH_HEAD")
        found = {}
        for line in self._git(repository, "ls-tree", parent, f"{ARCHIVE}/").splitlines():
            about, path = line.split("\t")
            kind, name = about.split()[1:], posixpath.basename(path)
            if kind[0] == "tree" and EDITION.match(name):
                found[name] = kind[1]
        return parent, found

    def _tree(self, repository: Path, edition: Path) -> str:
        self._git(repository, "read-tree", "--empty")
        self._git(repository, "add", "--all", ".", at=edition)
        return self._git(repository, "write-tree")

    def _add(self, repository: Path, files: dict[str, str]) -> None:
        blobs: dict[str, str] = {}
        for text in set(files.values()):
            blobs[text] = self._git(repository, "hash-object", "-w", "--stdin", given=text)
        lines = "".join(f"100644 {blobs[text]}\t{name}\n" for name, text in files.items())
        self._git(repository, "update-index", "--add", "--index-info", given=lines)

    def _git(
        self, repository: Path, *arguments: str, at: Path | None = None, given: str = ""
    ) -> str:
        who = {"NAME": "ektp", "EMAIL": "ektp@localhost"}
        environment = {
            **os.environ,
            **{f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in who.items()},
            "GIT_DIR": str(repository / ".git"),
            "GIT_WORK_TREE": str((at or repository).resolve()),
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
        }
        environment.pop("GIT_INDEX_FILE", None)
        command = [
            "git", "-c", "core.excludesFile=", "-c", "core.autocrlf=false",
            "-c", "gc.auto=0", "-c", "advice.detachedHead=false", *arguments,
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, cwd=at or repository, env=environment, input=given, capture_output=True,
                text=True, check=False, timeout=HOUR,
            )  # fmt: skip
        except FileNotFoundError:
            raise DeliveryError("git tidak terpasang", self.name, "Pasang paket git") from None
        except subprocess.TimeoutExpired:
            raise DeliveryError("git tidak selesai", self.name, "Periksa jaringan") from None
        if done.returncode:
            raise DeliveryError(
                f"git {arguments[0].lstrip('-')} gagal", self.name, _hint(done.stderr)
            )
        return done.stdout.strip()


def _hint(message: str) -> str:
    if "fetch first" in message or "non-fast-forward" in message or "cannot lock ref" in message:
        return "Cabang itu baru diubah oleh proses lain; ulangi: ektp deliver"
    if "could not read Username" in message or "Permission denied" in message:
        return "Periksa hak tulis (token atau kunci) ke repositori itu"
    return last_line(message) or "Periksa alamat repositori"


def _stubs(folder: Path, names: list[str], known: list[str]) -> dict[str, str]:
    """Pages that lead on where an archived page links to an edition still older than itself.

    In the folder of editions ``edisi`` inside an edition is a link; here it can't be one.
    """
    pages: dict[str, str] = {}
    for name in names:
        edition = folder / name
        for page in site_files(edition):
            if not page.endswith(".html"):
                continue
            text = (edition / page).read_text(encoding="utf-8", errors="replace")
            for link in set(_LINK.findall(text)):
                at = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(link)))
                parts = at.split("/")
                if len(parts) < 2 or parts[0] != ARCHIVE or parts[1] not in known:
                    continue
                if link.endswith("/") or len(parts) == 2:
                    at += "/index.html"
                stub = f"{ARCHIVE}/{name}/{at}"
                target = posixpath.relpath(at, posixpath.dirname(stub))
                pages[stub] = _STUB.format(target)
    return pages
