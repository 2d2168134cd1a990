"""Checks find what they are for; editions switch whole; the embedded renderer makes the pages."""

import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from ektp_analysis import regions
from ektp_analysis.errors import SiteError
from ektp_analysis.execute import execute, make_plan
from ektp_analysis.site.check import check_site
from ektp_analysis.site.navigation import write_navigation
from ektp_analysis.site.render import render
from ektp_analysis.store import open_store

ROOT = Path(__file__).parents[2]
PAGE = '<html lang="id"><body><p>data sintetis</p>{}</body></html>'


def site(folder, body=""):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(PAGE.format(body))
    return folder


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("1702190101900001", "16 angka berturut-turut seperti NIK"),
        ('<a href="tidak-ada.html">x</a>', "tautan putus ke tidak-ada.html"),
        ('<a href="#tidak-ada">x</a>', "tautan putus ke #tidak-ada"),
        ('<img src="index.html">', "gambar tanpa teks pengganti"),
        ('<script src="https://cdn.example/x.js"></script>', "memuat berkas dari luar"),
        ("Traceback (most recent call last)", "memuat jejak galat"),
        ("x" * 500_000, "terlalu berat"),
    ],
)
def test_check_finds(tmp_path, body, words):
    problems = check_site(site(tmp_path / "_site", body), synthetic=True)
    assert len(problems) == 1 and words in problems[0]


def test_check_passes_a_good_page_and_wants_the_synthetic_notice(tmp_path):
    folder = site(tmp_path / "_site")
    assert check_site(folder, synthetic=True) == []
    (folder / "index.html").write_text('<html lang="id"></html>')
    assert check_site(folder, synthetic=False) == []
    assert "sintetis" in check_site(folder, synthetic=True)[0]


def test_a_style_that_loads_from_outside_is_found(tmp_path):
    folder = site(tmp_path / "_site")
    (folder / "a.css").write_text('@import url("https://fonts.example/x.css");')
    assert check_site(folder, synthetic=True) == ["a.css: gaya memuat berkas dari luar."]


def test_nik_in_a_download_is_found(tmp_path):
    folder = site(tmp_path / "_site")
    (folder / "data.csv").write_text("1702190101900001")
    assert check_site(folder, synthetic=True) == [
        "data.csv: memuat 16 angka berturut-turut seperti NIK."
    ]


def test_navigation_has_one_sidebar_per_kecamatan(tmp_path):
    write_navigation(tmp_path, open_store(os.environ["EKTP_STORE"]).load(), date(2024, 8, 2))
    content = yaml.safe_load((tmp_path / "_generated/edition.yml").read_text())["website"]
    slugs = set(regions.districts()["district_slug"])
    sections = [bar["contents"] for bar in content["sidebar"] if bar["id"] in slugs]
    assert len(sections) == 15
    assert {"text": "Arsip", "href": "arsip.qmd"} in content["sidebar"][0]["contents"]
    assert all(len(parts) == 1 and len(parts[0]["contents"]) == 4 for parts in sections)
    assert content["page-footer"]["center"].endswith("data sintetis")


def test_render_says_what_is_missing(tmp_path):
    with pytest.raises(SiteError, match="Jalankan: ektp execute"):
        render(tmp_path)
    with pytest.raises(SiteError, match="tidak dikenal"):
        render(tmp_path, "lain")


def test_from_store_to_checked_page(tmp_path):
    """One kecamatan's page and the home page, rendered by the embedded renderer and checked."""
    store = open_store(os.environ["EKTP_STORE"])
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "theme", tmp_path / "theme")
    for name in ("_quarto.yml", "metode.qmd", "tentang.qmd"):
        shutil.copy(ROOT / name, tmp_path)
    units = make_plan(store, tmp_path / "notebooks", only=["overview", "backlog", "Kota Padang"])
    assert {o.state for o in execute(units, store.root, tmp_path, workers=2)} == {"ok"}
    write_navigation(tmp_path, store.load(), date(2024, 8, 2))
    assert render(tmp_path, "embedded") == "embedded"
    home = (tmp_path / "_site/index.html").read_text()
    assert 'class="ektp-visits"' in home and "Kecamatan " in home.split('class="where"')[1][:60]
    assert (
        "files/overview/tren.svg" in home and (tmp_path / "_site/files/overview/tren.svg").exists()
    )
    assert (tmp_path / "_site/files/overview/tren.xlsx").exists()
    page = (tmp_path / "_site/laporan/kota-padang/backlog.html").read_text()
    assert "Kecamatan Kota Padang" in page and "load_report" not in page
    for tables in tmp_path.glob("**/tabel.json"):
        columns = [c for t in json.loads(tables.read_text())["tables"] for c in t["columns"]]
        assert [c["name"] for c in columns if not c["definition"]] == []
    # the other kecamatan are not made here: only their links may be broken
    left = [p for p in check_site(tmp_path / "_site", synthetic=True) if "tautan putus" not in p]
    assert left == []


def test_cli_errors_are_one_sentence(tmp_path):
    command = [sys.executable, "-m", "ektp_analysis", "ingest", "tidak-ada.csv"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr == "ektp: Berkas tidak ditemukan (tidak-ada.csv). Periksa nama dan foldernya.\n"
    )
