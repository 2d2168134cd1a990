"""Editions: whole or not at all, verified, switched in one step, kept and taken back."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date

import pytest
from typer.testing import CliRunner

from ektp_analysis.cli import app
from ektp_analysis.errors import BusyError, SiteError
from ektp_analysis.site.catalogue import catalogue, verify
from ektp_analysis.site.deliver import deliver
from ektp_analysis.site.editions import ARCHIVE, LOCK, current, edition_name, editions
from ektp_analysis.site.lock import alone
from ektp_analysis.site.manifest import read_manifest, verify_edition
from ektp_analysis.site.publish import Facts, publish, rollback


def site(folder, words="satu", pages=("index.html", "laporan/curup/backlog.html")):
    shutil.rmtree(folder, ignore_errors=True)
    for name in pages:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'<html lang="id"><p>{words}</p></html>')
    return folder


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "editions"


def read_current(folder):
    return (folder / "current/index.html").read_text()


def test_switch_roll_back_and_forward(tmp_path, folder):
    name = edition_name(date(2024, 8, 2))
    publish(site(tmp_path / "_site", "satu"), folder, name)
    publish(site(tmp_path / "_site", "dua"), folder, name)
    assert editions(folder) == ["2024-W31", "2024-W31.2"] and current(folder) == "2024-W31.2"
    assert "dua" in read_current(folder)
    assert rollback(folder) == "2024-W31"
    assert "satu" in read_current(folder)
    assert rollback(folder, "2024-W31.2") == "2024-W31.2"
    with pytest.raises(SiteError, match="Edisi yang dituju tidak ada"):
        rollback(folder, "1999-W01")
    with pytest.raises(SiteError, match="Edisi yang dituju tidak ada"):
        rollback(folder, "../../etc")


def test_the_manifest_tells_everything_that_is_there(tmp_path, folder):
    facts = Facts(as_of="2024-08-02", synthetic=True, expected=("index.html",), failed=("x.html",))
    edition = publish(site(tmp_path / "_site"), folder, "2024-W31", facts=facts)
    manifest = read_manifest(edition)
    assert set(manifest.files) == {"index.html", "laporan/curup/backlog.html"}
    assert (manifest.pages, manifest.as_of, manifest.failed) == (2, "2024-08-02", ("x.html",))
    assert str(tmp_path) not in (edition / "manifest.json").read_text()
    assert verify_edition(edition) == []


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda e: (e / "index.html").unlink(), "index.html: hilang."),
        (lambda e: (e / "index.html").write_text("<html/>"), "index.html: ukurannya berubah."),
        (
            lambda e: (e / "index.html").write_text((e / "index.html").read_text()[::-1]),
            "index.html: isinya berubah.",
        ),
        (lambda e: (e / "x.html").write_text(""), "x.html: tidak ada di daftar isi."),
        (lambda e: (e / "manifest.json").write_text("{"), "daftar isi edisi tidak ada atau rusak"),
        (lambda e: (e / "manifest.json").unlink(), "daftar isi edisi tidak ada atau rusak"),
        (
            lambda e: ((e / "index.html").rename(e / "y"), (e / "index.html").symlink_to("y")),
            "index.html: tautan berkas, bukan berkas.",
        ),
    ],
)
def test_verification_finds_any_change(tmp_path, folder, harm, words):
    edition = publish(site(tmp_path / "_site"), folder, "2024-W31")
    harm(edition)
    assert any(words in problem for problem in verify_edition(edition))
    assert catalogue(folder, contents=True)[0].state == "rusak"


def test_a_damaged_edition_is_not_rolled_back_to(tmp_path, folder):
    for week in ("2024-W29", "2024-W30", "2024-W31"):
        publish(site(tmp_path / "_site", week), folder, week)
    (folder / "2024-W30/index.html").write_text("rusak")
    with pytest.raises(SiteError, match=r"Edisi itu rusak .*2024-W30.*ukurannya berubah"):
        rollback(folder, "2024-W30")
    assert current(folder) == "2024-W31"
    assert rollback(folder) == "2024-W29"


def test_the_gate_and_the_missing_page_forbid_publication(tmp_path, folder):
    publish(site(tmp_path / "_site", "satu"), folder, "2024-W30")
    seen = []

    def gate(draft):
        seen.append((draft / "index.html").read_text())
        assert (draft.stat().st_mode & 0o777) == 0o700, "nobody else reads what is not yet checked"
        return ["data.csv: memuat sesuatu."]

    with pytest.raises(SiteError, match=r"belum boleh terbit: 1 masalah .*data.csv"):
        publish(site(tmp_path / "_site", "dua"), folder, "2024-W31", gate=gate)
    with pytest.raises(SiteError, match=r"laporan/kota-padang/index\.html: halaman tidak ada"):
        publish(
            site(tmp_path / "_site", "dua"), folder, "2024-W31",
            facts=Facts(expected=("index.html", "laporan/kota-padang/index.html")),
        )  # fmt: skip
    assert "dua" in seen[0] and current(folder) == "2024-W30"
    assert sorted(p.name for p in folder.iterdir()) == [".lock", "2024-W30", "current"]


def test_the_same_site_again_is_no_new_edition(tmp_path, folder):
    publish(site(tmp_path / "_site", "satu"), folder, "2024-W31")
    publish(site(tmp_path / "_site", "dua"), folder, "2024-W31")
    assert publish(site(tmp_path / "_site", "dua"), folder, "2024-W31").name == "2024-W31.2"
    assert publish(site(tmp_path / "_site", "satu"), folder, "2024-W31").name == "2024-W31"
    assert editions(folder) == ["2024-W31", "2024-W31.2"] and current(folder) == "2024-W31"
    (folder / "2024-W31/index.html").write_text("rusak")
    assert publish(site(tmp_path / "_site", "satu"), folder, "2024-W31").name == "2024-W31.3"


def test_older_data_do_not_replace_newer(tmp_path, folder):
    publish(site(tmp_path / "_site"), folder, "2024-W31")
    with pytest.raises(SiteError, match="lebih tua daripada edisi yang tampil"):
        publish(site(tmp_path / "_site"), folder, "2024-W30")
    assert current(folder) == "2024-W31"
    assert publish(site(tmp_path / "_site"), folder, "2024-W30", older=True).name == "2024-W30"
    assert current(folder) == "2024-W30"


def test_old_editions_go_and_the_shown_one_stays(tmp_path, folder):
    for week in range(1, 6):
        publish(site(tmp_path / "_site", str(week)), folder, f"2024-W{week:02d}", keep=3)
    assert editions(folder) == ["2024-W03", "2024-W04", "2024-W05"]
    rollback(folder, "2024-W03")
    publish(site(tmp_path / "_site", "6"), folder, "2024-W06", keep=2)
    assert editions(folder) == ["2024-W05", "2024-W06"]


def test_past_editions_have_an_address_below_the_one_that_is_up(tmp_path, folder):
    publish(site(tmp_path / "_site", "satu"), folder, "2024-W30")
    publish(site(tmp_path / "_site", "dua"), folder, "2024-W31")
    assert "satu" in (folder / "current" / ARCHIVE / "2024-W30/index.html").read_text()
    moved = folder.rename(tmp_path / "pindah")
    assert "satu" in (moved / "current" / ARCHIVE / "2024-W30/index.html").read_text()


def test_what_a_killed_publication_left_is_swept(tmp_path, folder):
    publish(site(tmp_path / "_site", "satu"), folder, "2024-W30")
    (folder / ".draft-abc/laporan").mkdir(parents=True)
    (folder / ".old-2024-W01-7/laporan").mkdir(parents=True)
    (folder / ".current-7").symlink_to("2024-W30")
    publish(site(tmp_path / "_site", "dua"), folder, "2024-W31")
    assert sorted(p.name for p in folder.iterdir()) == [".lock", "2024-W30", "2024-W31", "current"]


def test_two_publishers_one_wins_and_the_other_says_so(tmp_path, folder):
    """The other is a process of its own, as on a real machine."""
    script = (
        "import sys; from pathlib import Path\n"
        "from ektp_analysis.site.publish import publish\n"
        "from ektp_analysis.errors import EktpError\n"
        "try: publish(Path(sys.argv[1]), Path(sys.argv[2]), '2024-W31')\n"
        "except EktpError as error: print(error); sys.exit(error.exit_code)\n"
    )

    def other():
        return subprocess.run(
            [sys.executable, "-c", script, str(site(tmp_path / "lain", "lain")), str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    losers = []

    def gate(_draft):
        losers.append(other())
        return []

    publish(site(tmp_path / "_site", "satu"), folder, "2024-W30", gate=gate)
    assert losers[0].returncode == 5
    assert losers[0].stdout.startswith("Penerbitan lain sedang berjalan (editions).")
    assert editions(folder) == ["2024-W30"] and "satu" in read_current(folder)
    assert other().returncode == 0 and current(folder) == "2024-W31"


def test_a_lock_is_free_once_its_holder_is_gone_even_if_its_child_lives(tmp_path):
    """A forked kernel outlives a killed run for a while and must not lock out the next one."""
    script = (
        "import os, sys, time; from pathlib import Path\n"
        "from ektp_analysis.site.lock import alone\n"
        "with alone(Path(sys.argv[1]), 'Penerbitan'):\n"
        "    if (child := os.fork()) == 0: time.sleep(30); os._exit(0)\n"
        "    print(child, flush=True); time.sleep(30)\n"
    )
    lock = tmp_path / LOCK
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(lock)], stdout=subprocess.PIPE, text=True
    )
    child = int(holder.stdout.readline())
    try:
        with pytest.raises(BusyError), alone(lock, "Penerbitan"):
            pass
        holder.kill()
        holder.wait()
        with alone(lock, "Penerbitan"), pytest.raises(BusyError), alone(lock, "Penerbitan"):
            pass
    finally:
        os.kill(child, 9)
        holder.stdout.close()


def test_the_table_of_editions(tmp_path, folder, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def ektp(*arguments):
        return CliRunner().invoke(app, arguments)

    assert ektp("editions").stdout == "Belum ada edisi yang terbit. Jalankan: ektp build\n"
    assert "Belum ada edisi yang terbit (editions)." in str(ektp("verify").exception)
    publish(site(tmp_path / "_site", "1"), folder, "2024-W30", facts=Facts(as_of="2024-07-26"))
    publish(site(tmp_path / "_site", "2"), folder, "2024-W31", facts=Facts(as_of="2024-08-02"))
    (folder / "2024-W30/index.html").unlink()
    lines = ektp("editions").stdout.splitlines()
    assert lines[1].split()[:2] == ["2024-W31", "2024-08-02"]
    assert lines[1].rstrip().endswith("← tampil")
    assert "rusak" in lines[2] and "tampil" not in lines[2]
    rows = json.loads(ektp("editions", "--json").stdout)
    assert [(r["name"], r["pages"], r["state"], r["shown"]) for r in rows] == [
        ("2024-W31", 2, "utuh", True),
        ("2024-W30", 2, "rusak", False),
    ]
    assert ektp("verify").stdout == "2024-W31: utuh\n"
    damaged = ektp("verify", "2024-W30")
    assert damaged.exit_code == 4 and "index.html: hilang." in damaged.stdout
    assert ektp("verify", "2024-W01").exception.exit_code == 4
    assert [name for name, _ in verify(folder, [], every=True)] == ["2024-W30", "2024-W31"]


def test_nothing_unpublished_lies_in_what_is_served(tmp_path, folder):
    """``edisi`` leads from the web root to all of the folder: only editions and locks are there."""
    publish(site(tmp_path / "_site", "satu"), folder, "2024-W30")
    beside, seen = tmp_path / ".editions-draft", []

    def gate(draft):
        assert draft.parent == beside and (beside.stat().st_mode & 0o777) == 0o700
        assert (draft / ARCHIVE / "2024-W30/index.html").is_file(), "links to it can be checked"
        seen.extend(sorted(p.name for p in (folder / "current" / ARCHIVE).iterdir()))
        return []

    publish(site(tmp_path / "_site", "dua"), folder, "2024-W31", gate=gate)
    assert seen == [".lock", "2024-W30", "current"]
    assert (folder / "2024-W31" / ARCHIVE).readlink().as_posix() == ".."
    assert not beside.exists()
    (beside / "draft-killed/laporan").mkdir(parents=True)
    publish(site(tmp_path / "_site", "tiga"), folder, "2024-W32")
    assert not beside.exists(), "what a killed run left is swept"


def test_where_nothing_can_be_written_beside_the_draft_is_closed(tmp_path, folder):
    (tmp_path / ".editions-draft").write_text("a file where the folder should be")
    modes = []

    def gate(draft):
        modes.append((draft.parent == folder.resolve(), draft.stat().st_mode & 0o777))
        return []

    publish(site(tmp_path / "_site"), folder, "2024-W31", gate=gate)
    assert modes == [(True, 0o700)] and verify_edition(folder / "2024-W31") == []


def test_a_withdrawn_edition_is_gone_and_its_name_is_not_used_again(tmp_path, folder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "www"
    for words in ("satu", "dua", "tiga"):
        publish(site(tmp_path / "_site", words), folder, "2024-W31")
    deliver(folder, [str(there)])

    def ektp(*arguments, **more):
        return CliRunner().invoke(app, arguments, **more)

    said = ektp("rollback").stdout
    assert said == (
        "Edisi 2024-W31.2 tampil kembali.\nEdisi 2024-W31.3 masih dapat dibaca di "
        "edisi/2024-W31.3/. Bila tidak boleh dibaca lagi: ektp withdraw 2024-W31.3\n"
    )
    assert "Tidak ada yang dihapus." in ektp("withdraw", "2024-W31.3", input="n\n").stdout
    assert "2024-W31.3" in editions(folder)
    assert ektp("withdraw", "2024-W31.3", "--yes").exit_code == 0
    # the one that is up: the one before takes its place
    said = ektp("withdraw", "2024-W31.2", "--yes").stdout
    assert said == "Edisi 2024-W31.2 dihapus; yang tampil sekarang edisi 2024-W31.\n"
    assert (editions(folder), current(folder)) == (["2024-W31"], "2024-W31")
    deliver(folder, [str(there)])
    assert (editions(there), current(there)) == (["2024-W31"], "2024-W31")
    assert publish(site(tmp_path / "_site", "empat"), folder, "2024-W31").name == "2024-W31.4"
    assert "Edisi yang dituju tidak ada" in str(ektp("withdraw", "2024-W01", "--yes").exception)
    for name in ("2024-W31.4", "2024-W31"):
        answer = ektp("withdraw", name, "--yes")
    assert "Edisi yang dituju tidak ada" in str(answer.exception), "the last one stays"
    assert current(folder) == "2024-W31"
