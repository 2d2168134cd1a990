"""Ingest of 2 and 20 million residents against bare duckdb aggregations of the same file.

``python benchmarks/ingest.py [--residents 2000000 20000000] [--repeats 2] [--write]`` generates resident
lists (Parquet and CSV, with planted faults), runs each measurement in a process of its own, prints
a Markdown table, and removes what it generated.

Three yardsticks, all plain duckdb on the same file with the same memory limit, without any check:

``counts``
    one ``GROUP BY`` kecamatan, desa, birth year and sex that reads every column that ingest reads
    (what is not counted is taken through ``max``).
``counts + NIK``
    the same, and the number of distinct NIK, without which no list can be counted honestly.
``tables``
    the four tables that ingest makes (stock, flow, upcoming, durations) and the distinct NIK; a
    CSV is loaded into a duckdb table first.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

AS_OF = date(2024, 8, 2)
MEMORY = "1GB"

GENERATE = """
COPY (
WITH place AS (
    SELECT row_number() OVER (ORDER BY village_code) - 1 AS n, village_code,
        upper(CASE village_kind WHEN 'desa' THEN 'DESA ' ELSE 'KEL. ' END || village_name) AS village,
        upper(district_name) AS district
    FROM read_csv('{reference}/villages.csv', all_varchar = true)
    JOIN read_csv('{reference}/districts.csv', all_varchar = true) USING (district_code)
), person AS (
    SELECT i, (i * 7919) % {n} AS k, hash(i) AS h FROM range({n}) t(i)
), made AS (
    SELECT i, h, k // 156 % 27000 AS days, k % 156 AS n, k // (156 * 27000) + 1 AS serial,
        DATE '2008-06-01' - (k // 156 % 27000)::INT AS birth, h % 2 AS female,
        h % 17 > 0 AND DATE '2008-06-01' - (k // 156 % 27000)::INT < DATE '2007-05-01' AS recorded
    FROM person
)
SELECT '99' || lpad((n + 1000)::VARCHAR, 4, '0') || lpad((day(birth) + 40 * female)::VARCHAR, 2, '0')
        || strftime(birth, '%m%y') || CASE WHEN h % 200003 = 1 THEN '' ELSE
            lpad(CASE WHEN h % 100003 = 2 THEN '1' ELSE (serial * 40 + days // 730)::VARCHAR END, 4, '0') END AS "NIK",
    {birth} AS "TANGGAL LAHIR",
    CASE female WHEN 1 THEN 'P' ELSE 'L' END AS "JENIS KELAMIN",
    CASE WHEN h % 3 > 0 THEN 'KAWIN' ELSE 'BELUM KAWIN' END AS "STATUS KAWIN",
    {married} AS "TANGGAL KAWIN",
    CASE WHEN h % 150001 = 7 THEN 'DESA TIDAK ADA' ELSE village END AS "DESA/KELURAHAN",
    district AS "KECAMATAN",
    CASE WHEN h % 997 = 5 THEN 'PINDAH' ELSE 'AKTIF' END AS "STATUS PENDUDUK",
    {arrived} AS "TANGGAL DATANG",
    {moved} AS "TANGGAL MUTASI",
    CASE WHEN recorded THEN 'SUDAH' ELSE 'BELUM' END AS "STATUS PEREKAMAN",
    {recorded} AS "TANGGAL REKAM",
    CASE WHEN NOT recorded THEN '' WHEN h % 5 = 0 THEN 'JEMPUT BOLA' ELSE 'KANTOR' END AS "TEMPAT REKAM"
FROM made JOIN place USING (n)
) TO '{path}' ({options})
"""
BARE = """
SELECT "KECAMATAN", "DESA/KELURAHAN", year("TANGGAL LAHIR"), "JENIS KELAMIN", count(*),
    count(*) FILTER ("STATUS PEREKAMAN" = 'SUDAH'), max("NIK"), max("STATUS KAWIN"),
    max("TANGGAL KAWIN"), max("STATUS PENDUDUK"), max("TANGGAL DATANG"), max("TANGGAL MUTASI"),
    max("TANGGAL REKAM"), max("TEMPAT REKAM")
FROM {scan} GROUP BY ALL
"""


def generate(path: Path, residents: int) -> None:
    """Write a list of so many residents; the faults are the same share at any size."""
    import duckdb

    from ektp_analysis.regions import data_dir

    csv = path.suffix == ".csv"
    dates = {
        "birth": "birth",
        "married": "CASE WHEN h % 3 > 0 THEN (birth + INTERVAL 22 YEAR)::DATE END",
        "arrived": "CASE WHEN h % 40 = 0 THEN DATE '2024-07-30' - (h % 3000)::INT END",
        "moved": "CASE WHEN h % 997 = 5 THEN DATE '2024-08-01' - (h % 25)::INT END",
        "recorded": "CASE WHEN recorded THEN greatest(DATE '2012-01-01', "
        "(birth + INTERVAL 17 YEAR)::DATE) + (h % 60)::INT END",
    }
    if csv:
        dates = {k: f"strftime({v}, '%d/%m/%Y')" for k, v in dates.items()}
    options = "FORMAT csv, DELIMITER ';', HEADER" if csv else "FORMAT parquet, COMPRESSION zstd"
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '4GB'")
        connection.execute(f"SET temp_directory = '{path.parent}'")
        connection.execute(
            GENERATE.format(
                reference=data_dir() / "reference", n=residents, path=path, options=options, **dates
            )
        )


def run_ingest(path: Path, scratch: Path) -> dict[str, object]:
    """Ingest into an empty store."""
    from ektp_analysis.ingest import Limits, ingest

    report = ingest(
        [path], scratch / "store", scratch / "quarantine", as_of=AS_OF, limits=Limits(rejected=0.01)
    )
    quality = report.quality[0]
    return {
        "rows": int(quality["rows_read"].iloc[0]),
        "rejected": int(quality["quarantined"].sum()),
        "flagged": int(quality["flagged"].sum()),
    }


def run_bare(path: Path, scratch: Path, distinct: bool) -> dict[str, object]:
    """The yardstick."""
    import duckdb

    scan = (
        f"read_parquet('{path}')"
        if path.suffix == ".parquet"
        else f"read_csv('{path}', delim=';', header=true, dateformat='%d/%m/%Y')"
    )
    with duckdb.connect() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET temp_directory = '{scratch}'")
        rows = connection.execute(BARE.format(scan=scan)).fetchall()
        if distinct:
            connection.execute(f'SELECT count(DISTINCT "NIK") FROM {scan}').fetchall()
    return {"rows": sum(row[4] for row in rows)}


TABLES = """
CREATE OR REPLACE VIEW recent AS
WITH typed AS (
    SELECT village_code, "TANGGAL LAHIR" AS birth_date, "JENIS KELAMIN" AS sex,
        "TANGGAL DATANG" AS arrived_on, CASE WHEN "STATUS KAWIN" = 'KAWIN' THEN "TANGGAL KAWIN" END
        AS married_on, CASE WHEN "STATUS PENDUDUK" <> 'AKTIF' THEN "TANGGAL MUTASI" END AS left_on,
        "STATUS PENDUDUK" = 'MENINGGAL' AS died,
        CASE WHEN "STATUS PEREKAMAN" = 'SUDAH' THEN "TANGGAL REKAM" END AS recorded_on,
        CASE "TEMPAT REKAM" WHEN 'JEMPUT BOLA' THEN 1 WHEN 'LAINNYA' THEN 2 ELSE 0 END AS channel,
        ("TANGGAL LAHIR" + INTERVAL 17 YEAR)::DATE AS birthday_17
    FROM {scan} l JOIN place p ON l."DESA/KELURAHAN" = p.village AND l."KECAMATAN" = p.district
)
SELECT *, least(birthday_17, coalesce(married_on, birthday_17)) AS eligible_from,
    greatest(coalesce(arrived_on, eligible_from), eligible_from) AS since,
    married_on < birthday_17 AS early
FROM typed
"""
STOCK = """
SELECT village_code, year(birth_date), sex, count(*), count(*) FILTER (recorded_on <= {as_of})
FROM recent WHERE (left_on IS NULL OR left_on > {as_of}) AND since <= {as_of} GROUP BY ALL
"""


def run_tables(path: Path, scratch: Path) -> dict[str, object]:
    """The same tables without any check."""
    import duckdb

    from ektp_analysis.ingest.aggregates import AGGREGATES, literals
    from ektp_analysis.regions import villages

    names = villages()
    kind = names["village_kind"].map({"desa": "DESA ", "kelurahan": "KEL. "})
    place = names[["village_code"]].assign(
        village=(kind + names["village_name"]).str.upper(),
        district=names["district_name"].str.upper(),
    )
    with duckdb.connect(str(scratch / "bare.duckdb")) as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.register("place", place)
        scan = f"read_parquet('{path}')"
        if path.suffix == ".csv":
            connection.execute(
                "CREATE TABLE list AS FROM "
                f"read_csv('{path}', delim=';', header=true, dateformat='%d/%m/%Y')"
            )
            scan = "list"
        connection.execute(TABLES.format(scan=scan).replace("OR REPLACE VIEW", "TEMP VIEW"))
        parts = literals(AS_OF, AS_OF)
        stock = connection.execute(STOCK.format(**parts)).fetchall()
        for sql in AGGREGATES.values():
            connection.execute(sql.format(**parts)).df()
        connection.execute(f'SELECT count(DISTINCT "NIK") FROM {scan}').fetchall()
    return {"rows": sum(row[3] for row in stock)}


def child(job: str, path: Path, scratch: Path) -> None:
    """One measurement: seconds and CPU seconds of the work itself, peak RSS of the process."""
    import duckdb  # noqa: F401 - imports are not measured

    import ektp_analysis.ingest.pipeline  # noqa: F401
    from ektp_analysis import schema

    for name, table in schema.TABLES.items():
        table.validate(schema.empty(name))  # which imports the backends of pandera
    started, worked = time.perf_counter(), time.process_time()
    if job == "ingest":
        result = run_ingest(path, scratch)
    elif job == "tables":
        result = run_tables(path, scratch)
    else:
        result = run_bare(path, scratch, distinct=job == "counts + NIK")
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({**result, "seconds": seconds, "cpu": cpu, "peak_gib": peak}))


def measure(job: str, path: Path, folder: Path) -> dict[str, float]:
    """Run a measurement in a process of its own."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        done = subprocess.run(
            [sys.executable, __file__, "--child", job, str(path), scratch],
            check=True,
            capture_output=True,
            text=True,
        )
    return json.loads(done.stdout.splitlines()[-1])


HEADING = "## Ingest (`make bench-ingest`)"
COLUMNS = (
    "file", "residents", "GB", "ingest, CPU s (wall)", "s per million", "counts", "ratio",
    "counts + NIK", "ratio", "tables", "ratio", "peak RSS, GiB", "rejected", "flagged",
)  # fmt: skip
JOBS = ("counts", "counts + NIK", "tables", "ingest")


def line(form: str, residents: int, size: int, best: dict[str, dict[str, float]]) -> str:
    """A row of the table: processor time of all threads, wall clock in brackets."""
    one = best["ingest"]
    cells = [form, f"{residents:,}", f"{size / 1e9:.2f}", f"{one['cpu']:.1f} ({one['seconds']:.1f})",
             f"{one['cpu'] / residents * 1e6:.2f}"]  # fmt: skip
    for job in JOBS[:3]:
        bare = best[job]
        cells += [f"{bare['cpu']:.1f} ({bare['seconds']:.1f})", f"{one['cpu'] / bare['cpu']:.2f}"]
    cells += [f"{one['peak_gib']:.2f}", f"{one['rejected']:,}", f"{one['flagged']:,}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    """Generate, measure, print, remove; with ``--write`` renew the table in RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--residents", type=int, nargs="+", default=[2_000_000, 20_000_000])
    parser.add_argument("--formats", nargs="+", default=["parquet", "csv"])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where to generate; a temporary folder")
    parser.add_argument("--write", action="store_true", help="put the table into RESULTS.md")
    parser.add_argument("--child", nargs=3)
    chosen = parser.parse_args()
    if chosen.child:
        job, path, scratch = chosen.child
        child(job, Path(path), Path(scratch))
        return
    # on a busy machine the wall clock tells more of the neighbours than of the work
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    table = [
        f"{os.cpu_count()} cores, load {load:.0f} at the start; best of {chosen.repeats}.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "|---|" + "---:|" * (len(COLUMNS) - 1),
    ]
    print("\n".join(table), flush=True)
    for form in chosen.formats:
        for residents in chosen.residents:
            with tempfile.TemporaryDirectory(dir=chosen.folder, prefix="bench-") as name:
                folder = Path(name)
                path = folder / f"penduduk.{form}"
                generate(path, residents)
                best: dict[str, dict[str, float]] = {}
                for _ in range(chosen.repeats):
                    # side by side, so that a busy machine disturbs all alike
                    for job in JOBS:
                        found = measure(job, path, folder)
                        if job not in best or found["cpu"] < best[job]["cpu"]:
                            best[job] = found
                table.append(line(form, residents, path.stat().st_size, best))
                print(table[-1], flush=True)
    if chosen.write:
        write_table(table)


def write_table(table: list[str]) -> None:
    """Replace the table of the section; its words stay."""
    results = Path(__file__).with_name("RESULTS.md")
    head, _, rest = results.read_text().partition(HEADING)
    section, sign, tail = rest.partition("\n## ")
    words = [
        p for p in section.strip().split("\n\n") if "|---" not in p and " cores, load " not in p
    ]
    body = "\n\n".join([*words[:1], "\n".join(table), *words[1:]])
    results.write_text(f"{head.rstrip()}\n\n{HEADING}\n\n{body}\n{sign}{tail}")


if __name__ == "__main__":
    main()
