"""An attacker: all published numbers as a linear system, and what it tells of the hidden counts.

Counts are integers and not negative; a count shown as “<5” is 1 to 4; one concealed as “•” is, for
who knows the rule, either 0 or not small. Two whole tables that both agree with all that was
published, and differ in a count by the protection interval, prove that this count is not told. Such
tables are looked for near one that is known: all counts but those around the hidden one stay as they
are, which leaves a small integer program (HiGHS through scipy). Only where there is none nearby is the whole
system solved: first without, then with the knowledge that counts are integers.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csc_array, csr_array

FAR = 1_000_000.0
GAP = 100_000.0
"""Factor of the gap: times the solver's tolerance it must stay well under 1."""
NEAR = (2, 3, 4, 6)
"""How many equations away from a hidden count others may change, tried in this order."""
QUICK = {"mip_rel_gap": 0.3, "time_limit": 5.0}
"""Near a known table any better one will do."""
EXACT = {"mip_rel_gap": 0.0, "time_limit": 600.0}


@dataclass
class Audit:
    """A growing system of what was published about named counts."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    names: dict[Hashable, int] = field(default_factory=dict)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    watched: list[Hashable] = field(default_factory=list)

    def cell(self, name: Hashable, low: float = 0.0, high: float = FAR) -> int:
        """A count; bounds learned twice are intersected."""
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

    def system(self) -> System:
        """What was said so far, to be solved."""
        return System(self)

    def interval(self, name: Hashable) -> tuple[float, float]:
        """Lowest and highest value of a count that agrees with all that was published."""
        return self.system().interval(self.names[name])

    def width(self, name: Hashable) -> float:
        """Width of the interval of a count."""
        low, high = self.interval(name)
        return high - low

    def told(self, width: float) -> dict[Hashable, tuple[float, float]]:
        """Watched counts whose interval is narrower than ``width``, with the interval."""
        system = self.system()
        out = {}
        for name in self.watched:
            interval = system.narrow(self.names[name], width)
            if interval:
                out[name] = interval
        return out


class System:
    """The equations as a matrix, and what the tables found so far have in each cell."""

    def __init__(self, audit: Audit) -> None:
        entries = [(i, at, f) for i, (row, _, _) in enumerate(audit.rows) for at, f in row.items()]
        i, at, factor = zip(*entries, strict=True) if entries else ((), (), ())
        shape = (max(len(audit.rows), 1), len(audit.low))
        self.matrix = csr_array((factor, (i, at)), shape=shape)
        self.columns: Any = csc_array(self.matrix)
        self.least = np.array([low for _, low, _ in audit.rows] or [0.0])
        self.most = np.array([high for _, _, high in audit.rows] or [0.0])
        self.low, self.high = np.array(audit.low), np.array(audit.high)
        self.free = self.low < self.high
        self.watched = np.zeros(len(self.low))
        self.watched[[audit.names[name] for name in audit.watched]] = 1.0
        self._base: np.ndarray | None = None
        self.seen_low = self.seen_high = np.zeros(0)

    @property
    def base(self) -> np.ndarray:
        """A table that agrees with all that was published."""
        if self._base is None:
            found = self._extreme(np.zeros(len(self.low)))
            self._base = self.seen_low = self.seen_high = found
        return self._base

    def narrow(self, at: int, width: float) -> tuple[float, float] | None:
        """Interval of a count if it is narrower than ``width``, else None."""
        base = self.base
        if self._wide(at, width):
            return None
        size = 0
        for steps in NEAR:
            cells = self._around(at, steps)
            if len(cells) == size:
                break  # all that hangs together with it
            size = len(cells)
            for sign in (1.0, -1.0):
                table = self._change(at, sign * 2 * (width + 1), cells, base)
                if table is not None:
                    self._see(table)
                if self._wide(at, width):
                    return None
        for integer in (False, True):
            low, high = self.interval(at, integer)
            if high - low < width - 1e-6:
                return low, high
        return None

    def interval(self, at: int, integer: bool = True) -> tuple[float, float]:
        """Lowest and highest value of a count in the whole system."""
        goal = np.zeros(len(self.low))
        goal[at] = 1.0
        low, high = self._extreme(goal, integer)[at], self._extreme(-goal, integer)[at]
        return float(low), float(high)

    def _wide(self, at: int, width: float) -> bool:
        return bool(self.seen_high[at] - self.seen_low[at] >= width)

    def _see(self, table: np.ndarray) -> None:
        self.seen_low = np.minimum(self.seen_low, table)
        self.seen_high = np.maximum(self.seen_high, table)

    def _around(self, at: int, steps: int) -> np.ndarray:
        """Free counts that are reached from one over so many equations."""
        inside = np.zeros(len(self.low), bool)
        inside[at] = True
        for _ in range(steps):
            rows = np.unique(self.columns[:, np.flatnonzero(inside)].nonzero()[0])
            inside[np.unique(self.matrix[rows].nonzero()[1])] = True
            inside &= self.free
        return np.flatnonzero(inside)

    def _change(self, at: int, by: float, cells: np.ndarray, base: np.ndarray) -> np.ndarray | None:
        """The base with other values in some cells, so that one is changed by up to ``by``.

        Watched counts around it are pushed the same way: most then need no table of their own.
        """
        part = self.columns[:, cells].tocsr()
        rows = np.unique(part.nonzero()[0])
        part = part[rows]
        rest = self.matrix[rows] @ base - part @ base[cells]
        low, high, goal = self.low[cells], self.high[cells], -1e-3 * self.watched[cells]
        this = np.flatnonzero(cells == at)
        goal[this] = -1.0
        low[this] = np.maximum(low[this], base[at] - abs(by))
        high[this] = np.minimum(high[this], base[at] + abs(by))
        found = _solve(
            np.sign(by) * goal, part, self.least[rows] - rest, self.most[rows] - rest, low, high,
            integer=True, options=QUICK,
        )  # fmt: skip
        if found is None:
            return None
        table = base.copy()
        table[cells] = found
        self._check(table)
        return table

    def _extreme(self, goal: np.ndarray, integer: bool = True) -> np.ndarray:
        found = _solve(
            goal, self.matrix, self.least, self.most, self.low, self.high, integer=integer,
            options=EXACT,
        )  # fmt: skip
        assert found is not None, "what was published is impossible, or not solved in time"
        if integer:
            self._check(found)
        return found

    def _check(self, table: np.ndarray) -> None:
        """A solver's tolerance must not pass for a table."""
        sums = self.matrix @ table
        assert (table >= self.low).all() and (table <= self.high).all()
        assert (sums >= self.least - 1e-6).all() and (sums <= self.most + 1e-6).all()


def _solve(
    goal: np.ndarray, matrix: Any, least: np.ndarray, most: np.ndarray, low: np.ndarray,
    high: np.ndarray, *, integer: bool, options: dict[str, float],
) -> np.ndarray | None:  # fmt: skip
    found = milp(
        goal,
        constraints=LinearConstraint(matrix, least, most),
        bounds=(low, high),
        integrality=np.full(len(goal), int(integer)),
        options=options,
    )
    if found.x is None:
        return None
    return np.round(found.x) if integer else np.asarray(found.x)
