"""The whole stage for a project folder: plan, run, and what the site needs besides the pages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from ektp_analysis.execute.plan import make_plan
from ektp_analysis.execute.run import CACHE, Outcome, execute
from ektp_analysis.progress import progress_bar
from ektp_analysis.regions import data_dir
from ektp_analysis.settings import load_settings
from ektp_analysis.store import Store, open_store


def chosen_store(store: Path | None) -> Store:
    """The store asked for, else the office's, else the committed sample."""
    configured = load_settings().store
    if store is None and Store(configured).dates():
        store = configured
    return open_store(store)


def execute_stage(
    project: Path,
    *,
    as_of: date | None = None,
    only: list[str] | None = None,
    store: Path | None = None,
    workers: int = 0,
    cold: bool = False,
    use_cache: bool = True,
    dry_run: bool = False,
) -> list[Outcome]:
    """Run what is not in the cache.

    Parameters
    ----------
    project
        Folder with ``notebooks/``.
    cold
        Start every kernel as a process of its own.
    as_of, only, store, workers, use_cache
        As for :func:`ektp_analysis.execute.run.execute` and ``make_plan``.
    dry_run
        Only say which units would run (state ``run``).
    """
    settings, opened = load_settings(), chosen_store(store)
    units = make_plan(
        opened, project / "notebooks", as_of=as_of, only=only, choices=data_dir() / "pilihan.yaml"
    )
    if dry_run:
        return [
            Outcome(
                u.label, "cached" if use_cache and (project / CACHE / u.key).exists() else "run"
            )
            for u in units
        ]
    with progress_bar("Menjalankan buku catatan", len(units)) as step:
        return execute(
            units,
            opened.root,
            project,
            workers=workers or settings.workers,
            timeout=settings.unit_timeout,
            warm=not cold,
            use_cache=use_cache,
            progress=step,
        )
