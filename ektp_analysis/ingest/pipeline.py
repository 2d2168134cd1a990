"""Office files → snapshots of the store, week by week, only what is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from ektp_analysis.errors import InputError, StoreError
from ektp_analysis.ingest.formats import SUFFIXES
from ektp_analysis.ingest.headers import Header
from ektp_analysis.ingest.mapping import Choices
from ektp_analysis.ingest.quarantine import private_workspace
from ektp_analysis.ingest.readers import FileTables, file_digest, read_file
from ektp_analysis.ingest.values import parse_date
from ektp_analysis.ingest.week import Limits, Week, read_week
from ektp_analysis.restricted import index_path
from ektp_analysis.settings import Settings
from ektp_analysis.snapshot import write_snapshot, writing
from ektp_analysis.store import Store

IGNORED = {".json", ".md", ".yaml", ".yml", ".toml", ".log"}
"""Endings of files in an inbox that need no word."""


@dataclass
class IngestReport:
    """What an ingest did.

    Attributes
    ----------
    written, unchanged
        Weeks.
    versions
        Number of the version that each written week now has.
    quality
        Quality rows by week.
    quarantine
        Files of rejected and flagged rows.
    notes
        Sentences for the office by week.
    skipped
        Sheets and files that were not read, with the reason.
    headers
        Recognised headers with the date orders they were read with.
    """

    written: list[date] = field(default_factory=list)
    unchanged: list[date] = field(default_factory=list)
    versions: dict[date, int] = field(default_factory=dict)
    quality: list[pd.DataFrame] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    headers: list[tuple[Header, Mapping[str, str]]] = field(default_factory=list)


def office_files(inputs: Iterable[Path]) -> list[Path]:
    """The office files among files and folders; raises InputError for a path that is not there."""
    found: list[Path] = []
    for path in inputs:
        if path.is_dir():
            found += [p for p in _inside(path) if p.suffix.lower() in SUFFIXES]
        elif path.exists():
            found.append(path)
        else:
            raise InputError("Berkas tidak ditemukan", path.name, "Periksa nama dan foldernya")
    return found


def _inside(folder: Path) -> list[Path]:
    return [
        p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith((".", "~$"))
    ]


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
            r"(?<!\d)(\d{1,2}[-./ _]\d{1,2}[-./ _]20\d\d)(?!\d)",
            r"(?<!\d)(\d{1,2}[ _-][A-Za-z]+[ _-]20\d\d)(?!\d)",
        ):
            for hit in re.findall(pattern, text):
                if day := parse_date(hit.replace("_", " ")):
                    return day
        for found in re.finditer(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)", text):
            if day := parse_date("-".join(found.groups())):
                return day
    return None


def ingest(
    inputs: Iterable[Path],
    store: Path,
    quarantine: Path,
    *,
    as_of: date | None = None,
    limit: float = 0.05,
    limits: Limits | None = None,
    again: bool = False,
    choices: Choices | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> IngestReport:
    """Ingest office files into the store.

    The files of a folder are all that there is for their week. A file that is named by itself is
    added to what the week already has: a visit log keeps last time's residents.

    Parameters
    ----------
    inputs
        Files and folders.
    store, quarantine
        Folders; rejected rows go to ``quarantine/<date>/``.
    as_of
        Date of all the files; by default found for each file.
    limit
        Largest share of rows that may be rejected before the whole file is; ``limits`` has it
        among others.
    limits
        All thresholds.
    again
        Also weeks whose files have not changed.
    choices
        The office's saved header choices.
    progress
        Called with (weeks done, weeks in all).

    Raises
    ------
    InputError
        When a file cannot be used. Weeks before it are in the store, its own week is unchanged.
    StoreError
        When the store cannot be written, or another ingest is at work in it.
    """
    limits = limits or Limits(rejected=limit)
    choices = choices or Choices()
    chosen = list(inputs)
    report = IngestReport(skipped=_passed_over(chosen))
    weeks: dict[date, list[Path]] = {}
    files = office_files(chosen)
    if not files:
        raise InputError(
            "Tidak ada berkas kantor", "", "Taruh berkas csv, xlsx atau parquet di folder masuk"
        )
    named = {p for p in chosen if not p.is_dir()}
    for path in files:
        day = as_of or date_of(path) or _date_inside(path, quarantine, choices)
        weeks.setdefault(day, []).append(path)
    if max(weeks) > date.today():
        day = max(weeks)
        raise InputError(
            f"Tanggal data {day.isoformat()} belum tiba",
            weeks[day][0].name,
            "Periksa tanggal pada nama folder atau berkas, atau beri --as-of",
        )
    known = Store(store)
    last = max([*weeks, *known.dates()])
    for number, (day, paths) in enumerate(sorted(weeks.items())):
        digests = tuple(file_digest(path) for path in paths)
        sources = _sources(paths, digests)
        added = all(path in named for path in paths)
        try:
            had = known.manifest(day)["sources"] if day in known.dates() else {}
            # a damaged snapshot is made again from the files that it came from
            whole = bool(had) and known.damage(day) is None
        except (StoreError, KeyError):
            had, whole = {}, False
        same = had == sources or (added and had.items() >= sources.items())
        indexed = day != last or index_path(quarantine).exists()
        if whole and same and indexed and not again:
            report.unchanged.append(day)
        else:
            _ingest_week(
                Week(day, tuple(paths), digests, sources, had if added and whole else {}, day == last),
                known, quarantine, limits, choices, report,
            )  # fmt: skip
        if progress:
            progress(number + 1, len(weeks))
    return report


def limits_of(settings: Settings, *, force: bool = False) -> Limits:
    """The thresholds of an office's settings; ``force`` lifts them."""
    if force:
        return Limits(1.0, 1.0, 1.0, settings.programme_start)
    return Limits(
        settings.quarantine_limit,
        settings.fall_limit,
        settings.missing_limit,
        settings.programme_start,
    )


def ingest_folder(
    inbox: Path,
    store: Path,
    quarantine: Path,
    progress: Callable[[int, int], None] | None = None,
    **options: object,
) -> IngestReport:
    """:func:`ingest` of everything in a folder."""
    return ingest([inbox], store, quarantine, progress=progress, **options)  # type: ignore[arg-type]


def _passed_over(inputs: Iterable[Path]) -> list[str]:
    return [
        f"{p.name}: bukan berkas tabel"
        for folder in inputs
        if folder.is_dir()
        for p in _inside(folder)
        if p.suffix.lower() not in SUFFIXES | IGNORED
    ]


def _sources(paths: Iterable[Path], digests: Iterable[str]) -> dict[str, str]:
    """Digest of each file by its name; two of one name in different folders are told apart."""
    out: dict[str, str] = {}
    for path, digest in zip(paths, digests, strict=True):
        name = path.name if path.name not in out else f"{path.parent.name}/{path.name}"
        out[name] = digest
    return out


def _date_inside(path: Path, quarantine: Path, choices: Choices) -> date:
    with private_workspace(quarantine) as workspace:
        found: FileTables = read_file(path, workspace, choices.find)
    for table in found.tables:
        if day := date_of(Path("x"), table.title):
            return day
        if day := date_of(Path("x") / Path(table.source).name):
            return day
    raise InputError(
        "Tanggal data tidak diketahui", path.name, "Tambahkan --as-of TAHUN-BULAN-TANGGAL"
    )


def _ingest_week(
    week: Week,
    store: Store,
    quarantine: Path,
    limits: Limits,
    choices: Choices,
    report: IngestReport,
) -> None:
    with writing(store.root):
        result = read_week(week, store, quarantine, limits, choices)
        report.notes += result.notes
        report.skipped += result.skipped
        report.quarantine += result.quarantine
        report.headers += result.headers
        folder = write_snapshot(
            store.root,
            week.day,
            result.tables,
            sources={**{n: d for n, d in week.had.items() if n in result.kept}, **week.sources},
            synthetic=result.synthetic,
        )
    report.quality.append(result.tables["quality"])
    report.written.append(week.day)
    report.versions[week.day] = int(folder.name[1:])
