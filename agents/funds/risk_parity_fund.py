"""Risk-parity funds: several assets, each with the same risk, levered to a vol."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.funds.covariance_estimate import CovarianceEstimate
from agents.funds.follower import Follower, Vectors
from agents.funds.vol_estimate import start_vol
from agents.intervals import check_interval
from markets.kernels.risk_budget import equal_risk
from markets.plausible import DAYS, REALISED, VOL
from sim.dataclass import dataclass
from sim.params import param
from sim.vectors import total

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RiskParityFund(Agent):
    """A fund that holds assets and bonds by their risk, and borrows or sells until the whole has the vol `target`.

    `inverse_vol`: weights by 1 / vol. `equal_risk`: weights w of which each has the same part w_i (C w)_i of the
    variance (Maillard, Roncalli and Teiletche 2010), C the estimated covariance. Either way w is levered to target /
    sqrt(w'C w), at most to `max_leverage` in all.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(5e9, unit="$", help="equity at the start", gt=0, against="the venues' depth")
    venues: tuple[str, ...] = param(help="the assets and bonds it holds")
    target: float = param(0.10, unit="decimal a year", help="vol that it wants to have", gt=0, plausible=VOL)
    max_leverage: float = param(
        3.0, unit="assets over equity", help="most that it holds in all", gt=0, plausible=(0.01, 1000.0)
    )
    weights: Literal["inverse_vol", "equal_risk"] = param("equal_risk", help="what each has alike")
    half_life_days: float = param(
        20.0, unit="trading days", help="after which a return has half its weight", gt=0, plausible=DAYS
    )
    vols: dict[str, float] = param(
        factory=dict,
        unit="decimal a year",
        help="estimates at the start by venue (default: realised vol there)",
        plausible=REALISED,
    )
    correlation: float = param(0.0, help="estimate at the start, of all pairs", ge=0, lt=1)
    speed: float = param(1.0, unit="share a trading day", help="of the gap that it closes", gt=0, le=1)
    interval: str = param("1d", help="how often it looks: '30m', '2h', '1d', or 'tick'")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venues are different assets or bonds, its vols are theirs, its interval can be read."""
        if not self.venues:
            raise at.at("venues").error("holds nothing", remedy='write venues = ["asset", "note"]')
        for i, name in enumerate(self.venues):
            cast.check_held(name, at.at("venues", i))
            if name in self.venues[:i]:
                raise at.at("venues", i).error("stands here twice", value=name, remedy="leave one out")
        for name, vol in self.vols.items():
            if name not in self.venues:
                raise at.at("vols", name).error("holds no such venue", value=name, remedy="add it to `venues`")
            if vol <= 0:
                raise at.at("vols", name).error("must be > 0", value=vol)
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        venues = [world.venue(name) for name in self.venues]
        vols = [start_vol(self.vols.get(venue.name), venue) for venue in venues]
        kept = float(0.5 ** (1 / self.half_life_days))
        estimate = CovarianceEstimate(world, venues, vols=vols, correlation=self.correlation, kept=kept)
        yield from Follower(self, world, self.venues, _Rule(self, estimate)).run()


class _Rule:
    """Its `PositionRule`."""

    def __init__(self, agent: RiskParityFund, estimate: CovarianceEstimate) -> None:
        self._agent, self._estimate = agent, estimate
        self.learn = estimate.learn

    def exposure(self, prices: Vectors, equity: Vector) -> Vectors:
        """equity x weights."""
        return [equity * weight for weight in self._weights(self._estimate.now())]

    def had_the_day_ended(self, prices: Vectors, equity: Vector) -> Vectors:
        """The same by the covariance that the day's returns would make."""
        return [equity * weight for weight in self._weights(self._estimate.had_the_day_ended(prices))]

    def _weights(self, covariance: Vector) -> Vector:
        """Assets over equity, (venues, paths)."""
        agent, number = self._agent, len(covariance)
        weights = np.empty(covariance.shape[1:])
        if agent.weights == "equal_risk":
            equal_risk(covariance, weights)
        else:
            for i in range(number):
                weights[i] = 1 / np.sqrt(covariance[i, i])
        pairs = (weights[i] * weights[k] * covariance[i, k] for i in range(number) for k in range(number))
        levered = weights * (agent.target / np.sqrt(total(pairs)))
        held = total(levered)
        scaled: Vector = levered * np.minimum(agent.max_leverage / held, 1.0)
        return scaled
