"""Progress for people: a bar in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Step = Callable[[int, int], None]


@contextmanager
def progress_bar(label: str, total: int, *, quiet: bool = False) -> Iterator[Step]:
    """Yield a function ``step(done, total)``.

    In a terminal it moves a bar with counts, elapsed and expected time. Elsewhere (a log file, a
    timer) it prints at most eleven plain lines.
    """
    if quiet:
        yield lambda done, of: None
        return
    if not sys.stderr.isatty():
        shown = -1

        def line(done: int, of: int) -> None:
            nonlocal shown
            tenth = 10 * done // max(of, 1)
            if tenth > shown:
                shown = tenth
                print(f"{label}: {done}/{of}", file=sys.stderr, flush=True)

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("berjalan"),
        TimeElapsedColumn(),
        TextColumn("sisa"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)
