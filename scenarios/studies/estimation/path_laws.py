"""The path-dependent laws of a long record: vol, realised vol and credit, and their residuals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from markets.specs.memory import KernelSpec
from scenarios.studies.estimation.blocks import vol_error
from scenarios.studies.estimation.free_market import Noise
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_law_fit import fit_law
from scenarios.studies.estimation.path_residual import Residual, autocorrelation, residual_of
from scenarios.studies.estimation.realised_law import Days, RealisedLaw, targeted

VOL_TAIL, CREDIT_TAIL = 0.1, 0.2  # ln: a miss beyond this counts linearly
MARKETS = 400  # number of free markets whose median vol is compared with the record's
SEED = 1
MONTH = 21  # trading days


@dataclass(frozen=True)
class Level:
    """The law of one level and its residual. rms: of ln(recorded / law); days: number with a known level.

    month: autocorrelation of the residual at 21 days, NaN if not wanted.
    """

    law: PathLaw
    left: Residual
    rms: float
    days: int
    month: float = math.nan

    def values(self) -> dict[str, float]:
        """Parameters by key of the memory's table; lag only where the law has one."""
        law = self.law
        found = {**_kernel("returns", law.returns), **_kernel("squares", law.squares)}
        found |= {"base": law.base, "trend": law.trend, "activity": law.activity}
        return found if law.lag is None else {**found, "lag": law.lag}


@dataclass(frozen=True)
class PathLaws:
    """Laws of implied vol, of realised vol, and of credit where the record has it.

    vol_error: standard error of the vol a year of the record's returns, to which realised vol's law is held.
    """

    vol: Level
    realised: RealisedLaw
    credit: Level | None
    vol_error: float

    def values(self) -> dict[str, float]:
        """Every number by its key in a scenario."""
        found = {f"market.memory.{key}": value for key, value in self.vol.values().items()}
        found |= {
            "market.memory.realised_base": self.realised.base,
            "market.memory.realised_trend": self.realised.trend,
            "market.memory.realised_activity": self.realised.activity,
            "market.memory.realised_noise": self.realised.noise,
            "market.memory.reversion": self.vol.left.reversion,
            "market.memory.noise": self.vol.left.noise,
        }
        if self.credit is not None:
            found |= {f"credit.memory.{key}": value for key, value in self.credit.values().items()}
            found["credit.memory.reversion"] = self.credit.left.reversion
            found["credit.memory.noise"] = self.credit.left.noise
        return found


def path_laws(feed: Feed, levels: Mapping[str, Vector]) -> PathLaws:
    """The laws of a record's levels, `vol` and perhaps `credit`, (days,) with NaN if they are not known."""
    vol = fit_level(feed, levels["vol"], PathLaw.of_vol(), VOL_TAIL)
    days = Days.of(feed, vol.law, first_known(levels["vol"]))
    error = vol_error(days.after, feed.day)
    realised = targeted(days, vol.law, Noise.draw(MARKETS, len(days.after), SEED), error)
    credit = fit_level(feed, levels["credit"], PathLaw.of_credit(), CREDIT_TAIL) if "credit" in levels else None
    return PathLaws(vol, realised, credit, error)


def fit_level(feed: Feed, level: Vector, start: PathLaw, tail: float) -> Level:
    """A level's law and residual."""
    law = fit_law(feed, level, start, tail)
    left = np.log(level) - law.log_levels(feed)
    rms, days = float(np.sqrt(np.nanmean(left**2))), int(np.isfinite(left).sum())
    return Level(law, residual_of(left, feed.day), rms, days, autocorrelation(left, MONTH))


def first_known(level: Vector) -> int:
    """The first day with a level."""
    return int(np.flatnonzero(np.isfinite(level))[0])


def _kernel(name: str, kernel: KernelSpec) -> dict[str, float]:
    return {f"{name}.{key}": getattr(kernel, key) for key in ("fast", "slow", "slow_share")}
