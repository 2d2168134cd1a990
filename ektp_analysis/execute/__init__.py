"""Report notebooks × kecamatan, run by papermill: plan, cache, parallel workers."""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {"Unit": "plan", "make_plan": "plan", "Outcome": "run", "execute": "run"}

__all__ = ["Outcome", "Unit", "execute", "make_plan"]


def __getattr__(name: str) -> Any:
    # when asked for: papermill imports the engine below this package in every run of its own
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
