"""See docs/architecture: the ``sample`` sub-package."""
