"""Resident lists → the aggregate tables of one week, inside duckdb.

Rows about persons live in one private duckdb file of the run and go no further than here and the
quarantine file. Each list is scanned once into narrow typed columns; what a fast expression cannot
read is kept as text beside them, resolved by Python for its few distinct values, and joined back.
So the cost of an awkward cell is paid by awkward cells only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

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
    PLAIN,
    RECENT,
    UNITS,
    literals,
)
from ektp_analysis.ingest.columns import CODED, DATES, check_columns
from ektp_analysis.ingest.list_names import NUMBERS, Names, number_sections
from ektp_analysis.ingest.list_sections import PLACES, list_sections
from ektp_analysis.ingest.lists import load_list, row_sql, typed_columns
from ektp_analysis.ingest.places import village_codes
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.resident_rows import flagged_rows, rejected_rows
from ektp_analysis.ingest.rules import (
    FLAGS,
    RESIDENT_RULES,
    quality_rows,
)
from ektp_analysis.ingest.values import DAY_FIRST, DateOrder, parse_date

MANY_ROWS = 40_000_000
"""From here on duplicates are found by duckdb, which spills to disk, and not in memory."""
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
    notes
        Sentences for the office, without personal values.
    """

    tables: dict[str, pd.DataFrame]
    quality: pd.DataFrame
    rejected: pd.DataFrame
    flagged: pd.DataFrame
    synthetic: bool
    notes: list[str] = field(default_factory=list)


def aggregate_residents(
    tables: Sequence[RawTable],
    as_of: date,
    connection: duckdb.DuckDBPyConnection,
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
    programme_start
        No biometrics were recorded before.

    Raises
    ------
    InputError
        When a required column is missing, a file cannot be scanned, or NIK have lost a digit.
    """
    notes: list[str] = []
    orders, names = [], []
    for number, raw in enumerate(tables):
        sections = list_sections(raw, connection)
        check_columns(raw, village_headings=any(s.village for s in sections))
        order, name = load_list(number, raw, as_of, programme_start, connection, notes)
        number_sections(number, raw, sections, name, connection)
        orders.append(order)
        names.append(name)
    connection.execute(
        "CREATE OR REPLACE VIEW written AS "
        + " UNION ALL ".join(f"FROM odd_{n}" for n in range(len(tables)))
    )
    _spell_villages(names, connection)
    parts = literals(as_of, programme_start)
    connection.execute(ODD.format(**_spell_values(connection, orders, as_of), **parts))
    clean = " UNION ALL ".join(
        f"SELECT {n}::SMALLINT AS src, rowid AS pos, {row_sql(raw)} AS file_row, "
        f"{', '.join(typed_columns(raw))}, {NUMBERS} FROM list_{n} "
        "WHERE odd IS NULL AND NOT plain"
        for n, raw in enumerate(tables)
    )
    repeated = _mark_repeated(len(tables), connection)
    connection.execute(PERSON.format(clean=clean, **parts))
    person = "person"
    duplicates = repeated and _find_duplicates(connection)
    if duplicates:
        person = "(SELECT * FROM person ANTI JOIN duplicate USING (src, pos))"
    units = _units(len(tables), person, parts, connection)
    rejected = rejected_rows(tables, connection, duplicates)
    _check_digits(tables, connection)
    if not int(units.loc[units["rule"].isna(), "persons"].sum()) and not len(rejected):
        raise InputError(
            "Berkas tidak memuat baris penduduk", tables[0].where, "Unduh ulang berkasnya"
        )
    connection.execute(RECENT.format(person=person, **parts))
    frames: dict[str, pd.DataFrame] = {
        name: schema.TABLES[name].validate(connection.execute(sql.format(**parts)).df())
        for name, sql in AGGREGATES.items()
    }
    codes = connection.execute("SELECT vid, village_code FROM spelled").df()
    frames["stock"] = _stock(units, codes, as_of)
    accepted = units[units["rule"].isna()]
    flagged = flagged_rows(tables, connection, person, parts, accepted)
    return ResidentLists(
        tables=frames,
        quality=_quality(tables, units, rejected, as_of),
        rejected=rejected,
        flagged=flagged,
        synthetic=bool(len(accepted) and accepted["synthetic"].all()),
        notes=notes,
    )


def _spell_villages(lists: Sequence[Names], connection: duckdb.DuckDBPyConnection) -> None:
    """Table ``spelled``: the code of each pair of names; rows of a place not known are not plain."""
    pairs = connection.execute(
        " UNION ".join(
            f"SELECT DISTINCT {n}::SMALLINT AS src, {NUMBERS} FROM list_{n}"
            for n in range(len(lists))
        )
    ).df()
    for column in PLACES:
        pairs[column] = [
            lists[src].text(column, number)
            for src, number in zip(pairs["src"], pairs[f"{column}_no"], strict=True)
        ]
    coded = village_codes(pairs)
    coded["vid"] = coded["village_code"].astype("category").cat.codes.astype("int16")
    connection.register("spelled_frame", coded)
    connection.execute(
        "CREATE OR REPLACE TABLE spelled AS SELECT * REPLACE (src::SMALLINT AS src, "
        "village_no::SMALLINT AS village_no, district_no::SMALLINT AS district_no) "
        "FROM spelled_frame"
    )
    for src in coded.loc[coded["village_code"].isna(), "src"].unique():
        connection.execute(
            f"UPDATE list_{src} SET plain = false FROM spelled s WHERE plain AND s.src = {src} "
            f"AND s.village_code IS NULL AND s.village_no = coalesce(list_{src}.village_no, -1) "
            f"AND s.district_no = coalesce(list_{src}.district_no, -1)"
        )


def _units(
    lists: int, person: str, parts: dict[str, str], connection: duckdb.DuckDBPyConnection
) -> pd.DataFrame:
    """Everybody by list, village, birth year, sex and rule: the plain rows, and the others."""
    others = connection.execute(UNITS.format(person=person, **parts)).df()
    plain = [connection.execute(PLAIN.format(src=n)).df() for n in range(lists)]
    units = pd.concat([others, *plain], ignore_index=True)
    return units.fillna(dict.fromkeys(FLAG_SQL, 0))


def _spell_values(
    connection: duckdb.DuckDBPyConnection, orders: Sequence[dict[str, DateOrder]], as_of: date
) -> dict[str, str]:
    """SQL of each column with its awkward cells resolved, and the joins that it needs."""
    columns, joins = {}, []
    for column in (*DATES, *CODED):
        texts = connection.execute(
            f"SELECT DISTINCT src, {column}_text AS text FROM written WHERE {column}_text IS NOT NULL"
        ).fetchall()
        known = []
        for src, text in texts:
            if column in CODED:
                value = CODED[column][1](text)
            else:
                order = orders[src].get(column)
                value = parse_date(text, order.order if order else DAY_FIRST, latest=as_of)
            if value is not None:
                known.append((src, text, value))
        columns[column] = f"w.{column}"
        if known:
            kind = CODED[column][0] if column in CODED else "DATE"
            frame = pd.DataFrame(known, columns=["src", "text", "value"], dtype=object)
            connection.register("spell_frame", frame)
            connection.execute(
                f"CREATE OR REPLACE TABLE spell_{column} AS "
                f"SELECT src::SMALLINT AS src, text::VARCHAR AS text, value::{kind} AS value "
                "FROM spell_frame"
            )
            columns[column] = f"coalesce(w.{column}, {column}_spelled.value)"
            joins.append(
                f"LEFT JOIN spell_{column} {column}_spelled ON w.src = {column}_spelled.src "
                f"AND w.{column}_text = {column}_spelled.text"
            )
    return {**columns, "joins": " ".join(joins)}


def _mark_repeated(lists: int, connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a NIK stands twice; table ``twice`` has those, and their rows are not plain."""
    every = " UNION ALL ".join(
        f"SELECT nik FROM list_{n} WHERE nik IS NOT NULL" for n in range(lists)
    )
    (rows,) = connection.execute(f"SELECT count(*) FROM ({every})").fetchone() or (0,)
    if rows > MANY_ROWS:
        twice = connection.execute(
            f"SELECT nik FROM ({every}) GROUP BY nik HAVING count(*) > 1"
        ).fetchnumpy()["nik"]
    else:
        numbers = np.asarray(connection.execute(every).fetchnumpy()["nik"], dtype=np.int64)
        numbers.sort()
        twice = np.unique(numbers[1:][numbers[1:] == numbers[:-1]])
        del numbers
    if not len(twice):
        return False
    frame = pd.DataFrame({"nik": np.asarray(twice, dtype=np.int64)})
    connection.register("twice_frame", frame)
    connection.execute("CREATE OR REPLACE TABLE twice AS SELECT * FROM twice_frame")
    for n in range(lists):
        connection.execute(
            f"UPDATE list_{n} SET plain = false FROM twice t WHERE plain AND list_{n}.nik = t.nik"
        )
    return True


def _find_duplicates(connection: duckdb.DuckDBPyConnection) -> bool:
    """Table ``duplicate``: every accepted row of a NIK but the first."""
    connection.execute(
        """CREATE OR REPLACE TABLE duplicate AS
        SELECT src, pos, file_row, nik FROM (
            SELECT src, pos, file_row, nik, row_number() OVER (PARTITION BY nik ORDER BY src, file_row) AS copy
            FROM person SEMI JOIN twice USING (nik) WHERE rule IS NULL
        ) WHERE copy > 1"""
    )
    (count,) = connection.execute("SELECT count(*) FROM duplicate").fetchone() or (0,)
    return bool(count)


def _stock(units: pd.DataFrame, codes: pd.DataFrame, as_of: date) -> pd.DataFrame:
    good = units[units["rule"].isna() & (units["eligible"] > 0)]
    names = codes.drop_duplicates("vid").set_index("vid")["village_code"]
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


def _check_digits(tables: Sequence[RawTable], connection: duckdb.DuckDBPyConnection) -> None:
    """A NIK that a spreadsheet kept as a number has lost its last digit."""
    for number, raw in enumerate(tables):
        if raw.header.columns["nik"] not in raw.numeric:
            continue
        zero, rows = connection.execute(
            f"SELECT count(*) FILTER (nik % 10 = 0), count(nik) FROM list_{number}"
        ).fetchone() or (0, 0)
        if rows >= 10 and zero >= LOST_DIGIT_SHARE * rows:
            raise InputError(
                "Angka terakhir NIK hilang karena kolomnya disimpan sebagai bilangan",
                f"{raw.where}, kolom “{raw.header.names[raw.header.columns['nik']]}”",
                "Unduh ulang dari SIAK dengan kolom NIK sebagai teks",
            )
