"""Rounded events of parts beside those of their whole narrow neither."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ektp_analysis.accounts import weekly_accounts
from ektp_analysis.disclosure_events import (
    GROUPS,
    most_ahead,
    place_accounts,
    rounded_totals,
    totals_of_parts,
    village_accounts,
)
from ektp_analysis.privacy import protection_width
from ektp_analysis.protection import Protection, village_counts
from tests.disclosure_audit import Audit
from tests.small_kabupaten import write_store

LIMIT = 5
WIDTH = protection_width(LIMIT)
GROUP_OF = {event: name for name, events in GROUPS.items() for event in events}


@st.composite
def events(draw):
    """Exact running totals of some parts (rows) by kind (columns)."""
    parts, kinds = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    counts = st.lists(st.integers(0, 14), min_size=kinds, max_size=kinds)
    return np.array(draw(st.lists(counts, min_size=parts, max_size=parts)))


@settings(max_examples=80)
@given(events())
def test_parts_and_kinds_keep_their_interval(exact):
    """The parts' sums over kinds, and the kinds' sums over parts, are both published rounded."""
    of_parts, of_kinds = exact.sum(axis=1), exact.sum(axis=0)
    kinds = of_kinds // LIMIT * LIMIT
    parts = totals_of_parts(of_parts[None], [kinds.sum()], len(kinds), LIMIT)[0]
    ahead = kinds.sum() - parts.sum()
    early, waits = ahead >= most_ahead(len(parts), LIMIT), -ahead >= most_ahead(len(kinds), LIMIT)
    least, most = -LIMIT * int(early), LIMIT - 1 + LIMIT * int(waits)
    audit = Audit()
    for at, shown in enumerate(parts):
        assert shown % LIMIT == 0 and least <= of_parts[at] - shown <= most
        audit.hidden(("part", at), shown + least, shown + most)
    for at, shown in enumerate(kinds):
        audit.hidden(("kind", at), shown, shown + LIMIT - 1)
    audit.equal({("part", i): 1.0 for i in range(len(parts))}
                | {("kind", i): -1.0 for i in range(len(kinds))})  # fmt: skip
    assert audit.told(WIDTH) == {}


def test_without_the_bound_a_sum_tells_its_parts():
    """Three parts at the top of their interval: what the rule is for, and that the audit sees it."""
    audit = Audit()
    for part in range(3):
        audit.hidden(part, 0, LIMIT - 1)
    audit.equal(dict.fromkeys(range(3), 1.0), 10, 14)  # published: 10, and its parts 0, 0, 0
    assert audit.told(WIDTH) == {0: (2, 4), 1: (2, 4), 2: (2, 4)}
    assert totals_of_parts(np.array([[4, 4, 3]]), [10], 1, LIMIT).sum() == 5


@pytest.mark.parametrize("unexplained_too", [True, False])
def test_a_balance_tells_nothing_without_the_total_of_what_is_unexplained(unexplained_too):
    """A village from 40 to 41 left: 2 entered, 9 recorded elsewhere, 8 at visits, 4 left, 20 more."""
    audit = Audit()
    for group, total in {"entered": 0, "elsewhere": 5, "left": 0}.items():
        audit.hidden(group, total, total + LIMIT - 1)
    audit.shown("visit", 8)  # the results of visits are shown
    audit.cell("unexplained", *((20, 24) if unexplained_too else (-1000,)))
    signs = {"elsewhere": -1.0, "visit": -1.0, "left": -1.0, "unexplained": 1.0}
    audit.equal({"entered": 1.0} | signs, 41 - 40)
    told = audit.told(WIDTH)
    assert ("entered" in told) == unexplained_too
    assert unexplained_too or not told


def test_every_level_adds_up_as_far_as_it_may(tmp_path):
    """On a kabupaten of small counts: kabupaten over kecamatan, kecamatan over villages."""
    tables = write_store(tmp_path / "store").load()
    protection = Protection.of(village_counts(tables.stock), LIMIT)
    whole = place_accounts(tables.stock, tables.flow, tables.visits, protection)
    districts = sorted(tables.stock["village_code"].str[:8].unique())
    below = 0
    for district in districts:
        stock, flow, visits = (
            frame[frame["village_code"].str.startswith(district)]
            for frame in (tables.stock, tables.flow, tables.visits)
        )
        own = place_accounts(stock, flow, visits, protection, district)
        exact = rounded_totals(weekly_accounts(stock, flow), visits, LIMIT)
        names = list(exact.columns)
        assert own[names].cumsum().equals(exact)
        below = below + exact
        weekly = weekly_accounts(stock, flow, ["village_code"])
        villages = village_accounts(weekly, visits, protection)
        assert (villages["recorded"] % LIMIT == 0).all()
        sums = villages.groupby("week")[list(GROUPS)].sum().cumsum().reset_index(drop=True)
        groups = exact.T.groupby(GROUP_OF).sum().T  # of the unexplained there is none
        for name, kinds in GROUPS.items():
            ahead = groups[name] - sums[name]
            assert ahead.max() <= most_ahead(villages["village_code"].nunique(), LIMIT)
            assert ahead.min() >= -most_ahead(len(kinds), LIMIT)
        shown = villages.dropna(subset="unexplained")
        net = shown["entered"] - shown["recorded"] - shown["left"]
        assert (shown["opening"] + net + shown["unexplained"] == shown["closing"]).all()
    ahead = whole[names].cumsum().to_numpy() - below.to_numpy()
    assert ahead.max() <= most_ahead(len(districts), LIMIT)
    assert isinstance(whole, pd.DataFrame) and whole["week"].is_monotonic_increasing
