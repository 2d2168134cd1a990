"""``ektp guard``: what must not get into git, for the pre-commit hook."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import typer

from ektp_analysis.errors import SiteError
from ektp_analysis.personal import niks
from ektp_analysis.restricted import Index, index_path

RESTRICTED = ("data/inbox", "data/store", "data/quarantine", "data/restricted", ".ektp", "laporan",
              "_site", "_generated", "editions", ".editions-draft")  # fmt: skip
OFFICE_ENDS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".parquet", ".zip", ".mdb", ".accdb",
               ".duckdb", ".sqlite", ".db")  # fmt: skip
ALLOWED = ("data/sample/", "tests/", "docs/", "data/reference/")
"""Folders that may hold such files: the synthetic sample, tests and pictures."""
SYNTHETIC_REGION = "99"
EXEMPT = ("requirements.lock", "requirements-test.lock")
"""Digests of packages only."""


def problems(
    files: Iterable[str], read: Callable[[str], bytes], index: Index | None = None
) -> list[str]:
    """Why files may not be committed; empty when they may.

    Parameters
    ----------
    files
        Paths relative to the repository, with slashes.
    read
        Function that gives the bytes of one.
    index
        Of the restricted input, if it is on this machine.
    """
    out = []
    for name in files:
        path = PurePosixPath(name)
        if any(name == folder or name.startswith(f"{folder}/") for folder in RESTRICTED):
            out.append(f"{name}: berkas terbatas, tidak boleh masuk git.")
            continue
        if path.suffix.lower() in OFFICE_ENDS and not name.startswith(ALLOWED):
            out.append(f"{name}: jenis berkas kantor, tidak boleh masuk git.")
            continue
        if name in EXEMPT:
            continue
        out += _in_content(name, read(name), index)
    return out


def _in_content(name: str, data: bytes, index: Index | None) -> list[str]:
    from ektp_analysis.site.contents import OpaqueError, contents

    try:
        for said in contents(name, data):
            found = niks(said.text) if said.words else []
            if any(index is not None and index.has_nik(n) for n in found):
                return [f"{name}: memuat NIK dari data minggu ini."]
            # the simulator writes NIK of a region that does not exist, tests make theirs up
            made_up = name.startswith("tests/")
            if not made_up and any(not n.startswith(SYNTHETIC_REGION) for n in found):
                return [f"{name}: memuat angka seperti NIK."]
    except OpaqueError as error:
        return [f"{name}: tidak dapat diperiksa ({error})."]
    return []


def staged(folder: Path) -> list[str]:
    """Names of the files that are added or changed in git's index."""
    done = subprocess.run(
        ["git", "diff", "--cached", "--name-only", "-z", "--diff-filter=d"],
        cwd=folder, capture_output=True, check=True,
    )  # fmt: skip
    return [name for name in done.stdout.decode().split("\0") if name]


def staged_bytes(folder: Path, name: str) -> bytes:
    """A file as it stands in git's index, not in the folder."""
    return subprocess.run(
        ["git", "show", f":{name}"], cwd=folder, capture_output=True, check=True
    ).stdout


def register(app: typer.Typer) -> None:
    """Add the command to the app."""

    @app.command(help="Periksa yang akan masuk git: berkas terbatas dan NIK ditolak.")
    def guard(
        everything: bool = typer.Option(
            False, "--semua", help="Semua berkas dalam git, bukan hanya yang berubah."
        ),
    ) -> None:
        from ektp_analysis.settings import load_settings

        folder = Path.cwd()
        names = tracked(folder) if everything else staged(folder)
        index = Index.load(index_path(folder / load_settings().quarantine))
        found = problems(names, lambda name: staged_bytes(folder, name), index)
        for sentence in found:
            typer.echo(sentence)
        if found:
            raise SiteError(
                f"{len(found)} berkas tidak boleh masuk git",
                "",
                "Keluarkan dengan: git restore --staged NAMA",
            )


def tracked(folder: Path) -> list[str]:
    """Names of all files in git's index."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=folder, capture_output=True, check=True)
    return [name for name in done.stdout.decode().split("\0") if name]
