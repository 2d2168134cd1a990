"""CSV and XLSX files beside a page, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ektp_analysis.format import day
from ektp_analysis.privacy import threshold
from ektp_analysis.tables.glossary import ISO_DATE, Kind, column_kind, term
from ektp_analysis.text import SYNTHETIC

_SIGNS = "=+@\\-＝＋－＠"
"""What a spreadsheet takes for a formula, also in the full-width forms of East Asian keyboards."""
_FORMULA = re.compile(rf"^[\s\x00-\x1f\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\"']*[{_SIGNS}]")
_INNER = re.compile(rf"([,;|][\s\"']*)(?=[{_SIGNS}])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
EPOCH = datetime(2000, 1, 1)
"""A fixed creation time: the same table gives the same bytes."""
NUMBER_FORMATS: dict[Kind, str] = {
    "integer": "#,##0",
    "number": "#,##0.0##",
    "share": "0.0%",
    "year": "0",
    "date": "d mmm yyyy",
    "month": "mmm yyyy",
}
HIDDEN = (
    "tidak ada nilainya, atau disamarkan karena kurang dari {0} orang atau dapat membuka hitungan "
    "lain yang kurang dari {0}"
)


@dataclass(frozen=True)
class About:
    """Where a download comes from.

    Attributes
    ----------
    title
        Of the page.
    finding
        What the table says.
    as_of
        Date of the data.
    synthetic
        Whether the data are of the sample kabupaten.
    """

    title: str
    finding: str
    as_of: date | None = None
    synthetic: bool = False


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet might run a text, whatever invisible characters stand before its sign.

    Examples
    --------
    >>> starts_formula("=1+1"), starts_formula("Curup = 1")
    (True, False)
    """
    return bool(_FORMULA.match(text))


def safe_text(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe.

    Blanks and quotation marks before the first sign do not hide it, and neither does a separator
    inside the text, at which a spreadsheet with other settings would begin a new cell. Control
    characters become spaces.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text(-3), safe_text("Curup")
    ("'=1+1", -3, 'Curup')
    >>> safe_text("Curup,=1+1")
    "Curup,'=1+1"
    """
    if not isinstance(value, str):
        return value
    inert = _INNER.sub(r"\1'", _CONTROL.sub(" ", value))
    return "'" + inert if starts_formula(inert) else inert


def write_csv(path: Path, columns: list[str], rows: list[list[object]]) -> None:
    """UTF-8 with a mark, semicolons and decimal commas: what an Indonesian Excel opens at once.

    Parameters
    ----------
    path
        File to write.
    columns, rows
        The table; dates as ISO text, missing values as ``None``.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([safe_text(c) for c in columns])
        for row in rows:
            writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ya" if value else "tidak"
    if isinstance(value, float):
        return str(value).replace(".", ",")
    return safe_text(value)


def write_xlsx(
    path: Path,
    columns: list[str],
    rows: list[list[object]],
    *,
    name: str = "",
    about: About | None = None,
) -> None:
    """A workbook with the table, and a sheet ``Keterangan`` on its source and columns.

    Numbers, shares and dates are written as such, in the formats of the reader's own spreadsheet;
    texts are never formulas.

    Parameters
    ----------
    path
        File to write.
    columns, rows
        The table; dates as ISO text, missing values as ``None``.
    name
        Of the download, for the meaning of its columns.
    about
        Source of the table; without it there is no sheet ``Keterangan``.
    """
    # in memory: a workbook this small would otherwise be a dozen files that come and go
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties(
            {"created": EPOCH, "title": about.title if about else name, "author": "ektp_analysis"}
        )
        sheet = book.add_worksheet("Data")
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        inert = book.add_format({"quote_prefix": True})
        formats = {kind: book.add_format({"num_format": f}) for kind, f in NUMBER_FORMATS.items()}
        for c, column in enumerate(columns):
            sheet.write_string(0, c, str(safe_text(column)), bold)
            kind = column_kind(name, column, (row[c] for row in rows))
            for r, row in enumerate(rows, start=1):
                _write_cell(sheet, r, c, row[c], formats.get(kind), inert)
        sheet.freeze_panes(1, 0)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
        sheet.autofit()
        if about:
            _write_about(book, columns, name, about)


def _write_cell(
    sheet: Worksheet, r: int, c: int, value: object, shape: Format | None, inert: Format
) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_string(r, c, "ya" if value else "tidak")
    elif isinstance(value, int | float):
        sheet.write_number(r, c, value, shape)
    elif ISO_DATE.match(str(value)):
        sheet.write_datetime(r, c, datetime.fromisoformat(str(value)), shape)
    else:
        text = _CONTROL.sub(" ", str(value))
        # the prefix keeps the text inert when the sheet is saved again in another format
        sheet.write_string(r, c, text, inert if starts_formula(text) else None)


def _write_about(book: xlsxwriter.Workbook, columns: list[str], name: str, about: About) -> None:
    sheet = book.add_worksheet("Keterangan")
    bold = book.add_format({"bold": True, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    lines = [
        ("Laporan", about.title),
        ("Isi", about.finding),
        ("Data per", day(about.as_of)),
        ("Sumber", "Daftar penduduk dan catatan jemput bola Dukcapil, dihitung ektp_analysis"),
        *([("Perhatian", SYNTHETIC)] if about.synthetic else []),
        ("Sel kosong", HIDDEN.format(threshold())),
    ]
    for r, (label, text) in enumerate(lines):
        sheet.write_string(r, 0, label, bold)
        sheet.write_string(r, 1, _CONTROL.sub(" ", text), wrap)
    start = len(lines) + 1
    sheet.write_string(start, 0, "Kolom", bold)
    sheet.write_string(start, 1, "Arti", bold)
    for r, column in enumerate(columns, start=start + 1):
        known = term(name, column)
        sheet.write_string(r, 0, _CONTROL.sub(" ", column), bold)
        sheet.write_string(r, 1, known.definition if known else "–", wrap)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
