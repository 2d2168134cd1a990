"""A project in miniature, for tests that build whole sites: two kecamatan, six weeks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import yaml

from ektp_analysis import schema
from ektp_analysis.snapshot import write_snapshot
from ektp_analysis.store import Store

ROOT = Path(__file__).parents[2]
DISTRICTS = ("17.02.19", "17.02.20")
WEEKS = 6
COPIED = (
    "notebooks",
    "theme",
    "_quarto.yml",
    "metode.qmd",
    "tentang.qmd",
    "data/pilihan.yaml",
    "data/reference",
)


def make_project(folder: Path, districts: tuple[str, ...] = DISTRICTS, weeks: int = WEEKS) -> Path:
    """Write the project, its store cut from the committed sample; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in (*COPIED, *(page.name for page in ROOT.glob("*.qmd"))):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("_*"))
        else:
            shutil.copy(source, target)
    _leave_out_the_guide(folder / "_quarto.yml")
    for name in ("districts.csv", "villages.csv"):
        path = folder / "data/reference" / name
        frame = pd.read_csv(path, dtype=str)
        frame[frame["district_code"].isin(districts)].to_csv(path, index=False)
    sample = Store(ROOT / "data/sample/store")
    for day in sample.dates()[-weeks:]:
        snapshot = sample.root / f"as_of={day}"
        version = snapshot / (snapshot / "current").read_text().strip()
        tables = {
            name: _ours(pd.read_parquet(version / f"{name}.parquet"), districts)
            for name in schema.TABLES
        }
        manifest = sample.manifest(day)
        write_snapshot(
            folder / "data/store", day, tables, sources=manifest["sources"], synthetic=True
        )
    return folder


def _leave_out_the_guide(settings: Path) -> None:
    """Its pages, and the reference made from the code, would be most of so small a site."""
    content = yaml.safe_load(settings.read_text(encoding="utf-8"))
    render, bar = content["project"]["render"], content["website"]["navbar"]
    content["project"]["render"] = [page for page in render if not page.startswith("docs/")]
    for side in ("left", "right"):
        bar[side] = [e for e in bar.get(side, []) if not e.get("href", "").startswith("docs/")]
    settings.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))


def _ours(frame: pd.DataFrame, districts: tuple[str, ...]) -> pd.DataFrame:
    if "village_code" not in frame:
        return frame
    return frame[frame["village_code"].str[:8].isin(districts)].reset_index(drop=True)


def environment(project: Path) -> dict[str, str]:
    """Environment of a process that works on the project."""
    return {
        **{k: v for k, v in os.environ.items() if not k.startswith("EKTP_")},
        "EKTP_DATA": str(project / "data"),
        "EKTP_UNIT_TIMEOUT": "60",
        "EKTP_UNIT_MEMORY": "1500",
        "EKTP_RETENTION": "4",
        "PYTHONPATH": str(ROOT),
    }
