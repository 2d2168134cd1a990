"""``ektp build`` as the weekly schedule runs it, on a project in miniature: what it publishes, and when not.

Each run is a process of its own, judged by its exit code, its words and the edition that is up. The
notebooks are cut down to their first cells, since what they say is tested elsewhere.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from ektp_analysis.site.build import BUILD_LOCK
from ektp_analysis.site.editions import current, editions
from ektp_analysis.site.lock import alone
from ektp_analysis.site.manifest import read_manifest, verify_edition
from ektp_analysis.site.publish import publish
from tests.soak.project import environment, make_project

WEEK = "2024-W31"
PAGE = "laporan/binduriang/backlog.html"
SECRET = "9901010101900001"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """One kecamatan, three weeks, five short notebooks; an edition of the week before is up."""
    folder = make_project(tmp_path_factory.mktemp("kantor"), ("17.02.20",), weeks=3)
    for path in (folder / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
        last = next(k for k, tag in enumerate(tags) if "parameters" in tag)
        notebook.cells = notebook.cells[: last + 1]
        nbformat.write(notebook, path)
    page = folder / "minggu-lalu" / PAGE
    page.parent.mkdir(parents=True)
    for path in (page, folder / "minggu-lalu/index.html"):
        path.write_text('<html lang="id"><p>minggu lalu</p></html>')
    publish(folder / "minggu-lalu", folder / "editions", "2024-W30")
    return folder


@pytest.fixture
def project(office, tmp_path):
    """An office of the test's own."""
    return shutil.copytree(office, tmp_path / "proyek", symlinks=True)


def harm(project, *names):
    """Let these notebooks fail; all, when none is named."""
    for path in (project / "notebooks").glob("*.ipynb"):
        if path.stem in names or not names:
            notebook = nbformat.read(path, as_version=4)
            notebook.cells.append(nbformat.v4.new_code_cell(f"raise ValueError('{SECRET}')"))
            nbformat.write(notebook, path)


def build(project, *arguments):
    """Run it; exit code and all words."""
    done = subprocess.run(
        [sys.executable, "-m", "ektp_analysis", "build", "--engine=embedded", *arguments],
        cwd=project, env=environment(project), text=True, check=False, timeout=400,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert SECRET not in done.stdout and "Traceback" not in done.stdout
    return done.returncode, done.stdout


def up(project):
    """Name of the edition that is up, which must be whole."""
    name = current(project / "editions")
    assert verify_edition(project / "editions" / name) == []
    return name


def test_while_another_build_runs_nothing_is_done_and_it_says_so(project):
    """The other holds the lock from this process; its own end releases it."""
    with alone(project / BUILD_LOCK, "Pembuatan situs"):
        code, words = build(project)
    assert (code, up(project)) == (5, "2024-W30")
    assert words.splitlines()[-1].startswith("ektp: Pembuatan situs lain sedang berjalan (.ektp).")
    assert not (project / "_site").exists()


def test_nothing_is_published_when_all_reports_failed(project):
    harm(project)
    code, words = build(project)
    assert (code, up(project)) == (3, "2024-W30")
    last = words.splitlines()[-1]
    assert last.startswith("ektp: 5 dari 5 laporan gagal dibuat; situs tidak diterbitkan (")
    assert last.endswith("Edisi sebelumnya tetap tampil.")


def test_one_failed_report_and_strict(project):
    """With ``--strict`` nothing is published; without it the page leads to last week's."""
    harm(project, "backlog")
    code, words = build(project, "--strict")
    assert (code, up(project)) == (3, "2024-W30")
    assert "1 dari 5 laporan gagal dibuat; situs tidak diterbitkan (laporan/" in words
    assert editions(project / "editions") == ["2024-W30"]

    code, words = build(project)
    assert (code, up(project)) == (3, WEEK), words
    assert f"Edisi {WEEK} terbit, tetapi 1 laporan gagal dibuat (laporan/" in words
    edition = project / "editions" / WEEK
    assert PAGE in read_manifest(edition).failed
    text = (edition / PAGE).read_text()
    link = f"../../edisi/2024-W30/{PAGE}"
    assert "belum dapat dibuat minggu ini" in text and f'href="{link}"' in text
    assert SECRET not in text
    assert "minggu lalu" in (edition / Path(PAGE).parent / link).read_text()
