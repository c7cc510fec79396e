"""Client flow: orders that come to the makers directly; the closer to mid a maker quotes, the more of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from markets.accounts import INVESTORS
from markets.kernels.clients import one_by_one
from markets.plausible import ARRIVALS, STEEPNESS
from sim.dataclass import dataclass
from sim.nearest import nearest
from sim.params import param
from sim.phases import Phase
from sim.sessions import DAY, day_number

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from markets.venues.quote import Lean, Quote
    from sim.clock import Clock
    from sim.place import Place
    from sim.streams import Stream

Vector = NDArray[np.float64]
CROWD = 1e3
LOG_CROWD = float(np.log(CROWD))


@dataclass(frozen=True, kw_only=True)
class ClientFlow(Agent):
    """Clients who buy and sell at the makers' own quotes, one by one, without moving the market.

    Buyers and sellers come to each maker at `rate` exp(-`decay` x distance of that side's quote from mid), distance in
    half-spreads (Avellaneda and Stoikov 2008). They pass their trades on to outside investors at mid: their account has
    the cost of immediacy and no market risk.
    """

    role: ClassVar[str] = "client_flow"
    venue: str = param("asset", help="venue whose makers they come to")
    makers: tuple[str, ...] = param((), help="names of the makers they come to (empty: every maker of the venue)")
    rate: float = param(
        50.0,
        unit="orders a trading day",
        help="arrivals at each maker, on each side, were it to quote mid",
        ge=0,
        plausible=ARRIVALS,
    )
    order_size: float = param(5e6, unit="$ notional", help="size of one order", gt=0, against="the venue's depth")
    decay: float = param(
        1.0, unit="1/half-spread", help="arrivals fall as exp(-decay x distance from mid)", ge=0, plausible=STEEPNESS
    )
    half_spread: Literal["rule", "base"] = param(
        "rule", help="unit of distance: the venue's half-spread at the vol of the moment, or that of the calm market"
    )
    arrivals: Literal["poisson", "bernoulli"] = param(
        "poisson", help="orders of a tick and side: as many as come, or at most one"
    )

    def check(self, cast: Cast, at: Place) -> None:
        """The venue must have a half-spread (the unit of distance) and a maker; named makers must quote it."""
        cast.check_venue(self.venue, at.at("venue"))
        if self.venue in cast.venues and cast.venues[self.venue].half_spread == 0:
            rule = "clients measure distance from mid in half-spreads, and it has none"
            raise at.at("venue").error(rule, remedy=f"give the venue {self.venue} a half_spread above 0")
        makers = cast.makers_of(self.venue)
        for name in self.makers:
            if name not in makers:
                rule = f"not the name of a maker of the venue {self.venue}"
                raise at.at("makers").error(rule, value=name, remedy=nearest(name, makers))
        if not makers:
            remedy = f"add '{self.venue}' to the `venues` of a MarketMaker"
            raise at.at("venue").error("nobody quotes there", value=self.venue, remedy=remedy)

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
        """At every tick the clients of the time until the next tick come, and meet this tick's quotes and mid."""
        world = self.world
        while True:
            yield world.tick(Phase.TRADE)
            days = float(self.days[world.tick_index])
            if days > 0:
                for maker in self.agent.makers or self.venue.quotes.makers:
                    self._come(maker, days)

    def _come(self, maker: str, days: float) -> None:
        """Buyers, then sellers, of one maker; their net trade goes to outside investors."""
        quote, venue, noise = self.venue.quote_of(maker), self.venue, self._noise_of(maker)
        uniforms = np.array([noise.uniform(), noise.uniform()])
        if quote.lean is None or self.agent.arrivals == "bernoulli":
            taken, skews = self._together(quote, days, uniforms), np.array([quote.skew, quote.skew])
        else:
            taken, skews = self._one_by_one(quote, quote.lean(), days, uniforms)
        whole = self.world.full(0.0)
        for side, notional, skew in zip((1.0, -1.0), taken, skews, strict=True):
            quantity = side * venue.units(notional)
            venue.hit(self.agent, maker, quantity, skew)
            whole += quantity
        venue.hand_over(self.agent.name, INVESTORS, whole)

    def _together(self, quote: Quote, days: float, uniforms: Vector) -> Vector:
        """$ notional that buyers and sellers take, (2, paths), at one quote for all clients of the tick."""
        taken = np.empty_like(uniforms)
        for row, side in enumerate((1.0, -1.0)):
            mean = days * self._intensity(quote.half_spread + side * quote.skew)
            orders = _count(uniforms[row], mean, self.agent.arrivals)
            taken[row] = np.where(self.venue.is_open, np.minimum(orders * self.agent.order_size, quote.depth), 0.0)
        return taken

    def _one_by_one(self, quote: Quote, lean: Lean, days: float, uniforms: Vector) -> tuple[Vector, Vector]:
        """The same if the maker skews its quote after every fill; also returns the skew that they met, (2, paths).

        With a new quote after each fill, a quote far through mid attracts one or two fills, not those of a whole tick.
        """
        agent, taken, skews = self.agent, np.empty_like(uniforms), np.empty_like(uniforms)
        one_by_one(
            uniforms,
            days,
            agent.rate,
            agent.decay / np.broadcast_to(self._unit, self.world.paths),
            LOG_CROWD,
            quote.half_spread,
            lean.slope,
            lean.limit,
            lean.held,
            agent.order_size,
            quote.depth,
            self.venue.is_open,
            taken,
            skews,
        )
        return taken, skews

    def _noise_of(self, maker: str) -> Stream:
        if maker not in self.noise:
            self.noise[maker] = self.world.streams.stream(f"clients/{self.agent.name}/{self.venue.name}/{maker}")
        return self.noise[maker]

    def _intensity(self, distance: Vector) -> Vector:
        """Orders a trading day on a side quoted at `distance` from mid (share of mid, or decimal rate), (paths,).

        A quote through mid (negative distance) gets more than `rate`, at most `CROWD` x `rate`.
        """
        exponent = np.minimum(-self.agent.decay * distance / self._unit, LOG_CROWD)
        intensity: Vector = self.agent.rate * np.exp(exponent)
        return intensity

    @property
    def _unit(self) -> Vector | float:
        """Unit of the clients' distance: share of mid, or decimal rate."""
        return self.venue.quotes.rule().half_spread if self.agent.half_spread == "rule" else self.venue.spec.half_spread


def _count(uniform: Vector, mean: Vector, arrivals: str) -> Vector:
    """Orders of one tick, (paths,): the least n with P(N <= n) >= uniform, N Poisson; or 1 with probability `mean`."""
    from scipy.special import pdtr, pdtrik

    if arrivals == "bernoulli":
        return (uniform < mean).astype(np.float64)
    count = np.zeros_like(mean)
    some = np.flatnonzero(uniform > np.exp(-mean))
    level, expected = uniform[some], mean[some]
    most = np.ceil(pdtrik(level, expected))
    fewer = np.maximum(most - 1, 0.0)
    count[some] = np.where(pdtr(fewer, expected) >= level, fewer, most)  # if the inverse was rounded up
    return count


def session_days_ahead(clock: Clock) -> Vector:
    """Trading days of open market from each tick to the next, (ticks,), 0 at the last: each day's sum to 1.

    No clients come at night. If the open is no tick, a day's first clients meet the quotes of the last close.
    """
    into = np.diff(clock.variance_years, prepend=0.0) * clock.days_a_year  # by the tick that a step leads into
    if clock.sessions is not None:
        sessions = clock.sessions
        position = np.searchsorted(sessions.days, day_number(clock.first)) + clock.day
        opening = (sessions.days[position] - day_number(clock.first)) * DAY + sessions.opens[position]
        into[clock.is_open & (clock.ticks == opening)] = 0.0
        into[0] = 0.0
        total = np.bincount(clock.day, weights=into)
        into = into / np.where(total > 0, total, 1.0)[clock.day]
    return np.append(into[1:], 0.0)
