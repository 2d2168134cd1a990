"""Every page allows its own scripts and no others, in a real browser, too."""

import re
from html import unescape
from pathlib import Path

import pytest

from ektp_analysis.site.policy import META, add_policies, policy, script_hash

ROOT = Path(__file__).parents[2]
PAGE = (
    '<!doctype html><html lang="id"><head><meta charset="utf-8"><title>x</title>'
    "<script>document.title = 'jalan'</script></head><body>{}"
    '<script src="a.js"></script></body></html>'
)


def directives(page):
    content = unescape(re.search(r'content="([^"]*)"', META.search(page)[0])[1])
    return dict(part.split(" ", 1) for part in content.split("; "))


def test_scripts_of_the_page_are_allowed_by_hash_and_inline_ones_are_not(tmp_path):
    path = tmp_path / "index.html"
    path.write_text(PAGE.format(""))
    assert add_policies(tmp_path) == 1
    found = directives(path.read_text())
    assert script_hash("document.title = 'jalan'") in found["script-src"]
    assert "unsafe" not in found["script-src"] and found["default-src"] == "'none'"
    assert found["object-src"] == found["base-uri"] == found["form-action"] == "'none'"
    assert "http" not in str(found)
    assert path.read_text().index("Content-Security") < path.read_text().index("<script")


def test_a_second_run_changes_nothing(tmp_path):
    path = tmp_path / "index.html"
    path.write_text(PAGE.format(""))
    add_policies(tmp_path)
    once = path.read_bytes()
    add_policies(tmp_path)
    assert path.read_bytes() == once


def test_pages_without_scripts_get_one_too():
    assert "script-src 'self' file:;" in policy("<html></html>")


def test_the_themes_scripts_need_no_eval_and_no_handlers():
    for path in (ROOT / "theme").glob("*.js"):
        text = path.read_text()
        assert not re.search(r"\beval\(|new Function\(|setAttribute\(\s*[\"']on", text), path.name
    for path in (*ROOT.glob("theme/*.html"), ROOT / "_quarto.yml", ROOT / "tentang.qmd"):
        assert not re.search(r"<[^>]+\son[a-z]+\s*=", path.read_text()), path.name


def test_a_browser_runs_own_scripts_and_no_slipped_in_ones(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    browser_path = Path("/usr/bin/chromium")
    if not browser_path.exists():
        pytest.skip("no Chromium here")
    path = tmp_path / "index.html"
    path.write_text(PAGE.format('<p id="a">–</p>'))
    (tmp_path / "a.js").write_text("document.getElementById('a').textContent = 'jalan'")
    add_policies(tmp_path)
    slipped = (
        "<script>document.title = 'bobol'</script><img src=x onerror=\"document.title='bobol'\">"
    )
    path.write_text(path.read_text().replace("</body>", f"{slipped}</body>"))
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(browser_path), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_timeout(300)
        assert page.title() == "jalan" and page.inner_text("#a") == "jalan"
        browser.close()
