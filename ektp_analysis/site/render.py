"""Render the project with Quarto where it is installed, else with the embedded renderer."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ektp_analysis.errors import SiteError
from ektp_analysis.site.embedded import finish_site

ENGINES = ("auto", "quarto", "embedded")
# not by the name of its script, which is not on the PATH of a timer or beside every interpreter
_EMBEDDED = "import sys; from smalldocs.cli import main; sys.exit(main())"


def render(project: Path, engine: str = "auto") -> str:
    """Render ``_quarto.yml`` of the project into ``_site``.

    Parameters
    ----------
    project
        Folder with ``_quarto.yml``.
    engine
        ``quarto``, ``embedded``, or ``auto``: Quarto when it is on the PATH.

    Returns
    -------
    str
        The engine that was used.

    Raises
    ------
    SiteError
        When the engine is missing or fails.
    """
    if engine not in ENGINES:
        raise SiteError(
            f"Perender “{engine[:20]}” tidak dikenal", "--engine", f"Pilih {', '.join(ENGINES)}"
        )
    if not (project / "index.ipynb").exists():
        raise SiteError("Belum ada laporan untuk dirender", "index.ipynb", "Jalankan: ektp execute")
    quarto = shutil.which("quarto")
    if engine == "quarto" and not quarto:
        raise SiteError(
            "Quarto tidak terpasang",
            "--engine quarto",
            "Pasang Quarto, atau pakai --engine embedded",
        )
    if quarto and engine != "embedded":
        command, used = [quarto, "render"], "quarto"
    else:
        # a page that is no longer in the project must not stay in the site
        shutil.rmtree(project / "_site", ignore_errors=True)
        command, used = (
            [sys.executable, "-c", _EMBEDDED, "render", "--quiet", "."],
            "embedded",
        )
    result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if result.returncode:
        tail = (result.stderr or result.stdout).strip().splitlines()[-3:]
        raise SiteError(
            "Situs gagal dirender",
            used,
            " ".join(tail) or "Jalankan perendernya langsung untuk melihat sebabnya",
        )
    if used == "embedded":
        finish_site(project / "_site")
    return used
