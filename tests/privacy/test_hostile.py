"""Hostile names of places come out inert wherever they are shown: a whole small build with them."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

ROOT = Path(__file__).parents[2]
HOSTILE = [
    '<script>alert("x")</script>',
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "**tebal** [tautan](javascript:alert(1)) `kode` $x$ | a |",
    "../../../../etc/passwd",
    "\u202etxt.exe\u202c عربي",
    "Panjang " * 60,
    "😀👩‍👩‍👧 Desa",
    "{{< include /etc/passwd >}} ::: {.callout} :::",
    "-->]]></text><script>alert(2)</script>",
    "%0d%0aSet-Cookie: a=b; ${7*7} #{7*7} \\input{x}",
]
RUN = """
import sys
from datetime import date
from pathlib import Path
from ektp_analysis import regions
from ektp_analysis.execute import execute, make_plan
from ektp_analysis.site.build import GENERATED, complete
from ektp_analysis.site.navigation import write_navigation
from ektp_analysis.site.news import news
from ektp_analysis.site.render import render
from ektp_analysis.site.summary import summarise, write_summary
from ektp_analysis.takeaway import stage
from tests.small_kabupaten import write_store
if __name__ == "__main__":
    project, day = Path(sys.argv[1]), date(2024, 8, 3)
    store = write_store(project / "store")
    units = make_plan(store, project / "notebooks", only=["backlog", sys.argv[2]])
    units += make_plan(store, project / "notebooks", only=["overview"])
    print([o.state for o in execute(units, store.root, project, workers=1)])
    tables = store.load()
    found, slug = news(tables), regions.find_district(sys.argv[2])["district_slug"]
    places = [place for place in stage.places() if place[0] in ("kabupaten", slug)]
    stage.places = lambda: places
    stage.takeaway_stage(project, news=found, workers=1)
    write_navigation(project, tables, day, found)
    write_summary(project / GENERATED, summarise(tables, day))
    render(project, "embedded")
    complete(project)
"""


def hostile_reference(folder: Path) -> tuple[str, list[str]]:
    """The reference tables with hostile names for the villages and kecamatan of the small store."""
    shutil.copytree(ROOT / "data/reference", folder / "reference")
    villages = pd.read_csv(folder / "reference/villages.csv", dtype=str)
    districts = pd.read_csv(folder / "reference/districts.csv", dtype=str)
    codes = sorted(districts["district_code"])[1:4]
    names = iter(HOSTILE)
    for code in codes:
        inside = villages.index[villages["district_code"] == code][:4]
        villages.loc[inside, "village_name"] = [next(names, f"Desa {i}") for i in inside]
    districts.loc[districts["district_code"] == codes[2], "district_name"] = HOSTILE[0] + HOSTILE[5]
    villages.to_csv(folder / "reference/villages.csv", index=False)
    districts.to_csv(folder / "reference/districts.csv", index=False)
    return codes[2], villages.loc[villages["district_code"] == codes[2], "village_name"].tolist()[
        :4
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One kecamatan's report, executed, rendered and completed, with hostile names."""
    folder = tmp_path_factory.mktemp("jahat")
    code, names = hostile_reference(folder / "data")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    shutil.copytree(ROOT / "theme", folder / "theme")
    for name in ("_quarto.yml", "tentang.qmd", "arsip.qmd", "metode.qmd"):
        shutil.copy(ROOT / name, folder)
    environment = {
        **os.environ, "EKTP_DATA": str(folder / "data"), "EKTP_STORE": str(folder / "store"),
        "PYTHONPATH": str(ROOT), "EKTP_EXHIBITS": "data",
    }  # fmt: skip
    script = folder / "jalan.py"
    script.write_text(RUN)
    done = subprocess.run(
        [sys.executable, str(script), str(folder), code], cwd=folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[0] == "['ok', 'ok']", done.stdout + done.stderr
    assert done.returncode == 0, done.stderr
    return folder, names


class Tags(HTMLParser):
    """Elements and attributes of a markup."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def bodies(folder: Path) -> list[str]:
    """The HTML outputs of the executed notebook."""
    out = []
    for path in folder.glob("laporan/*/*.ipynb"):
        for cell in json.loads(path.read_text())["cells"]:
            for output in cell.get("outputs", []):
                out.append("".join(output.get("data", {}).get("text/html", "")))
    return out


def test_file_names_stay_in_the_project(project):
    folder, _ = project
    for path in folder.rglob("*"):
        assert path.resolve().is_relative_to(folder)
    for path in (folder / "laporan").rglob("*"):
        assert re.fullmatch(r"[\w.-]+", path.name), path.name


def test_tables_and_figures_of_the_page_hold_no_foreign_element(project):
    folder, names = project
    text = "\n".join(bodies(folder))
    assert text and any(name[:8] in text or "&lt;" in text for name in names)
    parser = Tags()
    parser.feed(text)
    assert not {"script", "iframe", "object", "embed"} & {tag for tag, _ in parser.found}
    for tag, attributes in parser.found:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert not str(attributes.get("href", "")).lower().startswith("javascript"), attributes
        assert attributes.get("src") != "x"


def test_drawings_are_plain_drawings(project):
    folder, _ = project
    drawings = list(folder.rglob("laporan/**/*.svg"))
    for path in drawings:
        for element in ET.fromstring(path.read_text()).iter():
            assert element.tag.rsplit("}", 1)[-1] != "script"
            assert not any(name.startswith("on") for name in element.attrib)


def test_spreadsheets_run_nothing(project):
    folder, _ = project
    tables = list(folder.rglob("laporan/**/*.csv"))
    assert tables
    for path in tables:
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            for cell in line.split(";"):
                assert not re.match(r'"?[=@+\t\r]', cell), (path.name, cell)
    for path in folder.rglob("laporan/**/*.xlsx"):
        for sheet in load_workbook(path).worksheets:
            for row in sheet.iter_rows():
                assert not any(cell.data_type == "f" or cell.hyperlink for cell in row)


@pytest.fixture(scope="module")
def pages(project):
    """The rendered pages by name, parsed."""
    site = project[0] / "_site"
    out = {}
    for path in site.rglob("*.html"):
        parser = Tags()
        parser.feed(path.read_text(encoding="utf-8"))
        out[path.relative_to(site).as_posix()] = parser.found
    return out


def test_rendered_pages_hold_no_foreign_element(project, pages):
    folder, _ = project
    assert {"laporan/index.html", "laporan/perubahan.html", "arsip.html"} <= set(pages)
    assert sum(name.endswith("/backlog.html") for name in pages) == 1
    for name, tags in pages.items():
        for tag, attributes in tags:
            assert not any(key.startswith("on") for key in attributes), (name, tag, attributes)
            for key in ("href", "src"):
                target = str(attributes.get(key) or "").strip().lower()
                assert not target.startswith("javascript"), (name, tag, attributes)
                assert target != "x" and not target.startswith("//"), (name, tag, attributes)
        text = (folder / "_site" / name).read_text(encoding="utf-8")
        for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.S):
            assert "alert(" not in script[:40], name
        assert "root:x:0" not in text, "a name made the renderer read a file"


def test_names_are_words_on_the_page_of_a_kecamatan(project):
    """Neither eaten nor turned into markup: what stands in the reference table is what is read."""
    folder, names = project
    page = next(p for p in (folder / "_site/laporan").glob("*/index.html") if _about(p, names[0]))
    words = re.sub(
        r"<[^>]*>", " ", re.sub(r"<(script|style)\b.*?</\1>", " ", page.read_text(), flags=re.S)
    )
    words = " ".join(html.unescape(words).split())
    for name in names:
        assert " ".join(name.split())[:60] in words, name


def _about(page: Path, name: str) -> bool:
    return html.escape(" ".join(name.split())[:30]) in page.read_text()


def test_the_search_list_is_data(project):
    text = (project[0] / "_site/files/cari.js").read_text(encoding="utf-8")
    assert text.startswith("window.ektpCari = ") and text.rstrip().endswith("];")
    entries = json.loads(text.removeprefix("window.ektpCari = ").rstrip().removesuffix(";"))
    titles = " ".join(title for title, _, _ in entries)
    assert HOSTILE[0] in titles or HOSTILE[8] in titles
    for _, _, address in entries:
        assert re.fullmatch(r"[\w/.-]+\.html(#[\w-]+)?", address), address
    assert "</script" not in text.lower(), "the list may one day stand inside a page"


def test_the_feed_and_the_summary_are_well_formed(project):
    folder, _ = project
    feed = ET.parse(folder / "_site/atom.xml").getroot()
    allowed = {"feed", "title", "subtitle", "id", "updated", "link", "author", "name", "generator",
               "entry", "summary"}  # fmt: skip
    assert {e.tag.rsplit("}", 1)[-1] for e in feed.iter()} <= allowed
    summary = json.loads((folder / "_site/edisi.json").read_text(encoding="utf-8"))
    assert any(HOSTILE[0] in place["name"] for place in summary["districts"])


def test_briefs_show_names_as_text_and_do_nothing(project):
    folder, names = project
    briefs = list(folder.glob("laporan/*/**/*.pdf"))
    assert len(briefs) == 1
    reader = PdfReader(briefs[0])
    catalogue = reader.trailer["/Root"]
    assert not {"/OpenAction", "/AA", "/AcroForm", "/JavaScript"} & set(catalogue)
    assert not reader.attachments
    text = ""
    for page in reader.pages:
        text += page.extract_text()
        for note in page.get("/Annots", []):
            action = note.get_object().get("/A", {})
            assert action.get("/S", "/GoTo") in ("/GoTo", "/URI"), action
            assert not str(action.get("/URI", "")).lower().startswith("javascript")
    squeezed = "".join(text.split())
    shown = [name for name in names if "".join(name.split())[:12] in squeezed]
    assert shown, "a brief lists the villages of its kecamatan"
    assert len(reader.pages) == 2
