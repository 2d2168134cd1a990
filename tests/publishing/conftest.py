"""Small sites and editions for the tests of publishing."""

import shutil

import pytest

from ektp_analysis.site.publish import publish


@pytest.fixture
def make_site(tmp_path):
    """A function that writes a site of few pages: ``make_site(words, **pages)``."""

    def make(words="satu", name="_site", **more):
        folder = tmp_path / name
        shutil.rmtree(folder, ignore_errors=True)
        pages = {"index.html": words, "laporan/curup/backlog.html": words, **more}
        for page, text in pages.items():
            path = folder / page
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f'<html lang="id"><p>{text}</p></html>')
        return folder

    return make


@pytest.fixture
def folder(tmp_path, make_site):
    """Two editions; the second is up and leads to the first."""
    publish(make_site("satu"), tmp_path / "editions", "2024-W30")
    arsip = '<a href="edisi/2024-W30/">30</a><a href="edisi/2024-W30/index.html">30</a>'
    publish(make_site("dua", **{"arsip.html": arsip}), tmp_path / "editions", "2024-W31")
    return tmp_path / "editions"
