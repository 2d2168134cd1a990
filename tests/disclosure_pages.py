"""What an attacker reads on the pages of some editions, as a linear system.

The cells of the real notebooks are run on a store. What they show (tables and downloads, words, texts in
figures) goes into one system with what anybody knows of such tables: parts add up, stocks are
carried forward by events, running totals are rounded, nothing is negative. Who adds an exhibit adds
it to ``READERS``.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from ektp_analysis.accounts import weekly_accounts
from ektp_analysis.backlog import place_names
from ektp_analysis.disclosure_events import GROUPS, most_ahead, place_accounts, village_accounts
from ektp_analysis.exhibit import Exhibit
from ektp_analysis.parameters import REPORTS
from ektp_analysis.privacy import protection_width
from ektp_analysis.protection import DISTRICT_LENGTH, Protection, village_counts
from ektp_analysis.store import Store, Tables
from ektp_analysis.text import ITEMS
from tests.disclosure_audit import Audit

LIMIT = 5
WIDTH = protection_width(LIMIT)
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
EVENTS = {
    name: words
    for name, words in ITEMS.items()
    if name not in ("opening", "closing", "unexplained")
}
SIGNS = {"turned_17": 1, "moved_in": 1, "married_early": 1}
"""Events that add to the unrecorded; the others take away."""


@dataclass(frozen=True)
class Page:
    """An exhibit with where and when it was published."""

    week: pd.Timestamp
    district: str
    exhibit: Exhibit

    @property
    def data(self) -> pd.DataFrame:
        return self.exhibit.data

    @property
    def words(self) -> str:
        """All text that goes with the numbers."""
        texts = re.sub(r"<[^>]+>", " ", self.exhibit.svg or self.exhibit.body)
        return f"{self.exhibit.finding} {html.unescape(texts)}"


def pages_of(store: Store, weeks: Sequence[pd.Timestamp], only: Sequence[str] = ()) -> list[Page]:
    """Every exhibit of the editions of some weeks.

    ``only`` limits the reports on a kecamatan to some (district codes).
    """
    patch = pytest.MonkeyPatch()
    patch.setattr("ektp_analysis.exhibit._as_svg", _texts_only)
    patch.setattr(Store, "load", cache(Store.load))
    patch.setenv("EKTP_STORE", str(store.root))
    patch.setenv("EKTP_EXHIBITS", "plain")
    districts = sorted({c[:DISTRICT_LENGTH] for c in store.counts()["village_code"]})
    districts = [d for d in districts if not only or d in only]
    out = []
    try:
        for week in weeks:
            for report in REPORTS.values():
                for district in districts if report.per_district else [""]:
                    out += [Page(week, district, e) for e in _run(report.name, week, district)]
    finally:
        patch.undo()
    return out


def _texts_only(figure: Figure) -> str:
    """In place of drawing: the words of a figure, which an SVG would carry as outlines."""
    words = " ".join(f"<text>{html.escape(t.get_text())}</text>" for t in figure.findobj(Text))
    return f"<svg>{words}</svg>"


def _run(report: str, week: pd.Timestamp, district: str) -> Iterator[Exhibit]:
    """The code cells of a notebook, with an edition's parameters."""
    space: dict[str, object] = {}
    for cell in nbformat.read(NOTEBOOKS / f"{report}.ipynb", as_version=4).cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, report, "exec"), space)
        if "parameters" in cell.metadata.get("tags", []):
            space |= {"as_of": week.date().isoformat()} | (
                {"district": district} if district else {}
            )
        elif last is not None:
            value = eval(compile(ast.Expression(last.value), report, "eval"), space)
            if isinstance(value, Exhibit):
                yield value


class Attacker:
    """The linear system, with the true counts beside it to see what is at stake."""

    def __init__(self, store: Store) -> None:
        self.audit, self.store = Audit(), store
        self.told_totals: set[object] = set()
        tables = store.load()
        self.weeks = [pd.Timestamp(d) for d in store.dates()]
        stock, flow = tables.stock, tables.flow
        self.villages = sorted(stock["village_code"].unique())
        self.districts = sorted({v[:DISTRICT_LENGTH] for v in self.villages})
        self.names = {c: str(n) for by in ("village_code", "district_code")
                      for c, n in place_names(by).items()
                      if c in self.villages or c in self.districts}  # fmt: skip
        self.truth: dict[object, int] = {}
        for week in self.weeks:
            first = week.to_period("M").to_timestamp()
            upcoming = store.load(week.date()).upcoming
            year = upcoming["month"].between(first, first + pd.DateOffset(months=11))
            for v, n in upcoming[year].groupby("village_code")["residents"].sum().items():
                self.truth["listed", week, v] = int(n)
        for frame, kind in ((stock, "unrecorded"), (stock, "eligible")):
            for (week, v), n in frame.groupby(["as_of", "village_code"])[kind].sum().items():
                for place in (v, v[:DISTRICT_LENGTH], ""):
                    key = (kind, week, place)
                    self.truth[key] = self.truth.get(key, 0) + int(n)
        first = self.weeks[0]
        for row in flow[flow["week"] > first].itertuples():
            for item in EVENTS:
                for place in (row.village_code, row.village_code[:DISTRICT_LENGTH], ""):
                    key = ("event", row.week, place, item)
                    self.truth[key] = self.truth.get(key, 0) + int(getattr(row, item))
        self._what_anybody_knows()
        self._published_totals(tables)

    def _published_totals(self, tables: Tables) -> None:
        """Running totals by place, kind and week, and how far the exact ones may be above them."""
        protection = Protection.of(village_counts(tables.stock), LIMIT)
        self.totals: dict[tuple[str, str], pd.Series] = {}
        for place in ["", *self.districts]:
            stock, flow, visits = (
                frame[frame["village_code"].str.startswith(place)]
                for frame in (tables.stock, tables.flow, tables.visits)
            )
            shown = place_accounts(stock, flow, visits, protection, place or None)
            for item in (*EVENTS, "unexplained"):
                self.totals[place, item] = shown.set_index("week")[item].cumsum()
            if place:
                weekly = weekly_accounts(stock, flow, ["village_code"])
                for v, own in village_accounts(weekly, visits, protection).groupby("village_code"):
                    for name in GROUPS:
                        self.totals[str(v), name] = own.set_index("week")[name].cumsum()

    def code(self, name: str, page: Page, district: str = "") -> str:
        """Code of a place by its name; villages of one name are told apart by page or kecamatan."""
        found = [c for c, n in self.names.items() if n == name and c.startswith(page.district)]
        [code] = [c for c in found if not district or self.names[c[:DISTRICT_LENGTH]] == district]
        return code

    def village(self, row: Mapping[Hashable, Any], page: Page) -> str:
        """Code of the village of a table's row."""
        return self.code(row["Desa/kelurahan"], page, row.get("Kecamatan", ""))

    def slack(self, place: str, item: str, week: pd.Timestamp) -> tuple[int, int]:
        """Least and most that an exact running total is above the published one.

        Who knows the rule sees from the sums whether a total may have waited, or come early.
        """
        if place in self.districts:
            return 0, LIMIT - 1
        if not place:
            parts = sum(self.totals[d, item][week] for d in self.districts)
            waits = self.totals["", item][week] - parts >= most_ahead(len(self.districts), LIMIT)
            return 0, LIMIT - 1 + LIMIT * int(waits)
        district, kinds = place[:DISTRICT_LENGTH], GROUPS[item]
        inside = [v for v in self.villages if v.startswith(district)]
        whole = sum(self.totals[district, kind][week] for kind in kinds)
        ahead = whole - sum(self.totals[v, item][week] for v in inside)
        early = ahead >= most_ahead(len(inside), LIMIT)
        waits = -ahead >= most_ahead(len(kinds), LIMIT)
        return -LIMIT * int(early), LIMIT - 1 + LIMIT * int(waits)

    def window(self, place: str, item: str, week: pd.Timestamp) -> int:
        """What the published totals give for the four weeks up to one."""
        total, at = self.totals[place, item], self.weeks.index(week)
        return int(total[week] - total.get(self.weeks[at - 4], 0))

    def _what_anybody_knows(self) -> None:
        audit = self.audit
        for week in self.weeks:
            for kind in ("unrecorded", "eligible"):
                for d in self.districts:
                    inside = [v for v in self.villages if v.startswith(d)]
                    audit.equal({**{(kind, week, v): 1 for v in inside}, (kind, week, d): -1})
                audit.equal({**{(kind, week, d): 1 for d in self.districts}, (kind, week, ""): -1})
        for before, week in pairwise(self.weeks):
            for item in EVENTS:
                for place in ["", *self.districts]:
                    inside = self.districts if not place else self.villages
                    parts = {("event", week, d, item): 1.0 for d in inside if d.startswith(place)}
                    audit.equal({**parts, ("event", week, place, item): -1})
            for place in ["", *self.districts, *self.villages]:
                row = {("unrecorded", before, place): 1, ("unrecorded", week, place): -1}
                row |= {("event", week, place, i): float(SIGNS.get(i, -1)) for i in EVENTS}
                rest = ("event", week, place, "unexplained")
                audit.cell(rest, low=-1_000)
                audit.equal({**row, rest: 1})
                self.truth[rest] = -sum(int(f) * self.truth.get(n, 0) for n, f in row.items())

    def besides(self, kind: str, week: pd.Timestamp, place: str) -> int:
        """Residents of the cohort's birth year who are not in its months."""
        tables = self.store.load(week.date(), place)
        year = week.year - 17
        stock = tables.stock[(tables.stock["as_of"] == week) & (tables.stock["birth_year"] == year)]
        months = tables.durations[tables.durations["birth_year"] == year]
        whole = stock["recorded" if kind == "done" else "unrecorded"].sum()
        return int(whole - months.loc[months["event"] == (kind == "done"), "persons"].sum())

    def learn(self, name: object, value: object, page: Page) -> None:
        """A printed count: its value, or that it is hidden and with which mark."""
        if not pd.isna(value):  # type: ignore[call-overload]
            if name in self.truth:
                assert self.truth[name] == value, name
                assert not 0 < self.truth[name] < LIMIT, f"{name} is small and shown"
            self.audit.shown(name, float(value))  # type: ignore[arg-type]
        elif f"<{LIMIT}" in page.words and 0 < self.truth.get(name, 0) < LIMIT:
            self.audit.hidden(name, 1, LIMIT - 1)
        else:
            self.audit.hidden(name)
            if f"<{LIMIT}" in page.words:
                self.audit.gap(name, LIMIT)


def _places(attacker: Attacker, page: Page) -> None:
    before = attacker.weeks[attacker.weeks.index(page.week) - 1]
    for row in page.data.itertuples(index=False, name=None):
        values = dict(zip(page.data.columns, row, strict=True))
        code = attacker.code(row[0], page)
        attacker.learn(("eligible", page.week, code), values["Wajib KTP"], page)
        attacker.learn(("unrecorded", page.week, code), values["Belum rekam"], page)
        assert pd.isna(values["Belum rekam"]) == pd.isna(values["Cakupan"])
        if not pd.isna(values["Sejak minggu lalu"]):
            parts = {("unrecorded", page.week, code): 1.0, ("unrecorded", before, code): -1.0}
            attacker.audit.equal(parts, float(values["Sejak minggu lalu"]))


def _ranking(attacker: Attacker, page: Page) -> None:
    total = ("unrecorded", page.week, page.district)
    sofar: dict[object, float] = {}
    for row in page.data.itertuples(index=False):
        name = ("unrecorded", page.week, attacker.code(row[0], page))
        attacker.learn(name, row[1], page)
        sofar[name] = 1.0
        if not pd.isna(row[2]):
            size = attacker.truth[total]
            attacker.audit.equal(sofar, (row[2] - 0.0006) * size, (row[2] + 0.0006) * size)
    ranks = page.data["Belum rekam"].dropna().tolist()
    assert ranks == sorted(ranks, reverse=True)
    gone = page.data["Belum rekam"].isna()
    assert not gone.any() or gone[gone.idxmax() :].all(), "a hidden count stands between shown ones"


def _trend(attacker: Attacker, page: Page) -> None:
    for week, eligible, left in page.data.iloc[:, :3].itertuples(index=False):
        if week <= page.week and not pd.isna(eligible):
            attacker.learn(("eligible", week, page.district), eligible, page)
            attacker.learn(("unrecorded", week, page.district), left, page)


def _running_totals(attacker: Attacker, page: Page, place: str) -> None:
    """What windows and editions tell together: the rounded running total of every event."""
    groups = GROUPS if place in attacker.villages else {i: (i,) for i in (*EVENTS, "unexplained")}
    for name, items in groups.items():
        parts: dict[object, float] = {}
        for week in attacker.weeks[1:]:
            if week > page.week:
                break
            for item in items:
                event = ("event", week, place, item)
                parts[event] = 1.0
                true = attacker.truth.get(event, 0)
                # a count of events that is not small may be known, for example from shown visits
                if 0 < true < LIMIT and item != "unexplained":
                    attacker.audit.hidden(event)
            for village in attacker.villages if "recorded_visit" in items else ():
                # hidden results of visits are left out of it
                result = ("event", week, village, "recorded_visit")
                if village.startswith(place) and 0 < attacker.truth.get(result, 0) < LIMIT:
                    attacker.audit.hidden(result, 1, LIMIT - 1)
                    parts[result] = parts.get(result, 0.0) - 1.0
            if (week, place, name) in attacker.told_totals:
                continue  # another exhibit or edition told it
            attacker.told_totals.add((week, place, name))
            exact = sum(int(f) * attacker.truth.get(p, 0) for p, f in parts.items())
            least, most = attacker.slack(place, name, week)
            shown = int(attacker.totals[place, name][week])
            assert least <= exact - shown <= most, (place, name, week)
            attacker.audit.equal(dict(parts), shown + least, shown + most)


def _waterfall(attacker: Attacker, page: Page) -> None:
    _running_totals(attacker, page, page.district)
    rows = page.data.set_index(page.data.columns[0])["Perubahan"]
    for item, words in EVENTS.items():
        assert abs(rows[words]) == attacker.window(page.district, item, page.week)
    start = attacker.weeks[attacker.weeks.index(page.week) - 4]
    attacker.learn(("unrecorded", start, page.district), rows[ITEMS["opening"]], page)
    attacker.learn(("unrecorded", page.week, page.district), rows[ITEMS["closing"]], page)


def _village_accounts(attacker: Attacker, page: Page) -> None:
    for village in attacker.villages:
        if village.startswith(page.district):
            _running_totals(attacker, page, village)
    start = attacker.weeks[attacker.weeks.index(page.week) - 4]
    columns = {
        "Masuk": ["entered"],
        "Terekam": ["recorded_visit", "recorded_elsewhere"],
        "Pergi": ["left"],
    }
    for row in page.data.to_dict("records"):
        code = attacker.village(row, page)
        attacker.learn(("unrecorded", start, code), row["Sisa awal"], page)
        attacker.learn(("unrecorded", page.week, code), row["Sisa akhir"], page)
        for column, names in columns.items():
            assert row[column] == sum(attacker.window(code, name, page.week) for name in names)
        # the last column is no more than what these leave
        net = row["Masuk"] - row["Terekam"] - row["Pergi"]
        first, last, rest = (row[c] for c in ("Sisa awal", "Sisa akhir", "Selisih dan pembulatan"))
        assert pd.isna(rest) == (pd.isna(first) or pd.isna(last))
        assert pd.isna(rest) or rest == last - first - net


def _main_numbers(attacker: Attacker, page: Page) -> None:
    before = attacker.weeks[attacker.weeks.index(page.week) - 1]
    rows = page.data.set_index("Butir")
    left = rows.loc["Belum rekam"]
    attacker.learn(("unrecorded", page.week, page.district), left["Minggu ini"], page)
    attacker.learn(("unrecorded", before, page.district), left["Minggu lalu"], page)
    for item in ("Terekam minggu ini", "Baru masuk daftar minggu ini"):
        assert (rows.loc[item] % LIMIT == 0).all()


def _news(attacker: Attacker, page: Page) -> None:
    """The change and both counts of the place, in a sentence."""
    numbers = r"sisa (?:turun|naik) ([\d.]+) warga: dari ([\d.]+) menjadi ([\d.]+)"
    if hit := re.search(numbers, page.data["Kabar"].iloc[0]):
        change, then, now = (int(number.replace(".", "")) for number in hit.groups())
        before = attacker.weeks[attacker.weeks.index(page.week) - 1]
        attacker.learn(("unrecorded", before, page.district), then, page)
        attacker.learn(("unrecorded", page.week, page.district), now, page)
        assert abs(now - then) == change


def _map(attacker: Attacker, page: Page) -> None:
    for name, left, share in page.data.itertuples(index=False):
        if name in attacker.names.values():
            attacker.learn(("unrecorded", page.week, attacker.code(name, page)), left, page)
            assert pd.isna(left) == pd.isna(share)


def _weekly_accounts(attacker: Attacker, page: Page) -> None:
    _running_totals(attacker, page, page.district)
    for row in page.data.to_dict("records"):
        week = row["Minggu sampai"]
        before = attacker.weeks[attacker.weeks.index(week) - 1]
        attacker.learn(("unrecorded", before, page.district), row["Sisa awal"], page)
        attacker.learn(("unrecorded", week, page.district), row["Sisa akhir"], page)
        for column in ("Masuk", "Terekam", "Pergi", "Selisih"):
            assert row[column] % LIMIT == 0


def _birth_years(attacker: Attacker, page: Page) -> None:
    week, place = page.week, page.district
    left, whole = {}, {}
    for year, _, eligible, unrecorded in page.data.itertuples(index=False):
        left[("left", week, place, year)] = 1.0
        whole[("whole", week, place, year)] = 1.0
        attacker.learn(("whole", week, place, year), eligible, page)
        attacker.learn(("left", week, place, year), unrecorded, page)
        parts = {("done", week, place, year): 1.0, ("left", week, place, year): 1.0}
        attacker.audit.equal({**parts, ("whole", week, place, year): -1.0})
    attacker.audit.equal({**left, ("unrecorded", week, place): -1.0})
    attacker.audit.equal({**whole, ("eligible", week, place): -1.0})


def _cohort(attacker: Attacker, page: Page) -> None:
    week, place, year = page.week, page.district, page.week.year - 17
    columns = {"Sudah rekam": "done", "Belum rekam": "left"}
    for column, kind in columns.items():
        parts: dict[object, float] = {}
        for month, value in zip(page.data["Bulan"], page.data[column], strict=True):
            name = (f"{kind} by month", week, place, month)
            parts[name] = 1.0
            attacker.learn(name, value, page)
        # who is of the birth year but not of the months: married before 17
        rest = (f"{kind} besides", week, place)
        attacker.audit.cell(rest)
        if 0 < attacker.besides(kind, week, place) < LIMIT:
            attacker.audit.hidden(rest)
        attacker.audit.equal({**parts, rest: 1.0, (kind, week, place, year): -1.0})
    ahead: dict[object, float] = {}
    for month, value in zip(page.data["Bulan"], page.data["Belum 17 tahun"], strict=True):
        ahead[("coming", week, place, month)] = 1.0
        attacker.learn(("coming", week, place, month), value, page)
    if hit := re.search(r"([\d.]+) lagi menyusul", page.words):
        attacker.audit.equal(ahead, float(hit[1].replace(".", "")))


def _inflow(attacker: Attacker, page: Page) -> None:
    parts: dict[object, float] = {}
    for month, value in page.data.itertuples(index=False):
        parts[("coming", page.week, page.district, month)] = 1.0
        attacker.learn(("coming", page.week, page.district, month), value, page)
    if hit := re.search(r"([\d.]+) warga genap 17 tahun", page.words):
        attacker.audit.equal(parts, float(hit[1].replace(".", "")))


def _village_inflow(attacker: Attacker, page: Page) -> None:
    """Villages of the coming year; their sum is that of its months."""
    first = page.week.to_period("M").to_timestamp()
    months = {("coming", page.week, page.district, first + pd.DateOffset(months=m)): -1.0
              for m in range(12)}  # fmt: skip
    villages: dict[object, float] = {}
    for row in page.data.to_dict("records"):
        listed, code = row["Terdaftar"], attacker.village(row, page)
        assert pd.isna(listed) == pd.isna(row["Perkiraan"]), code
        name = ("listed", page.week, code)
        villages[name] = 1.0
        attacker.learn(name, listed, page)
    attacker.audit.equal({**villages, **months})


def _birth_months(attacker: Attacker, page: Page) -> None:
    """A share and the shown one of a month's two counts would tell the other."""
    for row in page.data.to_dict("records"):
        month = ("by month", page.week, page.district, row["Genap 17 tahun"])
        told = all((f"{kind} {month[0]}", *month[1:]) not in attacker.audit.watched
                   for kind in ("done", "left"))  # fmt: skip
        assert told or (pd.isna(row["Sudah rekam"]) and pd.isna(row["Warga"])), row


def _cohort_curves(attacker: Attacker, page: Page) -> None:
    """The end of a birth year's curve is nearly its count."""
    for year in set(page.data["Lahir"].astype(int)):
        for kind in ("left", "whole"):
            assert (kind, page.week, page.district, year) not in attacker.audit.watched, year


def _visits(attacker: Attacker, page: Page) -> None:
    results: dict[pd.Timestamp, dict[object, float]] = {}
    for row in page.data.to_dict("records"):
        day, code = row["Tanggal"], attacker.village(row, page)
        week = next(w for w in attacker.weeks if w >= day)
        name = ("event", week, code, "recorded_visit")
        if before := [w for w in attacker.weeks if w < day]:
            attacker.learn(("unrecorded", before[-1], code), row["Sisa sebelumnya"], page)
        attacker.learn(name, row["Terekam"], page)
        if pd.isna(row["Sisa sebelumnya"]) or pd.isna(row["Terekam"]):
            assert pd.isna(row["Bagian"]), "the share would tell the hidden count"
        assert not (pd.isna(row["Terekam"]) and not pd.isna(row["Per jam petugas"]))
        results.setdefault(week, {})[name] = 1.0
    # the table of the latest visits may cut a week in two
    for week, parts in results.items() if page.exhibit.name == "hasil" else ():
        attacker.audit.equal({**parts, ("event", week, page.district, "recorded_visit"): -1.0})


def expected_numbers(attacker: Attacker, page: Page) -> None:
    """Expected recordings are a share of the count: shown only where the count is."""
    for row in page.data.to_dict("records"):
        code = attacker.village(row, page)
        shown = not pd.isna(row["Perkiraan terekam"])
        true = attacker.truth[("unrecorded", page.week, code)]
        assert not (shown and 0 < true < LIMIT)


def _no_counts(attacker: Attacker, page: Page) -> None:
    """Estimates, shares of rounded numbers, curves (see test_privacy), and sentences made of the
    counts of other exhibits."""


READERS: dict[str, Callable[[Attacker, Page], None]] = {
    "cakupan": _places,
    "sebaran": _ranking,
    "tren": _trend,
    "perubahan": _waterfall,
    "neraca": _weekly_accounts,
    "tahun-lahir": _birth_years,
    "angkatan": _cohort,
    "menyusul": _inflow,
    "hasil": _visits,
    "kunjungan": _visits,
    "calon": expected_numbers,
    "rencana-1-minggu": expected_numbers,
    "rencana-4-minggu": expected_numbers,
    "neraca-desa": _village_accounts,
    "angka": _main_numbers,
    "peta": _map,
    "kabar": _news,
    "lorenz": _no_counts,
    "skenario": _no_counts,
    "perkiraan": _no_counts,
    "angkatan-bulan": _birth_months,
    "waktu-rekam-angkatan": _cohort_curves,
    "waktu-rekam-tabel": _cohort_curves,
    "rata-rata": _no_counts,
    "pengaruh-tabel": _no_counts,
    "hasil-bersih": _no_counts,
    "kunjungan-ulang": _no_counts,
    "kunjungan-ulang-tabel": _no_counts,
    "bagian-desa": _no_counts,
    "cara-memilih": _no_counts,
    "cara-memilih-angka": _no_counts,
    "waktu-rekam": _no_counts,
    "pengaruh": _no_counts,
    "pergeseran": _no_counts,
    "berkas": _no_counts,
    "menyusul-desa": _village_inflow,
    "menyusul-desa-tabel": _village_inflow,
}


SHARES = (_birth_months, _cohort_curves)


def read_pages(store: Store, pages: list[Page]) -> Attacker:
    """All that the pages tell; curves and shares are held against the counts beside them."""
    attacker = Attacker(store)
    for page in sorted(pages, key=lambda page: READERS.get(page.exhibit.name) in SHARES):
        if len(page.data):
            READERS[page.exhibit.name](attacker, page)
    return attacker
