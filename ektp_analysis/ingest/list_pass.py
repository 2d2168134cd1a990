"""One pass over a resident list: typed columns, which rows need a look, and counts of the others.

Each column of a batch is worked on as a whole. Dates and NIK are read from the bytes of texts of
one width; a text of few distinct ones is asked for its meaning once. A row in which something could
not be read so is *odd*: what is written in it is kept beside the typed columns, to be resolved later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ektp_analysis.ingest import statuses
from ektp_analysis.ingest.columns import CODED, DATES
from ektp_analysis.ingest.days import MISSING, Form, day_number
from ektp_analysis.ingest.list_batches import Batches
from ektp_analysis.ingest.list_cells import (
    UNKNOWN,
    Meanings,
    as_text,
    common_form,
    read_dates,
    read_niks,
)
from ektp_analysis.ingest.list_names import SectionNumbers, list_names
from ektp_analysis.ingest.list_rows import (
    AT_ONCE,
    TEXTS,
    KeptRows,
    add_odd_rows,
    add_rows,
    complete,
    create_tables,
    joined,
)
from ektp_analysis.ingest.list_sections import PLACES, Section
from ektp_analysis.ingest.plain import PlainCounts, is_plain, is_undisputed
from ektp_analysis.ingest.readers import RawTable
from ektp_analysis.ingest.values import DateOrder
from ektp_analysis.ingest.young import YoungCounts, is_young
from ektp_analysis.siphash import siphash

OLDEST = date(1890, 1, 1)
"""Nobody in a list was born before."""
_STORED = {"sex": "female", **{column: f"{column}_no" for column in PLACES}}
_LAST_NUMBER = 32_000
"""Numbers of names are small; a list with more has no names of places in that column."""


@dataclass(frozen=True)
class Run:
    """What holds for all lists of a week.

    Attributes
    ----------
    as_of
        Date of the extract.
    programme_start
        No biometrics were recorded before.
    salt
        Key of the digests by which NIK are compared and recognised.
    connection
        A private duckdb connection.
    folder
        A private folder.
    """

    as_of: date
    programme_start: date
    salt: bytes
    connection: duckdb.DuckDBPyConnection
    folder: Path


def _female(text: str) -> int | None:
    known = statuses.sex(text)
    return None if known is None else int(known == "P")


class ListPass:
    """One pass over a list.

    Parameters
    ----------
    number
        The list's number among the week's.
    raw
        A table of kind ``residents``.
    sections
        Its headings between the rows.
    orders
        Order of day and month of each date column.
    run
        What holds for all lists.

    Attributes
    ----------
    names
        What the columns ``village_no`` and ``district_no`` stand for.
    rows
        All its rows, typed.
    plain, young
        Counts of the plain rows; of the young among them also by months.
    late
        Date columns in which a day after the 12th was read.
    """

    def __init__(
        self,
        number: int,
        raw: RawTable,
        sections: Sequence[Section],
        orders: Mapping[str, DateOrder],
        run: Run,
    ) -> None:
        self.number, self.raw, self.orders, self.run = number, raw, orders, run
        self.rows = KeptRows(run.folder, f"list-{number}", raw.first_row)
        self.plain, self.young = PlainCounts(run.as_of), YoungCounts(run.as_of)
        self.names = list_names(raw)
        self.given = SectionNumbers(raw, sections, self.names)
        self.late: set[str] = set()
        self.forms: dict[str, Form | None] = {}
        self.meanings = {c: Meanings(CODED[c][1]) for c in CODED}  # type: ignore[arg-type]
        self.meanings["sex"] = Meanings(_female)
        for column in PLACES:
            self.meanings[column] = Meanings(self.names.numbering(column, _LAST_NUMBER))
        self._waiting: list[dict[str, np.ndarray]] = []
        self._waiting_odd: list[dict[str, np.ndarray]] = []
        self._waiting_texts: list[pa.Table] = []
        self._rows_waiting = 0

    def read(self, reader: Batches, sample: Mapping[str, list[str]]) -> None:
        """Read every batch.

        Parameters
        ----------
        reader
            Gives the batches.
        sample
            Texts of each date column, whose commonest form is read at once.

        Raises
        ------
        BatchError
            When the reader does not take the file.
        """
        create_tables(self.number, self.run.connection)
        self.forms = {c: common_form(texts, self.orders[c]) for c, texts in sample.items()}
        for batch in reader():
            self._batch(batch)
        self._to_duckdb()
        self.rows.close()

    def _batch(self, batch: pa.RecordBatch) -> None:
        typed, unread = self._typed(batch)
        clean = self._clean(typed)
        for cells in unread:
            clean &= ~cells
        undisputed = is_undisputed(typed, clean)
        plain = is_plain(typed, undisputed, self.run.as_of, self.run.programme_start)
        young = is_young(typed, undisputed, self.run.as_of, self.run.programme_start)
        counted = plain | young
        typed["counted"] = counted
        digest = siphash(self.run.salt, typed["nik"].view(np.uint64))
        digest[typed["nik"] == 0] = 0
        typed["digest"] = digest
        start = self.rows.rows
        self.rows.append(typed, batch.num_rows)
        self.plain.add(typed, counted)
        self.young.add(typed, np.flatnonzero(young))
        looked_at = np.flatnonzero(~counted)
        if not len(looked_at):
            return
        some = {name: values[looked_at] for name, values in typed.items()}
        some |= {"pos": start + looked_at, "odd": ~clean[looked_at]}
        some = complete(some, self.rows.first_row)
        self._waiting.append(some)
        if some["odd"].any():
            self._waiting_odd.append({name: values[some["odd"]] for name, values in some.items()})
            self._waiting_texts.append(self._texts(batch, typed, np.flatnonzero(~clean)))
        self._rows_waiting += len(looked_at)
        if self._rows_waiting > AT_ONCE:
            self._to_duckdb()

    def _to_duckdb(self) -> None:
        if self._waiting:
            some = joined(self._waiting)
            add_rows(self.number, some, self.run.connection, odd=some["odd"])
        if self._waiting_odd:
            texts = pa.concat_tables(self._waiting_texts)
            add_odd_rows(self.number, joined(self._waiting_odd), texts, self.run.connection)
        for waiting in (self._waiting, self._waiting_odd, self._waiting_texts):
            waiting.clear()
        self._rows_waiting = 0

    def _typed(self, batch: pa.RecordBatch) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
        """Typed columns, and for columns that may be blank which cells were not read."""
        raw, have = self.raw, self.raw.header.columns
        exact = raw.types[have["nik"]].upper() != "VARCHAR"
        typed = {"nik": read_niks(batch.column("nik"), exact)}
        unread: dict[str, np.ndarray | None] = {}
        if raw.row_sql:
            typed["file_row"] = batch.column("file_row").to_numpy()
        for column in DATES:
            if column in have:
                dates = read_dates(batch.column(column), self.forms.get(column))
                typed[column], unread[column] = dates.days, dates.unread
                if dates.late:
                    self.late.add(column)
        for column in (*CODED, *PLACES):
            name = _STORED.get(column, column)
            if column in have:
                cells, meanings = batch.column(column), self.meanings[column]
                kind = np.int16 if column in PLACES else np.int8
                typed[name], unread[column] = meanings.read(cells, kind)
            elif column in PLACES:
                typed[name] = self.given.numbers(column, self.rows.rows, batch.num_rows)
            elif column == "sex":
                female = typed["nik"] // 100_000_000 % 100 > 40
                typed[name] = np.where(typed["nik"] > 0, female, UNKNOWN).astype(np.int8)
        for column in ("birth_date", "sex", "recording"):
            unread.pop(column, None)  # must be there in any case
        return typed, [cells for cells in unread.values() if cells is not None]

    def _clean(self, typed: Mapping[str, np.ndarray]) -> np.ndarray:
        """Whether the rows have what each must have, and no record of the future."""
        day = day_number(self.run.as_of)
        birth, recording = typed["birth_date"], typed["recording"]
        clean = (typed["nik"] > 0) & (birth >= day_number(OLDEST)) & (birth <= day)
        clean &= (typed["female"] >= 0) & (recording >= 0)
        if "recorded_on" in typed:
            clean &= (recording == 0) | (typed["recorded_on"] <= day)
        return clean

    def _texts(
        self, batch: pa.RecordBatch, typed: Mapping[str, np.ndarray], at: np.ndarray
    ) -> pa.Table:
        """What is written in odd rows where there is no value, and their names of places."""
        out: dict[str, pa.Array] = {}
        for name in TEXTS:
            column = name.removesuffix("_text")
            if column not in batch.schema.names:
                out[name] = pa.nulls(len(at), pa.string())
                continue
            written = pc.utf8_trim(as_text(batch.column(column).take(pa.array(at))), " ")
            values = typed[_STORED.get(column, column)][at]
            none = values == (0 if column == "nik" else MISSING if column in DATES else UNKNOWN)
            shown = pc.and_(pa.array(none), pc.not_equal(written, ""))
            out[name] = pc.if_else(shown, written, None)
        for column in PLACES:
            out[column] = (
                as_text(batch.column(column).take(pa.array(at)))
                if column in batch.schema.names
                else pa.nulls(len(at), pa.string())
            )
        return pa.table(out)
