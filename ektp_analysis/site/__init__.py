"""See docs/architecture: the ``site`` sub-package."""
