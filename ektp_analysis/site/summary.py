"""The main numbers of an edition, as ``edisi.json`` inside it: what archive, feed and sharing read."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from ektp_analysis import regions
from ektp_analysis.backlog import latest_coverage
from ektp_analysis.disclosure import safe_places
from ektp_analysis.privacy import SHOWN
from ektp_analysis.protection import Protection, village_counts
from ektp_analysis.store import Tables
from ektp_analysis.tables.files import WHOLE

SUMMARY_FILE = "edisi.json"


@dataclass(frozen=True)
class PlaceSummary:
    """Counts of a kecamatan or of the kabupaten; ``None`` where hidden or not known.

    ``coverage`` is a share in [0, 1], ``change`` the difference in persons since the week before.
    """

    slug: str
    name: str
    eligible: int | None = None
    unrecorded: int | None = None
    coverage: float | None = None
    change: int | None = None


@dataclass(frozen=True)
class EditionSummary:
    """What one edition said.

    Attributes
    ----------
    as_of
        Date of its data.
    built
        Day on which the site was made: no time, so that the same site again has the same bytes.
    synthetic
        Whether its data are of the sample kabupaten.
    regency, districts
        Main numbers, hidden as on the pages.
    """

    as_of: date
    built: date
    synthetic: bool
    regency: PlaceSummary
    districts: tuple[PlaceSummary, ...]


def summarise(tables: Tables, built: date) -> EditionSummary:
    """The summary of the tables of the whole kabupaten.

    Parameters
    ----------
    tables
        From :meth:`ektp_analysis.store.Store.load`, without a district.
    built
        Day on which the site is made.
    """
    protection = Protection.of(village_counts(tables.stock))
    places = latest_coverage(tables.stock, tables.as_of, "district_code")
    safe = safe_places(places, "district_code", protection, tables.as_of)
    slugs = regions.districts().set_index("district_code")["district_slug"]
    districts = tuple(
        _place(str(slugs[row["district_code"]]), str(row["name"]), row)
        for _, row in safe.iterrows()
    )
    weeks = tables.stock["as_of"].drop_duplicates().sort_values()
    earlier = weeks[weeks < tables.as_of]
    hidden = protection.hides(tables.as_of)
    was_hidden = earlier.empty or protection.hides(pd.Timestamp(earlier.iloc[-1]))
    left, eligible = int(places["unrecorded"].sum()), int(places["eligible"].sum())
    regency = PlaceSummary(
        WHOLE,
        regions.REGENCY_TITLE,
        eligible,
        None if hidden else left,
        None if hidden or not eligible else round(1 - left / eligible, 6),
        None if hidden or was_hidden else int(places["change"].sum()),
    )
    return EditionSummary(tables.as_of.date(), built, tables.synthetic, regency, districts)


def _place(slug: str, name: str, row: pd.Series) -> PlaceSummary:
    def count(column: str) -> int | None:
        return None if pd.isna(row[column]) else int(row[column])

    shown = row["unrecorded_mark"] == SHOWN and not pd.isna(row["coverage"])
    share = round(float(row["coverage"]), 6) if shown else None
    return PlaceSummary(slug, name, count("eligible"), count("unrecorded"), share, count("change"))


def write_summary(site: Path, summary: EditionSummary) -> None:
    """Write ``edisi.json`` into a site."""
    text = json.dumps(asdict(summary), default=str, ensure_ascii=False, indent=1)
    (site / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8")


def read_summary(site: Path) -> EditionSummary | None:
    """The summary of a site or edition; ``None`` when it has none that can be read."""
    try:
        raw = json.loads((site / SUMMARY_FILE).read_text(encoding="utf-8"))
        return EditionSummary(
            date.fromisoformat(raw["as_of"]),
            date.fromisoformat(raw["built"]),
            bool(raw["synthetic"]),
            PlaceSummary(**raw["regency"]),
            tuple(PlaceSummary(**place) for place in raw["districts"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
