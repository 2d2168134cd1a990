"""See docs/architecture: the ``figures`` sub-package."""
