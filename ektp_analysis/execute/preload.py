"""What the parent of warm kernels imports, and where warm kernels can work at all."""

from __future__ import annotations

import gc
import hashlib
import importlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

import ektp_analysis

MODULES = (
    "numpy",
    "pandas",
    "pyarrow.parquet",
    "duckdb",
    "scipy.stats",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "IPython.core.completer",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ektp_analysis.exhibits.load",
)
"""Imported in this order; whatever else ``ektp_analysis.exhibits`` holds is added to it."""

FIXED_ENVIRONMENT = (
    "PYTHONHASHSEED",
    "PYTHONPATH",
    "PYTHONHOME",
    "MPLCONFIGDIR",
    "MATPLOTLIBRC",
    "LANG",
    "LC_ALL",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "EKTP_DATA",
)
"""Variables that are read once, at import or start: parent and kernel must agree on them."""


def can_fork() -> bool:
    """Whether forking after these imports is safe here.

    macOS forbids some system libraries after a fork, and Windows has none; Linux also tells a
    child when its parent has ended.
    """
    return sys.platform.startswith("linux") and hasattr(socket, "send_fds")


def fixed(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a forked kernel cannot change."""
    return {name: environment[name] for name in FIXED_ENVIRONMENT if name in environment}


@contextmanager
def environment_set(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def package_stamp() -> str:
    """Names, sizes and times of the package's files: differs once a file was edited."""
    total = hashlib.sha256()
    for path in sorted(Path(ektp_analysis.__file__).parent.rglob("*.py")):
        found = path.stat()
        total.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return total.hexdigest()


@contextmanager
def without_grammars() -> Iterator[None]:
    """Import nbformat without what jsonschema would make for addresses.

    jsonschema compiles 38 grammars at its import, two seconds, to check the format of URIs where it is
    asked to. nbformat does not ask. The library that holds them is optional there; it is passed over
    while this is open, and can be imported afterwards.
    """
    name = "rfc3987_syntax"
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


def import_all() -> None:
    """Import everything; a library that is missing is left to the notebook's own error."""
    names = list(MODULES)
    try:
        package = importlib.import_module("ektp_analysis.exhibits")
        folder = Path(str(package.__file__)).parent
        names += [
            f"ektp_analysis.exhibits.{path.stem}"
            for path in sorted(folder.glob("*.py"))
            if path.stem != "__init__"
        ]
    except ImportError:
        pass
    # the debugger, which every kernel brings, remarks on frozen modules
    with environment_set({"PYDEVD_DISABLE_FILE_VALIDATION": "1"}):
        for name in [*names, "ipykernel.debugger"]:
            try:
                importlib.import_module(name)
            except ImportError:
                continue
    _use_once()
    # what is alive now is never garbage: kept out of collections, its pages stay shared
    gc.collect()
    gc.freeze()


def _use_once() -> None:
    """Do once what libraries put off to their first use: half a second that each kernel would pay.

    Contracts bring pandera's back ends, holidays all countries, the first figure its fonts. Nothing
    here may start a thread: the parent forks.
    """
    try:
        from ektp_analysis import schema, visit_days
        from ektp_analysis.exhibit import show_figure
        from ektp_analysis.figures.style import new_figure
    except ImportError:
        return
    for contract in schema.TABLES.values():
        contract.validate(contract.empty())
    visit_days.national_holidays(2024)
    figure, axes = new_figure("0123456789")
    axes.plot([0, 1], [0, 1], label="0")
    axes.legend()
    show_figure(figure, name="pemanasan", finding="", data=pd.DataFrame())
