"""See docs/architecture: the ``execute`` sub-package."""
