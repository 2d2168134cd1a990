"""``ektp ingest`` and ``ektp settings``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import typer


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
            False, help="Tampilkan kolom yang terbaca; tidak menulis apa pun."
        ),
        again: bool = typer.Option(
            False, "--ulang", help="Baca ulang juga minggu yang tidak berubah."
        ),
    ) -> None:
        from ektp_analysis.ingest import ingest as run
        from ektp_analysis.progress import progress_bar
        from ektp_analysis.settings import load_settings

        settings = load_settings()
        inputs = files or [settings.inbox]
        if explain:
            _explain(inputs)
            return
        with progress_bar("Membaca berkas kantor", 1) as step:
            report = run(
                inputs,
                store or settings.store,
                settings.quarantine,
                as_of=as_of.date() if as_of else None,
                limit=settings.quarantine_limit,
                again=again,
                progress=step,
            )
        rejected = sum(int(q["quarantined"].sum()) for q in report.quality)
        typer.echo(
            f"{len(report.written)} minggu ditulis, {len(report.unchanged)} tidak berubah, "
            f"{rejected} baris ditolak."
        )
        for path in report.quarantine[-5:]:
            typer.echo(f"Karantina: {path}")

    @app.command(help="Tampilkan pengaturan yang berlaku.")
    def settings() -> None:
        from ektp_analysis.settings import Settings, load_settings

        chosen = load_settings()
        for name, field in Settings.model_fields.items():
            typer.echo(f"{name} = {getattr(chosen, name)}   # {field.description}")


def _explain(inputs: list[Path]) -> None:
    import tempfile

    from ektp_analysis.ingest.pipeline import date_of, office_files
    from ektp_analysis.ingest.readers import read_tables

    for path in office_files(inputs):
        with tempfile.TemporaryDirectory(prefix="ektp-") as workspace:
            for table in read_tables(path, Path(workspace)):
                header = table.header
                typer.echo(
                    f"{table.where}: {header.kind}, tanggal {date_of(path, table.title) or '?'}"
                )
                for name, position in header.columns.items():
                    typer.echo(
                        f"  kolom {position + 1} “{header.names[position].strip()}” → {name}"
                    )
                for name in header.missing:
                    typer.echo(f"  TIDAK ADA → {name}")
