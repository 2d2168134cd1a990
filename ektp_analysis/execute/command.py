"""``ektp execute``: run the report notebooks."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the command to the app."""

    @app.command(help="Jalankan buku catatan laporan untuk setiap kecamatan (hanya yang berubah).")
    def execute(
        as_of: datetime | None = typer.Option(
            None, formats=["%Y-%m-%d"], help="Tanggal data; bawaan: terakhir."
        ),
        only: list[str] = typer.Option([], help="Hanya laporan atau kecamatan ini; boleh diulang."),
        store: Path | None = typer.Option(None, help="Folder gudang data."),
        workers: int = typer.Option(0, min=0, help="Jumlah pekerja; 0 = sebanyak inti prosesor."),
        cold: bool = typer.Option(
            False, help="Mulai setiap kernel sebagai proses baru, tanpa induk yang hangat."
        ),
        rerun: bool = typer.Option(
            False, "--ulang", help="Jalankan semua, abaikan hasil yang tersimpan."
        ),
        dry_run: bool = typer.Option(False, help="Tampilkan rencana saja."),
        as_json: bool = typer.Option(False, "--json", help="Hasil sebagai JSON."),
    ) -> None:
        from ektp_analysis.execute.stage import execute_stage

        outcomes = execute_stage(
            Path.cwd(),
            as_of=as_of.date() if as_of else None,
            only=only,
            store=store,
            workers=workers,
            cold=cold,
            use_cache=not rerun,
            dry_run=dry_run,
        )
        if as_json:
            typer.echo(json.dumps([vars(o) for o in outcomes], ensure_ascii=False))
        else:
            for outcome in outcomes:
                if dry_run or outcome.state == "failed":
                    typer.echo(f"{outcome.state}: {outcome.label} {outcome.sentence}".rstrip())
            counts = {
                s: sum(o.state == s for o in outcomes) for s in ("ok", "cached", "failed", "run")
            }
            typer.echo(
                f"{counts['ok']} dijalankan, {counts['cached']} tidak berubah, {counts['failed']} gagal"
                + (f", {counts['run']} akan dijalankan" if dry_run else "")
                + "."
            )
        if any(o.state == "failed" for o in outcomes):
            raise typer.Exit(3)

    @app.command(help="Perbarui keluaran buku catatan yang ikut dalam git (dari contoh kecil).")
    def notebooks(
        folder: Path = typer.Argument(Path("notebooks"), help="Folder buku catatan."),
        only: list[str] = typer.Option([], help="Hanya buku catatan ini; boleh diulang."),
        clean: bool = typer.Option(
            False,
            "--clean",
            help="Saringan git: buku catatan dari masukan baku, tanpa jejak komputer, ke keluaran.",
        ),
    ) -> None:
        from ektp_analysis.execute.committed import clean_stream, refresh

        if clean:
            clean_stream(sys.stdin, sys.stdout)
            return
        for path in refresh(folder, only or None):
            typer.echo(f"diperbarui: {path}")
