"""Typst: from a template of the package and data to PDF or PNG, the same bytes on every machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import matplotlib
import typst

TEMPLATES = Path(__file__).parent
PDF_STANDARD = "ua-1"
"""PDF/UA-1 (ISO 14289-1): tagged for screen readers. Typst refuses what does not conform."""


def typeset(template: str, data: dict[str, Any], kind: Literal["pdf", "png"]) -> bytes:
    """Set a template.

    Only fonts that come with Typst and matplotlib are used, never those of the machine. Data are
    handed over as JSON and never as markup, so that a name cannot do anything.

    Parameters
    ----------
    template
        Name of a ``.typ`` file beside this module.
    data
        What the template reads.
    kind
        ``pdf``: a tagged document; ``png``: the only page, one pixel per point.
    """
    options: dict[str, Any] = (
        {"format": "pdf", "pdf_standards": [PDF_STANDARD]}
        if kind == "pdf"
        else {"format": "png", "ppi": 72.0}
    )
    out = typst.compile(
        (TEMPLATES / template).read_bytes(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, sort_keys=True)},
        font_paths=[str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")],
        ignore_system_fonts=True,
        **options,
    )
    if not isinstance(out, bytes):
        raise TypeError("the template must have one page")
    return out
