"""The path-dependent laws of a long record: vol, realised vol and credit, and their residuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scenarios.studies.estimation.blocks import vol_error
from scenarios.studies.estimation.free_market import Noise
from scenarios.studies.estimation.path_choice import VolChoice, choose_vol
from scenarios.studies.estimation.path_feed import Feed, Vector
from scenarios.studies.estimation.path_law import PathLaw
from scenarios.studies.estimation.path_level import CREDIT_TAIL, Level, fit_level
from scenarios.studies.estimation.realised_law import Days, RealisedLaw, targeted

MARKETS = 400  # number of free markets whose median vol is compared with the record's
SEED = 1


@dataclass(frozen=True)
class PathLaws:
    """Laws of implied vol, of realised vol, and of credit where the record has it.

    vol_error: standard error of the vol a year of the record's returns, to which realised vol's law is held.
    choice: of the two fits of implied vol; None in a repetition.
    """

    vol: Level
    realised: RealisedLaw
    credit: Level | None
    vol_error: float
    choice: VolChoice | None = None

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
    choice = choose_vol(feed, levels["vol"])
    vol = choice.taken
    days = Days.of(feed, vol.law, first_known(levels["vol"]))
    error = vol_error(days.after, feed.day)
    realised = targeted(days, vol.law, Noise.draw(MARKETS, len(days.after), SEED), error)
    credit = fit_level(feed, levels["credit"], PathLaw.of_credit(), CREDIT_TAIL) if "credit" in levels else None
    return PathLaws(vol, realised, credit, error, choice)


def first_known(level: Vector) -> int:
    """The first day with a level."""
    return int(np.flatnonzero(np.isfinite(level))[0])
