"""The tables of a place's reports, as the execution left them beside the pages."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ektp_analysis import regions
from ektp_analysis.tables.files import TABLES_FILE, WHOLE

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """One table of a page: what it says, and its rows by column name.

    A count that the page hides is the mark that it prints instead: “<5” or “•”.
    """

    finding: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class PlaceTables:
    """All tables of a kecamatan or of the kabupaten.

    Attributes
    ----------
    slug, name
        ``curup-tengah``, “Kecamatan Curup Tengah”; :data:`~ektp_analysis.tables.files.WHOLE`.
    folder
        Of its pages, relative to the project.
    as_of
        Date of the data; ``None`` when no report of the place could be made.
    synthetic
        Whether the data are of the sample kabupaten.
    tables
        By report and name.
    notes
        Sentences that stand alone, by report.
    """

    slug: str
    name: str
    folder: Path
    as_of: date | None
    synthetic: bool
    tables: dict[tuple[str, str], Table]
    notes: dict[str, tuple[str, ...]]

    def get(self, report: str, name: str) -> Table | None:
        """A table, or ``None`` when the report could not be made or does not have it."""
        return self.tables.get((report, name))


def places() -> list[tuple[str, str, Path]]:
    """Slug, name and folder of the kabupaten and of every kecamatan."""
    out = [(WHOLE, regions.REGENCY_TITLE, Path())]
    for row in regions.districts().itertuples():
        folder = Path("laporan") / str(row.district_slug)
        out.append((str(row.district_slug), f"Kecamatan {row.district_name}", folder))
    return out


def read_place(project: Path, slug: str, name: str, folder: Path) -> PlaceTables:
    """Read all ``tabel.json`` below a folder of pages.

    Parameters
    ----------
    project
        Folder in which the executed notebooks are.
    slug, name, folder
        From :func:`places`.
    """
    tables: dict[tuple[str, str], Table] = {}
    notes: dict[str, tuple[str, ...]] = {}
    as_of, synthetic = None, False
    for path in sorted((project / folder / "files").glob(f"*/{TABLES_FILE}")):
        content = json.loads(path.read_text(encoding="utf-8"))
        report = str(content["report"])
        as_of = date.fromisoformat(content["as_of"]) if content["as_of"] else as_of
        synthetic = synthetic or bool(content["synthetic"])
        for table in content["tables"]:
            names = [column["name"] for column in table["columns"]]
            if not names:
                notes[report] = (*notes.get(report, ()), str(table["finding"]))
                continue
            rows = _printed(
                [dict(zip(names, row, strict=True)) for row in table["rows"]],
                table.get("marks", {}),
            )
            tables[report, str(table["name"])] = Table(str(table["finding"]), rows)
    return PlaceTables(slug, name, folder, as_of, synthetic, tables, notes)


def _printed(rows: list[Row], marks: dict[str, list[str]]) -> tuple[Row, ...]:
    """The rows with the page's marks in hidden cells."""
    for column, texts in marks.items():
        for row, text in zip(rows, texts, strict=True):
            row[column] = text or row[column]
    return tuple(rows)
