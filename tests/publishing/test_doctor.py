"""The doctor finds what is wrong, says what to do, and its exit code says whether it must be done."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ektp_analysis.cli import app
from ektp_analysis.doctor import machine, office
from ektp_analysis.settings import Settings

NOW = datetime(2024, 8, 5, tzinfo=UTC)


@pytest.fixture
def project(tmp_path, folder, monkeypatch):
    """A project with two weeks of data and two editions, under a clock of August 2024."""
    for week in ("2024-07-26", "2024-08-02"):
        name = f"as_of={week}"
        shutil.copytree(Path(os.environ["EKTP_STORE"]) / name, tmp_path / "data/store" / name)
    (tmp_path / "data/store").chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EKTP_STORE")
    return tmp_path


def findings(project, now=None, **settings):
    found = office.examine(project, Settings(**settings), now or datetime.now(UTC))
    return {f.topic: f for f in found}


def test_a_sound_machine():
    found = {f.topic: f for f in machine.examine()}
    assert {t: f.state for t, f in found.items() if t != "Chromium"} == {
        "Python": "baik", "Paket": "baik", "Perender": "baik", "Kernel": "baik", "Huruf": "baik",
    }  # fmt: skip


def test_a_machine_that_lacks_something(monkeypatch):
    monkeypatch.setattr(machine.sys, "version_info", (3, 9, 1))
    assert machine.python().state == "salah"
    monkeypatch.setattr(machine, "FONTS", ("Huruf Khayalan",))
    assert machine.fonts().sentence == "Huruf Khayalan tidak ditemukan"
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    assert machine.browser().state == "perhatian" and machine.kernel().state == "salah"
    monkeypatch.setattr(
        machine.metadata, "requires", lambda _: ["pandas>=99", "tidak-ada>=1", "x; extra == 'lab'"]
    )
    assert machine.packages().sentence.endswith("(perlu >=99); tidak-ada tidak ada")


def test_what_the_office_set_up(project):
    found = findings(project, stale_days=10_000, notify_command="x", targets="/srv/www")
    assert {t for t, f in found.items() if f.state != "baik"} <= {"Jadwal"}
    assert found["Gudang data"].sentence == "2 minggu utuh (data sintetis)"
    assert found["Edisi"].sentence == "2024-W31 tampil dan utuh; 2 edisi tersimpan"


def test_what_is_wrong_is_said_with_what_to_do(project):
    later = findings(project, now=NOW + timedelta(days=30), targets="ftp://x git+https://a:b@c/d")
    assert later["Kesegaran data"].state == "perhatian" and later["Kabar"].mend
    assert later["Jam"].state == "salah", "the edition is from the future of this clock"
    early = findings(project, now=NOW - timedelta(days=30))
    assert "masa depan" in early["Kesegaran data"].sentence
    (project / "data/store/as_of=2024-07-26/v0001/flow.parquet").write_bytes(b"PAR1")
    (project / "editions/2024-W31/index.html").write_text("rusak")
    (project / "data/quarantine").mkdir(parents=True)
    (project / "data/quarantine").chmod(0o755)
    state = {"when": NOW.isoformat(), "exit_code": 4, "sentence": "Disk penuh."}
    (project / ".ektp").mkdir(mode=0o700)
    (project / ".ektp/last_run.json").write_text(json.dumps(state))
    found = findings(project)
    assert "tabel flow tidak utuh (as_of=2024-07-26)" in found["Gudang data"].sentence
    assert found["Edisi"].mend == "Jalankan: ektp rollback, lalu ektp build"
    assert found["Data pribadi"].mend == "Jalankan: chmod 700 data/quarantine"
    assert found["Proses terakhir"].sentence == "2024-08-05 gagal (kode 4): Disk penuh."
    assert all(f.mend for f in found.values() if f.state != "baik")


def test_tokens_of_targets_are_not_shown(project):
    found = list(office.delivery(Settings(targets="git+https://x:rahasia@contoh.test/a.git")))
    assert "rahasia" not in str(found[0])


def test_full_disk_and_no_rights(project, monkeypatch):
    usage = shutil.disk_usage(project)
    monkeypatch.setattr(office.shutil, "disk_usage", lambda _: usage._replace(free=100_000_000))
    assert str(office.room(project, Settings())) == (
        "✗ Ruang disk: 0,1 GB bebas\n    → Kosongkan disk: perlu sedikitnya 0,5 GB"
    )

    def refuse(**_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(office.tempfile, "NamedTemporaryFile", refuse)
    assert "editions (disk hanya dapat dibaca)" in next(office.rights(project, Settings())).sentence


def test_folders_that_others_may_read_are_named(project):
    for name in ("data/store", "data/restricted", "data/quarantine", ".ektp"):
        (project / name).mkdir(parents=True, exist_ok=True)
        (project / name).chmod(0o755)
    (project / "data/quarantine").chmod(0o700)
    found = {f.topic: f for f in office.rights(project, Settings())}["Data pribadi"]
    assert found.sentence == "dapat dibaca pengguna lain: data/store, data/restricted, .ektp"
    assert found.mend == "Jalankan: chmod 700 data/store data/restricted .ektp"


def test_the_command_and_its_exit_code(project):
    run = CliRunner().invoke
    fine = run(app, ["doctor", "--json"], env={"EKTP_STALE_DAYS": "10000"})
    assert fine.exit_code == 0 and len(json.loads(fine.stdout)) >= 12
    (project / "editions/2024-W31/index.html").write_text("rusak")
    wrong = run(app, ["doctor"])
    assert wrong.exit_code == 7 and "✗ Edisi: edisi yang tampil (2024-W31) rusak" in wrong.stdout
    assert "1 harus dibenahi" in wrong.stdout.splitlines()[-1]
