"""One unit, wherever it runs: a local process, or a worker of a cluster."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ektp_analysis import trace
from ektp_analysis.execute.guard import Guard
from ektp_analysis.execute.plan import Unit

SWITCH = "EKTP_EXHIBITS"
"""As in :mod:`ektp_analysis.exhibit`, whose libraries a plan without work does not need."""
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
START_SECONDS = 120
READABLE_ERRORS = ("ParameterError", "InputError", "StoreError", "ExecutionError")
_CRASH = re.compile(r'^(Fatal Python error: [\w ]+|  File "[^"]+", line \d+ in \w+)')


@dataclass(frozen=True)
class Job:
    """What is the same for all units of a run.

    Attributes
    ----------
    store
        Folder of the store, handed to the kernel by its environment.
    environment
        Further variables of the kernel: the office's settings.
    timeout
        Seconds for one unit, all cells together, anew for each attempt.
    memory
        Megabytes for one kernel; 0 for no limit.
    retries
        Further attempts after a kernel died for a reason that is not the notebook's.
    warm
        Fork kernels where that is possible.
    scratch
        Folder for files in the making; the system's own when it does not exist here.
    shared
        Folder of the results that all reports of the edition use.
    """

    store: Path
    environment: dict[str, str] = field(default_factory=dict)
    timeout: int = 300
    memory: int = 0
    retries: int = 1
    warm: bool = True
    scratch: Path | None = None
    shared: Path | None = None

    def kernel_environment(self) -> dict[str, str]:
        """Environment of the kernels: this process's, made the same on every machine."""
        fixed = {"PYTHONHASHSEED": "0", **dict.fromkeys(ONE_THREAD, "1")}
        return {
            **os.environ,
            **fixed,
            **self.environment,
            "EKTP_STORE": str(self.store),
            **({"EKTP_SHARED": str(self.shared)} if self.shared else {}),
            SWITCH: "data",
        }


@dataclass
class Result:
    """What became of a unit.

    Attributes
    ----------
    files
        The page and what it links to, by path below the cache entry; empty after a failure.
    sentence
        Why it failed, for staff; ``""`` when it did not.
    kept
        The notebook as executed so far, after a failure.
    reads
        What it read, as noted by :mod:`ektp_analysis.trace`.
    log
        Lines for the unit's log: times, kinds and places, never a value.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    sentence: str = ""
    kept: bytes = b""
    reads: list[list[str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    seconds: float = 0.0
    attempts: int = 0
    peak: int = 0

    def note(self, text: str) -> None:
        """Add a line with the time."""
        self.log.append(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {text}")


def run_unit(unit: Unit, job: Job) -> Result:
    """Execute one notebook; nothing outside its own scratch folder is written.

    A kernel that died is started again, up to ``job.retries`` times; an exception of the notebook
    and a broken limit are final.
    """
    result, begun = Result(), time.monotonic()
    scratch = job.scratch if job.scratch and job.scratch.is_dir() else None
    while True:
        result.attempts += 1
        folder = Path(tempfile.mkdtemp(prefix="unit-", dir=scratch))
        try:
            again = _attempt(unit, job, folder, result)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if not again or result.attempts > job.retries:
            break
    result.seconds = round(time.monotonic() - begun, 2)
    result.note(f"selesai dalam {result.seconds} s, memori tertinggi {result.peak} MB")
    return result


def run_shared(as_of: str, job: Job) -> str:
    """Compute what all reports of an edition use, in a kernel; returns the kind of an error or ""."""
    import nbformat
    import papermill

    source = (
        "from ektp_analysis.exhibits.shared import compute_everything\n"
        f"compute_everything({as_of!r})"
    )
    about = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)], metadata=about)
    try:
        papermill.execute_notebook(
            notebook, None, engine_name="ektp-warm" if job.warm else "ektp-cold",
            progress_bar=False, start_timeout=START_SECONDS, execution_timeout=job.timeout,
            kernel_env=job.kernel_environment(),
        )  # fmt: skip
    except Exception as error:
        return type(error).__name__  # the reports that need it say more
    return ""


def _attempt(unit: Unit, job: Job, folder: Path, result: Result) -> bool:
    """One attempt; returns whether another one may help."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from ektp_analysis.execute.finish import finish_notebook

    # its remarks on comments in the parameters cell say nothing to anyone
    logging.getLogger("papermill").setLevel(logging.ERROR)
    for name in ("kerja", "halaman"):
        (folder / name).mkdir()
    seen: dict[str, Any] = {}
    result.sentence, result.kept, died = "", b"", False
    with Guard(job.timeout, job.memory) as guard, (folder / "kernel.log").open("wb") as stream:

        def on_kernel(client: Any) -> None:
            process = client.km.provisioner.process
            seen["notebook"] = client.nb
            guard.watch(process.pid)
            kind = "hangat" if getattr(client.km.provisioner, "is_warm", False) else "dingin"
            result.note(f"percobaan {result.attempts}: kernel {kind} {process.pid}")

        try:
            notebook = papermill.execute_notebook(
                str(unit.notebook), None, unit.parameters,
                engine_name="ektp-warm" if job.warm else "ektp-cold", kernel_name="python3",
                progress_bar=False, log_output=False, start_timeout=START_SECONDS,
                resources={"metadata": {"path": str(folder / "kerja")}},
                kernel_env={**job.kernel_environment(), trace.VARIABLE: str(folder / "reads")},
                kernel_streams=stream, on_kernel=on_kernel,
            )  # fmt: skip
        except PapermillExecutionError as error:
            result.sentence = _sentence(error)
            result.note(f"sel {error.exec_count} gagal: {error.ename}")
        except Exception as error:
            died = is_death(error)
            result.sentence = {
                "timeout": f"Melewati batas waktu {job.timeout} detik",
                "memory": f"Melewati batas memori {job.memory} MB",
            }.get(
                guard.reason,
                "Kernel berhenti tiba-tiba"
                if died
                else f"Buku catatan tidak dapat dijalankan ({type(error).__name__})",
            )
            result.note(result.sentence)
    result.peak = max(result.peak, guard.peak)
    if result.sentence:
        result.log += _crash_lines(folder / "kernel.log")
        result.kept = _written(seen.get("notebook"))
        return died and not guard.reason
    for cell in notebook.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"  # papermill draws a new one in every run
    notes = folder / "reads"
    lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
    result.reads = [json.loads(line) for line in dict.fromkeys(lines)]
    page = finish_notebook(
        notebook, title=unit.title, report=unit.report, folder=folder / "halaman"
    )
    (folder / "halaman" / "page.ipynb").write_bytes(_written(page))
    result.files = {
        path.relative_to(folder / "halaman").as_posix(): path.read_bytes()
        for path in sorted((folder / "halaman").rglob("*"))
        if path.is_file()
    }
    return False


def is_death(error: Exception) -> bool:
    """Whether a kernel ended or never answered, as opposed to what a notebook did in it."""
    from nbclient.exceptions import DeadKernelError

    return isinstance(error, DeadKernelError) or (
        # jupyter_client's own words, when a kernel dies before its first answer
        isinstance(error, RuntimeError) and "ernel d" in str(error)
    )


def _written(notebook: Any) -> bytes:
    import nbformat

    return nbformat.writes(notebook).encode() + b"\n" if notebook is not None else b""


def _sentence(error: object) -> str:
    """What staff may read of a failure: an EktpError's own words, else its kind and cell."""
    name, value = str(getattr(error, "ename", "")), str(getattr(error, "evalue", ""))
    if name in READABLE_ERRORS:
        return re.sub(r"\d{6,}", "…", value)
    return f"Sel {getattr(error, 'exec_count', '?')} gagal ({name})"


def _crash_lines(path: Path) -> list[str]:
    """Where a kernel crashed. Its other words may hold data and are counted, not kept."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [match.group(1) for line in lines if (match := _CRASH.match(line))]
    left = sum(bool(line.strip()) for line in lines) - len(kept)
    return kept + ([f"({left} baris keluaran kernel tidak disimpan)"] if left else [])
