"""Run a plan: what is not in the cache, in parallel, one unit's failure its own."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ektp_analysis.execute.cache import Cache
from ektp_analysis.execute.plan import Unit
from ektp_analysis.execute.reads import (
    Current,
    Read,
    entry_key,
    look_up,
    remember,
    shared_folder,
)
from ektp_analysis.execute.reasons import Last
from ektp_analysis.execute.worker import Job, Result, run_shared, run_unit
from ektp_analysis.store import Store

CACHE = Path(".ektp/cache")
FAILED = Path(".ektp/gagal")
LOGS = Path(".ektp/log")
SCRATCH = Path(".ektp/kerja")
STATUS = Path("laporan/status.json")
POOL_RESTARTS = 3
"""A pool whose worker died is started again this often; then the units that are left have failed."""
LOST = (BrokenProcessPool, EOFError, ConnectionError)
"""A pool whose worker died, or whose fork server did while it was asked for one."""


@dataclass(frozen=True)
class Outcome:
    """What became of a unit.

    Attributes
    ----------
    label
        Its page without suffix.
    state
        ``ok``, ``cached``, ``failed``; in a dry run also ``run``.
    sentence
        Why it failed, or why it would run.
    seconds, attempts, peak
        Of a unit that ran: wall time, attempts, resident memory of its kernel in megabytes.
    """

    label: str
    state: str
    sentence: str = ""
    seconds: float = 0.0
    attempts: int = 0
    peak: int = 0


def execute(
    units: list[Unit],
    store: Path,
    project: Path,
    *,
    workers: int = 0,
    timeout: int = 300,
    memory: int = 0,
    retries: int = 1,
    use_cache: bool = True,
    warm: bool = True,
    environment: dict[str, str] | None = None,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Run the units whose result is not in the cache, and place all pages in the project.

    Parameters
    ----------
    units
        From :func:`ektp_analysis.execute.plan.make_plan`.
    store
        Folder of the store, handed to the kernels by the environment.
    project
        Folder in which ``laporan/`` and the root notebooks are written.
    workers
        Processes; 0 for one per core.
    timeout, memory, retries
        Limits of a unit: seconds, megabytes (0: none), further attempts after a kernel's death.
    use_cache
        Whether a result that is there already counts.
    warm
        Fork kernels from a warm parent where that is possible.
    environment
        Further variables of the kernels.
    executor
        Any ``concurrent.futures`` executor; by default local processes.
    progress
        Called with (units done, units in all).

    Returns
    -------
    list of Outcome
        In the order of the units. Every page was written once, by this process, as a whole.
    """
    root, outcomes, last = project / CACHE, {}, Last(project)
    cache = Cache(root)
    cache.clear_drafts()
    opened = Store(store)
    shared = shared_folder(project, units, opened)
    current = Current(opened, shared)
    with _scratch(project) as scratch, _Pool(workers, executor) as pool:
        job = Job(
            store.resolve(), environment or {}, timeout, memory, retries, warm,
            scratch.resolve(), shared.resolve(),
        )  # fmt: skip
        waiting = units
        if use_cache:
            if any(look_up(unit, root, current).missing for unit in units):
                pool.run(run_shared, units[0].parameters["as_of"], job)
            waiting = []
            for unit in units:
                found = look_up(unit, root, current)
                files = next(filter(None, map(cache.get, found.keys)), None)
                if files is None:
                    waiting.append(unit)
                    continue
                _place(unit, files, project)
                last.note(unit, found.digests)
                outcomes[unit.label] = Outcome(unit.label, "cached")
        if progress:
            progress(len(outcomes), len(units))
        for unit, result in pool.results(in_turn(waiting), job):
            _write_log(unit, result, project)
            if result.sentence:
                _keep_failed(unit, result.kept, project)
                _place_failure(unit, project, result.sentence)
            else:
                digests = _digests(result.reads, current)
                key = entry_key(unit, digests)
                cache.put(key, result.files)
                remember(root, unit.key, list(digests))
                _place(unit, result.files, project)
                last.note(unit, digests)
            state = "failed" if result.sentence else "ok"
            outcomes[unit.label] = Outcome(
                unit.label, state, result.sentence, result.seconds, result.attempts, result.peak
            )
            if progress:
                progress(len(outcomes), len(units))
            last.save()
    ordered = [outcomes[unit.label] for unit in units]
    last.save()
    _write_status(project, ordered)
    return ordered


def plan_outcomes(
    units: list[Unit], store: Path, project: Path, *, use_cache: bool = True
) -> list[Outcome]:
    """What :func:`execute` would do, with the reason for each unit; nothing is run or written."""
    root, last = project / CACHE, Last(project)
    cache, opened = Cache(root), Store(store)
    current = Current(opened, shared_folder(project, units, opened, make=False))
    out = []
    for unit in units:
        found = look_up(unit, root, current)
        states = [cache.state(key) for key in found.keys]
        if use_cache and "sound" in states:
            out.append(Outcome(unit.label, "cached", "tidak berubah"))
        elif not use_cache:
            out.append(Outcome(unit.label, "run", "diminta dengan --ulang"))
        else:
            why = last.reason(unit, found.digests, found.missing, "damaged" in states)
            out.append(Outcome(unit.label, "run", why))
    return out


def _digests(reads: list[list[str]], current: Current) -> dict[Read, str]:
    """What a unit read, with digests: of shared results as noted, of data from the store."""
    out: dict[Read, str] = {}
    for kind, name, district, *noted in reads:
        read = (kind, name, district)
        out[read] = noted[0] if noted else str(current.digest(read))
    return out


def in_turn(units: list[Unit]) -> list[Unit]:
    """One of each report first, then the next of each: what takes long does not come at the end,
    and what all units of a report share is computed while others run."""
    place: dict[str, int] = {}
    ranked: list[tuple[int, int, Unit]] = []
    for unit in units:
        place[unit.report] = place.get(unit.report, 0) + 1
        ranked.append((place[unit.report], len(ranked), unit))
    return [unit for _, _, unit in sorted(ranked, key=lambda item: item[:2])]


class _Pool:
    """Where units run: the executor that was given, or local processes, started when needed."""

    def __init__(self, workers: int, executor: Executor | None) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._given = executor
        self._stack = ExitStack()
        self._local: Executor | None = None

    def __enter__(self) -> _Pool:
        self._stack.__enter__()
        return self

    def __exit__(self, *about: Any) -> None:
        self._stack.__exit__(*about)

    def _get(self, job: Job, most: int) -> Executor:
        from ektp_analysis.execute.executors import local_pool

        if self._given:
            return self._given
        if self._local is None:
            pool = local_pool(min(self._workers, most), job.kernel_environment(), job.warm)
            self._local = self._stack.enter_context(pool)
        return self._local

    def _renew(self) -> None:
        self._stack.close()
        self._local = None

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


@contextmanager
def _scratch(project: Path) -> Iterator[Path]:
    """A folder for this run, emptied of what runs before it left when they were killed."""
    root = project / SCRATCH
    if root.exists():
        for old in root.iterdir():
            if not _alive(old.name):
                shutil.rmtree(old, ignore_errors=True)
    folder = root / str(os.getpid())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _alive(name: str) -> bool:
    import psutil

    return name.isdigit() and psutil.pid_exists(int(name))


def _write_log(unit: Unit, result: Result, project: Path) -> None:
    path = project / LOGS / f"{unit.label.replace('/', '-')}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([f"{unit.label} {unit.key}", *result.log]) + "\n", encoding="utf-8")


def _keep_failed(unit: Unit, kept: bytes, project: Path) -> None:
    """The notebook as executed so far, with its traceback, for the analyst on this machine only."""
    folder = project / FAILED
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{unit.label.replace('/', '-')}.ipynb"
    path.unlink(missing_ok=True)
    if kept:
        path.write_bytes(kept)


def _place(unit: Unit, files: dict[str, bytes], project: Path) -> None:
    """Bring a page and its files into the project; what is there already is not written again."""
    target = project / unit.output
    linked = target.parent / "files" / unit.report
    wanted = {target.parent / name: content for name, content in files.items()}
    wanted[target] = wanted.pop(target.parent / "page.ipynb")
    if linked.exists():
        for path in linked.rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()
    for path, content in sorted(wanted.items(), key=lambda item: item[0] == target):
        if _holds(path, content):
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(content)
        draft.replace(path)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        return False


def _place_failure(unit: Unit, project: Path, sentence: str) -> None:
    import nbformat

    from ektp_analysis.execute.finish import failure_notebook

    page = nbformat.writes(failure_notebook(unit.title, sentence)).encode() + b"\n"
    _place(unit, {"page.ipynb": page}, project)


def _write_status(project: Path, outcomes: Iterable[Outcome]) -> None:
    path = project / STATUS
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False) + "\n"
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
