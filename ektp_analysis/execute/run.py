"""Run a plan: papermill in parallel processes, with a cache, one unit's failure its own."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat

from ektp_analysis.execute.plan import Unit
from ektp_analysis.exhibit import SWITCH

CACHE = Path(".ektp/cache")
FAILED = Path(".ektp/gagal")
LOG = Path(".ektp/kernel.log")
STATUS = Path("laporan/status.json")


@dataclass(frozen=True)
class Outcome:
    """What became of a unit: ``ok``, ``cached`` or ``failed``, with a sentence for the last."""

    label: str
    state: str
    sentence: str = ""


def execute(
    units: list[Unit],
    store: Path,
    project: Path,
    *,
    workers: int = 0,
    timeout: int = 300,
    cold: bool = False,
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
    timeout
        Seconds for one notebook cell.
    cold
        Ignore the cache.
    executor
        Any ``concurrent.futures`` executor; by default local processes.
    progress
        Called with (units done, units in all).

    Returns
    -------
    list of Outcome
        In the order of the units.
    """
    outcomes: dict[str, Outcome] = {}
    waiting = []
    for unit in units:
        if not cold and (project / CACHE / unit.key / "page.ipynb").exists():
            _place(unit, project)
            outcomes[unit.label] = Outcome(unit.label, "cached")
        else:
            waiting.append(unit)
    if progress:
        progress(len(outcomes), len(units))
    if waiting:
        own = executor is None
        pool = executor or ProcessPoolExecutor(
            min(workers or os.cpu_count() or 1, len(waiting)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_own_log,
            initargs=(str(project.resolve()),),
        )
        try:
            jobs = {
                pool.submit(run_unit, unit, store.resolve(), project.resolve(), timeout): unit
                for unit in waiting
            }
            for job in as_completed(jobs):
                unit = jobs[job]
                try:
                    sentence = job.result()
                except Exception as error:  # a worker that died takes its unit with it, no other
                    sentence = f"Pekerja berhenti ({type(error).__name__})"
                if sentence:
                    _place_failure(unit, project, sentence)
                    outcomes[unit.label] = Outcome(unit.label, "failed", sentence)
                else:
                    _place(unit, project)
                    outcomes[unit.label] = Outcome(unit.label, "ok")
                if progress:
                    progress(len(outcomes), len(units))
        finally:
            if own:
                pool.shutdown(cancel_futures=True)
    ordered = [outcomes[unit.label] for unit in units]
    _write_status(project, ordered)
    return ordered


def _own_log(project: str) -> None:
    """Messages of kernels go to a log file of this machine, not between the progress lines."""
    path = Path(project) / LOG
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 2)
    os.close(handle)
    # one core per notebook: the notebooks are what runs in parallel
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"


def run_unit(unit: Unit, store: Path, project: Path, timeout: int) -> str:
    """Execute one notebook into the cache; returns "" or the sentence of its failure."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from ektp_analysis.execute.finish import finish_notebook

    os.environ.update({"EKTP_STORE": str(store), SWITCH: "data", "PYTHONHASHSEED": "0"})
    cache = project / CACHE
    cache.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=cache, prefix=".draft-"))
    try:
        raw = draft / "raw.ipynb"
        try:
            papermill.execute_notebook(
                str(unit.notebook), str(raw), unit.parameters, progress_bar=False, cwd=str(project),
                kernel_name="python3", execution_timeout=timeout, start_timeout=120, log_output=False,
            )  # fmt: skip
        except PapermillExecutionError as error:
            _keep_failed(unit, raw, project)
            return _sentence(error)
        except Exception as error:
            return f"Buku catatan berhenti: {type(error).__name__}"
        page = finish_notebook(
            nbformat.read(raw, as_version=4),
            title=unit.title,
            report=unit.report,
            folder=draft,
        )
        nbformat.write(page, draft / "page.ipynb")
        raw.unlink()
        target = cache / unit.key
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return ""


def _sentence(error: object) -> str:
    """What staff may read of a failure: an EktpError's own words, else its kind and cell."""
    name, value = str(getattr(error, "ename", "")), str(getattr(error, "evalue", ""))
    if name in ("ParameterError", "InputError", "StoreError"):
        return re.sub(r"\d{6,}", "…", value)
    return f"Sel {getattr(error, 'exec_count', '?')} gagal ({name})"


def _keep_failed(unit: Unit, raw: Path, project: Path) -> None:
    """The notebook as executed so far, with its traceback, for the analyst on this machine only."""
    folder = project / FAILED
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if raw.exists():
        shutil.copyfile(raw, folder / f"{unit.label.replace('/', '-')}.ipynb")


def _place(unit: Unit, project: Path) -> None:
    source, target = project / CACHE / unit.key, project / unit.output
    files = target.parent / "files" / unit.report
    shutil.rmtree(files, ignore_errors=True)
    if (source / "files" / unit.report).exists():
        shutil.copytree(source / "files" / unit.report, files)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    shutil.copyfile(source / "page.ipynb", draft)
    draft.replace(target)


def _place_failure(unit: Unit, project: Path, sentence: str) -> None:
    from ektp_analysis.execute.finish import failure_notebook

    target = project / unit.output
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target.parent / "files" / unit.report, ignore_errors=True)
    nbformat.write(failure_notebook(unit.title, sentence), target)


def _write_status(project: Path, outcomes: Iterable[Outcome]) -> None:
    path = project / STATUS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False) + "\n")
