"""The quick ways to read a list give what the general ones give."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal

import duckdb
import numpy as np
import offices as o
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ektp_analysis.ingest.days import FORMS, MISSING, calendar, day_number, month_first
from ektp_analysis.ingest.line_look import LineLook
from ektp_analysis.ingest.list_batches import BatchError, list_readers
from ektp_analysis.ingest.list_cells import read_dates, read_niks
from ektp_analysis.ingest.readers import read_file
from ektp_analysis.ingest.values import DAY_FIRST, MONTH_FIRST, parse_date

CELLS = st.text(alphabet='ab";,\n\r 1', max_size=5) | st.sampled_from(["", '""', '"a;b"', '"x"'])
COLUMNS = ("nik", "birth_date", "sex", "village", "recording")


def rows_of(reader):
    return [tuple(row.values()) for batch in reader() for row in batch.to_pylist()]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=4, max_size=6), min_size=1, max_size=6))
def test_text_files_are_read_alike_or_by_duckdb_only(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("csv")
    header = "NIK;TANGGAL LAHIR;JK;DESA/KEL;STATUS REKAM\n"
    path = folder / "a.csv"
    path.write_bytes((header + "\n".join(";".join(row) for row in rows) + "\n").encode())
    raw = read_file(path, folder).tables[0]
    with duckdb.connect() as connection:
        quick, *others = list_readers(raw, COLUMNS, ("sex", "village"), connection)
        if raw.direct is None:
            return
        try:
            found = rows_of(quick)
        except BatchError:
            return
        for other in others:
            blank = [tuple(cell or "" for cell in row) for row in rows_of(other)]
            assert [tuple(cell or "" for cell in row) for row in found] == blank


@pytest.mark.parametrize(
    ("text", "plain", "clear"),
    [
        ('a;"b";""\nc;d;"e"\n', True, True),
        ('a;b"c;d\n', True, False),
        ('a;"b""c";d\n', True, False),
        ("a\n\nb\n", False, True),
        ("a\r\n\r\nb\r\n", False, True),
        ("\na\n", False, True),
        ("a\rb\n", True, False),
        ("a\r\nb\r\n", True, True),
        ("a\x00b\n", False, True),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_are_looked_at_the_same_however_they_are_cut(text, plain, clear, size):
    look = LineLook()
    for start in range(0, len(text), size):
        look.at(text.encode()[start : start + size])
    assert (look.plain, look.clear_quotes) == (plain, clear)


@pytest.mark.parametrize("form", [f for _, f in FORMS] + [month_first(FORMS[2][1])])
def test_dates_are_those_of_the_general_reader(form):
    rng = random.Random(form.pattern)
    days = [date(1890, 1, 1) + timedelta(days=rng.randrange(60_000)) for _ in range(400)]
    texts = [day.strftime(form.pattern) for day in days]
    texts += ["", "31/02/2024", "00/01/2024", "01/13/2024", "2024-02-30", "x" * form.width, "1/6/2008",
              "29.02.2023", "29-02-2024", "٠١/٠٢/٢٠٢٤", "2024-01-01 25:00:00", "02/08/0024"]  # fmt: skip
    texts += [t[: form.width // 2] + "z" + t[form.width // 2 + 1 :] for t in texts[:40]]
    order = MONTH_FIRST if form.day == 3 else DAY_FIRST
    found = read_dates(pa.array([*texts, None]), form)
    again = read_dates(pa.array([*texts, None]).dictionary_encode(), form)
    assert found.days.tolist() == again.days.tolist()
    for text, day in zip([*texts, None], found.days.tolist(), strict=True):
        known = parse_date(text, order) if text else None
        if day != MISSING:
            assert known is not None and day == day_number(known)
        elif text and len(text) == form.width and form.width == 10 and text in texts[:400]:
            pytest.fail(f"not read: {text}")
    unread = found.unread.tolist()
    assert not any(unread[:400]) and not unread[400] and not unread[-1] and unread[401]


def test_niks_are_sixteen_digits():
    texts = ["9917160101900001", "0917160101900001", "'9917160101900001", "99.1716.010190.0001", "0x17160101900001",
             "+917160101900001", "991716010190000", "9917160101900e01", "", None, "99171601019000011"]  # fmt: skip
    right = [9917160101900001, 0, 9917160101900001, 9917160101900001, *[0] * 7]
    for some in (texts, texts[:1], texts[3:], [*texts[:1], ""]):
        cells = pa.array(some)
        for given_ in (cells, pa.concat_arrays([pa.array(["a"]), cells])[1:]):
            wanted = [right[texts.index(t)] for t in some]
            assert read_niks(given_, exact=False).tolist() == wanted
    assert read_niks(pa.array(["99.1716.010190.0001"]), exact=True).tolist() == [0]
    assert read_niks(pa.array([9917160101900001, 5, None]), exact=True).tolist() == [right[0], 0, 0]


def test_the_calendar_knows_birthdays():
    days = calendar()
    at = day_number(date(2004, 2, 29)) - day_number(date(1850, 1, 1))
    assert days.birthday_17[at] == day_number(date(2021, 3, 1))
    assert (days.in_nik[at], days.month[at] % 12 + 1, days.day[at]) == (290204, 2, 29)


def test_a_parquet_file_of_other_types_is_read_too(tmp_path):
    import pyarrow.parquet as pq

    people = o.rows()
    columns = {name: [row[n] for row in people] for n, name in enumerate(o.HEADER)}
    table = pa.table(columns)
    table = table.set_column(0, "NIK", pa.array([Decimal(n) for n in columns["NIK"]]))
    table = table.set_column(
        1, "TANGGAL LAHIR",
        pa.array([np.datetime64(p[1], "us") for p in o.PERSONS]),
    )  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    raw = read_file(tmp_path / "a.parquet", tmp_path).tables[0]
    with duckdb.connect() as connection:
        (reader,) = list_readers(raw, ("nik", "birth_date"), (), connection)
        found = rows_of(reader)
    assert found == [(n, b) for n, b, *_ in o.PERSONS]
