"""Tables as pages carry them: cards on a phone, findings said once, figures without their title."""

import base64
import re

import pandas as pd
import pytest
from great_tables import GT

from ektp_analysis.execute.downloads import Downloads
from ektp_analysis.exhibit import MEDIA_TYPE, SWITCH, show_figure, show_table
from ektp_analysis.figures.style import new_figure
from ektp_analysis.table_markup import bare_table, labelled, too_wide


def table(**columns):
    frame = pd.DataFrame(columns)
    return GT(frame).cols_align("left").cols_align("right", columns=list(frame.columns[1:]))


def bare(**columns):
    return bare_table(table(**columns).as_raw_html(inline_css=False))


def test_a_table_of_few_short_columns_fits_a_phone():
    assert not too_wide(bare(Desa=["Air Merah"], Sisa=["120"], Cakupan=["93,1%"]))


def test_numbers_with_intervals_fit_when_they_may_break():
    wide = bare(Tempat=["Curup"], Rasio=["0,89 (0,65–1,22)"], Tambahan=["34,7 (29,7 sampai 39,7)"])
    assert too_wide(wide) and not too_wide(wide, wrapped=True)


def test_each_cell_of_a_card_has_its_heading():
    markup = labelled(bare(Desa=["A", "B"], Sisa=["1", "2"]))
    assert re.findall(r'data-label="(\w+)">(\w+)<', markup) == [
        ("Desa", "A"), ("Sisa", "1"), ("Desa", "B"), ("Sisa", "2")
    ]  # fmt: skip
    assert labelled("<table></table>") == "<table></table>"


def test_a_heading_cannot_end_its_attribute():
    frame = pd.DataFrame({'Sisa "lama"': ["1"]})
    markup = labelled(bare_table(GT(frame).as_raw_html(inline_css=False)))
    assert 'data-label="Sisa &quot;lama&quot;"' in markup


def test_wide_tables_become_cards_unless_they_are_to_be_sorted():
    columns = {f"Kolom panjang {i}": [f"nilai-nilai-{i}"] for i in range(6)}
    data = pd.DataFrame(columns)
    cards = show_table(table(**columns), name="a", finding="Banyak", data=data)
    assert 'class="ektp-table ektp-cards"' in cards.body and "data-label" in cards.body
    kept = show_table(table(**columns), name="a", finding="Banyak", data=data, cards=False)
    assert 'class="ektp-table"' in kept.body and "data-label" not in kept.body


@pytest.fixture
def figure():
    made, axes = new_figure("Sisa turun 120 sejak minggu lalu, dan terus turun")
    axes.plot([1, 2], [2, 1])
    return made


def test_the_page_says_what_the_files_have_as_title(tmp_path, monkeypatch, figure):
    monkeypatch.setenv(SWITCH, "data")
    before = figure.get_size_inches()[1]
    data = pd.DataFrame({"Minggu": [1, 2], "Sisa": [2, 1]})
    exhibit = show_figure(figure, name="tren", finding="Sisa turun", data=data, folded="Lihat")
    assert exhibit.body.startswith('<p class="ektp-finding">Sisa turun.</p><details')
    height = int(re.search(r'height="(\d+)"', exhibit.body)[1])
    # two lines of title are gone
    assert 0.3 < before - height / 72 < 0.6
    downloads = Downloads(tmp_path, "backlog", "Judul")
    bundle = exhibit._repr_mimebundle_()
    body = downloads.add(bundle["text/html"], bundle[MEDIA_TYPE])
    assert body.endswith("</p></details>")  # what is folded has its files inside
    shown = re.search(r'src="(files/backlog/tren-halaman\.(?:svg|png))"', body)[1]
    content = re.search(r'base64,([^"]+)"', exhibit.body)[1]
    assert (tmp_path / shown).read_bytes() == base64.b64decode(content)
    for kind in ("svg", "png", "csv", "xlsx"):
        assert f'href="files/backlog/tren.{kind}"' in body
    drawn = len((tmp_path / "files/backlog/tren.svg").read_text())
    assert (tmp_path / "files/backlog/tren-halaman.svg").stat().st_size < drawn


def test_one_finding_is_said_once_under_a_heading(tmp_path, monkeypatch):
    monkeypatch.setenv(SWITCH, "data")
    data = pd.DataFrame({"Desa": ["A"]})
    bundle = show_table(table(Desa=["A"]), name="a", finding="Sisa turun", data=data)
    bundle = bundle._repr_mimebundle_()
    downloads = Downloads(tmp_path, "backlog", "Judul")

    def said():
        return "Sisa turun.</p>" in downloads.add(bundle["text/html"], dict(bundle[MEDIA_TYPE]))

    assert said() and not said()
    downloads.start_section()
    assert said()
