"""What a file is, by its content: the ending of its name is only a hint."""

from __future__ import annotations

import errno
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ektp_analysis.errors import InputError, disk_reason

TEXT_SUFFIXES = {".csv", ".txt", ".tsv"}
BOOK_SUFFIXES = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
SUFFIXES = TEXT_SUFFIXES | BOOK_SUFFIXES | {".parquet", ".zip"}
"""Endings that are looked for in a folder; a file that is named is read whatever its ending."""
ZIP_LIMIT = 20 * 2**30
"""Bytes that one archive may hold unpacked."""
_FOREIGN = (
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"%PDF",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"MZ",
)
RESAVE = "Buka di Excel, simpan ulang tanpa kata sandi sebagai .xlsx"


@dataclass(frozen=True)
class OfficeFile:
    """A file to read.

    Attributes
    ----------
    path
        Where it is.
    name
        What messages call it: for a file in an archive ``arsip.zip/nama.csv``.
    """

    path: Path
    name: str


def file_format(path: Path, name: str) -> str:
    """``text``, ``book``, ``html``, ``parquet`` or ``zip``.

    Raises
    ------
    InputError
        When the file is missing, empty, locked, or nothing that an office's table comes in.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except FileNotFoundError:
        raise InputError("Berkas tidak ditemukan", name, "Periksa nama dan foldernya") from None
    except OSError as error:
        raise InputError(
            f"Berkas tidak dapat dibuka: {disk_reason(error)}", name, "Periksa izin berkasnya"
        ) from None
    if not start.strip(b"\x00\r\n\t "):
        raise InputError("Berkas kosong", name, "Unduh ulang berkasnya dari SIAK")
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "book"
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_format(path, name)
    if start.startswith(_FOREIGN):
        raise InputError(
            f"Jenis berkas “{path.suffix.lower()}” tidak dikenal",
            name,
            "Simpan sebagai xlsx, csv atau parquet",
        )
    head = start.lstrip(b"\xef\xbb\xbf\r\n\t ").lower()
    if head.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<head")):
        return "html"
    suffix = path.suffix.lower()
    if suffix in BOOK_SUFFIXES and (b"\x00" in start or suffix != ".xls"):
        raise InputError("Buku kerja tidak terbaca", name, RESAVE)
    if suffix == ".parquet":
        raise InputError("Berkas parquet rusak", name, "Salin ulang berkasnya")
    if suffix == ".zip":
        raise InputError("Arsip zip rusak", name, "Salin atau unduh ulang berkasnya")
    if suffix not in SUFFIXES and suffix:
        raise InputError(
            f"Jenis berkas “{suffix}” tidak dikenal", name, "Simpan sebagai xlsx, csv atau parquet"
        )
    return "text"


def _zip_format(path: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        if path.suffix.lower() == ".zip":
            raise InputError("Arsip zip rusak", name, "Salin atau unduh ulang berkasnya") from None
        raise InputError("Buku kerja tidak terbaca", name, RESAVE) from None
    book = any(m.startswith("xl/") for m in members) or "content.xml" in members
    return "book" if book else "zip"


_DAMAGED = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError, ValueError,
)  # fmt: skip


def unpacked(path: Path, workspace: Path) -> Iterator[OfficeFile]:
    """The file itself, or the office files inside an archive, copied into the workspace.

    Raises
    ------
    InputError
        When an archive is damaged, locked, empty of tables, or larger than :data:`ZIP_LIMIT`.
    """
    if file_format(path, path.name) != "zip":
        yield OfficeFile(path, path.name)
        return
    found = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if _wanted(m)]
            if sum(m.file_size for m in members) > ZIP_LIMIT:
                raise InputError(
                    "Isi arsip zip terlalu besar", path.name, "Keluarkan isinya ke folder masuk"
                )
            for member in members:
                found += 1
                inner = PurePosixPath(member.filename)
                copy = workspace / f"zip-{path.stem[:40]}-{found}{inner.suffix.lower()}"
                with archive.open(member) as packed, copy.open("wb") as plain:
                    shutil.copyfileobj(packed, plain, 1 << 20)
                yield OfficeFile(copy, f"{path.name}/{inner.name}")
    except RuntimeError:
        raise InputError(
            "Arsip zip dikunci kata sandi", path.name, "Keluarkan isinya, lalu taruh berkasnya"
        ) from None
    except OSError as error:
        if error.errno != errno.EINVAL:  # a full or read-only disk is no fault of the archive
            raise
        raise InputError("Arsip zip rusak", path.name, "Salin atau unduh ulang berkasnya") from None
    except _DAMAGED:
        raise InputError("Arsip zip rusak", path.name, "Salin atau unduh ulang berkasnya") from None
    if not found:
        raise InputError(
            "Arsip zip tidak memuat berkas xlsx, xls, ods, csv, txt atau parquet",
            path.name,
            "Periksa isinya",
        )


def _wanted(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    hidden = any(part.startswith((".", "__MACOSX", "~$")) for part in name.parts)
    return not member.is_dir() and not hidden and name.suffix.lower() in SUFFIXES - {".zip"}
