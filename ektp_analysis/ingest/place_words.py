"""Words of the names of places: numerals, shortened forms, and what says that it is a desa or a kecamatan."""

from __future__ import annotations

import re

from ektp_analysis.ingest.headers import normalise

_ROMAN = {
    "I": "1", "II": "2", "III": "3", "IV": "4", "V": "5", "VI": "6", "VII": "7", "VIII": "8",
    "IX": "9", "X": "10",
}  # fmt: skip
_WORDS = {
    "SATU": "1", "DUA": "2", "TIGA": "3", "EMPAT": "4", "LIMA": "5", "ENAM": "6", "TUJUH": "7",
    "DELAPAN": "8", "SEMBILAN": "9", "SEPULUH": "10", "SERATUS": "100",
}  # fmt: skip
KINDS = {
    "DESA": "desa", "DS": "desa", "KELURAHAN": "kelurahan", "KEL": "kelurahan", "KL": "kelurahan",
    "KLH": "kelurahan",
}  # fmt: skip
DISTRICT_WORDS = {"KECAMATAN", "KEC", "KCM"}
NUMBERING = re.compile(r"^\s*(?:\d{1,3}|[IVX]+)[.)]\s+")
"""What counts a name; other letters with a dot shorten a word (S. Kelingi)."""
_COUNTER = re.compile(r"\(?(?:[IVXLC]+|\d{1,3}|[A-Z])[.)]?")
END_WORDS = {
    "KABUPATEN",
    "KAB",
    "PROVINSI",
    "PROV",
    "TAHUN",
    "PER",
    "TANGGAL",
    "JUMLAH",
    "TOTAL",
    "JML",
}
"""Words that end the name of a place in a heading."""


def tokens(text: object) -> tuple[str, ...]:
    """Words of a name; Roman numerals and number words as digits.

    Examples
    --------
    >>> tokens("Belumai-II"), tokens("PAL7"), tokens("Pal Seratus")
    (('BELUMAI', '2'), ('PAL', '7'), ('PAL', '100'))
    """
    words = re.sub(r"(?<=[A-Z])(?=\d)|(?<=\d)(?=[A-Z])", " ", normalise(text)).split()
    return tuple(_ROMAN.get(w) or _WORDS.get(w) or w for w in words)


def _abbreviates(short: str, word: str) -> bool:
    """Whether a token is a word or its shortening: same first letter, its letters in order."""
    if short == word:
        return True
    if len(short) >= len(word) or short[0] != word[0] or not short.isalpha():
        return False
    letters = iter(word)
    return all(letter in letters for letter in short)


def fits(written: tuple[str, ...], name: tuple[str, ...]) -> bool:
    """Whether written words are a name, its words shortened or given by their initials.

    Examples
    --------
    >>> fits(("CURUP", "TGH"), ("CURUP", "TENGAH")), fits(("PUT",), ("PADANG", "ULAK", "TANDING"))
    (True, True)
    >>> fits(("CURUP",), ("CURUP", "TENGAH"))
    False
    """
    if not written:
        return not name
    if not name:
        return False
    first, rest = written[0], written[1:]
    if _abbreviates(first, name[0]) and fits(rest, name[1:]):
        return True
    initials = "".join(word[0] for word in name[: len(first)])
    return len(first) >= 2 and first == initials and fits(rest, name[len(first) :])


def says_district(text: object) -> bool:
    """Whether a text says that it names a kecamatan.

    Examples
    --------
    >>> says_district("KEC. CURUP"), says_district("II. Kecamatan : Curup"), says_district("Curup")
    (True, True, False)
    """
    return bool(DISTRICT_WORDS & set(_unnumbered(text)[:1]))


def says_village(text: object) -> bool:
    """Whether a text says that it names a desa or kelurahan.

    Examples
    --------
    >>> says_village("Kel. Kota Padang"), says_village("Kota Padang")
    (True, False)
    """
    return bool(KINDS.keys() & set(_unnumbered(text)[:1]))


def heading_parts(text: object) -> tuple[str, str] | None:
    """Kecamatan and desa/kelurahan of a heading that says which it names, "" for the one it does not.

    Examples
    --------
    >>> heading_parts("II. KECAMATAN : CURUP TENGAH"), heading_parts("Desa Perbo Kec. Curup Utara")
    (('CURUP TENGAH', ''), ('CURUP UTARA', 'DESA PERBO'))
    >>> heading_parts("Kepala Desa Perbo"), heading_parts("KECAMATAN")
    (None, None)
    """
    parts: dict[str, list[str]] = {"district": [], "village": []}
    words = _unnumbered(text)
    if not words or words[0] not in DISTRICT_WORDS | KINDS.keys():
        return None
    place = ""
    for word in words:
        if word in END_WORDS:
            break
        if word in DISTRICT_WORDS:
            place = "district"
            continue
        if word in KINDS and not parts["village"]:
            place = "village"
        parts[place].append(word)
    district, village = parts["district"], parts["village"]
    if set(village) <= KINDS.keys():
        village = []
    return (" ".join(district), " ".join(village)) if district or village else None


def is_counter(text: str) -> bool:
    """Whether a cell only counts what stands beside it.

    Examples
    --------
    >>> is_counter("II."), is_counter("3"), is_counter("Perbo")
    (True, True, False)
    """
    return bool(_COUNTER.fullmatch(text.strip().upper()))


def _unnumbered(text: object) -> list[str]:
    """Words of a name without the number or letter that counts it."""
    words = normalise(text).split()
    if len(words) > 1 and re.match(r"\s*\(?(?:\d{1,3}|[IVXLC]+|[A-Z])[.)]", str(text), re.I):
        return words[1:]
    return words
