"""Village names as offices write them → village codes."""

from __future__ import annotations

import re

import pandas as pd
from rapidfuzz import fuzz, process

from ektp_analysis import regions
from ektp_analysis.ingest.headers import normalise

FUZZY_SCORE = 88
_KIND = re.compile(r"^(DESA|DS|DUSUN|KELURAHAN|KEL|KL)\s+")


def village_codes(pairs: pd.DataFrame) -> pd.DataFrame:
    """Code of each spelling of (district, village).

    A name is matched exactly after normalising, else to the one close spelling in its kecamatan
    (or in the kabupaten, when the file has no kecamatan); when two villages fit, none is taken.

    Parameters
    ----------
    pairs
        Columns ``district`` (str or missing) and ``village`` (str or missing).

    Returns
    -------
    DataFrame
        The pairs with ``village_code`` (str; missing when it is not known).
    """
    table = regions.villages()
    known = pd.DataFrame(
        {
            "code": table["village_code"],
            "village": table["village_name"].map(normalise),
            "kind": table["village_kind"],
            "district": table["district_name"].map(normalise),
        }
    )
    districts = known["district"].unique().tolist()
    codes = [
        _code(district, village, known, districts)
        for district, village in zip(pairs["district"], pairs["village"], strict=True)
    ]
    return pairs.assign(village_code=pd.array(codes, dtype="string"))


def _code(
    district: object, village: object, known: pd.DataFrame, districts: list[str]
) -> str | None:
    if pd.isna(village):  # type: ignore[call-overload]
        return None
    if regions_code := re.fullmatch(r"(\d{2})\.?(\d{2})\.?(\d{2})\.?(\d{4})", str(village).strip()):
        code = ".".join(regions_code.groups())
        return code if code in set(known["code"]) else None
    written = normalise(village)
    name = _KIND.sub("", written)
    kind = {"D": "desa", "K": "kelurahan"}.get(written[:1]) if name != written else None
    near = known
    if not pd.isna(district) and normalise(district):  # type: ignore[call-overload]
        wanted = re.sub(r"^KEC(AMATAN)?\s+", "", normalise(district))
        best = process.extractOne(wanted, districts, scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE)
        if best is None:
            return None
        near = known[known["district"] == best[0]]
    exact = near[near["village"] == name]
    if len(exact) > 1 and kind:
        exact = exact[exact["kind"] == kind]
    if len(exact):
        return str(exact["code"].iloc[0]) if len(exact) == 1 else None
    names = near["village"].tolist()
    close = process.extract(name, names, scorer=fuzz.ratio, score_cutoff=FUZZY_SCORE, limit=2)
    if not close or (len(close) == 2 and close[1][1] == close[0][1]):
        return None
    return str(near["code"].iloc[close[0][2]])
