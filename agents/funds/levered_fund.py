"""Levered funds: buy cheap assets with borrowed money; sell when their lenders' terms force them to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents.accounts import OWNERS
from agents.base import Agent, Process
from agents.intervals import Interval, check_interval
from markets.accounts import INVESTORS
from markets.plausible import APPETITE, DAYS, FACTOR
from markets.venues.loop_gain import FUNDS
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.cast import Cast
    from agents.world import TradingWorld
    from sim.place import Place

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
BUMP = 1e-4  # displacement of the price


@dataclass(frozen=True, kw_only=True)
class LeveredFund(Agent):
    """A fund that holds an asset worth several times its equity, within its lenders' limits.

    It wants assets of `aggressiveness` x ln(value / price) x equity, or as much as it may where no aggressiveness is
    given, and may hold `max_leverage` x equity (Thurner, Farmer and Geanakoplos 2012), or, where a margin is given,
    equity / margin units (Brunnermeier and Pedersen 2009). A fall then costs equity and, with `margin_sensitivity`,
    raises the margin: the fund sells into it. It never sells short.

    With `flow` its investors follow its performance, a moving average of its returns. Down to `ruin` x capital it is
    wound up, and after `return_days` its owners start it again.
    """

    role: ClassVar[str] = "fund"
    capital: float = param(
        1e9, unit="$", help="equity at the start, what it holds included", gt=0, against="the venue's depth"
    )
    venue: str = param("asset", help="the asset it holds")
    holding: float | None = param(
        None,
        unit="units",
        help="held at the start, taken over at mid (default: what it wants)",
        ge=0,
        against="its capital",
    )
    value: float | None = param(
        None,
        unit="$",
        help="what it thinks the asset worth (default: the price at the start)",
        gt=0,
        against="the price",
    )
    aggressiveness: float | None = param(
        None,
        unit="leverage per unit of ln(value/price)",
        help="appetite (default: as much as it may hold)",
        ge=0,
        plausible=APPETITE,
    )
    max_leverage: float = param(
        3.0, unit="assets over equity", help="most that lenders allow", gt=0, plausible=(0.01, 1000.0)
    )
    margin: float | None = param(
        None, unit="$ per unit", help="margin on what it holds, instead of max_leverage", gt=0, against="the price"
    )
    margin_sensitivity: float = param(
        0.0,
        unit="$ of margin per $",
        help="rise of the margin with the fall since the last look",
        ge=0,
        plausible=FACTOR,
    )
    interval: str = param("tick", help="how often it looks: '30m', '2h', '1d', or 'tick'")
    redemption: float = param(
        0.0,
        unit="$",
        help="withdrawn by its investors on `redemption_day`: a positive amount; investors who add give more `capital`",
        ge=0,
        against="its capital",
    )
    redemption_day: date | None = param(None, help="day of the redemption, at its first tick (default: none)")
    payout_above: float | None = param(
        None,
        unit="multiple of capital",
        help="equity beyond this is paid out to its owners",
        gt=0,
        plausible=(0.1, 1000.0),
    )
    flow: float = param(
        0.0,
        unit="share of equity a look, per unit of return",
        help="investors' response to its performance",
        ge=0,
        plausible=FACTOR,
    )
    flow_benchmark: float = param(
        0.005, unit="return a look", help="above it investors bring money, below they leave", plausible=(-0.5, 0.5)
    )
    flow_memory: float = param(0.1, help="weight of the last look's return in its performance", gt=0, le=1)
    ruin: float = param(0.1, unit="share of capital", help="equity at which it is wound up", ge=0, lt=1)
    return_days: int = param(
        20,
        unit="trading days",
        help="until its owners start it again with its capital",
        gt=0,
        le=100_000,
        plausible=DAYS,
    )

    def check(self, cast: Cast, at: Place) -> None:
        """Its venue must be an asset, its interval valid."""
        cast.check_asset(self.venue, at.at("venue"))
        check_interval(self.interval, at.at("interval"))

    def live(self, world: TradingWorld) -> Process:
        yield from _Fund(self, world).run()


class _Fund:
    """State of one fund in one world."""

    def __init__(self, agent: LeveredFund, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venue = world.venue(agent.venue)
        self.interval = Interval(agent.interval)
        self.solved = self.venue.spec.clearing == "fixed_point"
        self.last_look = 0
        self.last_price = self.venue.mid.copy()
        self.value = self.venue.mid.copy() if agent.value is None else world.full(agent.value)
        self.away = np.zeros(world.paths, dtype=bool)
        self.away_until = np.zeros(world.paths, dtype=np.int64)  # day index
        self.redeemed = agent.redemption == 0.0
        self.performance = world.full(agent.flow_benchmark)
        self.last_equity = world.full(agent.capital)  # $, base of the next return
        start = self._wanted(self.venue.mid) if agent.holding is None else world.full(agent.holding)
        self.venue.hand_over(INVESTORS, agent.name, start)

    def run(self) -> Process:
        """Look, size and trade, from the first tick after the start on."""
        world = self.world
        while True:
            yield world.tick(Phase.TRADE)
            if world.tick_index == 0:
                continue
            self._expose()
            if not self.interval.due(world.clock, world.tick_index, self.last_look):
                continue
            self.last_look = world.tick_index
            self._redeem()
            if not self.solved:
                self._settle_with_owners()
            held = self.venue.held(self.agent.name).copy()
            yield self.venue.trade(self.agent, self._order(held))
            self.last_price = self.venue.mid.copy()
            if self.solved:  # before the venue has solved for orders and price, mid is no price at which anybody trades
                self._settle_with_owners()
            self._follow_performance()

    def _order(self, held: Vector) -> Callable[[Vector], Vector] | Vector:
        """Units to trade: at the present price or, if the venue solves for the price, at the price after all orders."""
        if not self.solved:
            return self._wanted(self.venue.mid) - held
        return lambda move: self._wanted(self._price_at(move)) - held

    def _expose(self) -> None:
        """Tell the venue how much a fall of the price makes the fund sell, $ per unit of the price's displacement."""
        fallen = self._price_at(self.world.full(-BUMP))
        flow = (self._wanted(self.venue.mid) - self._wanted(fallen)) / BUMP * self.venue.listing.unit_notional
        self.venue.expose(flow, moved=self.venue.name, by=FUNDS)

    def _price_at(self, move: Vector) -> Vector:
        """Price at which an order fills that displaces it by `move`, (paths,) $."""
        listing = self.venue.listing
        return listing.pricing(listing.relative(move), self.world.full(0.0))()

    # --- wanted position ---------------------------------------------------------------------------------------------
    def _equity(self, price: Vector) -> Vector:
        """Cash and holding valued at a price, (paths,) $."""
        ledger, name = self.world.ledger, self.agent.name
        return ledger.balance(name) + self.venue.held(name) * price

    def _wanted(self, price: Vector) -> Vector:
        """Units that it would hold at a price, (paths,)."""
        agent, equity = self.agent, np.maximum(self._equity(price), 0.0)
        if agent.margin is None:
            most = agent.max_leverage * equity / price
        else:
            most = equity / (agent.margin + agent.margin_sensitivity * np.maximum(self.last_price - price, 0.0))
        if agent.aggressiveness is not None:
            cheap = np.maximum(np.log(self.value / price), 0.0)
            most = np.minimum(most, agent.aggressiveness * cheap * equity / price)
        return np.where(self.away, 0.0, most)

    # --- owners ----------------------------------------------------------------------------------------------------
    def _redeem(self) -> None:
        """Pay out what investors withdraw on their day."""
        world, agent = self.world, self.agent
        today = world.clock.session_dates[world.clock.day[world.tick_index]]
        if not self.redeemed and agent.redemption_day is not None and today >= agent.redemption_day:
            self.redeemed = True
            self._pay_owners(world.full(agent.redemption))

    def _settle_with_owners(self) -> None:
        """Payouts, ruin, and return after ruin."""
        world, agent = self.world, self.agent
        equity, day = self._equity(self.venue.mid), int(world.clock.day[world.tick_index])
        if agent.payout_above is not None:
            beyond = np.maximum(equity - agent.payout_above * agent.capital, 0.0)
            self._pay_owners(np.where(self.away, 0.0, beyond))
        self._ruin_or_return(equity, day)

    def _follow_performance(self) -> None:
        """Investors add or withdraw flow x (performance - benchmark) x equity, at most all equity."""
        agent = self.agent
        if agent.flow == 0:
            return
        equity, solvent = self._equity(self.last_price), self.last_equity > 0
        gain = np.where(solvent, equity / np.where(solvent, self.last_equity, 1.0) - 1, 0.0)
        average = (1 - agent.flow_memory) * self.performance + agent.flow_memory * gain
        self.performance = np.where(self.away, agent.flow_benchmark, average)
        share = np.maximum(agent.flow * (self.performance - agent.flow_benchmark), -1.0)
        self.last_equity = equity
        self._pay_owners(-share * np.maximum(equity, 0.0))

    def _pay_owners(self, amount: Vector) -> None:
        self.last_equity = self.last_equity - amount
        self.world.ledger.transfer(amount, source=self.agent.name, target=OWNERS, reason="capital")

    def _ruin_or_return(self, equity: Vector, day: int) -> None:
        world, agent = self.world, self.agent
        back = self.away & (day >= self.away_until)
        if back.any():
            self._pay_owners(-np.where(back, np.maximum(agent.capital - equity, 0.0), 0.0))
            world.log.add("events", world.now, back, kind="returned", subject=agent.name, value=equity)
            self.away = self.away & ~back
        ruined = ~self.away & ~back & (equity <= agent.ruin * agent.capital)
        if ruined.any():
            world.log.add("events", world.now, ruined, kind="ruined", subject=agent.name, value=equity)
            self.away = self.away | ruined
            self.away_until = np.where(ruined, day + agent.return_days, self.away_until)
