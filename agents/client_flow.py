"""Client flow: orders that come to the makers themselves, the more of them the closer to mid a maker quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrik

from agents.base import Agent, Process
from markets.venue import INVESTORS
from sim.clock import TRADING_DAYS
from sim.params import param
from sim.phases import Phase
from sim.sessions import DAY, day_number

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from sim.clock import Clock
    from sim.streams import Stream

Vector = NDArray[np.float64]
CROWD = 1e3


@dataclass(frozen=True, kw_only=True)
class ClientFlow(Agent):
    """Clients who buy and sell at the makers' own quotes, one by one, without moving the market.

    Buyers and sellers come to each maker at `rate` exp(-`decay` x distance of that side's quote from mid), distance in
    half-spreads (Avellaneda and Stoikov 2008). They take what they trade away to outside investors, at mid: the
    account bears what they pay for immediacy, and no market risk.
    """

    role: ClassVar[str] = "client_flow"
    venue: str = param("asset", help="venue whose makers they come to")
    makers: tuple[str, ...] = param((), help="names of the makers they come to (empty: every maker of the venue)")
    rate: float = param(
        50.0, unit="orders a trading day", help="arrivals at each maker, on each side, were it to quote mid", ge=0
    )
    order_size: float = param(5e6, unit="$ notional", help="size of one order", gt=0)
    decay: float = param(1.0, unit="1/half-spread", help="arrivals fall as exp(-decay x distance from mid)", ge=0)
    half_spread: Literal["rule", "base"] = param(
        "rule", help="unit of distance: the venue's half-spread at the vol of the moment, or that of the calm market"
    )
    arrivals: Literal["poisson", "bernoulli"] = param(
        "poisson", help="orders of a tick and side: a Poisson count, or at most one"
    )

    def live(self, world: TradingWorld) -> Process:
        yield from _Flow(self, world).run()


class _Flow:
    """State of one flow in one world."""

    def __init__(self, agent: ClientFlow, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venue = world.venue(agent.venue)
        self.days = session_days_ahead(world.clock)
        self.noise: dict[str, Stream] = {}  # by maker

    def run(self) -> Process:
        """At every tick those come who arrive until the next one, to the quotes and the mid of this one."""
        world = self.world
        while True:
            yield world.tick(Phase.TRADE)
            days = float(self.days[world.tick_index])
            if days > 0:
                for maker in self.agent.makers or self.venue.makers:
                    self._come(maker, days)

    def _come(self, maker: str, days: float) -> None:
        """Buyers, then sellers, of one maker; what both have taken goes to outside investors."""
        quote, venue = self.venue.quote_of(maker), self.venue
        noise = self._noise_of(maker)
        taken = self.world.full(0.0)
        for side in (1.0, -1.0):
            mean = days * self._intensity(quote.half_spread + side * quote.skew)
            orders = _count(noise.uniform(), mean, self.agent.arrivals)
            wanted = np.where(venue.is_open, np.minimum(orders * self.agent.order_size, quote.depth), 0.0)
            quantity = side * venue.units(wanted)
            venue.hit(self.agent, maker, quantity)
            taken += quantity
        venue.hand_over(self.agent.name, INVESTORS, taken)

    def _noise_of(self, maker: str) -> Stream:
        if maker not in self.noise:
            self.noise[maker] = self.world.streams.stream(f"clients/{self.agent.name}/{self.venue.name}/{maker}")
        return self.noise[maker]

    def _intensity(self, distance: Vector) -> Vector:
        """Orders a trading day on a side quoted at `distance` from mid (share of mid, or decimal rate), (paths,).

        A quote through mid, of negative distance, is met by more than `rate`, but by no more than `CROWD` times that.
        """
        unit = self.venue.rule_half_spread() if self.agent.half_spread == "rule" else self.venue.spec.half_spread
        exponent = np.minimum(-self.agent.decay * distance / unit, np.log(CROWD))
        intensity: Vector = self.agent.rate * np.exp(exponent)
        return intensity


def _count(uniform: Vector, mean: Vector, arrivals: str) -> Vector:
    """Orders of one tick, (paths,): the least n with P(N <= n) >= uniform, N Poisson; or 1 with probability `mean`."""
    if arrivals == "bernoulli":
        return (uniform < mean).astype(np.float64)
    count = np.zeros_like(mean)
    some = np.flatnonzero(uniform > np.exp(-mean))
    level, expected = uniform[some], mean[some]
    most = np.ceil(pdtrik(level, expected))
    fewer = np.maximum(most - 1, 0.0)
    count[some] = np.where(pdtr(fewer, expected) >= level, fewer, most)  # where the inverse was rounded up
    return count


def session_days_ahead(clock: Clock) -> Vector:
    """Trading days of open market from each tick to the next, (ticks,), 0 at the last: each day's sum to 1.

    Nobody comes in the night. Where the open is not a tick, a day's first clients meet the quotes of the last close.
    """
    into = np.diff(clock.variance_years, prepend=0.0) * TRADING_DAYS  # by the tick that a step leads into
    if clock.sessions is not None:
        sessions = clock.sessions
        position = np.searchsorted(sessions.days, day_number(clock.first)) + clock.day
        opening = (sessions.days[position] - day_number(clock.first)) * DAY + sessions.opens[position]
        into[clock.is_open & (clock.ticks == opening)] = 0.0
        into[0] = 0.0
        total = np.bincount(clock.day, weights=into)
        into = into / np.where(total > 0, total, 1.0)[clock.day]
    return np.append(into[1:], 0.0)
