"""An attacker: all published numbers as a linear system, and what it tells of the hidden counts.

Counts are integers and not negative; a count shown as “<5” is 1 to 4; one concealed as “•” is, for
who knows the rule, either 0 or not small. The extremes of each hidden count are found by mixed
integer programming (HiGHS through scipy).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import lil_array

FAR = 1_000_000.0
GAP = 100_000.0
"""Factor of the gap: times the solver's tolerance it must stay well under 1."""


@dataclass
class Audit:
    """A growing system of what was published about named counts."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    names: dict[Hashable, int] = field(default_factory=dict)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    watched: list[Hashable] = field(default_factory=list)
    _matrix: Any = None

    def cell(self, name: Hashable, low: float = 0.0, high: float = FAR) -> int:
        """A count; bounds learned twice are intersected."""
        self._matrix = None
        if name not in self.names:
            self.names[name] = len(self.low)
            self.low.append(-FAR if low < 0 else 0.0)
            self.high.append(FAR)
        at = self.names[name]
        self.low[at], self.high[at] = max(self.low[at], low), min(self.high[at], high)
        return at

    def shown(self, name: Hashable, value: float) -> None:
        """A count that was printed."""
        self.cell(name, value, value)

    def hidden(self, name: Hashable, low: float = 0.0, high: float = FAR) -> None:
        """A count that was printed as hidden, and may be bounded."""
        self.cell(name, low, high)
        if name not in self.watched:
            self.watched.append(name)

    def gap(self, name: Hashable, limit: int) -> None:
        """The count is 0 or at least ``limit``: what “•” tells who knows the rule."""
        at, choice = self.cell(name), self.cell(("gap", name), 0, 1)
        self.rows.append(({at: 1.0, choice: -float(limit)}, 0.0, FAR))
        self.rows.append(({at: 1.0, choice: -GAP}, -FAR, 0.0))

    def equal(
        self, parts: dict[Hashable, float], low: float = 0.0, high: float | None = None
    ) -> None:
        """``low <= sum of factor x count <= high`` (an equation without ``high``)."""
        row: dict[int, float] = {}
        for name, factor in parts.items():
            at = self.names[name] if name in self.names else self.cell(name)
            row[at] = row.get(at, 0.0) + factor
        self.rows.append((row, low, low if high is None else high))

    def _solve(self, goal: np.ndarray, gap: float = 0.0) -> np.ndarray:
        """A solution of the system that is lowest in ``goal``, within a relative gap."""
        if self._matrix is None:
            matrix = lil_array((max(len(self.rows), 1), len(self.low)))
            for i, (row, _, _) in enumerate(self.rows):
                for at, factor in row.items():
                    matrix[i, at] += factor
            self._matrix = matrix.tocsr()
        limits = LinearConstraint(
            self._matrix,
            [low for _, low, _ in self.rows] or [0.0],
            [high for _, _, high in self.rows] or [0.0],
        )
        found = milp(
            goal,
            constraints=limits,
            bounds=(np.array(self.low), np.array(self.high)),
            integrality=np.ones(len(self.low)),
            options={"mip_rel_gap": gap},
        )
        assert found.success, f"what was published is impossible: {found.message}"
        return np.round(found.x)

    def interval(self, name: Hashable) -> tuple[float, float]:
        """Lowest and highest value of a count that agrees with all that was published."""
        at = self.names[name]
        goal = np.zeros(len(self.low))
        goal[at] = 1.0
        return float(self._solve(goal)[at]), float(self._solve(-goal)[at])

    def width(self, name: Hashable) -> float:
        """Width of the interval of a count."""
        low, high = self.interval(name)
        return high - low

    def told(self, width: float) -> dict[Hashable, tuple[float, float]]:
        """Watched counts whose interval is narrower than ``width``, with the interval.

        Every solution is a table that agrees with what was published, for all counts at once; a
        count that already differs by ``width`` between two solutions needs none of its own.
        """
        seen = [self._solve(np.zeros(len(self.low)))]
        out = {}
        for name in self.watched:
            at = self.names[name]
            for sign in (1.0, -1.0):
                values = [solution[at] for solution in seen]
                if max(values) - min(values) >= width:
                    break
                goal = np.zeros(len(self.low))
                for other in self.watched:  # push all the same way, this one hardest
                    goal[self.names[other]] = sign * 1e-4
                goal[at] = sign
                seen.append(self._solve(goal, gap=0.5))
            else:
                low, high = self.interval(name)
                if high - low < width:
                    out[name] = low, high
        return out
