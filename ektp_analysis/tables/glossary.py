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
    "Kecamatan": Term("kecamatan"),
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
    "Target tercapai": Term(
        "bulan saat sisa mencapai target; kosong = tidak dalam tiga tahun", "month"
    ),
    "Paling cepat": Term("batas awal selang prediksi 80%", "month"),
    "Paling lambat": Term("batas akhir selang prediksi 80%", "month"),
    "Skenario": Term("bagaimana pekerjaan diteruskan"),
    "Sisa setahun lagi": Term("perkiraan belum rekam setahun lagi (orang)", "integer"),
    "Sisa tiga tahun lagi": Term("perkiraan belum rekam tiga tahun lagi (orang)", "integer"),
    "Selisih dan pembulatan": Term(
        "perubahan yang tidak dijelaskan peristiwa tercatat, dan selisih karena jumlah peristiwa "
        "dibulatkan (orang)",
        "integer",
    ),
    "Warga": Term("warga kelompok itu (orang)", "integer"),
    "Dalam (bulan)": Term("bulan sejak ulang tahun ke-17", "integer"),
    "Lahir": Term("tahun lahir", "year"),
    "Jenis kelamin": Term("laki-laki atau perempuan"),
    "Terdaftar": Term("warga di daftar yang akan genap 17 tahun (orang)", "integer"),
    "Kunjungan": Term("jumlah kunjungan jemput bola", "integer"),
    "Edisi": Term("nama edisi: tahun dan minggu datanya"),
    "Data per": Term("tanggal data", "date"),
    "Sejak edisi lalu": Term("perubahan belum rekam sejak edisi sebelumnya (orang)", "integer"),
    "Kunjungan terakhir": Term(
        "tanggal kunjungan terakhir dalam data ini; kosong = belum pernah", "date"
    ),
    "Kunjungan ke": Term("kunjungan ke berapa di desa itu dalam 26 minggu", "integer"),
    "Banyaknya": Term("jumlah kunjungan seperti itu", "integer"),
    "Per kunjungan": Term("rata-rata warga terekam dalam satu kunjungan (orang)"),
    "Bagian dari sisa": Term("terekam dibagi sisa sebelum kunjungan", "share"),
    "Dibanding pertama": Term("bagian dari sisa dibandingkan dengan kunjungan pertama; 1 = sama"),
    "Tambahan orang": Term("tambahan warga terekam per kunjungan karena kunjungan (orang)"),
    "p": Term("peluang melihat selisih sebesar ini bila kunjungan tidak berpengaruh", "number"),
    "Terekam di kunjungan": Term("warga yang direkam pada kunjungan (orang)", "integer"),
    "Akan rekam juga": Term("di antaranya yang akan rekam tanpa kunjungan (orang)", "integer"),
    "Hasil bersih": Term("terekam di kunjungan dikurangi yang akan rekam juga (orang)", "integer"),
    "Bagian sendiri": Term("terekam dibagi sisa, dari kunjungan di desa itu saja", "share"),
    "Pinjaman": Term("bagian perkiraan yang dipinjam dari rata-rata kabupaten", "share"),
    "Bagian desa/kelurahan": Term("bagian desa/kelurahan, dari sisa terbanyak", "share"),
    "Bagian sisa": Term("bagian dari semua yang belum rekam", "share"),
    "Minggu ini": Term("nilai pada tanggal data"),
    "Minggu lalu": Term("nilai seminggu sebelumnya"),
    "Kabar": Term("apa yang berubah sejak edisi lalu"),
    "Hasil": Term("diterima, diterima dengan catatan, atau ditolak"),
    "Jenis": Term("jenis berkas kantor"),
    "Keterangan": Term("apa yang terjadi dengan baris itu"),
    "Baris": Term("jumlah baris berkas", "integer"),
}
"""By column name."""

_SINCE_BIRTHDAY = Term("bulan sejak ulang tahun ke-17", "integer")
_SHARE_95 = {
    "Sudah rekam": Term("bagian yang sudah rekam dalam sekian bulan itu", "share"),
    "Belum rekam": Term("bagian yang belum rekam sesudah bulan itu", "share"),
    "Bawah (95%)": Term(_INTERVAL.format("bawah", "kepercayaan 95%"), "share"),
    "Atas (95%)": Term(_INTERVAL.format("atas", "kepercayaan 95%"), "share"),
}
OWN_TERMS: dict[str, dict[str, Term]] = {
    "cara-memilih": {"Minggu": Term("minggu sejak data terakhir", "integer")},
    "waktu-rekam": {"Bulan": _SINCE_BIRTHDAY, **_SHARE_95},
    "waktu-rekam-angkatan": {"Bulan": _SINCE_BIRTHDAY, **_SHARE_95},
    "angkatan-bulan": {
        "Genap 17 tahun": Term("bulan ulang tahun ke-17", "month"),
        **_SHARE_95,
    },
    "menyusul-desa": {"Perkiraan": Term("perkiraan warga yang genap 17 tahun (orang)", "integer")},
    "kunjungan-ulang": _SHARE_95,
    "bagian-desa": {
        "Perkiraan": Term("bagian sisa yang diperkirakan terekam dalam satu kunjungan", "share"),
        "Bawah (80%)": Term(_INTERVAL.format("bawah", "80%"), "share"),
        "Atas (80%)": Term(_INTERVAL.format("atas", "80%"), "share"),
    },
}
"""By download and column, where the same word means something else."""


_BASE = re.compile(r"-(tabel|angka|\d+)$")
"""A figure's table has the same columns as the figure."""
PATTERNS: tuple[tuple[re.Pattern[str], Term], ...] = (
    (
        re.compile(r".*\b[Bb]awah( 95%)?\)?$"),
        Term("batas bawah selang kolom sebelumnya; di luar selang itu masih mungkin"),
    ),
    (
        re.compile(r".*\b[Aa]tas( 95%)?\)?$"),
        Term("batas atas selang kolom sebelumnya; di luar selang itu masih mungkin"),
    ),
    (
        re.compile(r"^(Bawah|Atas) \("),
        Term("batas selang kolom sebelumnya; di luar selang itu masih mungkin"),
    ),
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
    own = OWN_TERMS.get(download) or OWN_TERMS.get(_BASE.sub("", download)) or {}
    known = own.get(column) or TERMS.get(column)
    return known or next((t for pattern, t in PATTERNS if pattern.match(column)), None)


def column_kind(download: str, column: str, values: Iterable[object]) -> Kind:
    """How a column is to be shown: from the glossary, else from its values.

    A whole number of the glossary with fractions among its values is shown as what it is, and so is
    a number in a column of dates.

    Examples
    --------
    >>> column_kind("tren", "Tanggal", ["2024-08-02"]), column_kind("x", "y", [1.5, None])
    ('date', 'number')
    """
    known = term(download, column)
    present = [v for v in values if v is not None]
    dated = known is not None and known.kind in ("date", "month")
    if known and known.kind and not (dated and any(isinstance(v, int | float) for v in present)):
        whole = all(not isinstance(v, float) or v.is_integer() for v in present)
        return known.kind if known.kind != "integer" or whole else "number"
    if present and all(isinstance(v, bool) for v in present):
        return "text"
    if present and all(isinstance(v, int) for v in present):
        return "integer"
    if present and all(isinstance(v, int | float) for v in present):
        return "number"
    if present and all(isinstance(v, str) and ISO_DATE.match(v) for v in present):
        return "date"
    return "text"
