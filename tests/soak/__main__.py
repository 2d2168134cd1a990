"""Random faults, one after the other, on a site in miniature: ``python -m tests.soak``.

After every fault, ``current`` must serve a complete edition that verifies, the run must have ended
with a documented exit code and a sentence (never a traceback), and once the cause is gone the next
run must succeed. All the while another process reads the site as the public does.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.soak.faults import FAULTS, Fault, Scene, file_size_limit, full_disk
from tests.soak.project import ROOT, environment

SIZE = "600m"
PATIENCE = 300
READER = """
import json, sys, time
from pathlib import Path
site, out = Path(sys.argv[1]), Path(sys.argv[2])
reads, wrong = 0, []
while not out.with_suffix(".stop").exists():
    try:
        text = (site / "index.html").read_bytes()
        if not text.rstrip().endswith(b"</html>"):
            wrong.append("index.html is not whole")
    except OSError as error:
        wrong.append(f"{type(error).__name__}")
    reads += 1
    time.sleep(0.005)
out.write_text(json.dumps({"reads": reads, "wrong": wrong[:20], "count": len(wrong)}))
"""


@dataclass
class Tally:
    """What became of one kind of fault."""

    count: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def start(stage: str, inside: Callable[[], None] | None, out: Path) -> int:
    """Fork a run of a stage from this warm process; its words go to a file."""
    out.write_text("")  # also of a run that is killed before it says a word
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(handle, 1)
        os.dup2(handle, 2)
        os.setpgid(0, 0)
        if inside:
            inside()
        code = _run(stage)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _run(stage: str) -> int:
    from ektp_analysis.errors import EktpError
    from ektp_analysis.notify import watched
    from ektp_analysis.settings import load_settings
    from ektp_analysis.site.build import build, publish_site

    project = Path.cwd()
    try:
        with watched(project, load_settings(), telling=True):
            if stage == "publish":
                publish_site(project, load_settings())
            else:
                build(project, engine="embedded", workers=2).raise_failures()
    except EktpError as error:
        print(f"ektp: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def wait(pid: int) -> str:
    """How a run ended: its exit code, or ``killed``."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return "killed" if code < 0 else f"exit {code}"
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    return "hung"


def touch(project: Path, stage: str, number: int) -> None:
    """Make the next site differ from the last, so that a new edition is due."""
    if stage == "publish":
        page = project / "_site/tentang.html"
        text = page.read_text().split("<!-- run")[0]
        page.write_text(f"{text}<!-- run {number} -->\n")
    else:
        page = project / "tentang.qmd"
        page.write_text(
            page.read_text().split("\n\nTerbitan ke-")[0] + f"\n\nTerbitan ke-{number}.\n"
        )


def problems_of(project: Path, out: Path) -> list[str]:
    """What is wrong with what is up, as found by a process of its own."""

    def look() -> None:
        from ektp_analysis.site.editions import current
        from ektp_analysis.site.manifest import verify_edition

        folder = project / "editions"
        up = current(folder)
        whole = up is not None and (folder / up).is_dir()
        found = verify_edition(folder / up) if whole and up else ["nothing is up"]
        out.write_text("\n".join(found))

    out.unlink(missing_ok=True)
    pid = os.fork()
    if pid == 0:
        try:
            look()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return out.read_text().splitlines() if out.exists() else ["the look itself failed"]


def one_fault(scene: Scene, fault: Fault, number: int, tally: Tally, log: Path) -> None:
    """Do it, see what is up, put the machine right, run again, see again."""
    project = scene.project
    touch(project, fault.stage, number)
    mend = fault.before(scene) if fault.before else lambda: None
    inside = (lambda: fault.inside(scene)) if fault.inside else None
    try:
        outs = [log / f"{number}-{k}.txt" for k in range(2 if fault.twice else 1)]
        pids = [start(fault.stage, inside, out) for out in outs]
        if fault.during:
            fault.during(scene, pids[0])
        ends = [wait(pid) for pid in pids]
    finally:
        mend()
    tally.count += 1
    for end, out in zip(ends, outs, strict=True):
        tally.ends[end] += 1
        words = out.read_text(errors="replace")
        if "Traceback" in words or end in ("exit 1", "hung"):
            tally.broken.append(f"#{number} {end}: {words[-1500:]}")
        elif end.startswith("exit ") and end != "exit 0" and "ektp: " not in words:
            tally.broken.append(f"#{number} {end} without a sentence")
    if fault.twice and not {"exit 0"} <= set(ends) <= {"exit 0", "exit 5"}:
        tally.broken.append(f"#{number} two publishers ended with {ends}")
    tally.broken += [
        f"#{number} after the fault: {p}" for p in problems_of(project, log / "look.txt")
    ]
    touch(project, fault.stage, number)
    out = log / f"{number}-next.txt"
    end = wait(start(fault.stage, None, out))
    if end != "exit 0":
        tally.broken.append(f"#{number} the next run: {end}: {out.read_text()[-1500:]}")
    tally.broken += [
        f"#{number} after the next run: {p}" for p in problems_of(project, log / "look.txt")
    ]
    left = [p.name for p in (project / "editions").glob(".*") if "lock" not in p.name]
    left += [p.name for p in project.glob(".editions-draft")]
    tally.broken += [f"#{number} left behind: {name}" for name in left]


def choose(rng: random.Random, total: int, only: list[str]) -> list[Fault]:
    """Faults in random order: every kind in its share, at least once."""
    chosen = [f for f in FAULTS if not only or any(word in f.name for word in only)]
    weights = [f.share for f in chosen]
    some = chosen + rng.choices(chosen, weights, k=max(0, total - len(chosen)))
    some = some[:total]
    rng.shuffle(some)
    return some


def report(tallies: dict[str, Tally], reader: dict[str, int], minutes: float, seed: int) -> str:
    """The table of docs/soak.md."""
    total = sum(t.count for t in tallies.values())
    broken = sum(len(t.broken) for t in tallies.values())
    lines = [
        "# Soak: random faults",
        "",
        f"`make soak` with seed {seed}: {total} faults in {minutes:.0f} minutes on a site of two",
        "kecamatan (five reports, real notebooks, the embedded renderer). After every fault the edition",
        "that is up was verified against its manifest, the cause was removed, and the next run had to",
        "publish a new edition that verified as well. A run that was not killed had to end with a",
        "documented exit code and one sentence, without a traceback.",
        "",
        f"- Promises broken: **{broken}**.",
        f"- A reader that opened the home page all the while: {reader['reads']} times, "
        f"{reader['count']} times without a whole page.",
        "",
        "| Fault | Stage | Count | How the run ended | Site up and whole, next run succeeded |",
        "|---|---|---:|---|---:|",
    ]
    stages = {f.name: f.stage for f in FAULTS}
    for name, tally in tallies.items():
        ends = ", ".join(f"{end} × {count}" for end, count in sorted(tally.ends.items()))
        bad = len({text.split()[0] for text in tally.broken})
        lines.append(f"| {name} | {stages[name]} | {tally.count} | {ends} | {tally.count - bad} |")
    lines += [
        f"| all | | {total} | | {total - len({b.split()[0] for t in tallies.values() for b in t.broken})} |",
        "",
        "Exit codes are those of [penerbitan.md](penerbitan.md). Exit 0 under a fault: the run was done",
        "before the fault struck, or repaired it (a corrupted cache entry is made again). Of two",
        "publishers one ends with 5, or both with 0 when the first was done before the second began.",
        "",
    ]
    return "\n".join(lines)


def main() -> int:
    """Run the soak; 0 when every promise held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=90, help="stop after this time")
    parser.add_argument("--seed", type=int, default=20240802)
    parser.add_argument("--only", nargs="*", default=[], help="words of the names of faults")
    parser.add_argument("--report", type=Path, help="file for the table")
    parser.add_argument(
        "--place", type=Path, help="folder that is kept: the same again goes on where it stopped"
    )
    asked = parser.parse_args()
    if asked.place:
        asked.place.mkdir(parents=True, exist_ok=True)
        return soak(asked.place.resolve(), asked)
    with tempfile.TemporaryDirectory(prefix="ektp-soak-") as place:
        return soak(Path(place), asked)


def soak(place: Path, asked: argparse.Namespace) -> int:
    """All of it below one folder."""
    project, log, state = place / "proyek", place / "log", place / "state.json"
    project.mkdir(exist_ok=True)
    log.mkdir(exist_ok=True)
    can_mount = project.is_mount() or (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "ektp-soak", str(project)],
            capture_output=True, check=False,
        ).returncode
    )  # fmt: skip
    done = 0
    try:
        rng = random.Random(asked.seed)
        faults = choose(rng, asked.faults, asked.only)
        tallies, seconds, done, minutes, seen = _state(state)
        scene = Scene(project, random.Random(asked.seed + done), seconds, can_mount=can_mount)
        _prepare(scene, log)
        began = time.monotonic()
        with _reading(project, log) as reads:
            for number, fault in enumerate(faults[done:], start=done + 1):
                if time.monotonic() - began > 60 * asked.minutes:
                    break
                if fault.before is full_disk and not can_mount:
                    fault = next(f for f in FAULTS if f.inside is file_size_limit)
                tally = tallies[fault.name]
                known = len(tally.broken)
                one_fault(scene, fault, number, tally, log)
                done = number
                mark = "BROKEN" if len(tally.broken) > known else "held"
                print(f"{number}/{len(faults)} {fault.name}: {mark}", flush=True)
                for text in tally.broken[known:]:
                    print(f"    {text}", flush=True)
        minutes += (time.monotonic() - began) / 60
        seen = {key: seen[key] + reads[key] for key in seen}
        state.write_text(
            json.dumps(
                [{n: vars(t) for n, t in tallies.items()}, scene.seconds, done, minutes, seen]
            )
        )
        text = report({n: t for n, t in tallies.items() if t.count}, seen, minutes, asked.seed)
        if done == len(faults):
            print(text)
        else:
            print(f"{done} of {len(faults)} after {minutes:.1f} minutes")
        if asked.report:
            asked.report.write_text(text)
        return 1 if seen["count"] or any(t.broken for t in tallies.values()) else 0
    finally:
        if can_mount and (not asked.place or done == asked.faults):
            os.chdir("/")
            subprocess.run(["umount", "-l", str(project)], check=False)


def _state(
    path: Path,
) -> tuple[dict[str, Tally], dict[str, float], int, float, dict[str, int]]:
    """Tallies, seconds of an undisturbed stage, faults done, minutes, what the reader saw."""
    tallies = {f.name: Tally() for f in FAULTS}
    if not path.exists():
        return tallies, {}, 0, 0.0, {"reads": 0, "count": 0}
    known, seconds, done, minutes, seen = json.loads(path.read_text())
    for name, tally in known.items():
        tallies[name] = Tally(tally["count"], Counter(tally["ends"]), tally["broken"])
    return tallies, seconds, done, minutes, seen


def _prepare(scene: Scene, log: Path) -> None:
    """The project with a first edition, and how long a run takes when nothing disturbs it."""
    if not (scene.project / "_quarto.yml").exists():
        # a process of its own: one that used duckdb or arrow has threads, and must not fork
        code = (
            "import sys; from pathlib import Path; from tests.soak.project import make_project\n"
            "make_project(Path(sys.argv[1]))"
        )
        subprocess.run(
            [sys.executable, "-c", code, str(scene.project)],
            check=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    warm(scene.project)
    for stage in ("first build", "build", "publish"):
        if stage in scene.seconds:
            continue
        kind = stage.split()[-1]
        touch(scene.project, kind, 0)
        began = time.monotonic()
        out = log / "first.txt"
        if (end := wait(start(kind, None, out))) != "exit 0":
            sys.exit(f"the undisturbed run failed ({end}):\n{out.read_text()}")
        scene.seconds[stage] = time.monotonic() - began
        print(f"undisturbed {stage}: {scene.seconds[stage]:.1f} s", flush=True)


@contextmanager
def _reading(project: Path, log: Path) -> Iterator[dict[str, int]]:
    """A reader of the site all the while; afterwards how often it read, and how often in vain."""
    found = log / "reader.json"
    stop = found.with_suffix(".stop")
    stop.unlink(missing_ok=True)
    reads = {"reads": 0, "count": 0}
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(project / "editions/current"), str(found)]
    )
    try:
        yield reads
        stop.touch()
        reader.wait(timeout=60)
        reads.update({k: v for k, v in json.loads(found.read_text()).items() if k in reads})
    finally:
        if reader.poll() is None:
            reader.kill()


def warm(project: Path) -> None:
    """Import once what every run needs; nothing here may start a thread, as runs are forked."""
    os.environ.clear()
    os.environ.update(environment(project))
    os.chdir(project)
    import ektp_analysis.execute.run
    import ektp_analysis.site.build
    import ektp_analysis.site.render  # noqa: F401


if __name__ == "__main__":
    sys.exit(main())
