"""The page of a failed report leads to the last edition in which it was made."""

import nbformat

from ektp_analysis.execute.finish import failure_notebook
from ektp_analysis.execute.run import Outcome
from ektp_analysis.site.failures import last_good, link_last_good
from ektp_analysis.site.publish import Facts, publish

PAGE = "laporan/curup/backlog.html"


def failed_page(tmp_path, folder):
    target = tmp_path / "laporan/curup/backlog.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(failure_notebook("Sisa — Kecamatan Curup", "Sel 3 gagal (ValueError)"), target)
    link_last_good(tmp_path, folder, [Outcome("laporan/curup/backlog", "failed", "Sel 3 gagal.")])
    return target.read_text()


def test_link_to_the_last_good_edition_not_to_the_last(tmp_path, folder, make_site):
    publish(make_site("tiga"), folder, "2024-W32", facts=Facts(failed=(PAGE,)))
    assert last_good(folder, PAGE) == "2024-W31"
    text = failed_page(tmp_path, folder)
    assert "[edisi 2024-W31](../../edisi/2024-W31/laporan/curup/backlog.html)" in text
    assert "Sisa — Kecamatan Curup" in text and "belum dapat dibuat minggu ini" in text
    there = folder / "2024-W32/laporan/curup" / "../../edisi/2024-W31" / PAGE
    assert "dua" in there.read_text()


def test_no_edition_yet(tmp_path):
    assert "Belum ada edisi sebelumnya" in failed_page(tmp_path, tmp_path / "editions")
