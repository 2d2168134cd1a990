"""A store in which nearly every count is small: the worst case for disclosure control.

One kecamatan is nearly finished (fewer than five left), one has villages of every size around the
threshold, one is middling; a few of its birth year 2007 married before 17; events are ones and twos; visits bring little.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ektp_analysis import regions, schema
from ektp_analysis.snapshot import write_snapshot
from ektp_analysis.store import Store

WEEKS = pd.date_range(end="2024-08-02", periods=9, freq="7D")
BIRTH_YEARS = (1985, 1996, 1998, 2000, 2002, 2004, 2005, 2006, 2007)
EVENTS = ("turned_17", "moved_in", "moved_out", "died", "married_early", "recorded_office",
          "recorded_visit", "recorded_other")  # fmt: skip
SIZES = ((3, 0, 0), (2, 6, 9, 14), (40, 30, 4, 25))


def villages(seed: int) -> dict[str, list[str]]:
    """Villages of three kecamatan of the reference table; which ones depends on the seed."""
    table = regions.villages()
    codes = sorted(table["district_code"].unique())
    chosen = [codes[(seed + i) % len(codes)] for i in range(len(SIZES))]
    return {
        d: table.loc[table["district_code"] == d, "village_code"].tolist()[: len(sizes)]
        for d, sizes in zip(chosen, SIZES, strict=True)
    }


def write_store(folder: Path, seed: int = 1) -> Store:
    """Write all weeks of it."""
    rng = np.random.default_rng(seed)
    places = [(v, n) for codes, sizes in zip(villages(seed).values(), SIZES, strict=True)
              for v, n in zip(codes, sizes, strict=True)]  # fmt: skip
    level = {v: _spread(rng, n) for v, n in places}
    eligible = {v: {y: int(rng.integers(30, 90)) for y in BIRTH_YEARS} for v, _ in places}
    for number, week in enumerate(WEEKS):
        stock, flow, visits = [], [], []
        for v, _ in places:
            moves = {name: int(rng.poisson(0.5)) for name in EVENTS}
            moves["recorded_visit"] = 0
            if rng.random() < 0.3 or v == places[-1][0]:
                moves["recorded_visit"] = int(rng.integers(0, 9))
                visits.append(_visit(week, v, moves["recorded_visit"]))
            flow.append({"week": week, "village_code": v, "birth_year": 2007, **moves})
            if number:
                _drift(rng, level[v])
            for y in BIRTH_YEARS:
                left = min(level[v][y], eligible[v][y])
                stock.append({"as_of": week, "village_code": v, "birth_year": y, "sex": "L",
                              "eligible": eligible[v][y], "recorded": eligible[v][y] - left,
                              "unrecorded": left})  # fmt: skip
        frames = {name: schema.empty(name) for name in schema.TABLES}
        frames["stock"] = pd.DataFrame(stock)
        frames["flow"] = pd.DataFrame(flow)
        frames["visits"] = pd.DataFrame(visits)
        frames["upcoming"] = _upcoming(rng, week, [v for v, _ in places])
        frames["durations"] = _durations(rng, week, frames["stock"])
        write_snapshot(folder, week.date(), frames, sources={}, synthetic=True)
    return Store(folder)


def _spread(rng: np.random.Generator, total: int) -> dict[int, int]:
    chosen = rng.choice(BIRTH_YEARS, size=total)
    return {y: int((chosen == y).sum()) for y in BIRTH_YEARS}


def _drift(rng: np.random.Generator, level: dict[int, int]) -> None:
    """A person more or fewer now and then; the kabupaten's flows do not explain it all."""
    if rng.random() < 0.5:
        year = int(rng.choice(BIRTH_YEARS))
        level[year] = max(level[year] + int(rng.choice([-1, 1])), 0)


def _visit(week: pd.Timestamp, village: str, recorded: int) -> dict[str, object]:
    day = week - pd.Timedelta(days=2)
    return {"visit_id": f"{day:%Y%m%d}-{village}", "date": day, "village_code": village,
            "start": 480, "end": 840, "staff": 3, "devices": 1, "target": 50,
            "attended": recorded, "recorded": recorded, "failed": 0, "reason": ""}  # fmt: skip


def _upcoming(rng: np.random.Generator, week: pd.Timestamp, codes: list[str]) -> pd.DataFrame:
    months = pd.date_range(week.to_period("M").to_timestamp(), periods=14, freq="MS")
    rows = [{"as_of": week, "village_code": v, "month": m, "residents": int(n)}
            for v in codes for m in months if (n := rng.integers(0, 5))]  # fmt: skip
    return pd.DataFrame(rows)


def _durations(rng: np.random.Generator, week: pd.Timestamp, stock: pd.DataFrame) -> pd.DataFrame:
    """Months of the cohort whose counts are those of the stock, but for a few early married."""
    rows = []
    for cell in stock[stock["birth_year"] >= week.year - 21].itertuples():
        for event, count in ((True, cell.recorded), (False, cell.unrecorded)):
            if cell.birth_year == week.year - 17:
                count -= min(int(rng.integers(0, 2)), count)
            for month, persons in enumerate(np.bincount(rng.integers(1, 8, count), minlength=8)):
                if persons:
                    since = (week.year - cell.birth_year - 17) * 12 + week.month - month
                    rows.append(
                        {"as_of": week, "village_code": cell.village_code,
                         "birth_year": cell.birth_year, "birth_month": month, "sex": cell.sex,
                         "entry": 0, "duration": min(max(since, 0), 6) if event else max(since, 0),
                         "event": event, "persons": int(persons)}
                    )  # fmt: skip
    frame = pd.DataFrame(rows)
    keys = [c for c in frame.columns if c != "persons"]
    return frame.groupby(keys, as_index=False)["persons"].sum()
