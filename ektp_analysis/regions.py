"""Kecamatan (district) and desa/kelurahan (village): codes, names, parents.

Codes are those of the Ministry of Home Affairs, ``PP.RR.KK.VVVV``; a village number that starts
with 1 is a kelurahan and with 2 a desa.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from pathlib import Path

import pandas as pd

from ektp_analysis.errors import ParameterError

REFERENCE = Path("reference")


def data_dir() -> Path:
    """Folder ``data/`` of the office.

    ``$EKTP_DATA``; else that of the nearest folder, from the working folder upwards, that holds
    the office's regions; else the one beside the package.
    """
    if named := os.environ.get("EKTP_DATA"):
        return Path(named)
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data" / REFERENCE / "villages.csv").exists():
            return folder / "data"
    return Path(__file__).resolve().parent.parent / "data"


def _regency() -> tuple[str, str, str]:
    try:
        row = pd.read_csv(data_dir() / REFERENCE / "regency.csv", dtype=str).iloc[0]
        return str(row["regency_code"]), str(row["regency_kind"]), str(row["regency_name"])
    except (OSError, ValueError, KeyError, IndexError):
        raise ParameterError(
            "Daftar wilayah kantor tidak terbaca",
            "data/reference/regency.csv",
            "Pulihkan berkasnya, atau buat kantor baru: ektp new kabupaten",
        ) from None


REGENCY_CODE, REGENCY_KIND, REGENCY_NAME = _regency()
"""Code, kind (Kabupaten or Kota) and name of the office's area, from ``reference/regency.csv``."""
REGENCY_TITLE = f"{REGENCY_KIND} {REGENCY_NAME}"
"""For example ``Kabupaten Rejang Lebong``."""


@cache
def districts() -> pd.DataFrame:
    """Kecamatan: ``district_code, district_name, district_slug`` (all str), one row each, by code."""
    frame = pd.read_csv(data_dir() / "reference" / "districts.csv", dtype=str)
    frame["district_slug"] = frame["district_name"].map(slug)
    return frame.sort_values("district_code", ignore_index=True)


@cache
def villages() -> pd.DataFrame:
    """Desa/kelurahan with their kecamatan, one row each, by code.

    Columns (all str): ``village_code, district_code, village_name, village_kind``
    (``desa``/``kelurahan``), ``village_slug`` (unique within its kecamatan), ``district_name``.
    """
    frame = pd.read_csv(data_dir() / "reference" / "villages.csv", dtype=str)
    frame["village_slug"] = frame["village_kind"] + "-" + frame["village_name"].map(slug)
    return frame.merge(districts()[["district_code", "district_name"]]).sort_values(
        "village_code", ignore_index=True
    )


@cache
def tiles() -> pd.DataFrame:
    """Place of each kecamatan on the tile map: ``district_code`` (str), ``row, column`` (int, from 1).

    A kecamatan that ``data/reference/tiles.csv`` does not place gets a tile in a row of its own
    under the others, so that no kecamatan is ever missing from the map.
    """
    path = data_dir() / "reference" / "tiles.csv"
    placed = pd.read_csv(path, dtype={"district_code": str, "row": int, "column": int})
    placed = placed[placed["district_code"].isin(districts()["district_code"])]
    columns = max(int(placed["column"].max()), 1) if len(placed) else 5
    last = int(placed["row"].max()) if len(placed) else 0
    left = [c for c in districts()["district_code"] if c not in set(placed["district_code"])]
    more = [
        {"district_code": code, "row": last + 1 + i // columns, "column": 1 + i % columns}
        for i, code in enumerate(left)
    ]
    return pd.concat([placed, pd.DataFrame(more)], ignore_index=True) if more else placed


def slug(name: str) -> str:
    """ASCII, lower-case, dash-joined form of a name, safe as a file name and an anchor.

    Examples
    --------
    >>> slug("Curup Tengah")
    'curup-tengah'
    >>> slug("../<b>Kota Padang</b>")
    'b-kota-padang-b'
    """
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60] or "tanpa-nama"


def find_district(text: str) -> pd.Series:
    """The kecamatan that a person means by a code, a name or a slug.

    Returns a row of :func:`districts`. Raises :class:`ParameterError` when there is none.

    Examples
    --------
    >>> find_district("curup tengah").district_code
    '17.02.19'
    """
    table = districts()
    wanted = slug(text.removeprefix("Kecamatan ").removeprefix("Kec. "))
    hit = table[(table["district_code"] == text.strip()) | (table["district_slug"] == wanted)]
    if hit.empty:
        codes = ", ".join(f"{r.district_code} {r.district_name}" for r in table.itertuples())
        raise ParameterError(
            f"Kecamatan “{text[:40]}” tidak dikenal", "kecamatan", f"Pilih salah satu: {codes}"
        )
    return hit.iloc[0]


WHOLE = ".0000"


def whole_district(code: str) -> str:
    """The village code that stands for a kecamatan whose desa/kelurahan are not known.

    Examples
    --------
    >>> whole_district("17.02.19")
    '17.02.19.0000'
    """
    return code + WHOLE


def is_whole_district(codes: pd.Series) -> pd.Series:
    """Which village codes stand for a whole kecamatan (bool)."""
    return codes.str.endswith(WHOLE)
