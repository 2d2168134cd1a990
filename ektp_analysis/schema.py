"""The tables of the weekly store, as pandera models: the one contract between all stages.

Every table is aggregated: no row is about one person by construction, though a count may be small
(see :mod:`ektp_analysis.privacy` for what may be published).
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa
from pandera.typing import Series

VILLAGE_CODE = r"^\d{2}\.\d{2}\.\d{2}\.\d{4}$"
SEXES = ["L", "P"]
"""L: laki-laki (male), P: perempuan (female), as on the identity card."""
UNKNOWN_SEX = "-"
UNKNOWN_YEAR = 0
"""Birth year of the rows that come from a recap table, which knows no ages."""


class _Table(pa.DataFrameModel):
    class Config:
        strict = True
        coerce = True
        ordered = True


class Stock(_Table):
    """Residents at the end of the day ``as_of``. Grain: as_of × village × birth_year × sex.

    In a week for which the office has only a recap table, ``birth_year`` is
    :data:`UNKNOWN_YEAR` and ``sex`` may be :data:`UNKNOWN_SEX`; where it has no desa/kelurahan
    either, the village code is a kecamatan's followed by ``.0000``.
    """

    as_of: Series[pd.Timestamp] = pa.Field(description="date of the extract")
    village_code: Series[str] = pa.Field(str_matches=VILLAGE_CODE)
    birth_year: Series[int] = pa.Field(ge=UNKNOWN_YEAR, le=2100)
    sex: Series[str] = pa.Field(isin=[*SEXES, UNKNOWN_SEX])
    eligible: Series[int] = pa.Field(
        ge=0, description="wajib KTP: aged 17+, or ever married; persons"
    )
    recorded: Series[int] = pa.Field(
        ge=0, description="eligible whose biometrics are recorded; persons"
    )
    unrecorded: Series[int] = pa.Field(ge=0, description="eligible - recorded; persons")

    @pa.check("birth_year", error="1890 or later, or UNKNOWN_YEAR")
    def _plausible(cls, year: pd.Series) -> pd.Series:
        return (year >= 1890) | (year == UNKNOWN_YEAR)

    @pa.dataframe_check(error="unrecorded = eligible - recorded")
    def _adds_up(cls, frame: pd.DataFrame) -> pd.Series:
        return frame["unrecorded"] == frame["eligible"] - frame["recorded"]


class Flow(_Table):
    """Persons who changed state in the week that ends at ``week`` (the same weekday as ``as_of``).

    Grain: week × village × birth_year. The accounts of *unrecorded* residents are
    ``unrecorded(t) = unrecorded(t-1) + turned_17 + married_early + moved_in - moved_out - died
    - recorded_office - recorded_visit - recorded_other + unexplained``. So ``turned_17``,
    ``married_early``, ``moved_in`` count persons who enter **unrecorded**, and ``moved_out``,
    ``died`` persons who leave **unrecorded**.
    """

    week: Series[pd.Timestamp]
    village_code: Series[str] = pa.Field(str_matches=VILLAGE_CODE)
    birth_year: Series[int] = pa.Field(ge=1890, le=2100)
    turned_17: Series[int] = pa.Field(ge=0)
    moved_in: Series[int] = pa.Field(ge=0)
    moved_out: Series[int] = pa.Field(ge=0)
    died: Series[int] = pa.Field(ge=0)
    married_early: Series[int] = pa.Field(ge=0)
    recorded_office: Series[int] = pa.Field(ge=0)
    recorded_visit: Series[int] = pa.Field(ge=0)
    recorded_other: Series[int] = pa.Field(ge=0)


class Upcoming(_Table):
    """Residents who will turn 17. Grain: as_of × village × month of the 17th birthday."""

    as_of: Series[pd.Timestamp]
    village_code: Series[str] = pa.Field(str_matches=VILLAGE_CODE)
    month: Series[pd.Timestamp] = pa.Field(
        description="first day of the month of the 17th birthday"
    )
    residents: Series[int] = pa.Field(ge=0)


class Durations(_Table):
    """Time from the 17th birthday to recording, in counts, for Kaplan-Meier estimates.

    Grain: as_of × village × birth_year × birth_month × sex × entry × duration × event, for birth
    years from ``as_of.year - 21`` on. Times are completed months since the 17th birthday.
    """

    as_of: Series[pd.Timestamp]
    village_code: Series[str] = pa.Field(str_matches=VILLAGE_CODE)
    birth_year: Series[int] = pa.Field(ge=1890, le=2100)
    birth_month: Series[int] = pa.Field(ge=1, le=12)
    sex: Series[str] = pa.Field(isin=SEXES)
    entry: Series[int] = pa.Field(
        ge=0, description="months at which the person came under observation"
    )
    duration: Series[int] = pa.Field(ge=0, description="months at recording, or at censoring")
    event: Series[bool] = pa.Field(description="True: recorded; False: still unrecorded (censored)")
    persons: Series[int] = pa.Field(ge=1)


class Visits(_Table):
    """Jemput bola visits, one row each. Times are local (WIB) minutes after midnight."""

    visit_id: Series[str] = pa.Field(unique=True)
    date: Series[pd.Timestamp]
    village_code: Series[str] = pa.Field(str_matches=VILLAGE_CODE)
    start: Series[pd.Int64Dtype] = pa.Field(nullable=True, description="minutes after midnight")
    end: Series[pd.Int64Dtype] = pa.Field(nullable=True, description="minutes after midnight")
    staff: Series[pd.Int64Dtype] = pa.Field(nullable=True, ge=0)
    devices: Series[pd.Int64Dtype] = pa.Field(nullable=True, ge=0)
    target: Series[pd.Int64Dtype] = pa.Field(nullable=True, ge=0)
    attended: Series[pd.Int64Dtype] = pa.Field(nullable=True, ge=0)
    recorded: Series[int] = pa.Field(ge=0)
    failed: Series[pd.Int64Dtype] = pa.Field(nullable=True, ge=0)
    reason: Series[str] = pa.Field(
        description="why the visit gave little; a closed list, '' when none"
    )


class Quality(_Table):
    """What became of the rows that were read. Grain: as_of × source file × rule."""

    as_of: Series[pd.Timestamp]
    source: Series[str] = pa.Field(description="file name, without its folder")
    kind: Series[str] = pa.Field(isin=["residents", "recap", "visits"])
    rule: Series[str] = pa.Field(description="short rule name; 'accepted' for rows that pass")
    rows_read: Series[int] = pa.Field(ge=0, description="rows of the whole file")
    accepted: Series[int] = pa.Field(ge=0, description="rows of the whole file that were accepted")
    quarantined: Series[int] = pa.Field(ge=0, description="rows that this rule rejected")
    flagged: Series[int] = pa.Field(
        ge=0, default=0, description="accepted rows that should be looked at"
    )
    reason: Series[str] = pa.Field(description="Indonesian sentence for staff")

    class Config:
        add_missing_columns = True  # snapshots from before ``flagged``


TABLES: dict[str, type[_Table]] = {
    "stock": Stock,
    "flow": Flow,
    "upcoming": Upcoming,
    "durations": Durations,
    "visits": Visits,
    "quality": Quality,
}
"""Store tables by file stem."""


def empty(table: str) -> pd.DataFrame:
    """An empty, valid frame of a store table.

    Examples
    --------
    >>> empty("upcoming").columns.tolist()
    ['as_of', 'village_code', 'month', 'residents']
    """
    return TABLES[table].empty()
