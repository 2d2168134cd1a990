"""The ``ektp`` command: nothing but wiring.

Each sub-package keeps its commands in a module ``command``; a command's body imports what it
needs, so that ``ektp --help`` stays quick.
"""

from __future__ import annotations

import importlib
import os
import sys

import typer

from ektp_analysis import __version__
from ektp_analysis.errors import UNEXPECTED, EktpError
from ektp_analysis.private import report_unexpected, silence

app = typer.Typer(
    help="Laporan mingguan perekaman KTP-el: dari berkas kantor ke situs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMAND_MODULES = [
    "ektp_analysis.sample.command",
    "ektp_analysis.ingest.command",
    "ektp_analysis.execute.command",
    "ektp_analysis.takeaway.command",
    "ektp_analysis.site.command",
    "ektp_analysis.site.editions_command",
    "ektp_analysis.workshop.command",
    "ektp_analysis.doctor.command",
    "ektp_analysis.guard",
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ektp {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Tampilkan versi."
    ),
) -> None:
    """Laporan mingguan perekaman KTP-el."""


for _module in _COMMAND_MODULES:
    importlib.import_module(_module).register(app)


def main() -> None:
    """Run the command; an :class:`EktpError` becomes one sentence and its exit code.

    An unexpected error is told without its message, which may quote a row about a person; with
    ``EKTP_TRACEBACK=1`` (for sample data only) Python's own traceback is shown.
    """
    loud = os.environ.get("EKTP_TRACEBACK") == "1"
    if not loud:
        silence()
    try:
        app()
    except EktpError as error:
        print(f"ektp: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("ektp: dihentikan.", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        if loud:
            raise
        print(f"ektp: {report_unexpected(error)}", file=sys.stderr)
        sys.exit(UNEXPECTED)
