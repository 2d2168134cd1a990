"""Which notebooks are to be run, with which parameters, and the key of each."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import ektp_analysis
from ektp_analysis import regions
from ektp_analysis.errors import ExecutionError, ParameterError
from ektp_analysis.execute.code import WHOLE, Code, notebook_imports
from ektp_analysis.parameters import BUILT_IN, REPORTS, Report
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
        Hash of everything that the output depends on, except the data that it reads: those are
        known once it has run (:mod:`ektp_analysis.execute.reads`).
    parts
        The digests that the key is made of, by what they are of.
    """

    report: str
    parameters: dict[str, Any]
    notebook: Path
    output: Path
    key: str
    parts: dict[str, str] = field(default_factory=dict)

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
    settings: dict[str, str] | None = None,
    memory: Path | None = None,
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
    settings
        The office's settings as the kernels see them, part of the key.
    memory
        File that remembers what was read of the package's code.

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
    reports, districts = _selection(only or [])
    code_of = Code(memory=memory)
    common = {
        "choices": _hash(
            choices.read_text(encoding="utf-8") if choices and choices.exists() else ""
        ),
        "settings": _hash(settings or {}),
        "libraries": libraries_digest(),
        "reference": reference_digest(),
        "shared": code_of.digest([WHOLE]),
    }
    units = []
    for report in REPORTS.values():
        if report.name not in reports:
            continue
        path = notebooks / f"{report.name}.ipynb"
        check_notebook(path)
        places = districts if report.per_district else [None]
        for district in places:
            parameters: dict[str, Any] = {"as_of": day.isoformat()}
            if district:
                parameters = {"district": district, **parameters}
            parts = {**common, **notebook_parts(path, code_of), "parameters": _hash(parameters)}
            output = output_path(report, district)
            own = {name: value for name, value in parts.items() if name != "shared"}
            units.append(Unit(report.name, parameters, path, output, _hash(own), parts))
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
        cells = notebook_cells(path)
    except FileNotFoundError:
        raise ExecutionError(
            "Buku catatan tidak ada", path.name, "Pulihkan berkasnya dengan git"
        ) from None
    except Exception:
        raise ExecutionError(
            "Buku catatan rusak", path.name, "Pulihkan berkasnya dengan git"
        ) from None
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ExecutionError(
            f"Buku catatan harus punya tepat satu sel bertanda “parameters”, ada {len(tagged)}",
            path.name,
            "Beri tanda itu pada sel parameter di JupyterLab",
        )


def notebook_cells(path: Path) -> list[dict[str, Any]]:
    """Cells with their source as one text; without nbformat, which takes seconds to import."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def notebook_parts(path: Path, code: Code) -> dict[str, str]:
    """Digests of a notebook's cells (without outputs), and of the code in reach of it."""
    cells = [(cell["cell_type"], cell["source"]) for cell in notebook_cells(path)]
    imports = notebook_imports(source for kind, source in cells if kind == "code")
    return {"notebook": _hash(cells), "code": code.digest(imports)}


def libraries_digest(root: Path | None = None) -> str:
    """Hash of the lock file in the project's root and of the Python version."""
    lock = (root or Path(ektp_analysis.__file__).parent.parent) / "requirements.lock"
    pins = lock.read_text(encoding="utf-8") if lock.exists() else ""
    return _hash([platform.python_version(), pins])


def reference_digest() -> str:
    """Hash of the reference data, which any report may read."""
    data = regions.data_dir()
    files = sorted(path for path in (data / "reference").rglob("*") if path.is_file())
    files += sorted(data.glob("batas.*"))  # the office's map
    return _hash([(p.name, hashlib.sha256(p.read_bytes()).hexdigest()) for p in files])


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
