"""Office files → validated weekly snapshots; individual rows go no further than here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ektp_analysis.ingest.pipeline import IngestReport, ingest, ingest_folder
    from ektp_analysis.ingest.week import Limits

__all__ = ["IngestReport", "Limits", "ingest", "ingest_folder"]


def __getattr__(name: str) -> Any:
    # when asked for: `ektp --help` imports this package and needs no table
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ektp_analysis.ingest import pipeline, week

    return getattr(week if name == "Limits" else pipeline, name)
