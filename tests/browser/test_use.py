"""What staff do: find a desa, sort, filter, follow the map, choose a mode, take the numbers along."""

import csv
import io
import json
import re
from datetime import datetime

import openpyxl
import pytest

from .conftest import KINDS, load_images


def test_search_finds_a_desa(open_page):
    page = open_page("overview")
    box = page.get_by_role("combobox")
    box.fill("air merah")
    page.get_by_role("option", name=re.compile("Desa Air Merah")).first.click()
    page.wait_for_url("**/laporan/curup-tengah/index.html#desa-air-merah")
    row = page.locator("tr", has=page.locator("#desa-air-merah"))
    row.wait_for()
    background = "getComputedStyle(document.querySelector('tr:has(:target) td')).backgroundColor"
    assert page.evaluate(background) != "rgba(0, 0, 0, 0)"


def test_search_by_keyboard_and_without_a_hit(open_page):
    page = open_page("landing", width=1280)
    page.keyboard.press("/")
    page.keyboard.type("kota padang")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/laporan/kota-padang/**")
    page.get_by_role("combobox").fill("tidakadadesaini")
    page.get_by_text("Tidak ada hasil").first.wait_for()
    page.keyboard.press("Escape")
    assert page.locator("#ektp-hits").is_hidden()


def test_search_from_a_file(browser, site):
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.get_by_role("combobox").fill("batu galing")
    page.get_by_role("option", name=re.compile("Batu Galing")).first.click()
    page.wait_for_url("**/curup-tengah/index.html#kelurahan-batu-galing")
    page.locator("#kelurahan-batu-galing").wait_for()
    page.close()


def menu(page):
    return page.get_by_role("navigation", name="Menu utama")


def numbers(page, column):
    texts = page.locator(f"#desa tbody tr td:nth-child({column})").all_inner_texts()
    return [float(t.replace(".", "").replace(",", ".")) for t in texts if t[:1].isdigit()]


def test_sort_by_any_column(open_page):
    page = open_page("landing")
    head = page.get_by_role("columnheader", name="Belum rekam")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    down = numbers(page, 2)
    assert len(down) > 5 and down == sorted(down, reverse=True)
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending" and numbers(page, 2) == sorted(down)
    names = page.get_by_role("columnheader", name="Desa/kelurahan")
    names.get_by_role("button").click()
    listed = page.locator("#desa tbody tr td:first-child").all_inner_texts()
    assert listed == sorted(listed) and head.get_attribute("aria-sort") is None


def test_sort_by_date_keeps_unknown_ones_last(open_page):
    page = open_page("landing")
    head = page.get_by_role("columnheader", name="Kunjungan terakhir")
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort")
    texts = page.locator("#desa tbody tr td:nth-child(6)").all_inner_texts()
    assert any(re.match(r"\d+ \w+ \d{4}", t) for t in texts)


def test_filter(open_page):
    page = open_page("landing")
    page.get_by_label("Saring desa/kelurahan").fill("talang rimbo")
    shown = page.locator("#desa tbody tr:visible").all_inner_texts()
    assert len(shown) == 2 and all("Talang Rimbo" in row for row in shown)
    assert page.get_by_text("2 dari 10", exact=True).is_visible()
    page.get_by_label("Saring desa/kelurahan").fill("")
    assert page.locator("#desa tbody tr:visible").count() == 10


def test_map_leads_to_the_kecamatan(open_page):
    page = open_page("overview")
    tiles = page.locator(".ektp-map a")
    assert tiles.count() == 15
    page.get_by_role("link", name=re.compile("^Curup Tengah .*belum rekam")).click()
    page.wait_for_url("**/laporan/curup-tengah/index.html")
    assert page.get_by_role("heading", level=1).inner_text() == "Kecamatan Curup Tengah"


def test_dark_mode_stays(open_page):
    page = open_page("overview")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Pakai mode gelap").click()
    dark = page.evaluate(paper)
    assert dark != light
    menu(page).get_by_role("link", name="Kecamatan", exact=True).click()
    page.get_by_role("heading", level=1, name="Kecamatan").wait_for()
    assert page.evaluate(paper) == dark
    page.reload()
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Pakai mode terang").click()
    assert page.evaluate(paper) == light


def test_downloads_agree_with_the_page(open_page):
    page = open_page("overview")
    with page.expect_download() as waiting:
        page.locator('a[href$="cakupan.csv"]').first.click()
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 15
    table = page.locator("#cakupan tbody tr")
    for row, shown in zip(rows, table.all(), strict=True):
        cells = shown.locator("td").all_inner_texts()
        assert row["Kecamatan"] == cells[0].split("\n")[0].removesuffix("selesai").strip()
        assert row["Belum rekam"] in ("", cells[1].replace(".", ""))


EXHIBITS = """[...document.querySelectorAll('.ektp-downloads')].map(line => {
  const shown = line.previousElementSibling, table = shown.querySelector('table');
  const texts = cells => [...cells].map(cell => cell.textContent.trim());
  return {
    files: Object.fromEntries([...line.querySelectorAll('a')].map(a => [a.textContent, a.getAttribute('href')])),
    figure: shown.matches('figure'),
    heads: table ? texts(table.tHead.rows[0].cells) : [],
    rows: table ? [...table.tBodies[0].rows].map(row => texts(row.cells)) : [],
  };
})"""


def plain(value):
    """A cell of a workbook as the CSV has it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)


@pytest.mark.parametrize(
    "kind",
    ["overview", "districts", "landing", "backlog", "cohort", "visits", "quality"],
)  # fmt: skip
def test_every_table_and_figure_can_be_taken_along(open_page, site, kind):
    """CSV and XLSX hold the same, and what the page shows; figures are there as PNG and SVG."""
    page = open_page(kind)
    folder, compared = (site / KINDS[kind]).parent, 0
    exhibits = page.evaluate(EXHIBITS)
    assert exhibits
    for exhibit in exhibits:
        files = {name: folder / path for name, path in exhibit["files"].items()}
        text = files["CSV"].read_text(encoding="utf-8-sig")
        heads, *rows = csv.reader(io.StringIO(text), delimiter=";")
        sheet = openpyxl.load_workbook(files["XLSX"])["Data"]
        book = [[plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        assert book[0] == heads and len(book) == len(rows) + 1
        for row, other in zip(rows, book[1:], strict=True):
            assert [number(cell) for cell in row] == [number(cell) for cell in other]
        if exhibit["figure"]:
            assert files["PNG"].read_bytes()[:4] == b"\x89PNG"
            assert files["SVG"].read_text(encoding="utf-8").lstrip().startswith(("<?xml", "<svg"))
        if len(exhibit["rows"]) != len(rows):
            continue
        for head in set(heads) & set(exhibit["heads"]):
            column, place = exhibit["heads"].index(head), heads.index(head)
            for shown, row in zip(exhibit["rows"], rows, strict=True):
                given = re.match(r"[+−-]?[\d.]*\d", shown[column])
                if row[place].lstrip("-").isdigit() and given:
                    assert given[0].replace(".", "").replace("−", "-").lstrip("+") == row[place]
                    compared += 1
    assert compared or kind == "cohort"


def number(cell):
    """A cell as a number where it is one: 12 and 12,0 are the same."""
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return cell


def test_a_page_works_from_a_file(browser, site):
    page = browser.new_page(viewport={"width": 360, "height": 780})
    complaints = []
    page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name=re.compile("^Curup Tengah .*belum rekam")).click()
    page.get_by_role("heading", level=1, name="Kecamatan Curup Tengah").wait_for()
    page.get_by_role("link", name="Belum rekam", exact=True).click()
    page.get_by_role("heading", level=1, name=re.compile("Sisa belum rekam")).wait_for()
    load_images(page)
    assert page.evaluate("[...document.images].every(i => i.naturalWidth > 0)")
    page.get_by_role("button", name="Pakai mode gelap").click()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert complaints == []
    page.close()


def test_what_is_folded_opens(open_page):
    page = open_page("overview")
    plan = page.locator("#rencana-4-minggu")
    assert plan.is_hidden()
    page.get_by_text(re.compile(r"^Lihat \d+ kunjungan dan alasannya")).click()
    assert plan.is_visible() and plan.locator("tbody tr").count() > 3
    # a card on a phone says what each of its numbers is
    label = "getComputedStyle(document.querySelector('#rencana-4-minggu td:nth-child(4)'), '::before').content"
    assert "Perkiraan terekam" in page.evaluate(label)


def test_four_numbers_and_three_visits(open_page):
    page = open_page("overview")
    values = page.locator(".ektp-numbers .value").all_inner_texts()
    assert len(values) == 4 and all(re.search(r"\d", value) for value in values)
    assert all(page.locator(".ektp-numbers .change").all_inner_texts())
    cards = page.locator(".ektp-visits li").all_inner_texts()
    assert len(cards) == 3
    for card in cards:
        assert re.search(r"\w+, \d+ \w+ \d{4}", card) and "Kecamatan " in card
        assert "warga terekam" in card and "belum rekam" in card
    # the decision is on the first screen of a phone: a sentence names all three, cards follow
    sentence = page.locator(".ektp-finding").first
    box = sentence.bounding_box()
    assert box["y"] + box["height"] < 600
    names = page.locator(".ektp-visits h3")
    assert all(name in sentence.inner_text() for name in names.all_inner_texts())
    assert names.nth(1).bounding_box()["y"] < 780


def test_keyboard_alone_reaches_everything(open_page):
    page = open_page("landing", width=1280)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "ektp-skip"
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("""() => {
          const e = document.activeElement;
          const visible = getComputedStyle(e).outlineStyle !== 'none';
          return [e.tagName, (e.getAttribute('aria-label') || e.textContent).trim(), visible].join('|');
        }""")
        )
    names = {entry.split("|")[1] for entry in reached}
    for wanted in ("Ringkasan", "Cari desa, kelurahan, atau kecamatan", "Pakai mode gelap",
                   "Belum rekam", "Cakupan", "Kel. Siderejo"):  # fmt: skip
        assert wanted in names, wanted
    unseen = [e for e in reached if e.endswith("|false") and not e.startswith("BODY")]
    assert unseen == []
    links = page.locator("main a:visible, main button:visible, main input:visible").count()
    assert links <= len(reached) + 40


def test_old_data_are_announced(open_page):
    page = open_page("overview")
    note = page.locator(".ektp-stale")
    assert note.is_visible() and re.search(r"Data sudah lama, [\d.]+ hari", note.inner_text())


def test_a_report_that_failed_says_so(open_page):
    page = open_page("failed")
    assert page.get_by_text("Laporan ini belum dapat dibuat minggu ini").is_visible()
    page = open_page("laporan/kota-padang/index.html")
    failed = page.locator(".ektp-reports li", has_text="Sisa belum rekam")
    assert "belum dapat dibuat minggu ini" in failed.inner_text()


@pytest.mark.parametrize("kind", ["overview", "backlog"])
def test_notebook_can_be_downloaded(open_page, kind):
    page = open_page(kind)
    with page.expect_download() as waiting:
        page.get_by_role("link", name=re.compile("^Buku catatan Jupyter")).click()
    assert waiting.value.suggested_filename.endswith(".ipynb")
    notebook = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    assert any("load_report" in "".join(cell["source"]) for cell in notebook["cells"])
