"""Office files → snapshots of the store, week by week, only what is new."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.errors import InputError, StoreError, disk_reason
from ektp_analysis.ingest.readers import SUFFIXES, RawTable, file_digest, read_tables
from ektp_analysis.ingest.residents import aggregate_residents
from ektp_analysis.ingest.values import parse_date
from ektp_analysis.ingest.visit_log import read_visits
from ektp_analysis.store import Store, write_snapshot

MEMORY = "2GB"


@dataclass
class IngestReport:
    """What an ingest did: weeks written, weeks that were there already, and the quality rows."""

    written: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    quality: list[pd.DataFrame] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)


def office_files(inputs: Iterable[Path]) -> list[Path]:
    """The office files among files and folders; raises InputError for a path that is not there."""
    found: list[Path] = []
    for path in inputs:
        if path.is_dir():
            found += [
                p
                for p in sorted(path.rglob("*"))
                if p.suffix.lower() in SUFFIXES and not p.name.startswith((".", "~$"))
            ]
        elif path.exists():
            found.append(path)
        else:
            raise InputError("Berkas tidak ditemukan", path.name, "Periksa nama dan foldernya")
    return found


def date_of(path: Path, title: str = "") -> date | None:
    """Date of the extract, by its folder's name, its own name, or the text above its header.

    Examples
    --------
    >>> date_of(Path("DATA PENDUDUK 02-08-2024.csv"))
    datetime.date(2024, 8, 2)
    """
    for text in (path.parent.name, path.stem, title):
        for pattern in (
            r"(20\d\d-\d\d-\d\d)",
            r"(\d{1,2}[-./ ]\d{1,2}[-./ ]20\d\d)",
            r"(\d{1,2} [A-Za-z]+ 20\d\d)",
        ):
            if (hit := re.search(pattern, text)) and (day := parse_date(hit[1])):
                return day
        if (hit := re.search(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)", text)) and (
            day := parse_date("-".join(hit.groups()))
        ):
            return day
    return None


def ingest(
    inputs: Iterable[Path],
    store: Path,
    quarantine: Path,
    *,
    as_of: date | None = None,
    limit: float = 0.05,
    again: bool = False,
    mapping: dict[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> IngestReport:
    """Ingest office files into the store.

    Parameters
    ----------
    inputs
        Files and folders.
    store, quarantine
        Folders; rejected rows go to ``quarantine/<date>/``.
    as_of
        Date of all the files; by default found for each file.
    limit
        Largest share of rows that may be rejected before the whole file is.
    again
        Also weeks whose files have not changed.
    mapping
        Saved header choices.
    progress
        Called with (weeks done, weeks in all).

    Raises
    ------
    InputError
        When a file cannot be used. Weeks before it are in the store, its own week is unchanged.
    StoreError
        When the store cannot be written.
    """
    weeks: dict[date, list[Path]] = {}
    for path in office_files(inputs):
        day = as_of or date_of(path) or _date_inside(path)
        weeks.setdefault(day, []).append(path)
    if not weeks:
        raise InputError(
            "Tidak ada berkas kantor", "", "Taruh berkas csv, xlsx atau parquet di folder masuk"
        )
    report, known = IngestReport(), Store(store)
    for number, (day, paths) in enumerate(sorted(weeks.items())):
        sources = {path.name: file_digest(path) for path in paths}
        try:
            # a damaged snapshot is made again from the files that it came from
            same = (
                not again
                and known.manifest(day)["sources"] == sources
                and known.damage(day) is None
            )
        except (StoreError, KeyError):
            same = False
        if same:
            report.unchanged.append(day)
        else:
            _ingest_week(day, paths, sources, store, quarantine, limit, mapping, report)
            report.written.append(day)
        if progress:
            progress(number + 1, len(weeks))
    return report


def ingest_folder(
    inbox: Path,
    store: Path,
    quarantine: Path,
    progress: Callable[[int, int], None] | None = None,
    **options: object,
) -> IngestReport:
    """:func:`ingest` of everything in a folder."""
    return ingest([inbox], store, quarantine, progress=progress, **options)  # type: ignore[arg-type]


def _date_inside(path: Path) -> date:
    with tempfile.TemporaryDirectory(prefix="ektp-") as workspace:
        for table in read_tables(path, Path(workspace)):
            if day := date_of(Path("x"), table.title):
                return day
    raise InputError(
        "Tanggal data tidak diketahui", path.name, "Tambahkan --as-of TAHUN-BULAN-TANGGAL"
    )


def _ingest_week(
    day: date,
    paths: list[Path],
    sources: dict[str, str],
    store: Path,
    quarantine: Path,
    limit: float,
    mapping: dict[str, str] | None,
    report: IngestReport,
) -> None:
    workspace = Path(tempfile.mkdtemp(prefix="ektp-"))
    workspace.chmod(0o700)
    try:
        with duckdb.connect(str(workspace / "run.duckdb")) as connection:
            connection.execute(f"SET memory_limit = '{MEMORY}'")
            connection.execute(f"SET temp_directory = '{workspace}'")
            connection.execute("SET preserve_insertion_order = true")
            tables: list[RawTable] = []
            for path in paths:
                tables += read_tables(path, workspace, mapping)
            result = _combine(day, tables, connection, quarantine, limit, report)
    except OSError as error:
        raise InputError(
            f"Berkas tidak dapat diolah: {disk_reason(error)}",
            paths[0].name,
            "Periksa ruang disk dan izin berkas; gudang data tidak berubah",
        ) from None
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    frames, synthetic = result
    write_snapshot(store, day, frames, sources=sources, synthetic=synthetic)


def _combine(
    day: date,
    tables: list[RawTable],
    connection: duckdb.DuckDBPyConnection,
    quarantine: Path,
    limit: float,
    report: IngestReport,
) -> tuple[dict[str, pd.DataFrame], bool]:
    frames = {name: schema.empty(name) for name in schema.TABLES}
    residents = [table for table in tables if table.header.kind == "residents"]
    if not residents:
        raise InputError(
            "Daftar penduduk minggu ini belum ada",
            day.isoformat(),
            "Tambahkan daftar penduduk ke folder itu",
        )
    if len(residents) > 1:
        names = ", ".join(sorted({table.where for table in residents}))
        raise InputError(
            "Ada lebih dari satu daftar penduduk untuk tanggal yang sama",
            names,
            "Sisakan satu saja",
        )
    quality = []
    result = aggregate_residents(residents[0], day, connection)
    _keep_rejected(result.rejected, residents[0], day, quarantine, report)
    share = len(result.rejected) / max(int(result.quality["rows_read"].iloc[0]), 1)
    if share > limit:
        commonest = result.rejected["reason"].value_counts().index[0]
        raise InputError(
            f"Terlalu banyak baris ditolak: {len(result.rejected)} ({share:.0%}); tersering: {commonest}",
            residents[0].where,
            "Perbaiki berkasnya; baris yang ditolak ada di folder karantina",
        )
    frames.update(result.tables)
    quality.append(result.quality)
    visits = []
    for table in tables:
        if table.header.kind == "visits":
            log = read_visits(table, day, connection)
            _keep_rejected(log.rejected, table, day, quarantine, report)
            visits.append(log.visits)
            quality.append(log.quality)
    if visits:
        frames["visits"] = pd.concat(visits, ignore_index=True).drop_duplicates("visit_id")
    frames["quality"] = pd.concat(quality, ignore_index=True)
    report.quality.append(frames["quality"])
    return frames, result.synthetic


def _keep_rejected(
    rejected: pd.DataFrame, table: RawTable, day: date, quarantine: Path, report: IngestReport
) -> None:
    """Rejected rows hold personal data: they stay on the office's machine, for its owner only."""
    if rejected.empty:
        return
    folder = quarantine / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{Path(table.source).stem}{'-' + table.sheet if table.sheet else ''}.csv"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8-sig", newline="") as file:
        rejected.to_csv(file, index=False)
    report.quarantine.append(path)
