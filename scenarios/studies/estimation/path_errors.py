"""Standard errors of the path laws, from repetitions of the record in which blocks of days are redrawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.studies.estimation.blocks import BLOCK, block_rows
from scenarios.studies.estimation.free_market import Noise
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_laws import PathLaws, first_known
from scenarios.studies.estimation.path_level import CREDIT_TAIL, VOL_TAIL, Level, fit_level
from scenarios.studies.estimation.path_residual import Residual
from scenarios.studies.estimation.path_shocks import remade
from scenarios.studies.estimation.realised_law import Days, targeted

MARKETS = 100  # free markets in each repetition
STEPS = 40  # most evaluations of a refit, which starts at the law that made the repetition
SEED = 2


@dataclass(frozen=True)
class Repetitions:
    """The record that the bootstrap repeats, and the laws that make it."""

    feed: Feed
    levels: Mapping[str, Vector]
    laws: PathLaws

    def errors(self, draws: int, progress: Callable[[int, int], None] | None = None) -> dict[str, float]:
        """Standard error of every parameter, by key; NaN for fewer than two repetitions.

        Half the width of the middle 68 % of the repetitions: where two speeds of a kernel come close, single
        repetitions lie far out.
        """
        rng = np.random.default_rng(SEED)
        days = len(self.levels["vol"]) - 1 - first_known(self.levels["vol"])
        noise = Noise.draw(MARKETS, days, SEED)
        found = []
        for done in range(draws):
            found.append(self.repeated(rng, noise).values())
            if progress is not None:
                progress(done + 1, draws)
        return {key: half_width(np.array([f[key] for f in found])) for key in self.laws.values()}

    def repeated(self, rng: np.random.Generator, noise: Noise) -> PathLaws:
        """One repetition, fitted: the path is kept and the levels' residuals, or their shocks, are redrawn.

        For realised vol the days themselves are, under the kernels of the same repetition.
        """
        vol = self.level_again(self.levels["vol"], self.laws.vol, VOL_TAIL, rng)
        days = Days.of(self.feed, vol.law, first_known(self.levels["vol"]))
        days = days.take(block_rows(len(days.after), rng))
        realised = targeted(days, vol.law, noise, self.laws.vol_error)
        credit = self.laws.credit
        if credit is not None:
            credit = self.level_again(self.levels["credit"], credit, CREDIT_TAIL, rng)
        return PathLaws(vol, realised, credit, self.laws.vol_error)

    def level_again(self, level: Vector, found: Level, tail: float, rng: np.random.Generator) -> Level:
        """The fit of a level that has the same law and its residual redrawn."""
        said, joined = found.law.log_levels(self.feed), None
        left = np.log(level) - said
        if found.by_shocks:
            left = remade(left, found.left.kept(self.feed.day), rng)
        else:
            left, joined = redrawn(left, rng, block_of(found.left, found.days, self.feed.day))
        made, by_shocks = np.exp(said + left), found.by_shocks
        return fit_level(self.feed, made, found.law, tail, by_shocks=by_shocks, steps=STEPS, joined=joined)


def half_width(values: Vector) -> float:
    """Of the middle 68 %, the standard deviation of a normal sample."""
    if len(values) < 2:
        return math.nan
    low, high = np.quantile(values, [0.1587, 0.8413])
    return float(high - low) / 2


def block_of(left: Residual, days: int, day: float) -> int:
    """Days that are redrawn together: a quarter, or the residual's memory 1 / reversion, up to a quarter of them."""
    return max(BLOCK, min(round(1 / (left.reversion * day)), days // 4))


def redrawn(left: Vector, rng: np.random.Generator, block: int) -> tuple[Vector, NDArray[np.bool_]]:
    """Residuals in redrawn blocks on the days that are known, and whether each day follows the one before in one."""
    known = np.flatnonzero(np.isfinite(left))
    rows = block_rows(len(known), rng, block)
    new = np.full(len(left), np.nan)
    new[known] = left[known][rows]
    source = np.full(len(left), -1)
    source[known] = known[rows]
    return new, np.diff(source) == 1
