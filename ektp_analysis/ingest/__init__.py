"""Office files → validated weekly snapshots; individual rows go no further than here."""

from ektp_analysis.ingest.pipeline import IngestReport, ingest, ingest_folder

__all__ = ["IngestReport", "ingest", "ingest_folder"]
