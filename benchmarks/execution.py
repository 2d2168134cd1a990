"""Execution against other ways to run the same notebooks: ratios side by side in one run.

``make bench`` runs everything; ``python benchmarks/execution.py --runs 5 --loop 1 --units 15`` chooses
sizes. Peers that are not installed are left out and named. Every method runs the three reports on
kecamatan, from the committed sample store: ours and the limit on all 15, which is an edition without its
two pages of the kabupaten; tools that have no start of their own to spread on fewer. Methods alternate,
so that a busy moment of the machine meets all of them; the table gives the median of wall and of
processor time (user and system, of all processes started) per notebook.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
REPORTS = ("backlog", "cohort", "visit_effectiveness")
TITLE = "## Execution"
PEERS_PYTHON = os.environ.get("EKTP_PEERS_PYTHON", sys.executable)
"""Python of an environment that also holds jupyter-cache and ploomber-engine."""

NBCLIENT = """
import sys, nbformat
from nbclient import NotebookClient
for path in sys.argv[1:]:
    nb = nbformat.read(path, as_version=4)
    NotebookClient(nb, kernel_name="python3").execute()
    nbformat.write(nb, path)
"""
PAPERMILL = """
import sys, papermill
for path in sys.argv[1:]:
    papermill.execute_notebook(path, path + ".out.ipynb", progress_bar=False, kernel_name="python3")
"""
PLOOMBER = """
import sys
from ploomber_engine import execute_notebook
for path in sys.argv[1:]:
    execute_notebook(path, path + ".out.ipynb", progress_bar=False)
"""
CACHE = """
import sys
from jupyter_cache import get_cache
from jupyter_cache.executors import load_executor
cache = get_cache(sys.argv[1])
for path in sys.argv[2:]:
    cache.add_nb_to_project(path)
result = load_executor("local-serial", cache).run_and_cache(timeout=600)
assert not result.errored and not result.excepted, result
"""
BUNDLES = """
import json

def bundles(path):
    # what the cells of a notebook show, one after the other, run in this process
    space = {}
    for cell in json.load(open(path))["cells"]:
        if cell["cell_type"] == "code":
            *lines, last = "".join(cell["source"]).rstrip().split("\\n")
            exec("\\n".join(lines), space)
            try:
                value = eval(last, space)
            except SyntaxError:
                exec(last, space)
                continue
            yield value._repr_mimebundle_()
"""
LIMIT = (
    BUNDLES
    + """
import multiprocessing, os, sys

def run(path):
    pid = os.fork()  # fresh state for each notebook, as the others have
    if pid == 0:
        code = 1
        try:
            for bundle in bundles(path):
                json.dumps(bundle)
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(pid, 0)[1] == 0

from ektp_analysis.execute.preload import import_all
import_all()
with multiprocessing.get_context("fork").Pool(2) as pool:
    pool.map(run, sys.argv[1:], chunksize=1)
"""
)


OURS = "ektp execute, 2 workers"
UNCHANGED = "ektp execute, nothing changed"
LOOP = "papermill CLI in a shell loop"
LEAST = "plain functions in 2 forked workers (the limit)"
Times = dict[str, tuple[float, float]]
"""Wall and processor seconds by way."""


def main() -> None:
    """Measure and write the section of RESULTS.md."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--loop", type=int, default=1, help="kecamatan of tools without a start")
    options.add_argument("--units", type=int, default=15, help="kecamatan of ours and of the limit")
    options.add_argument("--only", nargs="*", default=[])
    chosen = options.parse_args()
    ctypes.CDLL(None).prctl(36, 1)  # orphans come to this process, so that their time is counted
    ways = {
        LOOP: (papermill_loop, chosen.loop),
        "papermill under xargs -P2": (xargs, chosen.loop),
        "papermill.execute_notebook in a loop": (script(PAPERMILL), chosen.loop),
        "nbclient in a loop": (script(NBCLIENT), chosen.loop),
        "jupyter-cache": (script(CACHE, cache=True), chosen.loop),
        "ploomber-engine": (script(PLOOMBER), chosen.loop),
        "ektp execute --cold, 2 workers": (ours("--cold"), chosen.loop),
        OURS: (ours(), chosen.units),
        LEAST: (limit, chosen.units),
    }
    if chosen.only:
        ways = {k: v for k, v in ways.items() if any(word in k for word in chosen.only)}
    times: dict[str, list[tuple[float, float]]] = {}
    counts: dict[str, int] = {}
    missing: dict[str, str] = {}
    for number in range(chosen.runs):
        for name, (way, places) in ways.items():
            if name in missing:
                continue
            with tempfile.TemporaryDirectory(prefix="ektp-bench-") as folder:
                try:
                    found = way(Path(folder), places)
                except RuntimeError as error:
                    missing[name] = str(error)
                    continue
            if not isinstance(found, dict):
                found = {name: found}
            for label, (wall, cpu) in found.items():
                counts[label] = places * len(REPORTS)
                times.setdefault(label, []).append((wall / counts[label], cpu / counts[label]))
                print(
                    f"{number + 1}/{chosen.runs} {label}: {wall:.1f} s, {cpu:.1f} s cpu", flush=True
                )
        write(times, missing, counts, number + 1)  # what there is, should the next run be stopped


def notebooks(folder: Path, places: int) -> list[str]:
    """The reports for so many kecamatan, as notebooks with their parameters written in."""
    from ektp_analysis import regions

    paths = []
    for code in regions.districts()["district_code"][:places]:
        for report in REPORTS:
            text = json.loads((ROOT / "notebooks" / f"{report}.ipynb").read_text())
            for cell in text["cells"]:
                if "parameters" in cell["metadata"].get("tags", []):
                    cell["source"] = "".join(cell["source"]).replace("17.02.19", code)
            path = folder / f"{code}-{report}.ipynb"
            path.write_text(json.dumps(text))
            paths.append(str(path))
    return paths


def environment() -> dict[str, str]:
    """The same for all."""
    store = str(ROOT / "data" / "sample" / "store")
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return {**os.environ, **one, "EKTP_STORE": store, "EKTP_EXHIBITS": "data", "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}  # fmt: skip


def timed(command: list[str], folder: Path, **more: str) -> tuple[float, float]:
    """Wall and processor seconds of a command and all that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, env={**environment(), **more}, capture_output=True, text=True
    )
    wall = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError((done.stderr or done.stdout).strip().splitlines()[-1][:200])
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.05)
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def papermill_loop(folder: Path, count: int) -> tuple[float, float]:
    paths = notebooks(folder, count)
    loop = (
        'set -e; for f in "$@"; do papermill -k python3 --no-progress-bar "$f" "$f.out.ipynb"; done'
    )
    return timed(["bash", "-c", loop, "loop", *paths], folder)


def xargs(folder: Path, count: int) -> tuple[float, float]:
    paths = notebooks(folder, count)
    run = "papermill -k python3 --no-progress-bar {} {}.out.ipynb"
    line = f"printf '%s\\n' \"$@\" | xargs -P2 -I{{}} {run}"
    return timed(["bash", "-c", line, "xargs", *paths], folder)


def script(text: str, cache: bool = False):  # type: ignore[no-untyped-def]
    def run(folder: Path, count: int) -> tuple[float, float]:
        paths = notebooks(folder, count)
        extra = [str(folder / "cache")] if cache else []
        return timed([PEERS_PYTHON, "-c", text, *extra, *paths], folder)

    return run


def limit(folder: Path, count: int) -> tuple[float, float]:
    paths = notebooks(folder, count)
    shared = folder / "shared"
    shared.mkdir()
    return timed([sys.executable, "-c", LIMIT, *paths], folder, EKTP_SHARED=str(shared))


def ours(*options: str):  # type: ignore[no-untyped-def]
    def run(folder: Path, places: int) -> tuple[float, float] | Times:
        from ektp_analysis import regions

        shutil.copytree(ROOT / "notebooks", folder / "notebooks")
        codes = list(regions.districts()["district_code"])[:places]
        chosen = [part for code in codes for part in ("--kecamatan", code)]
        chosen += [part for report in REPORTS for part in ("--only", report)]
        command = [sys.executable, "-m", "ektp_analysis", "execute", *chosen,
                   "--workers", "2", "--store", environment()["EKTP_STORE"], *options]  # fmt: skip
        first = timed(command, folder)
        return first if options else {OURS: first, UNCHANGED: timed(command, folder)}

    return run


def machine() -> str:
    """What it was measured on."""
    model = ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({model}), {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load at the end {load:.1f}"
    )


def goals(median) -> list[str]:  # type: ignore[no-untyped-def]
    """The goals by the clock, and whether they are met."""
    ours = median.get(OURS)
    checks = [
        (LOOP, "at least 5 times faster than the loop", 5.0, True),
        (LEAST, "at most 1.3 times the limit", 1.3, False),
        (UNCHANGED, "nothing changed in less than 2% of a run", 0.02, False),
    ]
    out = []
    for name, words, goal, more in checks:
        if ours and name in median:
            other = median[name][0]
            ratio = ours[0] / other if name == LEAST else other / ours[0]
            met = ratio >= goal if more else ratio <= goal
            out.append(f"- Goal: {words}: {ratio:.3f}, {'met' if met else '**not met**'}.")
    return [*out, ""]


def write(times, missing, counts, runs) -> None:  # type: ignore[no-untyped-def]
    """Put the table into its section of RESULTS.md."""
    median = {
        name: tuple(statistics.median(column) for column in zip(*values, strict=True))
        for name, values in times.items()
    }
    lines = [
        "### Ways to run the same notebooks", "",
        f"Reports {', '.join(f'`{name}`' for name in REPORTS)} on the committed sample; {machine()}. "
        f"Median of {runs} alternating runs. The start of a run (imports, what all reports share) is in "
        "the times.", "",
        "| way | notebooks | wall s per notebook | cpu s per notebook | wall ÷ ours | cpu ÷ ours |",
        "|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    base = median.get(OURS)
    for name, (wall, cpu) in median.items():
        ratios = f"{wall / base[0]:.2f} | {cpu / base[1]:.2f}" if base else "– | –"
        lines.append(f"| {name} | {counts[name]} | {wall:.2f} | {cpu:.2f} | {ratios} |")
    lines += [
        "",
        *goals(median),
        *(f"Not measured: {name} ({why})." for name, why in missing.items()),
    ]
    write_section(TITLE, "\n".join(lines))


def write_section(title: str, body: str) -> None:
    """Replace a section of RESULTS.md, or add it."""
    old = RESULTS.read_text() if RESULTS.exists() else "# Results\n"
    head, found, rest = old.partition(f"{title}\n")
    kept = rest.partition("\n## ")
    tail = f"\n## {kept[2]}" if kept[1] else ""
    section = f"{title}\n\n{body.rstrip()}\n"
    RESULTS.write_text((head if found else old.rstrip() + "\n\n") + section + tail)


if __name__ == "__main__":
    main()
