"""How much the yields of visits differ between villages, and between visits to one village.

Some eighty pairs of visits to the same village tell the two apart poorly. So no single estimate is
returned, but every pair of variances with its probability given the visits.
"""

from __future__ import annotations

import numpy as np

from ektp_analysis.poisson import Floats, Ints

Variances = tuple[tuple[float, float, float], ...]
"""Level variance, luck variance, probability; squared coefficients of variation."""
DIVISIONS = (np.arange(20) + 0.5) / 20
"""Shares of the relative variance that may lie between villages; equally probable before any visit."""
AROUND = np.linspace(0.3, 2.5, 23)
"""Relative variances that may be true, over its moment estimate; equally probable before any visit."""
NEGLIGIBLE = 1e-5


def likely_variances(village: Ints, relative: Floats, chance: Floats) -> Variances:
    """Pairs of variances with their probability given the visits.

    Parameters
    ----------
    village
        Number of each visit's village, from 0 on, none left out.
    relative
        Recordings over those expected, less 1; taken as normal.
    chance
        Variance of ``relative`` by the chance of who comes.

    Returns
    -------
    Variances
        Pairs with less than 1 in 100,000 are left out.
    """
    total = _moment_variance(relative, chance)
    pairs = [
        (float(share * around * total), float((1 - share) * around * total))
        for around in AROUND
        for share in DIVISIONS
    ]
    likelihood = np.array([_log_likelihood(*pair, village, relative, chance) for pair in pairs])
    probability = np.exp(likelihood - likelihood.max())
    probability /= probability.sum()
    return tuple(
        (level, luck, float(p))
        for (level, luck), p in zip(pairs, probability, strict=True)
        if p > NEGLIGIBLE
    )


def _moment_variance(relative: Floats, chance: Floats) -> float:
    """Squared coefficient of variation of a visit beyond chance: village's level and luck."""
    weight = 1 / (chance + 0.1)
    return max(float((weight * (relative**2 - chance)).sum() / weight.sum()), 1e-4)


def _log_likelihood(
    level: float, luck: float, village: Ints, relative: Floats, chance: Floats
) -> float:
    own = luck + chance
    weight = np.bincount(village, weights=1 / own)
    pull = np.bincount(village, weights=relative / own)
    # determinant and inverse of diag(own) + level 11' of each village
    separate = np.log(own).sum() + (relative**2 / own).sum()
    shared = (np.log1p(level * weight) - level * pull**2 / (1 + level * weight)).sum()
    return float(-(separate + shared) / 2)
