"""What a NIK says of itself: region, birth date and sex, as SQL over a column of whole numbers.

A NIK is PP RR DD TTMMYY NNNN: province, regency and district where it was *first* issued, the birth
date (the day plus 40 for women) and a serial number. It is kept for life, so that another place
than the list's is no fault: most offices have residents who moved in.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ektp_analysis import regions

PROVINCES = (
    11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 31, 32, 33, 34, 35, 36, 51, 52, 53, 61, 62, 63, 64, 65,
    71, 72, 73, 74, 75, 76, 81, 82, 91, 92, 93, 94, 95, 96,
)  # fmt: skip
"""Province numbers in the Ministry of Home Affairs' *Kode dan Data Wilayah Administrasi*."""
SYNTHETIC = 99
"""The province of the sample kabupaten's NIK, which is nobody's."""

_REGION = "nik // 10000000000"
PROVINCE_UNKNOWN = f"(nik // 100000000000000) NOT IN {(*PROVINCES, SYNTHETIC)}"
"""Whether no province issued the NIK."""


def district_unknown_sql() -> str:
    """Whether the NIK is the office's own regency's, but of no district that it has."""
    return f"({_own()} AND ({_REGION}) % 100 NOT IN ({', '.join(map(str, sorted(_districts())))}))"


@cache
def known_regions() -> np.ndarray:
    """Whether a NIK that begins with a number of six digits is neither of both, by that number."""
    known = np.zeros(1_000_000, dtype=bool)
    for province in (*PROVINCES, SYNTHETIC):
        known[province * 10_000 : (province + 1) * 10_000] = True
    own = int(regions.REGENCY_CODE.replace(".", "")) * 100
    known[own : own + 100] = False
    known[[own + district for district in _districts()]] = True
    return known


def _own() -> str:
    return f"nik // 1000000000000 = {int(regions.REGENCY_CODE.replace('.', ''))}"


def _districts() -> set[int]:
    """Numbers of the office's districts; 0 for an office that lists none."""
    return {int(code.rsplit(".", 1)[1]) for code in regions.districts()["district_code"]} or {0}
