"""What a build promises when something fails, on a site in miniature with real notebooks."""

import shutil
import subprocess
import sys

import nbformat
import pytest

from ektp_analysis.site.editions import current
from ektp_analysis.site.manifest import read_manifest, verify_edition
from tests.soak.project import environment

MAKE = (
    "import sys; from pathlib import Path; from tests.soak.project import make_project\n"
    "make_project(Path(sys.argv[1]))"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A project with one edition; made once."""
    project = tmp_path_factory.mktemp("mini") / "proyek"
    subprocess.run([sys.executable, "-c", MAKE, str(project)], check=True, env=environment(project))
    done = ektp(project, "build")
    assert done.returncode == 0, done.stderr
    return project


def ektp(project, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-m", "ektp_analysis", *arguments],
        cwd=project, env={**environment(project), **more}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def broken(project, source="raise ValueError('9901010101900001')"):
    """The data quality notebook fails; returns its text as it was."""
    path = project / "notebooks/data_quality.ipynb"
    whole = path.read_text()
    notebook = nbformat.reads(whole, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, path)
    return lambda: path.write_text(whole)


def test_first_edition_is_complete(built):
    edition = built / "editions" / current(built / "editions")
    assert verify_edition(edition) == []
    manifest = read_manifest(edition)
    assert manifest.as_of == "2024-08-02" and manifest.synthetic and manifest.failed == ()
    assert {"index.html", "tentang.html", "laporan/index.html"} <= set(manifest.expected)
    assert sum(name.endswith("/backlog.html") for name in manifest.expected) == 2
    assert str(built) not in (edition / "manifest.json").read_text()


def test_a_failed_report_says_so_and_leads_to_last_weeks(built):
    before = current(built / "editions")
    hook = built / "kabar.sh"
    hook.write_text('#!/bin/sh\necho "$EKTP_EXIT_CODE $EKTP_SENTENCE" > kabar.txt\n')
    hook.chmod(0o755)
    mend = broken(built)
    try:
        done = ektp(built, "build", EKTP_NOTIFY_COMMAND=str(hook))
    finally:
        mend()
    assert done.returncode == 3 and "Traceback" not in done.stderr
    now = current(built / "editions")
    assert done.stderr.splitlines()[-1].startswith(
        f"ektp: Edisi {now} terbit, tetapi 1 laporan gagal dibuat (data_quality)."
    )
    assert now != before and verify_edition(built / "editions" / now) == []
    assert read_manifest(built / "editions" / now).failed == ("data_quality.html",)
    page = (built / "editions/current/data_quality.html").read_text()
    assert "belum dapat dibuat minggu ini" in page and "9901010101900001" not in page
    link = f"edisi/{before}/data_quality.html"
    assert f'href="{link}"' in page or f'href="./{link}"' in page
    last = (built / "editions/current" / link).read_text()
    assert "belum dapat dibuat minggu ini" not in last
    assert (built / "kabar.txt").read_text().startswith("3 Edisi")
    rows = ektp(built, "editions").stdout.splitlines()
    assert rows[1].startswith(now)


def test_strict_publishes_nothing(built):
    before = current(built / "editions")
    mend = broken(built, "raise KeyError('lain')")
    try:
        done = ektp(built, "build", "--strict", "--no-notify")
    finally:
        mend()
    assert done.returncode == 3 and "situs tidak diterbitkan" in done.stderr
    assert current(built / "editions") == before


def test_damaged_store_and_missing_last_week_stop_the_build_with_a_sentence(built):
    before = current(built / "editions")
    stock = built / "data/store/as_of=2024-07-26/v0001/stock.parquet"
    whole = stock.read_bytes()
    stock.write_bytes(whole[: len(whole) // 2])
    done = ektp(built, "build")
    stock.write_bytes(whole)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "tabel stock tidak utuh (as_of=2024-07-26)" in done.stderr
    last = built / "data/store/as_of=2024-08-02"
    shutil.move(last, built / "disimpan")
    done = ektp(built, "build")
    shutil.move(built / "disimpan", last)
    assert done.returncode == 4
    assert "Data terakhir (2024-W30) lebih tua daripada edisi yang tampil" in done.stderr
    assert current(built / "editions") == before


def test_after_all_that_the_next_build_succeeds_and_roll_back_works(built):
    done = ektp(built, "build")
    assert done.returncode == 0 and "tidak berubah" in done.stdout
    assert not list((built / "editions").glob(".draft*"))
    done = ektp(built, "rollback", "2024-W31")
    assert done.stdout == "Edisi 2024-W31 tampil kembali.\n"
    assert ektp(built, "verify", "--gate").stdout == "2024-W31: utuh\n"


def test_a_second_build_at_once_says_so(built):
    script = (
        "import sys; from pathlib import Path; from ektp_analysis.site.lock import alone\n"
        "with alone(Path('.ektp/build.lock'), 'x'): print('siap', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script], cwd=built, env=environment(built),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout.readline() == "siap\n"
    done = ektp(built, "build")
    holder.communicate("")
    assert done.returncode == 5
    assert done.stderr.startswith("ektp: Pembuatan situs lain sedang berjalan")
