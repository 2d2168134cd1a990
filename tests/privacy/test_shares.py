"""Shares, curves and rows of files tell no count that is hidden beside them."""

import pandas as pd
import pytest

from ektp_analysis.disclosure import safe_curve
from ektp_analysis.disclosure_shares import safe_birth_months, safe_quality, shown_years
from ektp_analysis.privacy import CONCEALED, SHOWN, SMALL
from ektp_analysis.tables.places import quality_table
from ektp_analysis.text import quality_finding

LIMIT = 5
DAY = pd.Timestamp("2024-08-02")


def curve(remaining, group="2006"):
    share = pd.Series(remaining) / remaining[0]
    at_risk = [remaining[0], *remaining[:-1]]
    return pd.DataFrame({"group": group, "month": range(len(remaining)), "unrecorded": share,
                         "lo": share, "hi": share, "at_risk": at_risk})  # fmt: skip


@pytest.mark.parametrize(
    ("remaining", "months"),
    [
        ([100, 60, 40], [0, 1, 2]),
        ([100, 60, 3], [0, 1]),  # three who remain
        ([100, 60, 20, 18], [0, 1]),  # two recorded after month 2
        ([100, 98], [0]),
    ],
)
def test_a_curve_ends_before_it_points_to_a_few(remaining, months):
    kept = safe_curve(curve(remaining), LIMIT)["month"].tolist()
    assert kept == months and remaining[kept[-1]] not in range(1, LIMIT)


def test_a_hidden_birth_year_has_no_curve():
    profile = pd.DataFrame({"birth_year": [2005, 2006, 2007], "older": False,
                            "unrecorded_mark": [SMALL, SHOWN, CONCEALED],
                            "eligible_mark": SHOWN})  # fmt: skip
    curves = pd.concat([curve([90, 60], g) for g in ("2005 L", "2006 L", "2007 P")])
    assert shown_years(curves, profile)["group"].unique().tolist() == ["2006 L"]


def test_the_share_of_a_hidden_month_is_hidden_with_its_denominator():
    # 25 of 31: with 30 recorded shown, 0.806 is possible for one of 31 to 34 persons only
    exact = pd.DataFrame({"birth_month": [3, 4], "persons": [31, 60], "within": 1,
                          "share": [25 / 31, 0.5], "lo": 0.4, "hi": 0.9})  # fmt: skip
    months = pd.DataFrame({"month": pd.to_datetime(["2024-03-01", "2024-04-01"]),
                           "recorded_mark": SHOWN, "unrecorded_mark": [SMALL, SHOWN]})  # fmt: skip
    safe = safe_birth_months(exact, months)
    assert safe[["share", "lo", "hi", "persons"]].isna().iloc[0].all()
    assert safe[["share", "lo", "hi", "persons"]].notna().iloc[1].all()


def week(**rejected):
    whole = 1000 + sum(rejected.values())
    rows = [("accepted", 0), *rejected.items()]
    return pd.DataFrame(
        [{"as_of": DAY, "source": "a.csv", "kind": "residents", "rule": rule, "rows_read": whole,
          "accepted": 1000, "quarantined": n, "flagged": 0, "reason": rule} for rule, n in rows]
        + [{"as_of": DAY, "source": "b.xlsx", "kind": "visits", "rule": "accepted", "rows_read": 3,
            "accepted": 3, "quarantined": 0, "flagged": 0, "reason": ""}]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rejected", "shown", "total"),
    [
        ({"nik": 3}, ["<5"], "<5 ditolak"),
        ({"nik": 1, "desa": 2}, ["•", "•"], "<5 ditolak"),
        ({"nik": 3, "desa": 9, "lahir": 40}, ["<5", "•", "40"], "52 ditolak (4,"),
        ({"nik": 12}, ["12"], "12 ditolak (1,"),
        ({}, [], "0 ditolak (0,00%)"),
    ],
)
def test_few_rejected_residents_are_hidden(rejected, shown, total):
    quality = week(**rejected)
    assert total in quality_finding(quality, DAY)
    table, data = quality_table(quality, DAY)
    bad = data["Hasil"] == "ditolak"
    marks = data.attrs["marks"].get("Baris", [""] * len(data))
    texts = [m or str(n) for m, n in zip(marks, data["Baris"], strict=True)]
    assert [t for t, is_bad in zip(texts, bad, strict=True) if is_bad] == shown
    html = table.as_raw_html()
    assert all(f">{text.replace('<', '&lt;')}</td>" in html for text in shown)


def test_read_less_accepted_tells_no_rejected_row():
    for accepted in range(1000, 1010):
        quality = week(nik=2).assign(accepted=accepted, rows_read=accepted + 2)
        safe = safe_quality(quality[quality["kind"] == "residents"])
        known = [n for n in range(1, LIMIT) for a in range(1000, 1020)
                 if a // LIMIT * LIMIT == safe["rows"].iloc[0]
                 and (a + n) // LIMIT * LIMIT == safe["rows_read"].iloc[0]]  # fmt: skip
        assert {*known} == {1, 2, 3, 4}
