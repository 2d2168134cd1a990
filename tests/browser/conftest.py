"""A small site, built once from the committed sample, served with compression; Chromium to read it.

Run by ``make test-browser``; not part of ``make test``, which needs no browser.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ektp_analysis.execute import execute, make_plan
from ektp_analysis.execute.finish import failure_notebook
from ektp_analysis.site.navigation import write_navigation
from ektp_analysis.site.reference import write_reference
from ektp_analysis.site.render import render
from ektp_analysis.store import open_store

ROOT = Path(__file__).parents[2]
CHROMIUM = os.environ.get("EKTP_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PLACE = "curup-tengah"
FAILED = "laporan/kota-padang/backlog.html"
KINDS = {
    "overview": "index.html",
    "districts": "laporan/index.html",
    "landing": f"laporan/{PLACE}/index.html",
    "backlog": f"laporan/{PLACE}/backlog.html",
    "cohort": f"laporan/{PLACE}/cohort.html",
    "visits": f"laporan/{PLACE}/visit_effectiveness.html",
    "changes": "laporan/perubahan.html",
    "quality": "data_quality.html",
    "about": "tentang.html",
    "method": "metode.html",
    "archive": "arsip.html",
    "guide": "docs/panduan.html",
    "analysts": "docs/analis/index.html",
    "analysts_text": "docs/analis/tutorial.html",
    "reference": "docs/analis/rujukan/kontrak-data.html",
    "failed": FAILED,
}
"""One page of each kind."""


class Compressing(SimpleHTTPRequestHandler):
    """Files compressed as a web server sends them."""

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        packed = path.suffix not in (".png", ".xlsx", ".pdf")
        body = gzip.compress(content, mtime=0) if packed else content
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def build(folder: Path) -> Path:
    """A site with one page of each kind; the reports of the other kecamatan are left out."""
    store = open_store(os.environ["EKTP_STORE"])
    for name in ("notebooks", "theme"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("rujukan"))
    for path in (ROOT / "_quarto.yml", *ROOT.glob("*.qmd")):
        shutil.copy(path, folder)
    units = make_plan(store, folder / "notebooks", only=[
        "overview", "data_quality", "backlog", "cohort", "visit_effectiveness", PLACE,
    ])  # fmt: skip
    os.environ["EKTP_EXHIBITS"] = "data"
    outcomes = execute(units, store.root, folder, workers=2)
    assert {o.state for o in outcomes} <= {"ok", "cached"}, outcomes
    broken = folder / "laporan/kota-padang/backlog.ipynb"
    broken.parent.mkdir(parents=True, exist_ok=True)
    title = "Sisa belum rekam — Kecamatan Kota Padang"
    nbformat.write(failure_notebook(title, "Sel 3 gagal (ValueError)"), broken)
    write_navigation(folder, store.load(), date.today())
    write_reference(folder)
    render(folder, "embedded")
    return folder / "_site"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the site; ``EKTP_TEST_SITE`` names one that is built already."""
    if ready := os.environ.get("EKTP_TEST_SITE"):
        return Path(ready)
    return build(tmp_path_factory.mktemp("situs"))


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    handler = partial(Compressing, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Any]:
    """``open_page("overview", width=360, dark=True)``: a page that must load without complaint."""
    contexts = []

    def opener(kind: str, *, width: int = 360, dark: bool = False, **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 780},
            color_scheme="dark" if dark else "light",
            locale="id-ID",
            accept_downloads=True,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []  # type: ignore[attr-defined]
        page.outside = []  # type: ignore[attr-defined]
        page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on(
            "request",
            lambda r: r.url.startswith((address, "data:", "blob:")) or page.outside.append(r.url),
        )
        page.goto(address + KINDS.get(kind, kind), wait_until="load")
        return page

    yield opener
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """Source of axe-core, as package-lock.json pins it."""
    path = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
    assert path.exists(), "npm ci --prefix tests/browser"
    return path.read_text(encoding="utf-8")


def load_images(page: Page) -> None:
    """Load also the figures that are below the first screen, and wait until the last is there."""
    page.evaluate("document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
    page.wait_for_function("[...document.images].every(i => i.complete)")


def dump(violations: list[dict[str, Any]]) -> str:
    """What axe found, readable in a test report."""
    return json.dumps(
        [
            {"id": v["id"], "help": v["help"], "nodes": [n["html"][:160] for n in v["nodes"][:4]]}
            for v in violations
        ],
        indent=1,
        ensure_ascii=False,
    )
