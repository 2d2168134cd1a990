"""Run a plan: what is not in the cache, in parallel, one unit's failure its own."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ektp_analysis.execute.cache import Cache
from ektp_analysis.execute.place import keep_failed, place, place_failure
from ektp_analysis.execute.plan import Unit
from ektp_analysis.execute.pool import Pool, in_turn
from ektp_analysis.execute.reads import (
    Current,
    Read,
    entry_key,
    look_up,
    remember,
    shared_folder,
)
from ektp_analysis.execute.reasons import Last
from ektp_analysis.execute.worker import Job, Result, run_shared
from ektp_analysis.store import Store

CACHE = Path(".ektp/cache")
LOGS = Path(".ektp/log")
SCRATCH = Path(".ektp/kerja")
STATUS = Path("laporan/status.json")


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
    with _scratch(project) as scratch, Pool(workers, executor) as pool:
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
                place(unit, files, project)
                last.note(unit, found.digests)
                outcomes[unit.label] = Outcome(unit.label, "cached")
        if progress:
            progress(len(outcomes), len(units))
        for unit, result in pool.results(in_turn(waiting), job):
            _write_log(unit, result, project)
            if result.sentence:
                keep_failed(unit, result.kept, project)
                place_failure(unit, project, result.sentence)
            else:
                digests = _digests(result.reads, current)
                key = entry_key(unit, digests)
                cache.put(key, result.files)
                remember(root, unit.key, list(digests))
                place(unit, result.files, project)
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


def _write_status(project: Path, outcomes: Iterable[Outcome]) -> None:
    path = project / STATUS
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False) + "\n"
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
