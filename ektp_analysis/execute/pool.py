"""Where the units of a run are executed, and in which order."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from typing import Any

from ektp_analysis.execute.executors import local_pool
from ektp_analysis.execute.plan import Unit
from ektp_analysis.execute.worker import Job, Result, run_unit

LOST = (BrokenProcessPool, EOFError, ConnectionError)
"""A pool whose worker died, or whose fork server did while it was asked for one."""
POOL_RESTARTS = 3
"""A pool whose worker died is started again this often; then the units that are left have failed."""
PAUSE = 0.5
"""Seconds before it is: a fork server that is just ending is still taken for a running one."""


def in_turn(units: list[Unit]) -> list[Unit]:
    """One of each report first, then the next of each: what takes long does not come at the end,
    and what all units of a report share is computed while others run."""
    place: dict[str, int] = {}
    ranked: list[tuple[int, int, Unit]] = []
    for unit in units:
        place[unit.report] = place.get(unit.report, 0) + 1
        ranked.append((place[unit.report], len(ranked), unit))
    return [unit for _, _, unit in sorted(ranked, key=lambda item: item[:2])]


class Pool:
    """Where units run: the executor that was given, or local processes, started when needed."""

    def __init__(self, workers: int, executor: Executor | None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._given = executor
        self._stack = ExitStack()
        self._local: Executor | None = None

    def __enter__(self) -> Pool:
        self._stack.__enter__()
        return self

    def __exit__(self, *about: Any) -> None:
        self._stack.__exit__(*about)

    def _get(self, job: Job, most: int) -> Executor:
        if self._given:
            return self._given
        if self._local is None:
            pool = local_pool(min(self._workers, most), job.kernel_environment(), job.warm)
            self._local = self._stack.enter_context(pool)
        return self._local

    def _renew(self) -> None:
        self._stack.close()
        self._local = None
        time.sleep(PAUSE)

    def run(self, function: Callable[..., str], *arguments: Any) -> None:
        """Run a function; a worker that dies of it says so in the units that need its result."""
        job = arguments[-1]
        try:
            self._get(job, self._workers).submit(function, *arguments).result()
        except LOST:
            self._renew()

    def results(self, units: list[Unit], job: Job) -> Iterator[tuple[Unit, Result]]:
        """Run all units and yield each once. Local processes that died are replaced."""
        left = {unit.label: unit for unit in units}
        for _ in range(POOL_RESTARTS):
            if not left:
                return
            pool, jobs, broken = self._get(job, len(left)), {}, False
            for unit in left.values():
                try:
                    jobs[pool.submit(run_unit, unit, job)] = unit
                except LOST:
                    broken = True
                    break  # what was not taken is for the next pool
            for done in as_completed(jobs):
                unit = jobs.pop(done)
                try:
                    result = done.result()
                except LOST:
                    broken = True
                    continue  # the worker's, or only a neighbour's: tried again in a new pool
                except Exception as error:
                    result = Result(sentence=f"Pekerja berhenti ({type(error).__name__})")
                del left[unit.label]
                yield unit, result
            if broken:
                self._renew()
        for unit in left.values():
            yield unit, Result(sentence="Pekerja berhenti berulang kali")
