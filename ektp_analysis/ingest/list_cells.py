"""Cells of a resident list, a hundred thousand at a time: typed values, and what gave none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ektp_analysis.ingest.days import FORMS, MISSING, Form, month_first, read_days
from ektp_analysis.ingest.values import MONTH_FIRST, DateOrder

LEAST, MOST = 10**15, 10**16 - 1
"""The numbers of sixteen digits."""
UNKNOWN = -1
"""Stands for a text that means nothing, and for none."""
REMEMBERED = 100_000
"""Distinct texts of a column whose meaning is kept; a column with more is no column of codes."""
_ZERO, _NINE = ord("0"), ord("9")
_NONE = np.empty(0, dtype=np.uint8)


def read_niks(cells: pa.Array, exact: bool) -> np.ndarray:
    """NIK as numbers of sixteen digits (int64), 0 where none is written.

    Parameters
    ----------
    cells
        Whole numbers, or texts.
    exact
        Whether texts were numbers before, so that no sign in them is a separator.
    """
    if pa.types.is_integer(cells.type):
        values = pc.fill_null(cells, 0).to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
        return np.where((values >= LEAST) & (values <= MOST), values, 0)
    texts, fits, _ = _of_width(cells, 16)
    digits: np.ndarray = np.ones(len(texts), dtype=bool)
    if len(texts) and (texts.min() < _ZERO or texts.max() > _NINE):
        digits = np.asarray(((texts >= _ZERO) & (texts <= _NINE)).all(axis=1))
        texts = texts[digits]
    values = _strings(texts).cast(pa.int64()).to_numpy()
    if len(values) == len(cells):
        out = np.where(values >= LEAST, values, 0)
    else:
        out = np.zeros(len(cells), dtype=np.int64)
        out[np.flatnonzero(fits)[digits]] = np.where(values >= LEAST, values, 0)
    rest = np.flatnonzero(out == 0)
    if len(rest) and not exact:
        others = cells.take(pa.array(rest))
        clean = pc.replace_substring_regex(others, "[^0-9A-Za-z]", "")
        written = pc.match_substring_regex(clean, "^[1-9][0-9]{15}$").fill_null(False)
        hits = written.to_numpy(zero_copy_only=False)
        if hits.any():
            out[rest[hits]] = clean.filter(written).cast(pa.int64()).to_numpy()
    return out


def _of_width(cells: pa.StringArray, width: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """The bytes of the texts of a width (a row each), which ones they are, and whether the rest is blank."""
    if cells.null_count:
        cells = pc.fill_null(cells, "")
    _, offsets, data = cells.buffers()
    ends = np.frombuffer(offsets, np.int32, len(cells) + 1, cells.offset * 4)
    fits = ends[1:] - ends[:-1] == width
    size, written = int(np.count_nonzero(fits)) * width, int(ends[-1] - ends[0])
    texts = np.frombuffer(data, np.uint8, written, int(ends[0])) if written else _NONE
    if size != written:
        # runs of texts that fit, without the others between them
        edges = np.flatnonzero(np.diff(fits, prepend=False, append=False))
        places = (ends[edges] - ends[0]).tolist()
        runs = zip(places[::2], places[1::2], strict=True)
        texts = np.concatenate([_NONE, *(texts[start:end] for start, end in runs)])
    return texts.reshape(-1, width), fits, size == written


def _strings(texts: np.ndarray) -> pa.StringArray:
    """Texts of one width (uint8, a row each) as Arrow has them."""
    ends = np.arange(len(texts) + 1, dtype=np.int32) * np.int32(texts.shape[1])
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(np.ascontiguousarray(texts))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)


@dataclass(frozen=True)
class Dates:
    """Dates of a column.

    Attributes
    ----------
    days
        int32, :data:`~ektp_analysis.ingest.days.MISSING` where there is none.
    late
        Whether a day after the 12th was read from a text.
    unread
        Which cells have something written that was not read; None for no cell.
    """

    days: np.ndarray
    late: bool = False
    unread: np.ndarray | None = None


def read_dates(cells: pa.Array, form: Form | None) -> Dates:
    """Dates that are dates, or texts in a form."""
    if isinstance(cells, pa.DictionaryArray):
        of = read_dates(cells.dictionary.cast(pa.string()), form)
        unread = None if of.unread is None else _looked_up(cells, of.unread, False)
        return Dates(_looked_up(cells, of.days, MISSING), of.late, unread)
    if pa.types.is_date32(cells.type):
        days = pc.fill_null(cells.cast(pa.int32()), MISSING)
        return Dates(days.to_numpy(zero_copy_only=False))
    if form is None:
        return Dates(np.full(len(cells), MISSING, dtype=np.int32), False, ~is_blank(cells))
    texts, fits, rest_blank = _of_width(cells, form.width)
    read, late = read_days(texts, form) if len(texts) else (np.empty(0, np.int32), False)
    if len(read) == len(cells):
        days = read
    else:
        days = np.full(len(cells), MISSING, dtype=np.int32)
        days[fits] = read
    if not rest_blank:
        late = _short_dates(cells, form, days) or late
    if rest_blank and not (read == MISSING).any():
        return Dates(days, late)
    return Dates(days, late, (days == MISSING) & ~is_blank(cells))


def _short_dates(cells: pa.StringArray, form: Form, days: np.ndarray) -> bool:
    """Put days and months of one digit into their places; whether a day after the 12th is among them."""
    length = pc.binary_length(cells).fill_null(0).to_numpy(zero_copy_only=False)
    at = np.flatnonzero((length >= form.width - 2) & (length < form.width))
    if not len(at):
        return False
    read = pc.strptime(cells.take(pa.array(at)), form.pattern, "s", error_is_null=True)
    found = read.cast(pa.date32(), safe=False)
    numbers = pc.fill_null(found.cast(pa.int32()), MISSING).to_numpy(zero_copy_only=False)
    days[at] = np.where(numbers < _THOUSAND, MISSING, numbers)
    return bool((pc.max(pc.day(found)).as_py() or 0) > 12)


_THOUSAND = int(np.datetime64("1000-01-01", "D").astype(np.int64))


def common_form(texts: Sequence[str], order: DateOrder) -> Form | None:
    """The commonest form of a column's texts, if there is one that is read by the million."""
    votes = Counter(form for text in texts for hit, form in FORMS if hit.fullmatch(text))
    if not votes:
        return None
    form = votes.most_common(1)[0][0]
    return month_first(form) if order.order == MONTH_FIRST and form.day == 0 else form


@dataclass
class Meanings:
    """What the few distinct texts of a column mean, each asked once.

    Attributes
    ----------
    meaning
        Gives a small number, or None for a text that means nothing.
    known
        What was asked.
    """

    meaning: Callable[[str], int | None]
    known: dict[str | None, int] = field(default_factory=lambda: {None: UNKNOWN})

    def read(self, cells: pa.Array, kind: type) -> tuple[np.ndarray, np.ndarray | None]:
        """The numbers of the cells, and which have something written that means nothing (or None).

        A number is :data:`UNKNOWN` for these and for blanks.
        """
        codes = cells if isinstance(cells, pa.DictionaryArray) else cells.dictionary_encode()
        texts: list[str | None] = codes.dictionary.to_pylist()
        meant = [self._of(text) for text in texts]
        values = _looked_up(codes, np.array(meant, dtype=kind), UNKNOWN)
        if all(value != UNKNOWN or not text for value, text in zip(meant, texts, strict=True)):
            return values, None
        return values, (values == UNKNOWN) & ~is_blank(cells)

    def _of(self, text: str | None) -> int:
        value = self.known.get(text)
        if value is None:
            assert text is not None
            found = self.meaning(text) if text.strip() else None
            value = UNKNOWN if found is None else int(found)
            if len(self.known) < REMEMBERED:
                self.known[text] = value
        return value


def _looked_up(codes: pa.DictionaryArray, values: np.ndarray, missing: int) -> np.ndarray:
    """Each cell's value by its number in the dictionary."""
    table = np.append(values, np.array([missing], dtype=values.dtype))
    numbers = codes.indices
    if numbers.null_count:
        numbers = pc.fill_null(numbers, pa.scalar(len(values), numbers.type))
    out: np.ndarray = table[numbers.to_numpy(zero_copy_only=False)]
    return out


def as_text(cells: pa.Array) -> pa.StringArray:
    """The cells as texts."""
    return cells if pa.types.is_string(cells.type) else cells.cast(pa.string())


def is_blank(cells: pa.Array) -> np.ndarray:
    """Whether nothing at all is written."""
    if isinstance(cells, pa.DictionaryArray):
        empty = np.array([t is None or t == "" for t in cells.dictionary.to_pylist()], dtype=bool)
        return _looked_up(cells, empty, True)
    blank = cells.is_null()
    if pa.types.is_string(cells.type):
        blank = pc.equal(pc.fill_null(pc.binary_length(cells), 0), 0)
    out: np.ndarray = blank.to_numpy(zero_copy_only=False)
    return out
