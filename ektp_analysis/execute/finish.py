"""From papermill's output to a page: title, downloads, and nothing of the machine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import yaml

from ektp_analysis.execute.downloads import Downloads
from ektp_analysis.exhibit import MEDIA_TYPE, REPORT_MEDIA_TYPE
from ektp_analysis.format import plain_markdown

KEPT_METADATA = ("kernelspec", "language_info")


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
    downloads = Downloads(folder, report, title)
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type != "code":
            if re.search(r"(?m)^#", cell.source):
                downloads.start_section()
            continue
        # what a library prints (a progress bar, a warning) is for the log, not for staff
        cell.outputs = [output for output in cell.outputs if output.output_type != "stream"]
        for output in cell.outputs:
            output.pop("metadata", None)
            if output.output_type in ("execute_result", "display_data"):
                output["metadata"] = {}
                if (context := output.data.pop(REPORT_MEDIA_TYPE, None)) is not None:
                    downloads.describe(context)
                if (exhibit := output.data.pop(MEDIA_TYPE, None)) is not None:
                    output.data["text/html"] = downloads.add(output.data["text/html"], exhibit)
    downloads.write_tables()
    if downloads.tables:
        downloads.write_notebook(notebook)
        notebook.cells.append(nbformat.v4.new_markdown_cell(downloads.links(), id="downloads"))
    heading = notebook.cells[0]
    heading.source = re.sub(r"^# .*\n*", "", heading.source)
    front = yaml.safe_dump({"title": plain_markdown(title)}, allow_unicode=True).strip()
    notebook.cells.insert(0, nbformat.v4.new_raw_cell(f"---\n{front}\n---", id="front-matter"))
    notebook.metadata = {k: v for k, v in notebook.metadata.items() if k in KEPT_METADATA}
    notebook.metadata.get("language_info", {}).pop("version", None)
    return notebook


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
    front = yaml.safe_dump({"title": plain_markdown(title)}, allow_unicode=True).strip()
    way = (
        f"Pakai laporan terakhir yang berhasil dibuat: [edisi {edition}]({link})."
        if link
        else "Belum ada edisi sebelumnya yang memuat laporan ini."
    )
    text = (
        "::: {.callout-warning}\n## Laporan ini belum dapat dibuat minggu ini\n\n"
        f"{way} Laporan lain tidak terpengaruh.\n\n"
        f"Sebab, untuk petugas data: {sentence.rstrip('.')}.\n:::"
    )
    return nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_raw_cell(f"---\n{front}\n---", id="front-matter"),
            nbformat.v4.new_markdown_cell(text, id="failure"),
        ]
    )
