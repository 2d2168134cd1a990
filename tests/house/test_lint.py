"""The quick part of ``make lint`` runs with the tests, so that it cannot rot (mypy takes longer)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    name, *rest = command
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (it comes with the extra “dev”)")
    return subprocess.run(
        [found, *rest], cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-cache", "."),
        ("ruff", "format", "--check", "--no-cache", "."),
        ("lint-imports", "--no-cache"),
        ("codespell",),
    ],
    ids=" ".join,
)
def test_passes(command: tuple[str, ...]) -> None:
    done = _run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_notebook_is_checked() -> None:
    files = _run("ruff", "check", "--show-files").stdout
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert str(notebook) in files


def test_english_typos_are_found_among_indonesian_words(tmp_path: Path) -> None:
    misspelt = "rec" + "ieve"
    page = tmp_path / "page.md"
    page.write_text(f"Paket tabel makin lama: foto bulan Juli.\nThey {misspelt} it.\n")
    words = ROOT / "tests" / "house" / "indonesian_words.txt"
    done = _run("codespell", "--ignore-words", str(words), page.name, folder=tmp_path)
    found = [line for line in done.stdout.splitlines() if "==>" in line]
    assert len(found) == 1
    assert misspelt in found[0]


def test_a_new_module_needs_its_place_among_the_layers(tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "ektp_analysis",
        tmp_path / "ektp_analysis",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "ektp_analysis" / "placeless.py").write_text('"""Nowhere."""\n')
    done = _run("lint-imports", "--no-cache", folder=tmp_path)
    assert done.returncode != 0
    assert "placeless" in done.stdout
