"""Warm kernels: as fresh, as private and as mortal as cold ones, with the same outputs."""

import asyncio
import ipaddress
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import psutil
import pytest
from endings import ended
from jupyter_client.provisioning import KernelProvisionerFactory
from papermill.engines import papermill_engines

from ektp_analysis.execute.preload import can_fork
from ektp_analysis.execute.warm import client, provisioner
from ektp_analysis.execute.warm.manager import PrivateKernelManager, WarmKernelManager
from ektp_analysis.execute.worker import Job

pytestmark = pytest.mark.skipif(not can_fork(), reason="no warm kernels on this system")


@pytest.fixture(scope="module")
def env(tmp_path_factory):
    yield Job(tmp_path_factory.mktemp("store")).kernel_environment()
    client.stop_parents()


def run(env, *cells, engine="ektp-warm", cwd="."):
    """Outputs of cells in a kernel of their own, as text."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(c) for c in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    seen = []
    done = papermill.execute_notebook(
        notebook, None, engine_name=engine, progress_bar=False, kernel_env=env,
        resources={"metadata": {"path": str(cwd)}},
        on_kernel=lambda c: seen.append(getattr(c.km.provisioner, "is_warm", False)),
    )  # fmt: skip
    assert seen == [engine == "ektp-warm"]
    return [cell.outputs for cell in done.cells]


def said(outputs):
    return json.loads("".join(o.text for o in outputs[-1] if o.output_type == "stream"))


def test_entry_points():
    assert papermill_engines.get_engine("ektp-warm").manager_class is WarmKernelManager
    assert "ektp-warm" in KernelProvisionerFactory.instance().get_provisioner_entries()


def test_nothing_of_one_notebook_reaches_the_next(env, tmp_path):
    soil = (
        "import os, sys, types, json, pandas, numpy, matplotlib\n"
        "left = 'x' in globals() or 'left_behind' in sys.modules or 'LEFT' in os.environ\n"
        "print(json.dumps([left, pandas.options.display.max_rows, numpy.geterr()['divide'],"
        " matplotlib.rcParams['font.size'], os.getcwd()]))\n"
        "x = 1; sys.modules['left_behind'] = types.ModuleType('left_behind')\n"
        "os.environ['LEFT'] = '1'; pandas.options.display.max_rows = 7\n"
        "numpy.seterr(divide='raise'); matplotlib.rcParams['font.size'] = 99"
    )
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
    first, second = (said(run(env, soil, cwd=folder)) for folder in folders)
    assert first[:4] == second[:4] and first[0] is False
    assert [first[4], second[4]] == [str(f) for f in folders]


def test_seeds_differ(env):
    draw = "import json, random, numpy; print(json.dumps([random.random(), numpy.random.rand()]))"
    first, second = said(run(env, draw)), said(run(env, draw))
    assert first[0] != second[0] and first[1] != second[1]


@pytest.mark.parametrize("engine", ["ektp-warm", "ektp-cold"])
def test_kernel_listens_on_no_outside_address(env, engine):
    """Its channels are Unix sockets; ipykernel's own pipe for children's output is on loopback."""
    look = (
        "import json, psutil\n"
        "print(json.dumps([c.laddr.ip for c in psutil.Process().net_connections('inet')]))"
    )
    addresses = said(run(env, look, engine=engine))
    assert len(addresses) <= 1 and all(ipaddress.ip_address(a).is_loopback for a in addresses)


def test_descriptors_are_not_inherited(env, tmp_path):
    """A kernel holds what it opened, not what this process or an earlier kernel holds."""
    look = (
        "import json, os, pathlib\n"
        "names = [str(p.readlink()) for p in pathlib.Path('/proc/self/fd').iterdir() if p.exists()]\n"
        "print(json.dumps(sorted(n.split(':')[0] if ':' in n else n for n in names"
        " if 'fonts' not in n)))"
    )
    with (tmp_path / "mine").open("w") as mine:
        os.set_inheritable(mine.fileno(), True)
        first, second = said(run(env, look)), said(run(env, look))
    assert first == second
    assert not any("mine" in name or "warm" in name for name in first)


def test_same_outputs_as_a_cold_kernel(env):
    cells = (
        "import sys; print('ya'); print('galat', file=sys.stderr); {'b', 'a', 'c'}",
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
        "import ektp_analysis.figures.style as s; f, a = s.new_figure('Judul'); f.get_size_inches()",
        "import os; os.system('echo anak')",
    )
    warm, cold = (run(env, *cells, engine=engine) for engine in ("ektp-warm", "ektp-cold"))
    assert json.dumps(warm) == json.dumps(cold)
    assert "image/png" in warm[1][0].data


def kernel(env, manager=WarmKernelManager):
    """A running kernel with its manager and its process."""

    async def start():
        km = manager(kernel_name="python3")
        await km._async_start_kernel(env=env)
        return km

    km = asyncio.run(start())
    return km, psutil.Process(km.provisioner.process.pid)


def test_kernels_end_with_the_process_that_asked_for_them(env):
    program = (
        "import asyncio, os, sys, time\n"
        "from ektp_analysis.execute.warm.manager import WarmKernelManager\n"
        "km = WarmKernelManager(kernel_name='python3')\n"
        "asyncio.run(km._async_start_kernel(env=dict(os.environ)))\n"
        "print(km.provisioner.process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    asker = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=env
    )
    process = psutil.Process(int(asker.stdout.readline()))
    parent = process.parent()
    asker.kill()
    asker.wait()
    assert ended(process) and ended(parent)


def test_interrupt(env):
    km, process = kernel(env)
    kc = km.client()

    async def interrupted():
        kc.start_channels()
        await kc._async_wait_for_ready(timeout=30)
        kc.execute("import time; time.sleep(60)")
        await asyncio.sleep(0.5)
        await km.provisioner.send_signal(signal.SIGINT)
        return await kc._async_get_shell_msg(timeout=20)

    assert asyncio.run(interrupted())["content"]["ename"] == "KeyboardInterrupt"
    kc.stop_channels()
    km.provisioner.process.kill()
    assert ended(process)


def test_cold_where_a_fork_would_not_be_the_same(env, monkeypatch, caplog):
    # a parent takes no request that it was not started for
    monkeypatch.setenv(client.ANNOUNCED, str(client.find_parent(env)))
    km, process = kernel({**env, "PYTHONHASHSEED": "7"})
    assert not km.provisioner.is_warm and "environment" in caplog.text
    km.provisioner.process.kill()
    monkeypatch.setattr(provisioner, "can_fork", lambda: False)
    km, process = kernel(env)
    assert not km.provisioner.is_warm
    km.provisioner.process.kill()
    assert ended(process)


def test_sockets_are_private(env):
    km, process = kernel(env, PrivateKernelManager)
    folder = Path(km.connection_file).parent
    assert km.transport == "ipc" and km.session.key
    assert folder.stat().st_mode & 0o077 == 0
    km.provisioner.process.kill()
    assert ended(process)


def test_kernels_end_with_their_parent(env):
    km, process = kernel(env)
    parent = process.parent()
    assert "warm.server" in " ".join(parent.cmdline())
    parent.kill()
    assert ended(process) and km.provisioner.process.wait() == -signal.SIGKILL
