"""Bad input by the command line: one sentence in Indonesian, exit code 2, nothing touched."""

from __future__ import annotations

import sys
import zipfile

import offices as o
import pandas as pd
import pytest

from ektp_analysis import cli

GOOD = "penduduk_20240726.csv"


@pytest.fixture
def office(tmp_path, monkeypatch):
    """A project folder with a week in its store."""
    monkeypatch.chdir(tmp_path)
    for name in ("EKTP_STORE", "EKTP_QUARANTINE", "EKTP_MAPPING"):
        monkeypatch.delenv(name, raising=False)
    o.text(tmp_path / GOOD, [o.HEADER, *o.rows()])
    assert ektp(monkeypatch, "ingest", GOOD) == 0
    return tmp_path


def ektp(monkeypatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["ektp", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def contents(folder):
    return {p: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != ".lock"}


def _locked(path):
    """What a workbook with a password looks like: an OLE file that holds an encrypted package."""
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 1000 + b"EncryptedPackage")


def _cut(path):
    o.xlsx(path, {"a": [o.HEADER, *o.rows()]})
    path.write_bytes(path.read_bytes()[:900])


def _empty_zip(path):
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("baca saya.docx", b"x")


def _lost_digits(path):
    table = o.rows() * 4
    for n, row in enumerate(table):
        row[0] = float(f"170216010190{n:03d}0")
    o.xlsx(path, {"a": [o.HEADER, *table]})


BAD = [
    ("tidak-ada_20240802.csv", None, "Berkas tidak ditemukan (tidak-ada_20240802.csv)."),
    ("kosong_20240802.csv", b"", "Berkas kosong (kosong_20240802.csv). Unduh ulang berkasnya"),
    ("hampa_20240802.txt", b"\r\n\r\n  ", "Berkas kosong (hampa_20240802.txt)."),
    (
        "tanpa_20240802.csv",
        b"NIK;TGL LAHIR;DESA\n1;2;3\n",
        "Kolom wajib tidak ada: STATUS PEREKAMAN (tanpa_20240802.csv). Tambahkan kolom itu",
    ),
    (
        "ragu_20240802.csv",
        b"NIK;TGL LAHIRAN ANAK;DESA;STATUS REKAM\n1;2;3;4\n",
        "Kolom wajib tidak ada: TANGGAL LAHIR; kolom \u201cTGL LAHIRAN ANAK\u201d mungkin TANGGAL LAHIR",
    ),
    ("rusak_20240802.xlsx", b"bukan buku kerja", "Buku kerja tidak terbaca (rusak_20240802.xlsx)."),
    ("potong_20240802.xlsx", _cut, "Buku kerja tidak terbaca (potong_20240802.xlsx). Buka di Excel"),
    ("kunci_20240802.xlsx", _locked, "Buku kerja"),
    ("rusak_20240802.parquet", b"PAR1 rusak", "Berkas parquet rusak (rusak_20240802.parquet)."),
    ("rusak_20240802.zip", b"PK\x03\x04 rusak", "Arsip zip rusak (rusak_20240802.zip)."),
    ("lain_20240802.zip", _empty_zip, "Arsip zip tidak memuat berkas xlsx"),
    (
        "huruf_20240802.csv",
        b"NIK;DESA\n\x81\x8d\x00\x01\xff\xfe\x02;x\n",
        "Pengodean huruf berkas tidak dikenal (huruf_20240802.csv). Buka di Excel",
    ),
    ("foto_20240802.png", b"\x89PNG\r\n\x1a\n", "Jenis berkas \u201c.png\u201d tidak dikenal"),
    ("asing_20240802.csv", b"a;b;c\n1;2;3\n", "Judul kolom tidak dikenali (asing_20240802.csv)."),
    ("tanpa-tanggal.csv", GOOD, "Tanggal data tidak diketahui (tanpa-tanggal.csv). Tambahkan --as-of"),
    ("penduduk_20990101.csv", GOOD, "Tanggal data 2099-01-01 belum tiba (penduduk_20990101.csv)."),
    ("digit_20240802.xlsx", _lost_digits, "Angka terakhir NIK hilang karena kolomnya disimpan"),
    (
        "hanya-judul_20240802.csv",
        (";".join(o.HEADER) + "\n").encode(),
        "Berkas tidak memuat baris penduduk (hanya-judul_20240802.csv).",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "made", "sentence"), BAD, ids=lambda v: v if isinstance(v, str) and "." in v and " " not in v else "")  # fmt: skip
def test_each_is_a_sentence(office, monkeypatch, capsys, name, made, sentence):
    path = office / name
    if made == GOOD:
        path.write_bytes((office / GOOD).read_bytes())
    elif callable(made):
        made(path)
    elif made is not None:
        path.write_bytes(made)
    before = contents(office / "data" / "store")
    capsys.readouterr()
    assert ektp(monkeypatch, "ingest", name) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("ektp: " + sentence)
    assert said.endswith(".") and "Traceback" not in said
    assert contents(office / "data" / "store") == before


@pytest.mark.parametrize("broken", ["write_table", "replace_text", "workspace"])
def test_full_disk(office, monkeypatch, capsys, broken):
    """A failing write at the snapshot, at its pointer, or in the workspace."""
    from ektp_analysis import snapshot
    from ektp_analysis.ingest import readers

    path = office / "penduduk_20240802.csv"
    # a blank line makes the reader write a clean copy first
    o.text(path, [[], o.HEADER, [], *o.rows()])

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    target = {
        "write_table": (snapshot.pq, "write_table"),
        "replace_text": (snapshot, "replace_text"),
        "workspace": (readers, "_copy"),
    }[broken]
    before = contents(office / "data" / "store")
    with monkeypatch.context() as patched:
        patched.setattr(*target, full)
        assert ektp(patched, "ingest", path.name) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "ruang disk habis" in said and said.startswith("ektp: ")
    after = contents(office / "data" / "store")
    assert {p: after[p] for p in before} == before
    assert not (office / "data" / "store" / "as_of=2024-08-02" / "current").exists()
    assert list((office / "data" / "quarantine" / ".kerja").iterdir()) == []
    assert ektp(monkeypatch, "ingest", path.name) == 0


def test_too_many_rejected_rows(office, monkeypatch, capsys):
    table = o.rows()
    table[0][0] = table[1][0] = "12"
    o.text(office / "penduduk_20240802.csv", [o.HEADER, *table])
    before = contents(office / "data" / "store")
    assert ektp(monkeypatch, "ingest", "penduduk_20240802.csv") == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("ektp: Terlalu banyak baris ditolak: 2 (40%); tersering: NIK bukan 16")
    assert contents(office / "data" / "store") == before
    kept = list((office / "data" / "quarantine" / "2024-08-02").glob("*~ditolak.xlsx"))
    assert len(kept) == 1
    assert ektp(monkeypatch, "ingest", "--paksa", "penduduk_20240802.csv") == 0
    assert ektp(monkeypatch, "ingest", "--ulang", "penduduk_20240802.csv") == 2
    for name, limit in (("QUARANTINE", "0.5"), ("FALL", "1"), ("MISSING", "1")):
        monkeypatch.setenv(f"EKTP_{name}_LIMIT", limit)
    assert ektp(monkeypatch, "ingest", "--ulang", "penduduk_20240802.csv") == 0


def test_a_fall_and_missing_villages_stop(office, monkeypatch, capsys):
    o.text(office / "penduduk_20240802.csv", [o.HEADER, *o.rows()[1:]])
    assert ektp(monkeypatch, "ingest", "penduduk_20240802.csv") == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("ektp: Jumlah sudah rekam turun lebih dari 2% di Curup Utara")
    o.text(office / "penduduk_20240802.csv", [o.HEADER, *o.rows()[:4]])
    assert ektp(monkeypatch, "ingest", "penduduk_20240802.csv") == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert "1 desa/kelurahan yang ada sebelumnya tidak ada dalam berkas: Batu Dewa" in said


def test_quarantine_says_where_and_what_to_do(office, monkeypatch, capsys):
    table = [*o.rows(), *([f"99171601019{n:05d}", *o.rows()[0][1:]] for n in range(10, 60))]
    table[2][3] = "Batu Penco Lama"
    path = o.xlsx(office / "penduduk_20240802.xlsx", {"Data": [["DAFTAR"], o.HEADER, *table]})
    assert ektp(monkeypatch, "ingest", path.name) == 0
    out = capsys.readouterr().out
    assert "Hasil pembacaan" in out and "Perlu diperiksa" in out and "1 baris ditolak" in out
    assert not any(row[0] in out for row in table)
    [kept] = (office / "data" / "quarantine" / "2024-08-02").glob("*~ditolak.xlsx")
    rows = pd.read_excel(kept, engine="calamine", dtype=str)
    row = rows.iloc[0]
    assert (row["Berkas"], row["Lembar"], row["Baris"]) == (path.name, "Data", "5")
    assert row["Kolom"] == "DESA/KELURAHAN" and row["NIK"] == table[2][0]
    assert row["Alasan"] == "Desa/kelurahan tidak ada dalam daftar wilayah kabupaten"
    assert row["Perbaikan"].startswith("Nama terdekat: ") and row["Perbaikan"].count(";") == 2
    assert "Desa Batu Panco (Curup Utara)" in row["Perbaikan"]


def test_explain_writes_nothing(office, monkeypatch, capsys):
    o.xlsx(
        office / "b_20240802.xlsx",
        {"Rekap": [["KECAMATAN CURUP UTARA"], o.RECAP_HEADER, *o.RECAP], "Lama": [["x"]]},
        hidden=("Lama",),
    )
    before = contents(office / "data" / "store")
    capsys.readouterr()
    assert ektp(monkeypatch, "ingest", "--explain", "b_20240802.xlsx") == 0
    said = capsys.readouterr().out
    for part in (
        "lembar “Rekap”: tabel rekap, karena ada kolom WAJIB KTP",
        "judul kolom di baris 2; tanggal data 2024-08-02",
        "kecamatan Curup Utara, menurut judul",
        "kolom B “DESA/KELURAHAN” → DESA/KELURAHAN (ejaan yang dikenal; 100% isinya desa/kelurahan)",
        "tidak dibaca: A “NO”",
        "lembar “Lama”: dilewati, lembar tersembunyi",
    ):
        assert part in said
    assert contents(office / "data" / "store") == before


def test_a_saved_mapping_makes_next_week_one_command(office, monkeypatch, capsys):
    header = ["NIK", "TGL LAHIRAN ANAK", "JK", "DESA", "KECAMATAN", "STATUS REKAM", "X"]
    for day in ("20240802", "20240809"):
        o.text(office / f"p_{day}.csv", [header, *o.rows(dates=lambda d: d.strftime("%m/%d/%Y"))])
    assert ektp(monkeypatch, "ingest", "p_20240802.csv") == 2
    words = ["--kolom", "TGL LAHIRAN ANAK=TANGGAL LAHIR", "--kolom", "X=TANGGAL REKAM"]
    words += ["--urutan", "bulan/hari", "--save-mapping"]
    assert ektp(monkeypatch, "ingest", *words, "p_20240802.csv") == 0
    assert "1 bentuk berkas disimpan di data/pemetaan.yaml" in capsys.readouterr().out
    assert o.PERSONS[0][0] not in (office / "data" / "pemetaan.yaml").read_text()
    assert ektp(monkeypatch, "ingest", "p_20240809.csv") == 0


def test_a_damaged_mapping_is_a_sentence(office, monkeypatch, capsys):
    for text in ("bentuk: [", "bentuk: 3", "[]", "bentuk: [{judul: [A], kolom: {A: bukan}}]"):
        (office / "data" / "pemetaan.yaml").write_text(text)
        assert ektp(monkeypatch, "ingest", "--ulang", GOOD) == 2
        assert "Berkas pemetaan" in capsys.readouterr().err


def test_visits_that_come_later_keep_the_residents(office, monkeypatch):
    from ektp_analysis.store import Store

    o.text(office / "penduduk_20240802.csv", [o.HEADER, *o.rows()])
    o.text(office / "jemput_20240802.csv", [o.VISIT_HEADER, *o.VISITS])
    assert ektp(monkeypatch, "ingest", "penduduk_20240802.csv") == 0
    assert ektp(monkeypatch, "ingest", "jemput_20240802.csv") == 0
    tables = Store(office / "data" / "store").load()
    assert len(tables.visits) == 2
    assert int(tables.stock[tables.stock["as_of"] == "2024-08-02"]["eligible"].sum()) == 5
    assert set(tables.quality[tables.quality["as_of"] == "2024-08-02"]["kind"]) == {
        "residents",
        "visits",
    }
