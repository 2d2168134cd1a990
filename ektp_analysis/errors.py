"""The one family of errors that a person reads.

An :class:`EktpError` is a sentence in Bahasa Indonesia for staff: what happened, where, and what
to do. It never carries a value from a row about a person. Anything else that is raised is a bug
and keeps its traceback.

Exit codes of ``ektp`` (a scheduler may act on them; ``docs/penerbitan.md``): 0 all done, 2 wrong
use, settings, input or store, 3 a report could not be made, 4 the site was not published, 5 another
run is busy, 6 published here but not delivered everywhere, 7 the installation needs mending (``ektp
doctor``), 70 a bug, 130 interrupted.
"""

from __future__ import annotations

import errno

UNEXPECTED = 70
"""Exit code of an error that no one foresaw (EX_SOFTWARE of sysexits.h)."""
_REASONS = {
    errno.ENOSPC: "ruang disk habis",
    errno.EDQUOT: "jatah ruang disk habis",
    errno.EFBIG: "berkas melebihi batas ukuran",
    errno.EROFS: "disk hanya dapat dibaca",
    errno.EACCES: "tidak ada izin",
    errno.EPERM: "tidak ada izin",
    errno.ENOENT: "berkas atau folder tidak ada",
    errno.EIO: "disk bermasalah",
    errno.EMFILE: "terlalu banyak berkas terbuka",
}


def disk_reason(error: BaseException) -> str:
    """Why the disk did not take or give something, in Indonesian.

    Examples
    --------
    >>> disk_reason(OSError(errno.ENOSPC, "No space left on device"))
    'ruang disk habis'
    """
    return _REASONS.get(getattr(error, "errno", None) or 0, "kesalahan baca-tulis")


class EktpError(Exception):
    """A mistake that the reader can mend.

    Parameters
    ----------
    what
        What is wrong, one Indonesian sentence without a full stop.
    where
        File, sheet, row, column or parameter; empty when it has no place.
    mend
        What to do, one Indonesian sentence without a full stop.
    """

    exit_code = 2

    def __init__(self, what: str, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what, where, mend)

    def __str__(self) -> str:
        parts = [self.what, f"({self.where})" if self.where else ""]
        sentence = " ".join(part for part in parts if part).rstrip(".") + "."
        return f"{sentence} {self.mend.rstrip('.')}." if self.mend else sentence


class ParameterError(EktpError):
    """A report parameter that is not valid: unknown kecamatan, future date, date without data."""


class InputError(EktpError):
    """An office file that cannot be used as it is."""


class StoreError(EktpError):
    """The weekly store lacks what is asked of it, or is damaged."""


class ExecutionError(EktpError):
    """A notebook could not be made into a report."""

    exit_code = 3


class SiteError(EktpError):
    """The site could not be rendered, failed a check, or could not be published."""

    exit_code = 4


class BusyError(SiteError):
    """Another run holds the lock: nothing is wrong, nothing was changed."""

    exit_code = 5


class DeliveryError(SiteError):
    """The edition is up on this machine, but a target did not take it."""

    exit_code = 6


class InstallationError(EktpError):
    """The machine lacks something that the project needs."""

    exit_code = 7
