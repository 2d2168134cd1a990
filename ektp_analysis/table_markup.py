"""The HTML of a great_tables table as the pages of the site carry it: bare, and fit for a phone."""

from __future__ import annotations

import re
from html import unescape

PHONE = 320
"""Pixels that a table may take on a phone 360 pixels wide."""
LETTER, BOLD, PADDING = 6.9, 7.8, 8
"""Pixels of a letter in a cell and in a heading, and beside a cell, at the size of a phone."""
_OF_THE_TABLE = re.compile(r"<(?:table|thead|tbody|tfoot|tr|th|td)\b[^>]*>")
_IDLE = re.compile(r' (?:headers|id|style|data-quarto-[a-z-]+)="[^"]*"| (?:rowspan|colspan)="1"')
_HEAD = re.compile(r"<th\b[^>]*>(.*?)</th>", re.S)
_ROW = re.compile(r"<tr>.*?</tr>", re.S)
_CELL = re.compile(r"<td\b([^>]*)>(.*?)</td>", re.S)
_TAG = re.compile(r"<[^>]+>")


def bare_table(markup: str) -> str:
    """The table alone, without the styles and the frame that great_tables puts around it.

    Each table would carry 8 kB of rules with fixed light colours; the site's own style sheet has one
    set for all tables, light and dark. Cell references (``headers``) go too: great_tables makes them
    from the headings, and an id must be unique on a page.

    Parameters
    ----------
    markup
        From ``GT.as_raw_html(inline_css=False)``.
    """
    start, end = markup.index("<table"), markup.rindex("</table>") + len("</table>")
    return _OF_THE_TABLE.sub(lambda tag: _IDLE.sub("", tag.group()), markup[start:end])


def too_wide(table: str, *, wrapped: bool = False) -> bool:
    """Whether a bare table would be cut off at the right on a phone.

    Names and headings break between words; numbers stay on one line unless ``wrapped``.
    """
    heads, rows = _parts(table)
    needs = [BOLD * max(map(len, head.split()), default=0) for head in heads]
    for row in rows:
        for place, (attributes, cell) in enumerate(row[: len(needs)]):
            words = [cell] if "gt_right" in attributes and not wrapped else cell.split()
            needs[place] = max(needs[place], *(LETTER * len(word) for word in words), 0)
    return sum(need + PADDING for need in needs) > PHONE


def labelled(table: str) -> str:
    """The table with each cell's heading in the cell, for rows that a phone shows as cards."""
    labels = [text.replace('"', "&quot;") for text in _parts(table)[0]]

    def row(match: re.Match[str]) -> str:
        left = iter(labels)
        return _CELL.sub(
            lambda cell: f'<td{cell[1]} data-label="{next(left, "")}">{cell[2]}</td>', match.group()
        )

    start, end = table.find("<tbody"), table.find("</tbody>")
    if start < 0 or end < 0:
        return table
    return table[:start] + _ROW.sub(row, table[start:end]) + table[end:]


def _parts(table: str) -> tuple[list[str], list[list[tuple[str, str]]]]:
    """Texts of the headings, and attributes and text of the cells of each row."""
    body = table[table.find("<tbody") : table.find("</tbody>")]
    rows = [[(a, _text(c)) for a, c in _CELL.findall(row)] for row in _ROW.findall(body)]
    return [_text(head) for head in _HEAD.findall(table)], rows


def _text(markup: str) -> str:
    return unescape(_TAG.sub("", markup)).strip()
