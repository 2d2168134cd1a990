"""Delimited text: encoding, delimiter, and whether duckdb may scan the file as it lies."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ektp_analysis.errors import InputError
from ektp_analysis.ingest.headers import Header, find_header

HEAD_ROWS = 40
HEAD_BYTES = 1 << 18
DELIMITERS = ";,\t|"
LARGE = 32 << 20
"""Bytes from which on a text file is not read once more for a look at a column."""
PLACES, PLACE_BYTES = 1_000, 8_192
CHUNK = 1 << 22
MAX_WIDTH = 1000
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 dengan BOM",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
_BLANK = re.compile(rb"\n\r?\n")
_AS_UTF8 = "Buka di Excel, lalu simpan sebagai “CSV UTF-8”"
csv.field_size_limit(1 << 24)


@dataclass(frozen=True)
class TextTable:
    """How a text file is to be read.

    Attributes
    ----------
    encoding, delimiter
        As Python names them.
    header
        What was recognised, or None.
    head
        First rows as cells.
    plain
        Whether line and row numbers are the same and duckdb can scan it directly.
    """

    encoding: str
    delimiter: str
    header: Header | None
    head: list[list[str]]
    plain: bool


def inspect_text(
    path: Path, name: str, find: Callable[[list[list[str]]], Header | None] = find_header
) -> TextTable:
    """Encoding, delimiter and header of a text file.

    The delimiter is the one under which most columns are recognised.

    Raises
    ------
    InputError
        When no encoding fits.
    """
    encoding, plain = _encoding(path, name)
    with path.open("rb") as file:
        start = file.read(HEAD_BYTES)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(start)
    if not text.strip():
        raise InputError("Berkas kosong", name, "Unduh ulang berkasnya dari SIAK")
    best: tuple[int, int, int, str, list[list[str]], Header | None] | None = None
    for order, delimiter in enumerate(DELIMITERS):
        rows = _head(text, delimiter)
        header = find(rows)
        known = len(header.columns) if header else 0
        rank = (known, sum(len(row) > 1 for row in rows), -order)
        if best is None or rank > best[:3]:
            best = (*rank, delimiter, rows, header)
    assert best is not None
    *_, delimiter, rows, header = best
    if header:
        skipped = text.splitlines()[: header.row + header.height]
        one_line_each = [_record(line, delimiter) for line in skipped] == rows[: len(skipped)]
        plain = plain and one_line_each
    return TextTable(encoding, delimiter, header, rows, plain and encoding == "utf-8")


def _record(line: str, delimiter: str) -> list[str]:
    return next(iter(_head(line, delimiter)), [])


def _head(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row[:MAX_WIDTH])
            if len(rows) >= HEAD_ROWS:
                break
    except csv.Error:
        return rows
    return rows


def _encoding(path: Path, name: str) -> tuple[str, bool]:
    """The encoding, and whether the file has no blank lines (which duckdb does not count)."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(path, name, "utf-16"), False
    if start.startswith(codecs.BOM_UTF8):
        return _checked(path, name, "utf-8-sig"), False
    if b"\x00" in start:
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > len(start) // 8:
            return _checked(path, name, "utf-16-le" if odd > even else "utf-16-be"), False
        raise InputError("Pengodean huruf berkas tidak dikenal", name, _AS_UTF8)
    decoder = codecs.getincrementaldecoder("utf-8")()
    plain, tail = True, b""
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                # most files are ASCII, for which this check costs next to nothing
                if decoder.getstate()[0] or not chunk.isascii():
                    decoder.decode(chunk)
                if plain and (_BLANK.search(tail + chunk[:3]) or _BLANK.search(chunk)):
                    plain = False
                if plain and b"\x00" in chunk:
                    plain = False
                tail = chunk[-3:]
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _checked(path, name, "cp1252"), False
    return "utf-8", plain


def _checked(path: Path, name: str, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)()
    controls = 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                text = decoder.decode(chunk)
                controls += sum(text.count(chr(c)) for c in (0, 1, 2, 3, 4, 5, 6, 7, 8))
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            controls = 1
    if controls:
        raise InputError("Pengodean huruf berkas tidak dikenal", name, _AS_UTF8)
    return encoding


def records(path: Path, name: str, table: TextTable) -> Iterator[list[str]]:
    """All rows of a text file as cells, in bounded memory.

    Raises
    ------
    InputError
        When a cell is larger than any office's.
    """
    try:
        with path.open(encoding=table.encoding, newline="") as file:
            yield from csv.reader(file, delimiter=table.delimiter)
    except (csv.Error, UnicodeError):
        raise InputError(
            "Isi berkas tidak terbaca sebagai tabel",
            name,
            "Buka di Excel dan simpan ulang sebagai xlsx atau CSV UTF-8",
        ) from None


def scattered_rows(path: Path, delimiter: str) -> Iterator[list[str]]:
    """Cells of whole lines from many places of a UTF-8 file, the same ones each time."""
    size = path.stat().st_size
    with path.open("rb") as file:
        for place in range(PLACES):
            file.seek(size * place // PLACES)
            lines = file.read(PLACE_BYTES).decode("utf-8", errors="replace").splitlines()[1:-1]
            with contextlib.suppress(csv.Error):
                yield from csv.reader(lines, delimiter=delimiter)
