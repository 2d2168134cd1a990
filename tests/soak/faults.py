"""The faults: what each does to a run, and how the machine is put right again."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import nbformat
import psutil

MEGABYTE = 1 << 20


@dataclass
class Scene:
    """What a fault may touch.

    Attributes
    ----------
    project
        The project in miniature.
    rng
        Source of all chance; one seed, one soak.
    seconds
        How long an undisturbed run of the stage takes.
    can_mount
        Whether the project lies on a small file system of its own.
    """

    project: Path
    rng: random.Random
    seconds: dict[str, float] = field(default_factory=dict)
    can_mount: bool = False


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes
    ----------
    name
        For the table.
    stage
        ``publish`` (a rendered site is published) or ``build`` (all stages).
    share
        How often it is chosen.
    before
        Harms the machine before the run; returns what puts it right again.
    inside
        Called in the run's own process before it starts.
    during
        Called with the run's process number while it runs.
    twice
        Whether two runs are started at once.
    """

    name: str
    stage: str
    share: int
    before: Callable[[Scene], Callable[[], None]] | None = None
    inside: Callable[[Scene], None] | None = None
    during: Callable[[Scene, int], None] | None = None
    twice: bool = False


def kill_at_random(stage: str) -> Callable[[Scene, int], None]:
    """``kill -9`` to the run alone; its workers and kernels are left to themselves."""

    def kill(scene: Scene, pid: int) -> None:
        time.sleep(scene.rng.uniform(0, 1.1 * scene.seconds[stage]))
        _signal(pid)

    return kill


def kill_all(scene: Scene, pid: int) -> None:
    """``kill -9`` to the run and everything that it started, as when the power goes."""
    time.sleep(scene.rng.uniform(0, 1.1 * scene.seconds["build"]))
    family = [pid, *(child.pid for child in _children(pid))]
    for member in family:
        _signal(member)


def worker_vanishes(scene: Scene, pid: int) -> None:
    """``kill -9`` to one worker or kernel below the run, whichever it is.

    Python's own resource tracker is none of them: the standard library replaces it, and the
    replacement writes tracebacks of its own about names that it never heard of.
    """
    limit = time.monotonic() + 2 * scene.seconds["build"]
    while time.monotonic() < limit and psutil.pid_exists(pid):
        if children := [c for c in _children(pid) if not _is_tracker(c)]:
            time.sleep(scene.rng.uniform(0, 1.5))
            _signal(scene.rng.choice(children).pid)
            return
        time.sleep(0.05)


def _is_tracker(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return any("multiprocessing.resource_tracker" in word for word in process.cmdline())
    return True  # gone, or not to be looked at


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def full_disk(scene: Scene) -> Callable[[], None]:
    """Leave between nothing and 4 MB free on the project's own file system."""
    ballast = scene.project / ".ballast"
    free = shutil.disk_usage(scene.project).free
    left = scene.rng.randrange(0, 4 * MEGABYTE)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - left, 1))
    return lambda: ballast.unlink(missing_ok=True)


def file_size_limit(scene: Scene) -> None:
    """Where there is no file system to fill: no file may grow beyond a size below the largest's."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    largest = max(p.stat().st_size for p in (scene.project / "_site").rglob("*") if p.is_file())
    limit = scene.rng.randrange(1_000, largest)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def read_only(scene: Scene) -> Callable[[], None]:
    """Nothing can be written: the file system is read-only, or the folder has no rights."""
    if scene.can_mount:
        for _ in range(100):  # what a killed run left may still write for a moment
            if not _remount(scene, "ro"):
                break
            time.sleep(0.2)
        return lambda: (_remount(scene, "rw"), None)[1]
    folder = scene.project / "editions"
    folder.chmod(0o555)
    return lambda: folder.chmod(0o755)


def _remount(scene: Scene, how: str) -> int:
    command = ["mount", "-o", f"remount,{how}", str(scene.project)]
    return subprocess.run(command, check=False, capture_output=True).returncode


def clock_back(scene: Scene) -> None:
    """The run believes that it is up to three years earlier."""
    from ektp_analysis.site import build, publish

    away = timedelta(days=scene.rng.randrange(1, 1000))

    class EarlierTime(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def, override]
            return datetime.now(tz or UTC) - away

    class EarlierDate(date):
        @classmethod
        def today(cls):  # type: ignore[no-untyped-def, override]
            return date.today() - away

    publish.datetime = EarlierTime  # type: ignore[attr-defined]
    build.date = EarlierDate  # type: ignore[attr-defined]
    os.environ["TZ"] = scene.rng.choice(["Pacific/Kiritimati", "Pacific/Niue", "Asia/Jakarta"])
    time.tzset()


def notebook(source: str) -> Callable[[Scene], Callable[[], None]]:
    """One report's notebook gets a cell of its own at a random place."""

    def harm(scene: Scene) -> Callable[[], None]:
        path = scene.project / "notebooks" / f"{scene.rng.choice(REPORTS)}.ipynb"
        whole = path.read_bytes()
        harmed = nbformat.reads(whole.decode(), as_version=4)
        at = scene.rng.randrange(2, len(harmed.cells) + 1)
        # a number makes its own key: no earlier fault's result is in the cache
        text = f"{source}  # {scene.rng.random()}"
        harmed.cells.insert(at, nbformat.v4.new_code_cell(text))
        path.write_text(nbformat.writes(harmed))
        return lambda: (path.write_bytes(whole), None)[1]

    return harm


REPORTS = ("overview", "backlog", "cohort", "visit_effectiveness", "data_quality")


def memory_limit(scene: Scene) -> None:
    """Should nothing else stop a notebook, the machine's own memory is not at stake."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (6_000 * MEGABYTE, 6_000 * MEGABYTE))


HANGS = "import time; time.sleep(3600)"
EATS = "hoard = [b'x' * (50_000_000 + i) for i in range(100_000)]"
DIES = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
RAISES = "raise ValueError('9901010101900001')"


def corrupt_cache(scene: Scene) -> Callable[[], None]:
    """Between one and five files of the cache are cut, garbled or gone."""
    files = [p for p in (scene.project / ".ektp/cache").rglob("*") if p.is_file()]
    for path in scene.rng.sample(files, min(scene.rng.randint(1, 5), len(files))):
        _harm(scene, path)
    return lambda: None


def damaged_store(scene: Scene) -> Callable[[], None]:
    """A table or manifest of a random week is cut, garbled or gone."""
    files = sorted((scene.project / "data/store").glob("as_of=*/v*/*"))
    path = scene.rng.choice(files)
    whole = path.read_bytes()
    _harm(scene, path)
    return lambda: (path.write_bytes(whole), None)[1]


def missing_week(scene: Scene) -> Callable[[], None]:
    """The last week or the one before is not in the store."""
    folder = scene.rng.choice(sorted((scene.project / "data/store").glob("as_of=*"))[-2:])
    away = scene.project / ".missing-week"
    folder.rename(away)
    return lambda: (away.rename(folder), None)[1]


def bad_office_file(scene: Scene) -> Callable[[], None]:
    """A parquet file in the inbox that breaks off."""
    inbox = scene.project / "data/inbox/2024-08-09"
    inbox.mkdir(parents=True)
    source = next((scene.project / "data/store").glob("as_of=*/v*/stock.parquet")).read_bytes()
    (inbox / "penduduk.parquet").write_bytes(source[: scene.rng.randrange(len(source))])
    return lambda: shutil.rmtree(scene.project / "data/inbox")


def _harm(scene: Scene, path: Path) -> None:
    data = bytearray(path.read_bytes())
    way = scene.rng.choice(("cut", "garble", "remove", "empty"))
    if way == "remove":
        path.unlink()
    elif way == "empty" or len(data) < 2:
        path.write_bytes(b"")
    elif way == "cut":
        path.write_bytes(bytes(data[: scene.rng.randrange(1, len(data))]))
    else:
        for _ in range(8):
            data[scene.rng.randrange(len(data))] ^= 1 << scene.rng.randrange(8)
        path.write_bytes(bytes(data))


FAULTS = (
    Fault("kill -9 while publishing", "publish", 60, during=kill_at_random("publish")),
    Fault("two publishers at once", "publish", 20, twice=True),
    Fault("disk full while publishing", "publish", 40, before=full_disk),
    Fault("file size limit while publishing", "publish", 18, inside=file_size_limit),
    Fault("read-only disk", "publish", 16, before=read_only),
    Fault("clock set back", "publish", 18, inside=clock_back),
    Fault("kill -9 while building", "build", 3, during=kill_at_random("build")),
    Fault("kill -9 of the whole process tree", "build", 2, during=kill_all),
    Fault("disk full while building", "build", 2, before=full_disk),
    Fault("a worker or kernel vanishes", "build", 1, before=notebook("1"), during=worker_vanishes),
    Fault("a notebook hangs", "build", 1, before=notebook(HANGS)),
    Fault("a notebook eats memory", "build", 1, before=notebook(EATS), inside=memory_limit),
    Fault("a notebook kills its kernel", "build", 1, before=notebook(DIES)),
    Fault("a notebook raises", "build", 1, before=notebook(RAISES)),
    Fault("cache corrupted", "build", 2, before=corrupt_cache),
    Fault("store damaged (truncated parquet, …)", "build", 2, before=damaged_store),
    Fault("a week is missing", "build", 1, before=missing_week),
    Fault("truncated office file", "build", 1, before=bad_office_file),
)
