"""Market makers: quote both sides at every tick, with finite capital."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from agents.base import Agent, Process
from agents.making.half_life import passed_on_by_tick
from agents.making.quote_record import QuoteRecord, depth_share
from agents.making.standing import Standing
from agents.making.vol_quotes import VolQuotes
from markets.accounts import INVESTORS
from markets.costs import INVENTORY
from markets.plausible import AVERSION, DAYS, FACTOR, HOURS, MULTIPLE, STEEPNESS
from markets.venues.quote import Lean, Quote
from markets.venues.stance import Stance
from sim.dataclass import dataclass
from sim.params import param
from sim.phases import Phase
from sim.vectors import some

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.cast import Cast
    from agents.world import TradingWorld
    from markets.venues.investors import Investors
    from markets.venues.venue import Venue
    from sim.names import Name
    from sim.place import Place

    Give = Callable[[str, Name, "Vector", float], None]  # from whom, to whom, what is held, and the share of it

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class QuotingSpec:
    """How a maker sets its half-spread and skew."""

    kind: Literal["vol_proportional", "avellaneda_stoikov", "symmetric"] = param(
        "vol_proportional", help="quoting rule; symmetric: Avellaneda-Stoikov's mean spread, centred at mid"
    )
    inventory_skew: float = param(
        1.0,
        unit="half-spreads",
        help="shift of both quotes against inventory at the limit (vol_proportional)",
        ge=0,
        plausible=FACTOR,
    )
    funding_days: float = param(
        0.5,
        unit="days",
        help="days of credit funding, beyond the calm market's, added to the asset's half-spread",
        ge=0,
        plausible=DAYS,
    )
    risk_aversion: float = param(
        0.02, unit="1/(return x order)", help="gamma of Avellaneda and Stoikov (2008)", gt=0, plausible=AVERSION
    )
    order_decay: float = param(
        1.0, unit="1/half-spread", help="k: fill intensity falls as exp(-k distance)", gt=0, plausible=STEEPNESS
    )
    order_size: float = param(
        1e8,
        unit="$ notional",
        help="an order: the unit of inventory (avellaneda_stoikov)",
        gt=0,
        against="the inventory limit",
    )
    horizon: Literal["rolling", "end"] = param(
        "rolling", help="inventory risk is looked at over horizon_hours, or up to the end of the run"
    )
    horizon_hours: float = param(
        6.5, unit="trading hours", help="rolling horizon of the inventory risk", gt=0, plausible=HOURS
    )


@dataclass(frozen=True, kw_only=True)
class MarketMaker(Agent):
    """Quotes the venues, keeps inventory within limits, withdraws when its drawdown passes its limit."""

    role: ClassVar[str] = "market_maker"
    capital: float = param(2e9, unit="$", help="cash at the start", gt=0, against="its inventory limit")
    venues: tuple[str, ...] = param(("asset", "us2y", "us10y"), help="venues that it quotes")
    depth_share: float = param(1.0, help="weight of its share of each venue's depth", gt=0, plausible=MULTIPLE)
    inventory_limit: float = param(
        5e9,
        unit="$ notional",
        help="inventory at which the skew is full",
        gt=0,
        against="its capital and the depth of its venues",
    )
    inventory_half_life: float = param(
        2.0, unit="trading hours", help="inventory is passed on to outside investors", gt=0, plausible=HOURS
    )
    drawdown_limit: float = param(
        0.25, unit="share of capital", help="loss from the peak at which it withdraws", gt=0, plausible=(1e-9, 1.0)
    )
    recapitalise_days: int = param(
        5, unit="trading days", help="how long it stays away", gt=0, le=100_000, plausible=DAYS
    )
    capital_share: float = param(
        0.0, unit="share of its inventory", help="equity that it must have, long and short added up", ge=0, le=1
    )
    capital_headroom: float = param(
        0.5,
        unit="share of the equity",
        help="spare capital below which it shows less depth and quotes wider, and at 0 none",
        gt=0,
        le=1,
    )
    quoting: QuotingSpec = param(factory=QuotingSpec, help="quoting rule")

    def check(self, cast: Cast, at: Place) -> None:
        """Its venues exist."""
        for venue in self.venues:
            cast.check_venue(venue, at.at("venues"))

    def live(self, world: TradingWorld) -> Process:
        yield from _Making(self, world).run()


class _Making:
    """State of one maker in one world."""

    def __init__(self, agent: MarketMaker, world: TradingWorld) -> None:
        self.agent, self.world = agent, world
        self.venues = [world.venue(name) for name in agent.venues if name in world.venues]
        self.stance = Stance(world, world.full(1.0))
        self.share = {venue.name: depth_share(world, agent, venue.name) for venue in self.venues}
        self.nothing = world.full(0.0)
        self.rows_used = -1  # of the ledger, when it last looked where it has ever held anything
        self.positions: list[tuple[Give, Vector]] = []  # how that is passed on, and how much of it there is, (paths,)
        self.leaning: list[VolQuotes] = []  # quotes that lean against it
        self.alone: list[VolQuotes] = []  # those that lean against all that it holds, which its standing passes on
        self.standing = Standing(agent, world)
        self.limited = agent.capital_share > 0 and world.feedback.capital > 0 and not world.price_takers
        lazily = agent.quoting.kind == "vol_proportional"  # its quotes are computed when they are read
        self.lazy = [self._vol_quotes(venue) for venue in self.venues] if lazily else None

    def run(self) -> Process:
        """Quote at every tick."""
        world, ledger, record = self.world, self.world.ledger, QuoteRecord(self.world, self.agent.name, self.venues)
        stance, standing, limited = self.stance, self.standing, bool(self.agent.capital_share)
        days, shares = world.clock.plain.day, passed_on_by_tick(world.clock, self.agent.inventory_half_life)
        yield world.tick(Phase.QUOTE)
        for each in self.lazy or ():
            each.offer()
        while True:
            tick = world.tick_index
            if self.rows_used != ledger.used:
                self._look_around()
            if self.positions and tick:
                self._pass_on_inventory(shares[tick])
            able = standing.withdraw_or_return(days[tick], shares[tick])
            stance.take(able * self._within_capital() if limited else able)
            for each in self.alone:
                each.inventory = standing.worth
            for each in self.leaning:
                each.hold()
            if self.lazy is None:
                self._post(stance.able)
            if record.shows:
                record.write()
            yield world.tick(Phase.QUOTE)

    def _look_around(self) -> None:
        """Where it has ever held anything: there outside investors take inventory over at mid, half of it every
        `inventory_half_life`, less at a price.
        """
        name = self.agent.name
        held = [venue for venue in self.venues if venue.reached(name)]
        leaning = [each for each in self.lazy or () if each.leans and each.venue in held]
        alone = self.standing.passes_on(held)
        self.positions = [] if alone else [(self._giving(venue), venue.held(name)) for venue in held]
        self.leaning, self.alone = ([], leaning) if alone else (leaning, [])
        self.rows_used = self.world.ledger.used

    def _pass_on_inventory(self, share: float) -> None:
        for give, held in self.positions:
            if some(held):
                give(self.agent.name, INVESTORS, held, share)

    def _giving(self, venue: Venue) -> Give:
        """How inventory is passed on."""
        investors = venue.investors
        return venue.listing.hand_over if investors is None else partial(self._sell_inventory, venue, investors)

    def _sell_inventory(
        self, venue: Venue, investors: Investors, source: str, target: Name, held: Vector, share: float
    ) -> None:
        """Pass the share half-spread / (half-spread + discount) of what is offered on, and pay what investors ask."""
        offered = share * held
        half_spread, discount = venue.quotes.rule().half_spread, investors.discount(offered)
        given = offered * np.where(discount > 0, half_spread / np.where(discount > 0, half_spread + discount, 1.0), 1.0)
        asked = investors.take(venue.notional(given))
        venue.hand_over(source, target, given)
        self.world.ledger.transfer(asked, source=source, target=target, reason=INVENTORY.name)

    def _within_capital(self) -> Vector:
        """Share of its depth that its capital allows, (paths,): 1 with the headroom to spare, 0 with none.

        Required is `capital_share` of the inventory at all venues, long and short added up.
        """
        world, agent = self.world, self.agent
        equity = world.ledger.balance(agent.name) + world.hedge_value(agent.name)
        held = (np.abs(v.listing.exposure(agent.name)) for v in self.venues if v.reached(agent.name))
        required = agent.capital_share * sum(held, world.full(0.0))
        if world.clock.is_close[world.tick_index]:
            world.log.add("capital", world.now, agent=agent.name, required=required, equity=equity)
        if self.limited:
            spare = 1 - required / np.where(equity > 0, equity, 1.0)
            room = np.where(equity > 0, np.clip(spare / agent.capital_headroom, 0.0, 1.0), 0.0)
            self.stance.room = 1 - min(world.feedback.capital, 1.0) * (1 - room)
        return self.stance.room

    def _vol_quotes(self, venue: Venue) -> VolQuotes:
        """Of a maker whose quotes are proportional to vol."""
        return VolQuotes(
            self.world,
            venue,
            maker=self.agent.name,
            stance=self.stance,
            share=self.share[venue.name],
            per_credit=self._per_credit(venue),
            lean=self._switch * self.agent.quoting.inventory_skew,
            limit=self.agent.inventory_limit,
            limited=self.limited,
        )

    def _post(self, able: Vector) -> None:
        """Post the rule's spreads, and the maker's share of each venue's depth times `able`."""
        rule = self._symmetric if self.agent.quoting.kind == "symmetric" else self._avellaneda_stoikov
        for venue in self.venues:
            venue.post(self.agent.name, rule(venue, self.share[venue.name] * venue.quotes.rule().depth * able))

    @property
    def _switch(self) -> float:
        """Strength of the spread loop, 0 (cut) to 1."""
        return min(self.world.feedback.spread, 1.0)

    def _per_credit(self, venue: Venue) -> float:
        """Additional half-spread per unit of credit spread above the calm market's."""
        return self._switch * self.agent.quoting.funding_days / 360 if venue.listing.funded else 0.0

    def _avellaneda_stoikov(self, venue: Venue, depth: Vector) -> Quote:
        """Half-spread g sigma^2 tau / 2 + ln(1 + g/k) / g, both sides shifted by -q g sigma^2 tau.

        Avellaneda and Stoikov (2008), for returns instead of prices: q counts orders, sigma is realised vol, k falls as
        the venue's own half-spread rises, so that a risk aversion of zero quotes 1/k, the vol-proportional half-spread.
        """
        risk, agent = self._risk(venue) * self._years_left(), self.agent
        # a copy: the ledger's vector may change
        held = self.nothing if self.world.price_takers else venue.notional(venue.held(agent.name)).copy()
        lean = Lean(risk / agent.quoting.order_size, agent.inventory_limit, held)
        return Quote(0.5 * risk + self._without_risk(venue), lean.skew, depth, lambda: lean)

    def _symmetric(self, venue: Venue, depth: Vector) -> Quote:
        """The half-spread that `avellaneda_stoikov` quotes on average over the run, centred at mid: their benchmark."""
        half_spread = 0.5 * self._risk(venue) * self._mean_years_left() + self._without_risk(venue)
        return Quote(half_spread, self.world.full(0.0), depth)

    def _risk(self, venue: Venue) -> Vector:
        """Risk aversion x variance a year, (paths,). The spread loop switches it."""
        return self._switch * self.agent.quoting.risk_aversion * venue.listing.vol() ** 2

    def _without_risk(self, venue: Venue) -> Vector:
        """ln(1 + g/k) / g: the best half-spread where inventory bears no risk, (paths,)."""
        quoting = self.agent.quoting
        gamma = quoting.risk_aversion
        half_spread: Vector = np.log1p(gamma * venue.quotes.rule().half_spread / quoting.order_decay) / gamma
        return half_spread

    def _years_left(self) -> float:
        """Trading years over which inventory is a risk."""
        quoting, years = self.agent.quoting, self.world.clock.variance_years
        if quoting.horizon == "end":
            return float(years[-1] - years[self.world.tick_index])
        clock = self.world.clock
        return quoting.horizon_hours / clock.hours_a_day / clock.days_a_year

    def _mean_years_left(self) -> float:
        """Mean of `_years_left` over the run."""
        if self.agent.quoting.horizon == "end":
            return 0.5 * float(self.world.clock.variance_years[-1])
        return self._years_left()
