"""``ektp takeaway``: the printed briefs and picture cards."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""

    @app.command(help="Buat ringkasan PDF dan kartu gambar dari laporan yang sudah dijalankan.")
    def takeaway(
        workers: int = typer.Option(0, min=0, help="Jumlah pekerja; 0 = sebanyak inti prosesor."),
        cold: bool = typer.Option(False, help="Buat semua, abaikan simpanan."),
    ) -> None:
        from ektp_analysis.progress import progress_bar
        from ektp_analysis.takeaway.stage import takeaway_stage

        with progress_bar("Membuat ringkasan dan kartu", 1) as step:
            made = takeaway_stage(Path.cwd(), workers=workers, cold=cold, progress=step)
        new = sum(file.state == "ok" for file in made)
        typer.echo(f"{new} berkas dibuat, {len(made) - new} tidak berubah.")
