"""What ``ektp ingest --explain`` says: what each sheet and column was taken for, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import duckdb

from ektp_analysis.errors import EktpError
from ektp_analysis.format import number, percent
from ektp_analysis.ingest import statuses
from ektp_analysis.ingest.columns import DATES, check_columns
from ektp_analysis.ingest.grids import is_total
from ektp_analysis.ingest.list_sections import Section, list_sections, section_name
from ektp_analysis.ingest.mapping import Choices
from ektp_analysis.ingest.pipeline import date_of, office_files
from ektp_analysis.ingest.places import match_district, match_village
from ektp_analysis.ingest.quarantine import private_workspace
from ektp_analysis.ingest.readers import RawTable, read_file
from ektp_analysis.ingest.scans import SAMPLE_ROWS, scan
from ektp_analysis.ingest.spellings import KIND_NAMES, SIGNATURE, label
from ektp_analysis.ingest.values import (
    ORDER_NAMES,
    date_order,
    parse_clock,
    parse_count,
    parse_date,
    parse_number,
)

WHY = {
    "ejaan": "ejaan yang dikenal",
    "mirip": "mirip ejaan yang dikenal, {score:.0f}%",
    "pemetaan": "menurut pemetaan yang disimpan",
}
MAX_SECTIONS = 20
_COUNTS = (
    "eligible", "eligible_male", "eligible_female", "recorded", "recorded_male", "recorded_female",
    "unrecorded", "unrecorded_male", "unrecorded_female", "staff", "devices", "target", "attended",
    "failed",
)  # fmt: skip


def explain(inputs: Iterable[Path], quarantine: Path, choices: Choices) -> list[str]:
    """Lines that say how the files would be read; nothing is written but a private copy.

    Parameters
    ----------
    inputs
        Files and folders.
    quarantine
        Folder for the private workspace of the run.
    choices
        The office's saved header choices.
    """
    lines: list[str] = []
    for path in office_files(inputs):
        try:
            with private_workspace(quarantine) as workspace, duckdb.connect() as connection:
                found = read_file(path, workspace, choices.find)
                for table in found.tables:
                    lines += _table_lines(path, table, connection)
                lines += [f"{s.where}: dilewati, {s.why}" for s in found.skipped]
        except EktpError as error:
            lines.append(f"{path.name}: TIDAK TERBACA. {error}")
        lines.append("")
    return lines


def _table_lines(path: Path, raw: RawTable, connection: duckdb.DuckDBPyConnection) -> list[str]:
    header = raw.header
    told = [
        " dan ".join(label(header.kind, c) for c in sorted(wanted))
        for wanted in SIGNATURE[header.kind]
        if wanted <= header.columns.keys()
    ]
    day = date_of(path, raw.title)
    last = header.row + header.height
    lines = [
        f"{raw.where}: {KIND_NAMES[header.kind]}, karena ada kolom {told[0] if told else '?'} "
        f"({len(header.columns)} kolom dikenal)",
        f"  {raw.layout}; judul kolom di baris {header.row + 1}"
        + (f"–{last}" if header.height > 1 else "")
        + f"; tanggal data {day.isoformat() if day else 'tidak diketahui, beri --as-of'}",
    ]
    if "district" not in header.columns and (named := raw.district):
        lines.append(f"  kecamatan {named}, menurut judul atau nama lembar")
    sections = list_sections(raw, connection) if header.kind == "residents" else []
    lines += _section_lines(sections)
    cells = _samples(raw, connection)
    for name, position in sorted(header.columns.items(), key=lambda item: item[1]):
        match = header.why[name]
        lines.append(
            f"  kolom {_letter(position)} “{_shown(header.names[position])}” → "
            f"{label(header.kind, name)} ({WHY[match.why].format(score=match.score)}"
            f"{_content(name, cells.get(name, []), raw)})"
        )
    for position, column, score in header.unsure:
        lines.append(
            f"  kolom {_letter(position)} “{_shown(header.names[position])}” TIDAK PASTI: mungkin "
            f"{label(header.kind, column)} ({score:.0f}%); bila benar beri "
            f'--kolom "{_shown(header.names[position])}={label(header.kind, column)}"'
        )
    known = set(header.columns.values()) | {p for p, _, _ in header.unsure}
    ignored = [
        f"{_letter(i)} “{_shown(n)}”" for i, n in enumerate(header.names) if n and i not in known
    ]
    if ignored:
        lines.append(f"  tidak dibaca: {', '.join(ignored)}")
    try:
        check_columns(raw, village_headings=any(s.village for s in sections))
    except EktpError as error:
        lines.append(f"  BELUM DAPAT DIBACA: {error.what}")
    lines.append(f"  {_rows(raw, connection)}")
    return lines


def _section_lines(sections: Sequence[Section]) -> list[str]:
    """Which rows the headings between them give their places to."""
    lines = [
        f"  baris {number(section.row + 1)} ke bawah: {section_name(section)}, menurut judul bagian "
        f"di baris {number(section.row)}"
        for section in sections[:MAX_SECTIONS]
    ]
    more = len(sections) - len(lines)
    return [*lines, f"  dan {number(more)} bagian lain"] if more else lines


def _letter(position: int) -> str:
    """A column as a spreadsheet names it.

    Examples
    --------
    >>> _letter(0), _letter(25), _letter(26)
    ('A', 'Z', 'AA')
    """
    out, rest = "", position + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        out = chr(65 + digit) + out
    return out


def _shown(name: str) -> str:
    return " ".join(name.split())[:60]


def _samples(raw: RawTable, connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    names = list(raw.header.columns)
    cells = ", ".join(f"{raw.text_sql(c)} AS {c}" for c in names)
    frame = scan(f"SELECT {cells} FROM", raw, connection, f"LIMIT {SAMPLE_ROWS}").df()
    return {c: frame[c].dropna().tolist() for c in names}


def _content(name: str, cells: list[str], raw: RawTable) -> str:
    """What share of a column's cells are what its name says."""
    check: Callable[[str], object] | None = None
    extra = ""
    if name == "nik":
        check = lambda t: len("".join(c for c in t if c.isdigit())) == 16  # noqa: E731
        what = "NIK 16 angka"
    elif name in DATES or name == "date":
        order = date_order(cells)
        written = raw.header.orders.get(name, order.order)
        check = lambda t: parse_date(t, written)  # noqa: E731
        what = "tanggal"
        if order.mixed or not order.certain:
            extra = f", urutan tidak pasti: dibaca {ORDER_NAMES[written]}"
    elif name in _COUNTS:
        check, what = (lambda t: parse_count(t) is not None), "bilangan"
    elif name == "coverage":
        check, what = (lambda t: parse_number(t) is not None), "bilangan"
    elif name in ("start", "end"):
        check, what = (lambda t: parse_clock(t) is not None), "jam"
    elif name == "sex":
        check, what = statuses.sex, "L atau P"
    elif name == "recording":
        check, what = (lambda t: statuses.recorded(t) is not None), "status yang dikenal"
    elif name == "district":
        check, what = (lambda t: match_district(t).code), "kecamatan"
    elif name == "village" and "district" not in raw.header.columns:
        named = raw.district
        check, what = (
            (lambda t: match_village(named, t).problem in ("", "several")),
            "desa/kelurahan",
        )
    if check is None:
        return ""
    if not cells:
        return "; isinya kosong"
    good = sum(bool(check(t)) for t in cells)
    return f"; {percent(good / len(cells), 0)} isinya {what}{extra}"


def _rows(raw: RawTable, connection: duckdb.DuckDBPyConnection) -> str:
    texts = [c for c in ("nik", "date", "district", "village") if c in raw.header.columns]
    cells = ", ".join(raw.text_sql(c) for c in texts)
    every = ", ".join(f"nullif(trim(c{i}::VARCHAR), '')" for i in range(len(raw.types)))
    (rows,) = scan("SELECT count(*) FROM", raw, connection).fetchone()
    found = scan(
        f"SELECT coalesce({every}), {cells} FROM",
        raw,
        connection,
        f"WHERE regexp_matches(upper(concat_ws(' ', coalesce({every}), {cells})), 'JUMLAH|TOTAL|JML') "
        "LIMIT 1000",
    ).fetchall()
    totals = sum(is_total(*row) for row in found)
    return f"{number(rows)} baris di bawah judul, {totals} di antaranya baris jumlah"
