"""Faults at chosen points of a publication; the soak (``make soak``) chooses them at random."""

import os
import resource
import signal
from datetime import UTC, datetime, timedelta

import pytest

from ektp_analysis.errors import EktpError, SiteError
from ektp_analysis.site import publish as module
from ektp_analysis.site.editions import current, editions
from ektp_analysis.site.manifest import read_manifest, verify_edition
from ektp_analysis.site.publish import publish

POINTS = [
    "sweep", "new_draft", "_copy", "next_name", "_complete", "to_disk", "verify_edition",
    "switch", "retire",
]  # fmt: skip


def forked(action):
    """Run it in a process of its own; its exit code, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            action()
            code = 0
        except EktpError as error:
            code = error.exit_code
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def whole(folder):
    """The edition that is up verifies, and nothing half-made is listed."""
    up = current(folder)
    return verify_edition(folder / up) == [] and all(
        verify_edition(folder / name) == [] for name in editions(folder)
    )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point(folder, make_site, point, when):
    def run():
        step = getattr(module, point)

        def killed(*arguments, **more):
            if when == "after":
                step(*arguments, **more)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(module, point, killed)
        publish(make_site("tiga"), folder, "2024-W32", keep=2)

    assert forked(run) == -signal.SIGKILL
    assert whole(folder)
    switched = (point, when) in (("switch", "after"), ("retire", "before"), ("retire", "after"))
    assert current(folder) == ("2024-W32" if switched else "2024-W31")
    publish(make_site("empat"), folder, "2024-W32", keep=2)
    assert whole(folder) and len(editions(folder)) == 2
    assert "empat" in (folder / "current/index.html").read_text()
    assert [p.name for p in folder.glob(".*") if p.name != ".lock"] == []


@pytest.mark.parametrize("limit", [0, 50, 100, 500, 1500])
def test_a_disk_that_takes_no_more(folder, make_site, limit):
    """No file may grow beyond the limit, which strikes in the pages or in the manifest."""
    site = make_site("x" * 1000)

    def run():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        publish(site, folder, "2024-W32")

    code = forked(run)
    assert whole(folder)
    assert (code, current(folder)) in ((4, "2024-W31"), (0, "2024-W32"))
    assert limit > 1000 or code == 4
    publish(site, folder, "2024-W32")
    assert whole(folder) and current(folder) == "2024-W32"


def test_full_disk_is_a_sentence(folder, make_site, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copyfileobj", full)
    with pytest.raises(SiteError) as error:
        publish(make_site("tiga"), folder, "2024-W32")
    assert str(error.value) == (
        "Edisi tidak dapat diterbitkan: ruang disk habis (editions). "
        "Periksa ruang dan izin folder itu; situs lama tetap tampil."
    )
    assert current(folder) == "2024-W31" and whole(folder)


def test_read_only_disk_is_a_sentence(folder, make_site, monkeypatch):
    """Root writes where it has no rights, so the disk is played here; the soak mounts a real one."""

    def refuse(_folder):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(module, "new_draft", refuse)
    with pytest.raises(SiteError, match=r"disk hanya dapat dibaca \(editions\)"):
        publish(make_site("tiga"), folder, "2024-W32")
    assert current(folder) == "2024-W31" and whole(folder)


def test_clock_set_back(folder, make_site, monkeypatch):
    class Earlier(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) - timedelta(days=700)

    monkeypatch.setattr(module, "datetime", Earlier)
    publish(make_site("tiga"), folder, "2024-W32", keep=2)
    assert read_manifest(folder / "2024-W32").published < datetime.now(UTC) - timedelta(days=600)
    assert editions(folder) == ["2024-W31", "2024-W32"] and current(folder) == "2024-W32"
