"""Which notebooks are to be run, with which parameters, and the key of each."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import nbformat

import ektp_analysis
from ektp_analysis import regions
from ektp_analysis.errors import ExecutionError, ParameterError
from ektp_analysis.parameters import BUILT_IN, REPORTS, Report
from ektp_analysis.protection import Protection
from ektp_analysis.store import Store

ROOT_NAMES = {"overview": "index"}


@dataclass(frozen=True)
class Unit:
    """One report with its parameters.

    Attributes
    ----------
    report
        Name in :data:`ektp_analysis.parameters.REPORTS`.
    parameters
        Values for papermill.
    notebook
        Source notebook.
    output
        Path of the executed notebook, relative to the project.
    key
        Hash of everything that the output depends on.
    """

    report: str
    parameters: dict[str, Any]
    notebook: Path
    output: Path
    key: str

    @property
    def label(self) -> str:
        """Short name for people."""
        return self.output.with_suffix("").as_posix()

    @property
    def title(self) -> str:
        """Title of the page."""
        report = REPORTS[self.report]
        return report.page_title(report.validate(self.parameters))


def make_plan(
    store: Store,
    notebooks: Path,
    *,
    as_of: date | None = None,
    only: list[str] | None = None,
    choices: Path | None = None,
) -> list[Unit]:
    """All units of an edition, in the order of the site.

    Parameters
    ----------
    store
        Weekly store.
    notebooks
        Folder of the report notebooks.
    as_of
        Date of the edition; the latest by default.
    only
        Report names or kecamatan (code, name) to keep.
    choices
        The office's choices for the visit plan, part of the key.

    Raises
    ------
    ExecutionError
        When a notebook is missing or has no cell tagged ``parameters``.
    ParameterError
        When ``only`` names something unknown.
    StoreError
        When there is no data of that date.
    """
    day = store.resolve(as_of)
    protection = Protection.of(store.counts(day))
    reports, districts = _selection(only or [])
    units = []
    for report in REPORTS.values():
        if report.name not in reports:
            continue
        path = notebooks / f"{report.name}.ipynb"
        check_notebook(path)
        places = districts if report.per_district else [None]
        for code in places:
            parameters: dict[str, Any] = {"as_of": day.isoformat()}
            if code:
                parameters = {"district": code, **parameters}
            data = store.digest(day, None if report.borrows else code)
            extra = choices.read_bytes() if choices and choices.exists() else b""
            # what is hidden here may be decided by counts of other kecamatan
            extra += protection.digest(code).encode()
            key = unit_key(path, parameters, data, extra)
            units.append(Unit(report.name, parameters, path, output_path(report, code), key))
    return units


def _selection(only: list[str]) -> tuple[set[str], list[str]]:
    codes = regions.districts()["district_code"].tolist()
    reports = {name for name in only if name in REPORTS}
    districts = []
    for name in only:
        if name not in REPORTS:
            try:
                districts.append(str(regions.find_district(name)["district_code"]))
            except ParameterError:
                raise ParameterError(
                    f"“{name[:40]}” bukan laporan dan bukan kecamatan",
                    "--only",
                    f"Laporan: {', '.join(REPORTS)}; atau nama kecamatan",
                ) from None
    if districts and not reports:
        reports = {name for name, report in REPORTS.items() if report.per_district}
    return reports or set(REPORTS), districts or codes


def output_path(report: Report, district: str | None) -> Path:
    """``laporan/<kecamatan>/<report>.ipynb``; of the kabupaten at the root, the office's own beside
    the kecamatan."""
    if district is None and report.name not in BUILT_IN:
        return Path("laporan") / f"{report.name}.ipynb"
    if district is None:
        return Path(f"{ROOT_NAMES.get(report.name, report.name)}.ipynb")
    slug = str(regions.find_district(district)["district_slug"])
    return Path("laporan") / slug / f"{report.name}.ipynb"


def check_notebook(path: Path) -> None:
    """Raise ExecutionError unless the notebook is readable and has one parameters cell."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise ExecutionError(
            "Buku catatan tidak ada", path.name, "Pulihkan berkasnya dengan git"
        ) from None
    except Exception:
        raise ExecutionError(
            "Buku catatan rusak", path.name, "Pulihkan berkasnya dengan git"
        ) from None
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        raise ExecutionError(
            f"Buku catatan harus punya tepat satu sel bertanda “parameters”, ada {len(tagged)}",
            path.name,
            "Beri tanda itu pada sel parameter di JupyterLab",
        )


def unit_key(notebook: Path, parameters: dict[str, Any], data: str, extra: bytes = b"") -> str:
    """Hash of the notebook's cells, parameters, data, code and locked dependencies."""
    cells = [(c.cell_type, c.source) for c in nbformat.read(notebook, as_version=4).cells]
    total = hashlib.sha256(json.dumps([cells, parameters, data], sort_keys=True).encode())
    total.update(extra)
    total.update(code_digest().encode())
    return total.hexdigest()


@cache
def code_digest() -> str:
    """Hash of the package, the reference data, the lock file and the Python version."""
    package = Path(ektp_analysis.__file__).parent
    total = hashlib.sha256(platform.python_version().encode())
    files = sorted(package.rglob("*.py")) + sorted((regions.data_dir() / "reference").glob("*.csv"))
    files += sorted((regions.data_dir()).glob("batas.*"))  # the office's map
    files += sorted(package.rglob("*.mplstyle"))
    lock = package.parent / "requirements.lock"
    for path in [*files, *([lock] if lock.exists() else [])]:
        if path.parent.name in ("site", "sample", "ingest", "takeaway"):
            continue  # a page's content does not depend on them
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()
