"""Open an office file, whatever it is, as text columns that duckdb can scan.

Each table becomes SQL that yields ``file_row`` (1-based, as a spreadsheet shows it) and the
recognised columns as text. Nothing is interpreted here.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from ektp_analysis.errors import InputError
from ektp_analysis.ingest.headers import Header, find_header

HEAD_ROWS = 40
CSV_SUFFIXES = {".csv", ".txt", ".tsv"}
BOOK_SUFFIXES = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
SUFFIXES = CSV_SUFFIXES | BOOK_SUFFIXES | {".parquet"}
DELIMITERS = ";,\t|"


@dataclass(frozen=True)
class RawTable:
    """One table of an office file.

    Attributes
    ----------
    source, sheet
        File name, and sheet name ("" when the format has none).
    header
        What was recognised.
    sql
        Query that gives ``file_row`` and the recognised columns, all text.
    title
        Text above the header.
    """

    source: str
    sheet: str
    header: Header
    sql: str
    title: str

    @property
    def where(self) -> str:
        """File and sheet, for messages."""
        return f"{self.source}, lembar “{self.sheet}”" if self.sheet else self.source


def file_digest(path: Path) -> str:
    """SHA-256 of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_tables(
    path: Path, workspace: Path, mapping: dict[str, str] | None = None
) -> list[RawTable]:
    """All recognised tables of a file.

    Parameters
    ----------
    path
        csv, txt, tsv, xlsx, xlsm, xlsb, xls, ods or parquet.
    workspace
        Private folder for converted copies; the caller removes it.
    mapping
        Saved header choices of the office.

    Raises
    ------
    InputError
        When the file is missing, empty, not readable, or has no table that is recognised.
    """
    if not path.exists():
        raise InputError("Berkas tidak ditemukan", path.name, "Periksa nama dan foldernya")
    if path.stat().st_size == 0:
        raise InputError("Berkas kosong", path.name, "Unduh ulang berkasnya dari SIAK")
    suffix = path.suffix.lower()
    if suffix in CSV_SUFFIXES:
        return [_read_csv(path, workspace, mapping)]
    if suffix == ".parquet":
        return [_read_parquet(path, mapping)]
    if suffix in BOOK_SUFFIXES:
        return _read_book(path, workspace, mapping)
    raise InputError(
        f"Jenis berkas “{suffix}” tidak dikenal", path.name, "Simpan sebagai xlsx, csv atau parquet"
    )


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _select(header: Header, column_of: list[str], first_row: int, source: str) -> str:
    columns = ", ".join(
        f"nullif(trim({column_of[position]}), '') AS {name}"
        for name, position in header.columns.items()
    )
    return f"SELECT row_number() OVER () + {first_row - 1} AS file_row, {columns} FROM {source}"


def _unrecognised(where: str) -> InputError:
    return InputError(
        "Judul kolom tidak dikenali",
        where,
        "Berkas harus memuat kolom NIK (daftar penduduk), TEREKAM (jemput bola) atau WAJIB KTP "
        "(rekap); jalankan ektp ingest --explain untuk melihat yang terbaca",
    )


def _read_parquet(path: Path, mapping: dict[str, str] | None) -> RawTable:
    try:
        names = pq.read_schema(path).names
    except Exception:
        raise InputError("Berkas parquet rusak", path.name, "Salin ulang berkasnya") from None
    header = find_header([names], mapping)
    if header is None:
        raise _unrecognised(path.name)
    # dates come as "2024-08-02 00:00:00", which the date parser knows
    columns = ['"' + name.replace('"', '""') + '"::VARCHAR' for name in names]
    sql = _select(header, columns, 2, f"read_parquet({_quoted(path)})")
    return RawTable(path.name, "", header, sql, "")


def _read_csv(path: Path, workspace: Path, mapping: dict[str, str] | None) -> RawTable:
    text_path, head = _as_utf8(path, workspace)
    counts = {d: sum(line.count(d) for line in head) for d in DELIMITERS}
    delimiter = max(counts, key=lambda d: counts[d])
    rows = list(csv.reader(head, delimiter=delimiter))
    header = find_header(rows, mapping)
    if header is None:
        raise _unrecognised(path.name)
    width = max(len(row) for row in rows)
    names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    skip = header.row + header.height
    source = (
        f"read_csv({_quoted(text_path)}, delim={_quoted(delimiter)}, quote='\"', escape='\"', "
        f"header=false, skip={skip}, columns={{{names}}}, null_padding=true, strict_mode=false, "
        "auto_detect=false, parallel=false, max_line_size=1000000)"
    )
    sql = _select(header, [f"c{i}" for i in range(width)], skip + 1, source)
    title = " ".join(" ".join(row) for row in rows[: header.row])
    return RawTable(path.name, "", header, sql, title)


def _as_utf8(path: Path, workspace: Path) -> tuple[Path, list[str]]:
    """The file in UTF-8 (itself, or a converted private copy) and its first lines."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif start.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    else:
        encoding = "utf-8" if _is_utf8(path) else "cp1252"
    try:
        if encoding == "utf-8":
            return path, _first_lines(path, "utf-8")
        copy = workspace / f"{path.stem}-{file_digest(path)[:12]}.csv"
        with (
            path.open(encoding=encoding, newline="") as old,
            copy.open("w", encoding="utf-8", newline="") as new,
        ):
            while chunk := old.read(1 << 20):
                new.write(chunk)
        return copy, _first_lines(copy, "utf-8")
    except UnicodeDecodeError:
        raise InputError(
            "Pengodean huruf berkas tidak dikenal",
            path.name,
            "Buka di Excel, lalu simpan sebagai “CSV UTF-8”",
        ) from None


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _first_lines(path: Path, encoding: str) -> list[str]:
    with path.open(encoding=encoding, newline="") as file:
        return [line for _, line in zip(range(HEAD_ROWS), file, strict=False)]


def _read_book(path: Path, workspace: Path, mapping: dict[str, str] | None) -> list[RawTable]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            for name in book.sheet_names
        }
    except (CalamineError, OSError, ValueError) as error:
        locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
        raise InputError(
            "Buku kerja dikunci kata sandi" if locked else "Buku kerja tidak terbaca",
            path.name,
            "Buka di Excel, simpan ulang tanpa kata sandi sebagai .xlsx",
        ) from None
    tables = []
    for number, (sheet, rows) in enumerate(sheets.items()):
        header = find_header(rows[:HEAD_ROWS], mapping)
        if header is None:
            continue
        copy = workspace / f"{file_digest(path)[:12]}-{number}.csv"
        skip = header.row + header.height
        width = max(len(row) for row in rows)
        with copy.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            for row in rows[skip:]:
                cells = [_cell(value) for value in row]
                writer.writerow(cells + [""] * (width - len(cells)))
        names = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
        source = (
            f"read_csv({_quoted(copy)}, delim=',', quote='\"', escape='\"', header=false, "
            f"columns={{{names}}}, null_padding=true, auto_detect=false, parallel=false)"
        )
        sql = _select(header, [f"c{i}" for i in range(width)], skip + 1, source)
        title = " ".join(str(c) for row in rows[: header.row] for c in row if c not in ("", None))
        tables.append(RawTable(path.name, sheet, header, sql, f"{title} {sheet}"))
    if not tables:
        raise _unrecognised(path.name)
    return tables


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
