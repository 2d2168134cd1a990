"""``ektp render``, ``check``, ``publish``, ``rollback``, ``serve`` and ``build``."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""

    @app.command(help="Semua tahap: berkas kantor → situs yang terbit.")
    def build(
        engine: str = typer.Option("auto", help="quarto, embedded, atau auto."),
        strict: bool = typer.Option(False, help="Jangan terbitkan bila ada laporan yang gagal."),
        workers: int = typer.Option(0, min=0, help="Jumlah pekerja; 0 = sebanyak inti prosesor."),
    ) -> None:
        from ektp_analysis.site.build import build as run
        from ektp_analysis.site.build import summary

        edition = run(Path.cwd(), engine=engine, strict=strict, workers=workers)
        typer.echo(f"Edisi {edition.name} terbit: {summary(Path.cwd())}.")
        typer.echo("Buka dengan: make serve (atau: ektp serve), lalu http://127.0.0.1:8000/")

    @app.command(help="Rangkai laporan menjadi situs di _site.")
    def render(engine: str = typer.Option("auto", help="quarto, embedded, atau auto.")) -> None:
        from ektp_analysis.site.build import prepare
        from ektp_analysis.site.render import render as run

        prepare(Path.cwd())
        typer.echo(f"Situs dirangkai dengan perender {run(Path.cwd(), engine)}.")

    @app.command(help="Periksa _site: data pribadi, tautan, gambar, berat halaman.")
    def check() -> None:
        from ektp_analysis.site.build import check as run

        run(Path.cwd())
        typer.echo("Situs lolos pemeriksaan.")

    @app.command(help="Terbitkan _site sebagai edisi baru sesudah lolos pemeriksaan.")
    def publish() -> None:
        from ektp_analysis.execute.stage import chosen_store
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.build import check as run_check
        from ektp_analysis.site.publish import edition_name
        from ektp_analysis.site.publish import publish as run

        run_check(Path.cwd())
        settings = load_settings()
        edition = run(
            Path("_site"),
            settings.editions,
            edition_name(chosen_store(None).latest()),
            keep=settings.retention,
        )
        typer.echo(f"Edisi {edition.name} terbit.")

    @app.command(help="Kembali ke edisi sebelumnya, atau ke edisi yang disebut.")
    def rollback(name: str = typer.Argument("", help="Nama edisi, misalnya 2024-W30.")) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.publish import rollback as run

        typer.echo(f"Edisi {run(load_settings().editions, name or None)} tampil kembali.")

    @app.command(help="Tampilkan situs yang terbit di komputer ini.")
    def serve(port: int = typer.Option(8000, help="Nomor port.")) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.serve import serve as run

        run(load_settings().editions / "current", port)
