"""A killed ingest leaves the old snapshot or the new one; persons' rows are swept away."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import offices as o
import pytest

from ektp_analysis.ingest import ingest
from ektp_analysis.store import Store

KILLS = int(os.environ.get("EKTP_KILLS", "20"))
"""How often the ingest is killed; ``make kills`` does it 200 times (benchmarks/RESULTS.md)."""
ENOUGH = 50
"""Kills from which on some must have come too early and some too late."""
DAY = date(2024, 8, 2)
WRITER = """
import os, sys
from datetime import date
from pathlib import Path
from ektp_analysis import schema
from ektp_analysis.ingest import ingest

inbox, store, quarantine = map(Path, sys.argv[1:])
for name in schema.TABLES:
    schema.empty(name)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        ingest([inbox / line.strip()], store, quarantine, as_of=date(2024, 8, 2))
        os._exit(0)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""
"""Imports once and forks before each ingest, so that fifty cost no fifty starts of Python."""


@pytest.fixture
def office(tmp_path):
    """Two contents of one week, one after the other, and the first already in the store."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    o.text(inbox / "penduduk-0.csv", [o.HEADER, *o.rows()])
    changed = [[*row[:5], "BELUM", ""] for row in o.rows()]
    o.text(inbox / "penduduk-1.csv", [o.HEADER, *changed])
    return tmp_path


@pytest.fixture
def writer(office):
    """Starts the ingest of a file; gives the process that does it and a function that waits."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, *(str(office / n) for n in ("inbox", "store", "q"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )

    def start(name: str):
        print(name, file=process.stdin, flush=True)
        return int(process.stdout.readline()), process.stdout.readline

    yield start
    process.kill()
    process.wait()


def recorded(folder) -> int:
    """Recorded persons of the snapshot in force, which must be whole."""
    store = Store(folder / "store")
    store.verify()
    return int(store.table("stock", DAY)["recorded"].sum())


def test_kill_at_random_moments(office, writer):
    """SIGKILL at random points of an ingest, many times: never neither, never half."""
    rng = np.random.default_rng(4)
    _, wait = writer("penduduk-0.csv")
    wait()
    lengths = []
    for name in ("penduduk-1.csv", "penduduk-0.csv"):
        started = time.monotonic()
        _, wait = writer(name)
        wait()
        lengths.append(time.monotonic() - started)
    seen, before = [], recorded(office)
    for _ in range(KILLS):
        wanted = 0 if before else 3
        child, wait = writer("penduduk-0.csv" if wanted else "penduduk-1.csv")
        time.sleep(float(rng.uniform(0, 1.1 * min(lengths))))
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        wait()
        now = recorded(office)
        assert now in (before, wanted)
        seen.append(now == wanted)
        before = now
    print(f"{KILLS} kills: {sum(seen)} left the new snapshot, {KILLS - sum(seen)} the old one")
    assert KILLS < ENOUGH or 0 < sum(seen) < KILLS
    # the next run sweeps what the killed ones left behind
    ingest(
        [office / "inbox" / "penduduk-0.csv"], office / "store", office / "q", as_of=DAY, again=True
    )
    assert list((office / "q" / ".kerja").iterdir()) == []
    assert recorded(office) == 3


STEPS = ["mkdir", "table", "manifest", "rename", "pointer"]


@pytest.mark.parametrize("step", STEPS)
def test_kill_at_each_step_of_writing(office, step, monkeypatch):
    """The five moments at which the disk changes, one by one, in a child that is killed there."""
    ingest([office / "inbox" / "penduduk-0.csv"], office / "store", office / "q", as_of=DAY)
    before = recorded(office)
    child = os.fork()
    if child == 0:  # pragma: no cover - killed
        _die_at(step)
        ingest([office / "inbox" / "penduduk-1.csv"], office / "store", office / "q", as_of=DAY)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert recorded(office) == before
    ingest([office / "inbox" / "penduduk-1.csv"], office / "store", office / "q", as_of=DAY)
    assert recorded(office) == 0
    assert not list((office / "store").rglob(".draft*"))


def _die_at(step: str) -> None:  # pragma: no cover - runs in the child
    from ektp_analysis import snapshot

    def die(*_args, **_kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    if step == "mkdir":
        snapshot.tempfile.mkdtemp = die
    elif step == "table":
        snapshot.pq.write_table = die
    elif step == "manifest":
        snapshot.to_disk = die
    elif step == "rename":
        Path.rename = die
    else:
        snapshot.replace_text = die


def test_the_old_version_is_kept(office):
    for name in ("penduduk-0.csv", "penduduk-1.csv"):
        report = ingest([office / "inbox" / name], office / "store", office / "q", as_of=DAY)
    assert report.versions == {DAY: 2}
    folder = office / "store" / "as_of=2024-08-02"
    assert sorted(p.name for p in folder.glob("v*")) == ["v0001", "v0002"]
    assert (folder / "current").read_text().strip() == "v0002"
    old = json.loads((folder / "v0001" / "manifest.json").read_text())
    assert list(old["sources"]) == ["penduduk-0.csv"]


def test_a_second_writer_is_refused(office):
    from ektp_analysis.errors import StoreError
    from ektp_analysis.snapshot import writing

    path = office / "inbox" / "penduduk-0.csv"
    with writing(office / "store"), pytest.raises(StoreError, match="sedang ditulis proses lain"):
        ingest([path], office / "store", office / "q", as_of=DAY)
    ingest([path], office / "store", office / "q", as_of=DAY)
