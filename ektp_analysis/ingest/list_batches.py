"""The rows of a resident list as Arrow record batches, in their order, each column by its role.

A parquet file or a plain text file goes through pyarrow's readers, which take half of duckdb's time
for it. Whatever they refuse, or might read in another way than duckdb, goes through duckdb.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import duckdb
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from ektp_analysis.ingest.columns import DATES
from ektp_analysis.ingest.list_cells import LEAST, MOST
from ektp_analysis.ingest.readers import Direct, RawTable
from ektp_analysis.ingest.scans import slow_scan

ROWS = 1 << 18
"""Rows of a batch: enough that a step costs by the row, few enough to stay near the processor."""
BLOCK = 1 << 22
"""Bytes of a text file that are read at once."""
Batches = Callable[[], Iterator[pa.RecordBatch]]
_TEXT_CODES = pa.dictionary(pa.int32(), pa.string())


class BatchError(Exception):
    """A reader does not take a file; the next one may."""


def list_readers(
    raw: RawTable,
    columns: Sequence[str],
    coded: Sequence[str],
    connection: duckdb.DuckDBPyConnection,
) -> list[Batches]:
    """Ways to read the columns of a list, the quickest first, each from its beginning.

    Each gives batches with ``file_row``, if the table has it, and the columns: texts, but whole
    numbers and dates where the file has such. It raises :class:`BatchError` where it fails: what it
    gave so far does not count then.

    Parameters
    ----------
    raw
        A table of kind ``residents``.
    columns
        Recognised columns that are wanted.
    coded
        Those of them with few distinct texts.
    connection
        A private duckdb connection.
    """
    ways: list[Batches] = []
    types = {raw.types[raw.header.columns[c]].upper() for c in columns}
    if raw.direct and raw.direct.delimiter:
        ways.append(partial(_by_csv, raw, raw.direct, columns, coded))
    elif raw.direct and types <= {"VARCHAR", "DATE", "BIGINT"}:
        ways.append(partial(_by_parquet, raw, raw.direct, columns))
    for relation in dict.fromkeys((raw.scan, slow_scan(raw))):
        ways.append(partial(_by_duckdb, raw, relation, columns, connection))
    return ways


def _by_parquet(raw: RawTable, direct: Direct, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    kinds = {c: raw.types[raw.header.columns[c]].upper() for c in columns}
    try:
        every = pq.read_schema(direct.path).names
        names = [every[raw.header.columns[c]] for c in columns]
        texts = [
            name
            for name, column in zip(names, columns, strict=True)
            if column != "nik" and kinds[column] == "VARCHAR"
        ]
        with pq.ParquetFile(direct.path, read_dictionary=texts) as file:
            wanted = list(dict.fromkeys(names))
            for batch in file.iter_batches(ROWS, columns=wanted, use_threads=False):
                cells = [
                    _as_text_if_needed(column, batch.column(name))
                    for name, column in zip(names, columns, strict=True)
                ]
                yield pa.record_batch(cells, names=list(columns))
    except (pa.ArrowException, OSError, KeyError) as error:
        raise BatchError from error


def _as_text_if_needed(column: str, cells: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(cells.type) or pa.types.is_string(cells.type):
        return cells
    if column == "nik" and pa.types.is_integer(cells.type):
        return cells
    if column in DATES and pa.types.is_date32(cells.type):
        return cells
    return cells.cast(pa.string())


def _by_csv(
    raw: RawTable, direct: Direct, columns: Sequence[str], coded: Sequence[str]
) -> Iterator[pa.RecordBatch]:
    position = {c: f"c{raw.header.columns[c]}" for c in columns}
    kinds = {position[c]: _TEXT_CODES if c in coded else pa.string() for c in columns}
    names = [f"c{i}" for i in range(len(raw.types))]
    try:
        reader = pv.open_csv(
            direct.path,
            pv.ReadOptions(block_size=BLOCK, skip_rows=direct.skip, column_names=names),
            pv.ParseOptions(delimiter=direct.delimiter),
            pv.ConvertOptions(
                check_utf8=False,  # the whole file was, when it was opened
                column_types=kinds,
                include_columns=list(kinds),
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield pa.record_batch([batch.column(position[c]) for c in columns], names=list(columns))
    except (pa.ArrowException, OSError) as error:
        raise BatchError from error


def _by_duckdb(
    raw: RawTable, relation: str, columns: Sequence[str], connection: duckdb.DuckDBPyConnection
) -> Iterator[pa.RecordBatch]:
    cells = [f"{raw.row_sql} AS file_row"] if raw.row_sql else []
    cells += [f"{_cell_sql(raw, c)} AS {c}" for c in columns]
    try:
        with connection.cursor() as reading:
            yield from reading.sql(f"SELECT {', '.join(cells)} FROM {relation}").to_arrow_reader(
                ROWS
            )
    except (duckdb.Error, pa.ArrowException) as error:
        raise BatchError from error


def _cell_sql(raw: RawTable, column: str) -> str:
    position = raw.header.columns[column]
    cell, kind = f"c{position}", raw.types[position].upper()
    if kind == "VARCHAR":
        return cell
    if column in DATES and kind.startswith(("DATE", "TIMESTAMP")):
        return f"{cell}::DATE"
    if column == "nik":
        whole = f"TRY_CAST({cell} AS BIGINT)"
        return (
            f"CASE WHEN {whole} BETWEEN {LEAST} AND {MOST} THEN {whole}::VARCHAR "
            f"ELSE {cell}::VARCHAR END"
        )
    return f"{cell}::VARCHAR"
