"""Tables of estimates: each cell with its interval."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from great_tables import GT

from ektp_analysis.format import MISSING, month, number, percent, signed
from ektp_analysis.net_effect import NetEffect
from ektp_analysis.outlook import Outlook
from ektp_analysis.tables.places import page_table
from ektp_analysis.text_estimates import SCENARIO_NAMES, SEX_NAMES, when_reached

VISIT_NUMBERS = {1: "pertama", 2: "kedua", 3: "ketiga atau lebih"}


def _percents(share: object, lo: object, hi: object, digits: int = 0) -> str:
    if pd.isna(share):  # type: ignore[call-overload]
        return MISSING
    return f"{percent(share, digits)} ({percent(lo, digits)}–{percent(hi, digits)})"


def _numbers(value: object, lo: object, hi: object, digits: int = 0) -> str:
    if pd.isna(value):  # type: ignore[call-overload]
        return MISSING
    return f"{number(value, digits)} ({number(lo, digits)}–{number(hi, digits)})"


def _signed_numbers(value: float, lo: float, hi: float) -> str:
    """One decimal, with a true minus sign and no negative zero."""
    if pd.isna(value):
        return MISSING
    words = [number(round(v, 1) + 0.0, 1).replace("-", "−") for v in (value, lo, hi)]
    return f"{words[0]} ({words[1]} sampai {words[2]})"


def outlook_table(outlook: Outlook) -> tuple[GT, pd.DataFrame]:
    """When the goal is reached and what is left, by scenario."""
    rows, shown = [], []
    for scenario in outlook.scenarios:
        goal, (middle, lo, hi) = scenario.clearing, scenario.in_a_year
        name = SCENARIO_NAMES[scenario.name]
        rows.append(
            {
                "Skenario": name,
                "Target tercapai": goal.median,
                "Paling cepat": goal.early,
                "Paling lambat": goal.late,
                "Sisa setahun lagi": round(middle),
                "Bawah": round(lo),
                "Atas": round(hi),
                "Sisa tiga tahun lagi": round(goal.left),
                "Bawah (tiga tahun)": round(goal.left_lo),
                "Atas (tiga tahun)": round(goal.left_hi),
            }
        )
        shown.append(
            {
                "Skenario": name,
                "Target 1% tercapai": when_reached(scenario),
                "Sisa setahun lagi": _numbers(middle, lo, hi),
                f"Sisa {month(goal.end)}": _numbers(goal.left, goal.left_lo, goal.left_hi),
            }
        )
    data = pd.DataFrame(rows)
    for column in ("Target tercapai", "Paling cepat", "Paling lambat"):
        data[column] = pd.to_datetime(data[column])
    columns = list(shown[0])
    note = "Dalam kurung: selang prediksi 80%."
    if len(shown) == 1:
        note += " Kunjungan di sini dalam 26 minggu terakhir tidak ada atau terlalu sedikit untuk skenario lain."
    return page_table(pd.DataFrame(shown), numbers=columns[2:], note=note), data


def village_accounts_table(accounts: pd.DataFrame) -> tuple[GT, pd.DataFrame]:
    """Accounts of the last weeks by village.

    Parameters
    ----------
    accounts
        ``name``, ``opening``, ``entered``, ``recorded``, ``left``, ``unexplained``, ``closing`` of
        :func:`ektp_analysis.disclosure_events.village_accounts`; opening, closing and unexplained
        missing where hidden.
    """
    data = pd.DataFrame(
        {
            "Desa/kelurahan": accounts["name"],
            "Sisa awal": accounts["opening"],
            "Masuk": accounts["entered"],
            "Terekam": accounts["recorded"],
            "Pergi": accounts["left"],
            "Selisih dan pembulatan": accounts["unexplained"],
            "Sisa akhir": accounts["closing"],
        }
    )
    shown = data.copy()
    for column in ("Sisa awal", "Masuk", "Terekam", "Pergi", "Sisa akhir"):
        shown[column] = data[column].map(number)
    shown["Selisih dan pembulatan"] = data["Selisih dan pembulatan"].map(signed)
    note = (
        "Sisa akhir = sisa awal + masuk − terekam − pergi + selisih dan pembulatan. Peristiwa "
        "dibulatkan agar tidak menunjuk ke seseorang; –: disamarkan."
    )
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data


def birth_month_table(table: pd.DataFrame, year: int) -> tuple[GT, pd.DataFrame]:
    """Share of a cohort recorded within 1, 3, 6 and 12 months, by month of the birthday.

    Parameters
    ----------
    table
        From :func:`ektp_analysis.survival.recorded_by_birth_month`; shares missing where hidden.
    year
        Birth year.
    """
    data = pd.DataFrame(
        {
            "Genap 17 tahun": [pd.Timestamp(year + 17, m, 1) for m in table["birth_month"]],
            "Warga": table["persons"],
            "Dalam (bulan)": table["within"],
            "Sudah rekam": table["share"].round(3),
            "Bawah (95%)": table["lo"].round(3),
            "Atas (95%)": table["hi"].round(3),
        }
    )
    cells = table.assign(
        cell=[_percents(s, lo, hi) for s, lo, hi in zip(table["share"], table["lo"], table["hi"], strict=True)]
    ).pivot(index="birth_month", columns="within", values="cell")  # fmt: skip
    persons = table.drop_duplicates("birth_month").set_index("birth_month")["persons"]
    shown = cells.fillna("").reset_index()
    shown.columns = pd.Index(["Genap 17 tahun", *(f"{int(w)} bulan" for w in cells.columns)])
    shown["Genap 17 tahun"] = [month(pd.Timestamp(year + 17, m, 1)) for m in cells.index]
    shown.insert(1, "Warga", [number(persons[m]) for m in cells.index])
    note = "Bagian yang sudah rekam sejak ulang tahun ke-17 (95%). Kosong: belum genap selama itu."
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data


def cohort_table(
    shares: dict[int, dict[str, tuple[float, float, float]]], persons: dict[str, int]
) -> tuple[GT, pd.DataFrame]:
    """Share recorded within some months, by cohort and sex.

    Parameters
    ----------
    shares
        By number of months, from :func:`ektp_analysis.survival.share_recorded`, with groups
        “year sex”.
    persons
        Under observation, by group.
    """
    groups = sorted({name for part in shares.values() for name in part}, reverse=True)
    rows, shown = [], []
    for name in groups:
        year, sex = name.split()
        label = {"Lahir": year, "Jenis kelamin": SEX_NAMES[sex]}
        line: dict[str, str] = {**label, "Warga": number(persons.get(name))}
        for months, part in shares.items():
            values = part.get(name)
            line[f"{months} bulan"] = _percents(*values) if values else ""
            if values:
                share, lo, hi = (round(v, 3) for v in values)
                rows.append({**label, "Warga": persons.get(name), "Dalam (bulan)": months,
                             "Sudah rekam": share, "Bawah (95%)": lo, "Atas (95%)": hi})  # fmt: skip
        shown.append(line)
    frame = pd.DataFrame(shown)
    note = "Kaplan–Meier, selang kepercayaan 95%. Kosong: belum teramati selama itu."
    return page_table(frame, numbers=list(frame.columns[2:]), note=note), pd.DataFrame(rows)


def inflow_table(inflow: pd.DataFrame) -> tuple[GT, pd.DataFrame]:
    """Residents who will turn 17, by village; hidden ones are missing."""
    data = pd.DataFrame(
        {
            "Desa/kelurahan": inflow["name"],
            "Terdaftar": inflow["listed"],
            "Perkiraan": inflow["expected"].round().astype("Int64"),
            "Bawah (80%)": inflow["lo"],
            "Atas (80%)": inflow["hi"],
        }
    )
    shown = pd.DataFrame(
        {
            "Desa/kelurahan": inflow["name"],
            "Terdaftar sekarang": inflow["listed"].map(number),
            "Perkiraan (selang 80%)": [
                _numbers(e, lo, hi)
                for e, lo, hi in zip(inflow["expected"], inflow["lo"], inflow["hi"], strict=True)
            ],
        }
    )
    hidden = inflow["listed"].isna().any()
    note = "–: hitungan kecil atau yang dapat membukanya, disamarkan." if hidden else ""
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data


def summary_table(rows: Sequence[tuple[str, pd.Series]]) -> tuple[GT, pd.DataFrame]:
    """Mean yields, one line for each place."""
    names = {
        "per_visit": "Per kunjungan",
        "share": "Bagian dari sisa",
        "per_hour": "Per jam petugas",
    }
    data, shown = [], []
    for place, row in rows:
        line: dict[str, object] = {"Tempat": place, "Kunjungan": int(row["visits"])}
        words = {"Tempat": place, "Kunjungan": number(row["visits"])}
        for key, label in names.items():
            digits = 3 if key == "share" else 2
            ends = (row[key], row[f"{key}_lo"], row[f"{key}_hi"])
            line |= {label: round(ends[0], digits), f"{label} (bawah)": round(ends[1], digits),
                     f"{label} (atas)": round(ends[2], digits)}  # fmt: skip
            words[label] = _percents(*ends) if key == "share" else _numbers(*ends, 1)
        data.append(line)
        shown.append(words)
    frame = pd.DataFrame(shown)
    note = "Dalam kurung: selang kepercayaan 95%, galat berkelompok menurut desa."
    return page_table(frame, numbers=list(frame.columns[1:]), note=note), pd.DataFrame(data)


def effect_table(effects: pd.DataFrame) -> tuple[GT, pd.DataFrame]:
    """Rate ratios and persons for each visit, week by week."""
    data = effects[["k", "ratio", "lo", "hi", "extra", "extra_lo", "extra_hi", "p"]].round(3)
    data.columns = pd.Index(
        ["Minggu", "Rasio", "Bawah (95%)", "Atas (95%)", "Tambahan orang", "Tambahan bawah",
         "Tambahan atas", "p"]
    )  # fmt: skip
    shown = pd.DataFrame(
        {
            "Minggu": [f"{k:+d}".replace("-", "−") if k else "kunjungan" for k in effects["k"]],
            "Rasio": [
                _numbers(ratio, lo, hi, digits=2)
                for ratio, lo, hi in effects[["ratio", "lo", "hi"]].to_numpy()
            ],
            "Tambahan orang per kunjungan": [
                _signed_numbers(e, lo, hi)
                for e, lo, hi in effects[["extra", "extra_lo", "extra_hi"]].to_numpy()
            ],
        }
    )
    return page_table(
        shown, numbers=list(shown.columns[1:]), note="Dalam kurung: selang kepercayaan 95%."
    ), data


def net_table(effects: Sequence[tuple[str, NetEffect]]) -> tuple[GT, pd.DataFrame]:
    """Visit recordings, those that would have come anyway, and the net effect."""
    data = pd.DataFrame(
        {
            "Tempat": place,
            "Kunjungan": e.visits,
            "Terekam di kunjungan": e.recorded,
            "Akan rekam juga": round(e.displaced),
            "Akan rekam juga (bawah)": round(e.displaced_lo),
            "Akan rekam juga (atas)": round(e.displaced_hi),
            "Hasil bersih": round(e.net),
            "Hasil bersih (bawah)": round(e.net_lo),
            "Hasil bersih (atas)": round(e.net_hi),
        }
        for place, e in effects
    )
    shown = pd.DataFrame(
        {
            "Tempat": place,
            "Kunjungan": number(e.visits),
            "Terekam di kunjungan": number(e.recorded),
            "Akan rekam juga tanpa kunjungan": _numbers(
                e.displaced, e.displaced_lo, e.displaced_hi
            ),
            "Hasil bersih": _numbers(e.net, e.net_lo, e.net_hi),
            "Bagian bersih": _percents(*e.share),
        }
        for place, e in effects
    )
    note = (
        "Dalam kurung: selang kepercayaan 95%. Kunjungan sebelum potret data yang pertama tidak "
        "ikut: sisa sebelumnya tidak diketahui."
    )
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data


def returns_table(returns: pd.DataFrame) -> tuple[GT, pd.DataFrame]:
    """Share of the backlog by visit number."""
    data = returns.round(3)
    data.columns = pd.Index(
        ["Kunjungan ke", "Banyaknya", "Bagian dari sisa", "Bawah (95%)", "Atas (95%)",
         "Dibanding pertama", "Dibanding (bawah)", "Dibanding (atas)"]
    )  # fmt: skip
    shown = pd.DataFrame(
        {
            "Kunjungan": returns["number"].map(VISIT_NUMBERS),
            "Banyaknya": returns["visits"].map(number),
            "Bagian dari sisa": [
                _percents(share, lo, hi, digits=1)
                for share, lo, hi in returns[["share", "lo", "hi"]].to_numpy()
            ],
            "Dibanding yang pertama": [
                _percents(*v) for v in returns[["ratio", "ratio_lo", "ratio_hi"]].to_numpy()
            ],
        }
    )
    note = "Dalam kurung: selang kepercayaan 95%. Kunjungan dengan kendala dikoreksi."
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data


def pooled_table(pooled: pd.DataFrame) -> tuple[GT, pd.DataFrame]:
    """Share recorded at a first visit, own and pooled, by village; hidden ones are missing."""
    data = pd.DataFrame(
        {
            "Desa/kelurahan": pooled["name"],
            "Kunjungan": pooled["visits"],
            "Bagian sendiri": pooled["raw_share"].round(3),
            "Perkiraan": pooled["share"].round(3),
            "Bawah (80%)": pooled["lo"].round(3),
            "Atas (80%)": pooled["hi"].round(3),
            "Pinjaman": pooled["borrowed"].round(2),
        }
    )
    shown = pd.DataFrame(
        {
            "Desa/kelurahan": pooled["name"],
            "Kunjungan": pooled["visits"].map(number),
            "Bagian sendiri": pooled["raw_share"].map(lambda v: percent(v, 0)),
            "Perkiraan (80%)": [_percents(*v) for v in pooled[["share", "lo", "hi"]].to_numpy()],
            "Pinjaman": pooled["borrowed"].map(lambda v: percent(v, 0)),
        }
    )
    note = "Pinjaman: bobot rata-rata kabupaten dalam perkiraan desa itu."
    return page_table(shown, numbers=list(shown.columns[1:]), note=note), data
