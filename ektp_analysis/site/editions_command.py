"""``ektp publish``, ``deliver``, ``rollback``, ``withdraw``, ``editions`` and ``verify``."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from ektp_analysis.settings import Settings
from ektp_analysis.site.command import EXIT_CODES


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""

    @app.command(
        help="Terbitkan _site sebagai edisi baru sesudah lolos pemeriksaan, lalu kirim ke tujuan.",
        epilog=EXIT_CODES,
    )
    def publish(
        older: bool = typer.Option(
            False, help="Terbitkan juga data yang lebih tua daripada edisi yang tampil."
        ),
    ) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.build import publish_site

        edition = publish_site(Path.cwd(), load_settings(), older=older)
        typer.echo(f"Edisi {edition.name} terbit.")

    @app.command(
        help="Kirim edisi yang tampil ke semua tujuan dalam pengaturan.", epilog=EXIT_CODES
    )
    def deliver(
        to: list[str] = typer.Option([], help="Hanya ke tujuan ini; boleh diulang."),
    ) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.deliver import deliver as run

        settings = load_settings()
        targets = to or settings.targets
        if not targets:
            typer.echo("Belum ada tujuan; isi targets di ektp.toml.")
        run(
            settings.editions,
            targets,
            keep=settings.retention,
            ssh=settings.ssh_command,
            told=typer.echo,
        )

    @app.command(help="Kembali ke edisi sebelumnya, atau ke edisi yang disebut.", epilog=EXIT_CODES)
    def rollback(name: str = typer.Argument("", help="Nama edisi, misalnya 2024-W30.")) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.editions import current, order
        from ektp_analysis.site.publish import rollback as run

        settings = load_settings()
        before = current(settings.editions)
        shown = run(settings.editions, name or None)
        typer.echo(f"Edisi {shown} tampil kembali.")
        if before and order(before) > order(shown) and (settings.editions / before).is_dir():
            typer.echo(
                f"Edisi {before} masih dapat dibaca di edisi/{before}/. "
                f"Bila tidak boleh dibaca lagi: ektp withdraw {before}"
            )
        _send(settings)

    @app.command(
        help="Hapus satu edisi beserta alamatnya, di sini dan di semua tujuan. "
        "Bila edisi itu sedang tampil, edisi sebelumnya ditampilkan.",
        epilog=EXIT_CODES,
    )
    def withdraw(
        name: str = typer.Argument(help="Nama edisi, misalnya 2024-W31."),
        yes: bool = typer.Option(False, "--yes", help="Jangan bertanya dulu."),
    ) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.publish import withdraw_edition

        settings = load_settings()
        if not yes and not typer.confirm(f"Hapus edisi {name} untuk selamanya?"):
            typer.echo("Tidak ada yang dihapus.")
            return
        shown = withdraw_edition(settings.editions, name)
        typer.echo(f"Edisi {name} dihapus; yang tampil sekarang edisi {shown}.")
        _send(settings)

    @app.command(
        help="Daftar edisi: data, tanggal terbit, jumlah halaman, keadaan, mana yang tampil."
    )
    def editions(
        full: bool = typer.Option(False, help="Bandingkan juga isi semua berkas (lebih lama)."),
        as_json: bool = typer.Option(False, "--json", help="Hasil sebagai JSON."),
    ) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.catalogue import catalogue, show

        rows = catalogue(load_settings().editions, contents=full)
        if as_json:
            typer.echo(json.dumps([row.as_dict() for row in rows], ensure_ascii=False))
        else:
            show(rows)

    @app.command(
        help="Periksa edisi terhadap daftar isinya; tanpa nama: edisi yang tampil.",
        epilog=EXIT_CODES,
    )
    def verify(
        names: list[str] = typer.Argument(None, help="Nama edisi, misalnya 2024-W31."),
        every: bool = typer.Option(False, "--all", help="Semua edisi."),
        gate: bool = typer.Option(
            False, help="Ulangi juga pemeriksaan sebelum terbit (data pribadi, tautan)."
        ),
    ) -> None:
        from ektp_analysis.settings import load_settings
        from ektp_analysis.site.catalogue import verify as run

        failed = 0
        for name, problems in run(load_settings().editions, names or [], every=every, gate=gate):
            failed += bool(problems)
            typer.echo(f"{name}: {'utuh' if not problems else f'{len(problems)} masalah'}")
            for problem in problems[:20]:
                typer.echo(f"  {problem}")
        if failed:
            raise typer.Exit(4)


def _send(settings: Settings) -> None:
    from ektp_analysis.site.deliver import deliver

    deliver(
        settings.editions,
        settings.targets,
        keep=settings.retention,
        ssh=settings.ssh_command,
        told=typer.echo,
    )
