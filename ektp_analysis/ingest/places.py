"""Names of desa/kelurahan as offices write them → codes, or the three nearest names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import pandas as pd
from rapidfuzz import fuzz, process

from ektp_analysis import regions
from ektp_analysis.ingest.headers import normalise
from ektp_analysis.ingest.place_words import DISTRICT_WORDS, KINDS, NUMBERING, fits, tokens

FUZZY_SCORE = 88
CLEAR_LEAD = 4
MIN_FUZZY_LENGTH = 5
BELONG_SHARE = 0.5
"""Share of the rows below a name that must be in that kecamatan before it is their heading."""


@dataclass(frozen=True)
class Place:
    """What a pair of names was taken for.

    Attributes
    ----------
    code
        Village code, or None.
    nearest
        When there is no code: up to three names that are near, with their kecamatan.
    problem
        When there is no code: ``blank``, ``district`` (kecamatan not known), ``several`` (the name
        is in several kecamatan) or ``village``.
    """

    code: str | None
    nearest: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class _Name:
    code: str
    words: tuple[str, ...]
    kind: str
    district: str
    shown: str

    @property
    def key(self) -> str:
        return "".join(self.words)


@cache
def _villages() -> tuple[_Name, ...]:
    return tuple(
        _Name(
            row["village_code"],
            tokens(row["village_name"]),
            row["village_kind"],
            row["district_code"],
            f"{'Desa' if row['village_kind'] == 'desa' else 'Kel.'} {row['village_name']} "
            f"({row['district_name']})",
        )
        for row in regions.villages().to_dict("records")
    )


@cache
def _districts() -> tuple[_Name, ...]:
    return tuple(
        _Name(
            row["district_code"],
            tokens(row["district_name"]),
            "",
            row["district_code"],
            row["district_name"],
        )
        for row in regions.districts().to_dict("records")
    )


def _choose(words: tuple[str, ...], names: tuple[_Name, ...]) -> list[_Name]:
    """The names that the words mean: exactly, else shortened, else alone by far the most similar."""
    key = "".join(words)
    exact = [n for n in names if n.words == words or n.key == key]
    if exact:
        return exact
    if short := [n for n in names if fits(words, n.words) or fits(n.words, words)]:
        return short
    if len(key) < MIN_FUZZY_LENGTH:
        return []
    # a number is a name's most telling part: II is no slip for III
    digits = [w for w in words if w.isdigit()]
    alike = [n for n in names if [w for w in n.words if w.isdigit()] == digits]
    ranked = process.extract(
        " ".join(words), [" ".join(n.words) for n in alike], scorer=fuzz.ratio, limit=2
    )
    if not ranked or ranked[0][1] < FUZZY_SCORE:
        return []
    if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < CLEAR_LEAD:
        return []
    return [alike[ranked[0][2]]]


def _nearest(words: tuple[str, ...], names: tuple[_Name, ...]) -> tuple[str, ...]:
    ranked = process.extract(
        " ".join(words), [" ".join(n.words) for n in names], scorer=fuzz.WRatio, limit=3
    )
    return tuple(names[index].shown for _, _, index in ranked)


@lru_cache(maxsize=4096)
def match_district(text: str) -> Place:
    """The kecamatan that a name means; ``code`` is a kecamatan's.

    Examples
    --------
    >>> match_district("KEC. CURUP TGH").code, match_district("PUT").code
    ('17.02.19', '17.02.07')
    """
    if code := re.fullmatch(r"\s*(\d{2})\.?(\d{2})\.?(\d{2})\s*", text):
        joined = ".".join(code.groups())
        if any(n.code == joined for n in _districts()):
            return Place(joined)
    words = tuple(w for w in tokens(NUMBERING.sub("", text)) if w not in DISTRICT_WORDS)
    if not words:
        return Place(None, (), "blank")
    chosen = _choose(words, _districts())
    if len(chosen) == 1:
        return Place(chosen[0].code)
    return Place(None, _nearest(words, _districts()), "district")


@lru_cache(maxsize=65536)
def match_village(district: str, village: str) -> Place:
    """The desa/kelurahan that a pair of names means.

    Parameters
    ----------
    district
        Kecamatan as written; "" when the file does not say.
    village
        Desa/kelurahan as written: a name with or without its kind, or a code.

    Examples
    --------
    >>> match_village("Curup Utara", "DS. BATU PANCO").code
    '17.02.16.2005'
    >>> match_village("PUT", "Belumai 2").code
    '17.02.07.2008'
    >>> match_village("", "Suka Rami").problem
    'several'
    """
    if code := re.fullmatch(r"\s*(\d{2})\.?(\d{2})\.?(\d{2})\.?(\d{4})\s*", village):
        joined = ".".join(code.groups())
        if any(n.code == joined for n in _villages()):
            return Place(joined)
    written = tokens(NUMBERING.sub("", village))
    kinds = {KINDS[w] for w in written if w in KINDS}
    words = tuple(w for w in written if w not in KINDS) or written
    if not words:
        return Place(None, (), "blank")
    names = _villages()
    if normalise(district):
        where = match_district(district)
        if where.code is None:
            return Place(None, where.nearest, "district")
        names = tuple(n for n in names if n.district == where.code)
    chosen = _choose(words, names)
    if len(chosen) > 1 and len(kinds) == 1:
        chosen = [n for n in chosen if n.kind in kinds]
    if len(chosen) == 1:
        return Place(chosen[0].code)
    if chosen:
        return Place(None, tuple(n.shown for n in chosen[:3]), "several")
    return Place(None, _nearest(words, names), "village")


def belongs(district: str, villages: Sequence[str]) -> bool:
    """Whether the places below a name are that kecamatan's.

    Examples
    --------
    >>> belongs("Curup Utara", ["Perbo", "Batu Dewa", "?"]), belongs("Curup Utara", [])
    (True, False)
    """
    inside = sum(match_village(district, village).code is not None for village in villages)
    return bool(villages) and inside >= BELONG_SHARE * len(villages)


def village_codes(pairs: pd.DataFrame) -> pd.DataFrame:
    """Code of each spelling of (district, village).

    Parameters
    ----------
    pairs
        Columns ``district`` (str or missing) and ``village`` (str or missing).

    Returns
    -------
    DataFrame
        The pairs with ``village_code`` (str; missing when it is not known), ``nearest`` (str, up to
        three names joined by semicolons) and ``problem`` (str).
    """
    places = [
        match_village(_text(district), _text(village))
        for district, village in zip(pairs["district"], pairs["village"], strict=True)
    ]
    return pairs.assign(
        village_code=pd.array([p.code for p in places], dtype="string"),
        nearest=["; ".join(p.nearest) for p in places],
        problem=[p.problem for p in places],
    )


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]


def district_in(text: str) -> str | None:
    """The kecamatan that a title, sheet name or file name is about, if it is certain.

    Examples
    --------
    >>> district_in("REKAP PEREKAMAN KECAMATAN CURUP TENGAH TAHUN 2024")
    'Curup Tengah'
    >>> district_in("Curup Utara"), district_in("DATA PENDUDUK"), district_in("Sheet1")
    ('Curup Utara', None, None)
    """
    words = tokens(text)
    for at, word in enumerate(words):
        if word in DISTRICT_WORDS:
            for length in (4, 3, 2, 1):
                part = " ".join(words[at + 1 : at + 1 + length])
                chosen = _choose(tokens(part), _districts()) if part else []
                if len(chosen) == 1 and len(words[at + 1 : at + 1 + length]) <= len(
                    chosen[0].words
                ):
                    return chosen[0].shown
    if len(words) <= 4 and words:
        place = match_district(text)
        if place.code:
            return next(n.shown for n in _districts() if n.code == place.code)
    return None


def district_about(texts: Iterable[str], file: str = "") -> str | None:
    """The kecamatan that a table is about by its titles and its sheet's name, taken one by one.

    Parameters
    ----------
    texts
        Cells above the header, and the name of the sheet.
    file
        Name of the file, which counts only when it says “Kec.” and nothing else names one.

    Returns
    -------
    str or None
        None also when they name different ones: then the rows must tell.

    Examples
    --------
    >>> district_about(["DINAS DUKCAPIL", "REKAP", "Per 2 Agustus 2024", "KOTA PADANG"])
    'Kota Padang'
    >>> district_about(["KECAMATAN CURUP", "Curup Utara"])
    >>> district_about(["REKAP"], "penduduk Kec. Curup Utara.csv")
    'Curup Utara'
    """
    found = {name for text in texts if (name := district_in(text))}
    if not found and DISTRICT_WORDS & set(normalise(file).split()):
        found = {name for name in (district_in(file.rsplit(".", 1)[0]),) if name}
    return found.pop() if len(found) == 1 else None


def village_in(text: str) -> str | None:
    """The desa/kelurahan that a title is about, as written, if it is certain.

    Examples
    --------
    >>> village_in("DAFTAR PENDUDUK DESA BATU PANCO KECAMATAN CURUP UTARA")
    'BATU PANCO'
    >>> village_in("DATA PER DESA")
    """
    words = tokens(text)
    district = district_in(text) or ""
    for at, word in enumerate(words):
        if word in KINDS:
            for length in (4, 3, 2, 1):
                part = " ".join(words[at + 1 : at + 1 + length])
                if part and match_village(district, part).code:
                    return part
    return None
