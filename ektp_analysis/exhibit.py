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
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from PIL import Image

from ektp_analysis.table_markup import bare_table, labelled, too_wide

MEDIA_TYPE = "application/vnd.ektp.exhibit+json"
REPORT_MEDIA_TYPE = "application/vnd.ektp.report+json"
"""Place and date of a report, beside the output of its first cell."""
SWITCH = "EKTP_EXHIBITS"
PNG_DPI = 180
PNG_COLOURS = 96
"""Of the house style's few inks with their anti-aliased edges; half the bytes of true colour."""


_SENTENCE = re.compile(r"(?<=\.)(?<!\bKel\.)(?<!\bKab\.)(?<!\bKec\.) (?=[A-Z])")
TITLE_ID = "judul-gambar"
_TITLE = re.compile(rf'<g id="{TITLE_ID}">.*?</g></g>')
_SHAPE = re.compile(r'<path id="([^"]+)"[^>]*/>')
_USED = re.compile(r'href="#([^"]+)"')
_FRAME = re.compile(r'(<svg [^>]*?)height="[^"]*" viewBox="0 0 ([\d.]+) ([\d.]+)"')
_MARGIN = 0.01
"""Inches above a title that go with it; the layout leaves 0.04 there and as much under it."""


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
            bundle[MEDIA_TYPE] = self.contents()
        return bundle

    def contents(self) -> dict[str, Any]:
        """What the files for download are made from."""
        return {
            "name": self.name,
            "finding": self.finding,
            "svg": self.svg,
            "png": base64.b64encode(self.png).decode(),
            "columns": list(self.data.columns),
            "rows": [[_plain(v) for v in row] for row in self.data.itertuples(index=False)],
            "marks": self.data.attrs.get("marks", {}),
        }


def _plain(value: object) -> object:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return value.item() if hasattr(value, "item") else value


def show_figure(
    figure: Figure, *, name: str, finding: str, data: pd.DataFrame, folded: str = ""
) -> Exhibit:
    """An exhibit of a figure; the figure is closed.

    The page says the finding in words above the figure, so that the figure there has no title; the
    files for download keep it, for they stand alone.

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
    folded
        Words of a fold that hides the figure until it is opened; "" to show it.
    """
    cut = mark_title(figure)
    svg = _as_svg(figure)
    figure.set_layout_engine("none")  # it stands: laying out takes longer than drawing
    png = b"" if os.environ.get(SWITCH) == "plain" else small_png(figure)
    width, height = figure.get_size_inches()
    height -= cut
    if svg_is_smaller(svg, png):
        kind, content = "svg+xml", without_title(svg, 72 * cut).encode()
    else:
        kind, content = "png", _cut_top(png, round(cut * PNG_DPI))
    encoded = base64.b64encode(content).decode()
    body = (
        f'<figure class="ektp-figure" id="{name}"><img src="data:image/{kind};base64,{encoded}" '
        f'alt="{html.escape(finding, quote=True)}" width="{72 * width:.0f}" '
        f'height="{72 * height:.0f}"></figure>'
    )
    return Exhibit(name, finding, says(finding) + fold(body, folded), data, svg, png)


def says(finding: str) -> str:
    """A finding as a paragraph; what follows its first sentence is less prominent.

    Examples
    --------
    >>> says("Ke Kel. Air Rambai")
    '<p class="ektp-finding">Ke Kel. Air Rambai.</p>'
    >>> says("Sisa turun. Tahun depan juga.")
    '<p class="ektp-finding">Sisa turun. <span>Tahun depan juga.</span></p>'
    """
    first, *more = _SENTENCE.split(html.escape(finding.rstrip(".")) + ".", maxsplit=1)
    rest = f" <span>{more[0]}</span>" if more else ""
    return f'<p class="ektp-finding">{first}{rest}</p>'


def fold(body: str, words: str) -> str:
    """What a reader opens when wanted; it also opens without scripts, and for print."""
    if not words:
        return body
    return f'<details class="ektp-fold"><summary>{html.escape(words)}</summary>{body}</details>'


def mark_title(figure: Figure) -> float:
    """Give the title the id by which a drawing tells it apart; the inches that it takes at the top."""
    for text in figure.texts:
        if text.get_text() and text.get_text() == figure.get_suptitle():
            text.set_gid(TITLE_ID)
            lines = text.get_text().count("\n") + 1
            # matplotlib sets lines apart by 1.2 of the size of the letters, in points of 1/72 inch
            return 1.2 * lines * float(text.get_fontsize()) / 72 + _MARGIN
    return 0.0


def without_title(svg: str, points: float) -> str:
    """The drawing without its title and as much lower; drawing it anew would take ten times as long.

    Shapes of letters that the title defines and other words use stay where they are.

    Parameters
    ----------
    svg
        Of a figure whose title is marked, as :func:`compact_svg` gives it.
    points
        Height to take off at the top, in points.

    Examples
    --------
    >>> without_title('<svg height="9pt" viewBox="0 0 8 9"><g id="judul-gambar"><g><defs><path id="a"/>'
    ...     '<path id="b"/></defs><use href="#a"/><use href="#b"/></g></g><use href="#a"/></svg>', 2)
    '<svg height="7pt" viewBox="0 2 8 7"><defs><path id="a"/></defs><use href="#a"/></svg>'
    """
    title = _TITLE.search(svg)
    if title:
        before, after = svg[: title.start()], svg[title.end() :]
        used = set(_USED.findall(after))
        shapes = (shape[0] for shape in _SHAPE.finditer(title[0]) if shape[1] in used)
        svg = f"{before}<defs>{''.join(shapes)}</defs>{after}"
    return _FRAME.sub(lambda frame: _lower(frame, points), svg, count=1)


def _lower(frame: re.Match[str], points: float) -> str:
    left, top = _rounded(float(frame[3]) - points, 2), _rounded(points, 2)
    return f'{frame[1]}height="{left}pt" viewBox="0 {top} {frame[2]} {left}"'


def _as_svg(figure: Figure) -> str:
    """Drawn once: ``savefig`` would draw all of it before, for what a layout may still move."""
    canvas: Any = FigureCanvasSVG(figure)
    buffer = io.StringIO()
    canvas.print_svg(buffer, metadata={"Date": None, "Creator": None})
    return compact_svg(buffer.getvalue())


def _cut_top(png: bytes, pixels: int) -> bytes:
    picture = Image.open(io.BytesIO(png))
    out = io.BytesIO()
    picture.crop((0, pixels, *picture.size)).save(out, "PNG", compress_level=8)
    return out.getvalue()


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
    return _rounded(value, 2 if abs(value) >= 1 else 6)


def _rounded(value: float, digits: int) -> str:
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


def show_table(
    table: GT, *, name: str, finding: str, data: pd.DataFrame, folded: str = "", cards: bool = True
) -> Exhibit:
    """An exhibit of a great_tables table.

    Parameters
    ----------
    table, name, finding, data, folded
        As for :func:`show_figure`; ``data`` is what the table shows, hidden cells left out.
    cards
        Whether a phone shows each row as a card when the table is too wide for it, even with
        numbers apart from their intervals. Without, the table is moved sideways, and can be sorted.
    """
    inner = bare_table(table.as_raw_html(inline_css=False))
    kind = "ektp-table"
    if cards and too_wide(inner):
        kind = "ektp-table ektp-wrap"
        if too_wide(inner, wrapped=True):
            inner, kind = labelled(inner), "ektp-table ektp-cards"
    body = table_region(inner, name, finding, kind)
    return Exhibit(name, finding, says(finding) + fold(body, folded), data)


def table_region(inner: str, name: str, finding: str, kind: str = "ektp-table") -> str:
    """The frame of a bare table: moved sideways by itself, reached by keyboard, named by its finding."""
    return (
        f'<div class="{kind}" id="{name}" tabindex="0" role="region" '
        f'aria-label="{html.escape(finding, quote=True)}">{inner}</div>'
    )


def show_panel(
    markup: str, *, name: str, finding: str, data: pd.DataFrame, said: bool = True
) -> Exhibit:
    """An exhibit of ready HTML from :mod:`ektp_analysis.panels`.

    Parameters
    ----------
    markup
        Names in it are escaped already.
    name, finding, data
        As for :func:`show_figure`.
    said
        Whether to say the finding above it; not where the markup itself does.
    """
    body = f'<div class="ektp-panel" id="{name}">{markup}</div>'
    return Exhibit(name, finding, (says(finding) if said else "") + body, data)


def show_text(sentence: object) -> Exhibit:
    """A sentence in place of a figure or table that the data cannot support."""
    text = str(sentence)
    body = f'<p class="ektp-note">{html.escape(text)}</p>'
    return Exhibit("catatan", text, body, pd.DataFrame())
