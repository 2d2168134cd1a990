"""CSV and XLSX files beside a page, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import xlsxwriter

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
EPOCH = datetime(2000, 1, 1)
"""A fixed creation time: the same table gives the same bytes."""


def safe_text(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text(-3), safe_text("Curup")
    ("'=1+1", -3, 'Curup')
    """
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


def write_csv(path: Path, columns: list[str], rows: list[list[object]]) -> None:
    """UTF-8 with a mark, semicolons and decimal commas: what an Indonesian Excel opens at once."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([safe_text(c) for c in columns])
        for row in rows:
            writer.writerow(
                [
                    str(v).replace(".", ",")
                    if isinstance(v, float)
                    else ""
                    if v is None
                    else safe_text(v)
                    for v in row
                ]
            )


def write_xlsx(path: Path, columns: list[str], rows: list[list[object]]) -> None:
    """A workbook with a bold, frozen header."""
    with xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        book.set_properties({"created": EPOCH})
        sheet = book.add_worksheet("Data")
        bold = book.add_format({"bold": True})
        for c, name in enumerate(columns):
            sheet.write_string(0, c, name, bold)
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row):
                if value is not None:
                    sheet.write(r, c, value)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
