"""What the words of the coded columns mean: status of recording, sex, marital status, place."""

from __future__ import annotations

from functools import cache

import pandas as pd

from ektp_analysis.ingest.headers import normalise
from ektp_analysis.regions import data_dir

SEXES = {
    "L": "L", "LK": "L", "LAKI LAKI": "L", "LAKI": "L", "LELAKI": "L", "PRIA": "L", "M": "L",
    "MALE": "L", "1": "L",
    "P": "P", "PR": "P", "PEREMPUAN": "P", "WANITA": "P", "F": "P", "FEMALE": "P", "2": "P",
}  # fmt: skip
OFFICE, VISIT, OTHER = 0, 1, 2
"""Where somebody was recorded."""
HERE, MOVED, DIED = 0, 1, 2
"""Whether somebody still lives here."""


@cache
def recording_statuses() -> dict[str, bool]:
    """Whether a normalised status counts as recorded, from ``data/reference/recording_status.csv``."""
    table = pd.read_csv(
        data_dir() / "reference" / "recording_status.csv", dtype=str, keep_default_na=False
    )
    return {normalise(v): r == "ya" for v, r in zip(table["value"], table["recorded"], strict=True)}


def recorded(value: object) -> bool | None:
    """Whether a status means that biometrics are recorded; None when it is not known.

    Examples
    --------
    >>> recorded("Print Ready Record"), recorded("belum rekam"), recorded("mungkin")
    (True, False, None)
    """
    return recording_statuses().get(normalise(value))


def sex(value: object) -> str | None:
    """``L`` or ``P``, or None.

    Examples
    --------
    >>> sex("Laki-laki"), sex("PR."), sex("?")
    ('L', 'P', None)
    """
    return SEXES.get(normalise(value))


def never_married(value: object) -> bool:
    """Whether a marital status says that somebody never married."""
    text = normalise(value)
    return text.startswith(("BELUM", "BLM", "TIDAK KAWIN", "LAJANG")) or text in ("BK", "S", "1")


def left(value: object) -> int:
    """:data:`HERE`, :data:`MOVED` or :data:`DIED`, by the resident status.

    Examples
    --------
    >>> left("MENINGGAL DUNIA"), left("PINDAH"), left("AKTIF"), left("")
    (2, 1, 0, 0)
    """
    text = normalise(value)
    if not text or text.startswith(("AKTIF", "HIDUP", "ADA", "TETAP", "PENDUDUK")):
        return HERE
    died = "MATI" in text.split() or text.startswith(("MENINGGAL", "WAFAT", "MD", "ALM"))
    return DIED if died else MOVED


def channel(value: object) -> int:
    """Where somebody was recorded; a blank means the office.

    Examples
    --------
    >>> channel("JEMPUT BOLA"), channel("Kantor Dinas"), channel(None), channel("Lapas")
    (1, 0, 0, 2)
    """
    text = normalise(value)
    if any(word in text for word in ("JEMPUT", "KELILING", "MOBILE", "JEBOL")):
        return VISIT
    return OFFICE if not text or any(w in text for w in ("KANTOR", "DINAS", "DUKCAPIL")) else OTHER
