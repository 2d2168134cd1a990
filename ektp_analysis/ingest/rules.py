"""Why a row is rejected, or accepted and flagged: column, reason and mend, for staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd


@dataclass(frozen=True)
class Rule:
    """A rule.

    Attributes
    ----------
    column
        Canonical column to look at.
    reason, mend
        Indonesian sentences without a full stop.
    """

    column: str
    reason: str
    mend: str


RESIDENT_RULES = {
    "malformed_nik": Rule("nik", "NIK bukan 16 angka", "Betulkan NIK menurut SIAK"),
    "duplicate_nik": Rule(
        "nik", "NIK sudah ada pada baris sebelumnya", "Hapus baris ganda, atau betulkan NIK-nya"
    ),
    "impossible_birth_date": Rule(
        "birth_date",
        "Tanggal lahir tidak mungkin (kosong, salah tulis, atau sesudah tanggal data)",
        "Betulkan tanggal lahir menurut SIAK",
    ),
    "unknown_sex": Rule("sex", "Jenis kelamin bukan L atau P", "Isi L atau P"),
    "unknown_recording": Rule(
        "recording",
        "Status perekaman tidak dikenal",
        "Tambahkan nilainya ke data/reference/recording_status.csv, atau betulkan isinya",
    ),
    "recorded_in_future": Rule(
        "recorded_on", "Tanggal rekam sesudah tanggal data", "Betulkan tanggal rekam"
    ),
    "unknown_village": Rule(
        "village",
        "Desa/kelurahan tidak ada dalam daftar wilayah kabupaten",
        "Betulkan nama desa/kelurahan dan kecamatannya",
    ),
}
"""Rules that reject a row of a resident list, in the order in which they are tried."""

FLAGS = {
    "nik_birth_date": Rule(
        "nik", "Tanggal lahir berbeda dari yang tersandi dalam NIK", "Cocokkan dengan akta"
    ),
    "nik_sex": Rule(
        "nik", "Jenis kelamin berbeda dari yang tersandi dalam NIK", "Cocokkan dengan akta"
    ),
    "nik_region": Rule("nik", "Kode provinsi dalam NIK tidak ada", "Periksa NIK menurut SIAK"),
    "nik_district": Rule(
        "nik",
        "NIK memakai kode kabupaten/kota ini, tetapi kode kecamatannya tidak ada",
        "Periksa NIK menurut SIAK; kode kecamatan sebelum pemekaran tidak perlu diubah",
    ),
    "very_old": Rule("birth_date", "Usia lebih dari 110 tahun", "Periksa apakah masih hidup"),
    "recorded_before_programme": Rule(
        "recorded_on", "Tanggal rekam sebelum perekaman KTP-el dimulai", "Betulkan tanggal rekam"
    ),
    "recorded_too_young": Rule(
        "recorded_on", "Tanggal rekam sebelum usia 16 tahun", "Periksa tanggal lahir dan rekam"
    ),
    "unreadable_record_date": Rule(
        "recorded_on", "Tanggal rekam tidak terbaca", "Betulkan tanggal rekam"
    ),
    "date_without_record": Rule(
        "recording", "Status belum rekam, tetapi ada tanggal rekam", "Periksa status perekaman"
    ),
}
"""Rules that flag a row: it is accepted, since a register may be right and a NIK's code stale."""

VISIT_RULES = {
    "bad_date": Rule("date", "Tanggal kunjungan tidak terbaca", "Tulis sebagai 2/8/2024"),
    "future_date": Rule("date", "Tanggal kunjungan sesudah tanggal data", "Betulkan tanggalnya"),
    "unknown_village": Rule(
        "village",
        "Desa/kelurahan tidak ada dalam daftar wilayah kabupaten",
        "Betulkan nama desa/kelurahan dan kecamatannya",
    ),
    "bad_count": Rule("recorded", "Jumlah terekam tidak terbaca", "Isi dengan bilangan bulat"),
    "duplicate_visit": Rule(
        "date",
        "Kunjungan yang sama (tanggal dan desa) sudah ada pada baris sebelumnya",
        "Gabungkan kedua baris",
    ),
}
VISIT_FLAGS = {
    "more_recorded_than_attended": Rule(
        "recorded", "Terekam lebih banyak daripada hadir", "Periksa kedua bilangan"
    ),
    "end_before_start": Rule("end", "Jam selesai sebelum jam mulai", "Betulkan jamnya"),
}

RECAP_RULES = {
    "unknown_district": Rule(
        "district",
        "Kecamatan tidak ada dalam daftar wilayah kabupaten",
        "Betulkan nama kecamatan",
    ),
    "unknown_village": VISIT_RULES["unknown_village"],
    "bad_count": Rule(
        "eligible", "Bilangan tidak terbaca atau tidak lengkap", "Isi dengan bilangan bulat"
    ),
    "recorded_over_eligible": Rule(
        "recorded", "Sudah rekam lebih banyak daripada wajib KTP", "Periksa kedua bilangan"
    ),
    "unbalanced": Rule(
        "unrecorded",
        "Sudah rekam ditambah belum rekam tidak sama dengan wajib KTP",
        "Periksa ketiga bilangan",
    ),
    "sexes_differ": Rule(
        "eligible", "L ditambah P tidak sama dengan jumlahnya", "Periksa bilangan L, P dan jumlah"
    ),
    "duplicate_place": Rule(
        "village", "Tempat yang sama sudah ada pada baris sebelumnya", "Hapus baris ganda"
    ),
}
RECAP_FLAGS = {
    "coverage_differs": Rule(
        "coverage", "Persentase tidak cocok dengan bilangannya", "Periksa rumus persentase"
    ),
}
TOTAL_DIFFERS = "total_differs"
COLUMNS = ["source", "sheet", "row", "column", "rule", "reason", "mend"]
"""Columns of a quarantine table before the cells."""


def place_problem(problem: str, nearest: str) -> tuple[str, str, str]:
    """Column (Indonesian), reason and mend of a place that was not found.

    Parameters
    ----------
    problem
        As in :class:`ektp_analysis.ingest.places.Place`, or ``either`` (a kecamatan or a village).
    nearest
        Names that are near, joined by semicolons.
    """
    if problem == "blank":
        return "DESA/KELURAHAN", "Desa/kelurahan kosong", "Isi nama desa/kelurahan"
    if problem == "district":
        return (
            "KECAMATAN",
            RECAP_RULES["unknown_district"].reason,
            f"Nama terdekat: {nearest}" if nearest else "Betulkan nama kecamatan",
        )
    if problem == "several":
        return (
            "DESA/KELURAHAN",
            "Nama desa/kelurahan ini ada lebih dari satu",
            f"Isi kecamatannya, atau sebut desa atau kelurahan: {nearest}",
        )
    if problem == "either":
        return (
            "DESA/KELURAHAN",
            "Nama ini nama kecamatan dan juga nama desa/kelurahan",
            "Tulis Kec., Kel. atau Desa di depan namanya",
        )
    rule = RESIDENT_RULES["unknown_village"]
    return "DESA/KELURAHAN", rule.reason, f"Nama terdekat: {nearest}" if nearest else rule.mend


def quality_rows(
    as_of: date,
    source: str,
    kind: str,
    read: int,
    accepted: int,
    rejected: Mapping[str, int],
    flagged: Mapping[str, tuple[int, str]],
    rules: Mapping[str, Rule],
) -> pd.DataFrame:
    """Rows of the quality table for one file.

    Parameters
    ----------
    read, accepted
        Rows of the file.
    rejected
        Number of rows by rejecting rule.
    flagged
        Number and sentence by flag; the rows are among the accepted ones.
    rules
        Sentences of the rejecting rules.
    """
    base = {
        "as_of": pd.Timestamp(as_of),
        "source": source,
        "kind": kind,
        "rows_read": read,
        "accepted": accepted,
    }
    rows = [
        {
            **base,
            "rule": "accepted",
            "quarantined": 0,
            "flagged": 0,
            "reason": "Baris yang diterima",
        }
    ]
    for rule, count in rejected.items():
        if count:
            rows.append(
                {
                    **base,
                    "rule": rule,
                    "quarantined": count,
                    "flagged": 0,
                    "reason": rules[rule].reason,
                }
            )
    for rule, (count, reason) in flagged.items():
        if count:
            rows.append(
                {**base, "rule": rule, "quarantined": 0, "flagged": count, "reason": reason}
            )
    return pd.DataFrame(rows)
