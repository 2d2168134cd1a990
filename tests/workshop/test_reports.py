"""One typed schema per report: shown by ``ektp report``, used by ``ektp run`` and by papermill."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from ektp_analysis.cli import app
from ektp_analysis.errors import ExecutionError, ParameterError
from ektp_analysis.parameters import REPORTS, own_reports, parameters_cell
from ektp_analysis.workshop.single import run_report
from ektp_analysis.workshop.trace import failure_place

ROOT = Path(__file__).parents[2]


def call(*words):
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("report", REPORTS)
def test_help_lists_every_parameter(report):
    shown = call("report", report, "--help").output
    for name in REPORTS[report].parameters.model_fields:
        wanted = {"district": "--kecamatan", "cohort_year": "--tahun-lahir"}.get(name)
        assert (wanted or f"--{name.replace('_', '-')}") in shown


def test_schema_as_json():
    schema = json.loads(call("report", "cohort", "--json").output)
    assert schema["properties"]["cohort_year"]["type"] == "integer"


def test_values_are_validated_before_anything_runs():
    with pytest.raises(ParameterError, match="Tanggal di masa depan"):
        CliRunner().invoke(app, ["run", "backlog", "--as-of", "2999-01-01"], catch_exceptions=False)
    with pytest.raises(ParameterError, match=r"Laporan “lain” tidak dikenal\. Pilih: overview"):
        CliRunner().invoke(app, ["run", "lain"], catch_exceptions=False)


def test_one_report_as_one_page(tmp_path):
    values = tmp_path / "nilai.yaml"
    values.write_text("district: Kota Padang\nas_of: 2024-08-02\n")
    page = tmp_path / "halaman.html"
    result = call("run", "data_quality", "-o", str(page), "--as-of", "2024-08-02")
    assert result.exit_code == 0, result.output
    text = page.read_text()
    assert "<h1>Mutu data — Kabupaten Rejang Lebong</h1>" in text and "2 Agustus 2024" in text
    assert "sintetis" in text and "load_report" not in text and "http" not in text


def test_parameters_file_and_option(tmp_path):
    from ektp_analysis.workshop.command import _from_file

    file = tmp_path / "nilai.yaml"
    file.write_text("district: Kota Padang\nas_of: 2024-08-02\n")
    report = REPORTS["backlog"]
    defaults = {name: field.default for name, field in report.parameters.model_fields.items()}
    assert _from_file(file, defaults, report)["as_of"] == "2024-08-02"
    assert _from_file(file, defaults | {"district": "Curup"}, report)["district"] == "Curup"
    file.write_text("- satu")
    with pytest.raises(ParameterError, match="bukan daftar nama dan nilai"):
        _from_file(file, defaults, report)


def test_papermill_takes_the_same_parameters(tmp_path):
    """The ecosystem's own command, with -p; a wrong value is refused with the sentence."""
    notebook, out = ROOT / "notebooks/data_quality.ipynb", tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", str(notebook), str(out), "--cwd", str(ROOT)]
    shown = subprocess.run([*command, "--help-notebook"], capture_output=True, text=True)
    assert "as_of: str" in shown.stdout and "tanggal data" in shown.stdout
    done = subprocess.run(
        [*command, "-p", "as_of", "2999-01-01", "--no-progress-bar"],
        capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert done.returncode != 0 and "Tanggal di masa depan" in done.stderr


def write_report(folder, source, cells=()):
    notebook = nbformat.v4.new_notebook(
        metadata={"ektp": {"title": "Uji"}, "language_info": {"name": "python"}}
    )
    notebook.cells = [
        nbformat.v4.new_markdown_cell("# Uji"),
        nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]}),
        *cells,
    ]
    nbformat.write(notebook, folder / "uji.ipynb")


def test_an_own_report_declares_its_parameters_in_its_cell(tmp_path):
    source = (
        'as_of: str = ""  # tanggal\nbatas: int = 17  # umur terendah\nrinci: bool = False  # rinci'
    )
    write_report(tmp_path, source)
    report = own_reports(tmp_path)["uji"]
    assert (report.title, report.per_district, report.borrows) == ("Uji", False, True)
    assert report.validate({"batas": "21"}).batas == 21
    assert "batas: int = 17  # umur terendah" in parameters_cell(report.parameters)
    assert "rinci: bool = False  # rinci" in parameters_cell(report.parameters)
    with pytest.raises(ParameterError, match="uji: batas"):
        report.validate({"batas": "banyak"})


def test_a_broken_or_plain_notebook_is_no_report(tmp_path):
    (tmp_path / "rusak.ipynb").write_text("{")
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "biasa.ipynb")
    assert own_reports(tmp_path) == {}


def test_a_failed_cell_is_named_with_its_line(tmp_path, monkeypatch):
    cell = nbformat.v4.new_code_cell('jumlah = 1\nraise ValueError("nomor 1702190101900001 salah")')
    write_report(tmp_path, 'as_of: str = ""  # tanggal', [cell])
    monkeypatch.setitem(REPORTS, "uji", own_reports(tmp_path)["uji"])
    monkeypatch.setattr("ektp_analysis.workshop.single.notebooks_dir", lambda: tmp_path)
    with pytest.raises(ExecutionError) as caught:
        run_report("uji", {}, tmp_path / "x.html")
    said = str(caught.value)
    assert "sel 2, baris 2: ValueError: nomor … salah" in said and "1702190101900001" not in said
    assert not (tmp_path / "x.html").exists()


def test_no_failure_has_no_place():
    assert failure_place(nbformat.v4.new_notebook()) is None
