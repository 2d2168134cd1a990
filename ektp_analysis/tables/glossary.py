"""What each column of a download means, and how a spreadsheet is to show it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "share", "date", "month", "year"]
ISO_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class Term:
    """A definition in Indonesian, with a kind where the values alone do not tell it."""

    definition: str
    kind: Kind | None = None


_INTERVAL = "batas {} selang {}; di luar selang itu masih mungkin"

TERMS: dict[str, Term] = {
    "Desa/kelurahan": Term("desa atau kelurahan; Kel. = kelurahan"),
    "Kecamatan": Term("kecamatan di Kabupaten Rejang Lebong"),
    "Tempat": Term("desa/kelurahan, atau kecamatan di laporan kabupaten"),
    "Wajib KTP": Term("penduduk berusia 17 tahun ke atas atau pernah kawin (orang)", "integer"),
    "Belum rekam": Term("wajib KTP yang biometriknya belum terekam (orang)", "integer"),
    "Sudah rekam": Term("wajib KTP yang biometriknya sudah terekam (orang)", "integer"),
    "Belum 17 tahun": Term("warga angkatan ini yang belum genap 17 tahun (orang)", "integer"),
    "Cakupan": Term("bagian wajib KTP yang sudah rekam: sudah rekam dibagi wajib KTP", "share"),
    "Sejak minggu lalu": Term(
        "selisih jumlah belum rekam dengan minggu sebelumnya (orang; negatif = berkurang)",
        "integer",
    ),
    "Kumulatif": Term(
        "bagian dari semua yang belum rekam, dijumlahkan dari tempat terbanyak", "share"
    ),
    "Tanggal": Term("tanggal potret data, perkiraan, atau kunjungan", "date"),
    "Bulan": Term("bulan (tanggal pertamanya)", "month"),
    "Minggu sampai": Term("hari terakhir minggu itu", "date"),
    "Perkiraan": Term(
        "perkiraan jumlah belum rekam bila laju 26 minggu terakhir berlanjut (orang)"
    ),
    "Perkiraan terekam": Term("perkiraan warga yang terekam dalam satu kunjungan (orang)"),
    "Bawah": Term(_INTERVAL.format("bawah", "prediksi 80%")),
    "Atas": Term(_INTERVAL.format("atas", "prediksi 80%")),
    "Bawah (80%)": Term(_INTERVAL.format("bawah", "prediksi 80%")),
    "Atas (80%)": Term(_INTERVAL.format("atas", "prediksi 80%")),
    "Bawah (95%)": Term(_INTERVAL.format("bawah", "kepercayaan 95%")),
    "Atas (95%)": Term(_INTERVAL.format("atas", "kepercayaan 95%")),
    "Butir": Term("sisa awal, peristiwa yang menambah atau mengurangi, sisa akhir"),
    "Perubahan": Term("orang; negatif = mengurangi sisa", "integer"),
    "Sisa": Term("belum rekam sesudah butir ini (orang)", "integer"),
    "Sisa awal": Term("belum rekam pada awal minggu (orang)", "integer"),
    "Sisa akhir": Term("belum rekam pada akhir minggu (orang)", "integer"),
    "Sisa sebelumnya": Term(
        "belum rekam di desa itu pada potret data sebelum kunjungan (orang)", "integer"
    ),
    "Masuk": Term(
        "genap 17 tahun, pindah datang, atau kawin sebelum 17, dan belum rekam (orang)", "integer"
    ),
    "Pergi": Term("belum rekam, lalu pindah keluar atau meninggal (orang)", "integer"),
    "Selisih": Term("perubahan yang tidak dijelaskan peristiwa tercatat (orang)", "integer"),
    "Terekam": Term("warga yang direkam (orang)", "integer"),
    "Bagian": Term("terekam dibagi sisa sebelumnya", "share"),
    "Bagian (95%)": Term("terekam dibagi sisa sebelumnya, dengan selang kepercayaan 95%"),
    "Per jam petugas": Term("warga terekam dibagi jumlah jam kerja semua petugas"),
    "Kendala": Term("sebab kunjungan kurang berhasil; kosong = tidak ada"),
    "Alasan": Term("mengapa desa ini dalam rencana"),
    "Tahun lahir": Term("tahun lahir warga", "year"),
    "Termasuk lebih tua": Term("ya = baris ini memuat semua tahun lahir sebelumnya juga"),
    "Kelompok": Term("laki-laki atau perempuan"),
    "Genap 17 tahun": Term("warga yang genap 17 tahun pada bulan itu (orang)", "integer"),
    "Minggu": Term("minggu sejak kunjungan; 0 = minggu kunjungan, negatif = sebelumnya"),
    "Rasio": Term("perekaman dibandingkan dengan yang biasa terjadi tanpa kunjungan; 1 = sama"),
    "Cara memilih desa": Term("aturan yang memilih desa yang dikunjungi"),
    "Jenis": Term("jenis berkas kantor"),
    "Keterangan": Term("apa yang terjadi dengan baris itu"),
    "Baris": Term("jumlah baris berkas", "integer"),
}
"""By column name."""

OWN_TERMS: dict[tuple[str, str], Term] = {
    ("cara-memilih", "Minggu"): Term("minggu sejak data terakhir", "integer"),
    ("waktu-rekam", "Bulan"): Term("bulan sejak ulang tahun ke-17", "integer"),
    ("waktu-rekam", "Belum rekam"): Term("bagian yang belum rekam sesudah bulan itu", "share"),
    ("waktu-rekam", "Bawah (95%)"): Term(_INTERVAL.format("bawah", "kepercayaan 95%"), "share"),
    ("waktu-rekam", "Atas (95%)"): Term(_INTERVAL.format("atas", "kepercayaan 95%"), "share"),
}
"""By download and column, where the same word means something else."""


PATTERNS: tuple[tuple[re.Pattern[str], Term], ...] = (
    (re.compile(r"^Sisa setelah \d+ minggu$"), Term("belum rekam setelah sekian minggu (orang)")),
    (
        re.compile(r"^Sampai .*%: rencana lebih cepat"),
        Term("berapa minggu rencana lebih cepat daripada cara ini sampai sisa sekian persen"),
    ),
    (
        re.compile(r"^Sampai .*%"),
        Term("minggu sampai sisa tinggal sekian persen wajib KTP; kosong = tidak tercapai"),
    ),
)
"""By the form of the name, where it holds a number; the first that fits."""


def term(download: str, column: str) -> Term | None:
    """The definition of a column of a download; ``None`` when there is none."""
    known = OWN_TERMS.get((download, column)) or TERMS.get(column)
    return known or next((t for pattern, t in PATTERNS if pattern.match(column)), None)


def column_kind(download: str, column: str, values: Iterable[object]) -> Kind:
    """How a column is to be shown: from the glossary, else from its values.

    Examples
    --------
    >>> column_kind("tren", "Tanggal", ["2024-08-02"]), column_kind("x", "y", [1.5, None])
    ('date', 'number')
    """
    known = term(download, column)
    if known and known.kind:
        return known.kind
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, bool) for v in present):
        return "text"
    if present and all(isinstance(v, int) for v in present):
        return "integer"
    if present and all(isinstance(v, int | float) for v in present):
        return "number"
    if present and all(isinstance(v, str) and ISO_DATE.match(v) for v in present):
        return "date"
    return "text"
