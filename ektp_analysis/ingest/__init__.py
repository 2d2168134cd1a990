"""See docs/architecture: the ``ingest`` sub-package."""
