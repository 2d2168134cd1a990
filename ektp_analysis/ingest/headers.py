"""Which column of an office file is which: spellings of headers, and where the header row is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

RESIDENTS: dict[str, tuple[str, ...]] = {
    "nik": ("NIK", "NO NIK", "NOMOR INDUK KEPENDUDUKAN", "NO KTP"),
    "birth_date": ("TANGGAL LAHIR", "TGL LAHIR", "TGL LHR", "TANGGAL LHR", "LAHIR"),
    "sex": ("JENIS KELAMIN", "JK", "L P", "KELAMIN", "JENIS KLMIN"),
    "marital": ("STATUS KAWIN", "STATUS PERKAWINAN", "STAT KWN", "KAWIN"),
    "married_on": ("TANGGAL KAWIN", "TGL KAWIN", "TANGGAL PERKAWINAN", "TGL PERKAWINAN"),
    "village": (
        "DESA KELURAHAN",
        "DESA KEL",
        "DESA",
        "KELURAHAN",
        "NAMA DESA",
        "KEL DESA",
        "NAMA KEL",
    ),
    "district": ("KECAMATAN", "KEC", "NAMA KECAMATAN", "NAMA KEC"),
    "status": ("STATUS PENDUDUK", "STATUS", "STAT PENDUDUK", "KET PENDUDUK"),
    "arrived_on": ("TANGGAL DATANG", "TGL DATANG", "TANGGAL MASUK", "TGL PINDAH DATANG"),
    "left_on": ("TANGGAL MUTASI", "TGL MUTASI", "TANGGAL KELUAR", "TGL PINDAH MATI"),
    "recording": ("STATUS PEREKAMAN", "STATUS REKAM", "STATUS KTP EL", "REKAM", "PEREKAMAN"),
    "recorded_on": ("TANGGAL REKAM", "TGL REKAM", "TANGGAL PEREKAMAN", "TGL PEREKAMAN"),
    "place": ("TEMPAT REKAM", "TEMPAT PEREKAMAN", "LOKASI REKAM", "TMPT REKAM"),
}
VISITS: dict[str, tuple[str, ...]] = {
    "date": ("TANGGAL", "TGL", "HARI TANGGAL", "TANGGAL KUNJUNGAN", "TANGGAL KEGIATAN"),
    "district": RESIDENTS["district"],
    "village": (*RESIDENTS["village"], "LOKASI"),
    "start": ("MULAI", "JAM MULAI", "PUKUL MULAI"),
    "end": ("SELESAI", "JAM SELESAI", "PUKUL SELESAI"),
    "staff": ("PETUGAS", "JUMLAH PETUGAS", "JML PETUGAS"),
    "devices": ("ALAT", "JUMLAH ALAT", "JML ALAT", "PERANGKAT"),
    "target": ("SASARAN", "TARGET", "JUMLAH SASARAN"),
    "attended": ("HADIR", "JUMLAH HADIR", "WARGA HADIR"),
    "recorded": ("TEREKAM", "BERHASIL", "JUMLAH TEREKAM", "HASIL REKAM"),
    "failed": ("GAGAL", "GAGAL REKAM", "TIDAK BERHASIL"),
    "reason": ("KENDALA", "KETERANGAN", "KET", "ALASAN"),
}
RECAP: dict[str, tuple[str, ...]] = {
    "district": RESIDENTS["district"],
    "village": (*RESIDENTS["village"], "WILAYAH"),
    "eligible": ("WAJIB KTP", "WKTP", "WAJIB KTP EL", "WAJIB KTP JUMLAH", "WAJIB KTP JML"),
    "eligible_male": ("WAJIB KTP L", "WAJIB KTP LAKI LAKI"),
    "eligible_female": ("WAJIB KTP P", "WAJIB KTP PEREMPUAN"),
    "recorded": ("SUDAH REKAM", "REKAM", "SUDAH REKAM JUMLAH", "SUDAH REKAM JML"),
    "recorded_male": ("SUDAH REKAM L", "SUDAH REKAM LAKI LAKI"),
    "recorded_female": ("SUDAH REKAM P", "SUDAH REKAM PEREMPUAN"),
    "unrecorded": ("BELUM REKAM", "BELUM REKAM JUMLAH", "SISA", "BELUM REKAM JML"),
}
KINDS = {"residents": RESIDENTS, "visits": VISITS, "recap": RECAP}
REQUIRED = {
    "residents": ("nik", "birth_date", "village", "recording"),
    "visits": ("date", "village", "recorded"),
    "recap": ("village", "eligible"),
}
SIGNATURE = {"residents": {"nik"}, "visits": {"date", "recorded"}, "recap": {"eligible"}}
"""Columns without which a table cannot be of the kind."""
FUZZY_SCORE = 90
OPTIONAL_DEFAULTS = ("marital", "married_on", "arrived_on", "left_on", "status", "place", "sex")


@dataclass(frozen=True)
class Header:
    """A recognised header.

    Attributes
    ----------
    kind
        ``residents``, ``visits`` or ``recap``.
    row, height
        0-based row of the header's first line, and its number of lines (1 or 2).
    columns
        Position of each recognised column by its canonical name.
    names
        The office's own name of each position.
    """

    kind: str
    row: int
    height: int
    columns: dict[str, int]
    names: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """Required columns that were not found."""
        return [name for name in REQUIRED[self.kind] if name not in self.columns]


def normalise(text: object) -> str:
    """Upper case letters and digits with single blanks.

    Examples
    --------
    >>> normalise(" Desa / Kel. ")
    'DESA KEL'
    """
    return re.sub(r"[^A-Z0-9]+", " ", str(text if text is not None else "").upper()).strip()


def recognise(name: object, kind: str) -> str | None:
    """Canonical column of an office's header cell, or None.

    Examples
    --------
    >>> recognise("Tgl. Lahir", "residents")
    'birth_date'
    >>> recognise("Tanggl Lahir", "residents")
    'birth_date'
    """
    text = normalise(name)
    if not text:
        return None
    spellings = {s: column for column, known in KINDS[kind].items() for s in known}
    if text in spellings:
        return spellings[text]
    if len(text) < 6:
        return None
    long = [s for s in spellings if len(s) >= 6]
    best = process.extractOne(text, long, scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
    return spellings[best[0]] if best else None


def find_header(
    rows: Sequence[Sequence[object]], mapping: dict[str, str] | None = None
) -> Header | None:
    """The header among the first rows of a table: one line, or two with merged cells.

    Parameters
    ----------
    rows
        First rows of the sheet, as cells.
    mapping
        Saved choices of the office: its normalised header → canonical column.
    """
    best: Header | None = None
    for start in range(len(rows)):
        for height in (1, 2):
            if start + height > len(rows):
                continue
            names = _joined(rows[start : start + height])
            for kind in KINDS:
                columns: dict[str, int] = {}
                for position, options in enumerate(names):
                    for option in options:
                        column = (mapping or {}).get(normalise(option)) or recognise(option, kind)
                        if column in KINDS[kind] and column not in columns:
                            columns[column] = position
                            break
                if not SIGNATURE[kind] <= columns.keys() or len(columns) < 2:
                    continue
                if best is None or len(columns) > len(best.columns):
                    shown = tuple(options[0] if options else "" for options in names)
                    best = Header(kind, start, height, columns, shown)
    return best


def _joined(lines: Sequence[Sequence[object]]) -> list[list[str]]:
    """For each position the texts that may name it, the most specific first."""
    if len(lines) == 1:
        return [[str(cell)] if normalise(cell) else [] for cell in lines[0]]
    upper, lower = lines
    out, group = [], ""
    for position in range(max(len(upper), len(lower))):
        top = str(upper[position] or "") if position < len(upper) else ""
        low = str(lower[position] or "") if position < len(lower) else ""
        group = top or group
        if low:
            out.append([f"{group} {low}", low] if group else [low])
        else:
            out.append([top] if top else [])
    return out
