"""Every exhibit of every report renders where there is little or nothing, and says so.

One small store holds four odd kecamatan, another a single week. The calls are those of the
notebooks, so that an exhibit added to a report is tested here without further ado.
"""

import ast
from datetime import timedelta
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from ektp_analysis import exhibits as package
from ektp_analysis import pooling, visits
from ektp_analysis.accounts import weekly_accounts
from ektp_analysis.continuity import boundary_changes
from ektp_analysis.exhibit import Exhibit
from ektp_analysis.exhibits import load_report
from ektp_analysis.outlook import make_outlook
from ektp_analysis.parameters import REPORTS
from ektp_analysis.refusal import Refusal
from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.simulation import simulate
from ektp_analysis.snapshot import write_snapshot
from ektp_analysis.tables.estimates import outlook_table
from ektp_analysis.text_estimates import boundary_sentence

ROOT = Path(__file__).parents[2]
NO_VISITS, NOBODY, NO_COHORT, SPLIT = "17.02.06", "17.02.07", "17.02.19", "17.02.10"
WEEKS = 14


def calls(report):
    """The exhibits that a report's notebook shows: (module, function, keywords)."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{report}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        last = ast.parse(cell.source).body[-1]
        if not isinstance(last, ast.Expr) or not isinstance(last.value, ast.Call):
            continue
        call = last.value
        words = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
        yield call.func.value.id, call.func.attr, words


def show(report, store, **parameters):
    """All exhibits of a report by the name of their function; importing what it imports."""
    loaded = load_report(report, store=str(store), **parameters)
    out = {}
    for module, name, words in calls(report):
        __import__(f"{package.__name__}.{module}")
        exhibit = getattr(getattr(package, module), name)(loaded, **words)
        assert isinstance(exhibit, Exhibit) and len(exhibit.finding) > 10
        assert "nan" not in exhibit.finding.lower().split() and "<NA>" not in exhibit.finding
        out[f"{module}.{name}"] = exhibit
    return out


@pytest.fixture(scope="module")
def tables():
    return simulate(Parameters(scale=0.06), seed=8, weeks=WEEKS).tables


@pytest.fixture(scope="module")
def odd_store(tables, tmp_path_factory):
    """Fourteen weeks of a kabupaten in which four kecamatan are odd."""
    root = tmp_path_factory.mktemp("odd")
    frames = {name: frame.copy() for name, frame in tables.items()}
    inside = {
        name: frame["village_code"].str[:8] if "village_code" in frame else None
        for name, frame in frames.items()
    }
    villages = sorted(frames["stock"].loc[inside["stock"] == NOBODY, "village_code"].unique())
    for name in ("stock", "flow", "upcoming", "durations", "visits"):
        frame = frames[name]
        gone = frame["village_code"] == villages[0]
        if name == "visits":
            gone |= inside[name] == NO_VISITS
        if "birth_year" in frame:
            gone |= (inside[name] == NO_COHORT) & (frame["birth_year"] >= 2007)
        if name == "upcoming":
            gone |= inside[name] == NO_COHORT
        frames[name] = frame[~gone]
    # from the last snapshot on, half of a village's birth years belong to a code of its own
    last = frames["stock"]["as_of"].max()
    here = frames["stock"]["village_code"].str.startswith(SPLIT)
    sizes = frames["stock"][here].groupby("village_code")["unrecorded"].sum()
    old, new = sizes.idxmax(), sizes.idxmin()
    for name, moment in (("stock", "as_of"), ("durations", "as_of"), ("upcoming", "as_of")):
        frame = frames[name]
        frames[name] = frame[frame["village_code"] != new]
        renamed = frames[name]["village_code"] == old
        if name == "stock":
            renamed &= frames[name][moment] == last
            renamed &= frames[name]["birth_year"] % 2 == 0
        frames[name].loc[renamed, "village_code"] = new
    for name in ("flow", "visits"):
        frames[name] = frames[name][frames[name]["village_code"] != new]
    write(root, frames)
    return root


def write(root, frames, weeks=WEEKS):
    dates = sorted(frames["stock"]["as_of"].unique())[-weeks:]
    for moment in map(pd.Timestamp, dates):
        week = {}
        for name, frame in frames.items():
            if name == "visits":
                since = moment - timedelta(days=7)
                week[name] = frame[(frame["date"] > since) & (frame["date"] <= moment)]
            else:
                key = "week" if name == "flow" else "as_of"
                week[name] = frame[frame[key] == moment]
        write_snapshot(root, moment.date(), week, sources={}, synthetic=True)


def test_kecamatan_without_visits(odd_store):
    shown = show("visit_effectiveness", odd_store, district=NO_VISITS)
    assert "Belum ada kunjungan jemput bola di sini" in shown["visits.yields"].finding
    assert "Belum ada desa/kelurahan di sini yang dikunjungi" in shown["impact.pooled"].finding
    words = shown["impact.summary"].finding
    assert (
        words.startswith("Rata-rata hasil kunjungan tidak dihitung") and "ada 0 kunjungan" in words
    )
    show("backlog", odd_store, district=NO_VISITS)


def test_outlook_without_visits_says_why_it_has_one_scenario(tables):
    model = pooling.fit_yield(visits.visit_yield(tables["visits"], tables["stock"]))
    weeks = [tables[name] for name in ("stock", "flow", "upcoming", "visits")]
    none = make_outlook(*weeks[:3], tables["visits"].head(0), model)
    shown, data = outlook_table(none)
    assert list(data["Skenario"]) == ["Tanpa jemput bola"]
    assert "terlalu sedikit untuk skenario lain" in shown.as_raw_html()
    some = outlook_table(make_outlook(*weeks, model))[1]
    assert list(some["Skenario"]) == ["Tanpa jemput bola", "Seperti sekarang", "Ke desa terbaik"]


def test_few_visits_are_refused_in_a_sentence(odd_store):
    shown = show("visit_effectiveness", odd_store, district=NOBODY)
    assert "tidak dihitung: perlu paling sedikit" in shown["impact.net"].finding


def test_village_without_eligible_residents(odd_store):
    shown = show("backlog", odd_store, district=NOBODY)
    assert len(shown["backlog.places"].data) > 0
    show("cohort", odd_store, district=NOBODY)


def test_cohort_with_nobody(odd_store):
    shown = show("cohort", odd_store, district=NO_COHORT)
    assert shown["cohort.months"].finding == "Tidak ada warga kelahiran 2007 dalam data ini."
    assert "Belum ada bulan lahir 2007" in shown["arrivals.birth_months"].finding
    assert "tidak memuat warga yang akan genap 17" in shown["arrivals.village_inflow"].finding


def test_a_split_village_is_named_and_is_no_recording(odd_store):
    shown = show("backlog", odd_store, district=SPLIT)
    words = shown["movements.boundaries"].finding
    assert "muncul sejak 2 Agustus 2024" in words and "selisih tak dijelaskan" in words
    accounts = shown["movements.village_accounts"].data
    gaps = int((accounts["Selisih dan pembulatan"].abs() > 16).sum())
    words = shown["movements.village_accounts"].finding
    told = f"{gaps} desa/kelurahan punya" if gaps else "tidak ada desa/kelurahan dengan"
    assert f"{told} selisih" in words


def test_a_renumbered_village_is_named_and_changes_no_total(tables):
    last = tables["stock"]["as_of"].max()
    new = f"{SPLIT}.2099"
    old = (
        tables["stock"]
        .loc[tables["stock"]["village_code"].str.startswith(SPLIT), "village_code"]
        .min()
    )
    stock = tables["stock"].copy()
    stock.loc[(stock["as_of"] == last) & (stock["village_code"] == old), "village_code"] = new
    upcoming = tables["upcoming"].replace({"village_code": {old: new}})
    words = boundary_sentence(boundary_changes(stock))
    assert f"{new} muncul sejak" in words and "tidak ada lagi sejak" in words
    before, after = (weekly_accounts(table, tables["flow"]) for table in (tables["stock"], stock))
    pd.testing.assert_frame_equal(before, after)
    rest = (tables["flow"], upcoming, tables["visits"], Refusal("Belum."))
    assert make_outlook(stock, *rest).now == make_outlook(tables["stock"], *rest).now


def test_overview_of_the_odd_kabupaten(odd_store):
    shown = show("overview", odd_store)
    assert "desa/kelurahan memuat separuh sisa" in shown["movements.lorenz"].finding
    show("data_quality", odd_store)


@pytest.fixture(scope="module")
def first_week(tables, tmp_path_factory):
    """The first week ever: one snapshot, no flow, no visit."""
    root = tmp_path_factory.mktemp("first")
    frames = {name: frame.copy() for name, frame in tables.items()}
    frames["flow"], frames["visits"] = frames["flow"].head(0), frames["visits"].head(0)
    write(root, frames, weeks=1)
    return root


@pytest.mark.parametrize("report", list(REPORTS))
def test_first_week_ever(first_week, report):
    place = {"district": "17.02.19"} if REPORTS[report].per_district else {}
    shown = show(report, first_week, **place)
    if report == "backlog":
        assert "perlu paling sedikit 9 minggu data, baru ada 1" in shown["backlog.clearing"].finding
        assert "setelah ada dua minggu data" in shown["movements.village_accounts"].finding
        assert "Tidak ada desa/kelurahan yang muncul" in shown["movements.boundaries"].finding
    if report == "cohort":
        assert "perlu 9 minggu data" in shown["arrivals.village_inflow"].finding
    if report == "visit_effectiveness":
        assert "perlu paling sedikit 30 desa dan 40 kunjungan" in shown["impact.effect"].finding
