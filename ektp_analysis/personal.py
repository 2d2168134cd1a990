"""What looks like data about a person or a machine in a text, and how it is taken out of messages."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator

RUN = re.compile(r"(?<!\d)\d{16}(?!\d)")
GROUPED = re.compile(
    r"(?<![\d.,])(?:\d{4}([ .-])\d{4}\1\d{4}\1\d{4}|\d{6}([ .-])\d{6}\2\d{4})(?![\d.,])"
)
"""Sixteen digits in the groups in which a NIK is written or read out."""
SHEET_NUMBER = re.compile(r"(?<![\d.])(\d[.,]\d{8,15})E\+?15(?!\d)", re.I)
"""A NIK that a spreadsheet keeps as a number."""
HEX_RUN = re.compile(r"[0-9A-Fa-f]{24,}")
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])")
ROOTS = ("home", "root", "Users", "tmp", "var", "opt", "usr", "mnt", "srv", "etc", "private", "work",
         "workspace", "workspaces")  # fmt: skip
MACHINE_PATH = re.compile(
    rf"(?<![\w/.:])(?:file:)?/{{1,3}}(?:{'|'.join(ROOTS)})/[\w.-]+"
    r"|(?<!\w)[A-Za-z]:\\{1,2}(?:Users|Documents|Windows|Temp|Program)[\w\\ .-]*"
)
PATH_STARTS = (*(f"/{root}/" for root in ROOTS), ":\\")
"""One of these is in every text that ``MACHINE_PATH`` finds something in."""
LONG_DIGITS = re.compile(r"\d(?:[ .-]?\d){9,}")


def plausible_nik(digits: str) -> bool:
    """Whether 16 digits can be a NIK: region, birth date (day + 40 for women), serial number.

    Examples
    --------
    >>> plausible_nik("9902195201900001"), plausible_nik("9902193202900001")
    (True, False)
    """
    province, day, month, year = (int(digits[a:b]) for a, b in ((0, 2), (6, 8), (8, 10), (10, 12)))
    if not 11 <= province <= 99 or digits[12:] == "0000" or not 1 <= month <= 12:
        return False
    day -= 40 if day > 40 else 0
    return any(
        1 <= day <= calendar.monthrange(century + year, month)[1] for century in (1900, 2000)
    )


def digit_runs(text: str, *, grouped: bool = True) -> Iterator[str]:
    """Runs of 16 digits that may stand for a NIK.

    Decimals (coordinates) and hexadecimal digests are passed over. Without ``grouped`` digits in
    groups are, too: in the path of a drawing they are coordinates.

    Examples
    --------
    >>> list(digit_runs("9902 1952 0190 0001; 102.9902195201900001; 0123456789abcdef9902195201900001"))
    ['9902195201900001']
    """
    for hit in RUN.finditer(text):
        start, end = hit.span()
        if re.search(r"\d\.$", text[max(start - 2, 0) : start]):
            continue  # decimals
        around = HEX_RUN.search(text, max(start - 128, 0), min(end + 128, len(text)))
        if around and around.start() <= start and around.end() >= end:
            continue
        yield hit.group()
    if grouped:
        for hit in GROUPED.finditer(text):
            yield re.sub(r"\D", "", hit.group())
    for hit in SHEET_NUMBER.finditer(text) if "E+" in text or "e+" in text or "E15" in text else ():
        yield f"{round(float(hit[1].replace(',', '.')) * 1e15):016d}"


def niks(text: str) -> list[str]:
    """Digit runs of a text that are plausible as NIK.

    Examples
    --------
    >>> niks("1,9902195201900001;1722556800000000")
    ['9902195201900001']
    """
    return [digits for digits in digit_runs(text) if plausible_nik(digits)]


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """A message without long numbers, e-mail addresses, and the values given.

    Examples
    --------
    >>> redact("baris 12: 9902195201900001, siti@contoh.id")
    'baris 12: …, …'
    """
    for secret in secrets:
        if len(secret) > 2:
            text = text.replace(secret, "…")
    return EMAIL.sub("…", LONG_DIGITS.sub("…", text))
