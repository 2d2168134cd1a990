"""What a notebook cell shows: one figure or one table, with its words and its data.

In Jupyter an exhibit is shown as HTML. ``text/plain`` carries the finding and the numbers: it is
what a person reads in a diff and what nbval compares; with ``EKTP_EXHIBITS=plain`` it is all that
there is, as in the committed notebooks. When notebooks are run for the site (``data``), the
data go along in a media type of their own, from which the downloads beside the page are made.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import os
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from great_tables import GT
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

MEDIA_TYPE = "application/vnd.ektp.exhibit+json"
REPORT_MEDIA_TYPE = "application/vnd.ektp.report+json"
"""Place and date of a report, beside the output of its first cell."""
SWITCH = "EKTP_EXHIBITS"
PNG_DPI = 180
PNG_COLOURS = 96
"""Of the house style's few inks with their anti-aliased edges; half the bytes of true colour."""


_OF_THE_TABLE = re.compile(r"<(?:table|thead|tbody|tfoot|tr|th|td)\b[^>]*>")
_IDLE = re.compile(r' (?:headers|id|style|data-quarto-[a-z-]+)="[^"]*"| (?:rowspan|colspan)="1"')


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
        Exactly what is shown, as a table for download, Indonesian column names. Its
        ``attrs["marks"]`` may say how the page prints the cells that are missing because they are
        hidden: texts (“<5”, “•”, "" where shown) by column.
    svg
        The figure, "" for a table.
    png
        The same figure as pixels, empty for a table.
    """

    name: str
    finding: str
    body: str
    data: pd.DataFrame
    svg: str = ""
    png: bytes = b""

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
                "png": base64.b64encode(self.png).decode(),
                "shown": "svg" if svg_is_smaller(self.svg, self.png) else "png",
                "columns": list(self.data.columns),
                "rows": [[_plain(v) for v in row] for row in self.data.itertuples(index=False)],
                "marks": self.data.attrs.get("marks", {}),
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
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    figure.set_layout_engine("none")  # it stands: laying out takes longer than drawing
    svg = compact_svg(buffer.getvalue())
    png = b"" if os.environ.get(SWITCH) == "plain" else small_png(figure)
    kind, content = ("svg+xml", svg.encode()) if svg_is_smaller(svg, png) else ("png", png)
    encoded = base64.b64encode(content).decode()
    width, height = (round(72 * side) for side in figure.get_size_inches())
    body = (
        f'<figure class="ektp-figure" id="{name}"><img src="data:image/{kind};base64,{encoded}" '
        f'alt="{html.escape(finding, quote=True)}" width="{width}" height="{height}"></figure>'
    )
    return Exhibit(name, finding, body, data, svg, png)


def compact_svg(svg: str) -> str:
    """The same drawing in fewer bytes: no comments, no metadata, no line ends, short numbers.

    Examples
    --------
    >>> compact_svg('<svg>\\n <!-- a --><path d="M 1.23456 2"/>\\n</svg>')
    '<svg><path d="M 1.23 2"/></svg>'
    >>> compact_svg('<g transform="scale(0.015625)"/>')
    '<g transform="scale(0.015625)"/>'
    """
    out = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.S)
    out = re.sub(r">\s+<", "><", out)
    out = re.sub(r"-?\d+\.\d{3,}", _shorter, out)
    return re.sub(r"\s*\n\s*", " ", out).strip()


def _shorter(match: re.Match[str]) -> str:
    value = float(match.group())
    # a number under 1 may be the scale of a letter, where a hundredth is a visible error
    digits = 2 if abs(value) >= 1 else 6
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def small_png(figure: Figure) -> bytes:
    """The figure as a PNG with a palette, sharp on a phone's screen."""
    figure.set_dpi(PNG_DPI)
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    few = picture.quantize(PNG_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # the method rounds down by a step, which leaves the paper off white
    few.putpalette([255 if level >= 254 else level for level in few.getpalette() or []])
    out = io.BytesIO()
    few.save(out, "PNG", compress_level=8)  # 9 takes three times as long for 2% less
    return out.getvalue()


def svg_is_smaller(svg: str, png: bytes) -> bool:
    """Whether the SVG, compressed as a web server sends it, is the lighter of the two."""
    return not png or len(gzip.compress(svg.encode(), mtime=0)) <= len(png)


def show_table(table: GT, *, name: str, finding: str, data: pd.DataFrame) -> Exhibit:
    """An exhibit of a great_tables table.

    Parameters
    ----------
    table, name, finding, data
        As for :func:`show_figure`; ``data`` is what the table shows, hidden cells left out.
    """
    inner = bare_table(table.as_raw_html(inline_css=False))
    body = (
        f'<div class="ektp-table" id="{name}" tabindex="0" role="region" '
        f'aria-label="{html.escape(finding, quote=True)}">{inner}</div>'
    )
    return Exhibit(name, finding, body, data)


def bare_table(markup: str) -> str:
    """The table alone, without the styles and the frame that great_tables puts around it.

    Each table would carry 8 kB of rules with fixed light colours; the site's own style sheet has one
    set for all tables, light and dark. Cell references (``headers``) go too: great_tables makes them
    from the headings, and an id must be unique on a page.
    """
    start, end = markup.index("<table"), markup.rindex("</table>") + len("</table>")
    return _OF_THE_TABLE.sub(lambda tag: _IDLE.sub("", tag.group()), markup[start:end])


def show_panel(markup: str, *, name: str, finding: str, data: pd.DataFrame) -> Exhibit:
    """An exhibit of ready HTML from :mod:`ektp_analysis.panels`.

    Parameters
    ----------
    markup
        Names in it are escaped already.
    name, finding, data
        As for :func:`show_figure`.
    """
    return Exhibit(name, finding, f'<div class="ektp-panel" id="{name}">{markup}</div>', data)


def show_text(sentence: object) -> Exhibit:
    """A sentence in place of a figure or table that the data cannot support."""
    text = str(sentence)
    body = f'<p class="ektp-note">{html.escape(text)}</p>'
    return Exhibit("catatan", text, body, pd.DataFrame())
