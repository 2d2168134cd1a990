"""A report that could not be made: its page leads to the last one that could."""

from __future__ import annotations

from pathlib import Path

import nbformat
import yaml

from ektp_analysis.execute.finish import failure_notebook
from ektp_analysis.execute.run import Outcome
from ektp_analysis.site.editions import ARCHIVE, editions
from ektp_analysis.site.manifest import read_manifest


def last_good(folder: Path, page: str) -> str | None:
    """Name of the newest edition in which a page's report was made.

    Parameters
    ----------
    folder
        Folder of the editions.
    page
        Path of the page below the site, ``laporan/curup/backlog.html``.
    """
    for name in reversed(editions(folder)):
        manifest = read_manifest(folder / name)
        if manifest and page in manifest.files and page not in manifest.failed:
            return name
    return None


def link_last_good(project: Path, folder: Path, outcomes: list[Outcome]) -> None:
    """Write the page of each failed report with a link to its last good edition.

    Parameters
    ----------
    project
        Folder in which the executed notebooks are.
    folder
        Folder of the editions.
    outcomes
        Of the execution.
    """
    for outcome in outcomes:
        if outcome.state != "failed":
            continue
        page = f"{outcome.label}.html"
        name = last_good(folder, page)
        if name is None:
            continue
        up = "../" * outcome.label.count("/")
        target = project / f"{outcome.label}.ipynb"
        notebook = failure_notebook(
            _title(target), outcome.sentence, edition=name, link=f"{up}{ARCHIVE}/{name}/{page}"
        )
        nbformat.write(notebook, target)


def _title(page: Path) -> str:
    front = nbformat.read(page, as_version=4).cells[0].source.strip("-\n")
    return str(yaml.safe_load(front)["title"])
