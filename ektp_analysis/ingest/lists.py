"""Read the resident lists: rows that need a look go to duckdb, where the rules judge them.

Rows of residents with nothing to look at are *plain*: they are counted and in no table. Nearly all
rows are, so that the others may cost more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow.compute as pc

from ektp_analysis.ingest.columns import CODED, DATES
from ektp_analysis.ingest.list_batches import BatchError, Batches, list_readers
from ektp_analysis.ingest.list_cells import as_text
from ektp_analysis.ingest.list_names import Names
from ektp_analysis.ingest.list_orders import sampled_orders, settled_orders
from ektp_analysis.ingest.list_pass import ListPass, Run
from ektp_analysis.ingest.list_rows import KeptRows, add_rows
from ektp_analysis.ingest.list_sections import PLACES, Section
from ektp_analysis.ingest.plain import PlainCounts, grown_before
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.scans import SAMPLE_ROWS, scan_error
from ektp_analysis.ingest.values import ORDER_NAMES, DateOrder
from ektp_analysis.ingest.young import YoungCounts

_LARGE_BLOCK = 30 << 20
"""Bytes, below the 32 MB from which on a freed block does not count."""


@dataclass
class ResidentList:
    """A list as it was read.

    Attributes
    ----------
    number
        Its number among the week's: N in the tables ``list_N`` and ``odd_N``.
    orders
        The order of day and month that each date column was read with.
    names
        What the columns ``village_no`` and ``district_no`` stand for.
    rows
        All its rows, typed.
    plain, young
        Counts of the plain rows, which are in no table; of the young among them also by months.
    """

    number: int
    orders: dict[str, DateOrder]
    names: Names
    rows: KeptRows
    plain: PlainCounts
    young: YoungCounts

    def unknown_places(self, pairs: set[tuple[int, int]]) -> np.ndarray:
        """Positions of the counted rows with one of these pairs of numbers of names."""
        found = [np.empty(0, dtype=np.int64)]
        if pairs:
            lost = np.zeros(1 << 16, dtype=bool)
            lost[[village for village, _ in pairs]] = True
            unknown = np.array([_pair(v, d) for v, d in pairs], dtype=np.int64)
            columns = self.rows.parts("counted", "village_no", "district_no")
            for start, (counted, village, district) in columns:
                # nearly all rows are out by the village
                at = np.flatnonzero(counted & lost[village])
                hits = np.isin(_pair(village[at].astype(np.int64), district[at]), unknown)
                found.append(start + at[hits])
        return np.concatenate(found)

    def look_again(self, positions: np.ndarray, connection: duckdb.DuckDBPyConnection) -> None:
        """Rows that were counted must be looked at nevertheless: they go to ``list_N``."""
        cells = self.rows.at(positions)
        young = cells["birth_date"] >= grown_before(self.young.as_of)
        self.plain.add(cells, np.ones(len(positions), dtype=bool), times=-1)
        self.young.add(cells, np.flatnonzero(young), times=-1)
        add_rows(self.number, cells, connection)


def load_list(
    number: int,
    raw: RawTable,
    sections: Sequence[Section],
    run: Run,
    notes: list[str],
) -> ResidentList:
    """Read a list into ``list_N`` and ``odd_N``, as far as its rows are not plain.

    Parameters
    ----------
    number
        The list's number among the week's.
    raw
        A table of kind ``residents``.
    sections
        Its headings between the rows.
    run
        What holds for all lists.
    notes
        Receives sentences on columns whose dates are not certain.

    Raises
    ------
    InputError
        When the file cannot be scanned.
    """
    _keep_freed_memory()
    columns = [c for c in ("nik", *DATES, *CODED, *PLACES) if c in raw.header.columns]
    coded = [c for c in columns if c in CODED or c in PLACES]
    failed: BaseException | None = None
    for reader in list_readers(raw, columns, coded, run.connection):
        try:
            sample = _sample(raw, reader)
            orders = sampled_orders(raw, sample)
            for attempt in (1, 2):
                one = ListPass(number, raw, sections, orders, run)
                one.read(reader, sample)
                changed = settled_orders(number, raw, orders, one.late, one.rows, run.connection)
                if not changed or attempt == 2:
                    break
                orders |= changed
            break
        except (BatchError, UnicodeDecodeError) as error:
            failed = error.__cause__ or error
    else:
        raise scan_error(raw, failed) from None
    for column, order in orders.items():
        if column in raw.header.columns and not order.certain:
            name = " ".join(raw.header.names[raw.header.columns[column]].split())
            both = "memuat dua urutan tanggal" if order.mixed else "urutan harinya tidak pasti"
            notes.append(f"{raw.where}: kolom “{name}” {both}; dibaca {ORDER_NAMES[order.order]}")
    return ResidentList(number, orders, one.names, one.rows, one.plain, one.young)


def _keep_freed_memory() -> None:
    """Let the C library keep the memory of arrays for the next batch.

    It returns each large block to the system, and then the system clears it again for every batch:
    a tenth of the time of a pass. But from blocks that are smaller than one that was freed before
    it keeps up to 64 MB (``mallopt(3)``, dynamic threshold, glibc; elsewhere this does nothing).
    """
    np.empty(_LARGE_BLOCK, dtype=np.uint8)


def _pair(village: Any, district: Any) -> Any:
    return village * 100_000 + district


def _sample(raw: RawTable, reader: Batches) -> dict[str, list[str]]:
    """Distinct texts of the first rows of each date column."""
    batches = reader()
    first = next(batches, None)
    batches.close()  # type: ignore[attr-defined]
    if first is None:
        return {}
    out = {}
    for column in DATES:
        if column in raw.header.columns:
            cells = as_text(first.column(column).slice(0, SAMPLE_ROWS))
            out[column] = [text for text in pc.utf8_trim(cells, " ").unique().to_pylist() if text]
    return out
