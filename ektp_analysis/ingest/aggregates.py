"""SQL of the weekly tables: from the rows of a resident list to counts."""

from __future__ import annotations

from ektp_analysis.ingest.niks import PROVINCE_UNKNOWN, SYNTHETIC, district_unknown_sql

_BIRTHDAY_17 = (
    "CASE WHEN month(birth_date) = 2 AND day(birth_date) = 29 "
    "THEN make_date(year(birth_date) + 17, 3, 1) "
    "ELSE (birth_date + INTERVAL 17 YEAR)::DATE END"
)
LONG_AGO = "DATE '1900-01-01'"
"""Stands for an event whose date is not known but which is over."""

ODD = """
CREATE OR REPLACE TABLE odd AS
WITH known AS (
    SELECT w.src, w.pos, w.file_row, w.nik, w.nik_text, {birth_date} AS birth_date,
        w.birth_date_text, {sex} AS sex, w.sex_text, {married_on} AS married_on,
        {marital} AS marital, {status} AS status, {left_on} AS left_on,
        {arrived_on} AS arrived_on, {recording} AS recording, w.recording_text,
        {recorded_on} AS recorded_on, w.recorded_on_text, {place} AS place,
        w.village, w.district, coalesce(w.village_no, -1)::SMALLINT AS village_no,
        coalesce(w.district_no, -1)::SMALLINT AS district_no
    FROM written w {joins}
), judged AS (
    SELECT * REPLACE (
            coalesce(sex, CASE WHEN sex_text IS NULL AND nik IS NOT NULL
                THEN CASE WHEN (nik // 100000000) % 100 > 40 THEN 'P' ELSE 'L' END END) AS sex,
            coalesce(recording, CASE WHEN recording_text IS NULL THEN recorded_on IS NOT NULL END)
                AS recording),
        (nik IS NOT NULL OR nik_text IS NOT NULL)::INT
            + (birth_date IS NOT NULL OR birth_date_text IS NOT NULL)::INT
            + (sex IS NOT NULL OR sex_text IS NOT NULL)::INT
            + (coalesce(village, '') <> '')::INT
            + (recording IS NOT NULL OR recording_text IS NOT NULL)::INT AS filled,
        (nik IS NOT NULL)::INT
            + coalesce(length(regexp_replace(nik_text, '[^0-9]', '', 'g')) >= 6, false)::INT
            + (birth_date IS NOT NULL)::INT + (sex IS NOT NULL)::INT + (recording IS NOT NULL)::INT
            AS likely
    FROM known
)
SELECT * EXCLUDE (filled, likely, nik_text, birth_date_text, sex_text, recording_text, village,
        district),
    CASE WHEN (nik IS NULL OR birth_date IS NULL) AND (
                (likely = 0 AND filled <= 3) OR (likely <= 1 AND filled <= 1 AND nik IS NULL)
                OR coalesce(upper(nik_text) LIKE '%NIK%', false)
                OR coalesce(length(nik_text) <= 2 AND length(birth_date_text) <= 2, false)
                OR (nik IS NULL AND birth_date IS NULL AND regexp_matches(
                    upper(concat_ws(' ', nik_text, birth_date_text, sex_text, recording_text, village,
                        district)),
                    '(^|\\s)(JUMLAH|TOTAL|SUB ?TOTAL|JML)')))
         THEN 'filler'
         WHEN nik IS NULL THEN 'malformed_nik'
         WHEN birth_date IS NULL OR birth_date > {as_of} OR birth_date < DATE '1890-01-01'
         THEN 'impossible_birth_date'
         WHEN sex IS NULL THEN 'unknown_sex'
         WHEN recording IS NULL THEN 'unknown_recording'
         WHEN recording AND recorded_on > {as_of} THEN 'recorded_in_future' END AS fault
FROM judged
"""
"""The rows that need a second look, with what the first could not read resolved."""

PERSON = """
CREATE OR REPLACE TABLE person AS
WITH everybody AS ({clean} UNION ALL BY NAME FROM odd),
effective AS (
    SELECT src, pos, file_row, nik, birth_date, sex, recording AS has_record, arrived_on,
        recorded_on AS record_date, recorded_on_text, village_code, vid,
        CASE WHEN marital IS NOT true THEN married_on END AS married_on,
        CASE WHEN status > 0 THEN coalesce(left_on, {long_ago}) END AS left_on,
        coalesce(status = 2, false) AS died, coalesce(place, 0) AS channel,
        {birthday_17} AS birthday_17,
        CASE WHEN recording THEN coalesce(recorded_on, {long_ago}) END AS recorded_on,
        coalesce(fault, CASE WHEN village_code IS NULL THEN 'unknown_village' END) AS rule
    FROM everybody e LEFT JOIN spelled s USING (src, village_no, district_no)
), entered AS (
    SELECT *, least(birthday_17, coalesce(married_on, birthday_17)) AS eligible_from
    FROM effective
)
SELECT *, greatest(coalesce(arrived_on, eligible_from), eligible_from) AS since,
    married_on < birthday_17 AS early
FROM entered
"""

FLAG_SQL = {
    "nik_birth_date": "((nik // 100000000) % 100 % 40 <> day(birth_date) % 40 "
    "OR (nik // 1000000) % 100 <> month(birth_date) "
    "OR (nik // 10000) % 100 <> year(birth_date) % 100)",
    "nik_sex": "(((nik // 100000000) % 100 > 40) <> (sex = 'P'))",
    "nik_region": PROVINCE_UNKNOWN,
    "nik_district": district_unknown_sql(),
    "very_old": "birth_date < {as_of} - INTERVAL 110 YEAR",
    "recorded_before_programme": "(has_record AND record_date < {start})",
    "recorded_too_young": "(has_record AND record_date < birth_date + INTERVAL 16 YEAR)",
    "unreadable_record_date": "(has_record AND record_date IS NULL AND recorded_on_text IS NOT NULL)",
    "date_without_record": "(NOT has_record AND record_date IS NOT NULL)",
}
_PRESENT = "(left_on IS NULL OR left_on > {as_of})"
_EVER = "(recorded_on IS NULL OR recorded_on >= since) AND (left_on IS NULL OR left_on > since)"

UNITS = (
    """
SELECT src, vid, year(birth_date)::SMALLINT AS birth_year, sex, rule, count(*) AS persons,
    count(*) FILTER (present) AS eligible,
    count(*) FILTER (present AND recorded_on <= {as_of}) AS recorded,
    bool_and(nik // 100000000000000 = """
    + f"{SYNTHETIC}) AS synthetic, "
    + ", ".join(f"count(*) FILTER ({sql}) AS {name}" for name, sql in FLAG_SQL.items())
    + f"""
FROM (SELECT *, {_PRESENT} AND since <= {{as_of}} AS present FROM {{person}})
GROUP BY ALL
"""
)
"""Who is not plain, by list, village, birth year, sex and rule, with the counts of each flag."""

_IN_WEEK = "({0} > {{as_of}} - 7 AND {0} <= {{as_of}})"
_ENTERS = _IN_WEEK.format("since")
_RECORDS = (
    "(recorded_on IS NOT NULL AND (left_on IS NULL OR recorded_on < left_on) AND "
    + _IN_WEEK.format("recorded_on")
    + ")"
)
_LEAVES = (
    "(left_on IS NOT NULL AND (recorded_on IS NULL OR recorded_on >= left_on) AND "
    + _IN_WEEK.format("left_on")
    + ")"
)
RECENT = f"""
CREATE OR REPLACE TEMP TABLE recent AS
SELECT village_code, birth_date, sex, birthday_17, arrived_on, left_on, died, recorded_on, channel,
    eligible_from, since, early
FROM {{person}}
WHERE rule IS NULL AND (
    year(birth_date) >= year({{as_of}}) - 21 OR eligible_from > {{as_of}}
    OR {_ENTERS} OR {_LEAVES} OR {_RECORDS})
"""
"""The few whose dates matter day by day: the young, and who changed state in the week."""


def _months(a: str, b: str) -> str:
    """Completed months from a to b."""
    return (
        f"((year({b}) - year({a})) * 12 + month({b}) - month({a}) "
        f"- CASE WHEN day({b}) < day({a}) THEN 1 ELSE 0 END)"
    )


_BEFORE = "coalesce(arrived_on, DATE '1800-01-01') < eligible_from"
AGGREGATES = {
    "flow": f"""
        SELECT {{as_of}}::TIMESTAMP AS week, village_code, year(birth_date) AS birth_year,
            count(*) FILTER ({_ENTERS} AND {_BEFORE} AND NOT coalesce(early, false)) AS turned_17,
            count(*) FILTER ({_ENTERS} AND arrived_on >= eligible_from) AS moved_in,
            count(*) FILTER ({_LEAVES} AND NOT died) AS moved_out,
            count(*) FILTER ({_LEAVES} AND died) AS died,
            count(*) FILTER ({_ENTERS} AND {_BEFORE} AND early) AS married_early,
            count(*) FILTER ({_RECORDS} AND channel = 0) AS recorded_office,
            count(*) FILTER ({_RECORDS} AND channel = 1) AS recorded_visit,
            count(*) FILTER ({_RECORDS} AND channel = 2) AS recorded_other
        FROM recent WHERE {_EVER} AND ({_ENTERS} OR {_LEAVES} OR {_RECORDS})
        GROUP BY ALL ORDER BY ALL""",
    "upcoming": f"""
        SELECT {{as_of}}::TIMESTAMP AS as_of, village_code,
            date_trunc('month', birthday_17)::TIMESTAMP AS month, count(*) AS residents
        FROM recent
        WHERE {_PRESENT} AND eligible_from > {{as_of}}
            AND (arrived_on IS NULL OR arrived_on <= {{as_of}})
            AND birthday_17 < date_trunc('month', {{as_of}}) + INTERVAL 24 MONTH
        GROUP BY ALL ORDER BY ALL""",
    "durations": f"""
        WITH spell AS (
            SELECT *, coalesce(recorded_on <= {{as_of}}, false) AS event,
                greatest(least(coalesce(recorded_on, {{as_of}}), {{as_of}}), birthday_17) AS last,
                greatest(coalesce(arrived_on, birthday_17), birthday_17) AS first
            FROM recent
            WHERE {_PRESENT} AND since <= {{as_of}} AND year(birth_date) >= year({{as_of}}) - 21
                AND (recorded_on IS NULL OR recorded_on >= since)
        )
        SELECT {{as_of}}::TIMESTAMP AS as_of, village_code, year(birth_date) AS birth_year,
            month(birth_date) AS birth_month, sex, {_months("birthday_17", "first")} AS entry,
            {_months("birthday_17", "last")} AS duration, event, count(*) AS persons
        FROM spell GROUP BY ALL ORDER BY ALL""",
}


def literals(as_of: object, start: object) -> dict[str, str]:
    """The dates as SQL literals, and the parts that all statements share."""
    day = f"DATE '{as_of}'"
    return {
        "as_of": day,
        "start": f"DATE '{start}'",
        "long_ago": LONG_AGO,
        "birthday_17": _BIRTHDAY_17,
    }
