"""Haircuts and margins that follow the vol of rates: raised fast, lowered slowly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import CLEARED_HAIRCUT, HAIRCUT, margin_key
from markets.factors.law import Law, Moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.noise import Noise
    from markets.factors.setting import Setting
    from markets.factors.snapshot import Snapshot
    from markets.spec import HaircutSpec

Vector = NDArray[np.float64]


def asked_for(spec: HaircutSpec, ratio: Vector) -> Vector:
    """Share that a lender wants, (paths,): base x ratio^power, within [base, most]. ratio: vol over its start."""
    asked: Vector = np.clip(spec.base * ratio**spec.power, spec.base, max(spec.base, spec.most))
    return asked


def followed(level: Vector, target: Vector, days: float, *, raised: float, lowered: float) -> Vector:
    """`level` after so many trading days on its way to `target`, (paths,): quick upwards, slow downwards.

    level + (target - level) (1 - exp(-speed days)), speed (1/trading day) by the direction.
    """
    reached: Vector = level + (target - level) * -np.expm1(-np.where(target > level, raised, lowered) * days)
    return reached


class Haircuts(Law):
    """The haircut of bonds in repo, and the margin of every bond future. They answer the vol at the tick before.

    Where a share of repo is cleared, the haircut is the mean of lenders' and the clearing house's, by that share.
    """

    def __init__(self, setting: Setting, ratio: Callable[[Snapshot], Vector]) -> None:
        """ratio: the vol of rates over its start, (paths,), as margin follows it."""
        rates, paths = setting.market.rates, setting.streams.paths
        self._specs = {margin_key(name): spec.margin for name, spec in rates.futures.items()}
        self._cleared = 0.0
        for repo in rates.repo.values():
            self._specs[HAIRCUT] = repo.haircut
            self._cleared = repo.cleared.share
            if self._cleared:
                self._specs[CLEARED_HAIRCUT] = repo.cleared.haircut
        self.keys = tuple(self._specs)
        self._ratio = ratio
        self._days = np.diff(setting.clock.variance_years, prepend=0.0) * setting.clock.days_a_year
        self._levels = {key: np.full(paths, spec.base) for key, spec in self._specs.items()}

    def step(self, tick: int, noise: Noise, now: Snapshot) -> Moved:
        """Follow the vol."""
        ratio, days = self._ratio(now), float(self._days[tick])
        for key, spec in self._specs.items():
            target = asked_for(spec, ratio)
            self._levels[key] = followed(self._levels[key], target, days, raised=spec.raised, lowered=spec.lowered)
        return self.levels()

    def levels(self) -> Moved:
        """Shares of the value, or of the face value."""
        levels = dict(self._levels)
        if self._cleared:
            levels[HAIRCUT] = (1 - self._cleared) * levels[HAIRCUT] + self._cleared * levels[CLEARED_HAIRCUT]
        return Moved(levels)
