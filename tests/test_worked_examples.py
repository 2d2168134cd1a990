"""Examples worked by hand of coverage, accounts and disclosure control, whole tables at once.

Quick and exact, so that they can be run for each of the mutants of ``make mutation``.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ektp_analysis import accounts, backlog, privacy, regions
from ektp_analysis.privacy import CONCEALED, SHOWN, SMALL

WEEKS = list(pd.date_range("2024-07-19", periods=3, freq="7D"))
A, B, C = "17.02.19.1001", "17.02.19.1002", "17.02.06.1004"


def stock(rows):
    frame = pd.DataFrame(rows, columns=["as_of", "village_code", "recorded", "unrecorded"])
    frame["eligible"] = frame["recorded"] + frame["unrecorded"]
    return frame


STOCK = stock(
    [
        (WEEKS[0], A, 90, 99),
        (WEEKS[1], A, 90, 10),
        (WEEKS[1], B, 40, 10),
        (WEEKS[2], A, 92, 8),
        (WEEKS[2], B, 30, 10),
        (WEEKS[2], C, 0, 8),
    ]
)


def same(found, wanted):
    pd.testing.assert_frame_equal(found, pd.DataFrame(wanted), check_dtype=False)


class TestBacklog:
    def test_coverage(self):
        same(
            backlog.coverage(STOCK, ["as_of"]),
            {
                "as_of": WEEKS,
                "eligible": [189, 150, 148],
                "recorded": [90, 130, 122],
                "unrecorded": [99, 20, 26],
                "coverage": [90 / 189, 130 / 150, 122 / 148],
            },
        )
        pd.testing.assert_frame_equal(backlog.trend(STOCK), backlog.coverage(STOCK, ["as_of"]))

    def test_coverage_by_district(self):
        found = backlog.coverage(STOCK[STOCK["as_of"] == WEEKS[2]], ["district_code"])
        assert found["district_code"].tolist() == ["17.02.06", "17.02.19"]
        assert found["unrecorded"].tolist() == [8, 18]

    def test_coverage_is_missing_where_nobody_is_eligible(self):
        found = backlog.coverage(
            stock([(WEEKS[0], A, 0, 0), (WEEKS[0], B, 1, 0)]), ["village_code"]
        )
        assert found["coverage"].isna().tolist() == [True, False]

    def test_latest_coverage_counts_from_the_week_before(self):
        found = backlog.latest_coverage(STOCK, WEEKS[2])
        names = backlog.place_names("village_code")
        same(
            found,
            {
                "village_code": [B, C, A],
                "name": [names[B], names[C], names[A]],
                "eligible": [40, 8, 100],
                "recorded": [30, 0, 92],
                "unrecorded": [10, 8, 8],
                "coverage": [0.75, 0.0, 0.92],
                "change": pd.array([0, 8, -2], dtype="Int64"),
            },
        )
        assert str(found["change"].dtype) == "Int64"

    def test_latest_coverage_of_the_first_week(self):
        found = backlog.latest_coverage(STOCK, WEEKS[0])
        assert found["change"].isna().all()
        assert str(found["change"].dtype) == "Int64"

    def test_latest_coverage_by_district(self):
        found = backlog.latest_coverage(STOCK, WEEKS[2], by="district_code")
        assert found["district_code"].tolist() == ["17.02.19", "17.02.06"]
        assert found["name"].tolist() == ["Curup Tengah", "Kota Padang"]
        assert found["change"].tolist() == [-2, 8]

    def test_names(self):
        villages = backlog.place_names("village_code")
        table = regions.villages().set_index("village_code")
        desa = table.index[table["village_kind"] == "desa"][0]
        assert villages[C] == "Kel. Kota Padang"
        assert villages[desa] == f"Desa {table.loc[desa, 'village_name']}"
        assert backlog.place_names("district_code")["17.02.06"] == "Kota Padang"

    def test_concentration(self):
        latest = pd.DataFrame({"place": list("abcde"), "unrecorded": [10, 50, 10, 30, 0]})
        found = backlog.concentration(latest)
        assert found["place"].tolist() == ["b", "d", "a", "c", "e"]
        assert found["cumulative"].tolist() == [50, 80, 90, 100, 100]
        assert found["cumulative_share"].tolist() == [0.5, 0.8, 0.9, 1.0, 1.0]
        assert found["needed"].tolist() == [True, True, False, False, False]
        assert found.index.tolist() == [0, 1, 2, 3, 4]
        assert backlog.concentration(latest, 1)["needed"].tolist() == [True] * 4 + [False]

    def test_concentration_counts_a_place_with_one_resident(self):
        latest = pd.DataFrame({"unrecorded": [1, 3]})
        assert backlog.concentration(latest, 1)["needed"].tolist() == [True, True]

    def test_concentration_keeps_the_order_of_equals(self):
        latest = pd.DataFrame({"place": range(40), "unrecorded": [1, 2] * 20})
        assert backlog.concentration(latest)["place"].tolist() == [
            *range(1, 40, 2),
            *range(0, 40, 2),
        ]

    def test_concentration_of_nobody(self):
        found = backlog.concentration(pd.DataFrame({"unrecorded": [0, 0]}))
        assert found["cumulative_share"].tolist() == [0.0, 0.0]
        assert not found["needed"].any()

    @pytest.mark.parametrize("share", [0, -0.1, 1.01, 2])
    def test_concentration_refuses(self, share):
        with pytest.raises(ValueError, match=r"^share must be in \(0, 1\]$"):
            backlog.concentration(pd.DataFrame({"unrecorded": [1]}), share)

    def test_lorenz(self):
        curve, gini = backlog.lorenz(pd.DataFrame({"unrecorded": [1, 6, 3]}))
        same(
            curve,
            {
                "places": [0, 1, 2, 3],
                "place_share": [0, 1 / 3, 2 / 3, 1],
                "unrecorded_share": [0, 0.6, 0.9, 1],
            },
        )
        assert gini == pytest.approx(1 / 3)  # sum of |x - y| over pairs: 20; 20 / (2 * 9 * 10/3)

    def test_lorenz_of_one_person_and_of_nobody(self):
        assert backlog.lorenz(pd.DataFrame({"unrecorded": [1, 0]}))[1] == 0.5
        curve, gini = backlog.lorenz(pd.DataFrame({"unrecorded": [0, 0]}))
        assert math.isnan(gini)
        assert curve["unrecorded_share"].tolist() == [0, 0, 0]
        one, _ = backlog.lorenz(pd.DataFrame({"unrecorded": [7]}))
        assert one["place_share"].tolist() == [0, 1]
        empty, _ = backlog.lorenz(pd.DataFrame({"unrecorded": []}))
        assert empty["place_share"].tolist() == [0]


def flow(rows):
    names = [*accounts.INFLOWS, *accounts.OUTFLOWS]
    return pd.DataFrame(
        [(week, village, *(moves.get(n, 0) for n in names)) for week, village, moves in rows],
        columns=["week", "village_code", *names],
    )


class TestAccounts:
    FLOW = flow(
        [
            (WEEKS[1], A, {"recorded_visit": 80, "turned_17": 3, "died": 2}),
            (WEEKS[1], B, {"moved_in": 9}),
            (WEEKS[2], A, {"recorded_office": 5, "married_early": 1, "moved_out": 1}),
            (WEEKS[2], C, {"moved_in": 8, "recorded_other": 4}),
        ]
    )

    def test_whole(self):
        found = accounts.weekly_accounts(STOCK, self.FLOW)
        same(
            found,
            {
                "week": WEEKS[1:],
                "opening": [99, 20],
                "turned_17": [3, 0],
                "moved_in": [9, 8],
                "married_early": [0, 1],
                "recorded_office": [0, 5],
                "recorded_visit": [80, 0],
                "recorded_other": [0, 4],
                "moved_out": [0, 1],
                "died": [2, 0],
                "unexplained": [-9, 7],
                "closing": [20, 26],
            },
        )
        assert set(found.dtypes.astype(str)) == {"datetime64[ns]", "int64"}

    def test_by_village(self):
        found = accounts.weekly_accounts(STOCK, self.FLOW, ["village_code"])
        found = found.set_index(["week", "village_code"])
        assert list(found.index.names) == ["week", "village_code"]
        assert len(found) == 6
        line = ["opening", "unexplained", "closing"]
        assert found.loc[(WEEKS[1], A), line].tolist() == [99, -10, 10]
        assert found.loc[(WEEKS[1], B), line].tolist() == [0, 1, 10]
        assert found.loc[(WEEKS[2], B), line].tolist() == [10, 0, 10]  # no event listed
        assert found.loc[(WEEKS[2], C), line].tolist() == [0, 4, 8]
        assert found.loc[(WEEKS[1], C)].tolist() == [0] * 11

    def test_by_two_keys(self):
        weeks = [(w, A, year, n) for w, n in zip(WEEKS[:2], (9, 7), strict=True) for year in (6, 7)]
        names = ["as_of", "village_code", "birth_year", "unrecorded"]
        moves = self.FLOW.assign(birth_year=7)
        found = accounts.weekly_accounts(
            pd.DataFrame(weeks, columns=names), moves, ["village_code", "birth_year"]
        ).set_index(["week", "village_code", "birth_year"])
        line = ["opening", "turned_17", "unexplained", "closing"]
        assert found.loc[(WEEKS[1], A, 6), line].tolist() == [9, 0, -2, 7]
        assert found.loc[(WEEKS[1], A, 7), line].tolist() == [9, 3, -2 - 3 + 82, 7]
        assert len(found) == 2

    def test_waterfall(self):
        weekly = accounts.weekly_accounts(STOCK, self.FLOW).iloc[::-1]
        items = ["opening", *accounts.INFLOWS, *accounts.OUTFLOWS, "unexplained", "closing"]
        same(
            accounts.waterfall(weekly),
            {
                "item": items,
                "change": [20, 0, 8, 1, -5, 0, -4, -1, 0, 7, 26],
                "level": [20, 20, 28, 29, 24, 24, 20, 19, 19, 26, 26],
            },
        )
        both = accounts.waterfall(weekly, 2)
        assert both["change"].tolist() == [99, 3, 17, 1, -5, -80, -4, -1, -2, -2, 26]

    def test_waterfall_without_an_account(self):
        found = accounts.waterfall(accounts.weekly_accounts(STOCK.head(1), self.FLOW))
        assert found.dtypes.astype(str).to_dict() in (
            {"item": "object", "change": "int64", "level": "int64"},
            {"item": "str", "change": "int64", "level": "int64"},
        )
        assert found.empty


class TestPrivacy:
    def test_small(self):
        assert [privacy.is_small(v, 5) for v in (0, 1, 4, 4.5, 5, 6, -1, None, float("nan"))] == [
            False, True, True, True, False, False, False, False, False,
        ]  # fmt: skip
        assert [privacy.small(v, 7) for v in (0, 1, 6, 7)] == ["0", "<7", "<7", "7"]
        assert privacy.marked(9, SHOWN, 7) == "9"
        assert privacy.marked(None, SMALL, 7) == "<7"
        assert privacy.marked(9, CONCEALED, 7) == "•"
        assert privacy.protection_width(7) == 5

    def test_the_threshold_of_the_office_is_the_default(self, tmp_path, monkeypatch):
        monkeypatch.setenv("EKTP_SUPPRESSION_THRESHOLD", "8")
        monkeypatch.chdir(tmp_path)
        assert privacy.threshold() == 8
        assert privacy.is_small(7) and not privacy.is_small(8)
        assert privacy.small(7) == "<8"
        assert privacy.marked(None, SMALL) == "<8"
        assert privacy.marks([7, 100]) == [SMALL, CONCEALED]
        assert privacy.rounded(pd.Series([15, 16])).tolist() == [8, 16]
        assert privacy.rounded_events(pd.DataFrame({"died": [7, 1]}))["died"].tolist() == [0, 8]
        monkeypatch.setenv("EKTP_SUPPRESSION_THRESHOLD", "9")
        assert privacy.threshold() == 9
        monkeypatch.delenv("EKTP_SUPPRESSION_THRESHOLD")
        (tmp_path / "ektp.toml").write_text("suppression_threshold = 6\n")
        privacy._configured.cache_clear()
        assert privacy.threshold() == 6
        (tmp_path / "lain").mkdir()
        (tmp_path / "lain" / "ektp.toml").write_text("suppression_threshold = 4\n")
        monkeypatch.chdir(tmp_path / "lain")
        assert privacy.threshold() == 4
        privacy._configured.cache_clear()

    @pytest.mark.parametrize(
        ("counts", "wanted"),
        [
            ([120, 3, 40, 0], "0<•0"),
            ([120, 0, 40], "000"),
            ([5, 5], "00"),
            ([4, 4, 0], "•••"),
            ([3, 0], "••"),
            ([4, 1], "<<"),
            ([1, 0, 9], "<0•"),
            ([2, 2, 2, 2], "<<<<"),
            ([1, 1, 1, 50], "<<<•"),
            ([4, 50, 50], "<•0"),
        ],
    )
    def test_marks(self, counts, wanted):
        plain = "".join(m or "0" for m in privacy.marks(counts, limit=5))
        assert plain == wanted

    def test_marks_of_a_group_whose_total_is_not_shown(self):
        assert privacy.marks([3, 40], limit=5, total_shown=False) == [CONCEALED] * 2
        assert privacy.marks([30, 40], limit=5, total_shown=False) == [SHOWN] * 2

    def test_what_was_hidden_before_goes_first(self):
        assert privacy.marks([3, 40, 90], limit=5) == [SMALL, CONCEALED, SHOWN]
        found = privacy.marks([3, 40, 90], limit=5, before=[False, False, True])
        assert found == [SMALL, SHOWN, CONCEALED]

    def test_sensitive_counts_are_hidden_within_their_bounds(self):
        bounds = (np.array([0.0, 36.0, 0.0]), np.array([0.0, 39.0, 0.0]))
        found = privacy.marks([60, 38, 70], limit=5, sensitive=[False, True, False], bounds=bounds)
        assert found == [CONCEALED, CONCEALED, SHOWN]

    @pytest.mark.parametrize(
        ("counts", "sensitive", "low", "high"),
        [
            # 39 + 39 of at most 39 each: the sum gives both away
            ([39, 39, 70], [True, True, False], [36, 36, 0], [39, 39, 0]),
            # 36 of at least 36 beside 5 of at least 5: so does this
            ([36, 5, 70], [True, False, False], [36, 0, 0], [100, 0, 0]),
        ],
    )
    def test_bounds_of_sensitive_counts_ask_for_more(self, counts, sensitive, low, high):
        bounds = (np.array(low, dtype=float), np.array(high, dtype=float))
        found = privacy.marks(counts, limit=5, sensitive=sensitive, bounds=bounds)
        assert found == [CONCEALED] * 3

    @pytest.mark.parametrize(
        ("values", "low", "high", "wanted"),
        [
            ([], [], [], True),
            ([2, 3], [1, 1], [4, 4], True),
            ([1, 1], [1, 1], [4, 4], False),
            ([1, 2], [1, 1], [4, 4], False),
            ([4, 4], [1, 1], [4, 4], False),
            ([3, 40], [1, 5], [4, np.inf], True),
            ([3], [1], [4], False),
            ([2, 2], [2, 1], [2, 4], False),
            ([2, 2, 2], [2, 1, 1], [2, 4, 4], False),
            ([2, 3, 2], [2, 1, 1], [2, 4, 4], True),
        ],
    )
    def test_protected(self, values, low, high, wanted):
        arrays = [np.array(part, dtype=float) for part in (values, low, high)]
        assert privacy.protected(*arrays, 5) is wanted

    def test_hide_and_conceal(self):
        frame = pd.DataFrame({"n": [1, 50, 9], "share": [0.1, 0.5, 0.9], "other": [1, 2, 3]})
        found = privacy.conceal(frame, "n", [SMALL, SHOWN, CONCEALED], "share")
        assert found["n"].isna().tolist() == [True, False, True]
        assert str(found["n"].dtype) == "Int64"
        assert found["share"].isna().tolist() == [True, False, True]
        assert str(found["share"].dtype) == "float64"
        assert found["other"].tolist() == [1, 2, 3]
        assert found["n_mark"].tolist() == [SMALL, SHOWN, CONCEALED]
        assert frame["n"].tolist() == [1, 50, 9]

    def test_running_totals_are_rounded_down(self):
        assert privacy.rounded(pd.Series([2, 4, 7, 10, -3]), 5).tolist() == [0, 0, 5, 10, -5]
        events = pd.DataFrame({"died": [6, 1, 1, 2, 4], "moved_out": [0, 5, 0, 0, 11]})
        found = privacy.rounded_events(events, 5)
        assert found["died"].tolist() == [5, 0, 0, 5, 0]
        assert found["moved_out"].tolist() == [0, 5, 0, 0, 10]
        assert set(found.dtypes.astype(str)) == {"int64"}
        assert privacy.rounded_events(events, 7)["died"].tolist() == [0, 7, 0, 0, 7]
