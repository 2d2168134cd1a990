"""Where a notebook failed: cell and line, for the analyst who mends it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"Cell In\[\d+\], line (\d+)")
_ARROW = re.compile(r"^-+> ?(\d+) ", re.M)
_DIGITS = re.compile(r"\d{6,}")


@dataclass(frozen=True)
class Place:
    """The first failed cell of a notebook.

    Attributes
    ----------
    cell
        Number of the code cell, from 1, as Jupyter counts them after *Run All*.
    line
        Line in the cell; 0 when the traceback does not say.
    source
        That line, "" when unknown.
    message
        Kind and words of the error, long numbers left out.
    """

    cell: int
    line: int
    source: str
    message: str

    def __str__(self) -> str:
        where = f"sel {self.cell}" + (f", baris {self.line}" if self.line else "")
        return f"{where}: {self.message}" + (f"  ⟶  {self.source}" if self.source else "")


def failure_place(notebook: Any) -> Place | None:
    """The first code cell with an error output, or None when no cell failed.

    Cells that papermill adds (its banner and the injected parameters) are not counted.
    """
    number = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        if (
            cell.cell_type != "code"
            or "injected-parameters" in tags
            or "papermill-error-cell-tag" in tags
        ):
            continue
        number += 1
        for output in cell.get("outputs", []):
            if output.get("output_type") != "error":
                continue
            text = _ANSI.sub("", "\n".join(output.get("traceback", [])))
            hit = _LINE.search(text) or _ARROW.search(text)
            line = int(hit.group(1)) if hit else 0
            lines = cell.source.splitlines()
            message = f"{output.get('ename', '')}: {output.get('evalue', '')}".strip(": ")
            return Place(
                number,
                line,
                _DIGITS.sub("…", lines[line - 1].strip()) if 0 < line <= len(lines) else "",
                _DIGITS.sub("…", message),
            )
    return None
