"""The gate finds a person's data wherever a file can hide them, and is not alarmed by numbers.

All NIK here are made up (NIK rekaan).
"""

import base64
import bz2
import gzip
import io
import json
import tarfile
import zipfile

import pandas as pd
import pytest
import xlsxwriter
from PIL import Image, PngImagePlugin

from ektp_analysis.restricted import Index, index_path, normal_name
from ektp_analysis.site.gate import NIK as LIKE_NIK
from ektp_analysis.site.gate import PrivacyGate, scan

NIK = "1702195201900001"
NAME = "Sri Wahyuni Lestari"


@pytest.fixture
def gate():
    # a restricted number that is no plausible NIK is found, too
    index = Index.of("2024-08-02", [NIK, "1702199999990001"], [NAME, "Suharto", "Air Rambai"])
    words = frozenset({"budi-laptop", "/srv/dukcapil/ektp"})
    return PrivacyGate(index, frozenset({"info@contoh.go.id"}), words)


def found(folder, gate, name, data):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return scan(folder, gate)


def zipped(name, data):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return out.getvalue()


def tarred(name, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


def workbook(value):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("Data").write(3, 2, value)
    return out.getvalue()


def png(text):
    out, about = io.BytesIO(), PngImagePlugin.PngInfo()
    about.add_text("Comment", text, zip=True)
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=about)
    return out.getvalue()


def jpeg(text):
    out, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = text
    Image.new("RGB", (4, 4)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def pdf(text):
    import typst

    return typst.compile(f"Warga {text}".encode())


def notebook(text):
    picture = base64.b64encode(png(text)).decode()
    return json.dumps({"cells": [{"cell_type": "code", "metadata": {}, "source": [],
                                  "outputs": [{"data": {"image/png": picture}}]}]})  # fmt: skip


def parquet(text):
    out = io.BytesIO()
    pd.DataFrame({"a": [text, "x"]}).to_parquet(out)
    return out.getvalue()


HIDING = {
    "halaman.html": lambda t: f"<p>{t}</p>",
    "pecah.html": lambda t: f"<p>{t[:5]}<b>{t[5:9]}</b>{t[9:]}</p>",
    "entitas.html": lambda t: "<p>" + "".join(f"&#{ord(c)};" for c in t) + "</p>",
    "komentar.html": lambda t: f"<!-- {t} -->",
    "gambar.svg": lambda t: f"<svg><text>{t}</text></svg>",
    "tertanam.html": lambda t: (
        f'<img src="data:image/png;base64,{base64.b64encode(png(t)).decode()}">'
    ),
    "data.csv": lambda t: f"a,{t},b\n",
    "utf16.csv": lambda t: f"a,{t},b\n".encode("utf-16"),
    "feed.xml": lambda t: f"<feed><title>{t}</title></feed>",
    "search.json": lambda t: json.dumps([{"text": f"warga {t}"}]),
    "lolos.json": lambda t: '{"a": "' + "".join(f"\\u{ord(c):04x}" for c in t) + '"}',
    "buku.ipynb": notebook,
    "lembar.xlsx": workbook,
    "arsip.zip": lambda t: zipped("dalam/data.csv", t),
    "arsip-dalam.zip": lambda t: zipped("dalam.zip", zipped("data.txt", t)),
    "data.csv.gz": lambda t: gzip.compress(t.encode()),
    "data.csv.bz2": lambda t: bz2.compress(t.encode()),
    "arsip.tar.gz": lambda t: tarred("data.txt", t.encode()),
    "foto.png": png,
    "foto.jpg": jpeg,
    "lembar.pdf": pdf,
    "tabel.parquet": parquet,
    "biner.dat": lambda t: b"\0\1\2" + t.encode("utf-16-le") + b"\0\0",
}


@pytest.mark.parametrize("name", HIDING)
def test_a_nik_is_found_wherever_it_hides(tmp_path, name):
    problems = found(tmp_path / "s", PrivacyGate(), name, HIDING[name](NIK))
    assert (
        len(problems) == 1 and problems[0].startswith(name) and f"memuat {LIKE_NIK}" in problems[0]
    )
    assert NIK not in problems[0]


@pytest.mark.parametrize("name", sorted(set(HIDING) - {"biner.dat", "pecah.html", "komentar.html"}))
def test_a_name_of_this_week_is_found_and_not_repeated(tmp_path, gate, name):
    problems = found(tmp_path / "s", gate, name, HIDING[name](f"{NAME.upper()}, 34 th"))
    assert any("memuat nama dari data minggu ini" in p for p in problems)
    assert not any("Wahyuni" in p or "WAHYUNI" in p for p in problems)


@pytest.mark.parametrize(
    "written",
    ["1702 1952 0190 0001", "1702-1952-0190-0001", "170219 520190 0001", "170219.520190.0001",
     f"NIK{NIK}", "1.702195201900001E+15"],
)  # fmt: skip
def test_a_nik_is_found_however_it_is_written(tmp_path, written):
    assert found(tmp_path / "s", PrivacyGate(), "a.csv", f"x;{written};y") == [
        f"a.csv: memuat {LIKE_NIK}."
    ]


@pytest.mark.parametrize("nik", ["3273015708900001", "1271106502010003", "9471010101000007"])
def test_the_gate_holds_for_an_office_anywhere(tmp_path, nik):
    """Bandung, Medan, Jayapura: no region is written into it."""
    (tmp_path / "index.html").write_text(f"<p>{nik}</p>")
    assert scan(tmp_path, PrivacyGate()) == [
        "index.html: memuat 16 angka berturut-turut seperti NIK."
    ]


def test_a_nik_as_a_number_in_a_spreadsheet(tmp_path):
    problems = found(tmp_path / "s", PrivacyGate(), "a.xlsx", workbook(int(NIK)))
    assert len(problems) == 1 and f"memuat {LIKE_NIK}" in problems[0]


@pytest.mark.parametrize(
    "harmless",
    ["102.1702195201900001", "1722556800000000", "1702195299900001", "9999999999999999",
     "0f1e2d3c4b5a69781702195201900001a0b1c2d3e4f5a6b7", "17021952019000011", "17.02.19.1001 2024",
     "17.02.19.2001;1234;5678;9012", "1234 5678 9012 3456 7890"],
)  # fmt: skip
def test_coordinates_hashes_and_plain_numbers_are_no_alarm(tmp_path, harmless):
    assert found(tmp_path / "s", PrivacyGate(), "a.csv", harmless) == []


def test_drawings_are_no_alarm(tmp_path):
    path = '<svg><path d="M 1702 1952 0190 0001 L 170219 520190 0001"/></svg>'
    assert found(tmp_path / "s", PrivacyGate(), "a.svg", path) == []


def test_a_restricted_number_need_not_look_like_a_nik(tmp_path, gate):
    problems = found(tmp_path / "s", gate, "a.csv", "1702199999990001")
    assert problems == ["a.csv: memuat NIK dari data minggu ini."]


def test_places_and_words_in_sentences_are_not_names(tmp_path, gate):
    # a resident called like a desa, and one with one name that is a street's, too
    assert found(tmp_path / "s", gate, "a.html", "<p>Kel. Air Rambai, Jalan Suharto</p>") == []


@pytest.mark.parametrize("name", sorted(set(HIDING) - {"biner.dat", "pecah.html", "komentar.html"}))
def test_a_name_of_one_word_is_found_where_it_stands_alone(tmp_path, gate, name):
    problems = found(tmp_path / "s", gate, name, HIDING[name]("Suharto"))
    # where a sentence goes on beside it, it may be a word of the language
    alone = name not in {"lembar.pdf", "search.json"}
    assert any("memuat nama dari data minggu ini" in p for p in problems) == alone, problems


def test_words_of_the_program_and_of_places_are_no_names():
    words = ["Juni", "Total", "Curup", "Cakupan", "Ani"]
    gate = PrivacyGate(Index.of("2024-08-02", [], words))
    assert not any(gate._has_name(word) for word in words)
    assert PrivacyGate(Index.of("2024-08-02", [], ["Siti"]))._has_name("a; Siti, b")


def test_names_in_neighbouring_cells_are_told_apart(tmp_path, gate):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("Data").write_row(0, 0, ["Desa", NAME, "Cakupan"])
    assert "memuat nama dari" in found(tmp_path / "s", gate, "a.xlsx", out.getvalue())[0]
    page = f"<section>Warga<summary>{NAME}</summary>desa</section>"
    assert "memuat nama dari" in found(tmp_path / "t", gate, "a.html", page)[0]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("/home/siti/ektp/data", "alamat folder komputer"),
        ("file:///root/x.py", "alamat folder komputer"),
        (r"C:\Users\Siti\Desktop", "alamat folder komputer"),
        ("di /srv/dukcapil/ektp", "alamat folder komputer"),
        ("dibuat di budi-laptop", "nama pengguna atau komputer"),
        ("siti@contoh.go.id", "alamat surel"),
    ],
)
def test_traces_of_a_machine_are_found(tmp_path, gate, text, kind):
    problems = found(tmp_path / "s", gate, "a.txt", text)
    assert problems == [f"a.txt: memuat {kind}."]


def test_the_offices_contact_and_relative_paths_are_allowed(tmp_path, gate):
    text = "Tulis ke info@contoh.go.id; berkas data/inbox/2024-08-02, https://contoh.id/home/x"
    assert found(tmp_path / "s", gate, "a.html", f"<p>{text}</p>") == []


def test_a_file_name_is_searched_and_not_repeated(tmp_path):
    problems = found(tmp_path / "s", PrivacyGate(), f"warga-{NIK}.csv", "a")
    assert problems == [f"warga-….csv: memuat {LIKE_NIK}."]


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("rusak.zip", b"PK\x03\x04rusak", "arsip rusak"),
        ("rusak.pdf", b"%PDF-1.7 rusak", "PDF rusak"),
        ("rusak.png", b"\x89PNG\r\n\x1a\nrusak", "gambar rusak"),
        ("rusak.gz", b"\x1f\x8brusak", "arsip rusak"),
    ],
)
def test_what_cannot_be_opened_does_not_pass(tmp_path, name, data, why):
    assert found(tmp_path / "s", PrivacyGate(), name, data) == [
        f"{name}: tidak dapat diperiksa ({why})."
    ]


def test_links_out_of_the_site_do_not_pass(tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "a.csv").symlink_to("/etc/passwd")
    assert "tautan simbolik" in scan(tmp_path / "s", PrivacyGate())[0]


def test_the_index_tells_no_name_and_is_the_owners(tmp_path):
    path = index_path(tmp_path / "quarantine")
    old = path.with_name("indeks.npz")
    old.parent.mkdir()
    old.touch()
    Index.of("2024-08-02", [NIK], [NAME]).save(path)
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    data = path.read_bytes()
    assert NIK.encode() not in data and b"Wahyuni" not in data and not old.exists()
    again = Index.load(path)
    assert again.has_nik(NIK) and not again.has_nik(NIK[::-1]) and again.has_name(normal_name(NAME))
    # two indexes of the same persons have nothing in common
    assert set(again.niks.tolist()).isdisjoint(Index.of("2024-08-02", [NIK], [NAME]).niks.tolist())


def test_without_an_index_real_data_do_not_pass():
    from datetime import date

    gate = PrivacyGate(Index.of("2024-07-26", [], []))
    assert gate.outdated(date(2024, 7, 26)) == []
    assert "ektp ingest --ulang" in gate.outdated(date(2024, 8, 2))[0]
    assert "ektp ingest --ulang" in PrivacyGate().outdated(date(2024, 8, 2))[0]
