"""Sheets of workbooks as rows of text cells, and tables that an application saved as HTML."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ektp_analysis.errors import InputError
from ektp_analysis.ingest.formats import RESAVE

EXCEL_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; a NIK has 16."""
MAX_CELLS = 60_000_000


@dataclass(frozen=True)
class Sheet:
    """A sheet.

    Attributes
    ----------
    name
        "" for a format without sheets.
    rows
        Cells as text; a merged cell's value stands in every row that it spans, in its first
        column.
    hidden
        Whether the office hid it.
    numeric
        Positions of columns in which a 16-digit number was kept as a number.
    """

    name: str
    rows: list[list[str]]
    hidden: bool
    numeric: frozenset[int]


def read_sheets(path: Path, name: str) -> list[Sheet]:
    """The sheets of a workbook.

    Raises
    ------
    InputError
        When it is damaged or locked.
    """
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            return [
                _sheet(
                    book.get_sheet_by_name(meta.name),
                    name,
                    meta.visible != SheetVisibleEnum.Visible,
                )
                for meta in book.sheets_metadata
                if meta.typ == SheetTypeEnum.WorkSheet
            ]
    except PasswordError:
        raise InputError("Buku kerja dikunci kata sandi", name, RESAVE) from None
    except InputError:
        raise
    except (CalamineError, OSError, ValueError, OverflowError) as error:
        locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
        raise InputError(
            "Buku kerja dikunci kata sandi" if locked else "Buku kerja tidak terbaca", name, RESAVE
        ) from None
    except BaseException as error:
        # the reader is compiled code: a crash of it on a damaged file arrives as a panic
        if type(error).__name__ == "PanicException":
            raise InputError("Buku kerja tidak terbaca", name, RESAVE) from None
        raise


def _sheet(sheet: CalamineSheet, source: str, hidden: bool) -> Sheet:
    if sheet.total_height * max(sheet.total_width, 1) > MAX_CELLS:
        raise InputError(
            "Lembar terlalu besar untuk buku kerja",
            f"{source}, lembar “{sheet.name}”",
            "Simpan sebagai csv atau parquet",
        )
    numeric: set[int] = set()
    rows = []
    for cells in sheet.to_python(skip_empty_area=False):
        row = []
        for position, cell in enumerate(cells):
            if isinstance(cell, (int, float)) and abs(cell) >= 10**EXCEL_DIGITS:
                numeric.add(position)
            row.append(cell_text(cell))
        rows.append(row)
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or []:
        for below in range(top + 1, min(bottom + 1, len(rows))):
            if top < len(rows) and left < len(rows[top]) and left < len(rows[below]):
                rows[below][left] = rows[top][left]
    return Sheet(sheet.name, rows, hidden, frozenset(numeric))


def cell_text(value: object) -> str:
    """A cell as text: dates in ISO form, whole numbers without a decimal point.

    Examples
    --------
    >>> cell_text(1234.0), cell_text(date(2024, 8, 2)), cell_text(0.125), cell_text(None)
    ('1234', '2024-08-02', '0.125', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else str(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value.seconds // 3600:02d}:{value.seconds // 60 % 60:02d}"
    return str(value).replace("\x00", "").strip()


def read_html(path: Path, name: str) -> list[Sheet]:
    """Tables of a web page, as some applications name “.xls”.

    Raises
    ------
    InputError
        When there is no table in it.
    """
    data = path.read_bytes()
    encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    parser = _Tables()
    parser.feed(text)
    parser.close()
    if not parser.tables:
        raise InputError("Berkas HTML ini tidak memuat tabel", name, RESAVE)
    return [
        Sheet(f"tabel {n}" if len(parser.tables) > 1 else "", rows, False, frozenset())
        for n, rows in enumerate(parser.tables, start=1)
    ]


class _Tables(HTMLParser):
    """Rows of every table; a cell that spans stands first in each row that it spans."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._below: dict[int, tuple[int, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._close()
            self.tables.append([])
            self._below = {}
        elif tag == "tr" and self.tables:
            self._close()
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._close()
            given = dict(attrs)
            self._spans = (_span(given.get("colspan")), _span(given.get("rowspan")))
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _close(self) -> None:
        if self._cell is None or not self.tables or not self.tables[-1]:
            self._cell = None
            return
        row, text = self.tables[-1][-1], " ".join("".join(self._cell).split())
        while len(row) in self._below:
            rest, above = self._below.pop(len(row))
            if rest > 1:
                self._below[len(row)] = (rest - 1, above)
            row.append(above)
        across, down = self._spans
        for offset in range(across):
            if down > 1:
                self._below[len(row)] = (down - 1, text if offset == 0 else "")
            row.append(text if offset == 0 else "")
        self._cell = None


def _span(text: str | None) -> int:
    return max(1, min(int(text), 200)) if text and text.isascii() and text.isdigit() else 1
