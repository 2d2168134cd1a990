"""Builders of awkward office files: five known persons, a recap and a visit log, in any dress."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path

import openpyxl
import xlwt

PERSONS = [
    ("9917160101900001", date(1990, 1, 1), "L", "Batu Panco", "SUDAH", date(2013, 5, 14)),
    ("9917165502850002", date(1985, 2, 15), "P", "Batu Panco", "SUDAH", date(2012, 3, 2)),
    ("9917161306070003", date(2007, 6, 13), "L", "Perbo", "BELUM", None),
    ("9917160512990004", date(1999, 12, 5), "L", "Perbo", "SUDAH", date(2017, 1, 9)),
    ("9917164508020005", date(2002, 8, 5), "P", "Batu Dewa", "BELUM", None),
]
STOCK = {"17.02.16.2005": (2, 2), "17.02.16.2004": (2, 1), "17.02.16.2003": (1, 0)}
"""Eligible and recorded persons by village."""
HEADER = ["NIK", "TANGGAL LAHIR", "JK", "DESA/KEL", "KECAMATAN", "STATUS REKAM", "TGL REKAM"]
RECAP_HEADER = ["NO", "DESA/KELURAHAN", "WAJIB KTP", "SUDAH REKAM", "BELUM REKAM"]
RECAP = [["1", "Batu Panco", 2100, 2070, 30], ["2", "Perbo", 1000, 890, 110]]
RECAP_STOCK = {"17.02.16.2005": (2100, 2070), "17.02.16.2004": (1000, 890)}
VISIT_HEADER = ["TANGGAL", "KECAMATAN", "DESA/KEL", "MULAI", "SELESAI", "PETUGAS", "TARGET", "HADIR", "TEREKAM", "GAGAL", "KET"]  # fmt: skip
VISITS = [
    ["30/07/2024", "Curup Utara", "Perbo", "08.30", "12.00", "4", "60", "45", "41", "4", "hujan"],
    ["01/08/2024", "Curup Utara", "Batu Dewa", "09.00", "12.30", "3", "50", "30", "30", "0", ""],
]  # fmt: skip


def dmy(day: date | None, form: str = "%d/%m/%Y") -> str:
    return day.strftime(form) if day else ""


def rows(
    dates=dmy, village=lambda v: v, district="Curup Utara", status=lambda s: s, nik=lambda n: n
) -> list[list[object]]:
    """The five persons with the cells written in some way."""
    return [
        [nik(n), dates(b), s, village(v), district, status(r), dates(d) if d else ""]
        for n, b, s, v, r, d in PERSONS
    ]


def text(
    path: Path, table: list[list[object]], delimiter: str = ";", encoding: str = "utf-8"
) -> Path:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(table)
    path.write_bytes(buffer.getvalue().encode(encoding))
    return path


def xlsx(path: Path, sheets: dict[str, list[list[object]]], merged=(), hidden=()) -> Path:
    """A workbook; ``merged`` are (sheet, "A1:C1")."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        for row in table:
            sheet.append([None if cell == "" else cell for cell in row])
        if name in hidden:
            sheet.sheet_state = "hidden"
    for name, cells in merged:
        book[name].merge_cells(cells)
    book.save(path)
    return path


def xls(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = xlwt.Workbook()
    style = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for name, table in sheets.items():
        sheet = book.add_sheet(name)
        for r, row in enumerate(table):
            for c, cell in enumerate(row):
                if isinstance(cell, (date, datetime)):
                    sheet.write(r, c, cell, style)
                elif cell != "":
                    sheet.write(r, c, cell)
    book.save(str(path))
    return path


def html(path: Path, table: list[list[object]]) -> Path:
    lines = "".join(
        "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in table
    )
    path.write_text(f"<html><body><table border=1>{lines}</table></body></html>")
    return path
