"""The one family of errors that a person reads.

An :class:`EktpError` is a sentence in Bahasa Indonesia for staff: what happened, where, and what
to do. It never carries a value from a row about a person. Anything else that is raised is a bug
and keeps its traceback.
"""

from __future__ import annotations


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
