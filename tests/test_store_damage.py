"""A damaged store is a sentence that says which week, which table and what to do."""

import os
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from ektp_analysis import schema, store
from ektp_analysis.errors import StoreError
from ektp_analysis.snapshot import write_snapshot
from ektp_analysis.store import Store, open_store

DAY = date(2024, 7, 26)


@pytest.fixture
def root(tmp_path):
    """Three weeks of the committed sample."""
    for week in ("2024-07-19", "2024-07-26", "2024-08-02"):
        name = f"as_of={week}"
        shutil.copytree(Path(os.environ["EKTP_STORE"]) / name, tmp_path / "store" / name)
    return tmp_path / "store"


def parquet(root, table="stock"):
    return root / f"as_of={DAY}/v0001/{table}.parquet"


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    """A bit in the middle of the data, where parquet has no checksum of its own."""
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x10
    path.write_bytes(bytes(data))


def another_number(path):
    """A whole, valid table that is not the one that was written."""
    frame = pd.read_parquet(path)
    frame.loc[0, ["eligible", "recorded"]] += 1
    frame.to_parquet(path, index=False)


HARMS = [truncate, flip, another_number, Path.unlink, lambda path: path.write_bytes(b"")]


def test_the_committed_sample_is_whole():
    store = open_store(os.environ["EKTP_STORE"])
    store.verify()
    assert all(store.damage(day) is None for day in store.dates())


@pytest.mark.parametrize("harm", HARMS)
def test_damaged_table_is_named_with_its_week(root, harm):
    harm(parquet(root))
    store = Store(root)
    assert store.damage(DAY) == "stock" and store.damage(date(2024, 8, 2)) is None
    with pytest.raises(StoreError) as error:
        store.verify()
    assert str(error.value) == (
        "Potret data mingguan rusak: tabel stock tidak utuh (as_of=2024-07-26). Taruh berkas kantor "
        "minggu itu di folder masuk lalu jalankan: ektp ingest; bila berkasnya tidak ada lagi, hapus "
        "folder itu (minggu itu lalu tidak ikut dihitung)."
    )


@pytest.mark.parametrize("harm", [truncate, Path.unlink])
def test_reading_a_damaged_table_is_no_traceback(root, harm):
    harm(parquet(root))
    with pytest.raises(StoreError, match=r"tabel stock tidak utuh \(as_of=2024-07-26\)"):
        Store(root).load()


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("current", b"\xff\xfe"),
        ("current", b""),
        ("current", b"../../../etc"),
        ("v0001/manifest.json", b"{"),
        ("v0001/manifest.json", b"{}"),
        ("v0001/manifest.json", b"[]"),
    ],
)
def test_damaged_pointer_or_manifest(root, name, contents):
    (root / f"as_of={DAY}" / name).write_bytes(contents)
    for use in (Store.verify, Store.digest, Store.dates if name == "current" else Store.verify):
        with pytest.raises(StoreError, match=r"Potret data mingguan rusak: .*\(as_of=2024-07-26\)"):
            use(Store(root))


def test_a_folder_that_is_no_date(root):
    (root / "as_of=kemarin").mkdir()
    (root / "as_of=kemarin/current").write_text("v0001")
    with pytest.raises(StoreError, match=r"\(as_of=kemarin\)"):
        Store(root).dates()


def test_writing_the_same_again_mends_a_damaged_snapshot(root):
    store = Store(root)
    tables = {
        name: duckdb.read_parquet(str(parquet(root, name))).df()
        for name in ("stock", "flow", "upcoming", "durations", "visits", "quality")
    }
    for frame in tables.values():
        for column in frame.select_dtypes("datetime"):
            frame[column] = frame[column].astype("datetime64[ns]")
    manifest = store.manifest(DAY)
    again = {"sources": manifest["sources"], "synthetic": manifest["synthetic"]}
    assert write_snapshot(root, DAY, tables, **again).name == "v0001"
    truncate(parquet(root))
    assert write_snapshot(root, DAY, tables, **again).name == "v0002"
    Store(root).verify()


def test_a_week_without_visits_does_not_decide_the_types_of_the_next(tmp_path, root):
    """In an empty table a text column has no type of its own; the first file gives it to all."""
    store = Store(root)
    for number, day in enumerate(store.dates()):
        tables = {
            name: pd.read_parquet(root / f"as_of={day}/v0001/{name}.parquet")
            for name in ("stock", "flow", "upcoming", "durations", "visits", "quality")
        }
        if number == 0:
            tables["visits"] = tables["visits"].iloc[:0]
        write_snapshot(tmp_path / "baru", day, tables, sources={}, synthetic=True)
    Store(tmp_path / "baru").verify()
    assert Store(tmp_path / "baru").load().visits["village_code"].str.startswith("17.02.").all()


def test_the_store_knows_the_tables_of_the_contract():
    assert tuple(schema.TABLES) == store.TABLES
