"""The ``ektp`` command answers before pandas and its kin are imported."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys

import pytest

HEAVY = {
    "duckdb", "great_tables", "ipykernel", "jupyter_client", "lifelines", "matplotlib", "nbclient",
    "nbformat", "numpy", "pandas", "pandera", "papermill", "pyarrow", "scipy", "statsmodels",
}  # fmt: skip


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["ingest", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys; from ektp_analysis import cli\n"
        "try: cli.main()\n"
        "finally: print('\\n=', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "200"},
        timeout=120,
        check=False,
    )
    said, _, modules = done.stdout.rpartition("=")
    assert said.strip(), done.stderr
    assert not HEAVY & set(modules.split())


@pytest.mark.parametrize("package", ["execute", "ingest", "sample", "takeaway"])
def test_what_a_package_offers_comes_when_asked_for(package: str) -> None:
    module = importlib.import_module(f"ektp_analysis.{package}")
    for name in module.__all__:
        found = getattr(module, name)
        assert name.isupper() or found.__name__ == name
    with pytest.raises(AttributeError, match="no_such_name"):
        module.no_such_name  # noqa: B018
