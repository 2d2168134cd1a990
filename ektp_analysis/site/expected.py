"""Which pages an edition must have, and what became of the reports."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from ektp_analysis import regions
from ektp_analysis.execute.plan import output_path
from ektp_analysis.execute.run import STATUS
from ektp_analysis.parameters import REPORTS


def expected_pages(project: Path) -> tuple[str, ...]:
    """Paths of all pages that the site must have.

    Every report of every kecamatan, from the list of reports and not from what was executed, so
    that a report that silently vanished is missed; and a page for each source that ``_quarto.yml``
    says to render.

    Parameters
    ----------
    project
        Folder of ``_quarto.yml``.
    """
    pages = {"index.html"}
    for report in REPORTS.values():
        codes = regions.districts()["district_code"] if report.per_district else [None]
        pages |= {output_path(report, code).with_suffix(".html").as_posix() for code in codes}
    settings = yaml.safe_load((project / "_quarto.yml").read_text(encoding="utf-8"))
    for pattern in settings.get("project", {}).get("render", []):
        for source in project.glob(pattern):
            name = source.relative_to(project)
            if not any(part.startswith((".", "_")) for part in name.parts):
                pages.add(name.with_suffix(".html").as_posix())
    return tuple(sorted(pages))


def failed_pages(project: Path) -> tuple[str, ...]:
    """Pages whose report failed in the last execution."""
    try:
        states = json.loads((project / STATUS).read_text(encoding="utf-8"))
        return tuple(sorted(f"{s['label']}.html" for s in states if s["state"] == "failed"))
    except (OSError, ValueError, KeyError, TypeError):
        return ()
