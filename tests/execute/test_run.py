"""Real notebooks on the committed sample: plan, cache, failure of one unit, bad notebooks."""

import json
import os
from pathlib import Path

import nbformat
import pytest

from ektp_analysis.errors import ExecutionError, ParameterError, StoreError
from ektp_analysis.execute import execute, make_plan
from ektp_analysis.execute.run import plan_outcomes
from ektp_analysis.store import open_store

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.fixture(scope="module")
def store():
    return open_store(os.environ["EKTP_STORE"])


def broken_copy(folder, source):
    """The data quality notebook with a last cell of its own."""
    folder.mkdir()
    notebook = nbformat.read(NOTEBOOKS / "data_quality.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, folder / "data_quality.ipynb")
    return folder


def test_plan_covers_every_kecamatan(store):
    units = make_plan(store, NOTEBOOKS)
    assert len(units) == 2 + 3 * 15
    assert len({u.key for u in units}) == len({u.output for u in units}) == len(units)
    assert str(units[0].output) == "index.ipynb"


def test_only_narrows_the_plan(store):
    assert [u.label for u in make_plan(store, NOTEBOOKS, only=["backlog", "Curup Tengah"])] == [
        "laporan/curup-tengah/backlog"
    ]
    with pytest.raises(ParameterError, match="bukan laporan dan bukan kecamatan"):
        make_plan(store, NOTEBOOKS, only=["Atlantis"])


def test_date_without_data(store):
    from datetime import date

    with pytest.raises(
        StoreError, match=r"Tidak ada data tanggal 2024-08-01 .*Tanggal terdekat: .*2024-08-02"
    ):
        make_plan(store, NOTEBOOKS, as_of=date(2024, 8, 1))


def test_run_then_cache_then_page(store, tmp_path):
    units = make_plan(store, NOTEBOOKS, only=["backlog", "Curup Tengah"])
    assert [o.state for o in execute(units, store.root, tmp_path, workers=1)] == ["ok"]
    page = tmp_path / units[0].output
    text = page.read_text()
    assert "Sisa belum rekam — Kecamatan Curup Tengah" in json.loads(text)["cells"][0]["source"][1]
    assert str(tmp_path) not in text and "/usr" not in text and "papermill" not in text
    files = {p.name for p in (page.parent / "files/backlog").iterdir()}
    assert {"tren.svg", "tren.csv", "tren.xlsx", "cakupan.csv"} <= files
    page.unlink()
    assert [o.state for o in execute(units, store.root, tmp_path, workers=1)] == ["cached"]
    assert page.read_text() == text
    entry = next(tmp_path.glob(".ektp/cache/*/page.ipynb"))
    for damage in (entry.write_text, lambda _: entry.unlink()):
        damage(text[:-10])
        assert "rusak" in plan_outcomes(units, store.root, tmp_path)[0].sentence
    assert [o.state for o in execute(units, store.root, tmp_path, workers=1)] == ["ok"]
    assert page.read_text() == text


def test_one_failure_leaves_the_others_and_says_so(store, tmp_path):
    folder = broken_copy(tmp_path / "notebooks", "raise ValueError('9901010101900001')")
    units = make_plan(store, folder, only=["data_quality"])
    outcome = execute(units, store.root, tmp_path, workers=1)[0]
    assert outcome.state == "failed" and "ValueError" in outcome.sentence
    page = (tmp_path / "data_quality.ipynb").read_text()
    assert "belum dapat dibuat minggu ini" in page and "9901010101900001" not in page
    assert [p.name for p in (tmp_path / ".ektp/cache").glob("*")] == []
    assert json.loads((tmp_path / "laporan/status.json").read_text())[0]["state"] == "failed"


def test_notebook_without_parameters_cell(store, tmp_path):
    folder = broken_copy(tmp_path / "notebooks", "1")
    notebook = nbformat.read(folder / "data_quality.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.metadata = {}
    nbformat.write(notebook, folder / "data_quality.ipynb")
    with pytest.raises(ExecutionError, match="tepat satu sel bertanda “parameters”, ada 0"):
        make_plan(store, folder, only=["data_quality"])


def test_missing_notebook(store, tmp_path):
    with pytest.raises(ExecutionError, match="Buku catatan tidak ada"):
        make_plan(store, tmp_path, only=["overview"])
