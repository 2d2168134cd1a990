"""How fast the villages record on their own: each its own rate, shrunk to its kecamatan's.

Gamma and Poisson in two levels (Marshall, 1991, *Applied Statistics* 40). Villages are shrunk to their
kecamatan, and that to the kabupaten. One mean for all would slow down the villages of a kecamatan that
is finished, where newcomers are recorded within weeks, and predict a backlog there that does not come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ektp_analysis.poisson import Floats, Ints

LOW = 1e-4
"""Recordings per person and week, of which half of one was seen, where no recording was seen at all."""


@dataclass(frozen=True)
class OwnRates:
    """What the window tells about the rates.

    Attributes
    ----------
    recorded, exposure
        Own recordings in the window, and the weeks of backlog behind them (village).
    shape
        Of the gamma distribution of a village's rate over its kecamatan's.
    district
        Number of each village's kecamatan, from 0 on.
    mean, told
        Rate of each kecamatan, and the number of recordings that would tell it as well as its
        villages do, which differ.
    """

    recorded: Floats
    exposure: Floats
    shape: float
    district: Ints
    mean: Floats
    told: Floats

    def draw(self, draws: int, rng: np.random.Generator) -> Floats:
        """Rates that may be true (draw × village): first the kecamatan's, then, given it, its villages'.

        A village that is shrunk to a mean is as uncertain as that mean.
        """
        mean = self.mean * rng.gamma(self.told, 1 / self.told, (draws, len(self.told)))
        prior = self.shape / mean[:, self.district]
        return rng.gamma(self.recorded + self.shape, 1 / (self.exposure + prior))


def fit_own_rates(recorded: Floats, exposure: Floats, district: Ints) -> OwnRates:
    """Rates of the villages from their recordings.

    Parameters
    ----------
    recorded, exposure, district
        See :class:`OwnRates`; recordings and weeks of backlog, not below 0.
    """
    together = np.bincount(district, recorded).astype(float)
    time = np.bincount(district, exposure).astype(float)
    overall = recorded.sum() / exposure.sum() if recorded.sum() else LOW
    between = _gamma_shape(together, time * overall)
    mean = (together + between) / (time + between / overall)
    usual = exposure * mean[district]
    shape = _gamma_shape(recorded, usual)
    own = np.bincount(district, usual * shape / (usual + shape))
    # what the other kecamatan tell by way of the kabupaten's mean; nothing where there is one only
    across = own * between / (own + between)
    others = across.sum() - across
    told = np.maximum(own + between * others / (between + others), 0.5)
    return OwnRates(recorded, exposure, shape, district, mean, told)


def _gamma_shape(events: Floats, expected: Floats) -> float:
    """Shape of the gamma distribution (mean 1) of events over those expected, by moments."""
    known = expected > 0
    if not events.sum() or not known.any():
        return 0.5
    ratio, weight = events[known] / expected[known], expected[known]
    variance = float((weight * (ratio - 1) ** 2).sum() / weight.sum() - 1 / weight.mean())
    return 1 / max(variance, 0.05**2)
