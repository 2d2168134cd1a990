"""Delivery for real: to a folder, over ssh to an sshd of our own, to a bare git repository."""

import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from ektp_analysis.errors import DeliveryError, ParameterError
from ektp_analysis.site.deliver import deliver, parse_target
from ektp_analysis.site.editions import current, editions
from ektp_analysis.site.lock import alone
from ektp_analysis.site.manifest import verify_edition
from ektp_analysis.site.publish import publish, rollback, withdraw_edition


def same(here, there):
    """Whether a target shows the same whole edition."""
    up = current(here)
    return current(there) == up and verify_edition(there / up) == []


def test_what_is_no_target_is_refused():
    for text in ("ftp://x/y", "ssh://host", "git+", "-e", "ssh://-oProxyCommand=x/y", "git+-x"):
        with pytest.raises(ParameterError, match=r"Tujuan penerbitan tidak dikenal"):
            parse_target(text)


def test_folder(folder, tmp_path, make_site):
    there, told = tmp_path / "www", []
    deliver(folder, [str(there)], told=told.append)
    assert told == [f"Edisi 2024-W31 terkirim ke {there}."]
    assert same(folder, there) and editions(there) == ["2024-W30", "2024-W31"]
    assert "satu" in (there / "current/edisi/2024-W30/index.html").read_text()
    # damage there is mended by the next delivery
    (there / "2024-W31/index.html").write_text("rusak")
    deliver(folder, [str(there)])
    assert same(folder, there)
    rollback(folder)
    deliver(folder, [str(there)])
    assert same(folder, there) and current(there) == "2024-W30"
    for week in range(32, 36):
        publish(make_site(str(week)), folder, f"2024-W{week}", keep=2)
        deliver(folder, [str(there)], keep=2)
    assert editions(there) == ["2024-W34", "2024-W35"] and same(folder, there)


def test_one_failing_target_does_not_stop_the_others(folder, tmp_path):
    (tmp_path / "berkas").write_text("bukan folder")
    with pytest.raises(
        DeliveryError, match=r"terbit di komputer ini, tetapi gagal .*1 dari 2"
    ) as e:
        deliver(folder, [str(tmp_path / "berkas" / "x"), str(tmp_path / "www")])
    assert e.value.exit_code == 6 and same(folder, tmp_path / "www")


def test_a_damaged_edition_is_not_delivered(folder, tmp_path):
    (folder / "2024-W31/index.html").write_text("rusak")
    with pytest.raises(DeliveryError, match=r"Tidak ada edisi utuh .*2024-W31.*ukurannya berubah"):
        deliver(folder, [str(tmp_path / "www")])
    assert not (tmp_path / "www").exists()


def test_only_one_delivery_at_a_time(folder, tmp_path):
    with (
        alone(folder / ".deliver-lock", "Pengiriman"),
        pytest.raises(Exception, match="Pengiriman lain"),
    ):
        deliver(folder, [str(tmp_path / "www")])


@pytest.fixture
def sshd(tmp_path):
    """A real sshd on loopback with keys of its own: (port, ssh command)."""
    server = shutil.which("sshd") or "/usr/sbin/sshd"
    if not Path(server).exists() or not shutil.which("rsync"):
        pytest.skip("sshd or rsync is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys / name)], check=True
        )
    (keys / "authorized").write_text((keys / "user.pub").read_text())
    (keys / "config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {keys}/host\nPidFile none\n"
        f"AuthorizedKeysFile {keys}/authorized\nStrictModes no\nUsePAM no\n"
        "PasswordAuthentication no\nPermitRootLogin prohibit-password\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    daemon = subprocess.Popen(
        [server, "-D", "-e", "-f", str(keys / "config")], stderr=subprocess.DEVNULL
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    known = keys / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {(keys / 'host.pub').read_text()}")
    yield port, f"ssh -i {keys}/user -o UserKnownHostsFile={known} -o IdentitiesOnly=yes -F none"
    daemon.terminate()
    daemon.wait()


def test_ssh(folder, tmp_path, make_site, sshd):
    port, ssh = sshd
    there = tmp_path / "jauh"
    there.mkdir()
    target = f"ssh://127.0.0.1:{port}{there}"
    deliver(folder, [target], ssh=ssh)
    assert same(folder, there) and editions(there) == ["2024-W30", "2024-W31"]
    assert "satu" in (there / "current/edisi/2024-W30/index.html").read_text()
    # damage over there that has the same size and time is mended too
    page = there / "2024-W31/index.html"
    times = page.stat()
    page.write_text(page.read_text()[::-1])
    os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))
    deliver(folder, [target], ssh=ssh)
    assert same(folder, there)
    # a reader never finds nothing while the link is replaced
    missing, done = [], threading.Event()

    def read():
        while not done.is_set():
            try:
                assert (there / "current/index.html").read_text().endswith("</html>")
            except (OSError, AssertionError) as error:
                missing.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        publish(make_site("tiga"), folder, "2024-W32", keep=2)
        deliver(folder, [target], ssh=ssh, keep=2)
    finally:
        done.set()
        reader.join()
    assert same(folder, there) and editions(there) == ["2024-W31", "2024-W32"]
    assert missing == []
    # an edition that is withdrawn here is gone over there too
    publish(make_site("salah"), folder, "2024-W32")
    deliver(folder, [target], ssh=ssh)
    assert editions(there)[-1] == "2024-W32.2"
    withdraw_edition(folder, "2024-W32.2")
    deliver(folder, [target], ssh=ssh)
    assert same(folder, there) and editions(there) == ["2024-W31", "2024-W32"]
    # the wrong key: a sentence that says what to do, and nothing changed over there
    publish(make_site("empat"), folder, "2024-W33")
    with pytest.raises(DeliveryError, match=r"Pasang kunci ssh tanpa kata sandi"):
        deliver(folder, [target], ssh=f"{ssh} -o HostKeyAlias=lain".replace("/user ", "/host "))
    assert current(there) == "2024-W32"


def git(*arguments, at):
    return subprocess.run(
        ["git", *arguments], cwd=at, check=True, capture_output=True, text=True
    ).stdout


def test_git_branch(folder, tmp_path, make_site):
    bare = tmp_path / "situs.git"
    git("init", "-q", "--bare", str(bare), at=tmp_path)
    target = f"git+file://{bare}#gh-pages"
    deliver(folder, [target])
    out = tmp_path / "klon"
    git("clone", "-q", "-b", "gh-pages", str(bare), str(out), at=tmp_path)
    for name in ("index.html", "manifest.json", "laporan/curup/backlog.html", ".nojekyll"):
        assert (out / name).is_file()
    assert "dua" in (out / "index.html").read_text()
    assert "satu" in (out / "edisi/2024-W30/index.html").read_text()
    assert not any(p.is_symlink() for p in out.rglob("*"))
    # the archived page of edition 31 links to edisi/2024-W30 below itself: that leads on
    stub = (out / "edisi/2024-W31/edisi/2024-W30/index.html").read_text()
    lead = stub.split("url=")[1].split('"')[0]
    assert (out / "edisi/2024-W31/edisi/2024-W30" / lead).resolve() == (
        out / "edisi/2024-W30/index.html"
    )
    before = git("rev-parse", "gh-pages", at=bare)
    deliver(folder, [target])
    assert git("rev-parse", "gh-pages", at=bare) == before, "nothing new, no commit"
    # another machine without the old editions keeps those of the branch
    publish(make_site("tiga"), tmp_path / "lain", "2024-W32")
    deliver(tmp_path / "lain", [target], keep=2)
    git("pull", "-q", at=out)
    assert "tiga" in (out / "index.html").read_text() and not (out / "arsip.html").exists()
    assert sorted(p.name for p in (out / "edisi").iterdir()) == ["2024-W31", "2024-W32"]
    publish(make_site("salah"), tmp_path / "lain", "2024-W33")
    deliver(tmp_path / "lain", [target], keep=3)
    withdraw_edition(tmp_path / "lain", "2024-W33")
    deliver(tmp_path / "lain", [target], keep=3)
    git("pull", "-q", at=out)
    assert "tiga" in (out / "index.html").read_text() and not (out / "edisi/2024-W33").exists()
    assert (
        git("log", "-1", "--format=%an <%ae> %s", at=out).strip()
        == "ektp <ektp@localhost> Edisi 2024-W32"
    )


def test_git_refusal_is_a_sentence_and_changes_nothing(folder, tmp_path):
    bare = tmp_path / "situs.git"
    git("init", "-q", "--bare", str(bare), at=tmp_path)
    hook = bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho ditolak >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(DeliveryError, match=r"git push gagal"):
        deliver(folder, [f"git+file://{bare}"])
    assert git("branch", "--list", at=bare) == ""
    with pytest.raises(DeliveryError, match=r"git ls-remote gagal"):
        deliver(folder, [f"git+file://{tmp_path}/tidak-ada.git"])
