"""What ``ektp new`` makes runs, passes the tests and the linter, and shows up in the site as it is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

from ektp_analysis import regions
from ektp_analysis.errors import InputError, ParameterError
from ektp_analysis.workshop import office
from ektp_analysis.workshop.scaffold import new_figure, new_report

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A copy of what an analyst works in."""
    target = tmp_path / "kerja"
    target.mkdir()
    for name in ("ektp_analysis", "notebooks", "tests", "theme"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    (target / "data").mkdir()
    for name in ("reference", "sample"):
        (target / "data" / name).symlink_to(ROOT / "data" / name)
    for name in ("pyproject.toml", "conftest.py", "_quarto.yml"):
        shutil.copy(ROOT / name, target)
    return target


def run(folder, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKTP_")}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment | {"PYTHONPATH": str(folder)},
        capture_output=True, text=True,
    )  # fmt: skip


def test_a_new_report_and_figure_pass_the_tests_and_are_planned(checkout):
    made = run(
        checkout, "-m", "ektp_analysis", "new", "report", "usia_lanjut", "--judul", "Usia lanjut"
    )
    assert made.returncode == 0, made.stderr
    assert run(checkout, "-m", "ektp_analysis", "new", "figure", "cakupan_desa").returncode == 0
    notebook = nbformat.read(checkout / "notebooks/usia_lanjut.ipynb", as_version=4)
    assert notebook.metadata["ektp"]["title"] == "Usia lanjut"
    assert any(cell.get("outputs") for cell in notebook.cells)
    tested = run(
        checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_notebooks.py",
        "tests/figures/test_cakupan_desa.py", "-k", "usia_lanjut or cakupan or every_report",
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout
    ruff = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
    for check in (["check"], ["format", "--check"]):
        written = [
            "ektp_analysis/figures/cakupan_desa.py",
            "ektp_analysis/exhibits/cakupan_desa.py",
        ]
        linted = subprocess.run(
            [ruff, *check, *written], cwd=checkout, capture_output=True, text=True
        )
        assert linted.returncode == 0, linted.stdout
    planned = run(checkout, "-m", "ektp_analysis", "execute", "--dry-run").stdout
    assert planned.count("/usia_lanjut") == 15


@pytest.mark.parametrize("name", ["Besar", "a", "import", "../jalan", "backlog"])
def test_names_that_do_not_fit_are_refused(tmp_path, name):
    with pytest.raises(ParameterError):
        new_report(name, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_figure_does_not_overwrite(tmp_path):
    new_figure("satu_dua", tmp_path)
    with pytest.raises(ParameterError, match=r"satu_dua\.py sudah ada"):
        new_figure("satu_dua", tmp_path)


LIST = "kode,nama\n17.71,KOTA BENGKULU\n17.71.01,Selebar\n17.71.01.1001,Pagar Dewa\n17.71.01.2002,Desa Uji\n"


def test_another_office_from_its_own_list(tmp_path):
    source, target = tmp_path / "wilayah.csv", tmp_path / "bengkulu"
    source.write_text(LIST)
    assert office.new_office("17.71", source, target) == (target, 1, 2)
    villages = (target / "data/reference/villages.csv").read_text()
    assert "17.71.01.1001,17.71.01,Pagar Dewa,kelurahan" in villages
    assert "17.71.01.2002,17.71.01,Desa Uji,desa" in villages
    site = yaml.safe_load((target / "_quarto.yml").read_text())
    assert site["website"]["title"] == "KTP-el Bengkulu"
    shown = run(target, "-m", "ektp_analysis", "report", "backlog")
    assert "Kecamatan Selebar" in run_in(target, "report", "backlog").stdout, shown.stderr
    built = run_in(target, "build")
    assert built.returncode == 2 and "Belum ada berkas kantor (data/inbox)" in built.stderr


def run_in(folder, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("EKTP_")}
    return subprocess.run(
        [sys.executable, "-m", "ektp_analysis", *words],
        cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "error", "words"),
    [
        (LIST, "17.99", ParameterError, "Kabupaten/kota 17.99 tidak ada"),
        (
            LIST.replace("17.71.01,Selebar\n", ""),
            "17.71",
            InputError,
            "Kecamatan 17.71.01 tidak ada namanya",
        ),
        ("code,name\n1,2\n", "17.71", InputError, "Kolom kode dan nama tidak ada"),
        (LIST + "1771,x\n", "17.71", InputError, "wilayah.csv, baris 6"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path, text, code, error, words):
    source = tmp_path / "wilayah.csv"
    source.write_text(text)
    with pytest.raises(error, match=words):
        office.new_office(code, source, tmp_path / "kantor")
    assert not (tmp_path / "kantor").exists()


def test_a_folder_with_files_is_left_alone(tmp_path):
    source = tmp_path / "wilayah.csv"
    source.write_text(LIST)
    with pytest.raises(ParameterError, match="Folder sudah berisi"):
        office.new_office("17.71", source, tmp_path)


def test_regions_come_from_the_registry_package(monkeypatch, tmp_path):
    """What npm brings is read as it is packed; without npm a sentence says what to do."""
    monkeypatch.setattr(office.shutil, "which", lambda _: None)
    with pytest.raises(InputError, match="npm tidak terpasang"):
        office.new_office("17.71", None, tmp_path / "x")


def test_reference_of_this_office_agrees_with_its_code():
    assert regions.districts()["district_code"].str.startswith(regions.REGENCY_CODE).all()
    assert regions.REGENCY_TITLE == "Kabupaten Rejang Lebong"
