"""A save rebuilds what it touches; an error names cell and line; pages reload by themselves."""

import json
import shutil
import threading
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest

from ektp_analysis.errors import SiteError
from ektp_analysis.workshop import preview as live
from ektp_analysis.workshop.preview import STATE, State, Work, start_server, work_for

ROOT = Path(__file__).parents[2]
REPORTS = ["overview", "backlog"]


@pytest.mark.parametrize(
    ("saved", "work"),
    [
        (["notebooks/backlog.ipynb"], Work(("backlog",), True)),
        (["notebooks/.ipynb_checkpoints/backlog-checkpoint.ipynb"], Work((), False)),
        (["ektp_analysis/figures/backlog.py"], Work(("backlog", "overview"), True)),
        (["data/store/as_of=2024-08-02/current"], Work(("backlog", "overview"), True)),
        (["theme/ektp.css"], Work((), True)),
        (["ektp_analysis/__pycache__/x.pyc"], Work((), False)),
        (["notebooks/backlog.ipynb", "docs/tutorial.qmd"], Work(("backlog",), True)),
        (["../lain/x.py"], Work((), False)),
    ],
)
def test_what_a_save_touches(tmp_path, saved, work):
    assert work_for([(tmp_path / name).resolve() for name in saved], tmp_path, REPORTS) == work


def get(server, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
        return answer.read().decode(), dict(answer.headers)


def test_pages_carry_the_reload_script_and_others_do_not(tmp_path):
    policy = '<meta http-equiv="Content-Security-Policy" content="script-src \'self\'">'
    (tmp_path / "index.html").write_text(f"<html><head>{policy}</head><body>isi</body></html>")
    (tmp_path / "data.csv").write_text("a,b")
    state = State(problems=["laporan/x: sel 2, baris 1: galat"])
    server = start_server(tmp_path, 0, state)
    try:
        page, headers = get(server, "/")
        assert STATE in page and "Content-Security-Policy" not in page
        assert headers["Cache-Control"] == "no-store"
        assert get(server, "/data.csv")[0] == "a,b"
        assert json.loads(get(server, STATE)[0]) == {"version": 0, "problems": state.problems}
        with pytest.raises(SiteError, match="Port sedang dipakai"):
            start_server(tmp_path, server.server_port, state)
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name in ("notebooks", "theme"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "_quarto.yml", tmp_path)
    for page in ROOT.glob("*.qmd"):
        shutil.copy(page, tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("EKTP_DATA", str(ROOT / "data"))
    return tmp_path


def wait_for(lines, word, seconds=240):
    limit = time.monotonic() + seconds
    while not any(word in line for line in lines):
        assert time.monotonic() < limit and not any("tidak dapat" in one for one in lines), lines
        time.sleep(0.2)


def test_an_error_in_a_saved_notebook_shows_cell_and_line_and_mends(project, monkeypatch):
    """The real loop, with the one report that runs quickest."""
    import ektp_analysis.parameters as parameters

    only = {"data_quality": parameters.REPORTS["data_quality"]}
    monkeypatch.setattr(parameters, "REPORTS", only)
    lines, stop = [], threading.Event()
    # the home page is not made here
    monkeypatch.setattr(live, "_ektp", _without_render(live._ektp))
    loop = threading.Thread(
        target=live.preview, args=(project,),
        kwargs={"kecamatan": [], "port": 0, "open_browser": False, "stop": stop, "told": lines.append},
    )  # fmt: skip
    loop.start()
    try:
        wait_for(lines, "Dibangun: selesai")
        path = project / "notebooks/data_quality.ipynb"
        notebook = nbformat.read(path, as_version=4)
        good = notebook.cells[-2].source
        broken = next(c for c in reversed(notebook.cells) if c.cell_type == "code")
        good, broken.source = broken.source, "pass\nquality.tidak_ada(loaded)"
        nbformat.write(notebook, path)
        wait_for(lines, "ada galat")
        wait_for(lines, "baris 2: AttributeError")
        broken.source = good
        nbformat.write(notebook, path)
        wait_for(lines, "data_quality.ipynb: selesai")
    finally:
        stop.set()
        loop.join(30)
    assert lines[-1] == "Berhenti."


def _without_render(real):
    def run(project, *words):
        return real(project, "settings") if words[0] == "render" else real(project, *words)

    return run
