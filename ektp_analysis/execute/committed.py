"""The outputs of the committed notebooks: made again on the committed sample, as plain text."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from ektp_analysis.exhibit import SWITCH
from ektp_analysis.regions import data_dir


def refresh(folder: Path) -> list[Path]:
    """Execute every notebook of a folder in place, with its defaults, on the committed sample.

    What is written is the same on every machine: no counts, times or kernel details.
    """
    os.environ.update({"EKTP_STORE": str(data_dir() / "sample" / "store"), SWITCH: "plain"})
    written = []
    for path in sorted(folder.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(
            notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}},
            record_timing=False,
        ).execute()  # fmt: skip
        for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
            cell.execution_count = number + 1
            for output in cell.outputs:
                output.pop("metadata", None)
                if output.output_type == "execute_result":
                    output["metadata"], output["execution_count"] = {}, number + 1
        notebook.metadata = {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
        nbformat.write(notebook, path)
        written.append(path)
    return written
