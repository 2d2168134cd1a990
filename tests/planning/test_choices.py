"""The staff's file: what may be written, and the exact words for what may not."""

from datetime import date

import pytest

from ektp_analysis.choices import Choices, Exclusion, Pin, load_choices
from ektp_analysis.errors import InputError
from ektp_analysis.regions import data_dir


def read(tmp_path, text):
    path = tmp_path / "pilihan.yaml"
    path.write_text(text, encoding="utf-8")
    return load_choices(path)


def test_the_committed_file_means_the_defaults():
    assert load_choices(data_dir() / "pilihan.yaml") == Choices()


@pytest.mark.parametrize("text", ["", "# kosong\n", "sematkan:\nkecualikan: []\n"])
def test_nothing_chosen(tmp_path, text):
    assert read(tmp_path, text) == Choices()


def test_no_file(tmp_path):
    assert load_choices(tmp_path / "pilihan.yaml") == Choices()


def test_codes_names_dates_and_numbers(tmp_path):
    choices = read(
        tmp_path,
        """
sematkan:
  - 17.02.11.1006
  - kel. air duku
  - desa: Kayu Manis, Kec. Selupu Rejang
    tanggal: 13/08/2024
kecualikan:
  - desa: Desa Purwodadi
    sampai: 2024-08-31
hari: [Rabu, "Jum'at"]
kunjungan_per_minggu: 2
jeda_minggu: 3
libur: [2024-08-14]
""",
    )
    assert choices == Choices(
        (Pin("17.02.11.1006"), Pin("17.02.11.1004"), Pin("17.02.11.2012", date(2024, 8, 13))),
        (Exclusion("17.02.10.2019", date(2024, 8, 31)),),
        (2, 4),
        2,
        3,
        (date(2024, 8, 14),),
    )


def test_fewer_weekdays_mean_fewer_visits(tmp_path):
    assert read(tmp_path, "hari: [Senin]").visits_per_week == 1


ERRORS = {
    "sematkan: ['17.02.19.9999']": (
        "Kode desa “17.02.19.9999” tidak dikenal (pilihan.yaml, baris 1). "
        "Lihat data/reference/villages.csv."
    ),
    "sematkan:\n- Air Dukuh": (
        "Desa “Air Dukuh” tidak dikenal (pilihan.yaml, baris 2). "
        "Mungkin maksudnya: 17.02.11.1004 (Kel. Air Duku, Kec. Selupu Rejang)"
    ),
    "kecualikan:\n- Kayu Manis": (
        "Ada 2 desa bernama “Kayu Manis” (pilihan.yaml, baris 2). "
        "Tulis kodenya, atau nama dan kecamatannya: "
        "17.02.08.2005 (Desa Kayu Manis, Kec. Sindang Kelingi); "
        "17.02.11.2012 (Desa Kayu Manis, Kec. Selupu Rejang)."
    ),
    "pilih: []": (
        "Kunci “pilih” tidak dikenal (pilihan.yaml, baris 1). Kunci yang dikenal: sematkan, "
        "kecualikan, hari, kunjungan_per_minggu, jeda_minggu, libur."
    ),
    "sematkan: [Air Duku]\nkecualikan: [Air Duku]": (
        "Kel. Air Duku, Kec. Selupu Rejang disematkan sekaligus dikecualikan "
        "(pilihan.yaml, baris 1). Hapus dari salah satu daftar."
    ),
    "sematkan:\n- desa: Air Duku\n  tanggal: besok": (
        "Tanggal “besok” tidak dikenal (pilihan.yaml, baris 3). "
        "Tulis TAHUN-BULAN-TANGGAL, misalnya 2024-08-13."
    ),
    "sematkan:\n- {desa: Air Duku, tanggal: 2024-08-13}\n- {desa: Purwodadi, tanggal: 2024-08-13}": (
        "Dua desa disematkan pada 13 Agustus 2024: Kel. Air Duku, Kec. Selupu Rejang dan "
        "Desa Purwodadi, Kec. Bermani Ulu (pilihan.yaml, baris 3). "
        "Paling banyak satu kunjungan sehari; pilih tanggal lain."
    ),
    "hari: [Rebo]": (
        "Hari “Rebo” tidak dikenal (pilihan.yaml, baris 1). "
        "Pilih dari: senin, selasa, rabu, kamis, jumat, sabtu, minggu."
    ),
    "kunjungan_per_minggu: 6": (
        "Nilai kunjungan_per_minggu “6” tidak dapat dipakai (pilihan.yaml, baris 1). "
        "Tulis bilangan bulat 1 sampai 5: paling banyak satu kunjungan sehari, dan ada 5 hari "
        "kunjungan."
    ),
    "sematkan:\n- desa: Air Duku\n  jam: 9": (
        "Butir “sematkan” tidak dikenal (pilihan.yaml, baris 2). "
        "Tulis nama atau kode desa, atau “desa: …” dengan “tanggal: …”."
    ),
    "sematkan: [\n": (
        "Berkas pilihan tidak terbaca (pilihan.yaml, baris 2). Periksa tanda baca di baris itu: "
        "tiap desa ditulis sebagai “- nama” di bawah kuncinya."
    ),
    "- Air Duku": (
        "Isi berkas pilihan bukan pasangan kunci dan nilai (pilihan.yaml, baris 1). "
        "Kunci: sematkan, kecualikan, hari, kunjungan_per_minggu, jeda_minggu, libur."
    ),
    "sematkan: []\nsematkan: []": (
        "Kunci “sematkan” ditulis dua kali (pilihan.yaml, baris 2). Gabungkan daftarnya."
    ),
    "sematkan:\n- ": (
        "Ada butir tanpa nama desa (pilihan.yaml, baris 2). Isi namanya, atau hapus baris itu."
    ),
}


@pytest.mark.parametrize("text", ERRORS, ids=lambda t: t.replace("\n", " ")[:30])
def test_mistakes_are_named_with_their_line(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(ERRORS[text])


def test_a_file_that_is_not_text(tmp_path):
    path = tmp_path / "pilihan.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="Simpan ulang sebagai teks UTF-8"):
        load_choices(path)
