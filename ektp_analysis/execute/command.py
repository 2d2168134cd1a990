"""``ektp execute``: run the report notebooks."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from ektp_analysis.execute.run import Outcome

INTERRUPTED = 130
WORDS = {"ok": "dijalankan", "cached": "tidak berubah", "failed": "gagal", "run": "akan dijalankan"}


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""

    @app.command(help="Jalankan buku catatan laporan untuk setiap kecamatan (hanya yang berubah).")
    def execute(
        as_of: datetime | None = typer.Option(
            None, formats=["%Y-%m-%d"], help="Tanggal data; bawaan: terakhir."
        ),
        only: list[str] = typer.Option([], help="Hanya laporan atau kecamatan ini; boleh diulang."),
        kecamatan: list[str] = typer.Option(
            [], help="Hanya kecamatan ini (kode atau nama); boleh diulang."
        ),
        store: Path | None = typer.Option(None, help="Folder gudang data."),
        workers: int = typer.Option(0, min=0, help="Jumlah pekerja; 0 = sebanyak inti prosesor."),
        scheduler: str = typer.Option(
            "", help="Alamat penjadwal dask yang sedang berjalan, misalnya tcp://10.0.0.5:8786."
        ),
        cold: bool = typer.Option(
            False, help="Mulai setiap kernel sebagai proses baru, tanpa induk yang hangat."
        ),
        rerun: bool = typer.Option(
            False, "--ulang", help="Jalankan semua, abaikan hasil yang tersimpan."
        ),
        dry_run: bool = typer.Option(
            False, help="Tampilkan rencana dan alasannya saja; tidak ada yang dijalankan."
        ),
        as_json: bool = typer.Option(False, "--json", help="Hasil sebagai JSON."),
    ) -> None:
        from ektp_analysis.execute.stage import execute_stage

        try:
            outcomes = execute_stage(
                Path.cwd(),
                as_of=as_of.date() if as_of else None,
                only=[*only, *kecamatan],
                store=store,
                workers=workers,
                scheduler=scheduler,
                cold=cold,
                use_cache=not rerun,
                dry_run=dry_run,
                quiet=as_json,
            )
        except KeyboardInterrupt:
            typer.echo(
                "Dihentikan. Yang sudah selesai tersimpan; perintah yang sama meneruskannya.",
                err=True,
            )
            raise typer.Exit(INTERRUPTED) from None
        if as_json:
            typer.echo(json.dumps([vars(o) for o in outcomes], ensure_ascii=False))
        else:
            _show(outcomes, dry_run)
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

    @app.command(help="Siapkan induk kernel hangat untuk papermill --engine ektp-warm.")
    def warm() -> None:
        from ektp_analysis.execute.warm.client import ANNOUNCED, serve_here

        def announce(path: Path) -> None:
            typer.echo(f"export {ANNOUNCED}={path}")
            typer.echo(
                "Jalankan baris di atas di jendela lain; Ctrl-C menutup induk ini.", err=True
            )

        serve_here(announce)


def _show(outcomes: list[Outcome], dry_run: bool) -> None:
    for outcome in outcomes:
        if dry_run or outcome.state == "failed":
            words = WORDS[outcome.state]
            sentence = "" if outcome.sentence == words else outcome.sentence
            typer.echo(f"{words}: {outcome.label}" + (f" ({sentence})" if sentence else ""))
    states = [outcome.state for outcome in outcomes]
    shown = ("run", "cached") if dry_run else ("ok", "cached", "failed")
    typer.echo(", ".join(f"{states.count(s)} {WORDS[s]}" for s in shown) + ".")
    if "failed" in states:
        typer.echo("Buku catatan yang gagal ada di .ektp/gagal, catatannya di .ektp/log.")
