"""Resident lists → the aggregate tables of one week.

Rows about persons live in the run's private folder and a private duckdb connection, and go no
further than here and the quarantine file. Each list is read once (:mod:`ektp_analysis.ingest.lists`);
plain rows are counted on the way, all others are judged and aggregated by duckdb.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.errors import InputError
from ektp_analysis.ingest.aggregates import (
    AGGREGATES,
    FLAG_SQL,
    ODD,
    PERSON,
    RECENT,
    UNITS,
    literals,
)
from ektp_analysis.ingest.columns import check_columns
from ektp_analysis.ingest.list_pass import Run
from ektp_analysis.ingest.list_rows import ROW
from ektp_analysis.ingest.list_sections import list_sections
from ektp_analysis.ingest.lists import ResidentList, load_list
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.repeated import find_duplicates, mark_repeated
from ektp_analysis.ingest.resident_rows import flagged_rows, rejected_rows
from ektp_analysis.ingest.rules import FLAGS, RESIDENT_RULES, quality_rows
from ektp_analysis.ingest.spelled import spell_values, spell_villages
from ektp_analysis.restricted import new_salt

LOST_DIGIT_SHARE = 0.95


@dataclass
class ResidentLists:
    """Aggregates of the resident lists of a week.

    Attributes
    ----------
    tables
        stock, flow, upcoming, durations.
    quality
        Rows of the quality table.
    rejected
        Rows that were rejected: ``source, sheet, row, column, rule, reason, mend`` and the cells.
    flagged
        The same of rows that were accepted but should be looked at, at most
        1,000 for each flag.
    synthetic
        Whether every accepted NIK has the sample kabupaten's region code.
    salt, digests
        Salt, and the digests of all NIK in order (uint64), for the gate's index.
    notes
        Sentences for the office, without personal values.
    """

    tables: dict[str, pd.DataFrame]
    quality: pd.DataFrame
    rejected: pd.DataFrame
    flagged: pd.DataFrame
    synthetic: bool
    salt: bytes
    digests: np.ndarray
    notes: list[str] = field(default_factory=list)


def aggregate_residents(
    tables: Sequence[RawTable],
    as_of: date,
    connection: duckdb.DuckDBPyConnection,
    workspace: Path,
    *,
    programme_start: date = date(2011, 2, 1),
) -> ResidentLists:
    """Check every row of the week's resident lists and aggregate those that pass.

    Parameters
    ----------
    tables
        Tables of kind ``residents``: one list, or its parts (a sheet or file per kecamatan).
    as_of
        Date of the extract.
    connection
        A private duckdb connection; its tables are replaced.
    workspace
        A private folder for rows.
    programme_start
        No biometrics were recorded before.

    Raises
    ------
    InputError
        When a required column is missing, a file cannot be scanned, or NIK have lost a digit.
    """
    notes: list[str] = []
    run = Run(as_of, programme_start, new_salt(), connection, workspace)
    lists: list[ResidentList] = []
    for number, raw in enumerate(tables):
        sections = list_sections(raw, connection)
        check_columns(raw, village_headings=any(s.village for s in sections))
        lists.append(load_list(number, raw, sections, run, notes))
    connection.execute(
        "CREATE OR REPLACE VIEW written AS "
        + " UNION ALL ".join(f"FROM odd_{n}" for n in range(len(tables)))
    )
    spell_villages(lists, connection)
    parts = literals(as_of, programme_start)
    connection.execute(ODD.format(**spell_values(connection, lists, as_of), **parts))
    _check_digits(tables, lists)
    repeated, digests = mark_repeated(lists, connection)
    clean = " UNION ALL ".join(
        f"SELECT {n}::SMALLINT AS src, {ROW} FROM list_{n} WHERE NOT odd"
        for n in range(len(tables))
    )
    connection.execute(PERSON.format(clean=clean, **parts))
    person = "person"
    duplicates = repeated and find_duplicates(connection)
    if duplicates:
        person = "(SELECT * FROM person ANTI JOIN duplicate USING (src, pos))"
    places = connection.execute(
        "SELECT src, village_no, district_no, vid, village_code FROM spelled"
    ).df()
    units = _units(lists, person, parts, places, connection)
    rejected = rejected_rows(tables, connection, duplicates)
    if not int(units.loc[units["rule"].isna(), "persons"].sum()) and not len(rejected):
        raise InputError(
            "Berkas tidak memuat baris penduduk", tables[0].where, "Unduh ulang berkasnya"
        )
    connection.execute(RECENT.format(person=person, **parts))
    frames: dict[str, pd.DataFrame] = {
        name: connection.execute(sql.format(**parts)).df() for name, sql in AGGREGATES.items()
    }
    for name in ("durations", "upcoming"):
        frames[name] = _with_young(name, frames[name], lists, as_of, places)
    frames = {name: schema.TABLES[name].validate(frame) for name, frame in frames.items()}
    frames["stock"] = _stock(units, places, as_of)
    accepted = units[units["rule"].isna()]
    flagged = flagged_rows(tables, connection, person, parts, accepted)
    return ResidentLists(
        tables=frames,
        quality=_quality(tables, units, rejected, as_of),
        rejected=rejected,
        flagged=flagged,
        synthetic=bool(len(accepted) and accepted["synthetic"].all()),
        salt=run.salt,
        digests=digests,
        notes=notes,
    )


def _units(
    lists: Sequence[ResidentList],
    person: str,
    parts: dict[str, str],
    places: pd.DataFrame,
    connection: duckdb.DuckDBPyConnection,
) -> pd.DataFrame:
    """Everybody by list, village, birth year, sex and rule: the plain rows, and the others."""
    others = connection.execute(UNITS.format(person=person, **parts)).df()
    plain = [each.plain.table().assign(src=each.number) for each in lists]
    plain = [p.merge(places, on=["src", "village_no", "district_no"]) for p in plain if len(p)]
    columns = ["src", "vid", "birth_year", "sex", "persons", "eligible", "recorded", "synthetic"]
    units = pd.concat([others, *(p[columns] for p in plain)], ignore_index=True)
    return units.fillna(dict.fromkeys(FLAG_SQL, 0))


def _with_young(
    name: str,
    looked_at: pd.DataFrame,
    lists: Sequence[ResidentList],
    as_of: date,
    places: pd.DataFrame,
) -> pd.DataFrame:
    """A table with the young who were counted at once."""
    parts = [getattr(each.young, name)().assign(src=each.number) for each in lists]
    young = pd.concat(parts, ignore_index=True)
    if young.empty:
        return looked_at
    young = young.merge(places, on=["src", "village_no", "district_no"])
    young["as_of"] = pd.Timestamp(as_of)
    young = young[list(looked_at.columns)]
    both = pd.concat([looked_at, young], ignore_index=True) if len(looked_at) else young
    *keys, count = looked_at.columns
    summed: pd.DataFrame = both.groupby(keys, as_index=False)[count].sum()
    return summed


def _stock(units: pd.DataFrame, places: pd.DataFrame, as_of: date) -> pd.DataFrame:
    good = units[units["rule"].isna() & (units["eligible"] > 0)]
    names = places.drop_duplicates("vid").set_index("vid")["village_code"]
    stock = (
        good.assign(village_code=good["vid"].map(names))
        .groupby(["village_code", "birth_year", "sex"], as_index=False)[["eligible", "recorded"]]
        .sum()
    )
    stock.insert(0, "as_of", pd.Timestamp(as_of))
    stock["unrecorded"] = stock["eligible"] - stock["recorded"]
    return schema.Stock.validate(stock)


def _quality(
    tables: Sequence[RawTable], units: pd.DataFrame, rejected: pd.DataFrame, as_of: date
) -> pd.DataFrame:
    source = np.array([t.source for t in tables], dtype=object)
    out = []
    for name in dict.fromkeys(source):
        of_file = units[source[units["src"].to_numpy()] == name]
        good = of_file[of_file["rule"].isna()]
        bad = rejected.loc[rejected["source"] == name, "rule"].value_counts()
        accepted = int(good["persons"].sum())
        flags = {f: (int(good[f].sum()), FLAGS[f].reason) for f in FLAG_SQL}
        counts = {rule: int(bad.get(rule, 0)) for rule in RESIDENT_RULES}
        read = accepted + sum(counts.values())
        out.append(
            quality_rows(as_of, name, "residents", read, accepted, counts, flags, RESIDENT_RULES)
        )
    return pd.concat(out, ignore_index=True)


def _check_digits(tables: Sequence[RawTable], lists: Sequence[ResidentList]) -> None:
    """A NIK that a spreadsheet kept as a number has lost its last digit."""
    for raw, each in zip(tables, lists, strict=True):
        if raw.header.columns["nik"] not in raw.numeric:
            continue
        niks = each.rows.column("nik")
        niks = niks[niks > 0]
        if len(niks) >= 10 and (niks % 10 == 0).sum() >= LOST_DIGIT_SHARE * len(niks):
            raise InputError(
                "Angka terakhir NIK hilang karena kolomnya disimpan sebagai bilangan",
                f"{raw.where}, kolom “{raw.header.names[raw.header.columns['nik']]}”",
                "Unduh ulang dari SIAK dengan kolom NIK sebagai teks",
            )
