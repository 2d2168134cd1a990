"""Rejected and flagged rows: on the office's machine, for the owner of the process only."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pandas as pd
import xlsxwriter

SHEET_ROWS = 100_000
"""Rows up to which a workbook is written; a longer table becomes csv."""
WORK = ".kerja"
NAMES = {
    "source": "Berkas",
    "sheet": "Lembar",
    "row": "Baris",
    "column": "Kolom",
    "rule": "Aturan",
    "reason": "Alasan",
    "mend": "Perbaikan",
}


@contextmanager
def private_workspace(quarantine: Path) -> Iterator[Path]:
    """A folder for persons' rows of this run, removed at its end.

    What a killed run left behind is removed at the start of the next.
    """
    base = quarantine / WORK
    base.mkdir(parents=True, exist_ok=True, mode=0o700)
    base.chmod(0o700)
    for old in base.iterdir():
        owner = old.name.split("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=base, prefix=f"{os.getpid()}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def clear(quarantine: Path, day: date, sources: Iterable[str]) -> None:
    """Remove what an earlier reading of the same files rejected."""
    folder = quarantine / day.isoformat()
    stems = {_stem(s) for s in sources}
    for old in folder.glob("*") if folder.exists() else ():
        if old.name.split("~")[0] in stems:
            old.unlink(missing_ok=True)


def keep(rows: pd.DataFrame, quarantine: Path, day: date, kind: str) -> list[Path]:
    """Write rows, one file per source, readable by the owner only.

    Parameters
    ----------
    rows
        Columns :data:`ektp_analysis.ingest.rules.COLUMNS` and the cells.
    quarantine, day
        The folder ``quarantine/<date>`` is made if it is missing.
    kind
        ``ditolak`` (rejected) or ``periksa`` (accepted, to be looked at).

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OSError
        When the disk does not take them.
    """
    if rows.empty:
        return []
    folder = quarantine / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = []
    for source, part in rows.groupby("source", sort=False):
        shown = part.dropna(axis="columns", how="all").rename(columns=NAMES)
        shown = shown.drop(columns="Aturan")
        book = len(shown) <= SHEET_ROWS
        path = folder / f"{_stem(str(source))}~{kind}{'.xlsx' if book else '.csv'}"
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                if book:
                    _write_book(shown, file)
                else:
                    shown.to_csv(file, index=False, encoding="utf-8-sig")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        written.append(path)
    return written


def _stem(source: str) -> str:
    """A file name that keeps the source's ending: two files may differ in nothing else."""
    return re.sub(r"[^\w.() -]+", "_", source).strip(". ")[:100] or "berkas"


def _write_book(rows: pd.DataFrame, file: object) -> None:
    # cells stay text: a NIK as a number would lose its last digit, a formula would run
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("Ditolak")
        bold = book.add_format({"bold": True, "bottom": 1})
        for column, name in enumerate(rows.columns):
            sheet.write_string(0, column, str(name), bold)
            sheet.set_column(column, column, 44 if name in ("Alasan", "Perbaikan") else 18)
        for at, row in enumerate(rows.itertuples(index=False), start=1):
            for column, value in enumerate(row):
                if value is not None and not pd.isna(value) and value != "":
                    sheet.write_string(at, column, str(value))
        sheet.freeze_panes(1, 3)
        sheet.autofilter(0, 0, len(rows), len(rows.columns) - 1)
