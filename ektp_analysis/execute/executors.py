"""Where units run: processes of this machine, or a running dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any

from ektp_analysis.errors import ExecutionError
from ektp_analysis.execute.preload import can_fork, environment_set, fixed


@contextmanager
def local_pool(workers: int, environment: Mapping[str, str], warm: bool) -> Iterator[Executor]:
    """Processes of this machine.

    Warm ones come from one parent that has imported everything: its memory is shared by all workers
    and kernels. When the block is left by an exception (Ctrl-C), the processes are killed.

    Parameters
    ----------
    workers
        Number of processes.
    environment
        Environment of the kernels; what libraries read of it at import is set for the parent.
    warm
        Fork workers and kernels where that is possible.
    """
    warm = warm and can_fork()
    context = multiprocessing.get_context("forkserver" if warm else "spawn")
    if warm:
        context.set_forkserver_preload(["ektp_analysis.execute.warm.imported"])
        with environment_set(fixed(environment)):
            _start_fork_server()
    pool = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin_worker, initargs=(warm,)
    )
    try:
        yield pool
    except BaseException:
        _kill(pool)
        raise
    else:
        pool.shutdown()


def _start_fork_server() -> None:
    from multiprocessing import forkserver

    forkserver.ensure_running()


def _begin_worker(warm: bool) -> None:
    """First act of a worker, while it still has one thread only."""
    # Ctrl-C reaches every process of the terminal; what it means is decided by the first one
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if warm:
        # only here: the package brings papermill, which takes seconds to import
        from ektp_analysis.execute.warm.client import adopt
        from ektp_analysis.execute.warm.kernel import die_with_parent

        die_with_parent(os.getppid())
        adopt()
    threading.Thread(target=_end_with_first, daemon=True).start()


def _end_with_first() -> None:
    """End this worker when the process that started the run ends, however it ends.

    The fork server does not: it lives as long as one of its workers.
    """
    first = multiprocessing.parent_process()
    if first is not None:
        wait([first.sentinel])
        os._exit(1)


def _kill(pool: ProcessPoolExecutor) -> None:
    processes: dict[int, Any] = dict(getattr(pool, "_processes", None) or {})
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes.values():
        with contextlib.suppress(OSError, ValueError):
            process.kill()
    for process in processes.values():
        process.join(5)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a running dask scheduler.

    They need the same version of this package, and the project and store at the same paths. A unit
    whose worker is lost runs again on another one.

    Raises
    ------
    ExecutionError
        When the library is missing or the scheduler cannot be reached.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ExecutionError(
            "Pustaka untuk klaster belum terpasang",
            "--scheduler",
            "Jalankan: pip install 'ektp-analysis[cluster]'",
        ) from None
    try:
        client = Client(address, timeout=10, set_as_default=False)
    except (OSError, TimeoutError, ValueError):
        raise ExecutionError(
            "Penjadwal klaster tidak dapat dihubungi",
            address[:80],
            "Periksa alamatnya; contoh: tcp://10.0.0.5:8786",
        ) from None
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close(timeout=5)
