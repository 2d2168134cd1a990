"""The files beside a page: every table as CSV and XLSX, every figure as SVG and PNG.

``tabel.json`` holds all tables of a report with their findings: for programs, and for the printed
briefs and picture cards, which so cannot say anything else than the page.
"""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ektp_analysis import regions
from ektp_analysis.tables.download import About, write_csv, write_xlsx
from ektp_analysis.tables.files import NOTEBOOK_FILE, TABLES_FILE, WHOLE, brief_path, card_path
from ektp_analysis.tables.glossary import column_kind, term

_COUNT = re.compile(r"^\d{1,3}(\.\d{3})*$")
_DATA_URI = re.compile(r'src="data:image/([a-z]+)[a-z+]*;base64,([^"]+)"')
_FINDING = re.compile(r'<p class="ektp-(?:finding|note)">(.*?)</p>', re.S)


def as_number(value: object) -> object:
    """A number that a page shows as Indonesian text, as a number again; else the value.

    Columns that hold bounds such as “<5” among their counts come as text.

    Examples
    --------
    >>> as_number("1.234"), as_number("<5"), as_number("Curup")
    (1234, '<5', 'Curup')
    """
    if isinstance(value, str) and _COUNT.match(value):
        return int(value.replace(".", ""))
    return value


@dataclass
class Downloads:
    """Writes the files of one page, and keeps what they hold for ``tabel.json``.

    Attributes
    ----------
    folder
        Folder of the page; files go to ``files/<report>/`` below it.
    report
        Name of the report.
    title
        Of the page.
    place, district, as_of, synthetic
        Where the data are from; known when the report's first cell has been seen.
    tables
        What has been written so far.
    said
        Findings under the present heading.
    """

    folder: Path
    report: str
    title: str
    place: str = ""
    district: str | None = None
    as_of: date | None = None
    synthetic: bool = False
    tables: list[dict[str, Any]] = field(default_factory=list)
    said: set[str] = field(default_factory=set)

    @property
    def files(self) -> Path:
        """Where the files go."""
        return self.folder / "files" / self.report

    def describe(self, context: dict[str, Any]) -> None:
        """Take the place and date from the output of the report's first cell."""
        self.place = str(context["place"])
        self.district = context["district"]
        self.as_of = date.fromisoformat(context["as_of"])
        self.synthetic = bool(context["synthetic"])

    def add(self, body: str, exhibit: dict[str, Any]) -> str:
        """Write the files of an exhibit.

        Parameters
        ----------
        body
            Its HTML, with the figure embedded.
        exhibit
            Its data, as :class:`ektp_analysis.exhibit.Exhibit` hands them over.

        Returns
        -------
        str
            The HTML with the figure as a file, and links to the files.
        """
        body = self._said_once(body)
        stem, columns = exhibit["name"], exhibit["columns"]
        rows = exhibit["rows"] = [[as_number(v) for v in row] for row in exhibit["rows"]]
        if not columns:
            self._keep(stem, exhibit)
            return body
        # the same figure may be shown twice with other numbers
        if (self.files / f"{stem}.csv").exists():
            stem = f"{stem}-{len(self.tables) + 1}"
        self.files.mkdir(parents=True, exist_ok=True)
        about = About(self.title, exhibit["finding"], self.as_of, self.synthetic)
        write_csv(self.files / f"{stem}.csv", columns, rows)
        write_xlsx(self.files / f"{stem}.xlsx", columns, rows, name=exhibit["name"], about=about)
        self._keep(stem, exhibit)
        link, kinds = f"files/{self.report}/{stem}", ["csv", "xlsx"]
        if exhibit["svg"]:
            (self.files / f"{stem}.svg").write_text(exhibit["svg"], encoding="utf-8")
            (self.files / f"{stem}.png").write_bytes(base64.b64decode(exhibit["png"]))
            body = _DATA_URI.sub(lambda image: self._page_image(image, stem), body)
            kinds += ["png", "svg"]
        label = html.escape(exhibit["finding"], quote=True)
        links = " · ".join(
            f'<a href="{link}.{kind}" download '
            f'aria-label="Unduh {kind.upper()}: {label}">{kind.upper()}</a>'
            for kind in kinds
        )
        files = f'<p class="ektp-downloads">Unduh: {links}</p>'
        # with what is folded, its files too
        opened = body.removesuffix("</details>")
        return f"{body}\n{files}" if opened == body else f"{opened}\n{files}</details>"

    def start_section(self) -> None:
        """A heading: what is found under it is said again, even if it was said before."""
        self.said.clear()

    def _said_once(self, body: str) -> str:
        """A figure and a table side by side have the same finding, or the same reason why they are
        not there: the second one is left out.
        """

        def sentence(match: re.Match[str]) -> str:
            again = match[1] in self.said
            self.said.add(match[1])
            return "" if again else match[0]

        return _FINDING.sub(sentence, body)

    def _page_image(self, image: re.Match[str], stem: str) -> str:
        """Write the figure of the page, which has no title, beside those for download."""
        name = f"{stem}-halaman.{image[1]}"
        (self.files / name).write_bytes(base64.b64decode(image[2]))
        return f'src="files/{self.report}/{name}" loading="lazy"'

    def _keep(self, stem: str, exhibit: dict[str, Any]) -> None:
        name, rows = exhibit["name"], exhibit["rows"]
        columns = []
        for place, column in enumerate(exhibit["columns"]):
            known = term(name, column)
            columns.append(
                {
                    "name": column,
                    "kind": column_kind(name, column, (row[place] for row in rows)),
                    "definition": known.definition if known else "",
                }
            )
        self.tables.append(
            {
                "name": stem,
                "finding": exhibit["finding"],
                "columns": columns,
                "rows": rows,
                "marks": exhibit.get("marks", {}),
            }
        )

    def links(self) -> str:
        """What a reader may take away from the page, as HTML below a Markdown heading."""
        slug = regions.find_district(self.district)["district_slug"] if self.district else WHOLE
        files = f"files/{self.report}"
        items = [
            (
                brief_path(slug).as_posix(),
                brief_path(slug).name,
                "Ringkasan dua halaman untuk rapat (PDF)",
            ),
            (
                card_path(slug).as_posix(),
                card_path(slug).name,
                "Kartu gambar untuk dibagikan (PNG)",
            ),
            (
                f"{files}/{TABLES_FILE}",
                f"{self.report}-{slug}.json",
                "Semua tabel halaman ini untuk program komputer (JSON)",
            ),
            (
                f"{files}/{NOTEBOOK_FILE}",
                f"{self.report}-{slug}.ipynb",
                "Buku catatan Jupyter halaman ini (IPYNB)",
            ),
        ]
        rows = "\n".join(
            f'<li><a href="{link}" download="{name}">{words}</a></li>'
            for link, name, words in items
        )
        return f'## Bawa pulang\n\n<ul class="ektp-takeaway">\n{rows}\n</ul>\n'

    def write_notebook(self, notebook: Any) -> None:
        """Write the notebook with this page's parameters and without outputs, to run it again.

        Parameters
        ----------
        notebook
            As executed.
        """
        cells = []
        for cell in notebook.cells:
            tags = cell.metadata.get("tags")
            kept = {"id": cell.id, "cell_type": cell.cell_type, "source": cell.source}
            kept["metadata"] = {"tags": list(tags)} if tags else {}
            if cell.cell_type == "code":
                kept |= {"outputs": [], "execution_count": None}
            cells.append(kept)
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4}
        self.files.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**content, "nbformat_minor": 5}, ensure_ascii=False, indent=1)
        (self.files / NOTEBOOK_FILE).write_text(text + "\n", encoding="utf-8")

    def write_tables(self) -> None:
        """Write ``tabel.json``."""
        if not self.tables:
            return
        self.files.mkdir(parents=True, exist_ok=True)
        content = asdict(self)
        del content["folder"], content["district"], content["said"]
        text = json.dumps(content, default=str, ensure_ascii=False, separators=(",", ":"))
        (self.files / TABLES_FILE).write_text(text + "\n", encoding="utf-8")
