"""Nothing of a person's row gets out of an ingest: not by a traceback, a mode, or git.

All NIK here are made up (NIK rekaan).
"""

import subprocess
import sys
from pathlib import Path

import pytest

from ektp_analysis import cli, guard
from ektp_analysis.ingest import week as week_module
from ektp_analysis.restricted import Index, index_path

ROOT = Path(__file__).parents[2]
NIK, NAME = "1702195201900001", "Sri Wahyuni Lestari"
LIST = f"""NO;NIK;NAMA LENGKAP;TGL LAHIR;JK;DESA/KEL;KECAMATAN;STATUS REKAM;TGL REKAM
1;{NIK};{NAME};12/01/1990;P;AIR BANG;CURUP TENGAH;SUDAH;02/03/2015
2;1702190505850002;Bambang Hartono;05/05/1985;L;AIR BANG;CURUP TENGAH;BELUM;
"""


@pytest.fixture
def office(tmp_path, monkeypatch):
    folder = tmp_path / "kantor"
    inbox = folder / "data/inbox/2024-08-02"
    inbox.mkdir(parents=True)
    (inbox / "daftar.csv").write_text(LIST)
    inbox.chmod(0o755)
    monkeypatch.chdir(folder)
    for name in ("EKTP_TRACEBACK", "EKTP_STORE"):
        monkeypatch.delenv(name, raising=False)
    return folder


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["ektp", *words])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return done.value.code or 0


def written(folder):
    """All bytes written anywhere but in the office's own files."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "inbox" not in path.parts
    }


def test_an_error_inside_ingest_tells_no_value(office, monkeypatch, capfd, caplog):
    def fail(*_args, **_kwargs):
        row = {"nik": NIK, "nama": NAME}
        try:
            raise KeyError(f"duplikat {row}")
        except KeyError as error:
            raise ValueError(f"Could not convert '{NIK}' of {NAME.upper()}") from error

    monkeypatch.setattr(week_module, "aggregate_residents", fail)
    assert run(monkeypatch, "ingest") == cli.UNEXPECTED
    said = capfd.readouterr()
    everything = said.out + said.err + caplog.text
    files = written(office)
    everything += "".join(data.decode("utf-8", "replace") for data in files.values())
    for secret in (NIK, NIK[-8:], "Wahyuni", "WAHYUNI", "Could not convert"):
        assert secret not in everything
    # and yet a developer learns where it happened
    assert "ValueError" in said.err
    log = office / ".ektp/galat.log"
    assert "test_private.py" in log.read_text() and "KeyError" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


def test_an_error_in_a_thread_tells_no_value(tmp_path):
    code = (
        "import threading\nfrom ektp_analysis.private import silence\nsilence()\n"
        f"def f():\n raise ValueError('{NIK}')\n"
        "t = threading.Thread(target=f); t.start(); t.join()\n"
        f"raise ValueError('{NIK}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": ""}, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and NIK not in done.stderr + done.stdout
    assert done.stderr.count("kesalahan tak terduga (ValueError)") == 2


def test_ingest_closes_its_folders_and_indexes_the_week(office, monkeypatch, capfd):
    assert run(monkeypatch, "ingest", "--paksa") == 0
    for name in ("data/inbox", "data/inbox/2024-08-02", "data/store", "data/restricted"):
        assert (office / name).stat().st_mode & 0o777 == 0o700, name
    assert (office / "data/inbox/2024-08-02/daftar.csv").stat().st_mode & 0o777 == 0o600
    index = Index.load(index_path(office / "data/quarantine"))
    assert index.day == "2024-08-02"
    assert index.has_nik(NIK) and index.has_name("SRI WAHYUNI LESTARI")
    assert index.has_name("BAMBANG HARTONO") and not index.has_name("CURUP TENGAH")
    # the index of the week, the store and what was said hold nothing that can be read
    said = capfd.readouterr()
    for path, data in written(office).items():
        assert NIK.encode() not in data and b"Wahyuni" not in data, path
    assert NIK not in said.out + said.err and "Wahyuni" not in said.out + said.err


def test_an_older_week_does_not_replace_the_index(office, monkeypatch):
    assert run(monkeypatch, "ingest", "--paksa") == 0
    before = index_path(office / "data/quarantine").read_bytes()
    old = office / "data/inbox/2024-07-26"
    old.mkdir()
    (old / "daftar.csv").write_text(LIST.replace(NIK, "1702195201900009"))
    assert run(monkeypatch, "ingest", "--paksa") == 0
    assert index_path(office / "data/quarantine").read_bytes() == before


@pytest.fixture
def repository(office):
    subprocess.run(["git", "init", "-q"], cwd=office, check=True)
    return office


def stage(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    subprocess.run(["git", "add", "-f", name], cwd=folder, check=True)


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("data/inbox/2024-08-02/daftar.csv", LIST, "berkas terbatas"),
        ("data/restricted/indeks.npz", "x", "berkas terbatas"),
        ("data/quarantine/2024-08-02/daftar.csv", "x", "berkas terbatas"),
        ("salinan.xlsx", "x", "jenis berkas kantor"),
        ("catatan.md", f"warga {NIK}", "memuat angka seperti NIK"),
        ("notebooks/coba.ipynb", f'{{"cells": [{{"source": ["x = {NIK}"]}}]}}', "seperti NIK"),
    ],
)
def test_the_hook_refuses(repository, monkeypatch, capfd, name, text, why):
    stage(repository, name, text)
    assert run(monkeypatch, "guard") == 4
    said = capfd.readouterr()
    assert why in said.out and NIK not in said.out + said.err


def test_the_hook_looks_at_what_is_staged_and_not_at_the_folder(repository, monkeypatch):
    stage(repository, "catatan.md", f"warga {NIK}")
    (repository / "catatan.md").write_text("bersih")
    assert run(monkeypatch, "guard") == 4
    stage(repository, "catatan.md", "bersih; NIK sintetis 9902195201900001")
    assert run(monkeypatch, "guard") == 0


def test_nothing_in_the_repository_is_refused():
    names = guard.tracked(ROOT)
    assert guard.problems(names, lambda name: (ROOT / name).read_bytes()) == []


def test_git_ignores_the_restricted_folders():
    for folder in guard.RESTRICTED:
        done = subprocess.run(["git", "check-ignore", "-q", f"{folder}/x"], cwd=ROOT, check=False)
        assert done.returncode == 0, folder


def test_the_hook_is_installed_by_pre_commit():
    import yaml

    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert all(repo["repo"] == "local" for repo in hooks), "no hook is fetched from elsewhere"
    entry = next(h for repo in hooks for h in repo["hooks"] if h["id"] == "ektp-guard")
    assert entry["entry"].endswith("ektp_analysis guard") and entry["always_run"]
