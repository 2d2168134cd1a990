"""What a file of a site says: its texts, whatever it is made of.

Texts come in two kinds: ``markup`` as it is in the file, and ``words``, what a reader would see.
Archives, spreadsheets, embedded images and documents are opened as far as they go; what cannot be
opened is an error, because it cannot be vouched for.
"""

from __future__ import annotations

import base64
import bz2
import gzip
import html
import io
import json
import lzma
import re
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

DEPTH = 6
LARGEST = 200_000_000
"""Bytes of one unpacked member: more is no download of a site."""
DATA_URI = re.compile(r"data:[\w/+.-]*(?:;[\w=-]+)*;base64,([A-Za-z0-9+/=\s]{16,})")
TAG = re.compile(r"<[^>]{0,2000}>")
SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.S | re.I)
BLOCK = re.compile(
    r"</?(?!(?:b|i|em|strong|u|s|sub|sup|small|mark|code|abbr|bdi|bdo|wbr|font|r|t|rPr)\b)[a-z][^>]*>",
    re.I,
)
"""Tags at which words end: all but those inside a line, or inside a cell of a spreadsheet."""
MARKUP_ENDS = (".html", ".htm", ".svg", ".xml", ".xhtml", ".rels")


class OpaqueError(Exception):
    """A file that cannot be looked into; carries the kind, never content."""


@dataclass(frozen=True)
class Said:
    """A text and where in the file it stands ("" for the file itself)."""

    inside: str
    text: str
    words: bool


def contents(name: str, data: bytes, depth: int = 0, inside: str = "") -> Iterator[Said]:
    """All texts of a file.

    Raises
    ------
    OpaqueError
        When it is encrypted, damaged, or too deep or large to be opened.
    """
    if depth > DEPTH:
        raise OpaqueError("terlalu banyak lapis arsip")
    if len(data) > LARGEST:
        raise OpaqueError("terlalu besar")
    lower = name.lower()
    if data[:4] == b"PK\x03\x04":
        yield from _zip(data, depth, inside)
    elif data[:2] == b"\x1f\x8b" or data[:3] == b"BZh" or data[:6] == b"\xfd7zXZ\x00":
        yield from contents(re.sub(r"\.(gz|bz2|xz)$", "", lower), _unpack(data), depth + 1, inside)
    elif data[257:262] == b"ustar":
        yield from _tar(data, depth, inside)
    elif data[:5] == b"%PDF-":
        yield from _pdf(data, inside)
    elif data[:8] == b"\x89PNG\r\n\x1a\n" or data[:3] == b"\xff\xd8\xff" or data[8:12] == b"WEBP":
        yield from _image(data, inside)
    elif data[:4] == b"PAR1":
        yield from _parquet(data, inside)
    else:
        yield from _text(lower, data, depth, inside)


def _joined(inside: str, name: str) -> str:
    return f"{inside} › {name}" if inside else name


def _read_limited(stream: IO[bytes]) -> bytes:
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise OpaqueError("terlalu besar")
    return data


def _unpack(data: bytes) -> bytes:
    opener = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open}.get(data[:2], lzma.open)
    try:
        with opener(io.BytesIO(data)) as stream:  # type: ignore[operator]
            return _read_limited(stream)
    except (OSError, EOFError, lzma.LZMAError):
        raise OpaqueError("arsip rusak") from None


def _zip(data: bytes, depth: int, inside: str) -> Iterator[Said]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if archive.comment:
                yield Said(inside, archive.comment.decode("utf-8", "replace"), True)
            for member in archive.infolist():
                if member.is_dir():
                    continue
                if member.flag_bits & 1:
                    raise OpaqueError("arsip bersandi")
                where = _joined(inside, member.filename)
                yield Said(where, member.filename, True)
                with archive.open(member) as stream:
                    yield from contents(member.filename, _read_limited(stream), depth + 1, where)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise OpaqueError("arsip rusak") from None


def _tar(data: bytes, depth: int, inside: str) -> Iterator[Said]:
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                where = _joined(inside, member.name)
                yield Said(where, f"{member.name} {member.uname} {member.gname}", True)
                if stream := archive.extractfile(member):
                    yield from contents(member.name, _read_limited(stream), depth + 1, where)
    except tarfile.TarError:
        raise OpaqueError("arsip rusak") from None


def _pdf(data: bytes, inside: str) -> Iterator[Said]:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            raise OpaqueError("PDF bersandi")
        about = " ".join(str(v) for v in (reader.metadata or {}).values())
        packet = reader.trailer["/Root"].get_object().get("/Metadata")  # type: ignore[union-attr]
        if packet is not None:
            about += " " + packet.get_object().get_data().decode("utf-8", "replace")
        yield Said(inside, about, True)
        for page in reader.pages:
            yield Said(inside, page.extract_text(), True)
        for name, files in reader.attachments.items():
            for content in files:
                yield from contents(name, content, 1, _joined(inside, name))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError):
        raise OpaqueError("PDF rusak") from None


def _image(data: bytes, inside: str) -> Iterator[Said]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()  # text chunks may stand after the pixels
            about = [f"{k}: {_plain(v)}" for k, v in picture.info.items() if k != "icc_profile"]
            exif = picture.getexif()
            about += [_plain(v) for v in exif.values()]
            for group in (0x8769, 0x8825):  # Exif, GPS
                about += [_plain(v) for v in exif.get_ifd(group).values()]
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise OpaqueError("gambar rusak") from None
    yield Said(inside, "\n".join(about), True)


def _plain(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _parquet(data: bytes, inside: str) -> Iterator[Said]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data))
    except pa.ArrowException:
        raise OpaqueError("parquet rusak") from None
    about = {k: v for k, v in (table.schema.metadata or {}).items() if k != b"ARROW:schema"}
    yield Said(inside, " ".join(_plain(v) for v in about.values()), True)
    for column in table.columns:
        yield Said(inside, "\n".join(str(v) for v in column.to_pylist()), True)


def _text(name: str, data: bytes, depth: int, inside: str) -> Iterator[Said]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    else:
        text = data.decode("utf-8", "replace")
    if "\0" in text[:4096]:  # some other binary: whatever letters it holds
        yield Said(inside, text.replace("\0", ""), False)
        return
    for number, hit in enumerate(DATA_URI.finditer(text)):
        where = _joined(inside, f"gambar {number + 1}")
        yield from contents("", _unbase64(hit[1]), depth + 1, where)
    text = DATA_URI.sub(" ", text)
    if name.endswith((".json", ".ipynb")):
        yield from _json(text, depth, inside)
        return
    markup = name.endswith(MARKUP_ENDS) or text.lstrip()[:1] == "<"
    yield Said(inside, text, not markup and not name.endswith((".js", ".css", ".map")))
    if markup:
        plain = TAG.sub("", BLOCK.sub("\n", SCRIPT.sub(" ", text)))
        yield Said(inside, html.unescape(plain), True)


def _json(text: str, depth: int, inside: str) -> Iterator[Said]:
    try:
        stack = [("", json.loads(text))]
    except ValueError:
        yield Said(inside, text, True)
        return
    while stack:
        key, value = stack.pop()
        if isinstance(value, dict):
            for name, inner in value.items():
                yield Said(inside, str(name), True)
                stack.append((str(name), inner))
        elif isinstance(value, list):
            if value and all(isinstance(v, str) for v in value):
                stack.append((key, "".join(value)))  # a notebook's lines
            else:
                stack += [(key, inner) for inner in value]
        elif (
            isinstance(value, str)
            and key.startswith(("image/", "application/pdf"))
            and "<" not in value
        ):
            yield from contents("", _unbase64(value), depth + 1, _joined(inside, key))
        elif isinstance(value, str) and re.match(r"\s*<|.*data:.*base64,", value):
            yield from _text(".html", value.encode(), depth + 1, inside)
        elif value is not None and not isinstance(value, bool):
            yield Said(inside, str(value), True)


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(re.sub(r"\s", "", text))
    except ValueError:
        raise OpaqueError("base64 rusak") from None
