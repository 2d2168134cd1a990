"""Every rule has a row that breaks it and nothing else, and the quarantine names that row."""

from __future__ import annotations

from datetime import date

import offices as o
import pandas as pd
import pytest

from ektp_analysis.ingest import Limits, ingest
from ektp_analysis.ingest import rules as r

HEADER = [*o.HEADER, "STATUS PENDUDUK"]
GOOD = ["9917160101900001", "01/01/1990", "L", "Batu Panco", "Curup Utara", "SUDAH", "14/05/2013", "AKTIF"]  # fmt: skip
NIK, BIRTH, SEX, VILLAGE, DISTRICT, STATUS, ON = range(7)
RESIDENTS = {
    "malformed_nik": {NIK: "99171601019000"},
    "duplicate_nik": {NIK: GOOD[NIK]},
    "impossible_birth_date": {BIRTH: "31/02/1990"},
    "unknown_sex": {SEX: "X"},
    "unknown_recording": {STATUS: "MUNGKIN"},
    "recorded_in_future": {ON: "03/08/2024"},
    "unknown_village": {VILLAGE: "Antah Berantah"},
    "nik_birth_date": {BIRTH: "02/01/1990"},
    "nik_sex": {SEX: "P"},
    "nik_region": {NIK: "8817160101900040"},
    "nik_district": {NIK: "1702990101900041"},
    "very_old": {NIK: "9917160101120042", BIRTH: "01/01/1912"},
    "recorded_before_programme": {ON: "14/05/2010"},
    "recorded_too_young": {NIK: "9917160101010043", BIRTH: "01/01/2001", ON: "31/12/2016"},
    "unreadable_record_date": {ON: "tahun lalu"},
    "date_without_record": {STATUS: "BELUM"},
}
VISIT_HEADER = ["TANGGAL", "KECAMATAN", "DESA/KEL", "MULAI", "SELESAI", "HADIR", "TEREKAM"]
VISIT = ["30/07/2024", "Curup Utara", "Perbo", "08.30", "12.00", "45", "41"]
VISITS = {
    "bad_date": {0: "31/06/2024"},
    "future_date": {0: "05/08/2024"},
    "unknown_village": {2: "Antah Berantah"},
    "bad_count": {2: "Batu Dewa", 6: "banyak"},
    "duplicate_visit": {},
    "more_recorded_than_attended": {0: "31/07/2024", 6: "50"},
    "end_before_start": {0: "01/08/2024", 4: "07.30"},
}
RECAP_HEADER = ["KECAMATAN", "DESA", "WAJIB KTP", "WAJIB KTP L", "WAJIB KTP P", "SUDAH REKAM", "BELUM REKAM", "%"]  # fmt: skip
RECAP = ["Curup Utara", "Batu Panco", "100", "60", "40", "90", "10", "90%"]
RECAPS = {
    "unknown_district": {0: "Antah Berantah", 1: "Perbo"},
    "unknown_village": {1: "Antah Berantah"},
    "bad_count": {1: "Perbo", 2: "banyak"},
    "recorded_over_eligible": {1: "Perbo", 5: "101", 6: ""},
    "unbalanced": {1: "Perbo", 6: "11"},
    "sexes_differ": {1: "Perbo", 4: "41"},
    "duplicate_place": {},
    "coverage_differs": {1: "Batu Dewa", 7: "80%"},
}


def broken(
    good: list[str], faults: dict[str, dict[int, str]], nik: bool = False
) -> list[list[str]]:
    """The good row, then one row for each rule: its own NIK, but for what breaks the rule."""
    table = [good]
    for number, changes in enumerate(faults.values(), 2):
        row = list(good)
        if nik:
            row[NIK] = f"{good[NIK][:12]}{number:04d}"
        for column, text in changes.items():
            row[column] = text
        table.append(row)
    return table


def found(folder, header, table) -> dict[int, str]:
    """Reason by row of the file."""
    o.text(folder / "penduduk.csv", [HEADER, GOOD])
    if header is HEADER:
        o.text(folder / "penduduk.csv", [header, *table])
    else:
        o.text(folder / "lain.csv", [header, *table])
    report = ingest(
        [folder], folder.parent / "s", folder.parent / "q", limits=Limits(1.0, 1.0, 1.0)
    )
    out = {}
    for path in report.quarantine:
        rows = pd.read_excel(path, engine="calamine", dtype=str)
        out |= dict(zip(rows["Baris"].astype(int), rows["Alasan"], strict=True))
    return out


@pytest.mark.parametrize(
    ("header", "good", "faults", "known"),
    [
        (HEADER, GOOD, RESIDENTS, r.RESIDENT_RULES | r.FLAGS),
        (VISIT_HEADER, VISIT, VISITS, r.VISIT_RULES | r.VISIT_FLAGS),
        (RECAP_HEADER, RECAP, RECAPS, r.RECAP_RULES | r.RECAP_FLAGS),
    ],
    ids=["residents", "visits", "recap"],
)
def test_each_rule_finds_its_row(tmp_path, header, good, faults, known):
    assert set(faults) == set(known), "a rule without a test, or a test without a rule"
    folder = tmp_path / date(2024, 8, 2).isoformat()
    folder.mkdir()
    table = broken(good, faults, nik=header is HEADER)
    expected = {row: known[rule].reason for row, rule in enumerate(faults, 3)}
    assert found(folder, header, table) == expected
