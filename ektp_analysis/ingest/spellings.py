"""How offices spell the headers of the columns that are read; nothing but the dictionary."""

from __future__ import annotations

VILLAGE = (
    "DESA KELURAHAN", "DESA KEL", "DESA", "KELURAHAN", "KELURAHAN DESA", "NAMA DESA",
    "NAMA KELURAHAN", "NAMA DESA KELURAHAN", "NAMA DESA KEL", "KEL DESA", "NAMA KEL", "NAMA KEL DESA",
    "DESA KELURAHAN DOMISILI", "KODE DESA", "KODE WILAYAH", "KODE KEMENDAGRI", "DS KEL", "KEL DS",
)  # fmt: skip
DISTRICT = ("KECAMATAN", "KEC", "NAMA KECAMATAN", "NAMA KEC", "WILAYAH KECAMATAN")

RESIDENTS: dict[str, tuple[str, ...]] = {
    "nik": ("NIK", "NO NIK", "NOMOR NIK", "NOMOR INDUK KEPENDUDUKAN", "NO INDUK KEPENDUDUKAN",
            "NO KTP", "NOMOR KTP", "N I K", "NIK KTP"),
    "birth_date": ("TANGGAL LAHIR", "TGL LAHIR", "TGL LHR", "TANGGAL LHR", "LAHIR", "TGLLHR",
                   "TGL LAHIR PENDUDUK", "TEMPAT TANGGAL LAHIR", "TEMPAT TGL LAHIR", "TTL",
                   "TMPT TGL LAHIR", "KELAHIRAN"),
    "sex": ("JENIS KELAMIN", "JK", "L P", "KELAMIN", "JENIS KLMIN", "JNS KELAMIN", "JNS KLMIN",
            "JEN KEL", "GENDER", "SEX", "LK PR"),
    "marital": ("STATUS KAWIN", "STATUS PERKAWINAN", "STAT KWN", "KAWIN", "STATUS NIKAH",
                "STAT KAWIN", "STATUS PERNIKAHAN", "STATUS KWN"),
    "married_on": ("TANGGAL KAWIN", "TGL KAWIN", "TANGGAL PERKAWINAN", "TGL PERKAWINAN",
                   "TGL KWN", "TANGGAL NIKAH", "TGL NIKAH"),
    "village": VILLAGE,
    "district": DISTRICT,
    "status": ("STATUS PENDUDUK", "STATUS", "STAT PENDUDUK", "KET PENDUDUK", "STATUS KEPENDUDUKAN",
               "STATUS WARGA", "FLAG STATUS"),
    "arrived_on": ("TANGGAL DATANG", "TGL DATANG", "TANGGAL MASUK", "TGL MASUK",
                   "TGL PINDAH DATANG", "TANGGAL PINDAH DATANG", "TGL KEDATANGAN"),
    "left_on": ("TANGGAL MUTASI", "TGL MUTASI", "TANGGAL KELUAR", "TGL KELUAR", "TGL PINDAH MATI",
                "TANGGAL PINDAH MENINGGAL", "TGL PINDAH", "TANGGAL PINDAH"),
    "recording": ("STATUS PEREKAMAN", "STATUS REKAM", "STATUS KTP EL", "REKAM", "PEREKAMAN",
                  "STATUS E KTP", "STATUS EKTP", "STATUS REKAM KTP EL", "STATUS PEREKAMAN KTP EL",
                  "STAT REKAM", "CURRENT STATUS CODE", "STATUS KTPEL", "KET REKAM",
                  "KETERANGAN REKAM", "STATUS BIOMETRIK"),
    "recorded_on": ("TANGGAL REKAM", "TGL REKAM", "TANGGAL PEREKAMAN", "TGL PEREKAMAN",
                    "TGL REKAM KTP EL", "TANGGAL REKAM KTP EL", "WAKTU REKAM", "CREATED DATE"),
    "place": ("TEMPAT REKAM", "TEMPAT PEREKAMAN", "LOKASI REKAM", "TMPT REKAM", "LOKASI PEREKAMAN"),
}  # fmt: skip

VISITS: dict[str, tuple[str, ...]] = {
    "date": ("TANGGAL", "TGL", "HARI TANGGAL", "HARI TGL", "TANGGAL KUNJUNGAN", "TGL KUNJUNGAN",
             "TANGGAL KEGIATAN", "TGL KEGIATAN", "TANGGAL PELAKSANAAN", "TGL PELAKSANAAN",
             "WAKTU PELAKSANAAN"),
    "district": DISTRICT,
    "village": (*VILLAGE, "LOKASI", "TEMPAT KEGIATAN", "LOKASI KEGIATAN"),
    "time": ("JAM", "PUKUL", "WAKTU", "JAM PELAYANAN", "JAM KEGIATAN"),
    "start": ("MULAI", "JAM MULAI", "PUKUL MULAI", "WAKTU MULAI", "JAM DATANG"),
    "end": ("SELESAI", "JAM SELESAI", "PUKUL SELESAI", "WAKTU SELESAI", "JAM PULANG"),
    "staff": ("PETUGAS", "JUMLAH PETUGAS", "JML PETUGAS", "TIM", "JUMLAH TIM", "ANGGOTA TIM",
              "PERSONIL", "JUMLAH PERSONIL"),
    "devices": ("ALAT", "JUMLAH ALAT", "JML ALAT", "PERANGKAT"),
    "target": ("SASARAN", "TARGET", "JUMLAH SASARAN", "TARGET REKAM", "JUMLAH TARGET"),
    "attended": ("HADIR", "JUMLAH HADIR", "WARGA HADIR", "YANG HADIR", "JML HADIR"),
    "recorded": ("TEREKAM", "BERHASIL", "JUMLAH TEREKAM", "HASIL REKAM", "JML TEREKAM",
                 "BERHASIL REKAM", "JUMLAH REKAM", "HASIL PEREKAMAN", "REALISASI"),
    "failed": ("GAGAL", "GAGAL REKAM", "TIDAK BERHASIL", "JUMLAH GAGAL", "TIDAK TEREKAM"),
    "reason": ("KENDALA", "KETERANGAN", "KET", "ALASAN", "CATATAN", "HAMBATAN"),
}  # fmt: skip

_PARTS = {
    "male": ("L", "LK", "LAKI LAKI", "LAKI", "PRIA"),
    "female": ("P", "PR", "PEREMPUAN", "WANITA"),
    "": ("JUMLAH", "JML", "JLH", "TOTAL", "L P", "JUMLAH L P", "TOTAL L P"),
}
_MEASURES = {
    "eligible": ("WAJIB KTP", "WKTP", "WAJIB KTP EL", "WAJIB E KTP", "WAJIB EKTP", "WAJIB REKAM",
                 "PENDUDUK WAJIB KTP", "WAJIB KTP ELEKTRONIK", "WAJIB KTPEL"),
    "recorded": ("SUDAH REKAM", "REKAM", "SUDAH PEREKAMAN", "SUDAH MEREKAM", "TELAH REKAM",
                 "SDH REKAM", "PEREKAMAN", "HASIL PEREKAMAN", "PEREKAMAN SUDAH", "SUDAH",
                 "SUDAH REKAM KTP EL", "TEREKAM", "REKAM KTP EL"),
    "unrecorded": ("BELUM REKAM", "SISA", "BLM REKAM", "PEREKAMAN BELUM", "SISA BELUM REKAM",
                   "BELUM PEREKAMAN", "BELUM MEREKAM", "BELUM MELAKUKAN PEREKAMAN", "BELUM",
                   "BELUM REKAM KTP EL", "BELUM TEREKAM"),
}  # fmt: skip


def _recap() -> dict[str, tuple[str, ...]]:
    """Every measure alone and with each way to say male, female and total."""
    columns: dict[str, tuple[str, ...]] = {
        "district": DISTRICT,
        "village": (*VILLAGE, "WILAYAH", "NAMA WILAYAH", "KECAMATAN DESA", "DESA KECAMATAN"),
    }
    for measure, spellings in _MEASURES.items():
        for part, words in _PARTS.items():
            joined = [f"{s} {w}" for s in spellings for w in words]
            joined += [f"{w} {s}" for s in spellings for w in words if len(w) > 2]
            name = f"{measure}_{part}" if part else measure
            columns[name] = (*(spellings if not part else ()), *joined)
    columns["coverage"] = ("PERSEN", "PERSENTASE", "PROSENTASE", "CAPAIAN", "CAKUPAN",
                           "PERSEN REKAM", "PERSENTASE REKAM", "PERSENTASE PEREKAMAN",
                           "PERSEN PEREKAMAN", "CAPAIAN PERSEN")  # fmt: skip
    return columns


RECAP = _recap()
KINDS = {"residents": RESIDENTS, "visits": VISITS, "recap": RECAP}
KIND_NAMES = {
    "residents": "daftar penduduk",
    "visits": "catatan jemput bola",
    "recap": "tabel rekap",
}
REQUIRED = {
    "residents": ("nik", "birth_date", "recording"),
    "visits": ("date", "village", "recorded"),
    "recap": ("eligible",),
}
"""Columns without which nothing can be counted; a kecamatan may also stand in a title or sheet name."""
SIGNATURE = {
    "residents": ({"nik"},),
    "visits": ({"date", "recorded"},),
    "recap": ({"eligible"}, {"eligible_male", "eligible_female"}, {"recorded", "unrecorded"}),
}
"""Column sets of which at least one must be there before a table can be of the kind."""
LABELS = {
    "nik": "NIK", "birth_date": "TANGGAL LAHIR", "sex": "JENIS KELAMIN", "marital": "STATUS KAWIN",
    "married_on": "TANGGAL KAWIN", "village": "DESA/KELURAHAN", "district": "KECAMATAN",
    "status": "STATUS PENDUDUK", "arrived_on": "TANGGAL DATANG", "left_on": "TANGGAL MUTASI",
    "recording": "STATUS PEREKAMAN", "recorded_on": "TANGGAL REKAM", "place": "TEMPAT REKAM",
    "date": "TANGGAL", "time": "JAM", "start": "JAM MULAI", "end": "JAM SELESAI",
    "staff": "PETUGAS", "devices": "ALAT", "target": "SASARAN", "attended": "HADIR",
    "recorded": "SUDAH REKAM", "failed": "GAGAL", "reason": "KENDALA", "eligible": "WAJIB KTP",
    "eligible_male": "WAJIB KTP L", "eligible_female": "WAJIB KTP P",
    "recorded_male": "SUDAH REKAM L", "recorded_female": "SUDAH REKAM P",
    "unrecorded": "BELUM REKAM", "unrecorded_male": "BELUM REKAM L",
    "unrecorded_female": "BELUM REKAM P", "coverage": "PERSENTASE",
}  # fmt: skip
"""What staff call each column; also what ``--kolom`` takes."""


def label(kind: str, column: str) -> str:
    """The office's word for a column.

    Examples
    --------
    >>> label("visits", "recorded"), label("recap", "recorded")
    ('TEREKAM', 'SUDAH REKAM')
    """
    return "TEREKAM" if kind == "visits" and column == "recorded" else LABELS[column]
