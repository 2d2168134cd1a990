"""The synthetic kabupaten: a small stock-and-flow model with known truth, and its office files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ektp_analysis.sample.parameters import Parameters
    from ektp_analysis.sample.simulation import DEFAULT_UNTIL, Simulation, simulate

__all__ = ["DEFAULT_UNTIL", "Parameters", "Simulation", "simulate"]


def __getattr__(name: str) -> Any:
    # when asked for: `ektp --help` imports this package and needs no table
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ektp_analysis.sample import parameters, simulation

    return getattr(parameters if name == "Parameters" else simulation, name)
