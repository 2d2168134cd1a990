"""The outputs of the committed notebooks: made again on the committed sample, as plain text."""

from __future__ import annotations

import os
from pathlib import Path

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
        for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
            cell.execution_count = number + 1
            for output in cell.outputs:
                output.pop("metadata", None)
                if output.output_type == "execute_result":
                    output["metadata"], output["execution_count"] = {}, number + 1
        own = {"ektp": notebook.metadata["ektp"]} if "ektp" in notebook.metadata else {}
        notebook.metadata = {
            **own,
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
        }
        nbformat.write(notebook, path)
        written.append(path)
    return written
