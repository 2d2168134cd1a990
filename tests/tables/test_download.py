"""Downloads open as what they are: numbers as numbers, dates as dates, no text as a formula."""

import csv
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ektp_analysis.tables.download import About, safe_text, write_csv, write_xlsx
from ektp_analysis.tables.glossary import TERMS, column_kind, term

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "+1+1",
    "-1+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    '"=1+1',
    " =HYPERLINK(1)",
    "\u00a0=1",
    "＝1+1",
    "Curup;=1+1",
    "Curup, @x",
]
STARTS = tuple("=+-@＝＋－＠")
ABOUT = About("Sisa belum rekam — Kecamatan Curup", "Ada 3 desa", date(2024, 8, 2), True)


def read_csv(path, delimiter=";"):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_inert_in_csv(tmp_path, name):
    write_csv(tmp_path / "a.csv", [name, "n"], [[name, -3]])
    rows = read_csv(tmp_path / "a.csv")
    assert len(rows) == 2 and rows[1][1] == "-3"
    assert not rows[0][0].startswith(STARTS) and not rows[1][0].startswith(STARTS)
    # a spreadsheet with another separator must not find a formula in the pieces either
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig").replace("-3", "3")
    for separator in ",;|\t":
        for piece in text.replace("\n", separator).split(separator):
            assert not piece.strip(" \"'\u00a0").startswith(STARTS) or "'" in piece


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text_in_xlsx(tmp_path, name):
    write_xlsx(tmp_path / "a.xlsx", ["Desa/kelurahan"], [[name]], name="x", about=ABOUT)
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx")["Data"]["A2"]
    assert cell.data_type == "s"
    stripped = name.lstrip("\t\r\n \u00a0\"'")
    assert cell.quotePrefix == stripped.startswith(STARTS)


@given(st.text(max_size=40))
def test_no_text_starts_a_formula(text):
    out = safe_text(text)
    assert not out.strip().startswith(STARTS)
    assert not any(ord(c) < 32 for c in out)


def test_types_formats_and_explanation(tmp_path):
    columns = ["Tanggal", "Belum rekam", "Cakupan", "Sejak minggu lalu", "Tahun lahir", "Alasan"]
    rows = [["2024-08-02", 1234, 0.938, -7, 2007, "x"], ["2024-08-09", "<5", None, 0, 2008, ""]]
    write_xlsx(tmp_path / "a.xlsx", columns, rows, name="x", about=ABOUT)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book["Data"]
    assert [c.value for c in sheet[1]] == columns
    assert [c.value for c in sheet[2]] == [datetime(2024, 8, 2), 1234, 0.938, -7, 2007, "x"]
    assert [c.number_format for c in sheet[2]][:5] == [
        "d mmm yyyy", "#,##0", "0.0%", "#,##0", "0",
    ]  # fmt: skip
    assert sheet["B3"].value == "<5" and sheet["C3"].value is None
    about = {row[0]: row[1] for row in book["Keterangan"].iter_rows(values_only=True)}
    assert about["Data per"] == "2 Agustus 2024" and about["Isi"] == "Ada 3 desa"
    assert about["Perhatian"].startswith("Data sintetis")
    assert about["Cakupan"] == TERMS["Cakupan"].definition


def test_real_data_carry_no_synthetic_note(tmp_path):
    write_xlsx(tmp_path / "a.xlsx", ["a"], [], name="x", about=About("t", "f", date(2024, 8, 2)))
    cells = [
        c.value for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["Keterangan"] for c in row
    ]
    assert not any("sintetis" in str(c) for c in cells)


def test_csv_has_decimal_commas_and_iso_dates(tmp_path):
    write_csv(tmp_path / "a.csv", ["a", "b", "c", "d"], [["2024-08-02", 0.5, None, True]])
    assert read_csv(tmp_path / "a.csv")[1] == ["2024-08-02", "0,5", "", "ya"]
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_same_table_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_xlsx(tmp_path / f"{name}.xlsx", ["x"], [[1]], name="x", about=ABOUT)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_word_with_two_meanings():
    assert column_kind("waktu-rekam", "Belum rekam", [0.5]) == "share"
    assert column_kind("tren", "Belum rekam", [5]) == "integer"
    assert term("waktu-rekam", "Belum rekam") != term("tren", "Belum rekam")


def test_months_since_a_birthday_are_numbers_and_not_dates():
    for name in ("waktu-rekam", "waktu-rekam-angkatan"):
        assert column_kind(name, "Bulan", [0, 1, 2]) == "integer"
    assert column_kind("tabel-baru", "Bulan", [0, 1, 2]) == "integer"
    assert column_kind("menyusul", "Bulan", ["2024-08-01"]) == "month"
