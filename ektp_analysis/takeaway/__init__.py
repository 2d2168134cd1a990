"""What readers take away from an edition: printed briefs and picture cards, one of each per place.

They are set from ``tabel.json`` beside the pages, so that they can say nothing else than the pages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ektp_analysis.takeaway.stage import Made, takeaway_stage

__all__ = ["Made", "takeaway_stage"]


def __getattr__(name: str) -> Any:
    # when asked for: `ektp --help` imports this package and needs no table
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ektp_analysis.takeaway import stage

    return getattr(stage, name)
