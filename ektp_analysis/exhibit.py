"""What a notebook cell shows: one figure or one table, with its words and its data.

In Jupyter an exhibit is shown as HTML. ``text/plain`` carries the finding and the numbers: it is
what a person reads in a diff and what nbval compares; with ``EKTP_EXHIBITS=plain`` it is all that
there is, as in the committed notebooks. When notebooks are run for the site (``data``), the
data go along in a media type of their own, from which the downloads beside the page are made.
"""

from __future__ import annotations

import base64
import html
import io
import os
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from great_tables import GT
from matplotlib.figure import Figure

MEDIA_TYPE = "application/vnd.ektp.exhibit+json"
SWITCH = "EKTP_EXHIBITS"


@dataclass(frozen=True)
class Exhibit:
    """A figure or table ready to be shown.

    Attributes
    ----------
    name
        File stem of its downloads.
    finding
        The sentence that it supports; for a figure also its alternative text.
    body
        HTML.
    data
        Exactly what is shown, as a table for download, Indonesian column names.
    svg
        The figure, "" for a table.
    """

    name: str
    finding: str
    body: str
    data: pd.DataFrame
    svg: str = ""

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = {
            "text/plain": f"{self.finding}\n\n{self.data.to_string(index=False, na_rep='–')}",
            "text/html": self.body,
        }
        if os.environ.get(SWITCH) == "plain":
            del bundle["text/html"]
        if os.environ.get(SWITCH) == "data":
            bundle[MEDIA_TYPE] = {
                "name": self.name,
                "finding": self.finding,
                "svg": self.svg,
                "columns": list(self.data.columns),
                "rows": [[_plain(v) for v in row] for row in self.data.itertuples(index=False)],
            }
        return bundle


def _plain(value: object) -> object:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value


def show_figure(figure: Figure, *, name: str, finding: str, data: pd.DataFrame) -> Exhibit:
    """An exhibit of a figure; the figure is closed.

    Parameters
    ----------
    figure
        Drawn; its title says the finding.
    name
        Lower-case stem with dashes.
    finding
        One sentence, the alternative text.
    data
        The numbers that it draws.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    plt.close(figure)
    svg = buffer.getvalue()
    encoded = base64.b64encode(svg.encode()).decode()
    width, height = (round(72 * side) for side in figure.get_size_inches())
    body = (
        f'<figure class="ektp-figure" id="{name}"><img src="data:image/svg+xml;base64,{encoded}" '
        f'alt="{html.escape(finding, quote=True)}" width="{width}" height="{height}"></figure>'
    )
    return Exhibit(name, finding, body, data, svg)


def show_table(table: GT, *, name: str, finding: str, data: pd.DataFrame) -> Exhibit:
    """An exhibit of a great_tables table.

    Parameters
    ----------
    table, name, finding, data
        As for :func:`show_figure`; ``data`` is what the table shows, hidden cells left out.
    """
    inner = table.as_raw_html(inline_css=False)
    return Exhibit(name, finding, f'<div class="ektp-table" id="{name}">{inner}</div>', data)


def show_text(sentence: object) -> Exhibit:
    """A sentence in place of a figure or table that the data cannot support."""
    text = str(sentence)
    body = f'<p class="ektp-note">{html.escape(text)}</p>'
    return Exhibit("catatan", text, body, pd.DataFrame())
