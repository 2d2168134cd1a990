"""A known table in any layout comes back exactly; any bytes give a result or a clear error."""

from __future__ import annotations

import os
import tempfile
import zipfile
from datetime import date
from pathlib import Path

import offices as o
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ektp_analysis import regions
from ektp_analysis.errors import EktpError
from ektp_analysis.ingest import Limits, ingest
from ektp_analysis.ingest.readers import read_file
from ektp_analysis.store import Store

DAY = date(2024, 8, 2)
EXAMPLES = int(os.environ.get("EKTP_EXAMPLES", "12"))
"""Layouts to try; more for a long search."""
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember"
VILLAGES = regions.villages()


# -- recaps ------------------------------------------------------------------------------------------


@st.composite
def recaps(draw):
    """Counts by village: a few villages of a few kecamatan, each with both sexes."""
    districts = draw(
        st.lists(st.sampled_from(sorted(set(VILLAGES["district_code"]))), min_size=1, max_size=3, unique=True)
    )  # fmt: skip
    table = {}
    for district in districts:
        codes = VILLAGES.loc[VILLAGES["district_code"] == district, "village_code"].tolist()
        for code in draw(st.lists(st.sampled_from(codes), min_size=1, max_size=4, unique=True)):
            # both sexes, so that a column of L and one of P can be written
            male, female = (draw(st.integers(0, 30_000)) for _ in "LP")
            done = (draw(st.integers(0, male)), draw(st.integers(0, female)))
            table[code] = (male, female, *done)
    return table


HEADINGS = (
    "KEC. {}",
    "KECAMATAN : {}",
    "{}",
    "I. Kec. {}",
    "first {}",
    "first KEC. {}",
    "sum KEC. {}",
    "sum {}",
)
"""How a section says its kecamatan: a word before the name or none, in the first column or in the
column of the villages, with the sum of its villages or without."""


@st.composite
def recap_layouts(draw):
    return {
        "titles": draw(st.lists(st.sampled_from(["DINAS DUKCAPIL", "REKAP", "", "Per 2 Agustus 2024"]), max_size=3)),
        "sexes": draw(st.booleans()),
        "groups": draw(st.booleans()),
        "numbers": draw(st.sampled_from(["1234", "1.234"])),
        "totals": draw(st.booleans()),
        "grand": draw(st.booleans()),
        "sections": draw(st.sampled_from(["", *HEADINGS])),
        "footer": draw(st.booleans()),
        "numbering": draw(st.booleans()),
        "gap": draw(st.booleans()),
        "kind": draw(st.sampled_from(["csv;", "csv,", "tsv", "xlsx", "xls", "zip"])),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        "sheets": draw(st.booleans()),
        "prefix": draw(st.sampled_from(["", "Desa ", "KEL. ", "ds. "])),
        "case": draw(st.sampled_from([str.upper, str, str.title])),
    }  # fmt: skip


def _render_recap(table, how, folder: Path) -> None:
    names = VILLAGES.set_index("village_code")
    by_district: dict[str, list[str]] = {}
    for code in table:
        by_district.setdefault(names["district_name"][code], []).append(code)
    one_sheet_each = how["sheets"] and how["kind"] in ("xlsx", "xls")
    parts = (
        {d: {d: codes} for d, codes in by_district.items()}
        if one_sheet_each
        else {"Rekap": by_district}
    )
    sheets = {}
    for name, part in parts.items():
        rows = [[t] for t in how["titles"]]
        measures = ["L", "P", "JML"] if how["sexes"] else ["JML"]
        both = [
            f"{g} {m}" if how["sexes"] else g
            for g in ("WAJIB KTP", "SUDAH REKAM")
            for m in measures
        ]
        place = (
            ["NO", "DESA/KELURAHAN"]
            if one_sheet_each or how["sections"]
            else ["NO", "KECAMATAN", "DESA/KELURAHAN"]
        )
        if how["groups"] and how["sexes"]:
            rows.append([*place, "WAJIB KTP", "", "", "SUDAH REKAM", "", ""])
            rows.append(["", *[""] * (len(place) - 1), *measures, *measures])
        else:
            rows.append([*place, *both])
        if how["numbering"]:
            rows.append([str(i + 1) for i in range(len(place) + len(both))])
        every: list[list[int]] = []
        for district, codes in part.items():
            block = []
            if how["sections"] and not one_sheet_each:
                rows.append([])
                heading = rows[-1]
            for number, code in enumerate(codes, 1):
                m, f, dm, df = table[code]
                counts = [m, f, m + f, dm, df, dm + df] if how["sexes"] else [m + f, dm + df]
                village = names["village_name"][code]
                kind = names["village_kind"][code]
                prefix = (
                    how["prefix"]
                    if (how["prefix"].strip().upper() == "KEL.") == (kind == "kelurahan")
                    else ""
                )
                where = [
                    str(number),
                    *([how["case"](district)] if "KECAMATAN" in place else []),
                    prefix + how["case"](village),
                ]
                rows.append([*where, *(_number(c, how["numbers"]) for c in counts)])
                block.append(counts)
            every += block
            if how["sections"] and not one_sheet_each:
                heading[:] = _heading(district, place, block, how)
            if how["totals"]:
                rows.append(_sum_row("Jumlah", place, block, how))
        if how["grand"]:
            rows.append(_sum_row("TOTAL", place, every, how))
        if how["footer"]:
            rows += [
                [],
                ["", "", "", "Curup, 2 Agustus 2024"],
                ["", "", "", "Kepala Dinas"],
                ["", "", "", "NIP. 196512311990031001"],
            ]
        if how["gap"]:
            rows = [[*row[:2], "", *row[2:]] if len(row) > 2 else row for row in rows]
        sheets[name.upper()[:31]] = rows
    _write(sheets, how, folder)  # fmt: skip


def _heading(district, place, block, how):
    form = how["sections"]
    where, text = form.split()[0], form.removeprefix("first ").removeprefix("sum ")
    if where == "sum":
        # Kota Padang with counts is a kecamatan or a kelurahan: see test_namesakes
        text = "KEC. {}" if district in NAMESAKES else text
        return _sum_row(text.format(district.upper()), place, block, how)
    name = text.format(district.upper())
    blank = [""] * (len(place) - 2 + len(block[0]))
    return [name, "", *blank] if where == "first" else ["", name, *blank]


def _sum_row(word, place, block, how):
    sums = [sum(column) for column in zip(*block, strict=True)]
    return ["", word, *[""] * (len(place) - 2), *(_number(s, how["numbers"]) for s in sums)]


def _number(count: int, form: str) -> str:
    return f"{count:,}".replace(",", ".") if form == "1.234" else str(count)


def _write(sheets, how, folder: Path) -> None:
    kind = how["kind"]
    if kind in ("xlsx", "zip"):
        path = o.xlsx(folder / "a.xlsx", sheets)
        if kind == "zip":
            with zipfile.ZipFile(folder / "a.zip", "w") as packed:
                packed.write(path, "dalam/a.xlsx")
            path.unlink()
    elif kind == "xls":
        o.xls(folder / "a.xls", sheets)
    else:
        delimiter = {"csv;": ";", "csv,": ",", "tsv": "\t"}[kind]
        [rows] = sheets.values()
        o.text(folder / "a.csv", rows, delimiter, how["encoding"])


NAMESAKES = set(VILLAGES["village_name"]) & set(VILLAGES["district_name"])


@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate], **QUIET)
@given(recaps(), recap_layouts())
def test_a_recap_in_any_layout_comes_back(table, how):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / DAY.isoformat()
        folder.mkdir()
        _render_recap(table, how, folder)
        report = ingest([folder], Path(name) / "s", Path(name) / "q")
        stock = Store(Path(name) / "s").load().stock
    found = stock.groupby("village_code")[["eligible", "recorded"]].sum()
    assert {c: tuple(v) for c, v in found.T.to_dict("list").items()} == {
        code: (m + f, dm + df) for code, (m, f, dm, df) in table.items()
    }
    if how["sexes"]:
        men = stock[stock["sex"] == "L"].set_index("village_code")["eligible"]
        assert men.to_dict() == {code: m for code, (m, *_) in table.items()}
    assert report.notes == [] and int(report.quality[0]["quarantined"].sum()) == 0


def _read(rows, sheet="Rekap"):
    """Counts by place, and the reasons of what was rejected."""
    with tempfile.TemporaryDirectory() as name:
        path = o.xlsx(Path(name) / "rekap_20240802.xlsx", {sheet: rows})
        limits = Limits(rejected=1.0)
        try:
            report = ingest([path], Path(name) / "s", Path(name) / "q", limits=limits)
        except EktpError as error:
            return {}, [error.what]
        stock = Store(Path(name) / "s").load().stock
    rejected = report.quality[0].query("quarantined > 0")
    return dict(zip(stock["village_code"], stock["eligible"], strict=True)), list(rejected["rule"])


KELURAHAN, KECAMATAN = "17.02.06.1004", "17.02.06.0000"
SUKA_RAMI, LUBUK_MUMPO = "17.02.06.2003", "17.02.06.2005"
TWO = ["WAJIB KTP", "SUDAH REKAM"]


@pytest.mark.parametrize(
    ("sheet", "header", "names", "expected", "rejected"),
    [
        # the sheet's kecamatan tells which Suka Rami it is, and that Kota Padang is the kelurahan
        ("KOTA PADANG", "DESA", {"Kota Padang": 9, "Suka Rami": 7}, {KELURAHAN: 9, SUKA_RAMI: 7}, []),
        ("KOTA PADANG", "WILAYAH", {"Kota Padang": 9}, {KELURAHAN: 9}, []),
        # a heading with the sum of what stands below it, then the kelurahan
        ("x", "WILAYAH", {"KOTA PADANG": 16, "Kota Padang": 9, "Suka Rami": 7}, {KELURAHAN: 9, SUKA_RAMI: 7}, []),
        ("x", "DESA", {"KOTA PADANG": 12, "Suka Rami": 7, "Lubuk Mumpo": 5}, {SUKA_RAMI: 7, LUBUK_MUMPO: 5}, []),
        # a heading without counts
        ("x", "DESA", {"KOTA PADANG": None, "Kota Padang": 9, "Suka Rami": 7}, {KELURAHAN: 9, SUKA_RAMI: 7}, []),
        # a kecamatan's sum below its villages
        ("x", "WILAYAH", {"Suka Rami": 7, "Lubuk Mumpo": 5, "Kec. Kota Padang": 12}, {SUKA_RAMI: 7, LUBUK_MUMPO: 5}, []),
        ("x", "DESA", {"Suka Rami": 7, "Lubuk Mumpo": 5, "Jumlah Kec. Kota Padang": 12}, {SUKA_RAMI: 7, LUBUK_MUMPO: 5}, []),
        # a column of kecamatan
        ("x", "WILAYAH", {"Kota Padang": 9, "Curup": 8, "Curup Utara": 7}, {KECAMATAN: 9, "17.02.09.0000": 8, "17.02.16.0000": 7}, []),
        ("x", "WILAYAH", {"Kel. Kota Padang": 9}, {KELURAHAN: 9}, []),
        ("x", "WILAYAH", {"Kec. Kota Padang": 9}, {KECAMATAN: 9}, []),
        ("x", "DESA", {"Kota Padang": 9, "Lubuk Mumpo": 5}, {KELURAHAN: 9, LUBUK_MUMPO: 5}, []),
        # nothing decides: reported, not guessed
        ("x", "WILAYAH", {"Kota Padang": 9, "Lubuk Mumpo": 5}, {LUBUK_MUMPO: 5}, ["unknown_village"]),
        ("x", "DESA", {"Suka Rami": 9, "Lubuk Mumpo": 5}, {LUBUK_MUMPO: 5}, ["unknown_village"]),
        # a heading that is no kecamatan of the office, and a village without counts
        ("x", "DESA", {"Kec. Antah": None, "Suka Rami": 9, "Kec. Kota Padang": None, "Lubuk Mumpo": 5}, {LUBUK_MUMPO: 5}, ["unknown_district"]),
        ("KOTA PADANG", "DESA", {"Suka Rami": None, "Lubuk Mumpo": 5}, {LUBUK_MUMPO: 5}, ["bad_count"]),
        # the sheet and the title name two: only names that are in one kecamatan are certain
        ("CURUP", "DESA", {"title": "KECAMATAN KOTA PADANG", "Suka Rami": 9, "Lubuk Mumpo": 5}, {LUBUK_MUMPO: 5}, ["unknown_village"]),
    ],
)  # fmt: skip
def test_namesakes(sheet, header, names, expected, rejected):
    rows = [[names["title"]]] if "title" in names else []
    rows.append([header, *TWO])
    rows += [
        [name, "", ""] if count is None else [name, count, count]
        for name, count in names.items()
        if name != "title"
    ]
    # a signature below the table is no section
    rows += [[], ["Curup"], ["Kepala Dinas"]]
    assert _read(rows, sheet) == (expected, rejected)


# -- resident lists ----------------------------------------------------------------------------------

DATE_FORMS = {
    "02/08/2024": lambda d: d.strftime("%d/%m/%Y"),
    "2-8-24": lambda d: f"{d.day}-{d.month}-{d:%y}",
    "2 Agustus 2024": lambda d: f"{d.day} {MONTHS.split()[d.month - 1]} {d.year}",
    "2024-08-02": lambda d: d.isoformat(),
    "08/02/2024": lambda d: d.strftime("%m/%d/%Y"),
    "45506": lambda d: str((d - date(1899, 12, 30)).days),
    "real": lambda d: d,
}


@st.composite
def people(draw):
    """Adults and children of a few villages in one or more kecamatan, each with a NIK of its own."""
    out = []
    for number in range(draw(st.integers(3, 9))):
        code = draw(st.sampled_from(sorted(VILLAGES["village_code"])))
        birth = draw(st.dates(date(1930, 1, 1), date(2007, 7, 1)))
        sex = draw(st.sampled_from("LP"))
        done = draw(st.booleans())
        day = birth.day + (40 if sex == "P" else 0)
        nik = f"{code.replace('.', '')[:6]}{day:02d}{birth:%m%y}{number + 1:04d}"
        earliest = max(
            date(2011, 2, 1), birth.replace(year=birth.year + 16, day=min(birth.day, 28))
        )
        recorded = draw(st.dates(earliest, date(2024, 8, 2))) if done else None
        out.append((nik, birth, sex, code, done, recorded))
    return out


@st.composite
def list_layouts(draw):
    return {
        "dates": draw(st.sampled_from(sorted(DATE_FORMS))),
        "titles": draw(st.lists(st.sampled_from(["DINAS", "DAFTAR PENDUDUK", "Per 2 Agustus 2024"]), max_size=3)),
        "order": draw(st.permutations(range(7))),
        "extra": draw(st.integers(0, 3)),
        "total": draw(st.booleans()),
        "footer": draw(st.booleans()),
        "blank": draw(st.booleans()),
        "split": draw(st.sampled_from(["one", "anywhere", "district"])),
        "place": draw(st.sampled_from(["column", "title", "file"])),
        "prefix": draw(st.booleans()),
        "case": draw(st.sampled_from([str.upper, str, str.title])),
        "kind": draw(st.sampled_from(["csv;", "csv,", "tsv", "xlsx", "xls", "zip"])),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
    }  # fmt: skip


LIST_HEADER = ["No. NIK", "Tgl. Lahir", "L/P", "Nama Desa", "Status Perekaman", "Tgl Rekam", "Kec."]
MANY_SHEETS = ("xlsx", "xls", "zip")


def _parts(persons, how):
    """The persons of each sheet, and the kecamatan that it is about."""
    districts = VILLAGES.set_index("village_code")["district_name"]
    named = sorted({districts[p[3]] for p in persons})
    if how["split"] == "district" and (how["kind"] in MANY_SHEETS or len(named) == 1):
        return {name: [p for p in persons if districts[p[3]] == name] for name in named}, True
    if how["split"] == "anywhere" and how["kind"] in MANY_SHEETS:
        return {"A": persons[:2], "B": persons[2:]}, False
    return {"A": persons}, False


def _render_list(persons, how, folder: Path) -> None:
    form = DATE_FORMS[how["dates"]]
    if how["dates"] == "real" and how["kind"] not in MANY_SHEETS:
        form = date.isoformat
    names = VILLAGES.set_index("village_code")
    parts, by_district = _parts(persons, how)
    sheets = {}
    for title, own in parts.items():
        # without a column the kecamatan stands in a title, or is the sheet's name
        column = not by_district or how["place"] == "column"
        arrange = [i for i in how["order"] if i < 6 or column]
        body = []
        for nik, birth, sex, code, done, recorded in own:
            village = how["case"](names["village_name"][code])
            if how["prefix"]:
                village = (
                    "Kel. " if names["village_kind"][code] == "kelurahan" else "DS. "
                ) + village
            row = [nik, form(birth), sex, village, "SUDAH" if done else "BELUM",
                   form(recorded) if recorded else "", names["district_name"][code]]  # fmt: skip
            body.append([row[i] for i in arrange] + ["x"] * how["extra"])
        if how["blank"]:
            body = [row for pair in body for row in (pair, [])]
        rows = [[t] for t in how["titles"]]
        if not column and (how["place"] == "title" or how["kind"] not in MANY_SHEETS):
            rows.append([f"KECAMATAN {title.upper()}"])
        rows.append([LIST_HEADER[i] for i in arrange] + [f"Kolom {n}" for n in range(how["extra"])])
        rows += body
        rows += [["JUMLAH", str(len(own))]] if how["total"] else []
        rows += [[], ["", "", "Mengetahui"], ["", "", "NIP. 1965"]] if how["footer"] else []
        sheets[title[:31] if how["place"] == "file" or column else f"L{len(sheets)}"] = rows
    _write(sheets, how, folder)


@settings(max_examples=EXAMPLES, phases=[Phase.explicit, Phase.generate], **QUIET)
@given(people(), list_layouts())
def test_a_list_in_any_layout_comes_back(persons, how):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / DAY.isoformat()
        folder.mkdir()
        _render_list(persons, how, folder)
        report = ingest([folder], Path(name) / "s", Path(name) / "q")
        tables = Store(Path(name) / "s").load()
    got = {
        (r.village_code, r.birth_year, r.sex): (r.eligible, r.recorded)
        for r in tables.stock.itertuples()
    }
    expected: dict[tuple[str, int, str], tuple[int, int]] = {}
    for _, birth, sex, code, done, _ in persons:
        eligible, recorded = expected.get((code, birth.year, sex), (0, 0))
        expected[code, birth.year, sex] = (eligible + 1, recorded + int(done))
    assert got == expected
    assert int(report.quality[0]["quarantined"].sum()) == 0


# -- fuzz --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """Real files to damage."""
    folder = tmp_path_factory.mktemp("seeds")
    table = [o.HEADER, *o.rows()]
    files = [
        o.text(folder / "a.csv", table),
        o.text(folder / "b.csv", table, encoding="utf-16"),
        o.xlsx(folder / "c.xlsx", {"a": table}),
        o.xls(folder / "d.xls", {"a": table}),
        o.html(folder / "e.xls", table),
    ]
    with zipfile.ZipFile(folder / "f.zip", "w") as packed:
        packed.write(files[0], "a.csv")
    import pandas as pd

    pd.DataFrame(o.rows(), columns=o.HEADER).to_parquet(folder / "g.parquet")
    return [(p.suffix, p.read_bytes()) for p in sorted(folder.iterdir())]


def outcome(data: bytes, suffix: str) -> str:
    """Ingest bytes; a result or an EktpError is fine, anything else is not."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / f"berkas_20240802{suffix}"
        path.write_bytes(data)
        try:
            (Path(name) / "w").mkdir()
            found = read_file(path, Path(name) / "w")
            assert found.tables
            ingest([path], Path(name) / "s", Path(name) / "q", limits=Limits(1.0, 1.0, 1.0))
        except EktpError as error:
            assert str(error).endswith(".")
            assert not (Path(name) / "s" / "as_of=2024-08-02").exists()
            return "error"
        return "result"


@settings(max_examples=2 * EXAMPLES, **QUIET)
@given(data=st.data())
def test_damaged_files_give_a_result_or_a_clear_error(seeds, data):
    suffix, good = data.draw(st.sampled_from(seeds))
    damaged = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "drop"])):
            case "flip":
                damaged[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del damaged[max(at, 1) :]
            case "insert":
                damaged[at:at] = data.draw(st.binary(min_size=1, max_size=12))
            case "drop":
                del damaged[at : at + data.draw(st.integers(1, 40))]
        if not damaged:
            damaged = bytearray(b"x")
    assert outcome(bytes(damaged), suffix) in ("result", "error")


@settings(max_examples=2 * EXAMPLES, **QUIET)
@given(
    st.binary(max_size=400),
    st.sampled_from([".csv", ".txt", ".xlsx", ".xls", ".ods", ".parquet", ".zip", ""]),
)
def test_any_bytes_give_a_clear_error(data, suffix):
    assert outcome(data, suffix) == "error"


@settings(max_examples=EXAMPLES, **QUIET)
@given(
    st.lists(
        st.lists(st.text(max_size=12) | st.sampled_from([*o.HEADER, *o.RECAP_HEADER, *o.VISIT_HEADER, "JUMLAH", "1.234", "12,5%"]), max_size=9),
        max_size=9,
    ),
    st.sampled_from([[o.HEADER], [o.RECAP_HEADER], [o.VISIT_HEADER], []]),
)  # fmt: skip
def test_any_cells_under_a_header_are_no_traceback(rows, header):
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.csv"
        try:
            o.text(path, [*header, *rows])
        except (UnicodeError, ValueError):
            return
        outcome(path.read_bytes(), ".csv")
