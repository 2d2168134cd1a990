"""The first cell of every report: validated parameters and the tables that they name."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from ektp_analysis.exhibit import REPORT_MEDIA_TYPE, SWITCH
from ektp_analysis.exhibits.office_plan import four_weeks, team_plan
from ektp_analysis.exhibits.whole import protection, yield_model
from ektp_analysis.format import day
from ektp_analysis.outlook import Outlook, make_outlook
from ektp_analysis.parameters import REPORTS, DistrictParameters, RegencyParameters
from ektp_analysis.protection import Protection
from ektp_analysis.refusal import Refusal
from ektp_analysis.store import Store, Tables, open_store
from ektp_analysis.text import SYNTHETIC, place_name


@dataclass(frozen=True)
class Loaded:
    """A report's parameters and data; shown in a notebook as the place and date.

    Attributes
    ----------
    parameters
        Validated.
    tables
        Of the district, or of the kabupaten.
    store
        To load what a report borrows from the whole kabupaten.
    """

    parameters: RegencyParameters
    tables: Tables
    store: Store

    @property
    def noun(self) -> str:
        """The places that the report compares."""
        return "desa/kelurahan" if self.tables.district else "kecamatan"

    @property
    def level(self) -> str:
        """Key of those places."""
        return "village_code" if self.tables.district else "district_code"

    @cached_property
    def regency(self) -> Tables:
        """The tables of the whole kabupaten at the same date; loaded once, when it is asked for."""
        return self.store.load(self.tables.as_of.date()) if self.tables.district else self.tables

    @property
    def whole(self) -> Loaded:
        """The same for the whole kabupaten."""
        return replace(self, tables=self.regency) if self.tables.district else self

    @cached_property
    def protection(self) -> Protection:
        """Which counts are hidden, at every week; the same for all reports of an edition."""
        return protection(self)

    @cached_property
    def plan(self) -> pd.DataFrame | Refusal:
        """The visits of the next four weeks in the kabupaten, nothing hidden."""
        return four_weeks(self)

    @cached_property
    def outlook(self) -> Outlook | Refusal:
        """The coming years without visits, as now, and with better choices; simulated once.

        The kabupaten's with its plan. A kecamatan's from its own accounts: another kecamatan's data
        change it only by what they teach about the yield of visits.
        """
        own = self.tables
        plan = None if own.district else team_plan(self)
        return make_outlook(own.stock, own.flow, own.upcoming, own.visits, yield_model(self), plan)

    @property
    def total_shown(self) -> bool:
        """Whether the count of the report's own place is shown."""
        return not self.protection.hides(self.tables.as_of, self.tables.district)

    def sentence(self) -> str:
        """Place and date of the data."""
        return f"{place_name(self.tables.district)}, data {day(self.tables.as_of)}."

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        note = (
            f'<p class="ektp-synthetic">{html.escape(SYNTHETIC)}</p>'
            if self.tables.synthetic
            else ""
        )
        plain = self.sentence() + (f" {SYNTHETIC}" if self.tables.synthetic else "")
        if os.environ.get(SWITCH) == "plain":
            return {"text/plain": plain}
        body = f'<p class="ektp-place">{html.escape(self.sentence())}</p>{note}'
        if os.environ.get(SWITCH) == "data":
            body = ""  # the title and the line above every page of the site say it
        bundle: dict[str, Any] = {"text/plain": plain, "text/html": body}
        if os.environ.get(SWITCH) == "data":
            bundle[REPORT_MEDIA_TYPE] = {
                "district": self.tables.district,
                "place": place_name(self.tables.district),
                "as_of": self.tables.as_of.date().isoformat(),
                "synthetic": self.tables.synthetic,
            }
        return bundle


def load_report(report: str, **values: Any) -> Loaded:
    """Validate a report's parameters and load what it reads.

    Parameters
    ----------
    report
        Name in :data:`ektp_analysis.parameters.REPORTS`.
    **values
        The values of the notebook's parameters cell.

    Raises
    ------
    ParameterError
        When a value does not fit.
    StoreError
        When the store has no data of that date.
    """
    parameters = REPORTS[report].validate(values)
    store = open_store(parameters.store or None)
    district = parameters.district if isinstance(parameters, DistrictParameters) else None
    return Loaded(parameters, store.load(parameters.as_of or None, district), store)
