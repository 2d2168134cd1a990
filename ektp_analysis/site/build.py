"""All stages in one go: office files → published edition."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ektp_analysis import regions
from ektp_analysis.errors import ExecutionError, InputError, SiteError, disk_reason
from ektp_analysis.execute.run import STATUS, Outcome
from ektp_analysis.execute.stage import chosen_store, execute_stage
from ektp_analysis.ingest import ingest
from ektp_analysis.ingest.mapping import load_choices
from ektp_analysis.ingest.pipeline import limits_of, office_files
from ektp_analysis.private import close_folders
from ektp_analysis.progress import progress_bar
from ektp_analysis.settings import Settings, load_settings
from ektp_analysis.site.archive import stamp
from ektp_analysis.site.check import check_site
from ektp_analysis.site.deliver import deliver
from ektp_analysis.site.editions import ARCHIVE, edition_name
from ektp_analysis.site.expected import expected_pages, failed_pages
from ektp_analysis.site.failures import link_last_good
from ektp_analysis.site.gate import PrivacyGate
from ektp_analysis.site.lock import alone
from ektp_analysis.site.navigation import write_navigation
from ektp_analysis.site.news import news
from ektp_analysis.site.policy import add_policies
from ektp_analysis.site.publish import Facts, Gate, publish, refuse, refuse_older
from ektp_analysis.site.reference import write_reference
from ektp_analysis.site.render import render
from ektp_analysis.site.share import share_site
from ektp_analysis.site.summary import SUMMARY_FILE, read_summary, summarise, write_summary
from ektp_analysis.store import Store
from ektp_analysis.takeaway import takeaway_stage

GENERATED = Path("_generated")
BUILD_LOCK = Path(".ektp/build.lock")
SAMPLE_REGENCY = "17.02"
"""The kabupaten that the synthetic office files are calibrated to."""


@dataclass(frozen=True)
class Built:
    """What a build gave: the edition that is up, and what went wrong on the way without stopping it."""

    edition: Path
    failed: tuple[Outcome, ...] = ()

    def raise_failures(self) -> None:
        """Raise ExecutionError when a report could not be made."""
        if self.failed:
            raise ExecutionError(
                f"Edisi {self.edition.name} terbit, tetapi {len(self.failed)} laporan gagal dibuat",
                self.failed[0].label,
                self.failed[0].sentence,
            )


def build(
    project: Path,
    *,
    engine: str = "auto",
    strict: bool = False,
    workers: int = 0,
    older: bool = False,
) -> Built:
    """Ingest (the sample, if there is nothing else), execute, render, check, publish, deliver.

    Parameters
    ----------
    project
        Folder of ``_quarto.yml``.
    engine
        Renderer, as for :func:`ektp_analysis.site.render.render`.
    strict
        Publish nothing when a report failed.
    workers
        Processes for the notebooks.
    older
        Publish also data of a week before the one that is up.

    Raises
    ------
    EktpError
        Of the stage that failed; the edition that was up stays up.
    """
    settings = load_settings(project)
    with _disk_sentence(), alone(project / BUILD_LOCK, "Pembuatan situs"):
        _read_office_files(project, settings)
        close_folders(project, settings)
        store = chosen_store(_own_store(project, settings))
        store.verify()
        if not older:
            # known before the notebooks run, which takes minutes
            refuse_older(project / settings.editions, edition_name(store.latest()))
        outcomes = execute_stage(project, store=_own_store(project, settings), workers=workers)
        failed = tuple(o for o in outcomes if o.state == "failed")
        if failed and (strict or len(failed) == len(outcomes)):
            raise ExecutionError(
                f"{len(failed)} dari {len(outcomes)} laporan gagal dibuat; situs tidak diterbitkan",
                failed[0].label,
                f"{failed[0].sentence.rstrip('.')}. Edisi sebelumnya tetap tampil",
            )
        prepare(project)
        render_site(project, engine)
        edition = publish_site(project, settings, older=older)
    return Built(edition, failed)


@contextmanager
def _disk_sentence() -> Iterator[None]:
    """A disk that is full or read-only is no bug: say so, whatever was being written."""
    try:
        yield
    except OSError as error:
        raise SiteError(
            f"Situs tidak dapat dibuat: {disk_reason(error)}",
            Path(str(error.filename)).name if error.filename else "",
            "Periksa ruang disk dan izin folder (ektp doctor); situs lama tetap tampil",
        ) from None


def publish_site(project: Path, settings: Settings, *, older: bool = False) -> Path:
    """Publish ``_site`` and deliver it to the targets of the settings.

    Raises
    ------
    SiteError
        When it may not be published; nothing changed.
    DeliveryError
        When it is up here, but not everywhere.
    """
    store = chosen_store(None)
    facts = Facts(
        as_of=store.latest().isoformat(),
        synthetic=store.is_synthetic(),
        expected=expected_pages(project),
        failed=failed_pages(project),
    )
    edition = publish(
        project / "_site",
        project / settings.editions,
        edition_name(store.latest()),
        keep=settings.retention,
        gate=gate(),
        facts=facts,
        older=older,
    )
    deliver(
        project / settings.editions,
        settings.targets,
        keep=settings.retention,
        ssh=settings.ssh_command,
        told=print,
    )
    return edition


def gate() -> Gate:
    """The check that every site passes before it is shown."""
    store, settings = chosen_store(None), load_settings()
    synthetic = store.is_synthetic()
    privacy = PrivacyGate.of(Path.cwd(), settings)
    missing = [] if synthetic else privacy.outdated(store.latest())
    return lambda site: missing + check_site(site, synthetic=synthetic, privacy=privacy)


def prepare(project: Path) -> None:
    """Make briefs and cards, and write the generated pages and navigation for the latest data."""
    tables = chosen_store(None).load()
    found = news(tables)
    with progress_bar("Membuat ringkasan dan kartu", 1) as step:
        takeaway_stage(project, news=found, progress=step)
    write_reference(project)
    write_navigation(project, tables, date.today(), found)
    write_summary(project / GENERATED, summarise(tables, date.today()))
    link_last_good(project, project / load_settings(project).editions, last_outcomes(project))


def render_site(project: Path, engine: str = "auto") -> str:
    """Render the prepared pages, and write what every renderer leaves out: sharing, archive, feed.

    Returns
    -------
    str
        The renderer that was used.
    """
    used = render(project, engine)
    complete(project)
    return used


def complete(project: Path) -> None:
    """Write sharing tags, main numbers, the list of editions and the feed into ``_site``."""
    settings, site = load_settings(project), project / "_site"
    found = read_summary(project / GENERATED)
    if found is None:
        raise SiteError("Angka utama edisi belum ada", SUMMARY_FILE, "Jalankan: ektp render")
    base_url = settings.base_url.rstrip("/") + "/" if settings.base_url else ""
    share_site(site, found, base_url)
    write_summary(site, found)
    stamp(site, project / settings.editions, found, keep=settings.retention, base_url=base_url)
    add_policies(site)


def check(project: Path) -> None:
    """Raise SiteError with the first problems of ``_site``."""
    show_archive(project)
    refuse(gate()(project / "_site"))


def show_archive(project: Path) -> None:
    """Let ``_site/edisi`` lead to the editions, as it does in an edition: its links are checked."""
    link, folder = project / "_site" / ARCHIVE, project / load_settings(project).editions
    if folder.is_dir() and link.parent.is_dir() and not link.is_symlink() and not link.exists():
        link.symlink_to(folder.resolve())


def last_outcomes(project: Path) -> list[Outcome]:
    """What became of the units of the last execution; empty when that is not known."""
    try:
        states = json.loads((project / STATUS).read_text(encoding="utf-8"))
        return [Outcome(s["label"], s["state"], s.get("sentence", "")) for s in states]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _own_store(project: Path, settings: Settings) -> Path | None:
    store = project / settings.store
    return store if Store(store).dates() else None


def _read_office_files(project: Path, settings: Settings) -> None:
    inbox, store = project / settings.inbox, project / settings.store
    if not inbox.exists() or not office_files([inbox]):
        if Store(store).dates():
            return  # an office that clears its inbox keeps its weekly store: no sample among it
        if regions.REGENCY_CODE != SAMPLE_REGENCY:
            raise InputError(
                "Belum ada berkas kantor",
                str(settings.inbox),
                "Taruh berkas minggu ini di folder bernama tanggalnya, misalnya 2024-08-02",
            )
        _write_sample(inbox)
    with progress_bar("Membaca berkas kantor", 1) as step:
        ingest(
            [inbox],
            store,
            project / settings.quarantine,
            limits=limits_of(settings),
            choices=load_choices(project / settings.mapping),
            progress=step,
        )


def _write_sample(inbox: Path) -> None:
    from ektp_analysis.sample import simulate
    from ektp_analysis.sample.office_files import write_office_files

    simulation = simulate()
    with progress_bar("Menulis berkas contoh", len(simulation.as_of)) as step:
        write_office_files(simulation, inbox, progress=step)


def summary(project: Path) -> str:
    """One line on the pages of the site that was built."""
    pages = sum(1 for _ in (project / "_site").rglob("*.html"))
    states = [o.state for o in last_outcomes(project)]
    return (
        f"{pages} halaman, {states.count('ok')} buku catatan dijalankan, "
        f"{states.count('cached')} tidak berubah"
    )
