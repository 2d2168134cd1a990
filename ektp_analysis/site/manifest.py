"""What an edition consists of, written into it, so that its wholeness can be checked later."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ektp_analysis.site.editions import ARCHIVE

MANIFEST = "manifest.json"
SHOWN = 10


class Manifest(BaseModel):
    """Contents of ``manifest.json``. It is public: it says nothing of the machine."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int = Field(1, description="version of this layout")
    edition: str = Field(description="name of the edition")
    as_of: str = Field("", description="date of the data, ISO")
    published: datetime = Field(description="when it was made, UTC")
    version: str = Field("", description="version of the package")
    synthetic: bool = Field(False, description="whether the data are of the sample kabupaten")
    failed: tuple[str, ...] = Field((), description="pages whose report could not be made")
    expected: tuple[str, ...] = Field((), description="pages that must be there")
    files: dict[str, tuple[str, int]] = Field(description="path: digest and bytes")

    @property
    def pages(self) -> int:
        """Number of HTML pages."""
        return sum(name.endswith(".html") for name in self.files)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size for _, size in self.files.values())


def site_files(folder: Path) -> list[str]:
    """Relative paths of all files of an edition, sorted, without the manifest and the archive."""
    found = []
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name not in (MANIFEST, ARCHIVE) and (path.is_symlink() or path.is_file()):
            found.append(name)
    return sorted(found)


def fingerprint(path: Path) -> tuple[str, int]:
    """Digest and size of a file, the digest as in the W3C's Subresource Integrity.

    Base64 and not hexadecimal: among the digits of hundreds of hexadecimal digests, sixteen in a
    row are common, which the privacy gate would take for a NIK.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return f"sha256-{base64.b64encode(digest).decode()}", path.stat().st_size


def read_manifest(edition: Path) -> Manifest | None:
    """The manifest of an edition; None when it is missing or damaged."""
    try:
        return Manifest.model_validate_json((edition / MANIFEST).read_bytes())
    except (OSError, ValidationError, ValueError):
        return None


def manifest_text(manifest: Manifest) -> str:
    """The file's text: one line per file, so that two editions can be compared by diff."""
    plain: dict[str, Any] = manifest.model_dump(mode="json")
    files = ",\n".join(
        f"  {json.dumps(name, ensure_ascii=False)}: {json.dumps(value)}"
        for name, value in plain.pop("files").items()
    )
    head = json.dumps(plain, indent=1, ensure_ascii=False).removesuffix("\n}")
    return f'{head},\n "files": {{\n{files}\n }}\n}}\n'


def missing_pages(present: Iterable[str], expected: Iterable[str]) -> list[str]:
    """Sentences on the expected pages that are not there."""
    there = set(present)
    return [f"{name}: halaman tidak ada." for name in expected if name not in there]


def verify_edition(edition: Path, *, contents: bool = True) -> list[str]:
    """Problems of an edition against its own manifest; empty when it is whole.

    Parameters
    ----------
    edition
        Folder of one edition.
    contents
        Whether to compare checksums; otherwise only names and sizes (quick).

    Returns
    -------
    list of str
        Indonesian sentences, one per file.
    """
    manifest = read_manifest(edition)
    if manifest is None:
        return [f"{MANIFEST}: daftar isi edisi tidak ada atau rusak."]
    problems = []
    present = set(site_files(edition))
    problems += [f"{name}: hilang." for name in manifest.files if name not in present]
    problems += [
        f"{name}: tidak ada di daftar isi." for name in sorted(present - {*manifest.files})
    ]
    problems += missing_pages(present, manifest.expected)
    for name, (digest, size) in manifest.files.items():
        path = edition / name
        if name not in present:
            continue
        try:
            if path.is_symlink():
                problems.append(f"{name}: tautan berkas, bukan berkas.")
            elif path.stat().st_size != size:
                problems.append(f"{name}: ukurannya berubah.")
            elif contents and fingerprint(path)[0] != digest:
                problems.append(f"{name}: isinya berubah.")
        except OSError:
            problems.append(f"{name}: tidak terbaca.")
    return problems
