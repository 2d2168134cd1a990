"""What holds on every kind of page: accessible in both modes, no scroll sideways, nothing from outside."""

import re

import pytest

from ektp_analysis.site.check import check_site
from ektp_analysis.site.weight import PAGE_BUDGET, budget

from .conftest import KINDS, dump, load_images


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(open_page, axe, kind, dark):
    page = open_page(kind, dark=dark)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"] and not found["violations"], dump(found["violations"])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", KINDS)
def test_no_complaint_no_other_host_no_scroll_sideways(open_page, kind, width):
    page = open_page(kind, width=width)
    load_images(page)
    assert page.complaints == [] and page.outside == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("[...document.images].every(i => i.naturalWidth > 0)")


@pytest.mark.parametrize("kind", KINDS)
def test_weight_over_the_wire(open_page, browser, address, site, kind):
    """As the browser counts it, every figure included."""
    page = browser.new_context().new_page()
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    sizes = []
    client.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address + KINDS[kind], wait_until="load")
    load_images(page)
    page.wait_for_load_state("networkidle")
    limit = budget(site, site / KINDS[kind])
    assert limit >= PAGE_BUDGET
    assert 1000 < sum(sizes) <= limit, f"{sum(sizes) // 1000} kB"
    page.context.close()


def test_every_page_has_its_icon(site):
    # without one the browser asks for /favicon.ico, which is not there
    for path in site.rglob("*.html"):
        icon = re.search(r'<link rel="icon" href="([^"]+)"', path.read_text(encoding="utf-8"))
        assert icon and (path.parent / icon[1]).is_file(), path.name


def test_interface_words_are_indonesian(site):
    english = ("Toggle ", 'aria-label="Search', "On this page", "No results", "Copied!", ">Search<")
    for path in [*site.rglob("*.html"), *site.glob("site_libs/*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in english if word in text], path.name


def test_no_file_names_and_no_code_for_staff(site):
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        main = text[text.index("<main") : text.index("</main>")]
        if "docs/analis" not in path.as_posix():
            # the guide has commands to type; nobody has to read a program
            allowed = {"bash"} if path.name == "panduan.html" else set()
            assert set(re.findall(r'<pre class="sourceCode (\w+)', main)) <= allowed, path.name
            assert "load_report" not in main and not re.search(r"(?m)^(import|from) \w", main)
            assert "_" not in title_of(text), path.name
        assert ".ipynb" not in title_of(text) and ".qmd" not in title_of(text), path.name


def title_of(text):
    return text[text.index("<title>") + 7 : text.index("</title>")]


def test_the_check_of_the_site_passes(site):
    # the reports of the other kecamatan are not built here
    left = [p for p in check_site(site, synthetic=True) if "tautan putus" not in p]
    assert left == []


@pytest.mark.parametrize("kind", ["overview", "landing", "backlog"])
def test_readable_without_scripts(open_page, kind):
    page = open_page(kind, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    assert page.locator(".ektp-edition").inner_text().startswith("Data ")
    menu = page.get_by_role("navigation", name="Menu utama")
    assert menu.get_by_role("link", name="Kecamatan", exact=True).is_visible()
    if kind == "overview":
        page.locator(".ektp-map a", has_text="Curup Tengah").click()
        assert page.url.endswith("laporan/curup-tengah/index.html")
        page.get_by_role("link", name="Belum rekam", exact=True).click()
        assert page.url.endswith("laporan/curup-tengah/backlog.html")


def test_dark_without_scripts_follows_the_device(open_page):
    page = open_page("overview", dark=True, java_script_enabled=False)
    # evaluate needs scripts; the picture does not
    light = open_page("overview", dark=False, java_script_enabled=False)
    assert _brightness(page) < 90 < 200 < _brightness(light)


def _brightness(page):
    import io

    from PIL import Image, ImageStat

    picture = Image.open(io.BytesIO(page.screenshot())).convert("L")
    return ImageStat.Stat(picture).mean[0]
