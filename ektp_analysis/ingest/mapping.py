"""What an office has settled about its own files: one YAML file, kept by shape of header."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ektp_analysis.durable import replace_text
from ektp_analysis.errors import InputError, ParameterError, disk_reason
from ektp_analysis.ingest.headers import IGNORE, Header, find_header, normalise
from ektp_analysis.ingest.spellings import KINDS, LABELS
from ektp_analysis.ingest.values import ORDER_NAMES

_HEAD = (
    "# Pemetaan judul kolom berkas kantor, ditulis oleh: ektp ingest --save-mapping\n"
    "# Judul kolom saja, tanpa data pribadi. Boleh disunting; “-” berarti kolom tidak dibaca.\n"
)
_DAMAGED = "Perbaiki tulisannya, atau hapus berkas itu lalu: ektp ingest --save-mapping"


@dataclass(frozen=True)
class Shape:
    """Choices for files of one header.

    Attributes
    ----------
    fingerprint
        Of :class:`ektp_analysis.ingest.headers.Header`.
    columns
        Normalised header → canonical column or ``"-"``.
    orders
        Canonical date column → order of day and month.
    """

    fingerprint: str
    columns: Mapping[str, str]
    orders: Mapping[str, str]


@dataclass(frozen=True)
class Choices:
    """The saved shapes, and what was said on the command line for any shape."""

    shapes: tuple[Shape, ...] = ()
    always: Mapping[str, str] | None = None
    orders: Mapping[str, str] | None = None

    def find(self, rows: Sequence[Sequence[object]]) -> Header | None:
        """The header of the rows, by the saved shape that fits, else by spelling."""
        for shape in self.shapes:
            header = find_header(rows, {**shape.columns, **(self.always or {})})
            if header and header.fingerprint == shape.fingerprint:
                return replace(header, orders={**shape.orders, **(self.orders or {})})
        header = find_header(rows, self.always)
        return replace(header, orders=self.orders) if header and self.orders else header


def column_named(text: str) -> str:
    """The canonical column that somebody means by a label, a name or ``-``.

    Raises
    ------
    ParameterError
        When there is none.

    Examples
    --------
    >>> column_named("Tanggal lahir"), column_named("nik"), column_named("-")
    ('birth_date', 'nik', '-')
    """
    if text.strip() == IGNORE:
        return IGNORE
    by_label = {normalise(shown): name for name, shown in LABELS.items()} | {"TEREKAM": "recorded"}
    by_name = {normalise(name): name for kind in KINDS.values() for name in kind}
    wanted = normalise(text)
    if found := by_label.get(wanted) or by_name.get(wanted):
        return found
    raise ParameterError(
        f"Kolom “{text[:40]}” tidak dikenal",
        "--kolom",
        f"Pilih salah satu: {', '.join(LABELS.values())}, atau “-” agar tidak dibaca",
    )


def parse_choice(text: str) -> tuple[str, str]:
    """``"JUDUL=KOLOM"`` as normalised header and canonical column.

    Examples
    --------
    >>> parse_choice("Tgl Lhir=TANGGAL LAHIR")
    ('TGL LHIR', 'birth_date')
    """
    written, sign, meant = text.partition("=")
    if not sign or not normalise(written):
        raise ParameterError(
            "Pilihan kolom tidak terbaca", "--kolom", 'Tulis sebagai "JUDUL DI BERKAS=NAMA KOLOM"'
        )
    return normalise(written), column_named(meant)


def load_choices(path: Path | None) -> Choices:
    """Read a mapping file; without one there are no choices.

    Raises
    ------
    InputError
        When it is damaged.
    """
    if path is None or not path.exists():
        return Choices()
    try:
        loaded: Any = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        shapes = []
        for item in loaded["bentuk"]:
            columns = {normalise(k): str(v) for k, v in item["kolom"].items()}
            orders = {str(k): str(v) for k, v in (item.get("urutan_tanggal") or {}).items()}
            if not set(orders.values()) <= set(ORDER_NAMES):
                raise ValueError("urutan_tanggal")
            known = {c for kind in KINDS.values() for c in kind} | {IGNORE}
            if not set(columns.values()) <= known:
                raise ValueError("kolom")
            shapes.append(Shape("|".join(normalise(n) for n in item["judul"]), columns, orders))
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        raise InputError("Berkas pemetaan tidak terbaca", path.name, _DAMAGED) from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(f"Berkas pemetaan salah isi: {error}", path.name, _DAMAGED) from None
    return Choices(tuple(shapes))


def save_headers(path: Path, headers: Sequence[tuple[Header, Mapping[str, str]]]) -> int:
    """Add the shapes of recognised headers to the mapping file, whole or not at all.

    Parameters
    ----------
    path
        The mapping file.
    headers
        Each with the date orders that it was read with.

    Returns
    -------
    int
        Number of shapes that were added or renewed.
    """
    shapes = {s.fingerprint: s for s in load_choices(path).shapes}
    for header, orders in headers:
        columns = {normalise(header.names[at]): name for name, at in header.columns.items()}
        shapes[header.fingerprint] = Shape(header.fingerprint, columns, dict(orders))
    body = {
        "bentuk": [
            {
                "judul": shape.fingerprint.split("|"),
                "kolom": dict(shape.columns),
                **({"urutan_tanggal": dict(shape.orders)} if shape.orders else {}),
            }
            for shape in shapes.values()
        ]
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, _HEAD + yaml.safe_dump(body, allow_unicode=True, sort_keys=False))
    except OSError as error:
        raise InputError(
            f"Berkas pemetaan tidak dapat ditulis: {disk_reason(error)}",
            path.name,
            "Periksa izinnya",
        ) from None
    return len({h.fingerprint for h, _ in headers})
