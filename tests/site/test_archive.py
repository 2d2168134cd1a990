"""Past editions stay at their addresses, the list and the feed name them, pages can be shared."""

import io
import json
import os
import re
import shutil
import subprocess
import uuid
import xml.etree.ElementTree as ET
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pypdf import PdfWriter

from ektp_analysis.errors import SiteError
from ektp_analysis.site.archive import archive_table, past_editions, stamp, write_archive_files
from ektp_analysis.site.check import check_site
from ektp_analysis.site.editions import edition_name
from ektp_analysis.site.feed import ATOM, atom_feed
from ektp_analysis.site.publish import publish, rollback
from ektp_analysis.site.share import share_site
from ektp_analysis.site.summary import (
    EditionSummary,
    PlaceSummary,
    read_summary,
    summarise,
    write_summary,
)
from ektp_analysis.store import open_store

PAGE = (
    '<!doctype html><html lang="id"><head><title>{title}</title></head>'
    "<body><main><p>data sintetis</p>{body}</main></body></html>"
)
LIST = '<div id="ektp-arsip"><p>x</p></div>'
NS = {"a": ATOM}


def edition(day, unrecorded, built=None):
    place = PlaceSummary("curup", "Curup", 1000, unrecorded, 1 - unrecorded / 1000, -1)
    whole = PlaceSummary("kabupaten", "Kabupaten Uji", 1000, unrecorded, 1 - unrecorded / 1000, -1)
    return EditionSummary(day, built or day, True, whole, (place,))


def blank_pdf():
    out, writer = io.BytesIO(), PdfWriter()
    writer.add_blank_page(100, 100)
    writer.write(out)
    return out.getvalue()


def make(folder, summary, text="", base_url="", keep=26):
    """A small rendered site, completed as the build does it, and published."""
    site = folder / "_site"
    shutil.rmtree(site, ignore_errors=True)
    (site / "laporan/curup/files/unduh").mkdir(parents=True)
    (site / "files/unduh").mkdir(parents=True)
    (site / "files/unduh/ringkasan-kabupaten.pdf").write_bytes(blank_pdf())
    (site / "files/unduh/kartu-kabupaten.png").write_bytes(b"gambar")
    (site / "laporan/curup/files/unduh/kartu-curup.png").write_bytes(b"gambar")
    link = '<a href="../../arsip.html">Arsip</a>'
    for name, title, body in (
        ("index.html", "Muka", text),
        ("arsip.html", "Arsip", LIST),
        ("laporan/curup/index.html", "Kecamatan “Curup” & <b>", link),
    ):
        title = title.replace("&", "&amp;").replace("<", "&lt;")
        (site / name).write_text(PAGE.format(title=title, body=body))
    share_site(site, summary, base_url)
    write_summary(site, summary)
    stamp(site, folder / "editions", summary, keep=keep, base_url=base_url)
    return publish(site, folder / "editions", edition_name(summary.as_of), keep=keep)


@pytest.fixture
def three(tmp_path):
    for day, n in ((date(2024, 7, 19), 90), (date(2024, 7, 26), 95), (date(2024, 8, 2), 80)):
        make(tmp_path, edition(day, n), f"edisi {day}")
    return tmp_path / "editions"


def rows(page):
    table = re.search(r'<div id="ektp-arsip".*?</div>', page.read_text(), re.S).group()
    return [re.sub(r"<[^>]+>", "|", r) for r in re.findall(r"<tr>.*?</tr>", table)[1:]]


def test_old_editions_stay_reachable_and_unchanged(three):
    up = three / "current"
    assert "edisi 2024-08-02" in (up / "index.html").read_text()
    for name, day in (
        ("2024-W29", "2024-07-19"),
        ("2024-W30", "2024-07-26"),
        ("2024-W31", "2024-08-02"),
    ):
        assert f"edisi {day}" in (up / "edisi" / name / "index.html").read_text()
        assert read_summary(up / "edisi" / name).as_of.isoformat() == day
    assert check_site(up.resolve(), synthetic=True) == []


def test_archive_lists_the_main_numbers_newest_first(three):
    found = rows(three / "current/arsip.html")
    assert [re.search(r"2024-W\d+", r.replace("\u2011", "-")).group() for r in found] == [
        "2024-W31",
        "2024-W30",
        "2024-W29",
    ]
    assert "2\u00a0Agustus\u00a02024" in found[0] and "80" in found[0] and "92,0%" in found[0]
    assert "−15" in found[0] and "+5" in found[1] and "PDF" in found[0]
    page = (three / "current/arsip.html").read_text()
    for link in re.findall(r'href="(edisi/[^"]+)"', page):
        assert (three / "current" / link).exists()


def test_the_archive_of_an_old_edition_works_at_its_own_address(three):
    page = three / "current/edisi/2024-W30/arsip.html"
    assert len(rows(page)) == 2
    for link in re.findall(r'href="(edisi/[^"]+)"', page.read_text()):
        assert (page.parent / link).exists()


def test_a_correction_replaces_its_week_in_the_list_and_keeps_both_addresses(three):
    make(three.parent, edition(date(2024, 8, 2), 79), "koreksi")
    make(three.parent, edition(date(2024, 8, 9), 70), "baru")
    page = (three / "current/arsip.html").read_text()
    assert "edisi/2024-W31.2/index.html" in page and "edisi/2024-W31/index.html" not in page
    assert (three / "current/edisi/2024-W31/index.html").exists()
    assert "−9" in rows(three / "current/arsip.html")[0]


def test_the_same_site_again_is_no_new_edition(three):
    made = make(three.parent, edition(date(2024, 8, 2), 80), "edisi 2024-08-02")
    assert made.name == "2024-W31"


def test_what_retention_removes_is_not_listed(tmp_path):
    for week in range(5):
        make(
            tmp_path,
            edition(date.fromordinal(date(2024, 7, 5).toordinal() + 7 * week), 90 - week),
            keep=3,
        )
    page = tmp_path / "editions/current/arsip.html"
    assert len(rows(page)) == 3
    for link in re.findall(r'href="(edisi/[^"]+)"', page.read_text()):
        assert (page.parent / link).exists()
    assert past_editions(tmp_path / "editions", "2024-W31", 1) == []


def test_rollback_shows_the_archive_of_that_week(three):
    rollback(three)
    assert len(rows(three / "current/arsip.html")) == 2


def test_an_edition_without_numbers_is_listed_all_the_same(three):
    path = three / "2024-W30/edisi.json"
    path.write_text("{")
    assert read_summary(path.parent) is None
    site = three.parent / "_site"
    stamp(site, three, edition(date(2024, 8, 9), 70), keep=26, base_url="")
    assert "2024\u2011W30" in rows(site / "arsip.html")[2] and "–" in rows(site / "arsip.html")[2]


def test_a_site_without_archive_page_is_refused(tmp_path):
    (tmp_path / "_site").mkdir()
    with pytest.raises(SiteError, match=r"Pulihkan arsip\.qmd"):
        stamp(tmp_path / "_site", tmp_path, edition(date(2024, 8, 2), 1), keep=2, base_url="")


@pytest.mark.parametrize("base_url", ["", "https://ktp.example.go.id/"])
def test_feed_is_valid_atom(three, base_url):
    known = [(n, read_summary(three / n)) for n in ("2024-W29", "2024-W30", "2024-W31")]
    root = ET.fromstring(atom_feed(known, base_url))
    assert root.tag == f"{{{ATOM}}}feed"
    # RFC 4287, section 4.1.1: exactly one id, title, updated; an author; at most one self link
    for parent in (root, *root.findall("a:entry", NS)):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"a:{name}", NS)) == 1
        moment = parent.find("a:updated", NS).text
        assert datetime.fromisoformat(moment).utcoffset() is not None
        assert uuid.UUID(parent.find("a:id", NS).text.removeprefix("urn:uuid:"))
    assert root.find("a:author/a:name", NS).text
    links = {link.get("rel"): link.get("href") for link in root.findall("a:link", NS)}
    assert links == {"alternate": base_url + "index.html", "self": base_url + "atom.xml"}
    entries = root.findall("a:entry", NS)
    ids = [e.find("a:id", NS).text for e in entries]
    assert len(set(ids)) == len(entries) == 3
    assert "2024-W31" in entries[0].find("a:title", NS).text
    assert "80 warga" in entries[0].find("a:summary", NS).text
    assert "turun 15 sejak edisi data 26 Juli 2024" in entries[0].find("a:summary", NS).text
    for entry in entries:
        href = entry.find("a:link", NS).get("href")
        assert (three / "current" / href.removeprefix(base_url)).exists()


def test_feed_identifiers_do_not_depend_on_the_address(three):
    known = [("2024-W31", read_summary(three / "2024-W31"))]
    found = [
        re.findall(rb"urn:uuid:[0-9a-f-]+", atom_feed(known, u)) for u in ("", "https://a.id/")
    ]
    assert found[0] == found[1]


def test_published_feed_leads_to_every_edition(three):
    root = ET.parse(three / "current/atom.xml").getroot()
    for link in root.findall("a:entry/a:link", NS):
        assert (three / "current" / link.get("href")).exists()


def tags(page):
    return dict(re.findall(r'<meta property="(og:[^"]+)" content="([^"]*)">', page.read_text()))


def test_open_graph_tags_lead_to_the_card_of_the_place(three):
    page = three / "current/laporan/curup/index.html"
    found = tags(page)
    assert found["og:title"] == "Kecamatan “Curup” &amp; &lt;b&gt;"
    assert found["og:locale"] == "id_ID" and found["og:image:width"] == "1200"
    assert found["og:image:alt"].startswith("80 warga Kecamatan Curup belum rekam")
    path = urlsplit(found["og:image"]).path
    assert path.endswith("kartu-curup.png") and (page.parent / path).exists()
    assert (page.parent / re.search(r'href="([^"]*atom.xml)"', page.read_text()).group(1)).exists()


def test_open_graph_addresses_are_absolute_when_the_address_is_known(tmp_path):
    made = make(tmp_path, edition(date(2024, 8, 2), 80), base_url="https://ktp.example.go.id/rl/")
    image = tags(made / "laporan/curup/index.html")["og:image"]
    root = "https://ktp.example.go.id/rl/"
    assert image == f"{root}laporan/curup/files/unduh/kartu-curup.png?v=2024-08-02"
    assert tags(made / "index.html")["og:image"].startswith(
        f"{root}files/unduh/kartu-kabupaten.png"
    )


def test_sharing_twice_changes_nothing(three):
    site = three.parent / "_site"
    before = (site / "index.html").read_text()
    assert share_site(site, edition(date(2024, 8, 2), 80), "") == 0
    assert (site / "index.html").read_text() == before and before.count("og:title") == 1


def test_summary_of_the_store_hides_as_the_pages_do():
    tables = open_store(os.environ["EKTP_STORE"]).load()
    found = summarise(tables, date(2024, 8, 5))
    week = tables.stock[tables.stock["as_of"] == tables.as_of]
    assert found.regency.unrecorded == week["unrecorded"].sum()
    assert found.regency.eligible == week["eligible"].sum()
    assert sum(d.unrecorded for d in found.districts) == found.regency.unrecorded
    assert sum(d.change for d in found.districts) == found.regency.change


def test_summary_is_read_back(tmp_path):
    first = edition(date(2024, 8, 2), 80)
    write_summary(tmp_path, first)
    assert read_summary(tmp_path) == first
    assert json.loads((tmp_path / "edisi.json").read_text())["synthetic"] is True


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("/edisi/2024-W30/laporan/curup/index.html", "../../../../index.html"),
        ("/rl/edisi/2024-W30.2/index.html", "../../index.html"),
        ("/laporan/curup/index.html", None),
    ],
)
def test_an_old_edition_leads_to_the_newest(path, href):
    script = Path("ektp_analysis/site/edisi.js").resolve().read_text()
    code = f"""
    var link = {{}}, notice = {{hidden: true, querySelector: function () {{
      return {{setAttribute: function (k, v) {{ link[k] = v; }}}}; }}}};
    var location = {{pathname: {json.dumps(path)}}};
    var document = {{readyState: "complete", querySelector: function () {{ return notice; }}}};
    {script}
    console.log(JSON.stringify([notice.hidden, link.href || null]));
    """
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [href is None, href]


def test_each_number_of_the_list_stands_under_its_heading():
    this, last = edition(date(2024, 8, 2), 60), edition(date(2024, 7, 26), 75)
    table = archive_table(["2024-W30"], {"2024-W30": last}, this, "2024-W31")
    heads = re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", table)
    rows = re.findall(r"<tr><th scope=\"row\">.*?</tr>", table)
    cells = [re.sub(r"<[^>]+>", "", c) for c in re.findall(r"<t[hd][ >].*?</t[hd]>", rows[0])]
    shown = dict(zip(heads, cells, strict=True))
    assert shown["Data per"] == "2\u00a0Agustus\u00a02024" and shown["Belum rekam"] == "60"
    assert shown["Sejak edisi lalu"] == "−15" and shown["Cakupan"] == "94,0%"
    assert shown["Wajib KTP"] == "1.000" and shown["Cetak"] == "PDF"
    assert len(rows) == 2


def test_the_list_of_editions_can_be_taken_along(tmp_path):
    known = [
        ("2024-W30", edition(date(2024, 7, 26), 75)),
        ("2024-W31", edition(date(2024, 8, 2), 60)),
    ]
    write_archive_files(tmp_path, known)
    text = (tmp_path / "files/arsip/edisi.csv").read_text(encoding="utf-8-sig").splitlines()
    assert text == [
        "Edisi;Data per;Belum rekam;Sejak edisi lalu;Cakupan;Wajib KTP",
        "2024-W30;2024-07-26;75;;0,925;1000",
        "2024-W31;2024-08-02;60;-15;0,94;1000",
    ]
    assert (tmp_path / "files/arsip/edisi.xlsx").stat().st_size > 1000
