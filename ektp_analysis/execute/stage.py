"""The whole stage for a project folder: plan, run, and what the site needs besides the pages."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path

from ektp_analysis.errors import StoreError
from ektp_analysis.execute.plan import make_plan
from ektp_analysis.execute.run import Outcome, execute, plan_outcomes
from ektp_analysis.progress import progress_bar
from ektp_analysis.regions import data_dir
from ektp_analysis.settings import PREFIX, Settings, load_settings
from ektp_analysis.store import Store, open_store

SEEN_BY_REPORTS = ("suppression_threshold", "programme_start", "stale_days")
"""Settings that may change what a report says."""
CODE_MEMORY = Path(".ektp/kode.json")


def chosen_store(store: Path | None) -> Store:
    """The store asked for, else the office's, else the committed sample."""
    configured = load_settings().store
    if store is None and Store(configured).dates():
        store = configured
    return open_store(store)


def kernel_settings(settings: Settings) -> dict[str, str]:
    """The office's settings as variables for the kernels, which work in folders of their own."""
    return {PREFIX + name.upper(): str(getattr(settings, name)) for name in SEEN_BY_REPORTS}


def execute_stage(
    project: Path,
    *,
    as_of: date | None = None,
    only: list[str] | None = None,
    store: Path | None = None,
    workers: int = 0,
    scheduler: str = "",
    cold: bool = False,
    use_cache: bool = True,
    dry_run: bool = False,
    quiet: bool = False,
) -> list[Outcome]:
    """Run what is not in the cache.

    Parameters
    ----------
    project
        Folder with ``notebooks/``.
    scheduler
        Address of a running dask scheduler; processes of this machine without one.
    cold
        Start every kernel as a process of its own.
    as_of, only, store, workers, use_cache
        As for :func:`ektp_analysis.execute.run.execute` and ``make_plan``.
    dry_run
        Only say which units would run (state ``run``), and why.
    quiet
        Show no progress.
    """
    settings, opened = load_settings(project), chosen_store(store)
    if not opened.dates():
        raise StoreError("Gudang data masih kosong", opened.root.name, "Jalankan: ektp ingest")
    environment = kernel_settings(settings)
    units = make_plan(
        opened,
        (project / "notebooks").resolve(),
        as_of=as_of,
        only=only,
        choices=data_dir() / "pilihan.yaml",
        settings=environment,
        memory=project / CODE_MEMORY,
    )
    if dry_run:
        return plan_outcomes(units, opened.root, project, use_cache=use_cache)
    with ExitStack() as stack:
        executor = None
        if address := scheduler or settings.scheduler:
            from ektp_analysis.execute.executors import cluster

            executor = stack.enter_context(cluster(address))
        step = stack.enter_context(
            progress_bar("Menjalankan buku catatan", len(units), quiet=quiet)
        )
        return execute(
            units,
            opened.root,
            project,
            workers=workers or settings.workers,
            timeout=settings.unit_timeout,
            memory=settings.unit_memory,
            retries=settings.unit_retries,
            environment=environment,
            executor=executor,
            warm=not cold,
            use_cache=use_cache,
            progress=step,
        )
