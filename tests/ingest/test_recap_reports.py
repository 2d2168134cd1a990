"""An office that has only recap tables still gets every report, with a sentence where data lack."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from ektp_analysis import regions
from ektp_analysis.ingest import ingest
from ektp_analysis.store import Store

NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))
WEEKS = 3
NO_AGES = "berupa rekap tanpa tanggal lahir"
NO_EVENTS = "hanya ada rekap, yang tidak memuat peristiwa"
NO_VILLAGES = "hanya memuat jumlah per kecamatan"


@pytest.fixture(scope="module", params=["desa", "kecamatan"])
def recaps(request, tmp_path_factory):
    """The committed sample's last weeks as an office without a resident list would have them."""
    folder = tmp_path_factory.mktemp(request.param)
    sample = Store(Path(os.environ["EKTP_STORE"]))
    names = regions.villages().set_index("village_code")
    for day in sample.dates()[-WEEKS:]:
        stock = sample.table("stock", day)
        counts = stock.groupby("village_code")[["eligible", "recorded"]].sum().reset_index()
        counts["KECAMATAN"] = counts["village_code"].map(names["district_name"])
        counts["DESA"] = counts["village_code"].map(names["village_name"])
        keys = ["KECAMATAN", "DESA"] if request.param == "desa" else ["KECAMATAN"]
        table = counts.groupby(keys, as_index=False)[["eligible", "recorded"]].sum()
        table = table.rename(columns={"eligible": "WAJIB KTP", "recorded": "SUDAH REKAM"})
        inbox = folder / "inbox" / day.isoformat()
        inbox.mkdir(parents=True)
        table.to_excel(inbox / "rekap.xlsx", index=False)
    report = ingest([folder / "inbox"], folder / "store", folder / "q")
    assert len(report.written) == WEEKS and report.notes == []
    return request.param, folder / "store"


def shown(path: Path, store: Path) -> dict[str, str]:
    """What each code cell of a notebook shows, as plain text."""
    names: dict[str, object] = {}
    out = {}
    for cell in nbformat.read(path, 4).cells:
        if cell.cell_type != "code":
            continue
        *body, last = cell.source.strip().splitlines()
        if "parameters" in cell.metadata.get("tags", []):
            exec(cell.source, names)
            names["store"] = str(store)
            continue
        exec("\n".join(body), names)
        out[last] = eval(last, names)._repr_mimebundle_()["text/plain"]
    return out


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_every_cell_is_shown(recaps, path):
    kind, store = recaps
    said = shown(path, store)
    assert len(said) > 2 and all(text.strip() for text in said.values())
    told = " ".join(said.values())
    if path.stem == "cohort":
        assert [c for c, text in said.items() if NO_AGES not in text] == ["loaded"]
    if path.stem in ("backlog", "data_quality"):
        assert NO_EVENTS in told
    if path.stem in ("overview", "backlog"):
        assert (NO_VILLAGES in told) == (kind == "kecamatan")
        assert "warga belum rekam" in said["backlog.trend(loaded)"]


def test_recap_stock_equals_the_sample(recaps):
    kind, store = recaps
    sample = Store(Path(os.environ["EKTP_STORE"]))
    day = sample.latest()
    mine, theirs = Store(store).table("stock", day), sample.table("stock", day)
    key = slice(None) if kind == "desa" else slice(8)
    for column in ("eligible", "recorded", "unrecorded"):
        pd.testing.assert_series_equal(
            mine.groupby(mine["village_code"].str[key].str[:8] if kind != "desa" else mine["village_code"])[column].sum(),
            theirs.groupby(theirs["village_code"].str[key])[column].sum(),
        )  # fmt: skip
    assert day == date(2024, 8, 2)
