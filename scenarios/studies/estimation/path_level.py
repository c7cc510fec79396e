"""The law of one level, fitted, and its residual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markets.specs.memory import KernelSpec
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_law_fit import STEPS, fit_law
from scenarios.studies.estimation.path_residual import Residual, autocorrelation, residual_of
from scenarios.studies.estimation.path_shocks import fit_shocks, residual_beside

VOL_TAIL, CREDIT_TAIL = 0.1, 0.2  # ln: a miss beyond this counts linearly
MONTH = 21  # trading days


@dataclass(frozen=True)
class Level:
    """The law of one level and its residual. rms: of ln(recorded / law); days: number with a known level.

    month: autocorrelation of the residual at 21 days. by_shocks: fitted to the residual's shocks, not to the levels.
    """

    law: PathLaw
    left: Residual
    rms: float
    days: int
    month: float
    by_shocks: bool

    def values(self) -> dict[str, float]:
        """Parameters by key of the memory's table; lag only where the law has one."""
        law = self.law
        found = {**_kernel("returns", law.returns), **_kernel("squares", law.squares)}
        found |= {"base": law.base, "trend": law.trend, "activity": law.activity}
        return found if law.lag is None else {**found, "lag": law.lag}


def fit_level(
    feed: Feed,
    level: Vector,
    start: PathLaw,
    tail: float,
    *,
    by_shocks: bool = False,
    steps: int = STEPS,
    joined: NDArray[np.bool_] | None = None,
) -> Level:
    """A level's law and residual, from a law to start at: nearest to the levels, or with the least shocks.

    joined: see `residual_of`.
    """
    law = (fit_shocks if by_shocks else fit_law)(feed, level, start, tail, steps=steps)
    left = np.log(level) - law.log_levels(feed)
    rms, days = float(np.sqrt(np.nanmean(left**2))), int(np.isfinite(left).sum())
    residual = residual_beside(law, feed, left) if by_shocks else residual_of(left, feed.day, joined)
    return Level(law, residual, rms, days, autocorrelation(left, MONTH), by_shocks)


def _kernel(name: str, kernel: KernelSpec) -> dict[str, float]:
    return {f"{name}.{key}": getattr(kernel, key) for key in ("fast", "slow", "slow_share")}
