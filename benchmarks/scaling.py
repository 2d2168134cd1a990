"""How execution and rendering grow, what an incremental run costs, and where a build's time goes.

Run by ``make bench`` after ``execution.py``; parts can be chosen: ``python benchmarks/scaling.py scale
memory inside incremental render site``. Large plans are the reports under other output names.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import psutil
from execution import BUNDLES, ROOT, environment, machine, timed, write_section

SAMPLE = ROOT / "data" / "sample" / "store"
LATEST = date(2024, 8, 2)
PARTS = ("scale", "memory", "inside", "incremental", "render", "site")


def main() -> None:
    """Measure the chosen parts; each has its own section of RESULTS.md."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("parts", nargs="*", default=list(PARTS))
    options.add_argument("--sizes", type=int, nargs="*", default=[48, 480, 2000])
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--thin", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.child:
        run_units(chosen.child, chosen.workers, chosen.thin)
        return
    ctypes.CDLL(None).prctl(36, 1)  # see execution.py
    for part in chosen.parts:
        lines = {
            "scale": lambda: scale(chosen.sizes),
            "memory": memory,
            "inside": lambda: inside(chosen.runs),
            "incremental": lambda: incremental(chosen.runs),
            "render": lambda: render(chosen.sizes, chosen.runs),
            "site": site,
        }[part]()
        write(part, lines)


def run_units(count: int, workers: int, thin: bool = False) -> None:
    """Run so many units: the reports on the kecamatan, again and again under other names.

    Thin ones validate their parameters and load their tables, and stop there: what execution itself
    costs is most of their time, and 2,000 of them take minutes.
    """
    import nbformat

    from ektp_analysis.execute import execute, make_plan
    from ektp_analysis.store import open_store

    store, reports = open_store(SAMPLE), ["backlog", "cohort", "visit_effectiveness"]
    folder = ROOT / "notebooks"
    if thin:
        folder = Path.cwd() / "notebooks"
        folder.mkdir()
        for path in (ROOT / "notebooks").glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            loaded = [n for n, c in enumerate(notebook.cells) if c.cell_type == "code"][1]
            notebook.cells = notebook.cells[: loaded + 1]
            nbformat.write(notebook, folder / path.name)
    real = make_plan(store, folder, only=reports)
    units = []
    for number in range(count):
        unit = real[number % len(real)]
        key = hashlib.sha256(f"{unit.key} {number}".encode()).hexdigest()
        output = Path("laporan") / f"n{number:05}" / unit.output.name
        units.append(replace(unit, key=key, output=output))
    outcomes = execute(units, store.root, Path.cwd(), workers=workers, use_cache=False)
    assert {o.state for o in outcomes} == {"ok"}, outcomes


def child(count: int, workers: int = 2, thin: bool = False) -> list[str]:
    """Command that runs so many units in its folder."""
    command = [sys.executable, str(Path(__file__)), "--child", str(count)]
    return [*command, "--workers", str(workers), *(["--thin"] if thin else [])]


def scale(sizes: list[int]) -> list[str]:
    """Cost per notebook as their number grows; a first run only warms the disk."""
    rows, further, before = [], [], (0, 0.0, 0.0)
    for turn, size in enumerate((min(sizes), *sizes)):
        with tempfile.TemporaryDirectory(prefix="ektp-bench-") as folder:
            wall, cpu = timed(child(size, thin=True), Path(folder))
        if not turn:
            continue
        more, more_wall, more_cpu = size - before[0], wall - before[1], cpu - before[2]
        rows.append(
            f"| {size} | {wall:.0f} | {cpu:.0f} | {cpu / size:.3f} | {more} more: "
            f"{more_wall / more:.3f} | {more_cpu / more:.3f} |"
        )
        print(rows[-1], flush=True)
        before = (size, wall, cpu)
        further.append(more_cpu / more)
    change = 100 * (further[-1] / further[1] - 1) if len(further) > 2 else 0.0
    met = "met" if abs(change) <= 10 else "**not met**"
    return [
        "### Cost per notebook", "",
        "Two workers; reports that load their tables and show nothing (what they would show costs the "
        "same each time), under other names. The first row holds the start of a run: imports, plan, what "
        "all reports share.", "",
        "| notebooks | wall s | cpu s | cpu s each | wall s for each further one | cpu s |",
        "|---:|---:|---:|---:|---:|---:|", *rows, "",
        f"- Goal: cost of a further notebook constant within 10%: {change:+.0f}% by processor time, {met}.",
    ]  # fmt: skip


def memory() -> list[str]:
    """Peak proportional set size of everything started, by number of workers."""
    peaks = []
    for workers in (1, 2, 3):
        with tempfile.TemporaryDirectory(prefix="ektp-bench-") as folder:
            process = subprocess.Popen(child(12, workers), cwd=folder, env=environment())
            peak, done = 0, threading.Event()

            def watch(root: int = process.pid, done: threading.Event = done) -> None:
                nonlocal peak
                while not done.wait(0.3):
                    total = 0
                    try:
                        family = [
                            psutil.Process(root),
                            *psutil.Process(root).children(recursive=True),
                        ]
                    except psutil.Error:
                        continue
                    for member in family:
                        try:
                            total += member.memory_full_info().pss
                        except psutil.Error:
                            continue
                    peak = max(peak, total)

            watcher = threading.Thread(target=watch)
            watcher.start()
            assert process.wait() == 0
            done.set()
            watcher.join()
        peaks.append(peak / 2**20)
    extra = statistics.mean(b - a for a, b in pairwise(peaks))
    rows = [f"| {number + 1} | {peak:.0f} |" for number, peak in enumerate(peaks)]
    return [
        "### Memory", "",
        f"Each further worker with its kernel takes {extra:.0f} MB at its peak (shared pages divided "
        "among those that share them).", "", "| workers | peak MB in all |", "|---:|---:|", *rows,
    ]  # fmt: skip


INSIDE = (
    BUNDLES
    + """
import sys, time
from ektp_analysis.execute.preload import import_all
begun = time.process_time()
import_all()
spent = {"import": time.process_time() - begun}

def clocked(owner, name, label):
    function = getattr(owner, name)
    def timed(*arguments, **more):
        begun = time.process_time()
        try:
            return function(*arguments, **more)
        finally:
            spent[label] = spent.get(label, 0) + time.process_time() - begun
    setattr(owner, name, timed)

from ektp_analysis import exhibit, store
clocked(store.Store, "load", "load")
clocked(store.Store, "counts", "load")
clocked(exhibit, "_as_svg", "layout and SVG")
clocked(exhibit, "small_png", "PNG")
begun = time.process_time()
for bundle in bundles(sys.argv[1]):
    pass
spent["all cells"] = time.process_time() - begun
print(json.dumps(spent))
"""
)


def inside(runs: int) -> list[str]:
    """Where the processor's time of a notebook goes, once imports are done and shared results are there."""
    parts = ["import", "load", "layout and SVG", "PNG", "all cells"]
    rows = []
    with tempfile.TemporaryDirectory(prefix="ektp-bench-") as name:
        folder = Path(name)
        (folder / "shared").mkdir()
        env = {**environment(), "EKTP_SHARED": str(folder / "shared")}
        for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
            found: list[dict[str, float]] = []
            for _ in range(runs + 1):  # the first makes what all reports share
                done = subprocess.run(
                    [sys.executable, "-c", INSIDE, str(path)], cwd=folder, env=env, check=True,
                    capture_output=True, text=True,
                )  # fmt: skip
                found.append(json.loads(done.stdout.splitlines()[-1]))
            medians = [statistics.median(f.get(part, 0) for f in found[1:]) for part in parts]
            figures = f"{100 * (medians[2] + medians[3]) / medians[4]:.0f}%"
            rows.append(
                f"| {path.stem} | " + " | ".join(f"{m:.2f}" for m in medians) + f" | {figures} |"
            )
            print(rows[-1], flush=True)
    return [
        "### Inside a notebook", "",
        f"Processor seconds, median of {runs} runs. Warm kernels do not pay the imports; the rest of all "
        "cells is analysis, tables and words.", "",
        "| report | " + " | ".join(parts) + " | figures of all cells |", "|---|" + "---:|" * 6, *rows,
    ]  # fmt: skip


def incremental(runs: int) -> list[str]:
    """A whole edition: from nothing, with nothing changed, with one desa changed."""
    from ektp_analysis import schema
    from ektp_analysis.snapshot import write_snapshot
    from ektp_analysis.store import open_store

    columns: dict[str, list[float]] = {"from nothing": [], "nothing changed": [], "one desa": []}
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="ektp-bench-") as name:
            folder = Path(name)
            shutil.copytree(ROOT / "notebooks", folder / "notebooks")
            shutil.copytree(SAMPLE, folder / "store")
            command = [sys.executable, "-m", "ektp_analysis", "execute", "--workers", "2",
                       "--store", str(folder / "store")]  # fmt: skip
            columns["from nothing"].append(timed(command, folder)[0])
            columns["nothing changed"].append(timed(command, folder)[0])
            store = open_store(folder / "store")
            tables = {table: store.table(table, LATEST) for table in schema.TABLES}
            stock = tables["stock"]
            here = (stock["village_code"] == "17.02.09.1025") & (stock["unrecorded"] > 2)
            stock.loc[stock[here].index[0], ["recorded", "unrecorded"]] += [2, -2]
            write_snapshot(folder / "store", LATEST, tables, sources={}, synthetic=True)
            columns["one desa"].append(timed(command, folder)[0])
    whole = statistics.median(columns["from nothing"])
    rows = [
        f"| {name} | {statistics.median(v):.1f} | {100 * statistics.median(v) / whole:.1f}% |"
        for name, v in columns.items()
    ]
    return [
        "### An edition again", "", f"Median of {runs} runs, two workers.", "",
        "| changed | wall s | of a run from nothing |", "|---|---:|---:|", *rows, "",
        *(
            f"- Goal: {name} in less than {goal}% of a run from nothing: "
            f"{'met' if 100 * statistics.median(columns[name]) < goal * whole else '**not met**'}."
            for name, goal in (("nothing changed", 2), ("one desa", 10))
        ),
    ]  # fmt: skip


def render(sizes: list[int], runs: int) -> list[str]:
    """Both renderers on so many pages, one sidebar for each folder of three pages."""
    page = json.loads((ROOT / "notebooks" / "cohort.ipynb").read_text())
    start = "import sys; from smalldocs.cli import main; sys.exit(main())"
    engines = {"embedded": [sys.executable, "-c", start, "render", "--quiet", "."]}
    if quarto := shutil.which("quarto"):
        engines["quarto"] = [quarto, "render"]
    rows = []
    for size in sizes:
        for engine, command in engines.items():
            walls = []
            for _ in range(runs if size < 500 else 1):
                with tempfile.TemporaryDirectory(prefix="ektp-bench-") as name:
                    folder = Path(name)
                    bars = []
                    for number in range(size):
                        place = folder / f"k{number // 3:04}"
                        place.mkdir(exist_ok=True)
                        (place / f"r{number % 3}.ipynb").write_text(json.dumps(page))
                        if number % 3 == 0:
                            bars.append(
                                f"    - {{id: {place.name}, contents: [{place.name}/r0.ipynb]}}"
                            )
                    (folder / "index.qmd").write_text("---\ntitle: Awal\n---\n")
                    (folder / "_quarto.yml").write_text(
                        "project: {type: website}\nwebsite:\n  title: Uji\n  sidebar:\n"
                        + "\n".join(bars) + "\nexecute: {enabled: false}\n"
                    )  # fmt: skip
                    walls.append(timed(command, folder)[0])
            wall = statistics.median(walls)
            rows.append(f"| {engine} | {size} | {wall:.1f} | {1000 * wall / size:.1f} |")
            print(rows[-1], flush=True)
    missing = [] if "quarto" in engines else ["", "Quarto is not installed on this machine."]
    return ["### Rendering", "", "| renderer | pages | wall s | ms a page |", "|---|---:|---:|---:|",
            *rows, *missing]  # fmt: skip


def site() -> list[str]:
    """``ektp build`` on the office's files (or the sample), second by second."""
    with tempfile.TemporaryDirectory(prefix="ektp-bench-") as name:
        folder = Path(name)
        for item in ("notebooks", "theme", "_quarto.yml", "tentang.qmd"):
            source = ROOT / item
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / item)
        inbox = ROOT / "data" / "inbox"
        env = {**environment(), "EKTP_INBOX": str(inbox)} if inbox.exists() else environment()
        env.pop("EKTP_STORE")
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "ektp_analysis", "build"], cwd=folder, env=env, text=True,
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stderr is not None
        rows = [
            f"| {time.perf_counter() - begun:.0f} | {line.strip()} |" for line in process.stderr
        ]
        code = process.wait()
        rows.append(f"| {time.perf_counter() - begun:.0f} | end (exit {code}) |")
    return [
        "### A whole build, second by second",
        "",
        "| second | what it says |",
        "|---:|---|",
        *rows,
    ]


def write(part: str, lines: list[str]) -> None:
    """Replace the section of a part in RESULTS.md."""
    write_section(f"## Scaling: {part}", "\n".join([f"On {machine()}.", "", *lines]))


if __name__ == "__main__":
    os.environ.setdefault("EKTP_STORE", str(SAMPLE))
    main()
