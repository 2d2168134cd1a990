"""Visits in simulated futures: where they go, and what they record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ektp_analysis.poisson import Floats, Ints
from ektp_analysis.pooling import YieldModel, pooled_yield
from ektp_analysis.rates import Rates
from ektp_analysis.visits import REPEAT_WEEKS

REST_WEEKS = 5
DONE = 0.01
"""A place counts as finished when at most this share of its eligible residents is unrecorded."""

Policy = Callable[[Floats, Floats, np.random.Generator], Floats]
"""Scores of villages for a visit (draw × village) from the backlog and the expected recordings."""


def by_expected(backlog: Floats, expected: Floats, rng: np.random.Generator) -> Floats:
    """The plan: most expected recordings first."""
    return expected


def as_before(backlog: Floats, expected: Floats, rng: np.random.Generator) -> Floats:
    """The present way: villages drawn in proportion to their backlog."""
    with np.errstate(divide="ignore"):
        scores: Floats = np.log(backlog) + rng.gumbel(size=backlog.shape)
    return scores


def never_to(villages: Collection[str], policy: Policy, rates: Rates) -> Policy:
    """A policy with some villages (codes) left out."""
    closed = np.where([code in villages for code in rates.villages], -np.inf, 0.0)
    return lambda backlog, expected, rng: policy(backlog, expected, rng) + closed


class Visiting:
    """Visits of all draws: where they go, and what they record."""

    def __init__(
        self,
        rates: Rates,
        model: YieldModel,
        yields: pd.DataFrame | None,
        rest_weeks: int,
        planned: Sequence[Sequence[str]],
        draws: int,
        rng: np.random.Generator,
    ) -> None:
        count = len(rates.villages)
        self.rng, self.rates, self.model, self.rest_weeks = rng, rates, model, rest_weeks
        place = {code: i for i, code in enumerate(rates.villages)}
        self.planned = [sorted({place[c] for c in codes if c in place}) for codes in planned]
        share, error = np.full(count, model.mean), np.full(count, np.sqrt(model.level_variance))
        borrowed, earlier = np.ones(count), np.zeros(count)
        self.last = np.full((draws, count), -10_000.0)
        past: list[Floats] = [np.zeros((draws, count)) for _ in range(REPEAT_WEEKS)]
        if yields is not None and len(yields):
            pooled = pooled_yield(yields, model).set_index("village_code").reindex(rates.villages)
            known = pooled["share"].notna().to_numpy()
            share[known] = pooled["share"].to_numpy()[known]
            error[known] = pooled["level_error"].to_numpy()[known]
            borrowed[known] = pooled["borrowed"].to_numpy()[known]
            repeats = yields.groupby("village_code")["repeat"].mean().reindex(rates.villages)
            earlier[known] = repeats.to_numpy(float)[known]
            for code, day in zip(yields["village_code"], yields["date"], strict=True):
                back = (rates.as_of - day).days // 7
                if code in place and 0 <= back < REPEAT_WEEKS:
                    column = place[code]
                    past[REPEAT_WEEKS - 1 - back][:, column] += 1
                    self.last[:, column] = np.maximum(self.last[:, column], -1 - back)
        self.past = past
        self.repeat: Floats = np.sum(past, axis=0)
        # a mean that is too high makes repeat visits look too poor: the two errors go together
        common, other = rng.normal(size=(2, draws, 1))
        tie = model.mean_repeat_correlation
        slope = model.repeat_error * (tie * common + np.sqrt(1 - tie**2) * other)
        # the mean of all is in a village's share as far as that is borrowed; a ratio that is too high
        # makes what the village recorded at repeat visits look like a lower share
        shared = borrowed * model.mean_error * common - (1 - borrowed) * earlier * slope
        level = rng.normal(-(error**2) / 2, error, (draws, count))
        self.expected_share = share
        self.share = np.clip(share * np.exp(level + shared), 0, 0.95)
        self.ratio = model.repeat_ratio * np.exp(slope)

    def visit(self, stock: Floats, policy: Policy, wanted: float, week: int) -> Floats:
        rng = self.rng
        draws, count, _ = stock.shape
        repeat = self.repeat
        rows = np.arange(draws)[:, None]
        chosen, goes = (
            self._as_planned(week, draws)
            if week < len(self.planned)
            else self._by_policy(stock, policy, wanted, week)
        )
        spread = np.log1p(self.model.luck_variance)
        luck = np.exp(rng.normal(-spread / 2, np.sqrt(spread), chosen.shape))
        p = np.clip(self.share[rows, chosen] * self.ratio ** repeat[rows, chosen] * luck, 0, 0.95)
        hit = rng.binomial(stock[rows, chosen].astype(np.int64), (p * goes)[..., None])
        out = stock.copy()
        out[rows, chosen] -= hit
        trips = np.zeros((draws, count))
        trips[rows, chosen] = goes
        self.repeat = repeat + trips - self.past[0]
        self.past = [*self.past[1:], trips]
        self.last = np.where(trips > 0, week, self.last)
        return out

    def _as_planned(self, week: int, draws: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
        chosen: Ints = np.tile(np.array(self.planned[week], np.int64), (draws, 1))
        return chosen, np.ones(chosen.shape, bool)

    def _by_policy(
        self, stock: Floats, policy: Policy, wanted: float, week: int
    ) -> tuple[Ints, npt.NDArray[np.bool_]]:
        """Villages chosen in each draw (draw × visit), and whether the visit takes place."""
        draws, count, _ = stock.shape
        backlog = stock.sum(axis=2)
        expected = backlog * self.expected_share * self.model.repeat_ratio**self.repeat
        scores = policy(backlog, expected, self.rng)
        rested = week - self.last >= self.rest_weeks
        open_to_visits = rested & (backlog > DONE * self.rates.eligible) & (backlog > 0)
        scores = np.where(open_to_visits, scores, -np.inf)
        most = min(int(np.ceil(wanted)), count)
        chosen: Ints = (
            np.argpartition(-scores, most - 1, axis=1)[:, :most]
            if most
            else (np.zeros((draws, 0), np.int64))
        )
        goes = np.isfinite(scores[np.arange(draws)[:, None], chosen])
        if most:
            goes[:, 0] &= self.rng.random(draws) < 1 - (most - wanted)
        return chosen, goes
