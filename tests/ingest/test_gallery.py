"""A gallery of awkward office files: each says what must come out of it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import offices as o
import pandas as pd
import pytest

from ektp_analysis.ingest import Limits, ingest
from ektp_analysis.ingest.explain import explain
from ektp_analysis.ingest.mapping import Choices
from ektp_analysis.store import Store

DAY = date(2024, 8, 2)
CASES: list[Case] = []


@dataclass(frozen=True)
class Case:
    """A file or folder of files, and what the store must hold afterwards."""

    build: Callable[[Path], object]
    stock: dict[str, tuple[int, int]] = field(default_factory=lambda: o.STOCK)
    visits: dict[str, tuple[int, ...]] | None = None
    rejected: tuple[str, ...] = ()
    flagged: tuple[str, ...] = ()
    notes: str = ""

    @property
    def name(self) -> str:
        return self.build.__name__


def case(**expected):
    def add(build):
        CASES.append(Case(build, **expected))
        return build

    return add


# -- formats ---------------------------------------------------------------------------------------


@case()
def csv_semicolons(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows()])


@case()
def csv_commas_with_quotes(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows(village=lambda v: f'Desa "{v}", RT 1')], ",")
    # a comma and quotes inside a cell do not shift the columns
    text = (folder / "a.csv").read_text().replace(", RT 1", "").replace('""', "")
    (folder / "a.csv").write_text(text)


@case()
def tsv(folder):
    o.text(folder / "a.tsv", [o.HEADER, *o.rows()], "\t")


@case()
def txt_with_bars(folder):
    o.text(folder / "a.txt", [o.HEADER, *o.rows()], "|")


@case()
def utf8_with_bom(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows()], encoding="utf-8-sig")


@case()
def utf16(folder):
    o.text(folder / "a.csv", [["DAFTAR – PENDUDUK"], o.HEADER, *o.rows()], "\t", "utf-16")


@case()
def utf16_without_bom(folder):
    o.text(folder / "a.txt", [o.HEADER, *o.rows()], "\t", "utf-16-le")


@case()
def windows_1252(folder):
    o.text(folder / "a.csv", [["DAFTAR – PENDUDUK"], o.HEADER, *o.rows()], encoding="cp1252")


@case()
def workbook_with_real_dates(folder):
    o.xlsx(folder / "a.xlsx", {"Data": [o.HEADER, *o.rows(dates=lambda d: d)]})


@case()
def old_workbook(folder):
    o.xls(folder / "a.xls", {"Data": [o.HEADER, *o.rows(dates=lambda d: d)]})


@case()
def open_document(folder):
    table = pd.DataFrame(o.rows(dates=lambda d: d), columns=o.HEADER)
    table.to_excel(folder / "a.ods", engine="odf", index=False)


@case()
def parquet_typed(folder):
    table = pd.DataFrame(o.rows(dates=lambda d: d), columns=o.HEADER).replace({"": None})
    for column in ("TANGGAL LAHIR", "TGL REKAM"):
        table[column] = pd.to_datetime(table[column])
    table["NIK"] = table["NIK"].astype("int64")
    table.to_parquet(folder / "a.parquet")


@case()
def parquet_text(folder):
    pd.DataFrame(o.rows(), columns=o.HEADER).to_parquet(folder / "a.parquet")


@case(visits={"20240730-17.02.16.2004": (41, 45), "20240801-17.02.16.2003": (30, 30)})
def archive(folder):
    first = o.text(folder / "penduduk.csv", [o.HEADER, *o.rows()])
    second = o.xlsx(folder / "jb.xlsx", {"JB": [o.VISIT_HEADER, *o.VISITS]})
    with zipfile.ZipFile(folder / "minggu ini.zip", "w") as packed:
        for path in (first, second):
            packed.write(path, f"kiriman/{path.name}")
            path.unlink()
        packed.writestr("__MACOSX/kiriman/._penduduk.csv", b"\x00")


@case()
def text_called_xls(folder):
    o.text(folder / "a.xls", [o.HEADER, *o.rows()], "\t")


@case()
def html_called_xls(folder):
    o.html(folder / "a.xls", [["DAFTAR"], o.HEADER, *o.rows()])


@case()
def workbook_called_csv(folder):
    o.xlsx(folder / "b.xlsx", {"Data": [o.HEADER, *o.rows()]}).rename(folder / "a.csv")


# -- headers, titles, footers, totals ----------------------------------------------------------------


@case()
def titles_and_signatures(folder):
    o.text(
        folder / "a.csv",
        [
            ["PEMERINTAH KABUPATEN REJANG LEBONG"],
            ["DAFTAR PENDUDUK WAJIB KTP"],
            [],
            o.HEADER,
            *o.rows(),
            ["JUMLAH", "5"],
            [],
            ["", "", "", "", "Curup, 2 Agustus 2024"],
            ["Mengetahui", "", "", "", "Petugas"],
            ["Kepala Dinas", "", "", "", "Operator"],
            ["NIP. 196512311990031001", "", "", "", "NIP. 198001012005011002"],
        ],
    )


@case()
def total_that_looks_like_a_sex(folder):
    # the total's word stands under the status, and 2 is also a way to write P
    order = (5, 2, 0, 1, 3, 4, 6)
    table = [[row[i] for i in order] for row in [o.HEADER, *o.rows()]]
    o.text(folder / "a.csv", [*table, ["JUMLAH", "2"]])


@case()
def two_row_header(folder):
    upper = ["NO", "NIK", "KELAHIRAN", "", "ALAMAT", "", "PEREKAMAN", ""]
    lower = ["", "", "TANGGAL LAHIR", "JK", "DESA", "KECAMATAN", "STATUS", "TANGGAL"]
    upper[6], lower[6], lower[7] = "KTP-EL", "STATUS REKAM", "TGL REKAM"
    table = [["DAFTAR"], upper, lower, *([i, *r] for i, r in enumerate(o.rows(), 1))]
    merged = [("Data", c) for c in ("A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:H2")]
    o.xlsx(folder / "a.xlsx", {"Data": table}, merged)


@case()
def numbered_columns_under_the_header(folder):
    numbers = [str(i) for i in range(1, len(o.HEADER) + 1)]
    o.text(folder / "a.csv", [o.HEADER, numbers, *o.rows()])


@case()
def header_repeated_on_each_page(folder):
    first, second = o.rows()[:2], o.rows()[2:]
    o.text(folder / "a.csv", [o.HEADER, *first, ["Halaman 1"], o.HEADER, *second])


@case()
def line_break_in_a_header(folder):
    header = ["NIK", "TANGGAL\nLAHIR", "JENIS\nKELAMIN", *o.HEADER[3:]]
    o.text(folder / "a.csv", [["DAFTAR"], header, *o.rows()])


@case()
def blank_lines_and_columns(folder):
    wide = [[r[0], "", *r[1:4], "", "", *r[4:]] for r in [o.HEADER, *o.rows()]]
    o.text(folder / "a.csv", [[], wide[0], [], wide[1], [], *wide[2:], [], []])


@case()
def misspelt_headers(folder):
    header = ["N I K", "Tanggl Lahir", "Jenis Klamin", "Desa / Kelurahn", "Kecamtan", "Status Perekamn", "Tanggal Rekm"]  # fmt: skip
    o.text(folder / "a.csv", [header, *o.rows()])


@case()
def hidden_sheet_of_last_month(folder):
    old = [[*r[:5], "BELUM", ""] for r in o.rows()]
    sheets = {"Lama": [o.HEADER, *old], "Data": [o.HEADER, *o.rows()], "Catatan": [["halo"]]}
    o.xlsx(folder / "a.xlsx", sheets, hidden=("Lama",))


@case()
def a_sheet_for_each_village(folder):
    header = [h for h in o.HEADER if h not in ("DESA/KEL", "KECAMATAN")]
    sheets = {}
    for village in ("Batu Panco", "Perbo", "Batu Dewa"):
        own = [[*r[:3], *r[5:]] for r in o.rows() if r[3] == village]
        title = [[f"DESA {village.upper()} KECAMATAN CURUP UTARA"]]
        sheets[village] = [*title, header, *own]
    o.xlsx(folder / "a.xlsx", sheets)


@case(stock={"17.02.16.2005": (2, 2), "17.02.19.2010": (1, 0)})
def a_sheet_for_each_district(folder):
    header = [h for h in o.HEADER if h != "KECAMATAN"]
    rows = [[*r[:4], *r[5:]] for r in o.rows()]
    rows[2][3] = "Air Merah"
    o.xlsx(
        folder / "a.xlsx",
        {"Curup Utara": [header, *rows[:2]], "Kec. Curup Tgh": [header, rows[2]]},
    )


@case()
def a_file_for_each_district(folder):
    o.text(folder / "satu.csv", [o.HEADER, *o.rows()[:2]])
    o.text(folder / "dua.csv", [o.HEADER, *o.rows()[2:]], ",")
    (folder / "salinan satu.csv").write_bytes((folder / "satu.csv").read_bytes())


@case()
def district_merged_downwards(folder):
    table = [o.HEADER, *o.rows()]
    for row in table[2:]:
        row[4] = ""
    o.xlsx(folder / "a.xlsx", {"Data": table}, [("Data", "E2:E6")])


def without(columns, rows):
    """Rows without the columns of these names."""
    chosen = [n for n, name in enumerate(o.HEADER) if name not in columns]
    return [[row[n] for n in chosen] for row in rows]


@case(stock={"17.02.11.2012": (2, 2), "17.02.08.2005": (3, 1)})
def district_headings_between_the_rows(folder):
    rows = without(["KECAMATAN"], o.rows(village=lambda v: "Kayu Manis"))
    header = without(["KECAMATAN"], [o.HEADER])
    blank = [""] * 5
    o.xlsx(
        folder / "a.xlsx",
        {
            "Data": [
                ["DAFTAR PENDUDUK"],
                *header,
                ["KECAMATAN SELUPU REJANG", *blank],
                *rows[:2],
                ["JUMLAH KECAMATAN SELUPU REJANG", "2", *blank[1:]],
                ["II.", "Kec. : S. Kelingi", *blank[1:]],
                *header,
                *rows[2:],
                ["Kecamatan Curup, 2 Agustus 2024"],
            ]
        },
    )


@case(stock={"17.02.11.2012": (2, 2), "17.02.08.2005": (3, 1)})
def bare_district_headings_between_the_rows(folder):
    rows = without(["KECAMATAN"], o.rows(village=lambda v: "Kayu Manis"))
    header = without(["KECAMATAN"], [o.HEADER])
    table = [*header, ["Selupu Rejang"], *rows[:2], ["Sindang Kelingi"], *rows[2:]]
    o.text(folder / "a.csv", [[*row, *[""] * (6 - len(row))] for row in table])


@case(stock={"17.02.11.2012": (2, 2), "17.02.08.2005": (2, 1), "17.02.16.2003": (1, 0)})
def district_and_village_headings_between_the_rows(folder):
    rows = without(["KECAMATAN", "DESA/KEL"], o.rows())
    table = [
        *without(["KECAMATAN", "DESA/KEL"], [o.HEADER]),
        ["KECAMATAN SELUPU REJANG"],
        ["1", "DESA KAYU MANIS"],
        *rows[:2],
        ["KECAMATAN SINDANG KELINGI"],
        ["1", "DESA KAYU MANIS"],
        *rows[2:4],
        ["Desa Batu Dewa Kec. Curup Utara"],
        rows[4],
    ]
    o.text(folder / "a.csv", [[*row, *[""] * (5 - len(row))] for row in table])


@case(stock={"17.02.11.2012": (2, 2), "17.02.08.2005": (3, 1)})
def village_headings_beside_a_column_of_districts(folder):
    rows = o.rows()
    for row in rows:
        row[4] = "Selupu Rejang" if row[0].endswith(("1", "2")) else "Sindang Kelingi"
    header, *rows = without(["DESA/KEL"], [o.HEADER, *rows])
    table = [header, ["Desa Kayu Manis"], *rows[:2], ["KECAMATAN SINDANG KELINGI"], *rows[2:]]
    o.xlsx(folder / "a.xlsx", {"Data": table})


@case(stock={"17.02.11.2012": (2, 2)}, rejected=("unknown_village",))
def heading_of_an_unknown_district(folder):
    rows = without(["KECAMATAN"], o.rows(village=lambda v: "Kayu Manis"))
    header = without(["KECAMATAN"], [o.HEADER])
    table = [
        *header,
        ["KECAMATAN SELUPU REJANG"],
        *rows[:2],
        ["KECAMATAN ANTAH BERANTAH"],
        *rows[2:],
    ]
    o.xlsx(folder / "a.xlsx", {"Data": table})


@case(stock={"17.02.11.2012": (2, 2)}, rejected=("unknown_village",))
def bare_heading_of_an_unknown_district(folder):
    rows = without(["KECAMATAN"], o.rows(village=lambda v: "Kayu Manis"))
    header = without(["KECAMATAN"], [o.HEADER])
    table = [*header, ["SELUPU REJANG"], *rows[:2], ["ANTAH BERANTAH"], *rows[2:], ["Kepala Dinas"]]
    o.xlsx(folder / "a.xlsx", {"Data": table})


@case(stock={"17.02.16.2005": (2, 2)}, rejected=("unknown_village",))
def heading_of_an_unknown_village(folder):
    rows = without(["KECAMATAN", "DESA/KEL"], o.rows())
    table = [
        *without(["KECAMATAN", "DESA/KEL"], [o.HEADER]),
        ["KECAMATAN CURUP UTARA"],
        ["DESA BATU PANCO"],
        *rows[:2],
        ["DESA ANTAH"],
        rows[2],
        # a kecamatan takes the village of the one above away
        ["KECAMATAN CURUP TENGAH"],
        *rows[3:],
    ]
    o.xlsx(folder / "a.xlsx", {"Data": table})


@case()
def villages_that_no_heading_is_needed_for(folder):
    """A page's foot and other notes between the rows are no headings."""
    rows = without(["KECAMATAN"], o.rows())
    header = without(["KECAMATAN"], [o.HEADER])
    table = [*header, *rows[:2], ["Halaman 1"], ["CURUP"], *rows[2:4], ["Catatan"], rows[4]]
    o.xlsx(folder / "a.xlsx", {"Data": table})


# -- dates, numbers, codes ---------------------------------------------------------------------------


@case()
def spreadsheet_day_numbers(folder):
    def serial(day):
        return str((day - date(1899, 12, 30)).days)

    o.text(folder / "a.csv", [o.HEADER, *o.rows(dates=serial)])


@case()
def months_in_words(folder):
    words = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober Nopember Desember"

    def said(day):
        return f"{day.day} {words.split()[day.month - 1]} {day.year}"

    o.text(folder / "a.csv", [o.HEADER, *o.rows(dates=said)])


@case()
def years_of_two_digits(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows(dates=lambda d: f"{d.day}-{d.month}-{d:%y}")])


@case()
def month_before_day(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows(dates=lambda d: d.strftime("%m/%d/%Y"))])


@case(notes="")
def month_before_day_told_by_the_nik_only(folder):
    # no day after the 12th: only the NIK can say which is the month
    people = [r for r in o.rows(dates=lambda d: d.strftime("%m/%d/%Y")) if r[0][6:8] in ("01", "05", "45")]  # fmt: skip
    o.text(folder / "a.csv", [o.HEADER, *people])


CASES[-1] = Case(
    CASES[-1].build, {"17.02.16.2005": (1, 1), "17.02.16.2004": (1, 1), "17.02.16.2003": (1, 0)}
)


@case()
def place_and_date_of_birth_in_one(folder):
    table = o.rows(dates=lambda d: d.strftime("%d-%m-%Y"))
    for row in table:
        row[1] = f"Curup, {row[1]}"
    header = ["NIK", "TEMPAT/TGL LAHIR", *o.HEADER[2:]]
    o.text(folder / "a.csv", [header, *table])


@case()
def dates_with_a_clock(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows(dates=lambda d: d.strftime("%d/%m/%Y 00:00"))])


@case()
def nik_with_apostrophes_and_blanks(folder):
    spaced = o.rows(nik=lambda n: f"'{n[:6]} {n[6:12]} {n[12:]}")
    o.text(folder / "a.csv", [o.HEADER, *spaced])


@case()
def words_of_siak(folder):
    words = iter(
        ["PRINT_READY_RECORD", "CARD_PRINTED", "UNREGISTERED", "Sent for Enrollment", "belum rekam"]
    )
    o.text(folder / "a.csv", [o.HEADER, *o.rows(status=lambda s: next(words))])


@case()
def sexes_in_words(folder):
    table = o.rows()
    for row in table:
        row[2] = {"L": "Laki-Laki", "P": "Perempuan"}[row[2]]
    o.text(folder / "a.csv", [o.HEADER, *table])


@case()
def villages_as_people_write_them(folder):
    spelt = {"Batu Panco": "DS. BT PANCO", "Perbo": "Desa PERBO", "Batu Dewa": "batudewa"}
    o.text(folder / "a.csv", [o.HEADER, *o.rows(village=spelt.get, district="KEC. CURUP UTR")])


@case(stock={"17.02.07.2009": (2, 2), "17.02.07.2008": (2, 1), "17.02.07.2022": (1, 0)})
def roman_numerals_and_initials(folder):
    spelt = {"Batu Panco": "BELUMAI 1", "Perbo": "Belumai-II", "Batu Dewa": "Tj. Sanai 2"}
    o.text(folder / "a.csv", [o.HEADER, *o.rows(village=spelt.get, district="PUT")])


@case(stock={"17.02.11.2012": (2, 2), "17.02.08.2005": (3, 1)})
def one_name_in_two_districts(folder):
    table = o.rows(village=lambda v: "Kayu Manis")
    for row in table:
        row[4] = "Selupu Rejang" if row[0].endswith(("1", "2")) else "S. Kelingi"
    o.text(folder / "a.csv", [o.HEADER, *table])


@case(
    stock={"17.02.16.2005": (2, 2), "17.02.16.2003": (1, 0)},
    rejected=("malformed_nik", "unknown_village"),
)
def bad_rows_among_good(folder):
    table = o.rows()
    table[2][0] = "1,7E+15"
    table[3][3] = "Desa Karang Tinggi"
    o.text(folder / "a.csv", [o.HEADER, *table])


@case(flagged=("nik_sex", "recorded_before_programme", "date_without_record"))
def rows_to_look_at(folder):
    table = o.rows()
    table[0][2] = "P"
    table[1][6] = "02/03/2002"
    table[2][6] = "01/07/2024"
    o.text(folder / "a.csv", [o.HEADER, *table])


# -- recaps ------------------------------------------------------------------------------------------

TITLE = ["REKAP PEREKAMAN KECAMATAN CURUP UTARA"]


@case(stock=o.RECAP_STOCK)
def recap_plain(folder):
    o.xlsx(folder / "a.xlsx", {"Rekap": [TITLE, o.RECAP_HEADER, *o.RECAP]})


@case(stock=o.RECAP_STOCK)
def recap_with_groups_and_dots(folder):
    o.text(
        folder / "a.csv",
        [
            TITLE,
            ["NO", "DESA/KEL", "WAJIB KTP", "", "", "SUDAH REKAM", "", ""],
            ["", "", "L", "P", "JML", "L", "P", "JML"],
            ["1", "2", "3", "4", "5", "6", "7", "8"],
            ["1", "Ds. Batu Panco", "1.000", "1.100", "2.100", "990", "1.080", "2.070"],
            ["2", "Perbo", "500", "500", "1.000", "450", "440", "890"],
            ["", "JUMLAH", "1.500", "1.600", "3.100", "1.440", "1.520", "2.960"],
            ["", "", "", "", "", "Kepala Dinas"],
        ],
    )


@case(stock=o.RECAP_STOCK)
def recap_with_three_header_rows(folder):
    table = [
        TITLE,
        ["NO", "DESA", "WAJIB KTP", "PEREKAMAN", "", "", "", "PERSENTASE"],
        ["", "", "", "SUDAH", "", "BELUM", "", ""],
        ["", "", "", "L", "P", "L", "P", ""],
        [1, "Batu Panco", 2100, 990, 1080, 10, 20, 0.9857],
        [2, "Perbo", 1000, 450, 440, 50, 60, 0.89],
    ]
    merged = ["A2:A4", "B2:B4", "C2:C4", "D2:G2", "D3:E3", "F3:G3", "H2:H4"]
    o.xlsx(folder / "a.xlsx", {"Rekap": table}, [("Rekap", m) for m in merged])


@case(stock={**o.RECAP_STOCK, "17.02.19.2010": (700, 650)})
def recap_in_sections_with_subtotals(folder):
    o.text(
        folder / "a.csv",
        [
            ["NO", "WILAYAH", "WAJIB KTP", "SUDAH REKAM", "%"],
            ["I", "KEC. CURUP UTARA", "", "", ""],
            ["1", "Batu Panco", "2.100", "2.070", "98,57%"],
            ["2", "Perbo", "1.000", "890", "89%"],
            ["", "Jumlah I", "3.100", "2.960", "95,48%"],
            ["II", "KEC. CURUP TENGAH", "", "", ""],
            ["1", "Air Merah", "700", "650", "92,86%"],
            ["", "Jumlah II", "700", "650", ""],
            ["", "TOTAL", "3.800", "3.610", ""],
        ],
    )


@case(stock={"17.02.16.0000": (3100, 2960), "17.02.06.0000": (4000, 3990)})
def recap_by_district_only(folder):
    o.text(
        folder / "a.csv",
        [
            ["NO", "KECAMATAN", "WAJIB KTP-EL", "BELUM REKAM"],
            ["1", "Curup Utara", "3.100", "140"],
            ["2", "Kota Padang", "4.000", "10"],
            ["", "JUMLAH", "7.100", "150"],
        ],
    )


@case(stock={"17.02.16.0000": (3100, 2960), "17.02.06.0000": (4000, 3990)})
def recap_of_districts_called_wilayah(folder):
    o.xlsx(
        folder / "a.xlsx",
        {"x": [["WILAYAH", "WKTP", "REKAM"], ["Curup Utara", 3100, 2960], ["Kota Padang", 4000, 3990]]},
    )  # fmt: skip


@case(stock=o.RECAP_STOCK, flagged=("total_differs",))
def recap_whose_total_is_wrong(folder):
    o.text(
        folder / "a.csv", [TITLE, o.RECAP_HEADER, *o.RECAP, ["", "JUMLAH", "3.200", "2.960", ""]]
    )


@case(
    stock={"17.02.16.2005": (2100, 2070)},
    rejected=("recorded_over_eligible", "sexes_differ", "unknown_village"),
)
def recap_with_impossible_rows(folder):
    o.text(
        folder / "a.csv",
        [
            TITLE,
            ["DESA", "WAJIB KTP", "WAJIB KTP L", "WAJIB KTP P", "SUDAH REKAM"],
            ["Batu Panco", "2100", "1000", "1100", "2070"],
            ["Perbo", "1000", "500", "500", "1001"],
            ["Batu Dewa", "100", "50", "49", "90"],
            ["Desa Karang Tinggi", "100", "50", "50", "90"],
        ],
    )


@case(flagged=("recap_differs",))
def recap_and_list_of_one_week(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows()])
    o.text(
        folder / "b.csv",
        [TITLE, o.RECAP_HEADER, ["1", "Batu Panco", 2, 2, 0], ["2", "Perbo", 3, 1, 2]],
    )


@case(stock={"17.02.16.2005": (3, 2), "17.02.16.2004": (1250, 1100)})
def recap_with_decimal_points(folder):
    # 1250.000 can be no count in groups of three: so 3.000 is three
    o.text(
        folder / "a.csv",
        [TITLE, o.RECAP_HEADER[1:4], ["Batu Panco", "3.000", "2.000"], ["Perbo", "1250.000", "1100.000"]],
    )  # fmt: skip


# -- visit logs --------------------------------------------------------------------------------------


@case(visits={"20240730-17.02.16.2004": (41, 45), "20240801-17.02.16.2003": (30, 30)})
def visits_plain(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows()])
    o.text(folder / "jb.csv", [o.VISIT_HEADER, *o.VISITS])


@case(visits={"20240730-17.02.16.2004": (41, 45, 510, 720, 3), "20240730-17.02.16.2003": (30, 30, 780, None, 2)})  # fmt: skip
def visits_merged_and_in_words(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows()])
    header = ["NO", "HARI/TANGGAL", "DESA/KEL", "TIM", "JAM", "HADIR", "TEREKAM"]
    table = [
        ["LAPORAN JEMPUT BOLA KECAMATAN CURUP UTARA"],
        header,
        [1, "Selasa, 30 Juli 2024", "Ds. Perbo", "Andi, Budi, Cici", "08.30 - 12.00 WIB", 45, 41],
        [2, "", "Batu Dewa", "Andi dan Budi", "13.00 s/d selesai", 30, 30],
        ["", "JUMLAH", "", "", "", 75, 71],
    ]
    o.xlsx(folder / "jb.xlsx", {"Juli": table}, [("Juli", "B3:B4")])


@case(visits={"20240730-17.02.16.2004": (41, 45)}, rejected=("duplicate_visit", "bad_date"), flagged=("total_differs",))  # fmt: skip
def visits_with_faults(folder):
    o.text(folder / "a.csv", [o.HEADER, *o.rows()])
    first, second = (list(v) for v in o.VISITS)
    second[0] = "31/06/2024"
    o.text(
        folder / "jb.csv",
        [o.VISIT_HEADER, first, first, second, ["JUMLAH", *[""] * 7, "999", "", ""]],
    )


def test_the_gallery_is_large():
    assert len(CASES) >= 30
    assert len({c.name for c in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name)
def test_what_must_come_out(case, tmp_path):
    folder = tmp_path / DAY.isoformat()
    folder.mkdir()
    case.build(folder)
    # every fault is looked at here; the thresholds have tests of their own
    report = ingest([folder], tmp_path / "store", tmp_path / "q", limits=Limits(rejected=1.0))
    tables = Store(tmp_path / "store").load()
    counts = tables.stock.groupby("village_code")[["eligible", "recorded"]].sum()
    assert {v: tuple(row) for v, row in zip(counts.index, counts.to_numpy().tolist())} == {  # noqa: B905
        v: tuple(row) for v, row in case.stock.items()
    }
    if case.visits is not None:
        columns = ["recorded", "attended", "start", "end", "staff"]
        found = {
            v.visit_id: tuple(
                None if pd.isna(getattr(v, c)) else int(getattr(v, c)) for c in columns
            )
            for v in tables.visits.itertuples()
        }
        assert {k: v[: len(case.visits[k])] for k, v in found.items()} == case.visits
    quality = tables.quality
    assert set(quality.loc[quality["quarantined"] > 0, "rule"]) == set(case.rejected)
    assert set(case.flagged) == set(quality.loc[quality["flagged"] > 0, "rule"])
    assert case.notes in " ".join(report.notes)


def test_explain_tells_what_the_headings_between_the_rows_give(tmp_path):
    heading_of_an_unknown_district(tmp_path)
    said = "\n".join(explain([tmp_path], tmp_path / "q", Choices()))
    assert "baris 3 ke bawah: kecamatan Selupu Rejang, menurut judul bagian di baris 2" in said
    assert "kecamatan ANTAH BERANTAH (TIDAK DIKENAL: barisnya akan ditolak)" in said


def test_rows_below_an_unknown_heading_tell_its_nearest_names(tmp_path):
    folder = tmp_path / DAY.isoformat()
    folder.mkdir()
    heading_of_an_unknown_district(folder)
    report = ingest([folder], tmp_path / "store", tmp_path / "q", limits=Limits(rejected=1.0))
    rows = pd.read_excel(report.quarantine[0], dtype=str)
    assert len(rows) == 3
    assert set(rows["Kolom"]) == {"KECAMATAN"}
    assert set(rows["KECAMATAN"]) == {"ANTAH BERANTAH"}
    assert rows["Perbaikan"].str.startswith("Nama terdekat: ").all()
