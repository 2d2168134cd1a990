"""Findings in plain Indonesian, made from the numbers that they state."""

from __future__ import annotations

import pandas as pd

from ektp_analysis.disclosure import CohortCounts
from ektp_analysis.disclosure_shares import PERSONS, safe_quality, sum_of_rows
from ektp_analysis.format import number, percent
from ektp_analysis.privacy import threshold

ITEMS = {
    "opening": "Sisa awal",
    "turned_17": "Genap 17 tahun",
    "moved_in": "Pindah datang",
    "married_early": "Kawin sebelum 17",
    "recorded_office": "Rekam di kantor",
    "recorded_visit": "Rekam jemput bola",
    "recorded_other": "Rekam di tempat lain",
    "moved_out": "Pindah keluar",
    "died": "Meninggal",
    "unexplained": "Selisih dan pembulatan",
    "closing": "Sisa akhir",
}
SEX = {"L": "laki-laki", "P": "perempuan", "": ""}
SYNTHETIC = "Data sintetis: semua angka di halaman ini berasal dari kabupaten tiruan, bukan dari warga sesungguhnya."
FEW_WEEKS = 4
MIDDLE_OF = 3
"""Visits with a shown result below which their median is one of them."""


def place_name(district: str | None) -> str:
    """“Kecamatan Curup” or “Kabupaten Rejang Lebong”."""
    from ektp_analysis import regions

    if district is None:
        return regions.REGENCY_TITLE
    return f"Kecamatan {regions.find_district(district)['district_name']}"


def _direction(change: float) -> str:
    return "turun" if change < 0 else "naik" if change > 0 else "tetap"


def trend_finding(trend: pd.DataFrame) -> str:
    """How many remain, and whether it falls; from a trend that may be published."""
    last = trend.iloc[-1]
    if pd.isna(last["unrecorded"]):
        return "Warga yang belum rekam tinggal sedikit; jumlahnya disamarkan"
    head = f"{number(last['unrecorded'])} warga belum rekam ({percent(1 - last['coverage'])} dari wajib KTP)"
    if len(trend) <= FEW_WEEKS:
        return head
    change = last["unrecorded"] - trend["unrecorded"].iloc[-1 - FEW_WEEKS]
    if pd.isna(change):
        return head
    if change == 0:
        return f"{head}, sama dengan empat minggu lalu"
    return f"{head}, {_direction(change)} {number(abs(change))} dalam empat minggu"


def waterfall_finding(steps: pd.DataFrame, weeks: int) -> str:
    """What came in and what went out."""
    change = steps.set_index("item")["change"]
    entered = change[["turned_17", "moved_in", "married_early"]].sum()
    recorded = -change[["recorded_office", "recorded_visit", "recorded_other"]].sum()
    span = "Minggu ini" if weeks == 1 else f"Dalam {weeks} minggu"
    return (
        f"{span} {number(recorded)} warga terekam, tetapi {number(entered)} warga baru masuk daftar"
        if entered
        else f"{span} {number(recorded)} warga terekam"
    )


def concentration_finding(places: pd.DataFrame, noun: str, total: int | None) -> str:
    """How few places hold 80% of the rest; ``total`` is None where it is hidden."""
    if total is None:
        return "Warga yang belum rekam tinggal sedikit; jumlahnya disamarkan"
    if total == 0:
        return "Semua wajib KTP sudah rekam"
    needed = int(places["needed"].sum())
    return f"{number(needed)} dari {number(len(places))} {noun} memuat 80% dari {number(total)} warga yang belum rekam"


def birth_year_finding(profile: pd.DataFrame) -> str:
    """Which birth years hold the unrecorded; from a profile that may be published."""
    young = profile[~profile["older"]].tail(3)["unrecorded"]
    counts = profile["unrecorded"]
    if not counts.isna().any() and counts.sum() == 0:
        return "Semua tahun lahir sudah rekam"
    if counts.isna().any():
        # a share of a total that is known would tell the hidden years together
        top = profile.iloc[int(counts.fillna(0).astype("int64").argmax())]
        if pd.isna(top["unrecorded"]) or not top["unrecorded"]:
            return "Sisa di tempat ini terlalu sedikit untuk dirinci menurut tahun lahir"
        year = f"{top['birth_year']}" + (" atau sebelumnya" if top["older"] else "")
        return f"Paling banyak belum rekam: kelahiran {year} ({number(top['unrecorded'])} warga)"
    first = int(profile["birth_year"].iloc[-3])
    share = percent(young.sum() / counts.sum(), 0)
    return f"{share} dari yang belum rekam lahir tahun {first} atau sesudahnya"


def cohort_finding(counts: CohortCounts, year: int) -> str:
    """State of the cohort."""
    recorded, left = counts.recorded, counts.unrecorded
    parts = []
    if recorded is not None and left is not None and recorded + left:
        done = percent(recorded / (recorded + left), 0)
        parts.append(
            f"{number(recorded + left)} sudah wajib KTP dan {done} di antaranya sudah rekam"
        )
    if counts.upcoming:
        parts.append(f"{number(counts.upcoming)} lagi menyusul")
    if not parts:
        return f"Kelahiran {year}: jumlahnya disamarkan karena terlalu sedikit"
    return f"Kelahiran {year}: " + "; ".join(parts)


def survival_finding(shares: dict[str, tuple[float, float, float]], months: int) -> str:
    """Share recorded within some months, by sex."""
    parts = [
        f"{percent(share, 0)} {SEX.get(name, name)} (95%: {percent(lo, 0)}–{percent(hi, 0)})".replace(
            "  ", " "
        )
        for name, (share, lo, hi) in shares.items()
    ]
    if not parts:
        return f"Belum cukup lama untuk melihat {months} bulan pertama"
    return f"Dalam {months} bulan sejak genap 17 tahun, sudah rekam: " + " dan ".join(parts)


def inflow_finding(counts: CohortCounts) -> str:
    """How many turn 17 in the coming year."""
    if counts.coming is None:
        return "Kurang dari batas tampil warga genap 17 tahun dalam 12 bulan ke depan"
    return (
        f"{number(counts.coming)} warga genap 17 tahun dalam 12 bulan ke depan, rata-rata "
        f"{number(counts.coming / 12)} per bulan"
    )


def yield_finding(yields: pd.DataFrame) -> str:
    """Typical yield of the visits."""
    # hidden results are small, so that they leave the middle of the others where it is or lower
    counts = yields["recorded"].fillna(0)
    middle = counts.median()
    spoiled = int((yields["reason"] != "").sum())
    head = f"{number(len(yields))} kunjungan"
    if middle >= threshold() and (counts >= threshold()).sum() >= MIDDLE_OF:
        head += f"; separuhnya merekam {number(middle)} warga atau lebih"
    return f"{head}; {number(spoiled)} terkendala" if spoiled else head


def displacement_finding(effects: pd.DataFrame) -> str:
    """Change of office recordings after a visit."""
    after = effects.set_index("k").loc[1]
    if after["lo"] <= 1 <= after["hi"]:
        return "Perekaman di kantor sesudah kunjungan tidak terbukti berubah"
    word = "turun" if after["ratio"] < 1 else "naik"
    return (
        f"Seminggu sesudah kunjungan, perekaman di kantor {word} menjadi {percent(after['ratio'], 0)} dari "
        f"biasanya (95%: {percent(after['lo'], 0)}–{percent(after['hi'], 0)})"
    )


def quality_finding(quality: pd.DataFrame, as_of: pd.Timestamp) -> str:
    """What came in this week."""
    week = quality[quality["as_of"] == as_of]
    if week.empty:
        return "Tidak ada catatan mutu berkas untuk minggu ini"
    files = safe_quality(week).drop_duplicates(["source", "kind"])
    read, rejected = int(files["rows_read"].sum()), sum_of_rows(week, "quarantined")
    # beside an exact share of few rows, their count would be known
    rejected_share = percent(week["quarantined"].sum() / max(read, 1), 2)
    share = "" if rejected.startswith("<") else f" ({rejected_share})"
    flagged = sum_of_rows(week, "flagged")
    looked_at = f", {flagged} diterima tetapi perlu diperiksa" if week["flagged"].any() else ""
    about = "sekitar " if (files["kind"] == PERSONS).any() else ""
    return (
        f"{number(len(files))} berkas dibaca: {about}{number(read)} baris, "
        f"{rejected} ditolak{share}{looked_at}"
    )


def unexplained_finding(accounts: pd.DataFrame) -> str:
    """Unexplained differences of the accounts."""
    if accounts.empty:
        return "Selisih baru dapat dihitung setelah ada dua minggu data"
    last = int(accounts["unexplained"].iloc[-1])
    if abs(last) < threshold():
        return "Perubahan minggu ini cocok dengan peristiwa yang tercatat"
    return (
        f"Minggu ini ada selisih kira-kira {number(abs(last))} warga yang tidak dijelaskan peristiwa "
        "tercatat"
    )
