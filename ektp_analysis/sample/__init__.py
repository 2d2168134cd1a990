"""The synthetic kabupaten: a small stock-and-flow model with known truth, and its office files."""

from ektp_analysis.sample.parameters import Parameters
from ektp_analysis.sample.simulation import DEFAULT_UNTIL, Simulation, simulate

__all__ = ["DEFAULT_UNTIL", "Parameters", "Simulation", "simulate"]
