"""The tests on each Python of the project that this machine has: ``make nox``.

Packages are the newest that pyproject.toml allows, not the pins of the lock files: so it shows too
when a new release breaks something. A Python that is missing is passed over.
"""

from __future__ import annotations

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
QUICK = [
    "tests/test_worked_examples.py",
    "tests/test_analysis.py",
    "tests/test_parameters.py",
    "tests/test_regions.py",
    "tests/test_privacy.py",
    "tests/analysis/test_laws.py",
    "tests/house/test_quick_start.py",
]

nox.options.sessions = ["quick"]
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


@nox.session(python=PYTHONS)
def quick(session: nox.Session) -> None:
    """A minute of tests: estimators, laws, disclosure control, parameters, the command."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-o", "addopts=", *(session.posargs or QUICK))


@nox.session(python=PYTHONS)
def whole(session: nox.Session) -> None:
    """All tests, as ``make test`` runs them."""
    session.install("-e", ".[test,dev]")
    session.run("python", "-m", "pytest", "-n", "2", *session.posargs)
