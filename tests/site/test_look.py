"""Style sheet, interface words, weight, map, numbers and empty states of the pages."""

import re

import pandas as pd
import pytest

from ektp_analysis import boundaries, headline, regions
from ektp_analysis.panels.maps import boundary_map, shade_breaks, tile_map
from ektp_analysis.panels.marks import coverage_bar, sparkline
from ektp_analysis.panels.numbers import number_cards
from ektp_analysis.site.embedded import finish_site
from ektp_analysis.site.landing import Planned, next_visits, report_finding
from ektp_analysis.site.stylesheet import names_in_html, used_rules
from ektp_analysis.site.weight import page_bytes, weight_problem

PAGE = (
    '<html lang="id"><head><link rel="stylesheet" href="site_libs/themes/a.css">'
    '<link rel="stylesheet" href="site_libs/smalldocs.css">'
    '<meta name="smalldocs:offset" content="./">'
    '<script src="site_libs/bootstrap/bootstrap.bundle.min.js"></script>'
    '<script src="/theme/mode.js"></script></head><body>'
    '<button class="used" aria-label="Toggle navigation"><i class="bi bi-search"></i></button>'
    '<div id="cell-3" class="cell">\n</div></body></html>'
)


def test_only_used_rules_stay():
    css = (
        '@charset "utf-8";.used,.idle{a:b}@media print{.idle{c:d}}#x .used:not(.idle){e:f}p>b{g:h}'
    )
    names = names_in_html('<p class="used" id="x">')
    assert used_rules(css, names) == '@charset "utf-8";.used{a:b}#x .used:not(.idle){e:f}'


def test_embedded_site_is_made_light_and_indonesian(tmp_path):
    libs = tmp_path / "site_libs"
    for name, text in {
        "themes/a.css": ".used{color:red}.idle{color:blue}",
        "smalldocs.css": ".used{margin:0}",
        "bootstrap/bootstrap.bundle.min.js": "x",
        "bootstrap-icons/fonts/i.woff2": "x",
        "smalldocs.js": 'a("No results"); b.title = "Copied!";',
    }.items():
        (libs / name).parent.mkdir(parents=True, exist_ok=True)
        (libs / name).write_text(text)
    (tmp_path / "index.html").write_text(PAGE)
    finish_site(tmp_path)
    page = (tmp_path / "index.html").read_text()
    assert 'aria-label="Buka atau tutup menu"' in page and "Toggle" not in page
    assert "bootstrap" not in page and 'src="./theme/mode.js"' in page and "cell-3" not in page
    (sheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page)
    assert (tmp_path / sheet).read_text() == ".used{color:red}.used{margin:0}"
    assert "Tidak ada hasil" in (libs / "smalldocs.js").read_text()
    assert not (libs / "bootstrap-icons").exists() and not (libs / "bootstrap").exists()


def test_weight_counts_what_a_page_loads(tmp_path):
    page = tmp_path / "laporan/a/index.html"
    page.parent.mkdir(parents=True)
    page.write_text("x" * 10_000)
    (tmp_path / "big.png").write_bytes(bytes(300_000))
    assert page_bytes(tmp_path, page, []) < 200
    assert page_bytes(tmp_path, page, ["../../big.png", "/big.png"]) > 300_000
    words = weight_problem(tmp_path, page, ["../../big.png"])
    assert words.startswith("laporan/a/index.html: terlalu berat untuk telepon (300 kB")
    assert weight_problem(tmp_path, page, ["https://lain.example/x.png"]) == ""


def places(**more):
    table = regions.districts().assign(unrecorded=100, shown="100", coverage=0.9)
    table["name"] = table["district_name"]
    return table.assign(**more)


def test_every_kecamatan_has_a_tile_of_its_own():
    tiles = regions.tiles()
    assert set(tiles["district_code"]) == set(regions.districts()["district_code"])
    assert not tiles.duplicated(["row", "column"]).any()
    markup = tile_map(places().merge(tiles))
    assert markup.count("<a class=") == 15 and "laporan/curup-tengah/index.html" in markup
    assert "style=" not in markup


def test_names_in_a_map_are_inert():
    table = places().merge(regions.tiles())
    table.loc[0, "name"] = "<script>alert(1)</script>"
    assert "<script>" not in tile_map(table)


def test_shades_are_round_and_hidden_counts_have_the_lightest():
    assert shade_breaks(pd.Series([2063, 10])) == [0, 500, 1000, 1500, 2000]
    table = places(unrecorded=pd.array([pd.NA] * 15, "Int64"), shown="•").merge(regions.tiles())
    assert tile_map(table).count("shade-0") == 15 + 1


def test_numbers_with_one_week_and_with_hidden_counts():
    trend = pd.DataFrame(
        {"as_of": pd.to_datetime(["2024-08-02"]), "unrecorded": [120], "coverage": [0.95],
         "unrecorded_mark": [""]}
    )  # fmt: skip
    empty = pd.DataFrame(columns=["week", *headline.INFLOWS, *headline.RECORDED])
    first = number_cards(headline.weekly_numbers(trend, empty))
    assert first.count("belum ada minggu pembanding") == 4 and ">120<" in first
    hidden = trend.assign(unrecorded=pd.NA, coverage=float("nan"), unrecorded_mark="<")
    both = pd.concat([trend, hidden.assign(as_of=pd.Timestamp("2024-08-09"))])
    cards = number_cards(headline.weekly_numbers(both, empty))
    assert "&lt;5" in cards and "perubahan disamarkan" in cards


def test_marks_of_missing_values():
    assert coverage_bar(float("nan")) == "–" and sparkline([1, 2], "x") == "–"
    assert "style=" not in coverage_bar(0.4) + sparkline([3, 2, 1], "x")


def test_landing_without_visits_says_so():
    none = next_visits("17.02.19", Planned(None, None), pd.DataFrame())
    assert "catatan jemput bola belum cukup" in none
    expected = pd.DataFrame(
        {"village_code": ["17.02.19.1001"], "name": ["Kel. A & B"], "expected": [12.0],
         "lo": [8], "hi": [17],
         "unrecorded": [100]}
    )  # fmt: skip
    plan = Planned(expected, expected.assign(village_code="17.02.09.1001"))
    here = pd.DataFrame({"unrecorded": [100], "eligible": [1000]})
    words = next_visits("17.02.19", plan, here)
    assert (
        "Tidak ada kunjungan terjadwal" in words
        and "Kel. A &amp; B, kira-kira 12 warga (80%: 8–17)" in words
    )
    done = next_visits("17.02.19", plan, here.assign(unrecorded=5))
    assert "sudah selesai" in done


def test_a_finding_of_a_report_that_is_not_there(tmp_path):
    from ektp_analysis.parameters import REPORTS

    assert report_finding(tmp_path, REPORTS["backlog"]) == ""


def office_file(folder, **columns):
    geopandas = pytest.importorskip("geopandas")
    from shapely.geometry import Polygon, box

    bowtie = Polygon([(1, 0), (2, 1), (2, 0), (1, 1)])
    frame = geopandas.GeoDataFrame(columns, geometry=[box(0, 0, 1, 1), bowtie], crs=4326)
    frame.to_file(folder / "batas.geojson")
    return folder


@pytest.mark.parametrize(
    "columns",
    [{"KODE": ["17.02.09", "17.02.19"]}, {"kode_desa": ["1702091001", "1702191002"]},
     {"KECAMATAN": ["CURUP", "Curup  Tengah"]}],
    ids=["codes", "codes of desa without dots", "names"],
)  # fmt: skip
def test_boundaries_are_joined_and_mended(tmp_path, columns):
    shapes = boundaries.office_shapes(office_file(tmp_path, **columns))
    assert list(shapes.table["district_code"]) == ["17.02.09", "17.02.19"]
    assert "1 bentuk rusak dalam batas.geojson diperbaiki" in shapes.notes[0]
    assert "Bermani Ulu" in shapes.notes[-1]
    markup = boundary_map(places().merge(shapes.table, "left"), shapes.width, shapes.height)
    # the name and the count of each, in letters that are not of the area's own colour
    assert markup.count("<text") == 4 and 'text class="shade' not in markup
    assert markup.count("<path") == 2 and "Tanpa batas dalam berkas" in markup
    assert 'href="laporan/curup/index.html" aria-label="Curup: 100 belum rekam' in markup


def test_a_boundary_file_that_cannot_be_used_is_said_and_not_fatal(tmp_path):
    assert boundaries.office_shapes(tmp_path) is None
    (tmp_path / "batas.geojson").write_text("{")
    shapes = boundaries.office_shapes(tmp_path)
    assert shapes.table.empty and "tidak terbaca" in shapes.notes[0]
    strange = office_file(tmp_path, nama=["Antah", "Berantah"])
    assert "tidak ada kolom kode atau nama" in boundaries.office_shapes(strange).notes[0]


def test_a_kecamatan_without_visits_is_told_so_and_once(tmp_path):
    import nbformat

    from ektp_analysis.execute.downloads import Downloads
    from ektp_analysis.exhibit import show_text
    from ektp_analysis.exhibits.visits import NO_VISITS
    from ektp_analysis.parameters import REPORTS

    downloads = Downloads(tmp_path, "visit_effectiveness", "Hasil")
    note = show_text(NO_VISITS)
    bodies = [downloads.add(note.body, note.contents()) for _ in range(2)]
    assert NO_VISITS in bodies[0] and bodies[1] == ""
    table = '<div class="ektp-table" id="rata-rata" aria-label="Rata-rata kabupaten">x</div>'
    outputs = [nbformat.v4.new_output("display_data", {"text/html": b}) for b in [*bodies, table]]
    cells = [nbformat.v4.new_code_cell("x", outputs=[o]) for o in outputs]
    path = tmp_path / "visit_effectiveness.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    assert report_finding(tmp_path, REPORTS["visit_effectiveness"]) == NO_VISITS


def test_the_first_edition_ever_says_once_that_there_is_nothing_to_compare(tmp_path):
    from types import SimpleNamespace

    from ektp_analysis import regions
    from ektp_analysis.site.news import NEWS_PAGE, write_news_page
    from ektp_analysis.tables.files import WHOLE
    from ektp_analysis.text_changes import FIRST

    tables = SimpleNamespace(synthetic=False, as_of=pd.Timestamp("2024-08-02"))
    slugs = [WHOLE, *regions.districts()["district_slug"]]
    write_news_page(tmp_path, tables, {slug: [FIRST] for slug in slugs})
    assert (tmp_path / NEWS_PAGE).read_text().count("Ini data pertama") == 1
    found = {slug: [f"Sisa turun {n} warga"] for n, slug in enumerate(slugs)}
    write_news_page(tmp_path, tables, found)
    assert (tmp_path / NEWS_PAGE).read_text().count("Sisa turun") == 16
