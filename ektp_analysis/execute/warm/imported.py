"""Importing this module imports everything: for ``multiprocessing``'s fork server."""

from ektp_analysis.execute.preload import import_all

import_all()
