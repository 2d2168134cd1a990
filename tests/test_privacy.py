"""Random tables: no small count is shown, and no total gives a hidden one away."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ektp_analysis.disclosure import safe_accounts, safe_curve, safe_places
from ektp_analysis.privacy import CONCEALED, SHOWN, SMALL, marks, protection_width, rounded_events
from ektp_analysis.protection import DISTRICT_LENGTH, Protection
from ektp_analysis.schema import empty
from tests.disclosure_audit import Audit

LIMIT = 5
WIDTH = protection_width(LIMIT)
counts = st.lists(st.integers(0, 12) | st.integers(0, 300), min_size=1, max_size=9)


def audit_of(values, given_marks, total_known=True):
    audit = Audit()
    for i, (value, mark) in enumerate(zip(values, given_marks, strict=True)):
        if mark == SHOWN:
            audit.shown(i, value)
        elif mark == SMALL:
            audit.hidden(i, 1, LIMIT - 1)
        else:
            audit.hidden(i)
    if total_known:
        audit.equal({i: 1.0 for i in range(len(values))}, float(sum(values)))
    return audit


@settings(max_examples=120, deadline=None)
@given(counts)
def test_a_total_never_reveals_a_hidden_count(values):
    given_marks = marks(values, limit=LIMIT)
    for value, mark in zip(values, given_marks, strict=True):
        assert mark != SHOWN or not 0 < value < LIMIT
    if 0 < sum(values) < LIMIT:
        assert set(given_marks) == {CONCEALED}  # and the total must not be shown either
        return
    audit = audit_of(values, given_marks)
    if SMALL in given_marks:  # who knows the rule knows that the others are not small
        for i, mark in enumerate(given_marks):
            if mark == CONCEALED:
                audit.gap(i, LIMIT)
    assert all(audit.width(name) >= WIDTH for name in audit.watched)


@settings(max_examples=60, deadline=None)
@given(counts, st.data())
def test_few_recorded_beside_shown_eligible_are_hidden_too(left, data):
    done = data.draw(st.lists(st.integers(0, 9), min_size=len(left), max_size=len(left)))
    eligible = np.array(left) + np.array(done)
    few = (np.array(done) > 0) & (np.array(done) < LIMIT)
    bounds = ((eligible - LIMIT + 1).clip(min=0).astype(float), (eligible - 1).astype(float))
    given_marks = marks(left, limit=LIMIT, sensitive=few, bounds=bounds)
    assert all(mark != SHOWN for mark, hide in zip(given_marks, few, strict=True) if hide)


def test_nothing_is_hidden_without_a_small_count():
    assert marks([0, 0, 7, 100], limit=LIMIT) == [SHOWN] * 4


def test_a_complement_stays_the_same_from_week_to_week():
    assert marks([2, 10, 30], limit=LIMIT) == [SMALL, CONCEALED, SHOWN]
    before = [False, True, False]
    assert marks([2, 31, 30], limit=LIMIT, before=before) == [SMALL, CONCEALED, SHOWN]


def hierarchy(rows):
    """Villages of districts, as counts of one week; every village has 500 eligible residents."""
    records = [
        {"as_of": pd.Timestamp("2024-08-02"), "village_code": f"17.02.{d:02d}.{2001 + v}",
         "eligible": 500, "unrecorded": n}
        for d, villages in enumerate(rows) for v, n in enumerate(villages)
    ]  # fmt: skip
    return pd.DataFrame(records)


def audit_hierarchy(counts, protection):
    """The system of one week: shown counts, and the sums by kecamatan and kabupaten."""
    week, audit = counts["as_of"].iloc[0], Audit()
    level = counts.set_index("village_code")["unrecorded"]
    district = level.index.str[:DISTRICT_LENGTH]
    sums = {**level, **level.groupby(district).sum(), "": level.sum()}
    for name, value in sums.items():
        mark = protection.mark(week, name)
        if mark == SHOWN:
            assert not 0 < value < LIMIT
            audit.shown(name, value)
        elif mark == SMALL:
            audit.hidden(name, 1, LIMIT - 1)
        else:
            audit.hidden(name)
    for code in set(district):
        audit.equal({**{v: 1.0 for v in level.index[district == code]}, code: -1.0})
    audit.equal({**{d: 1.0 for d in set(district)}, "": -1.0})
    return audit


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.integers(0, 6) | st.integers(0, 60), min_size=1, max_size=5),
        min_size=1,
        max_size=4,
    )
)
def test_no_level_of_the_hierarchy_reveals_another(rows):
    counts = hierarchy(rows)
    protection = Protection.of(counts, LIMIT)
    audit = audit_hierarchy(counts, protection)
    truth = counts.set_index("village_code")["unrecorded"]
    for name in audit.watched:
        assert audit.width(name) >= WIDTH, (rows, name, truth.to_dict())


def test_a_finished_kecamatan_takes_another_with_it():
    counts = hierarchy([[3, 0], [40, 20], [300, 200]])
    protection = Protection.of(counts, LIMIT)
    week = counts["as_of"].iloc[0]
    assert [protection.mark(week, f"17.02.{d:02d}") for d in range(3)] == [SMALL, CONCEALED, SHOWN]
    # even the zero of the small kecamatan: its parts must not bound it
    assert protection.mark(week, "17.02.00.2002") == CONCEALED
    # the other's villages must not add up to its hidden sum
    assert CONCEALED in [protection.mark(week, f"17.02.01.{v}") for v in (2001, 2002)]


def test_the_mark_of_a_week_does_not_depend_on_later_weeks():
    first = hierarchy([[2, 10, 30], [40, 20]])
    later = first.assign(as_of=pd.Timestamp("2024-08-09"), unrecorded=[1, 31, 30, 40, 20])
    alone, both = (Protection.of(c, LIMIT) for c in (first, pd.concat([first, later])))
    assert alone.table.iloc[0].equals(both.table.iloc[0])
    assert both.mark(pd.Timestamp("2024-08-09"), "17.02.00.2002") == CONCEALED


def test_hidden_places_lose_their_rank_and_what_would_tell_them():
    frame = pd.DataFrame(
        {
            "village_code": [f"17.02.00.200{i}" for i in (4, 3, 2, 1)],
            "eligible": 500, "recorded": [470, 479, 490, 498], "unrecorded": [30, 21, 10, 2],
            "coverage": [0.94, 0.958, 0.98, 0.996], "change": [1, 0, -1, -2],
            "cumulative": [30, 51, 61, 63], "cumulative_share": [0.47, 0.8, 0.96, 1.0],
        }
    )  # fmt: skip
    counts = hierarchy([[2, 10, 21, 30]])
    before = counts.assign(as_of=pd.Timestamp("2024-07-26"), unrecorded=[4, 11, 3, 29])
    protection = Protection.of(pd.concat([before, counts]), LIMIT)
    safe = safe_places(frame, "village_code", protection, pd.Timestamp("2024-08-02"))
    assert safe["village_code"].tolist()[-2:] == ["17.02.00.2001", "17.02.00.2002"]
    gone = safe[safe["unrecorded_mark"] != SHOWN]
    assert gone[["unrecorded", "recorded", "coverage", "change", "cumulative"]].isna().all().all()
    # shown now, hidden a week ago: the change would tell last week's count
    village = safe.set_index("village_code").loc["17.02.00.2003"]
    assert village["unrecorded"] == 21 and pd.isna(village["change"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_no_difference_of_weeks_tells_a_single_event(events):
    """All windows of all editions are differences of rounded running totals."""
    shown = rounded_events(pd.DataFrame({"n": events}), LIMIT)["n"]
    assert (shown % LIMIT == 0).all()
    audit, running = Audit(), 0
    for week, step in enumerate(shown):
        running += int(step)
        audit.hidden(week)
        parts = {earlier: 1.0 for earlier in range(week + 1)}
        audit.equal(parts, running, running + LIMIT - 1)
    for week, true in list(enumerate(events))[:6]:
        low, high = audit.interval(week)
        assert low <= true <= high and high - low >= WIDTH
    window = np.array(events).cumsum() - np.array(shown).cumsum()
    assert abs(window).max() < LIMIT


def test_accounts_keep_their_identity_and_show_no_single_event():
    weeks = pd.date_range("2024-07-05", periods=5, freq="7D")
    base = dict.fromkeys(
        ["turned_17", "moved_in", "married_early", "recorded_office", "recorded_visit",
         "recorded_other", "moved_out", "died", "unexplained"], 0)  # fmt: skip
    weekly = pd.DataFrame([{"week": w, **base} for w in weeks[1:]])
    weekly["died"], weekly["turned_17"] = [1, 0, 0, 1], [7, 3, 9, 11]
    weekly["opening"] = [100, 106, 109, 118]
    weekly["closing"] = [106, 109, 118, 128]
    counts = pd.concat([hierarchy([[60, 40]]).assign(as_of=w) for w in weeks])
    safe = safe_accounts(weekly, empty("visits"), Protection.of(counts, LIMIT), None)
    assert (safe["died"] == 0).all() and safe["turned_17"].tolist() == [5, 5, 5, 15]
    net = safe["turned_17"] - safe["died"] + safe["unexplained"] + safe["rounding"]
    assert (safe["opening"] + net == safe["closing"]).all()


def test_a_hidden_stock_is_hidden_in_the_accounts_too():
    weeks = pd.date_range("2024-07-26", periods=2, freq="7D")
    counts = pd.concat([hierarchy([[3], [40], [60]]).assign(as_of=w) for w in weeks])
    weekly = pd.DataFrame(
        [{"week": weeks[1], "opening": 3, "closing": 3}
         | dict.fromkeys(["turned_17", "moved_in", "married_early", "recorded_office",
                          "recorded_visit", "recorded_other", "moved_out", "died", "unexplained"], 0)]
    )  # fmt: skip
    safe = safe_accounts(weekly, empty("visits"), Protection.of(counts, LIMIT), "17.02.00")
    assert safe[["opening", "closing", "rounding"]].isna().all().all()


@pytest.mark.parametrize(
    ("last", "kept"),
    [
        (0.84, [0, 2, 5]),  # months 3 to 5 have 13 events together
        (0.88, [0]),  # four: they would be known from the end of the curve and the stock
        (0.885, [0]),  # three
    ],
)
def test_a_curve_steps_only_where_enough_were_recorded(last, kept):
    share = [1.0, 0.99, 0.9, 0.89, 0.885, last]  # month 1 has two events
    curve = pd.DataFrame(
        {
            "group": "L",
            "month": range(6),
            "unrecorded": share,
            "lo": share,
            "hi": share,
            "at_risk": 200,
        }
    )
    safe = safe_curve(curve, LIMIT)
    assert safe["month"].tolist() == kept


@pytest.mark.parametrize("limit", [3, 5, 10])
def test_the_threshold_is_the_offices(limit, monkeypatch):
    from ektp_analysis.privacy import small

    monkeypatch.setenv("EKTP_SUPPRESSION_THRESHOLD", str(limit))
    assert small(limit - 1) == f"<{limit}" and small(limit) == str(limit)


def test_the_audit_finds_what_a_total_tells():
    audit = audit_of([2, 10, 30], [SMALL, SHOWN, SHOWN])
    assert audit.told(WIDTH) == {0: (2, 2)}
    assert audit_of([2, 10, 30], [SMALL, CONCEALED, SHOWN]).told(WIDTH) == {}
