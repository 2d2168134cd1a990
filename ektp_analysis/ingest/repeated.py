"""NIK that stand twice in the lists of a week, found by their digests.

The gate needs every NIK as a digest, and the digests in order. Put in order, equal ones stand side
by side: so one sorting serves both. Two NIK of one digest would be told apart by the second look.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pandas as pd

from ektp_analysis.ingest.digest_order import in_order
from ektp_analysis.ingest.lists import ResidentList

_FEW_BITS = np.uint64(0xFFFF)


def mark_repeated(
    lists: Sequence[ResidentList], connection: duckdb.DuckDBPyConnection
) -> tuple[bool, np.ndarray]:
    """Whether a NIK stands twice; table ``twice`` has those, and their rows are not plain.

    Also the digests of all NIK (uint64, ascending; each NIK as often as it stands), in some
    bytes a row of memory.
    """
    digests = in_order(
        digest[digest > 0] for each in lists for _, (digest,) in each.rows.parts("digest")
    )
    same = np.unique(digests[1:][digests[1:] == digests[:-1]])
    rows = [_rows_of(each, same) for each in lists] if len(same) else []
    none = np.empty(0, dtype=np.int64)
    found, counts = np.unique(np.concatenate([none, *(nik for _, nik in rows)]), return_counts=True)
    twice = found[counts > 1]
    if not len(twice):
        return False, digests
    connection.register("twice_frame", pd.DataFrame({"nik": twice}))
    connection.execute("CREATE OR REPLACE TABLE twice AS SELECT * FROM twice_frame")
    for each, (positions, niks) in zip(lists, rows, strict=True):
        positions = positions[np.isin(niks, twice)]
        known = connection.execute(
            f"SELECT pos FROM list_{each.number} SEMI JOIN twice USING (nik)"
        ).fetchnumpy()["pos"]
        plain = np.setdiff1d(positions, known)
        if len(plain):
            each.look_again(plain, connection)
    return True, digests


def _rows_of(each: ResidentList, digests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions and NIK of the rows with one of some digests."""
    near = np.zeros(int(_FEW_BITS) + 1, dtype=bool)
    near[digests & _FEW_BITS] = True
    found = [np.empty(0, dtype=np.int64)]
    for start, (digest,) in each.rows.parts("digest"):
        # nearly all rows are out by a part of the digest
        at = np.flatnonzero(near[digest & _FEW_BITS])
        found.append(start + at[np.isin(digest[at], digests)])
    positions = np.concatenate(found)
    return positions, each.rows.at(positions)["nik"]


def find_duplicates(connection: duckdb.DuckDBPyConnection) -> bool:
    """Table ``duplicate``: every accepted row of a NIK but the first."""
    connection.execute(
        """CREATE OR REPLACE TABLE duplicate AS
        SELECT src, pos, file_row, nik FROM (
            SELECT src, pos, file_row, nik,
                row_number() OVER (PARTITION BY nik ORDER BY src, file_row) AS copy
            FROM person SEMI JOIN twice USING (nik) WHERE rule IS NULL
        ) WHERE copy > 1"""
    )
    (count,) = connection.execute("SELECT count(*) FROM duplicate").fetchone() or (0,)
    return bool(count)
