"""environment.yml, pyproject.toml and the lock files speak of the same packages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CONDA_NAMES = {"python-duckdb": "duckdb"}
CONDA_ONLY = {"python", "pip", "quarto"}


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _runtime() -> dict[str, Requirement]:
    found = [Requirement(line) for line in _project()["dependencies"]]
    return {canonicalize_name(r.name): r for r in found}


def _optional() -> dict[str, Requirement]:
    lines = [line for extra in _project()["optional-dependencies"].values() for line in extra]
    return {canonicalize_name(Requirement(line).name): Requirement(line) for line in lines}


def _conda() -> dict[str, Requirement]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    plain = [item for item in listed if isinstance(item, str)]
    from_pip = [line for item in listed if isinstance(item, dict) for line in item["pip"]]
    found = [Requirement(line) for line in plain + from_pip if not line.startswith("-e")]
    return {
        canonicalize_name(CONDA_NAMES.get(r.name, r.name)): r
        for r in found
        if r.name not in CONDA_ONLY
    }


def _pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text()
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", text, re.M)
    }


def test_conda_has_every_runtime_package_with_the_same_bounds() -> None:
    conda = _conda()
    for name, requirement in _runtime().items():
        assert name in conda, f"{name} is missing in environment.yml"
        assert conda[name].specifier == requirement.specifier, name


def test_conda_has_nothing_that_pyproject_does_not_declare() -> None:
    assert set(_conda()) <= set(_runtime()) | set(_optional())


def test_conda_brings_the_fixed_tools_from_conda_forge() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["channels"] == ["conda-forge"]
    names = {re.split(r"[<>=]", d)[0] for d in environment["dependencies"] if isinstance(d, str)}
    assert {"python", "jupyter", "papermill", "pandas", "matplotlib", "quarto", "nbval"} <= names


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_locks_pin_what_pyproject_asks_with_hashes_and_no_address(lock: str) -> None:
    pins = _pins(lock)
    for name, requirement in _runtime().items():
        assert requirement.specifier.contains(pins[name]), f"{name} {pins[name]}"
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert text.count("--hash=sha256:") >= len(pins)


def test_both_locks_agree() -> None:
    runtime, test = _pins("requirements.lock"), _pins("requirements-test.lock")
    assert {name: test.get(name) for name in runtime} == runtime


def test_every_dependency_says_what_it_is_for() -> None:
    block = (ROOT / "pyproject.toml").read_text().split("dependencies = [")[1].split("\n]")[0]
    assert all("#" in line for line in block.strip().splitlines())
