"""The outputs of the committed notebooks: made again on the committed sample, as plain text."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbclient import NotebookClient

from ektp_analysis.exhibit import SWITCH
from ektp_analysis.regions import data_dir


def refresh(folder: Path, names: list[str] | None = None) -> list[Path]:
    """Execute notebooks of a folder in place, with their defaults, on the committed sample.

    Parameters
    ----------
    folder
        Folder of the notebooks.
    names
        Stems; all by default.

    Returns
    -------
    list of Path
        What was written: the same on every machine, without times or kernel details.
    """
    os.environ.update({"EKTP_STORE": str(data_dir() / "sample" / "store"), SWITCH: "plain"})
    written = []
    for path in sorted(folder.glob("*.ipynb")):
        if names is not None and path.stem not in names:
            continue
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
            record_timing=False,
        ).execute()  # fmt: skip
        nbformat.write(cleaned(notebook), path)
        written.append(path)
    return written


def cleaned(notebook: Any) -> Any:
    """A notebook as it is committed: plain-text outputs, and nothing of the machine that ran it.

    Parameters
    ----------
    notebook
        Changed in place: outputs keep ``text/plain`` only (streams and errors are left out), cells
        keep their tags, the notebook keeps its language and ``ektp`` metadata.

    Returns
    -------
    NotebookNode
        The same notebook.
    """
    number = 0
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type != "code":
            continue
        number += 1
        kept = []
        for output in cell.outputs:
            if "text/plain" not in output.get("data", {}):
                continue
            output.data = {"text/plain": output.data["text/plain"]}
            output["metadata"] = {}
            if output.output_type == "execute_result":
                output["execution_count"] = number
            kept.append(output)
        cell.outputs = kept
        cell.execution_count = number if kept or cell.execution_count else None
    own = {"ektp": notebook.metadata["ektp"]} if "ektp" in notebook.metadata else {}
    notebook.metadata = {
        **own,
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    }
    return notebook


def clean_stream(source: TextIO, target: TextIO) -> None:
    """The git filter of :func:`cleaned`: what is no notebook passes unchanged."""
    text = source.read()
    try:
        notebook = nbformat.reads(text, as_version=4)
    except Exception:  # an unfinished merge, say: git must get it as it is
        target.write(text)
        return
    target.write(nbformat.writes(cleaned(notebook)) + "\n")
