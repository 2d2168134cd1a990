"""``ektp render``, ``check``, ``serve`` and ``build``."""

from __future__ import annotations

from pathlib import Path

import typer

EXIT_CODES = (
    "Kode keluar: 0 berhasil; 2 salah pakai, pengaturan, berkas kantor, atau gudang data; "
    "3 ada laporan yang gagal dibuat; 4 situs tidak terbit; 5 proses lain sedang berjalan; "
    "6 terbit di sini tetapi gagal dikirim; 7 pemasangan perlu dibenahi; 70 kesalahan program."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""

    @app.command(help="Semua tahap: berkas kantor → situs yang terbit.", epilog=EXIT_CODES)
    def build(
        engine: str = typer.Option("auto", help="quarto, embedded, atau auto."),
        strict: bool = typer.Option(False, help="Jangan terbitkan bila ada laporan yang gagal."),
        workers: int = typer.Option(0, min=0, help="Jumlah pekerja; 0 = sebanyak inti prosesor."),
        older: bool = typer.Option(
            False, help="Terbitkan juga data yang lebih tua daripada edisi yang tampil."
        ),
        notify: bool = typer.Option(
            True, help="Beri kabar bila gagal (notify_command, notify_email dalam pengaturan)."
        ),
    ) -> None:
        from ektp_analysis.notify import watched
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.build import build as run
        from ektp_analysis.site.build import summary

        project = Path.cwd()
        with watched(project, load_settings(), telling=notify):
            built = run(project, engine=engine, strict=strict, workers=workers, older=older)
            typer.echo(f"Edisi {built.edition.name} terbit: {summary(project)}.")
            typer.echo("Buka dengan: make serve (atau: ektp serve), lalu http://127.0.0.1:8000/")
            built.raise_failures()

    @app.command(help="Rangkai laporan menjadi situs di _site.")
    def render(engine: str = typer.Option("auto", help="quarto, embedded, atau auto.")) -> None:
        from ektp_analysis.site.build import prepare, render_site

        prepare(Path.cwd())
        typer.echo(f"Situs dirangkai dengan perender {render_site(Path.cwd(), engine)}.")

    @app.command(help="Periksa _site: data pribadi, tautan, gambar, berat halaman.")
    def check() -> None:
        from ektp_analysis.site.build import check as run

        run(Path.cwd())
        typer.echo("Situs lolos pemeriksaan.")

    @app.command(help="Tampilkan situs yang terbit di komputer ini.")
    def serve(port: int = typer.Option(8000, help="Nomor port.")) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.serve import serve as run

        run(load_settings().editions / "current", port)
