"""Hostile names of places come out inert wherever they are shown: a whole small build with them."""

from __future__ import annotations

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
from pathlib import Path
from ektp_analysis.execute import execute, make_plan
from ektp_analysis.store import open_store
from tests.small_kabupaten import write_store
if __name__ == "__main__":
    project = Path(sys.argv[1])
    store = write_store(project / "store")
    units = make_plan(store, project / "notebooks", only=["backlog", sys.argv[2]])
    print([o.state for o in execute(units, store.root, project, workers=1)])
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
    for name in ("_quarto.yml", "tentang.qmd"):
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
    assert done.stdout.strip() == "['ok']", done.stdout + done.stderr
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
