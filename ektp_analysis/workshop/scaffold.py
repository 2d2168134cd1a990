"""New reports and figures that run, are tested and show up in the site as they are."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Any

import nbformat

from ektp_analysis.errors import ParameterError
from ektp_analysis.parameters import (
    BUILT_IN,
    DistrictParameters,
    RegencyParameters,
    notebooks_dir,
    parameters_cell,
)
from ektp_analysis.regions import data_dir

TEMPLATES = Path(__file__).parent / "templates"


def _checked(name: str, folder: Path, suffix: str) -> Path:
    """The path for a new module or notebook; ParameterError when the name does not fit."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,39}", name) or keyword.iskeyword(name):
        raise ParameterError(
            f"Nama “{name[:40]}” tidak dapat dipakai",
            "NAMA",
            "Pakai huruf kecil, angka, dan garis bawah; mulai dengan huruf; 3 sampai 40 tanda",
        )
    path = folder / f"{name}{suffix}"
    if path.exists() or (suffix == ".ipynb" and name in BUILT_IN):
        raise ParameterError(f"{path.name} sudah ada", "NAMA", "Pilih nama lain")
    return path


def new_report(
    name: str, title: str = "", *, per_district: bool = True, folder: Path | None = None
) -> Path:
    """Write ``notebooks/<name>.ipynb`` of the house shape, with its outputs where there is a sample.

    Parameters
    ----------
    name
        Stem of the notebook: lower-case letters, digits and underscores.
    title
        Title of the page without the place; by default made from the name.
    per_district
        Whether it is made for each kecamatan, or once for the kabupaten.
    folder
        Folder of the notebooks; the office's by default.

    Raises
    ------
    ParameterError
        When the name does not fit or is taken.
    """
    target = folder or notebooks_dir()
    path = _checked(name, target, ".ipynb")
    heading = title or name.replace("_", " ").capitalize()
    model: type[RegencyParameters] = DistrictParameters if per_district else RegencyParameters
    values = ", ".join(f"{key}={key}" for key in model.names())
    notebook = nbformat.v4.new_notebook(
        metadata={
            "ektp": {"title": heading, "borrows": False},
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        },
        cells=_cells(name, heading, parameters_cell(model), values),
    )
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"{name}-{number}"[:64].replace("_", "-")
    nbformat.write(notebook, path)
    if (data_dir() / "sample" / "store").exists():
        from ektp_analysis.execute.committed import refresh

        refresh(target, [name])
    return path


def _cells(name: str, heading: str, parameters: str, values: str) -> list[Any]:
    text: Callable[..., Any] = nbformat.v4.new_markdown_cell
    code: Callable[..., Any] = nbformat.v4.new_code_cell
    load = (
        "from ektp_analysis.exhibits import backlog, load_report\n\n"
        f'loaded = load_report("{name}", {values})\nloaded'
    )
    return [
        text(
            f"# {heading}\n\nTulis di sini, dalam satu kalimat, pertanyaan yang dijawab laporan ini."
        ),
        code(parameters, metadata={"tags": ["parameters"]}),
        code(load),
        text("## Temuan"),
        code("backlog.trend(loaded)"),
        text("Garis tebal: hitungan tiap minggu. Garis putus-putus: perkiraan."),
        text("## Rincian"),
        code("backlog.places(loaded)"),
        text("Baris paling atas adalah tempat dengan warga belum rekam terbanyak."),
        text(
            "## Cara menghitung dan batasnya\n\n"
            "Sebutkan sumber data, rumus, dan apa yang tidak dapat disimpulkan dari laporan ini. "
            "Hitungan kecil disamarkan agar tidak menunjuk ke seseorang."
        ),
    ]


def new_figure(name: str, project: Path | None = None) -> list[Path]:
    """Write a figure function, the exhibit function that calls it, and their test.

    Parameters
    ----------
    name
        Module name.
    project
        Folder with the package and its tests; the checkout's by default.

    Returns
    -------
    list of Path
        ``ektp_analysis/figures/<name>.py``, ``ektp_analysis/exhibits/<name>.py`` and
        ``tests/figures/test_<name>.py``.

    Raises
    ------
    ParameterError
        When the name does not fit or is taken.
    """
    root = project or Path(__file__).resolve().parents[2]
    package = root / "ektp_analysis"
    paths = {
        "figure": _checked(name, package / "figures", ".py"),
        "exhibit": _checked(name, package / "exhibits", ".py"),
        "test": root / "tests" / "figures" / f"test_{name}.py",
    }
    for kind, path in paths.items():
        template = Template((TEMPLATES / f"{kind}.py.txt").read_text(encoding="utf-8"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            template.substitute(name=name, stem=name.replace("_", "-")), encoding="utf-8"
        )
    return list(paths.values())
