"""The files of one week → the tables of its snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.errors import InputError, disk_reason
from ektp_analysis.ingest import quarantine as kept
from ektp_analysis.ingest.headers import Header
from ektp_analysis.ingest.history import Finding, fall_in_recorded, missing_villages
from ektp_analysis.ingest.identities import identity_index
from ektp_analysis.ingest.mapping import Choices
from ektp_analysis.ingest.readers import FileTables, RawTable, read_file
from ektp_analysis.ingest.recap import read_recap
from ektp_analysis.ingest.recap_stock import compare_with_list, recap_stock
from ektp_analysis.ingest.residents import aggregate_residents
from ektp_analysis.ingest.visit_log import merge_visits, read_visits
from ektp_analysis.ingest.week_quality import (
    joined,
    merge_quality,
    stop_at_rejected,
    with_flag,
)
from ektp_analysis.restricted import index_path, new_salt
from ektp_analysis.store import Store, Tables

MEMORY = "1GB"
SYNTHETIC_WORDS = ("SINTETIS", "DATA CONTOH", "DATA TIRUAN")


@dataclass(frozen=True)
class Limits:
    """Thresholds that stop an ingest.

    Attributes
    ----------
    rejected
        Largest share of a file's rows that may be rejected.
    fall
        Largest share by which the kabupaten's recorded residents may fall in a week.
    missing
        Largest share of the desa/kelurahan that may be missing against the last data.
    programme_start
        No biometrics were recorded before.
    """

    rejected: float = 0.05
    fall: float = 0.02
    missing: float = 0.1
    programme_start: date = date(2011, 2, 1)


@dataclass(frozen=True)
class Week:
    """What is to be read for a week.

    Attributes
    ----------
    day
        Date of the data.
    paths
        Files.
    digests
        Digest of each file.
    sources
        The same by the file's name.
    had
        Sources of the version in force that stay valid beside these files.
    newest
        Whether no later week is read or known: its NIK and names are what the gate looks for.
    """

    day: date
    paths: tuple[Path, ...]
    digests: tuple[str, ...]
    sources: Mapping[str, str]
    had: Mapping[str, str]
    newest: bool = False


@dataclass
class WeekTables:
    """Tables of a week, what there is to say about it, and which earlier sources stay in force."""

    tables: dict[str, pd.DataFrame]
    kept: set[str] = field(default_factory=set)
    synthetic: bool = False
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    quarantine: list[Path] = field(default_factory=list)
    headers: list[tuple[Header, Mapping[str, str]]] = field(default_factory=list)


def read_week(
    week: Week, store: Store, quarantine: Path, limits: Limits, choices: Choices
) -> WeekTables:
    """Read, check and aggregate the files of a week.

    Raises
    ------
    InputError
        When a file cannot be used, or a threshold is passed. Rejected rows are kept nevertheless.
    """
    try:
        with kept.private_workspace(quarantine) as workspace:
            tables, skipped = _open(week, workspace, choices)
            with duckdb.connect() as connection:
                connection.execute(f"SET memory_limit = '{MEMORY}'")
                connection.execute(f"SET temp_directory = '{workspace}'")
                connection.execute("SET preserve_insertion_order = true")
                kept.clear(quarantine, week.day, {t.source for t in tables})
                return _combine(
                    week, tables, skipped, connection, workspace, store, quarantine, limits
                )
    except OSError as error:
        raise _unprocessable(week, disk_reason(error)) from None
    except duckdb.Error as error:
        if isinstance(error, (duckdb.IOException, duckdb.OutOfMemoryException)):
            raise _unprocessable(week, "ruang disk atau memori tidak cukup") from None
        raise


def _unprocessable(week: Week, why: str) -> InputError:
    return InputError(
        f"Berkas tidak dapat diolah: {why}",
        week.paths[0].name,
        "Periksa ruang disk dan izin berkas; gudang data tidak berubah",
    )


def _open(week: Week, workspace: Path, choices: Choices) -> tuple[list[RawTable], list[str]]:
    tables: list[RawTable] = []
    skipped: list[str] = []
    seen: dict[str, str] = {}
    for path, digest in zip(week.paths, week.digests, strict=True):
        if digest in seen:
            skipped.append(f"{path.name}: sama isinya dengan {seen[digest]}")
            continue
        seen[digest] = path.name
        found: FileTables = read_file(path, workspace, choices.find)
        tables += found.tables
        skipped += [f"{s.where}: {s.why}" for s in found.skipped]
    return tables, skipped


def _combine(
    week: Week,
    tables: list[RawTable],
    skipped: list[str],
    connection: duckdb.DuckDBPyConnection,
    workspace: Path,
    store: Store,
    quarantine: Path,
    limits: Limits,
) -> WeekTables:
    lists, logs, recaps = (
        [t for t in tables if t.header.kind == kind] for kind in ("residents", "visits", "recap")
    )
    current = store.load(week.day) if week.had else None
    if not lists and not recaps and current is None:
        raise InputError(
            "Daftar penduduk atau rekap minggu ini belum ada",
            week.day.isoformat(),
            "Tambahkan daftar penduduk atau tabel rekap ke folder itu",
        )
    out = WeekTables({name: schema.empty(name) for name in schema.TABLES}, skipped=skipped)
    quality: list[pd.DataFrame] = []
    rejected: list[pd.DataFrame] = []
    flagged: list[pd.DataFrame] = []
    if current is not None:
        _keep_current(out, current, bool(lists), quality, {t.source for t in tables})
    salt, digests = new_salt(), np.empty(0, dtype=np.uint64)
    if lists:
        result = aggregate_residents(
            lists, week.day, connection, workspace, programme_start=limits.programme_start
        )
        out.tables |= result.tables
        out.synthetic = result.synthetic
        out.notes += result.notes
        salt, digests = result.salt, result.digests
        quality.append(result.quality)
        rejected.append(result.rejected)
        flagged.append(result.flagged)
    if week.newest and (lists or current is None):
        identity_index(lists, week.day, salt, digests, connection).save(index_path(quarantine))
    parts = []
    for raw in recaps:
        recap = read_recap(raw, week.day, connection)
        parts.append(recap.places)
        quality.append(recap.quality)
        rejected.append(recap.rejected)
        flagged.append(recap.flagged)
        out.notes += recap.notes
        listed = out.tables["stock"]
        if lists or (len(listed) and (listed["birth_year"] != schema.UNKNOWN_YEAR).any()):
            count, sentence = compare_with_list(recap.places, listed)
            if count:
                quality[-1] = with_flag(recap.quality, "recap_differs", count, sentence)
                out.notes.append(f"{raw.where}: {sentence}")
            parts.pop()
    if parts and any(len(p) for p in parts):
        out.tables["stock"] = recap_stock(parts, week.day)
        for name in ("flow", "upcoming", "durations"):
            out.tables[name] = schema.empty(name)
        out.synthetic = out.synthetic or any(_says_synthetic(raw) for raw in recaps)
    replaced = bool(lists) or bool(parts)
    if current is not None:
        out.kept = _sources_kept(week, current, replaced)
    visits = [log for log in (read_visits(raw, week.day, connection) for raw in logs)]
    for log in visits:
        quality.append(log.quality)
        rejected.append(log.rejected)
        flagged.append(log.flagged)
        out.notes += log.notes
    out.tables["visits"] = merge_visits([*(v.visits for v in visits), out.tables["visits"]])
    for name, rows in (("ditolak", rejected), ("periksa", flagged)):
        out.quarantine += kept.keep(joined(rows), quarantine, week.day, name)
    read = {t.source for t in tables}
    merged = merge_quality(quality)
    stop_at_rejected(merged[merged["source"].isin(read)], joined(rejected), limits.rejected)
    out.tables["quality"] = _with_history(week, out, merged, store, limits)
    out.headers = [(raw.header, raw.header.orders) for raw in tables]
    return out


def _keep_current(
    out: WeekTables,
    current: Tables,
    replaced: bool,
    quality: list[pd.DataFrame],
    sources: set[str],
) -> None:
    """What a week already has and these files do not replace."""
    stamp = current.as_of
    before = current.quality[
        (current.quality["as_of"] == stamp) & ~current.quality["source"].isin(sources)
    ]
    if replaced:
        before = before[before["kind"] == "visits"]
    else:
        out.tables["stock"] = current.stock[current.stock["as_of"] == stamp]
        out.tables["flow"] = current.flow[current.flow["week"] == stamp]
        out.tables["upcoming"], out.tables["durations"] = current.upcoming, current.durations
        out.synthetic = current.synthetic
    week = current.visits["date"] > stamp - pd.Timedelta(days=7)
    out.tables["visits"] = current.visits[week]
    quality.append(before)


def _sources_kept(week: Week, current: Tables, replaced: bool) -> set[str]:
    """Names of earlier files whose rows are still in the week's tables."""
    quality = current.quality[current.quality["as_of"] == current.as_of]
    gone = set(quality.loc[quality["kind"] != "visits", "source"].str.split("/").str[0])
    stay = set(quality.loc[quality["kind"] == "visits", "source"].str.split("/").str[0])
    return set(week.had) - (gone - stay if replaced else set())


def _says_synthetic(raw: RawTable) -> bool:
    return any(word in raw.title.upper() for word in SYNTHETIC_WORDS)


def _with_history(
    week: Week, out: WeekTables, quality: pd.DataFrame, store: Store, limits: Limits
) -> pd.DataFrame:
    """The quality rows with what the history says; raises when a threshold is passed."""
    if out.tables["stock"].empty:
        raise InputError("Tidak ada baris yang diterima", week.paths[0].name, "Perbaiki berkasnya")
    main = quality[quality["kind"] != "visits"]
    for finding, most in _findings(week, out, store, limits):
        out.notes.append(finding.sentence)
        if finding.share > most:
            raise InputError(
                finding.sentence,
                week.day.isoformat(),
                "Periksa apakah berkasnya lengkap; bila benar, jalankan: ektp ingest --paksa",
            )
        quality = with_flag(quality, finding.rule, finding.places, finding.sentence, main)
    return quality


def _findings(
    week: Week, out: WeekTables, store: Store, limits: Limits
) -> list[tuple[Finding, float]]:
    found: list[tuple[Finding, float]] = []
    earlier = [d for d in store.dates() if d < week.day]
    stock = out.tables["stock"]
    if earlier:
        before = store.table("stock", earlier[-1])
        if fall := fall_in_recorded(stock, before):
            found.append((fall, limits.fall))
        if missing := missing_villages(stock, before):
            found.append((missing, limits.missing))
    return found
