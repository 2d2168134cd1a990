"""Delimited text: encoding, delimiter, and whether duckdb may scan the file as it lies."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ektp_analysis.errors import InputError
from ektp_analysis.ingest.headers import Header, find_header
from ektp_analysis.ingest.line_look import DELIMITERS, LineLook

HEAD_ROWS = 40
HEAD_BYTES = 1 << 18
CHUNK = 1 << 20
MAX_WIDTH = 1000
ENCODING_NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 dengan BOM",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
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
    clear_quotes
        Whether every quoted cell is quoted from its beginning to its end: of others, readers think
        differently.
    """

    encoding: str
    delimiter: str
    header: Header | None
    head: list[list[str]]
    plain: bool
    clear_quotes: bool = False


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
    encoding, plain, clear_quotes = _encoding(path, name)
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
    plain = plain and encoding == "utf-8"
    return TextTable(encoding, delimiter, header, rows, plain, plain and clear_quotes)


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


def _encoding(path: Path, name: str) -> tuple[str, bool, bool]:
    """The encoding; whether no line is blank (duckdb does not count those); whether quotes are clear."""
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(path, name, "utf-16"), False, False
    if start.startswith(codecs.BOM_UTF8):
        return _checked(path, name, "utf-8-sig"), False, False
    if b"\x00" in start:
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) > len(start) // 8:
            return _checked(path, name, "utf-16-le" if odd > even else "utf-16-be"), False, False
        raise InputError("Pengodean huruf berkas tidak dikenal", name, _AS_UTF8)
    decoder = codecs.getincrementaldecoder("utf-8")()
    look = LineLook()
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                # most files are ASCII, for which this check costs next to nothing
                if decoder.getstate()[0] or not chunk.isascii():
                    decoder.decode(chunk)
                look.at(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _checked(path, name, "cp1252"), False, False
    return "utf-8", look.plain, look.plain and look.clear_quotes


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
