"""A resident list → the aggregate tables of one week, inside duckdb.

Rows about persons live in one private duckdb file of the run and go no further than here and the
quarantine file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pandas as pd

from ektp_analysis import schema
from ektp_analysis.errors import InputError
from ektp_analysis.ingest.headers import RESIDENTS
from ektp_analysis.ingest.places import village_codes
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.values import date_sql

RULES = {
    "malformed_nik": "NIK bukan 16 angka",
    "duplicate_nik": "NIK sudah ada pada baris sebelumnya",
    "impossible_birth_date": "Tanggal lahir tidak mungkin (kosong, salah tulis, atau sesudah tanggal data)",
    "unknown_village": "Desa/kelurahan tidak ada dalam daftar wilayah kabupaten",
    "unknown_sex": "Jenis kelamin bukan L atau P",
    "unknown_recording": "Status perekaman bukan SUDAH atau BELUM",
    "recorded_in_future": "Tanggal rekam sesudah tanggal data",
}
"""Rules in the order in which they are tried, with their sentence for staff."""
SYNTHETIC_REGION = "99"


@dataclass(frozen=True)
class ResidentTables:
    """Aggregates of a resident list.

    Attributes
    ----------
    tables
        stock, flow, upcoming, durations.
    quality
        Rows of the quality table.
    rejected
        Rows that were rejected, whole, with ``file_row``, ``rule`` and ``reason``.
    synthetic
        Whether every accepted NIK has the sample kabupaten's region code.
    """

    tables: dict[str, pd.DataFrame]
    quality: pd.DataFrame
    rejected: pd.DataFrame
    synthetic: bool


def aggregate_residents(
    raw: RawTable, as_of: date, connection: duckdb.DuckDBPyConnection
) -> ResidentTables:
    """Check every row of a resident list and aggregate those that pass.

    Parameters
    ----------
    raw
        A table of kind ``residents``.
    as_of
        Date of the extract.
    connection
        A private duckdb connection; tables ``raw_rows`` and ``person`` are replaced in it.

    Raises
    ------
    InputError
        When a required column is missing, or the file cannot be scanned.
    """
    if raw.header.missing:
        wanted = ", ".join(RESIDENTS[name][0] for name in raw.header.missing)
        raise InputError(
            f"Kolom wajib tidak ada: {wanted}",
            raw.where,
            "Tambahkan kolom itu, atau betulkan judulnya",
        )
    absent = [name for name in RESIDENTS if name not in raw.header.columns]
    extra = "".join(f", NULL::VARCHAR AS {name}" for name in absent)
    try:
        connection.execute(f"CREATE OR REPLACE TABLE raw_rows AS SELECT *{extra} FROM ({raw.sql})")
    except duckdb.Error:
        raise InputError(
            "Isi berkas tidak terbaca sebagai tabel",
            raw.where,
            "Buka di Excel dan simpan ulang sebagai xlsx atau CSV UTF-8",
        ) from None
    pairs = connection.execute("SELECT DISTINCT district, village FROM raw_rows").df()
    connection.register("spelling", village_codes(pairs))
    connection.execute(_PERSON, {"as_of": as_of})
    rows, accepted = connection.execute(
        "SELECT count(*), count(*) FILTER (rule IS NULL) FROM person"
    ).fetchone() or (0, 0)
    if not rows:
        raise InputError("Berkas tidak memuat baris penduduk", raw.where, "Unduh ulang berkasnya")
    tables = {
        name: _typed(name, connection.execute(sql, {"as_of": as_of}).df())
        for name, sql in _AGGREGATES.items()
    }
    (synthetic,) = connection.execute(
        f"SELECT coalesce(bool_and(starts_with(nik, '{SYNTHETIC_REGION}')), false) FROM person WHERE rule IS NULL"
    ).fetchone() or (False,)
    rejected = connection.execute(
        "SELECT r.*, p.rule FROM raw_rows r JOIN person p USING (file_row) "
        "WHERE p.rule IS NOT NULL ORDER BY file_row"
    ).df()
    rejected["reason"] = rejected["rule"].map(RULES)
    counts = rejected["rule"].value_counts()
    quality = pd.DataFrame(
        [
            {
                "as_of": pd.Timestamp(as_of),
                "source": raw.source,
                "kind": "residents",
                "rule": rule,
                "rows_read": rows,
                "accepted": accepted,
                "quarantined": int(counts.get(rule, 0)),
                "reason": RULES.get(rule, "Baris yang diterima"),
            }
            for rule in ["accepted", *(r for r in RULES if r in counts.index)]
        ]
    )
    return ResidentTables(tables, quality, rejected, bool(synthetic))


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return schema.TABLES[name].validate(frame)


_BIRTHDAY_17 = (
    "CASE WHEN month(birth_date) = 2 AND day(birth_date) = 29 "
    "THEN make_date(year(birth_date) + 17, 3, 1) "
    "ELSE make_date(year(birth_date) + 17, month(birth_date), day(birth_date)) END"
)
# a blank or total row (no NIK, no birth date) is not a row about a person and is left out
_PERSON = f"""
CREATE OR REPLACE TABLE person AS
WITH parsed AS (
    SELECT file_row, regexp_replace(nik, '[^0-9A-Za-z]', '', 'g') AS nik,
        {date_sql("birth_date")} AS birth_date,
        CASE WHEN regexp_matches(upper(sex), '^(L|LK|LAKI|1$)') THEN 'L'
             WHEN regexp_matches(upper(sex), '^(P|PR|WANITA|2$)') THEN 'P'
             WHEN sex IS NULL AND regexp_matches(nik, '^[0-9]{{16}}$')
             THEN CASE WHEN substr(nik, 7, 2)::INT > 40 THEN 'P' ELSE 'L' END END AS sex,
        CASE WHEN upper(marital) LIKE '%BELUM%' THEN NULL
             ELSE {date_sql("married_on")} END AS married_on,
        s.village_code,
        {date_sql("arrived_on")} AS arrived_on,
        CASE WHEN upper(coalesce(status, 'AKTIF')) LIKE 'AKTIF%' THEN NULL
             ELSE coalesce({date_sql("left_on")}, DATE '1900-01-01') END AS left_on,
        upper(status) LIKE '%MATI%' OR upper(status) LIKE 'MENINGGAL%' AS died,
        CASE WHEN regexp_matches(upper(recording), '^(SUDAH|REKAM|YA|Y$|1$|PRINT|SUDAH REKAM)') THEN true
             WHEN recording IS NULL OR regexp_matches(upper(recording), '^(BELUM|TIDAK|T$|N$|0$)') THEN false
             END AS has_record,
        {date_sql("recorded_on")} AS record_date,
        CASE WHEN upper(place) LIKE '%JEMPUT%' OR upper(place) LIKE '%KELILING%' THEN 'visit'
             WHEN upper(place) LIKE '%KANTOR%' OR upper(place) LIKE '%DINAS%' OR place IS NULL THEN 'office'
             ELSE 'other' END AS channel
    FROM raw_rows r
    LEFT JOIN spelling s ON r.village IS NOT DISTINCT FROM s.village
        AND r.district IS NOT DISTINCT FROM s.district
    WHERE NOT (birth_date IS NULL AND (nik IS NULL OR NOT regexp_matches(nik, '[0-9]{{8}}')))
), ruled AS (
    SELECT *,
        row_number() OVER (PARTITION BY nik ORDER BY file_row) AS copy
    FROM parsed
), dated AS (
    SELECT *,
        {_BIRTHDAY_17} AS birthday_17,
        CASE WHEN has_record THEN coalesce(record_date, DATE '1900-01-01') END AS recorded_on,
        CASE WHEN NOT regexp_matches(coalesce(nik, ''), '^[0-9]{{16}}$') THEN 'malformed_nik'
             WHEN copy > 1 THEN 'duplicate_nik'
             WHEN birth_date IS NULL OR birth_date > $as_of OR birth_date < DATE '1890-01-01'
             THEN 'impossible_birth_date'
             WHEN village_code IS NULL THEN 'unknown_village'
             WHEN sex IS NULL THEN 'unknown_sex'
             WHEN has_record IS NULL THEN 'unknown_recording'
             WHEN has_record AND record_date > $as_of THEN 'recorded_in_future' END AS rule
    FROM ruled
), eligible AS (
    SELECT *, least(birthday_17, coalesce(married_on, birthday_17)) AS eligible_from FROM dated
)
SELECT file_row, nik, birth_date, sex, village_code, rule, birthday_17, arrived_on, left_on,
    coalesce(died, false) AS died, recorded_on, channel, eligible_from,
    greatest(coalesce(arrived_on, eligible_from), eligible_from) AS since,
    married_on < birthday_17 AS early
FROM eligible
"""
_PRESENT = "rule IS NULL AND (left_on IS NULL OR left_on > $as_of)"
_EVER = (
    "rule IS NULL AND (recorded_on IS NULL OR recorded_on >= since) "
    "AND (left_on IS NULL OR left_on > since)"
)
_MONTHS = (
    "((year({b}) - year({a})) * 12 + month({b}) - month({a}) "
    "- CASE WHEN day({b}) < day({a}) THEN 1 ELSE 0 END)"
)


def _months(a: str, b: str) -> str:
    return _MONTHS.format(a=a, b=b)


_IN_WEEK = "{0} > $as_of::DATE - 7 AND {0} <= $as_of"
_ENTERS = _IN_WEEK.format("since")
_RECORDS = (
    "recorded_on IS NOT NULL AND (left_on IS NULL OR recorded_on < left_on) AND "
    + _IN_WEEK.format("recorded_on")
)
_LEAVES = (
    "left_on IS NOT NULL AND (recorded_on IS NULL OR recorded_on >= left_on) AND "
    + _IN_WEEK.format("left_on")
)
_AGGREGATES = {
    "stock": f"""
        SELECT $as_of::TIMESTAMP AS as_of, village_code, year(birth_date) AS birth_year, sex,
            count(*) AS eligible,
            count(*) FILTER (recorded_on <= $as_of) AS recorded,
            count(*) - count(*) FILTER (recorded_on <= $as_of) AS unrecorded
        FROM person WHERE {_PRESENT} AND since <= $as_of
        GROUP BY ALL ORDER BY ALL""",
    "flow": f"""
        SELECT $as_of::TIMESTAMP AS week, village_code, year(birth_date) AS birth_year,
            count(*) FILTER ({_ENTERS} AND coalesce(arrived_on, DATE '1800-01-01') < eligible_from
                AND NOT coalesce(early, false)) AS turned_17,
            count(*) FILTER ({_ENTERS} AND arrived_on >= eligible_from) AS moved_in,
            count(*) FILTER ({_LEAVES} AND NOT died) AS moved_out,
            count(*) FILTER ({_LEAVES} AND died) AS died,
            count(*) FILTER ({_ENTERS} AND coalesce(arrived_on, DATE '1800-01-01') < eligible_from
                AND early) AS married_early,
            count(*) FILTER ({_RECORDS} AND channel = 'office') AS recorded_office,
            count(*) FILTER ({_RECORDS} AND channel = 'visit') AS recorded_visit,
            count(*) FILTER ({_RECORDS} AND channel = 'other') AS recorded_other
        FROM person WHERE {_EVER} AND ({_ENTERS} OR ({_LEAVES}) OR ({_RECORDS}))
        GROUP BY ALL ORDER BY ALL""",
    "upcoming": f"""
        SELECT $as_of::TIMESTAMP AS as_of, village_code,
            date_trunc('month', birthday_17)::TIMESTAMP AS month, count(*) AS residents
        FROM person
        WHERE {_PRESENT} AND eligible_from > $as_of
            AND (arrived_on IS NULL OR arrived_on <= $as_of)
            AND birthday_17 < date_trunc('month', $as_of::DATE) + INTERVAL 24 MONTH
        GROUP BY ALL ORDER BY ALL""",
    "durations": f"""
        WITH spell AS (
            SELECT *, coalesce(recorded_on <= $as_of, false) AS event,
                greatest(least(coalesce(recorded_on, $as_of::DATE), $as_of::DATE), birthday_17) AS last,
                greatest(coalesce(arrived_on, birthday_17), birthday_17) AS first
            FROM person
            WHERE {_PRESENT} AND since <= $as_of AND year(birth_date) >= year($as_of::DATE) - 21
                AND (recorded_on IS NULL OR recorded_on >= since)
        )
        SELECT $as_of::TIMESTAMP AS as_of, village_code, year(birth_date) AS birth_year,
            month(birth_date) AS birth_month, sex, {_months("birthday_17", "first")} AS entry,
            {_months("birthday_17", "last")} AS duration, event, count(*) AS persons
        FROM spell GROUP BY ALL ORDER BY ALL""",
}
