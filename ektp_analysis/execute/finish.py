"""From papermill's output to a page: title, downloads, and nothing of the machine."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from typing import Any

import nbformat
import yaml

from ektp_analysis.exhibit import MEDIA_TYPE
from ektp_analysis.tables.download import write_csv, write_xlsx

KEPT_METADATA = ("kernelspec", "language_info")
_DATA_URI = re.compile(r'src="data:image/(?:svg\+xml|png);base64,[^"]+"')


def finish_notebook(notebook: Any, *, title: str, report: str, folder: Path) -> Any:
    """Make the page's notebook, and write its figures and downloads.

    Parameters
    ----------
    notebook
        As papermill executed it.
    title
        Title of the page.
    report
        Name; files go to ``files/<report>/`` under the folder.
    folder
        Folder of the page.

    Returns
    -------
    NotebookNode
        With a front matter cell, relative links in place of embedded figures, and only metadata
        that is the same on every machine.
    """
    files = folder / "files" / report
    count = 0
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            output.pop("metadata", None)
            if output.output_type in ("execute_result", "display_data"):
                output["metadata"] = {}
                exhibit = output.data.pop(MEDIA_TYPE, None)
                if exhibit is not None and exhibit["columns"]:
                    count += 1
                    # the same figure may be shown twice with other numbers
                    stem = (
                        exhibit["name"]
                        if not (files / f"{exhibit['name']}.csv").exists()
                        else f"{exhibit['name']}-{count}"
                    )
                    output.data["text/html"] = _externalise(
                        output.data["text/html"], exhibit, files, stem, report
                    )
    heading = notebook.cells[0]
    heading.source = re.sub(r"^# .*\n*", "", heading.source)
    front = yaml.safe_dump({"title": title}, allow_unicode=True).strip()
    notebook.cells.insert(0, nbformat.v4.new_raw_cell(f"---\n{front}\n---", id="front-matter"))
    notebook.metadata = {k: v for k, v in notebook.metadata.items() if k in KEPT_METADATA}
    notebook.metadata.get("language_info", {}).pop("version", None)
    return notebook


def _externalise(body: str, exhibit: dict[str, Any], files: Path, stem: str, report: str) -> str:
    files.mkdir(parents=True, exist_ok=True)
    link = f"files/{report}/{stem}"
    kinds = ["csv", "xlsx"]
    write_csv(files / f"{stem}.csv", exhibit["columns"], exhibit["rows"])
    write_xlsx(files / f"{stem}.xlsx", exhibit["columns"], exhibit["rows"])
    if exhibit["svg"]:
        (files / f"{stem}.svg").write_text(exhibit["svg"], encoding="utf-8")
        (files / f"{stem}.png").write_bytes(base64.b64decode(exhibit["png"]))
        body = _DATA_URI.sub(f'src="{link}.{exhibit["shown"]}" loading="lazy"', body)
        kinds += ["png", "svg"]
    about = html.escape(exhibit["finding"], quote=True)
    links = " · ".join(
        f'<a href="{link}.{kind}" download aria-label="Unduh {kind.upper()}: {about}">{kind.upper()}</a>'
        for kind in kinds
    )
    return f'{body}\n<p class="ektp-downloads">Unduh: {links}</p>'


def failure_notebook(title: str, sentence: str, *, edition: str = "", link: str = "") -> Any:
    """The page in place of a report that could not be made.

    Parameters
    ----------
    title
        Title of the page.
    sentence
        Why, for staff.
    edition, link
        Name of the last edition in which the report was made, and the address of its page.
    """
    front = yaml.safe_dump({"title": title}, allow_unicode=True).strip()
    way = (
        f"Pakai laporan terakhir yang berhasil dibuat: [edisi {edition}]({link})."
        if link
        else "Belum ada edisi sebelumnya yang memuat laporan ini."
    )
    text = (
        "::: {.callout-warning}\n## Laporan ini belum dapat dibuat minggu ini\n\n"
        f"{sentence}\n\n{way} Petugas data sudah mendapat pesan kesalahannya.\n:::"
    )
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_raw_cell(f"---\n{front}\n---", id="front-matter"),
            nbformat.v4.new_markdown_cell(text, id="failure"),
        ]
    )
