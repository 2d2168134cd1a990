"""Rows that are counted at once come to the same as if every rule had looked at them."""

from __future__ import annotations

import random
from datetime import date, timedelta

import duckdb
import numpy as np
import offices as o
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ektp_analysis import regions, schema
from ektp_analysis.ingest import Limits, ingest, list_pass, lists, readers
from ektp_analysis.ingest.list_pass import Run
from ektp_analysis.store import Store

DAY = date(2024, 8, 2)
HEADER = ["NIK", "TANGGAL LAHIR", "JK", "STATUS KAWIN", "TANGGAL KAWIN", "DESA/KEL", "KECAMATAN",
          "STATUS PENDUDUK", "TANGGAL DATANG", "TANGGAL MUTASI", "STATUS REKAM", "TGL REKAM", "TEMPAT REKAM"]  # fmt: skip
ROWS = 4_000


def near(rng: random.Random, day: date) -> date:
    """A day at or beside one at which something changes."""
    return day + timedelta(days=rng.choice([-8, -7, -6, -1, 0, 1, 6, 7, 8]))


def person(rng: random.Random, villages: list[tuple[str, str, str]]) -> list[str]:
    """Somebody, often at the edge of a rule, sometimes beyond."""
    sex = rng.choice("LP")
    birth = rng.choice(
        [
            DAY - timedelta(days=rng.randrange(17 * 365, 95 * 365)),
            DAY - timedelta(days=rng.randrange(10 * 365, 22 * 365)),
            near(rng, date(rng.choice([1914, 1915, 2002, 2003, 2007, 2008]), rng.choice([1, 8]), rng.choice([1, 2]))),
            date(rng.choice([1960, 2004, 2008]), 2, 29),
        ]
    )  # fmt: skip
    code, village, district = rng.choice(villages)
    start = rng.choice(
        [code.replace(".", "")[:6], "170299", "170109", "317404", "990101", "880101"]
    )
    day = birth.day + (40 if sex == "P" else 0)
    nik = f"{start}{day:02d}{birth:%m%y}{rng.randrange(1, 400):04d}"
    if rng.random() < 0.03:
        nik = rng.choice([nik[:15], f"{nik[:6]}{(birth.day % 28) + 1:02d}{nik[8:]}", "", "x"])
    adult = birth + timedelta(days=16 * 365 + rng.choice([2, 3, 4, 5, 10, 400]))
    recorded = rng.random() < 0.8
    when = rng.choice([near(rng, DAY - timedelta(days=7)), near(rng, DAY), adult, near(rng, date(2011, 2, 1)), None,
                       DAY - timedelta(days=900)])  # fmt: skip
    married = rng.choice([None, None, birth + timedelta(days=rng.choice([6000, 6300, 8000]))])
    status = rng.choice(["AKTIF"] * 8 + ["", "PINDAH", "MENINGGAL"])
    left = (
        near(rng, rng.choice([DAY, DAY - timedelta(days=7)]))
        if status in ("PINDAH", "MENINGGAL")
        else None
    )
    arrived = rng.choice([None, None, None, near(rng, DAY), near(rng, DAY - timedelta(days=7))])
    return [
        nik, o.dmy(birth), sex if rng.random() > 0.01 else "?", rng.choice(["KAWIN", "BELUM KAWIN", ""]), o.dmy(married),
        village if rng.random() > 0.01 else rng.choice(["Antah", ""]), district if rng.random() > 0.01 else "",
        status, o.dmy(arrived), o.dmy(left) if rng.random() > 0.1 else "",
        "SUDAH" if recorded else "BELUM", o.dmy(when) if recorded or rng.random() < 0.05 else "",
        rng.choice(["KANTOR", "JEMPUT BOLA", "", "Lapas"]) if recorded else "",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same list ingested with plain rows, without any, by duckdb's reader, and from parquet."""
    folder = tmp_path_factory.mktemp("plain")
    rng = random.Random(20240802)
    table = regions.villages()
    villages = list(
        zip(table["village_code"], table["village_name"], table["district_name"], strict=True)
    )
    people = [person(rng, villages) for _ in range(ROWS)]
    people += rng.sample(people, 40)
    text = o.text(folder / "penduduk_20240802.csv", [HEADER, *people])
    found = {}
    parquet = folder / "penduduk_20240802.parquet"
    columns = [pa.array(cells, pa.string()) for cells in zip(*people, strict=True)]
    pq.write_table(pa.table(columns, names=HEADER), parquet)
    quick = lists.list_readers
    for name in ("plain", "looked at", "by duckdb", "parquet"):
        with pytest.MonkeyPatch.context() as patched:
            if name == "looked at":
                patched.setattr(
                    list_pass, "is_undisputed", lambda rows, _: np.zeros(len(rows["nik"]), bool)
                )
            if name == "by duckdb":
                patched.setattr(lists, "list_readers", lambda *given: quick(*given)[1:])
            path = parquet if name == "parquet" else text
            report = ingest(
                [path], folder / name, folder / f"q {name}", limits=Limits(1.0, 1.0, 1.0)
            )
        found[name] = (Store(folder / name).load(), report)
    return found


@pytest.mark.parametrize("name", ["stock", "flow", "upcoming", "durations", "quality"])
def test_the_tables_are_the_same(both, name):
    plain, *others = (getattr(tables, name) for tables, _ in both.values())
    keys = [c for c in schema.empty(name).columns if c in plain and plain[c].dtype != float]
    for other in others:
        if name == "quality":
            other = other.assign(source=plain["source"].iloc[0])
        pd.testing.assert_frame_equal(
            plain.sort_values(keys, ignore_index=True), other.sort_values(keys, ignore_index=True)
        )
    assert len(plain)


def test_every_rule_is_met(both):
    """The list is awkward enough to mean something: no rule or flag is without a row."""
    quality = both["plain"][0].quality
    met = set(quality["rule"])
    assert met >= {
        "malformed_nik", "duplicate_nik", "unknown_sex", "unknown_village", "recorded_in_future",
        "nik_birth_date", "nik_region", "nik_district", "recorded_before_programme",
        "recorded_too_young", "date_without_record",
    }  # fmt: skip


def test_most_adults_are_plain(both, tmp_path):
    """Otherwise nothing would be won: five ordinary adults need no second look."""
    path = o.text(tmp_path / "a.csv", [o.HEADER, *o.rows()])
    with duckdb.connect() as connection:
        raw = readers.read_file(path, tmp_path).tables[0]
        run = Run(DAY, date(2011, 2, 1), b"0" * 16, connection, tmp_path)
        found = lists.load_list(0, raw, [], run, [])
    assert (found.rows.column("nik") % 10_000).tolist() == [1, 2, 3, 4, 5]
    assert found.rows.column("counted").tolist() == [True, True, True, True, True]
    assert found.plain.table()[["persons", "eligible"]].sum().tolist() == [5, 5]
    assert found.young.durations()["duration"].tolist() == [1]
