"""See docs/architecture: the ``tables`` sub-package."""
