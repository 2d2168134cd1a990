"""Open an office file, whatever it is, as tables that duckdb can scan.

Nothing is interpreted here but the header: every other cell stays as it was written.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from ektp_analysis.errors import InputError, disk_reason
from ektp_analysis.ingest.formats import OfficeFile, file_format, unpacked
from ektp_analysis.ingest.headers import Header, find_header
from ektp_analysis.ingest.places import district_about
from ektp_analysis.ingest.text_files import (
    ENCODING_NAMES,
    HEAD_ROWS,
    inspect_text,
    records,
)
from ektp_analysis.ingest.workbooks import Sheet, read_html, read_sheets

Finder = Callable[[Sequence[Sequence[object]]], Header | None]
"""Finds the header among first rows; an office's saved choices are inside."""


@dataclass(frozen=True)
class Direct:
    """A file that may also be read without duckdb.

    Attributes
    ----------
    path
        The file.
    delimiter
        Of a text file in UTF-8, in which each line is a row; "" for parquet.
    skip
        Lines up to the first below the header.
    """

    path: Path
    delimiter: str = ""
    skip: int = 0


@dataclass(frozen=True)
class RawTable:
    """One table of an office file.

    Attributes
    ----------
    source, sheet
        File name, and sheet name ("" when the format has none).
    header
        What was recognised.
    scan
        SQL of a relation with columns ``c0 … cN``.
    types
        duckdb type of each position, ``VARCHAR`` unless the file says otherwise.
    row_sql
        SQL of the 1-based row as a spreadsheet shows it; "" when it is ``first_row`` plus the
        position in the scan.
    first_row
        Row of the first cell below the header.
    titles
        Cells above the header.
    layout
        Format, encoding and delimiter in words, for ``--explain``.
    numeric
        Positions in which a 16-digit number was kept as a number.
    direct
        The file, if it may be read without duckdb.
    """

    source: str
    sheet: str
    header: Header
    scan: str
    types: tuple[str, ...]
    row_sql: str
    first_row: int
    titles: tuple[str, ...]
    layout: str
    numeric: frozenset[int] = frozenset()
    direct: Direct | None = None

    @property
    def title(self) -> str:
        """Text above the header, and the sheet's name."""
        return " ".join((*self.titles, self.sheet)).strip()

    @property
    def district(self) -> str:
        """The kecamatan that the whole table is about, "" when nothing outside of it says so."""
        return district_about((*self.titles, self.sheet), self.source) or ""

    @property
    def where(self) -> str:
        """File and sheet, for messages."""
        return f"{self.source}, lembar “{self.sheet}”" if self.sheet else self.source

    def text_sql(self, column: str) -> str:
        """SQL of a recognised column as trimmed text, NULL when blank or absent."""
        position = self.header.columns.get(column)
        if position is None:
            return "NULL::VARCHAR"
        cell = f"c{position}" if self.types[position] == "VARCHAR" else f"c{position}::VARCHAR"
        return f"nullif(trim({cell}), '')"


@dataclass(frozen=True)
class Skipped:
    """A sheet that was not read, and why (Indonesian)."""

    where: str
    why: str


@dataclass(frozen=True)
class FileTables:
    """What a file holds."""

    tables: tuple[RawTable, ...]
    skipped: tuple[Skipped, ...]


def file_digest(path: Path) -> str:
    """SHA-256 of the file.

    Raises
    ------
    InputError
        When it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise InputError(
            "Berkas tidak ditemukan", path.name, "Periksa nama dan foldernya"
        ) from None
    except OSError as error:
        raise InputError(
            f"Berkas tidak dapat dibuka: {disk_reason(error)}", path.name, "Periksa izin berkasnya"
        ) from None


def read_file(path: Path, workspace: Path, find: Finder = find_header) -> FileTables:
    """All recognised tables of a file, or of every file in an archive.

    Parameters
    ----------
    path
        csv, txt, tsv, xlsx, xlsm, xlsb, xls, ods, parquet, html tables, or a zip of these.
    workspace
        Private folder for converted copies; the caller removes it.
    find
        Finds the header, with the office's saved choices.

    Raises
    ------
    InputError
        When the file is missing, empty, not readable, or has no table that is recognised.
    """
    tables: list[RawTable] = []
    skipped: list[Skipped] = []
    for file in unpacked(path, workspace):
        found, passed = _read_one(file, workspace, find)
        tables += found
        skipped += passed
    if not tables:
        hidden = [s.where for s in skipped if "tersembunyi" in s.why]
        mend = (
            f"Lembar tersembunyi tidak dibaca ({', '.join(hidden)}); tampilkan lembar itu di Excel"
            if hidden
            else "Berkas harus memuat kolom NIK (daftar penduduk), TEREKAM (jemput bola) atau "
            "WAJIB KTP (rekap); jalankan ektp ingest --explain untuk melihat yang terbaca"
        )
        raise InputError("Judul kolom tidak dikenali", path.name, mend)
    return FileTables(tuple(tables), tuple(skipped))


def _read_one(
    file: OfficeFile, workspace: Path, find: Finder
) -> tuple[list[RawTable], list[Skipped]]:
    form = file_format(file.path, file.name)
    if form == "parquet":
        return _read_parquet(file, find)
    if form == "text":
        return _read_text(file, workspace, find)
    if form == "zip":
        return [], [Skipped(file.name, "arsip di dalam arsip")]
    sheets = (
        read_html(file.path, file.name) if form == "html" else read_sheets(file.path, file.name)
    )
    return _read_book(file, sheets, workspace, find, "HTML" if form == "html" else "buku kerja")


def quoted(text: object) -> str:
    """A text as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _read_parquet(file: OfficeFile, find: Finder) -> tuple[list[RawTable], list[Skipped]]:
    try:
        names = pq.read_schema(file.path).names
    except Exception:
        raise InputError("Berkas parquet rusak", file.name, "Salin ulang berkasnya") from None
    header = find([names])
    if header is None:
        return [], [Skipped(file.name, "judul kolom tidak dikenali")]
    scan = f"read_parquet({quoted(file.path)})"
    try:
        with duckdb.connect() as connection:
            described = connection.execute(f"DESCRIBE SELECT * FROM {scan}").fetchall()
    except duckdb.Error:
        raise InputError("Berkas parquet rusak", file.name, "Salin ulang berkasnya") from None
    # of two columns of one name, or of one inside another, pyarrow might take the wrong one
    clear = len({name.lower() for name in names}) == len(names) and "." not in "".join(names)
    direct = Direct(file.path) if clear and len(described) == len(names) else None
    # nested and other rare types are read as text
    kinds = [str(kind) for _, kind, *_ in described][: len(names)]
    columns = ", ".join(
        f'"{name.replace(chr(34), chr(34) * 2)}" AS c{i}' for i, name in enumerate(names)
    )
    return [
        RawTable(
            file.name, "", header, f"(SELECT {columns} FROM {scan})",
            tuple(kinds), "", 2, (), "parquet", direct=direct,
        )
    ], []  # fmt: skip


def _read_text(
    file: OfficeFile, workspace: Path, find: Finder
) -> tuple[list[RawTable], list[Skipped]]:
    table = inspect_text(file.path, file.name, find)
    header = table.header
    if header is None:
        return [], [Skipped(file.name, "judul kolom tidak dikenali")]
    below = header.row + header.height
    width = max(max(len(row) for row in table.head), max(header.columns.values()) + 1)
    titles = tuple(cell for row in table.head[: header.row] for cell in row if cell.strip())
    sign = "tab" if table.delimiter == "\t" else f"“{table.delimiter}”"
    layout = f"teks {ENCODING_NAMES[table.encoding]}, pemisah {sign}"
    types = ("VARCHAR",) * width
    if table.plain:
        scan = _csv_scan(file.path, table.delimiter, width, below)
        direct = Direct(file.path, table.delimiter, below) if table.clear_quotes else None
        return [
            RawTable(
                file.name, "", header, scan, types, "", below + 1, titles, layout, direct=direct
            )
        ], []  # fmt: skip
    rows = (
        [str(number), *row]
        for number, row in enumerate(records(file.path, file.name, table), start=1)
        if number > below
    )
    scan = _copy(rows, width, workspace)
    return [RawTable(file.name, "", header, scan, types, "file_row", below + 1, titles, layout)], []


def _csv_scan(path: Path, delimiter: str, width: int, skip: int) -> str:
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    return (
        f"read_csv({quoted(path)}, delim={quoted(delimiter)}, quote='\"', escape='\"', "
        f"header=false, skip={skip}, columns={{{names}}}, null_padding=true, strict_mode=false, "
        "auto_detect=false, max_line_size=16000000)"
    )


def _copy(rows: Iterable[list[str]], width: int, workspace: Path) -> str:
    """A clean copy of the rows (row number first) in the private workspace, and its scan."""
    number = len(list(workspace.glob("copy-*.csv")))
    path = workspace / f"copy-{number}.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as target:
        writer = csv.writer(target)
        for row in rows:
            joined = "".join(row[1:])
            if not joined or joined.isspace():
                continue
            if "\n" in joined or "\r" in joined:
                row = [" ".join(cell.split()) for cell in row]
            writer.writerow(row[: width + 1] + [""] * (width + 1 - len(row)))
    names = ", ".join(["'file_row': 'BIGINT'", *(f"'c{i}': 'VARCHAR'" for i in range(width))])
    return (
        f"read_csv({quoted(path)}, delim=',', quote='\"', escape='\"', header=false, "
        f"columns={{{names}}}, auto_detect=false, max_line_size=16000000)"
    )


def _read_book(
    file: OfficeFile,
    sheets: list[Sheet],
    workspace: Path,
    find: Finder,
    layout: str,
) -> tuple[list[RawTable], list[Skipped]]:
    tables: list[RawTable] = []
    skipped: list[Skipped] = []
    for sheet in sheets:
        where = f"{file.name}, lembar “{sheet.name}”" if sheet.name else file.name
        if not sheet.rows:
            skipped.append(Skipped(where, "kosong"))
            continue
        if sheet.hidden:
            skipped.append(Skipped(where, "lembar tersembunyi"))
            continue
        header = find(sheet.rows[:HEAD_ROWS])
        if header is None:
            skipped.append(Skipped(where, "judul kolom tidak dikenali"))
            continue
        below = header.row + header.height
        width = max(len(row) for row in sheet.rows)
        rows = ([str(n), *row] for n, row in enumerate(sheet.rows, start=1) if n > below)
        scan = _copy(rows, width, workspace)
        above = tuple(c for row in sheet.rows[: header.row] for c in row if c)
        tables.append(
            RawTable(
                file.name, sheet.name, header, scan, ("VARCHAR",) * width, "file_row",
                below + 1, above, layout, sheet.numeric,
            )
        )  # fmt: skip
    return tables, skipped
