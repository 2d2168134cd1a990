"""The rows of resident lists that were rejected or should be looked at, as they were written."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from ektp_analysis.ingest.aggregates import FLAG_SQL
from ektp_analysis.ingest.columns import DATES
from ektp_analysis.ingest.list_rows import ROW
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.rules import COLUMNS, FLAGS, RESIDENT_RULES, Rule, place_problem
from ektp_analysis.ingest.spellings import label

MAX_FLAGGED = 1_000
"""Rows per flag that are written out; all are counted."""

_CELLS = {
    "NIK": "coalesce(o.nik_text, p.nik::VARCHAR)",
    **{label("residents", c): f"coalesce(o.{c}_text, strftime(l.{c}, '%d/%m/%Y'))" for c in DATES},
    "JENIS KELAMIN": "coalesce(o.sex_text, l.sex)",
    "DESA/KELURAHAN": "s.village",
    "KECAMATAN": "s.district",
    "STATUS PEREKAMAN": "coalesce(o.recording_text, "
    "CASE l.recording WHEN true THEN 'SUDAH' WHEN false THEN 'BELUM' END)",
    "STATUS PENDUDUK": "coalesce(o.status_text, ['AKTIF', 'PINDAH', 'MENINGGAL'][l.status + 1])",
}
"""The row as it was written, as far as it was read: so that it can be found and mended."""
_ROWS = """
SELECT p.src, p.file_row AS "row", p.named AS rule, s.problem, s.nearest, {cells}
FROM ({chosen}) p
JOIN ({lists}) l USING (src, pos)
LEFT JOIN written o USING (src, pos)
LEFT JOIN spelled s
    ON (s.src, s.village_no, s.district_no) = (p.src, l.village_no, l.district_no)
ORDER BY p.src, p.file_row
"""


def _rows_sql(tables: Sequence[RawTable], chosen: str) -> str:
    lists = " UNION ALL ".join(
        f"SELECT {n}::SMALLINT AS src, {ROW} FROM list_{n}" for n in range(len(tables))
    )
    cells = ", ".join(f'{sql} AS "{name}"' for name, sql in _CELLS.items())
    return _ROWS.format(cells=cells, lists=lists, chosen=chosen)


def _described(
    tables: Sequence[RawTable], rows: pd.DataFrame, rules: dict[str, Rule]
) -> pd.DataFrame:
    """Rows with file, sheet, column, reason and mend first."""
    out = pd.DataFrame(
        {
            "source": [tables[n].source for n in rows["src"]],
            "sheet": [tables[n].sheet for n in rows["src"]],
            "row": rows["row"].to_numpy(),
            "column": [label("residents", rules[r].column) for r in rows["rule"]],
            "rule": rows["rule"].to_numpy(),
            "reason": [rules[r].reason for r in rows["rule"]],
            "mend": [rules[r].mend for r in rows["rule"]],
        }
    )
    lost = (rows["rule"] == "unknown_village").to_numpy()
    for at in np.flatnonzero(lost):
        column, reason, mend = place_problem(
            str(rows["problem"].iloc[at]), str(rows["nearest"].iloc[at] or "")
        )
        for name, text in (("column", column), ("reason", reason), ("mend", mend)):
            out.iat[int(at), list(out.columns).index(name)] = text
    cells = rows[list(_CELLS)].reset_index(drop=True)
    return pd.concat([out.reset_index(drop=True), cells], axis=1)[[*COLUMNS, *_CELLS]]


def rejected_rows(
    tables: Sequence[RawTable], connection: duckdb.DuckDBPyConnection, duplicates: bool
) -> pd.DataFrame:
    """The rows behind the rules; with ``duplicates`` also those of table ``duplicate``."""
    chosen = "SELECT src, pos, file_row, nik, rule AS named FROM person WHERE rule <> 'filler'"
    if duplicates:
        chosen += (
            " UNION ALL SELECT src, pos, file_row, nik, 'duplicate_nik' AS named FROM duplicate"
        )
    rows = connection.execute(_rows_sql(tables, chosen)).df()
    return _described(tables, rows, RESIDENT_RULES)


def flagged_rows(
    tables: Sequence[RawTable],
    connection: duckdb.DuckDBPyConnection,
    person: str,
    parts: dict[str, str],
    accepted: pd.DataFrame,
) -> pd.DataFrame:
    """The rows behind the flags; looked up only when there are any."""
    found = []
    for flag, sql in FLAG_SQL.items():
        if int(accepted[flag].sum()):
            chosen = (
                f"SELECT src, pos, file_row, nik, '{flag}' AS named FROM {person} "
                f"WHERE rule IS NULL AND {sql.format(**parts)} LIMIT {MAX_FLAGGED}"
            )
            rows = connection.execute(_rows_sql(tables, chosen)).df()
            found.append(_described(tables, rows, FLAGS))
    empty = pd.DataFrame(columns=[*COLUMNS, *_CELLS])
    return pd.concat(found, ignore_index=True) if found else empty
