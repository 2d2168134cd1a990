"""One report as one HTML page, without the site: for a question that cannot wait for Friday."""

from __future__ import annotations

import html
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt

from ektp_analysis import regions
from ektp_analysis.errors import ExecutionError
from ektp_analysis.execute.plan import check_notebook
from ektp_analysis.exhibit import SWITCH
from ektp_analysis.parameters import REPORTS, DistrictParameters, notebooks_dir
from ektp_analysis.store import open_store
from ektp_analysis.workshop.trace import failure_place

FOLDER = Path(".ektp/sekali")


def run_report(
    report: str, values: dict[str, Any], output: Path | None = None, timeout: int = 300
) -> Path:
    """Execute a report with the given parameters and write it as one page.

    Parameters
    ----------
    report
        Name in :data:`ektp_analysis.parameters.REPORTS`.
    values
        Parameters; those left out keep their defaults.
    output
        Page to write; by default under ``.ektp/sekali/``.
    timeout
        Seconds for one cell.

    Returns
    -------
    Path
        The page: figures and style inside, no other file.

    Raises
    ------
    ParameterError
        When a value does not fit.
    StoreError
        When there is no data of that date.
    ExecutionError
        When a cell fails; names the cell and the line.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    declared = REPORTS[report]
    parameters = declared.validate(values)
    open_store(parameters.store or None).resolve(parameters.as_of or None)
    source = notebooks_dir() / f"{report}.ipynb"
    check_notebook(source)
    before = os.environ.pop(SWITCH, None)
    try:
        with tempfile.TemporaryDirectory(prefix="ektp-") as folder:
            raw = Path(folder) / "raw.ipynb"
            try:
                papermill.execute_notebook(
                    str(source), str(raw), parameters.model_dump(), progress_bar=False,
                    cwd=str(source.parent), kernel_name="python3", execution_timeout=timeout,
                    log_output=False,
                )  # fmt: skip
            except PapermillExecutionError:
                place = failure_place(nbformat.read(raw, as_version=4))
                raise ExecutionError(
                    f"Laporan gagal di {place}", source.name, "Betulkan sel itu lalu jalankan lagi"
                ) from None
            notebook = nbformat.read(raw, as_version=4)
    finally:
        if before is not None:
            os.environ[SWITCH] = before
    page = output or FOLDER / f"{_stem(report, parameters)}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(as_html(notebook, declared.page_title(parameters)), encoding="utf-8")
    return page


def _stem(report: str, parameters: Any) -> str:
    parts = [report]
    if isinstance(parameters, DistrictParameters):
        parts.append(str(regions.find_district(parameters.district)["district_slug"]))
    return "-".join([*parts, parameters.as_of or "terakhir"])


def as_html(notebook: Any, title: str) -> str:
    """An executed notebook as one page: words, figures and tables, no code.

    Parameters
    ----------
    notebook
        With outputs; of those only HTML and plain text are shown.
    title
        Title of the page, in place of the notebook's own.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    parts = [f"<h1>{html.escape(title)}</h1>"]
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            text = cell.source
            if number == 0 and text.startswith("# "):
                text = text.partition("\n")[2]
            parts.append(markdown.render(text))
        elif cell.cell_type == "code":
            for shown in cell.outputs:
                data = shown.get("data", {})
                if "text/html" in data:
                    parts.append(data["text/html"])
                elif "text/plain" in data:
                    parts.append(f"<pre>{html.escape(data['text/plain'])}</pre>")
    style = notebooks_dir().parent / "theme" / "ektp.css"
    css = style.read_text(encoding="utf-8") if style.exists() else ""
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="id">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{css}\n"
        "body { max-width: 48rem; margin: 1rem auto; padding: 0 1rem; line-height: 1.5; }\n"
        f"</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
