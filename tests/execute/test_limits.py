"""Limits of a unit: time, memory, attempts; and what its log says."""

import nbformat
import pytest

from ektp_analysis.execute.plan import Unit
from ektp_analysis.execute.warm import client
from ektp_analysis.execute.worker import Job, run_unit


@pytest.fixture(scope="module", autouse=True)
def _stop_parents():
    yield
    client.stop_parents()


def unit(folder, source):
    path = folder / "data_quality.ipynb"
    cells = [
        nbformat.v4.new_markdown_cell("# Uji"),
        nbformat.v4.new_code_cell('as_of = ""', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(source),
    ]
    about = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=about), path)
    return Unit("data_quality", {"as_of": ""}, path, path.relative_to(folder), "k")


@pytest.mark.parametrize("warm", [True, False])
def test_time(tmp_path, warm):
    job = Job(tmp_path, timeout=4 if warm else 15, retries=3, warm=warm)
    result = run_unit(unit(tmp_path, "while True: pass"), job)
    assert result.sentence == f"Melewati batas waktu {job.timeout} detik"
    assert result.attempts == 1 and b"while True" in result.kept


def test_memory(tmp_path):
    source = "import time; big = bytearray(900_000_000); time.sleep(30)"
    result = run_unit(unit(tmp_path, source), Job(tmp_path, memory=700, retries=3))
    assert result.sentence == "Melewati batas memori 700 MB" and result.attempts == 1


def test_a_dead_kernel_is_tried_again(tmp_path):
    flag = tmp_path / "sudah"
    source = (
        f"import os, pathlib\nflag = pathlib.Path({str(flag)!r})\n"
        "if not flag.exists():\n    flag.touch(); os.abort()\nprint('pulih')"
    )
    result = run_unit(unit(tmp_path, source), Job(tmp_path))
    assert result.attempts == 2 and not result.sentence
    assert b"pulih" in result.files["page.ipynb"]
    flag.unlink()
    result = run_unit(unit(tmp_path, source), Job(tmp_path, retries=0))
    assert result.attempts == 1 and "Kernel berhenti tiba-tiba" in result.sentence


def test_an_exception_is_not_tried_again_and_no_value_is_logged(tmp_path):
    source = (
        "import sys, logging\nname, nik = 'Fulan', '9901010101900001'\nprint(name, nik)\n"
        "sys.__stderr__.write(f'{name} {nik}\\n'); sys.__stderr__.flush()\n"
        "raise KeyError(f'{name} {nik}')"
    )
    result = run_unit(unit(tmp_path, source), Job(tmp_path, retries=3))
    assert result.attempts == 1 and result.sentence == "Sel 3 gagal (KeyError)"
    log = "\n".join(result.log)
    assert "KeyError" in log and "Fulan" not in log and "9901010101900001" not in log


def test_a_crash_says_where(tmp_path):
    source = "import faulthandler; faulthandler.enable()\nimport ctypes; ctypes.string_at(0)"
    result = run_unit(unit(tmp_path, source), Job(tmp_path, retries=0))
    assert "Fatal Python error: Segmentation fault" in "\n".join(result.log)


def test_own_folder_is_removed(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = "open('sisa.txt', 'w').write('1')"
    result = run_unit(unit(tmp_path, source), Job(tmp_path, scratch=scratch))
    assert not result.sentence and list(scratch.iterdir()) == []
