"""Briefs and cards: two pages, tagged, the numbers of the analysis, nothing of the machine."""

import getpass
import io
import json
import os
import re
import shutil
import socket

import pytest
from PIL import Image
from pypdf import PdfReader

from ektp_analysis import backlog
from ektp_analysis.disclosure import safe_places
from ektp_analysis.errors import SiteError
from ektp_analysis.format import number, percent, signed
from ektp_analysis.privacy import marked
from ektp_analysis.protection import Protection, village_counts
from ektp_analysis.store import open_store
from ektp_analysis.tables.files import brief_path, card_path
from ektp_analysis.takeaway import takeaway_stage
from ektp_analysis.takeaway.brief import brief_data
from ektp_analysis.takeaway.card import card_data
from ektp_analysis.takeaway.headline import headline
from ektp_analysis.takeaway.stage import two_pages
from ektp_analysis.takeaway.tables import PlaceTables, Table, read_place
from ektp_analysis.takeaway.typeset import typeset

SLUG, DISTRICT = "curup-tengah", "17.02.19"


@pytest.fixture(scope="module")
def made(project):
    takeaway_stage(project, news={SLUG: ["Sisa turun 7 warga."]})
    return project


def text(path):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


@pytest.mark.parametrize(
    ("folder", "slug", "district"),
    [("", "kabupaten", None), (f"laporan/{SLUG}", SLUG, DISTRICT)],
)
def test_brief_has_two_pages_and_the_numbers_of_the_analysis(made, folder, slug, district):
    path = made / folder / brief_path(slug)
    assert len(PdfReader(path).pages) == 2
    words = text(path)
    tables = open_store(os.environ["EKTP_STORE"]).load(district=district)
    weeks = backlog.trend(tables.stock)
    last = weeks.iloc[-1]
    change = last["unrecorded"] - weeks["unrecorded"].iloc[-2]
    top = [number(last["eligible"]), number(last["unrecorded"]), percent(last["coverage"])]
    assert " ".join([*top, signed(change)]) in re.sub(
        r"(Wajib KTP|Belum rekam|Cakupan|Sejak minggu lalu) ", "", words
    )
    level = "village_code" if district else "district_code"
    latest = backlog.latest_coverage(tables.stock, tables.as_of, level)
    whole = open_store(os.environ["EKTP_STORE"]).load()
    protection = Protection.of(village_counts(whole.stock))
    safe = safe_places(latest, level, protection, tables.as_of)
    for _, row in safe.iterrows():
        left = marked(row["unrecorded"], row["unrecorded_mark"])
        cells = [row["name"], number(row["eligible"]), left, percent(row["coverage"])]
        assert " ".join([*cells, signed(row["change"])]) in words
    assert "Data sintetis" in words


def test_brief_is_tagged_titled_and_says_nothing_of_the_machine(made):
    path = made / "laporan" / SLUG / brief_path(SLUG)
    reader = PdfReader(path)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert root["/Lang"] == "id"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title.startswith("Perekaman KTP-el Kecamatan Curup Tengah, data ")
    assert "/Alt" in str(path.read_bytes()) or reader.xmp_metadata is not None
    assert b"pdfuaid" in root["/Metadata"].get_data()
    raw = path.read_bytes() + root["/Metadata"].get_data()
    for word in (str(made), getpass.getuser() + "/", socket.gethostname(), "/home/", "/tmp/"):
        assert word.encode() not in raw


def test_brief_carries_the_news(made):
    assert "Sisa turun 7 warga." in text(made / "laporan" / SLUG / brief_path(SLUG))


def test_cards_have_the_size_that_chats_expect(made):
    for folder, slug in (("", "kabupaten"), (f"laporan/{SLUG}", SLUG)):
        with Image.open(made / folder / card_path(slug)) as card:
            assert (
                card.size == (1200, 630) and card.format == "PNG" and not card.info.get("Comment")
            )
            assert len(card.convert("RGB").getcolors(1_000_000)) > 20
        assert (made / folder / card_path(slug)).stat().st_size < 300_000


def test_second_run_makes_nothing_and_a_changed_number_makes_its_place(made, tmp_path):
    assert {m.state for m in takeaway_stage(made, news={SLUG: ["Sisa turun 7 warga."]})} == {
        "cached"
    }
    shutil.copytree(made, tmp_path / "p")
    file = tmp_path / "p/laporan" / SLUG / "files/backlog/tabel.json"
    content = json.loads(file.read_text())
    trend = next(t for t in content["tables"] if t["name"] == "tren")
    seen = [r for r in trend["rows"] if r[3] is None]
    seen[-1][2] += 1
    file.write_text(json.dumps(content))
    states = {
        m.path.name: m.state
        for m in takeaway_stage(tmp_path / "p", news={SLUG: ["Sisa turun 7 warga."]})
    }
    assert states[card_path(SLUG).name] == states[brief_path(SLUG).name] == "ok"
    assert states[card_path("kabupaten").name] == "cached"


def test_same_contents_same_bytes(made):
    place = read_place(made, SLUG, "Kecamatan Curup Tengah", made / "laporan" / SLUG)
    data = {**brief_data(place), "scale": 1.0}
    assert typeset("brief.typ", data, "pdf") == typeset("brief.typ", data, "pdf")
    assert typeset("card.typ", card_data(place), "png") == typeset(
        "card.typ", card_data(place), "png"
    )


def test_a_failed_report_leaves_a_sentence(project, tmp_path):
    shutil.copytree(project, tmp_path / "p")
    shutil.rmtree(tmp_path / "p/laporan" / SLUG / "files/backlog")
    takeaway_stage(tmp_path / "p")
    path = tmp_path / "p/laporan" / SLUG / brief_path(SLUG)
    assert "belum dapat dibuat minggu ini" in text(path) and len(PdfReader(path).pages) == 2
    # links on the pages lead to them, so they are there whatever failed
    shutil.rmtree(tmp_path / "p/laporan" / SLUG / "files")
    takeaway_stage(tmp_path / "p")
    assert "belum dapat dibuat minggu ini" in text(path) and "2 Agustus 2024" in text(path)
    assert path.with_name(card_path(SLUG).name).exists()


def place_of(rows, name="Kecamatan Uji", **others):
    trend = {"Wajib KTP": 900, "Perkiraan": None}
    tables = {
        ("backlog", "tren"): Table(
            "Uji",
            tuple(
                {**trend, "Tanggal": f"2024-08-{i:02d}", "Belum rekam": n}
                for i, n in enumerate(rows, start=1)
            ),
        ),
        **others.get("tables", {}),
    }
    return PlaceTables("uji", name, None, None, False, tables, {})


def test_hidden_counts_hide_what_would_tell_them():
    top = headline(place_of([40, 3]))
    assert (top.unrecorded, top.coverage, top.change, top.share) == ("•", "–", "–", None)
    assert headline(place_of([3, 40])).change == "–"
    assert headline(place_of([45, 40])).change == "−5"
    assert headline(place_of(["<5", 40])).change == "–"


HOSTILE = [
    "<script>#panic()[*x*]",
    "=cmd|' /C calc'!A0",
    "‮Desa",
    "🏠 Desa",
    "x" * 300,
    '"]; #raw("',
]


def test_hostile_names_stay_text_and_many_long_rows_fit_on_two_pages():
    row = {"Wajib KTP": 10**6, "Belum rekam": 10**5, "Cakupan": 0.9, "Sejak minggu lalu": -1000}
    names = [*HOSTILE, *(f"Desa {'Nama Panjang ' * 3}{i}" for i in range(30))]
    rows = tuple({"Desa/kelurahan": n, **row} for n in names)
    place = place_of([45, 40], HOSTILE[0], tables={("backlog", "cakupan"): Table("Uji", rows)})
    document = two_pages(brief_data(place, ["Kalimat panjang sekali. " * 8] * 6))
    words = " ".join(p.extract_text() for p in PdfReader(io.BytesIO(document)).pages)
    assert "#panic()[*x*]" in words and "=cmd|" in words
    assert typeset("card.typ", card_data(place), "png").startswith(b"\x89PNG")


def test_too_much_for_two_pages_is_said():
    row = {"Wajib KTP": 1, "Belum rekam": 9, "Cakupan": 0.9, "Sejak minggu lalu": 0}
    rows = tuple({"Desa/kelurahan": f"Desa {i}", **row} for i in range(400))
    place = place_of([45, 40], tables={("backlog", "cakupan"): Table("Uji", rows)})
    with pytest.raises(SiteError, match="tidak muat dalam dua halaman"):
        two_pages(brief_data(place))


def test_every_column_of_the_downloads_is_explained(project):
    for path in project.rglob("tabel.json"):
        for table in json.loads(path.read_text())["tables"]:
            assert [c["name"] for c in table["columns"] if not c["definition"]] == []
