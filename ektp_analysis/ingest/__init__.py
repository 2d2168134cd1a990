"""Office files → validated weekly snapshots; individual rows go no further than here."""

from ektp_analysis.ingest.pipeline import IngestReport, ingest, ingest_folder
from ektp_analysis.ingest.week import Limits

__all__ = ["IngestReport", "Limits", "ingest", "ingest_folder"]
