"""``ektp ingest`` and ``ektp settings``."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ektp_analysis.ingest.mapping import Choices
    from ektp_analysis.ingest.pipeline import IngestReport

SHOWN_NOTES = 20


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""

    @app.command(
        help="Baca berkas kantor ke gudang data mingguan (hanya hitungan, tanpa data pribadi)."
    )
    def ingest(
        files: list[Path] = typer.Argument(None, help="Berkas atau folder; bawaan: folder masuk."),
        store: Path | None = typer.Option(None, help="Folder gudang data."),
        as_of: datetime | None = typer.Option(None, formats=["%Y-%m-%d"], help="Tanggal data."),
        explain: bool = typer.Option(
            False, help="Tampilkan lembar dan kolom yang terbaca dan alasannya; tidak menulis."
        ),
        again: bool = typer.Option(
            False, "--ulang", help="Baca ulang juga minggu yang tidak berubah."
        ),
        column: list[str] = typer.Option(
            [], "--kolom", help='Arti sebuah kolom: "JUDUL DI BERKAS=NAMA KOLOM"; “-” = abaikan.'
        ),
        order: str = typer.Option(
            "", "--urutan", help="Urutan tanggal berupa angka: hari/bulan atau bulan/hari."
        ),
        save_mapping: bool = typer.Option(
            False,
            "--save-mapping",
            help="Simpan arti kolom untuk berkas berikutnya yang sama bentuk.",
        ),
        force: bool = typer.Option(
            False, "--paksa", help="Tulis walau terlalu banyak baris ditolak atau hitungan turun."
        ),
    ) -> None:
        from ektp_analysis.ingest.mapping import load_choices, save_headers
        from ektp_analysis.private import close_folders
        from ektp_analysis.settings import load_settings

        settings = load_settings()
        inputs = files or [settings.inbox]
        choices = _chosen(load_choices(settings.mapping), column, order)
        if explain:
            from ektp_analysis.ingest.explain import explain as lines

            typer.echo("\n".join(lines(inputs, settings.quarantine, choices)).rstrip())
            return
        close_folders(Path.cwd(), settings)
        report = _run(inputs, store or settings.store, as_of, again, force, choices)
        close_folders(Path.cwd(), settings)
        _show(report)
        if save_mapping:
            orders = dict(choices.orders or {})
            count = save_headers(
                settings.mapping, [(h, {**o, **orders}) for h, o in report.headers]
            )
            typer.echo(f"{count} bentuk berkas disimpan di {settings.mapping}.")

    @app.command(help="Tampilkan pengaturan yang berlaku.")
    def settings() -> None:
        from ektp_analysis.settings import Settings, load_settings

        chosen = load_settings()
        for name, field in Settings.model_fields.items():
            typer.echo(f"{name} = {getattr(chosen, name)}   # {field.description}")


def _chosen(saved: Choices, columns: list[str], order: str) -> Choices:
    from ektp_analysis.errors import ParameterError
    from ektp_analysis.ingest.columns import DATES
    from ektp_analysis.ingest.mapping import parse_choice
    from ektp_analysis.ingest.values import ORDER_NAMES

    if order and order not in ORDER_NAMES:
        raise ParameterError(
            f"Urutan tanggal “{order[:20]}” tidak dikenal",
            "--urutan",
            f"Pilih {' atau '.join(ORDER_NAMES)}",
        )
    return replace(
        saved,
        always=dict(parse_choice(c) for c in columns),
        orders=dict.fromkeys((*DATES, "date"), order) if order else None,
    )


def _run(
    inputs: list[Path],
    store: Path,
    as_of: datetime | None,
    again: bool,
    force: bool,
    choices: Choices,
) -> IngestReport:
    """Ingest; in a terminal an unsure column is asked about, and the answer is used."""
    from ektp_analysis.ingest.columns import UnsureColumnError
    from ektp_analysis.ingest.headers import IGNORE, normalise
    from ektp_analysis.ingest.pipeline import ingest, limits_of
    from ektp_analysis.ingest.spellings import label
    from ektp_analysis.progress import progress_bar
    from ektp_analysis.settings import load_settings

    settings = load_settings()
    while True:
        try:
            with progress_bar("Membaca berkas kantor", 1) as step:
                return ingest(
                    inputs,
                    store,
                    settings.quarantine,
                    as_of=as_of.date() if as_of else None,
                    limits=limits_of(settings, force=force),
                    again=again,
                    choices=choices,
                    progress=step,
                )
        except UnsureColumnError as unsure:
            if not (sys.stdin.isatty() and sys.stdout.isatty()):
                raise
            typer.echo(f"{unsure.where}: {unsure.what}.")
            yes = typer.confirm(
                f"Apakah kolom “{unsure.written}” memang {label(unsure.kind, unsure.column)}?"
            )
            answer = {normalise(unsure.written): unsure.column if yes else IGNORE}
            choices = replace(choices, always={**(choices.always or {}), **answer})


def _show(report: IngestReport) -> None:
    """The table of what was read, accepted and quarantined; reasons; what to look at."""
    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from ektp_analysis.format import number
    from ektp_analysis.ingest.spellings import KIND_NAMES

    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    if report.quality:
        quality = pd.concat(report.quality, ignore_index=True)
        table = Table(title="Hasil pembacaan", title_justify="left")
        for name in ("Tanggal data", "Berkas", "Jenis"):
            table.add_column(name, overflow="fold")
        for name in ("Dibaca", "Diterima", "Ditolak", "Perlu diperiksa"):
            table.add_column(name, justify="right")
        for _, rows in quality.groupby(["as_of", "source", "kind"], sort=False):
            first = rows.iloc[0]
            counts = (
                int(rows["rows_read"].iloc[0]), int(rows["accepted"].iloc[0]),
                int(rows["quarantined"].sum()), int(rows["flagged"].sum()),
            )  # fmt: skip
            table.add_row(
                first["as_of"].date().isoformat(),
                first["source"],
                KIND_NAMES[first["kind"]],
                *(number(c) for c in counts),
            )
        console.print(table)
        marked = quality[(quality["quarantined"] > 0) | (quality["flagged"] > 0)]
        for row in marked.head(SHOWN_NOTES).itertuples():
            what = "ditolak" if row.quarantined else "perlu diperiksa"
            typer.echo(
                f"  {row.source}: {number(row.quarantined or row.flagged)} {what}: {row.reason}"
            )
    for note in report.notes[:SHOWN_NOTES]:
        typer.echo(f"Perhatian: {note}")
    for name in report.skipped[:SHOWN_NOTES]:
        typer.echo(f"Dilewati: {name}")
    rejected = sum(int(q["quarantined"].sum()) for q in report.quality)
    typer.echo(
        f"{len(report.written)} minggu ditulis, {len(report.unchanged)} tidak berubah, "
        f"{number(rejected)} baris ditolak."
    )
    for day, version in report.versions.items():
        if version > 1:
            typer.echo(
                f"{day.isoformat()}: versi {version}; versi sebelumnya tetap tersimpan di gudang data."
            )
    for path in report.quarantine[-6:]:
        typer.echo(f"Karantina: {path}")
