"""Other executors, interruption, and what they leave behind."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest
from endings import ended

from ektp_analysis.errors import ExecutionError
from ektp_analysis.execute import execute, executors, make_plan
from ektp_analysis.execute.executors import cluster
from ektp_analysis.store import open_store

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PLACES = ("Curup", "Curup Tengah", "Curup Timur", "Curup Utara", "Kota Padang")
SLOW = "import time; time.sleep(1)"


def thin(folder, source=SLOW):
    """The backlog notebook with its parameters, and one cell that takes a while."""
    import nbformat

    folder.mkdir(parents=True)
    notebook = nbformat.read(NOTEBOOKS / "backlog.ipynb", as_version=4)
    notebook.cells = [*notebook.cells[:2], nbformat.v4.new_code_cell(source)]
    nbformat.write(notebook, folder / "backlog.ipynb")
    return folder


@contextlib.contextmanager
def processes(*commands, env=None):
    running = [
        subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL) for command in commands
    ]
    try:
        yield running
    finally:
        for process in running:
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_cluster_that_loses_a_worker_completes_every_unit_once(tmp_path):
    pytest.importorskip("distributed")
    store = open_store(os.environ["EKTP_STORE"])
    units = make_plan(store, thin(tmp_path / "notebooks"), only=["backlog"])[:6]
    address = f"tcp://127.0.0.1:{free_port()}"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    scheduler = [*dask, "--host", address, "--no-dashboard", "--no-show"]
    worker = [
        sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1",
        "--nworkers", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1",
        "--local-directory", str(tmp_path / "dask"),
    ]  # fmt: skip
    placed = Counter()

    def progress(done, of):
        placed[done] += 1
        if done == 2 and running[1].poll() is None:
            running[1].kill()

    with processes(scheduler, worker, worker) as running, cluster(address) as executor:
        outcomes = execute(
            units, store.root, tmp_path, executor=executor, warm=False, progress=progress
        )
        assert running[1].wait(10) == -signal.SIGKILL
    assert [o.state for o in outcomes] == ["ok"] * len(units)
    assert sorted(placed) == list(range(len(units) + 1)) and set(placed.values()) == {1}
    assert all((tmp_path / unit.output).exists() for unit in units)


def test_no_scheduler_there():
    with (
        pytest.raises(ExecutionError, match="Penjadwal klaster tidak dapat dihubungi"),
        cluster(f"tcp://127.0.0.1:{free_port()}"),
    ):
        pass


@pytest.fixture
def project(tmp_path):
    thin(tmp_path / "notebooks")
    for path in NOTEBOOKS.glob("*.ipynb"):
        if path.stem != "backlog":
            shutil.copy(path, tmp_path / "notebooks")
    return tmp_path


def started(project, mark, *options):
    env = {**os.environ, "UJI_TANDA": mark}
    return subprocess.Popen(
        [sys.executable, "-m", "ektp_analysis", "execute", "--only", "backlog", "--workers", "2",
         *(part for name in PLACES for part in ("--kecamatan", name)),
         *options],
        cwd=project, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
        # a shell without a terminal starts what runs behind it with Ctrl-C ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def marked(mark):
    """Processes that descend from the command, however they were started."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("UJI_TANDA") == mark:
                found.append(process)
    return found


def gone(mark, seconds=10):
    end = time.monotonic() + seconds
    while marked(mark) and time.monotonic() < end:
        time.sleep(0.1)
    return not marked(mark)


def test_a_fork_server_that_dies_while_it_is_asked_for_a_worker_is_replaced(tmp_path, monkeypatch):
    """It is stopped before the first unit and killed when the pool waits for its answer."""
    from multiprocessing import forkserver

    started = executors._start_fork_server
    killed = []

    def doomed():
        started()
        if not killed:
            pid = forkserver._forkserver._forkserver_pid
            killed.append(psutil.Process(pid))
            os.kill(pid, signal.SIGSTOP)
            threading.Timer(0.5, os.kill, (pid, signal.SIGKILL)).start()

    monkeypatch.setattr(executors, "_start_fork_server", doomed)
    store = open_store(os.environ["EKTP_STORE"])
    units = make_plan(store, thin(tmp_path / "notebooks", "1"), only=["backlog"])[:2]
    outcomes = execute(units, store.root, tmp_path, workers=2)
    assert killed and ended(killed[0])
    assert [(o.state, o.sentence) for o in outcomes] == [("ok", "")] * 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_run_leaves_nothing_and_goes_on(project, number):
    mark = f"{project.name}-{number}"
    run = started(project, mark)
    done = project / "laporan"
    end = time.monotonic() + 120
    while len(list(done.glob("*/backlog.ipynb"))) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    # as Ctrl-C does: to all processes of the terminal at once
    os.killpg(run.pid, number) if number == signal.SIGINT else run.kill()
    _, errors = run.communicate(timeout=30)
    assert gone(mark)
    if number == signal.SIGINT:
        assert run.returncode == 130 and "perintah yang sama meneruskannya" in errors
        assert "Traceback" not in errors
    finished = len(list(done.glob("*/backlog.ipynb")))
    assert 2 <= finished < len(PLACES)
    for page in done.glob("*/backlog.ipynb"):
        json.loads(page.read_text())
    assert not list(project.rglob(".*.draft"))

    run = started(project, mark, "--json")
    output, errors = run.communicate(timeout=240)
    assert run.returncode == 0, errors
    states = Counter(outcome["state"] for outcome in json.loads(output))
    assert states["cached"] >= finished and sum(states.values()) == len(PLACES)
    assert not list((project / ".ektp" / "kerja").iterdir())
    assert not list((project / ".ektp" / "cache").glob(".draft-*"))
    assert gone(mark)
