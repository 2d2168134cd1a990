"""What the documentation says works: the tutorial's commands run, the reference is complete."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ektp_analysis import schema
from ektp_analysis.parameters import REPORTS
from ektp_analysis.settings import Settings
from ektp_analysis.site.navigation import ANALYSTS, GUIDE, REFERENCE
from ektp_analysis.site.reference import FOLDER, MODULES, write_reference

ROOT = Path(__file__).parents[2]
TUTORIAL = ROOT / "docs/analis/tutorial.qmd"
MADE_BY_CI = ["make install", "source .venv/bin/activate"]
"""What every run of the tests has done before: the same make target installs the test machine."""


@pytest.fixture
def clone(tmp_path):
    target = tmp_path / "klon"
    target.mkdir()
    for name in ("ektp_analysis", "notebooks", "tests", "theme", "docs"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "data").mkdir()
    for name in ("reference", "sample"):
        (target / "data" / name).symlink_to(ROOT / "data" / name)
    for path in [
        *ROOT.glob("*.qmd"),
        *(ROOT / n for n in ("pyproject.toml", "conftest.py", "_quarto.yml")),
    ]:
        shutil.copy(path, target)
    return target


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", TUTORIAL.read_text(), re.M | re.S)


def test_the_tutorial_works_command_by_command(clone):
    commands = [line for block in blocks("bash") for line in block.splitlines()]
    assert commands[:2] == MADE_BY_CI
    assert re.search(r"^install: ", (ROOT / "Makefile").read_text(), re.M)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKTP_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(clone),
    }
    edit = blocks("python")[0].splitlines()
    for command in commands[2:]:
        done = subprocess.run(
            command, shell=True, cwd=clone, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        if command.startswith("ektp new figure"):
            _edit_as_told(clone, edit)
    page = (clone / "laporan-saya.html").read_text()
    assert "Cakupan terendah" in page
    assert "Cakupan terendah" in (clone / "notebooks/belajar.ipynb").read_text()


def _edit_as_told(clone, edit):
    """Sections 4 and 5: the import, the last cell, and the colour."""
    notebook = clone / "notebooks/belajar.ipynb"
    text = notebook.read_text()
    before = "from ektp_analysis.exhibits import backlog, load_report"
    assert before in text and "backlog.places(loaded)" in text
    notebook.write_text(text.replace(before, edit[0]).replace("backlog.places(loaded)", edit[1]))
    figure = clone / "ektp_analysis/figures/cakupan_saya.py"
    assert "BLUE" in figure.read_text()
    figure.write_text(figure.read_text().replace("BLUE", "ORANGE"))


def test_the_reference_names_every_setting_table_parameter_and_module(tmp_path):
    (tmp_path / FOLDER.parent).mkdir(parents=True)
    pages = {p.stem: p.read_text() for p in write_reference(tmp_path)}
    assert all(f"`{name}`" in pages["pengaturan"] for name in Settings.model_fields)
    for name, model in schema.TABLES.items():
        assert f"## {name} " in pages["kontrak-data"]
        assert all(f"`{column}`" in pages["kontrak-data"] for column in model.to_schema().columns)
    assert all(f"## {name} " in pages["parameter"] for name in REPORTS)
    assert "## ektp build " in pages["perintah"] and "`ektp new report`" in pages["perintah"]
    for names in MODULES.values():
        for name in names:
            assert f"modul-{name.replace('.', '-').replace('_', '-')}" in pages, name
    assert "## weekly_accounts " in pages["modul-accounts"]
    assert ":func:" not in "".join(pages.values())


def test_a_stale_page_goes_and_no_docs_no_reference(tmp_path):
    assert write_reference(tmp_path) == []
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / FOLDER / "lama.qmd").write_text("x")
    write_reference(tmp_path)
    assert not (tmp_path / FOLDER / "lama.qmd").exists()


def test_every_page_of_the_menu_exists():
    for page in (*GUIDE, *ANALYSTS):
        assert (ROOT / page).exists(), page
    written = {p.name for p in (ROOT / "docs/analis").glob("*.qmd")}
    assert written == {Path(page).name for page in ANALYSTS}
    assert all(page.startswith(FOLDER.as_posix()) for page in REFERENCE)
