"""All stages in one go: office files → published edition."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from ektp_analysis.errors import SiteError
from ektp_analysis.execute.stage import chosen_store, execute_stage
from ektp_analysis.ingest import ingest
from ektp_analysis.ingest.pipeline import office_files
from ektp_analysis.progress import progress_bar
from ektp_analysis.settings import load_settings
from ektp_analysis.site.check import check_site
from ektp_analysis.site.navigation import write_navigation
from ektp_analysis.site.publish import edition_name, publish
from ektp_analysis.site.render import render

SHOWN_PROBLEMS = 10


def build(project: Path, *, engine: str = "auto", strict: bool = False, workers: int = 0) -> Path:
    """Sample if the inbox is empty, then ingest, execute, render, check and publish.

    Returns
    -------
    Path
        The new edition.

    Raises
    ------
    EktpError
        Of the stage that failed; the edition that was up stays up.
    """
    settings = load_settings(project)
    inbox = project / settings.inbox
    if not inbox.exists() or not office_files([inbox]):
        _write_sample(inbox)
    with progress_bar("Membaca berkas kantor", 1) as step:
        ingest(
            [inbox],
            project / settings.store,
            project / settings.quarantine,
            limit=settings.quarantine_limit,
            progress=step,
        )
    outcomes = execute_stage(project, store=project / settings.store, workers=workers)
    failed = [o for o in outcomes if o.state == "failed"]
    if failed and strict:
        raise SiteError(f"{len(failed)} laporan gagal dibuat", failed[0].label, failed[0].sentence)
    prepare(project)
    render(project, engine)
    check(project)
    as_of = chosen_store(project / settings.store).latest()
    edition = publish(
        project / "_site", project / settings.editions, edition_name(as_of), keep=settings.retention
    )
    if failed:
        raise SiteError(
            f"Edisi terbit, tetapi {len(failed)} laporan gagal dibuat",
            failed[0].label,
            failed[0].sentence,
        )
    return edition


def prepare(project: Path) -> None:
    """Write the generated pages and navigation for the latest data."""
    tables = chosen_store(None).load()
    write_navigation(project, tables, date.today())


def check(project: Path) -> None:
    """Raise SiteError with the first problems of ``_site``."""
    problems = check_site(project / "_site", synthetic=chosen_store(None).is_synthetic())
    if problems:
        shown = " ".join(problems[:SHOWN_PROBLEMS])
        raise SiteError(f"Situs belum boleh terbit: {len(problems)} masalah", "_site", shown)


def _write_sample(inbox: Path) -> None:
    from ektp_analysis.sample import simulate
    from ektp_analysis.sample.office_files import write_office_files

    simulation = simulate()
    with progress_bar("Menulis berkas contoh", len(simulation.as_of)) as step:
        write_office_files(simulation, inbox, progress=step)


def summary(project: Path) -> str:
    """One line on the pages of the site that was built."""
    pages = sum(1 for _ in (project / "_site").rglob("*.html"))
    states = [o["state"] for o in json.loads((project / "laporan/status.json").read_text())]
    return f"{pages} halaman, {states.count('ok')} buku catatan dijalankan, {states.count('cached')} tidak berubah"
