"""``ektp doctor`` and ``ektp notify``."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import typer

from ektp_analysis.site.command import EXIT_CODES


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""

    @app.command(
        help="Periksa pemasangan: Python, perender, huruf, disk, izin, data, edisi, jadwal.",
        epilog=EXIT_CODES,
    )
    def doctor(
        as_json: bool = typer.Option(False, "--json", help="Hasil sebagai JSON."),
        telling: bool = typer.Option(
            False, "--notify", help="Beri kabar bila ada yang salah atau perlu perhatian."
        ),
    ) -> None:
        from ektp_analysis.doctor.machine import examine as machine
        from ektp_analysis.doctor.office import examine as office
        from ektp_analysis.errors import InstallationError
        from ektp_analysis.notify import News, tell
        from ektp_analysis.settings import load_settings

        settings = load_settings()
        found = [*machine(), *office(Path.cwd(), settings)]
        if as_json:
            typer.echo(json.dumps([asdict(f) for f in found], ensure_ascii=False))
        else:
            for finding in found:
                typer.echo(str(finding))
        wrong = [f for f in found if f.state == "salah"]
        notable = [f for f in found if f.state != "baik"]
        if telling and notable:
            code = InstallationError.exit_code
            for problem in tell(settings, News("gagal", code, "\n".join(map(str, notable)))):
                typer.echo(f"ektp: {problem}", err=True)
        if not as_json:
            typer.echo(
                f"{len(wrong)} harus dibenahi, {len(notable) - len(wrong)} perlu perhatian."
                if notable
                else "Semua baik."
            )
        if wrong:
            raise typer.Exit(InstallationError.exit_code)

    @app.command(help="Beri kabar lewat perintah dan surel dalam pengaturan (dipakai oleh jadwal).")
    def notify(
        message: str = typer.Option("", help="Kalimat kabar."),
        code: int = typer.Option(0, help="Kode keluar proses yang gagal; bawaan: dari systemd."),
        test: bool = typer.Option(False, help="Kirim kabar percobaan."),
    ) -> None:
        from ektp_analysis.errors import InstallationError
        from ektp_analysis.notify import News, last_run, tell
        from ektp_analysis.settings import load_settings

        settings = load_settings()
        if not settings.notify_command and not settings.notify_email:
            raise InstallationError(
                "Belum ada yang dapat diberi kabar",
                "ektp.toml",
                "Isi notify_command atau notify_email",
            )
        # systemd (251 and later) hands these to the unit that OnFailure= starts
        result = os.environ.get("MONITOR_SERVICE_RESULT", "")
        status = os.environ.get("MONITOR_EXIT_STATUS", "")
        code = code or (int(status) if status.isdigit() else 1)
        last = last_run(Path.cwd())
        if test:
            message = "Ini hanya percobaan kabar; tidak ada yang gagal."
        elif not message and last and last["exit_code"] == code:
            message = str(last["sentence"])
        elif not message:
            message = f"Pembuatan laporan berhenti{f' ({result})' if result else ''}."
        problems = tell(settings, News("gagal", code, message))
        if problems:
            raise InstallationError("Kabar tidak sampai", "", " ".join(problems))
        typer.echo("Kabar terkirim.")
