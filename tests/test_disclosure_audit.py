"""All numbers of two consecutive editions, as an attacker reads them, tell no hidden count.

The kabupaten is one in which nearly every count is small; ``make disclosure`` does the same for
more of them, and for the sample kabupaten.
"""

from __future__ import annotations

import re
from copy import deepcopy

import pandas as pd
import pytest

from ektp_analysis.store import Store
from tests.disclosure_pages import (
    LIMIT,
    READERS,
    WIDTH,
    Attacker,
    Page,
    expected_numbers,
    pages_of,
    read_pages,
)
from tests.small_kabupaten import WEEKS, write_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return write_store(tmp_path_factory.mktemp("kecil") / "store")


@pytest.fixture(scope="module")
def pages(store: Store) -> list[Page]:
    """Every exhibit of both editions."""
    return pages_of(store, WEEKS[-2:])


@pytest.fixture(scope="module")
def attacker(store: Store, pages: list[Page]) -> Attacker:
    return read_pages(store, pages)


def test_every_exhibit_is_audited(pages: list[Page]) -> None:
    unknown = {p.exhibit.name for p in pages if len(p.data)} - set(READERS)
    assert not unknown, f"add to READERS what an attacker reads in {unknown}"
    assert {p.exhibit.name for p in pages} >= {
        "cakupan",
        "tren",
        "tahun-lahir",
        "angkatan",
        "menyusul",
        "menyusul-desa",
        "kabar",
        "hasil",
    }


def test_two_editions_reveal_no_hidden_count(attacker: Attacker) -> None:
    assert len(attacker.audit.watched) > 200
    assert attacker.audit.told(WIDTH) == {}


def test_the_audit_notices_one_exact_number_too_many(attacker: Attacker) -> None:
    """Two exact running totals of a kind of event beside all the rest tell the week between."""
    more = deepcopy(attacker.audit)
    name = next(n for n in more.watched if n[0] == "event" and n[1] > attacker.weeks[2])
    _, week, place, item = name
    until = attacker.weeks[1 : attacker.weeks.index(week) + 1]
    for weeks in (until[:-1], until):
        parts = {("event", w, place, item): 1.0 for w in weeks}
        more.equal(parts, sum(attacker.truth.get(part, 0) for part in parts))
    more.watched = [name]
    assert more.told(WIDTH) == {name: (attacker.truth[name], attacker.truth[name])}


def test_words_state_no_small_count(pages: list[Page]) -> None:
    """“3 warga …” in a finding, an alternative text or a figure."""
    for page in pages:
        if READERS.get(page.exhibit.name) is expected_numbers:
            continue  # expected numbers, not counts
        # a net change is no count of persons (decision 700)
        pattern = r"(?<!naik )(?<!turun )(?<![\d.,–])(\d+) (?:warga|orang)"
        for number in re.findall(pattern, page.words):
            assert not 0 < int(number) < LIMIT, page.words


def test_bars_of_hidden_counts_have_one_length() -> None:
    from ektp_analysis.disclosure import safe_profile
    from ektp_analysis.figures.cohort import birth_year_figure

    profile = pd.DataFrame(
        {"birth_year": [1997, 1998, 1999, 2000], "older": [True, False, False, False],
         "eligible": 500, "recorded": [440, 498, 489, 480], "unrecorded": [60, 2, 11, 20],
         "coverage": 0.9}
    )  # fmt: skip
    figure = birth_year_figure(safe_profile(profile, True), "Judul")
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == [60, LIMIT, LIMIT, 20]
