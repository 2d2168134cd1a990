"""Office files of the synthetic kabupaten: as untidy as real ones, with counted faults.

One folder per week under the inbox. Older weeks are parquet and csv, as an office's archive
would be; the latest two are what arrives on a Friday: a semicolon CSV with title rows and a total
row, and a workbook of visits.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from ektp_analysis import regions
from ektp_analysis.sample.population import NEVER, Population, day_number
from ektp_analysis.sample.simulation import Simulation

REGION_PREFIX = "99"
"""No province has this number, so that no NIK here can be a real person's."""
MIN_AGE_LISTED = 15
LEFT_LISTED_DAYS = 28
MESSY_WEEKS = 2
FAULTS = {"duplicate_nik": 9, "impossible_birth_date": 6, "unknown_village": 5, "malformed_nik": 4}
PLACES = np.array(["", "KANTOR", "JEMPUT BOLA", "LAINNYA"])
STATUS = np.array(["AKTIF", "PINDAH", "MENINGGAL"])


def write_office_files(
    simulation: Simulation,
    inbox: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write one folder of office files per week, and ``truth.json`` beside the folders.

    Parameters
    ----------
    simulation
        From :func:`ektp_analysis.sample.simulate`.
    inbox
        Folder to fill, for example ``data/inbox``.
    progress
        Called with (weeks written, weeks in all).

    Returns
    -------
    dict
        The truth, with the planted faults of each untidy file under ``faults``.
    """
    listing = _Listing(simulation)
    truth = dict(simulation.truth, faults={})
    visits = simulation.tables["visits"]
    for number, as_of in enumerate(simulation.as_of):
        folder = inbox / as_of.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        frame = listing.at(as_of)
        stamp = pd.Timestamp(as_of)
        week = visits[(visits["date"] > stamp - pd.Timedelta(days=7)) & (visits["date"] <= stamp)]
        if number >= len(simulation.as_of) - MESSY_WEEKS:
            name = f"DATA PENDUDUK {as_of:%d-%m-%Y}.csv"
            rng = np.random.default_rng([simulation.seed, 7, day_number(as_of)])
            truth["faults"][name] = write_messy_residents(frame, folder / name, as_of, rng)
            write_visit_workbook(week, folder / f"Jemput bola {as_of:%d-%m-%Y}.xlsx", as_of)
        else:
            write_residents_parquet(frame, folder / f"penduduk_{as_of:%Y%m%d}.parquet")
            write_visit_csv(week, folder / f"jemput_bola_{as_of:%Y%m%d}.csv")
        if progress:
            progress(number + 1, len(simulation.as_of))
    (inbox / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
    return truth


class _Listing:
    """The resident list of any week, with the parts that never change made once."""

    def __init__(self, simulation: Simulation) -> None:
        people = self.people = simulation.people
        villages = regions.villages().set_index("village_code").loc[list(simulation.place.codes)]
        self.village = (
            ("DESA " + villages["village_name"])
            .where(villages["village_kind"] == "desa", "KEL. " + villages["village_name"])
            .str.upper()
            .to_numpy()
        )
        self.district = villages["district_name"].str.upper().to_numpy()
        self.nik = make_nik(people, simulation.place.codes)
        self.birthday_17 = people.birthday_17()

    def at(self, as_of: date) -> pd.DataFrame:
        people, day = self.people, day_number(as_of)
        here = np.flatnonzero(
            (people.entry <= day)
            & (people.leave > day - LEFT_LISTED_DAYS)
            & (self.birthday_17 <= day + (17 - MIN_AGE_LISTED) * 366)
        )
        gone = people.leave[here] <= day
        recorded = (people.record[here] <= day) & (people.record[here] < people.leave[here])
        married = people.married[here] <= day
        return pd.DataFrame(
            {
                "NIK": self.nik[here],
                "TANGGAL LAHIR": _dates(people.birth[here]),
                "JENIS KELAMIN": np.array(["L", "P"])[people.sex[here]],
                "STATUS KAWIN": np.where(married, "KAWIN", "BELUM KAWIN"),
                "TANGGAL KAWIN": _dates(np.where(married, people.married[here], NEVER)),
                "DESA/KELURAHAN": self.village[people.village[here]],
                "KECAMATAN": self.district[people.village[here]],
                "STATUS PENDUDUK": STATUS[np.where(gone, people.leave_kind[here], 0)],
                "TANGGAL DATANG": _dates(
                    np.where(people.entry[here] > 0, people.entry[here], NEVER)
                ),
                "TANGGAL MUTASI": _dates(np.where(gone, people.leave[here], NEVER)),
                "STATUS PEREKAMAN": np.where(recorded, "SUDAH", "BELUM"),
                "TANGGAL REKAM": _dates(np.where(recorded, people.record[here], NEVER)),
                "TEMPAT REKAM": PLACES[np.where(recorded, people.channel[here], 0)],
            }
        )


def make_nik(people: Population, codes: np.ndarray) -> np.ndarray:
    """NIK of each person: 99KKKK DDMMYY NNNN, day + 40 for women; unique."""
    birth = pd.DatetimeIndex(people.birth.astype("datetime64[D]"))
    district = pd.Series(codes).str[3:5].to_numpy() + pd.Series(codes).str[6:8].to_numpy()
    head = pd.Series(REGION_PREFIX + district.astype(object)[people.village])
    day = (birth.day.to_numpy() + 40 * people.sex).astype(str)
    date_part = (
        pd.Series(day).str.zfill(2)
        + pd.Series(birth.month.astype(str)).str.zfill(2)
        + pd.Series((birth.year % 100).astype(str)).str.zfill(2)
    )
    stem = head + date_part
    return (stem + (stem.groupby(stem).cumcount() + 1).astype(str).str.zfill(4)).to_numpy()


def _dates(days: np.ndarray) -> np.ndarray:
    out = days.astype("datetime64[D]")
    out[(days >= NEVER) | (days <= -NEVER)] = np.datetime64("NaT")
    return out


def write_residents_parquet(frame: pd.DataFrame, path: Path) -> None:
    """The tidy archive form of a resident list."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pq.write_table(table, path, compression="zstd", compression_level=3)


def write_messy_residents(
    frame: pd.DataFrame, path: Path, as_of: date, rng: np.random.Generator
) -> dict[str, int]:
    """The list as a Friday e-mail attachment; returns the number of planted faults by kind."""
    out = frame.copy()
    for column in out.columns[out.dtypes.map(lambda t: np.issubdtype(t, np.datetime64))]:
        out[column] = pd.to_datetime(out[column]).dt.strftime("%d/%m/%Y").fillna("")
    active = out.index[(out["STATUS PENDUDUK"] == "AKTIF").to_numpy()]
    chosen = rng.choice(active, sum(FAULTS.values()), replace=False)
    twins, dates, places, niks = np.split(chosen, np.cumsum(list(FAULTS.values()))[:-1])
    out.loc[dates, "TANGGAL LAHIR"] = "31/02/1990"
    out.loc[places, "DESA/KELURAHAN"] = "DESA TIDAK ADA"
    out.loc[niks, "NIK"] = out.loc[niks, "NIK"].str[:-1]
    out = pd.concat([out, out.loc[twins]])
    out = out.rename(
        columns={
            "TANGGAL LAHIR": "Tgl. Lahir",
            "JENIS KELAMIN": "JK",
            "DESA/KELURAHAN": "Desa / Kel.",
            "KECAMATAN": "Kec.",
            "STATUS PEREKAMAN": "Status Rekam",
            "TANGGAL REKAM": "Tgl Perekaman",
        }
    )
    out.insert(0, "NO", [f"{n:,}".replace(",", ".") for n in range(1, len(out) + 1)])
    width = len(out.columns)
    with path.open("w", encoding="cp1252", newline="") as file:
        file.write("DINAS KEPENDUDUKAN DAN PENCATATAN SIPIL" + ";" * (width - 1) + "\r\n")
        file.write(
            f"DAFTAR PENDUDUK 15 TAHUN KE ATAS – {as_of:%d/%m/%Y}" + ";" * (width - 1) + "\r\n"
        )
        file.write(";" * (width - 1) + "\r\n")
        out.to_csv(file, sep=";", index=False, lineterminator="\r\n")
        file.write(f"JUMLAH;{len(out):,}".replace(",", ".") + ";" * (width - 2) + "\r\n")
        file.write(";" * (width - 1) + "\r\n")
    return {**FAULTS, "rows": len(out)}


VISIT_HEADER = [
    "TANGGAL",
    "KECAMATAN",
    "DESA/KELURAHAN",
    "MULAI",
    "SELESAI",
    "PETUGAS",
    "ALAT",
    "SASARAN",
    "HADIR",
    "TEREKAM",
    "GAGAL",
    "KENDALA",
]


def _visit_rows(visits: pd.DataFrame) -> list[list[Any]]:
    names = regions.villages().set_index("village_code")
    rows = []
    for v in visits.to_dict("records"):
        place = names.loc[v["village_code"]]
        clock = [f"{int(v[m]) // 60:02d}.{int(v[m]) % 60:02d}" for m in ("start", "end")]
        kind = "Desa" if place["village_kind"] == "desa" else "Kel."
        rows.append(
            [v["date"].date(), place["district_name"], f"{kind} {place['village_name']}", *clock,
             *(int(v[n]) for n in ("staff", "devices", "target", "attended", "recorded", "failed")),
             v["reason"]]
        )  # fmt: skip
    return rows


def write_visit_csv(visits: pd.DataFrame, path: Path) -> None:
    """The visit log of a week as csv."""
    pd.DataFrame(_visit_rows(visits), columns=VISIT_HEADER).to_csv(path, index=False)


def write_visit_workbook(visits: pd.DataFrame, path: Path, as_of: date) -> None:
    """The visit log as a workbook: title, two-row header with merged cells, total, signature."""
    # a fixed creation time: the same seed gives the same bytes
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy"}) as book:
        book.set_properties({"created": pd.Timestamp(as_of).to_pydatetime()})
        sheet = book.add_worksheet("JEMPUT BOLA")
        sheet.merge_range(0, 0, 0, 11, f"LAPORAN JEMPUT BOLA MINGGU {as_of:%d/%m/%Y}")
        for column in (0, 1, 2, 5, 6, 7, 11):
            sheet.merge_range(2, column, 3, column, VISIT_HEADER[column])
        sheet.merge_range(2, 3, 2, 4, "JAM")
        sheet.merge_range(2, 8, 2, 10, "WARGA")
        for column in (3, 4, 8, 9, 10):
            sheet.write(3, column, VISIT_HEADER[column])
        rows = _visit_rows(visits)
        for r, row in enumerate(rows, start=4):
            for c, value in enumerate(row):
                sheet.write(r, c, value)
        end = 4 + len(rows)
        sheet.write(end, 0, "JUMLAH")
        sheet.write(end, 9, sum(row[9] for row in rows))
        sheet.write(end + 3, 8, "Mengetahui, Kepala Bidang")
