"""The sample kabupaten: calibrated, deterministic, and true to its accounts."""

from datetime import date

import pandas as pd
import pytest

from ektp_analysis import accounts, event_study, regions, schema, visits
from ektp_analysis.sample import Parameters, simulate
from ektp_analysis.sample.office_files import make_nik

FINISHED = ["Sindang Beliti Ilir", "Sindang Beliti Ulu", "Kota Padang"]


@pytest.fixture(scope="module")
def whole():
    return simulate()


def test_published_facts(whole):
    stock = whole.tables["stock"]
    last = stock[stock["as_of"] == "2024-08-02"]
    assert len(regions.districts()) == 15 and last["village_code"].nunique() == 156
    assert 211_000 < last["eligible"].sum() < 212_000
    assert 12_500 < last["unrecorded"].sum() < 13_500
    assert stock["as_of"].nunique() == 52


def test_finished_districts_are_finished(whole):
    last = whole.tables["stock"].pipe(lambda t: t[t["as_of"] == pd.Timestamp("2024-08-02")])
    names = (
        last["village_code"]
        .str[:8]
        .map(regions.districts().set_index("district_code")["district_name"])
    )
    coverage = last.groupby(names)["recorded"].sum() / last.groupby(names)["eligible"].sum()
    assert (coverage[FINISHED] >= 0.99).all()
    assert (coverage.drop(FINISHED) < 0.98).all()


def test_three_visits_a_week(whole):
    per_week = whole.tables["visits"].groupby(pd.Grouper(key="date", freq="W-FRI")).size()
    assert per_week.median() == 3 and per_week.max() == 3


def test_cohort_2007_is_partly_17(whole):
    year = whole.tables["stock"].pipe(
        lambda t: t[(t["as_of"] == pd.Timestamp("2024-08-02")) & (t["birth_year"] == 2007)]
    )
    ahead = whole.tables["upcoming"].query("month <= '2024-12-01'")
    assert year["eligible"].sum() > 2000 and ahead["residents"].sum() > 1500


def test_tables_keep_their_contracts(whole):
    for name, model in schema.TABLES.items():
        model.validate(whole.tables[name])


def test_accounts_add_up_in_every_village_and_week(whole):
    table = accounts.weekly_accounts(whole.tables["stock"], whole.tables["flow"], ["village_code"])
    assert len(table) == 51 * 156
    assert (table["unexplained"] == 0).all()


def test_same_seed_same_kabupaten():
    one, two = (simulate(Parameters(scale=0.02), weeks=6) for _ in range(2))
    for name in schema.TABLES:
        pd.testing.assert_frame_equal(one.tables[name], two.tables[name])
    assert (
        simulate(Parameters(scale=0.02), seed=1, weeks=6).truth["unrecorded_by_week"]
        != one.truth["unrecorded_by_week"]
    )


def test_a_later_end_goes_on_from_the_same_past():
    first = simulate(Parameters(scale=0.02), weeks=4)
    longer = simulate(Parameters(scale=0.02), until=date(2024, 8, 16), weeks=6)
    assert longer.as_of[:4] == first.as_of
    for name, column in (("stock", "as_of"), ("flow", "week"), ("visits", "date")):
        past = longer.tables[name]
        past = past[past[column] <= "2024-08-02"].reset_index(drop=True)
        pd.testing.assert_frame_equal(past, first.tables[name])


def test_visits_without_effect_record_nobody():
    none = simulate(Parameters(scale=0.05, visit_probability=0.0), weeks=8)
    assert none.tables["visits"]["recorded"].sum() == 0


def test_event_study_finds_the_true_displacement(whole):
    panel = visits.weekly_panel(whole.tables["stock"], whole.tables["flow"], whole.tables["visits"])
    table = event_study.event_study(panel, "recorded_office").set_index("k")
    truth = 1 - whole.parameters.displacement
    assert ((table.loc[[0, 1, 2, 3], "lo"] < truth) & (truth < table.loc[[0, 1, 2, 3], "hi"])).all()
    leads = table.loc[[-3, -2, -1]]
    assert ((leads["lo"] < 1) & (leads["hi"] > 1)).all()


def test_no_nik_can_be_real(whole):
    nik = make_nik(whole.people, whole.place.codes)
    assert len(set(nik)) == len(nik)
    assert all(n.startswith("99") and len(n) == 16 for n in nik[:1000])
