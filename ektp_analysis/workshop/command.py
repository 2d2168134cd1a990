"""``ektp report``, ``run``, ``new`` and ``preview``."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from ektp_analysis.parameters import Report

FLAGS = {
    "district": ("--kecamatan", "--district"),
    "cohort_year": ("--tahun-lahir", "--cohort-year"),
}
"""Options of which staff would not guess the English name."""


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.add_typer(
        _group("Parameter setiap laporan: ektp report NAMA --help.", _describe), name="report"
    )
    app.add_typer(_group("Jalankan satu laporan menjadi satu halaman HTML.", _run), name="run")
    new = typer.Typer(
        help="Buat laporan, gambar, atau kantor baru dari kerangka yang sudah jalan.",
        no_args_is_help=True,
    )
    _register_new(new)
    app.add_typer(new, name="new")

    @app.command(help="Tampilkan situs sambil menyunting: hanya yang berubah dibangun ulang.")
    def preview(
        kecamatan: list[str] = typer.Option(
            [],
            help="Kecamatan yang ikut dibangun; boleh diulang. Bawaan: yang dicontohkan laporan.",
        ),
        port: int = typer.Option(8001, help="Nomor port."),
        open_browser: bool = typer.Option(True, "--open/--no-open", help="Buka peramban."),
    ) -> None:
        from ektp_analysis.workshop.preview import preview as run

        run(Path.cwd(), kecamatan=kecamatan, port=port, open_browser=open_browser)


class _Reports(TyperGroup):
    """One command for each report, made only when it is asked for: other commands stay quick."""

    make: Callable[[Report], Callable[..., None]]

    def list_commands(self, ctx: Any) -> list[str]:
        from ektp_analysis.parameters import REPORTS

        return list(REPORTS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        from ektp_analysis.errors import ParameterError
        from ektp_analysis.parameters import REPORTS

        if cmd_name not in REPORTS:
            raise ParameterError(
                f"Laporan “{cmd_name[:40]}” tidak dikenal", "", f"Pilih: {', '.join(REPORTS)}"
            )
        report = REPORTS[cmd_name]
        reach = "setiap kecamatan" if report.per_district else "seluruh kabupaten"
        single = typer.Typer(rich_markup_mode=None, add_completion=False)
        help_text = f"{report.title} ({reach})."
        single.command(name=report.name, help=help_text)(type(self).make(report))
        return typer.main.get_command(single)


def _group(help_text: str, make: Callable[[Report], Callable[..., None]]) -> typer.Typer:
    kind = type("Reports", (_Reports,), {"make": staticmethod(make)})
    group = typer.Typer(help=help_text, no_args_is_help=True, cls=kind)
    group.callback()(lambda: None)
    return group


def _options(report: Report) -> list[inspect.Parameter]:
    """One option for each field of the report's schema, with its type, default and help."""
    options = []
    for name in report.parameters.names():
        field = report.parameters.model_fields[name]
        flags = FLAGS.get(name, (f"--{name.replace('_', '-')}",))
        options.append(
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=typer.Option(field.default, *flags, help=field.description),
                annotation=field.annotation,
            )
        )
    return options


def _with_signature(
    body: Callable[..., None], options: list[inspect.Parameter]
) -> Callable[..., None]:
    body.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    body.__annotations__ = {o.name: o.annotation for o in options}
    return body


def _describe(report: Report) -> Callable[..., None]:
    def show(**values: Any) -> None:
        as_json = values.pop("as_json")
        parameters = report.validate(values)
        if as_json:
            typer.echo(
                json.dumps(report.parameters.model_json_schema(), ensure_ascii=False, indent=1)
            )
            return
        typer.echo(f"{report.page_title(parameters)}  (notebooks/{report.name}.ipynb)")
        for name, value in parameters.model_dump().items():
            field = report.parameters.model_fields[name]
            kind = getattr(field.annotation, "__name__", "")
            typer.echo(f"  {name} ({kind}) = {value!r}   # {field.description}")
        typer.echo(f"Jalankan: ektp run {report.name}")

    as_json = inspect.Parameter(
        "as_json",
        inspect.Parameter.KEYWORD_ONLY,
        default=typer.Option(False, "--json", help="Skema sebagai JSON Schema."),
        annotation=bool,
    )
    return _with_signature(show, [*_options(report), as_json])


def _run(report: Report) -> Callable[..., None]:
    def run(**values: Any) -> None:
        from ektp_analysis.workshop.single import run_report

        output, opened, file = values.pop("output"), values.pop("opened"), values.pop("file")
        page = run_report(report.name, _from_file(file, values, report), output)
        typer.echo(f"Ditulis: {page}")
        if opened:
            typer.launch(page.resolve().as_uri())

    kind = inspect.Parameter.KEYWORD_ONLY
    return _with_signature(
        run,
        [
            *_options(report),
            inspect.Parameter(
                "file",
                kind,
                default=typer.Option(
                    None, "--parameters-file", "-f", help="Nilai dari berkas YAML."
                ),
                annotation=Path | None,
            ),
            inspect.Parameter(
                "output",
                kind,
                default=typer.Option(None, "--output", "-o", help="Halaman yang ditulis."),
                annotation=Path | None,
            ),
            inspect.Parameter(
                "opened",
                kind,
                default=typer.Option(False, "--open", help="Buka di peramban."),
                annotation=bool,
            ),
        ],
    )


def _from_file(file: Path | None, values: dict[str, Any], report: Report) -> dict[str, Any]:
    """Values of a YAML file; an option that was given a value of its own wins."""
    if file is None:
        return values
    import yaml

    from ektp_analysis.errors import ParameterError

    try:
        written = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        raise ParameterError(
            "Berkas parameter tidak terbaca", file.name, "Periksa nama dan penulisan YAML-nya"
        ) from None
    if not isinstance(written, dict):
        raise ParameterError(
            "Berkas parameter bukan daftar nama dan nilai", file.name, "Tulis: nama: nilai"
        )
    defaults = {name: field.default for name, field in report.parameters.model_fields.items()}
    given = {name: value for name, value in values.items() if value != defaults[name]}
    dates = {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in written.items()}
    return {**dates, **given}


def _register_new(app: typer.Typer) -> None:
    @app.command(help="Buku catatan laporan baru yang langsung jalan dan tampil di situs.")
    def report(
        name: str = typer.Argument(help="Nama berkas, huruf kecil: misalnya usia_lanjut."),
        title: str = typer.Option("", "--judul", help="Judul halaman; bawaan: dari nama."),
        regency: bool = typer.Option(
            False, "--kabupaten", help="Satu halaman untuk kabupaten, bukan untuk tiap kecamatan."
        ),
    ) -> None:
        from ektp_analysis.workshop.scaffold import new_report

        path = new_report(name, title, per_district=not regency)
        typer.echo(f"Ditulis: {path}")
        typer.echo(f"Coba: ektp run {path.stem} --open; ikut situs pada ektp build berikutnya.")

    @app.command(help="Gambar baru: fungsi gambar, fungsi laporan, dan ujinya.")
    def figure(
        name: str = typer.Argument(help="Nama modul, huruf kecil: misalnya usia_lanjut."),
    ) -> None:
        from ektp_analysis.workshop.scaffold import new_figure

        for path in new_figure(name):
            typer.echo(f"Ditulis: {path}")

    @app.command(help="Folder kerja kantor lain: wilayah, pengaturan, gudang kosong.")
    def kabupaten(
        code: str = typer.Argument(help="Kode Kemendagri kabupaten/kota, misalnya 17.71."),
        source: Path | None = typer.Option(
            None,
            "--wilayah",
            help="Berkas desa (csv/xlsx: kode, nama); bawaan: paket npm idn-area-data.",
        ),
        folder: Path | None = typer.Option(None, help="Folder yang dibuat; bawaan: dari nama."),
    ) -> None:
        from ektp_analysis.workshop.office import new_office

        path, districts, villages = new_office(code, source, folder)
        typer.echo(f"{path}: {districts} kecamatan, {villages} desa/kelurahan.")
        typer.echo(
            f"Taruh berkas kantor di {path}/data/inbox/TANGGAL/, lalu: cd {path} && ektp build"
        )
