"""House rules of the report notebooks, and proof that nbval notices a changed number."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ektp_analysis.parameters import REPORTS, parameters_cell

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_every_report_has_its_notebook():
    assert {p.stem for p in NOTEBOOKS} == set(REPORTS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_house_rules(path):
    notebook = nbformat.read(path, as_version=4)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    tagged = [c for c in code if "parameters" in c.metadata.get("tags", [])]
    assert notebook.cells[0].cell_type == "markdown" and notebook.cells[0].source.startswith("# ")
    assert len(tagged) == 1 and tagged[0] is code[0]
    assert tagged[0].source == parameters_cell(REPORTS[path.stem].parameters)
    for cell in code[1:]:
        tree = ast.parse(cell.source)
        assert len(cell.source.splitlines()) <= 10
        forbidden = (ast.FunctionDef, ast.For, ast.While, ast.If, ast.Lambda, ast.Subscript)
        assert not any(isinstance(node, forbidden) for node in ast.walk(tree))
        assert sum(isinstance(node, ast.Call) for node in ast.walk(tree)) == 1
        assert len(cell.outputs) == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_nothing_of_a_machine(path):
    text = path.read_text()
    assert not re.search(r"/(home|root|tmp|Users|work|usr)/|\"version\"|execution\":", text)
    assert not re.search(r"\d{16}", text)


def test_nbval_notices_a_changed_number(tmp_path):
    source = (ROOT / "notebooks" / "data_quality.ipynb").read_text()
    changed = source.replace("memuat 26 minggu", "memuat 27 minggu")
    assert changed != source
    results = []
    for name, text in (("same", source), ("changed", changed)):
        path = tmp_path / f"{name}.ipynb"
        path.write_text(text)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "--nbval",
            "-q",
            "-p",
            "no:cacheprovider",
            "-c",
            "/dev/null",
            str(path),
        ]
        results.append(subprocess.run(command, cwd=ROOT, capture_output=True, text=True).returncode)
    assert results == [0, 1]
