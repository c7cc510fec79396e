"""Money that is out of proportion: an amount in billions among amounts in dollars, a line of $1.5 for a $5bn desk.

Amounts have no absolute bounds. Each is judged by another one of its scenario, and the multiples that are plausible
stand in `markets.plausible`. Of a pair out of proportion the error names the amount farther from the rest.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from agents.funding.funding_desk import FundingDesk
from agents.hedging.hedger import Hedger
from agents.making.market_maker import MarketMaker
from markets import plausible
from markets.factors.key import MAIN
from markets.plausible import Bounds
from markets.products.registry import PRODUCTS
from markets.spec import VenueSpec, VenuesSpec, asset_venue
from markets.specs.bond import bond_venue
from markets.specs.bond_future import future_venue
from markets.specs.option_listing import option_venue
from markets.specs.straddle import straddle_venue
from markets.specs.variance_swap import variance_swap_venue
from markets.specs.vol_future import vol_future_venue
from scenarios.checking.odd import Odd, plain, within
from scenarios.parameters.classes import AGENTS
from scenarios.parameters.unseen import UnseenAgent
from scenarios.scenario import Scenario
from sim.dataclass import dataclass
from sim.place import Place
from sim.vectors import median

if TYPE_CHECKING:
    from agents.funds.levered_fund import LeveredFund
    from agents.funds.proportional_fund import ProportionalFund

SLIPS = ((1e9, "bn"), (1e6, "m"), (1e3, "thousand"))
BENEFIT = math.log(100.0)  # a default is named only if it is this much farther from the rest


@dataclass(frozen=True)
class Amount:
    """An amount of a scenario: its key, its value, and the value in $, both without sign.

    words: how a message names it. usual: its size as a share of the scenario's larger amounts, to a power of ten.
    stated: whether it differs from the key's default.
    """

    place: Place
    value: float
    dollars: float
    words: str
    usual: float = 1.0
    stated: bool = True


@dataclass(frozen=True)
class Pair:
    """Two amounts and the multiples of the second that the first may be. certain: only the first can be wrong."""

    first: Amount
    second: Amount
    bounds: Bounds
    certain: bool = False

    @property
    def sound(self) -> bool:
        """Whether they are in proportion; nothing is compared with nothing."""
        return not self.second.dollars or within(self.first.dollars / self.second.dollars, self.bounds)

    @property
    def amounts(self) -> tuple[Amount, ...]:
        """Those that may be wrong."""
        return (self.first,) if self.certain else (self.first, self.second)


def odd_amounts(scenario: Scenario, at: Place, lines: Mapping[str, Sequence[Place]] | None = None) -> Iterator[Odd]:
    """Every amount that is out of proportion to its scenario, each once.

    lines: the places of the positions of agents whose book has come from elsewhere, by the agent's name.
    """
    pairs = list(Scale(scenario, at, lines or {}).pairs())
    broken = [pair for pair in pairs if not pair.sound]
    blamed: set[Place] = set()
    for pair in broken:
        if blamed.isdisjoint(amount.place for amount in pair.amounts):
            guilty = _guilty(pair, pairs)
            blamed.add(guilty.place)
            yield _odd(pair, guilty)


def _guilty(pair: Pair, pairs: Sequence[Pair]) -> Amount:
    """The amount of the pair that is farther from the median of all; defaults count only if few amounts are stated."""
    if pair.certain:
        return pair.first
    known = {amount.place: amount for each in pairs if not each.certain for amount in each.amounts if amount.dollars}
    stated = [amount for amount in known.values() if amount.stated]
    voters = stated if len(stated) > 2 else list(known.values())
    middle = median(np.array([_size(amount) for amount in voters]))
    return max(pair.amounts, key=lambda amount: abs(_size(amount) - middle) - (0 if amount.stated else BENEFIT))


def _size(amount: Amount) -> float:
    return math.log(amount.dollars / amount.usual)


def _odd(pair: Pair, guilty: Amount) -> Odd:
    other = pair.first if guilty is pair.second else pair.second
    key = ".".join(other.place.keys)
    rule = f"{guilty.words} is out of proportion to {other.words}{f' ({key})' if key else ''}"
    return Odd(guilty.place, guilty.value, rule, _remedy(pair, guilty), refused=guilty.stated)


def _remedy(pair: Pair, guilty: Amount) -> str:
    """The same figure a thousand, a million or a billion times as large, or as small, where that is in proportion."""

    def meant(factor: float) -> bool:
        changed = dataclasses.replace(guilty, dollars=guilty.dollars * factor)
        first, second = (changed, pair.second) if guilty is pair.first else (pair.first, changed)
        return math.isfinite(guilty.value * factor) and Pair(first, second, pair.bounds).sound

    other = pair.first if guilty is pair.second else pair.second

    def apart(slip: tuple[float, str]) -> float:
        return abs(_size(guilty) + math.log(slip[0]) - _size(other))

    for factor, name in sorted(SLIPS, key=apart):
        if meant(factor):
            return f"write {plain(guilty.value * factor)} for {plain(guilty.value)} {name}"
    for factor, _ in reversed(SLIPS):
        if meant(1 / factor):
            return f"write {plain(guilty.value / factor)} if there are too many zeros"
    return "check its unit"


class Scale:
    """The amounts of a scenario, and which is judged by which."""

    def __init__(self, scenario: Scenario, at: Place, lines: Mapping[str, Sequence[Place]]) -> None:
        self.scenario, self.at, self.lines = scenario, at, lines
        spot = scenario.storyline.anchor[0].spot or 0.0
        self.prices = {MAIN: spot} | {asset.name: asset.spot for asset in scenario.assets}  # $ a unit, at the start
        self.venues = scenario.venue.by_name()
        self.swaps = [name for name in self.venues if name != MAIN]
        self.venues |= {asset.name: asset.venue for asset in scenario.assets}
        self.bonds = scenario.market.rates.bonds
        self.venues |= {name: bond.venue for name, bond in self.bonds.items()}
        self.straddles = scenario.market.rates.straddles
        self.venues |= {name: straddle.venue for name, straddle in self.straddles.items()}
        self.options = scenario.market.options
        self.variance_swaps = scenario.market.variance_swaps
        self.venues |= {name: listed.venue for name, listed in scenario.market.vol_listings.items()}
        self.futures = scenario.market.rates.futures
        self.venues |= {name: future.venue for name, future in self.futures.items()}
        self.credits = {name: spec.venue for name, spec in scenario.market.credits.items() if spec.venue is not None}
        self.venues |= self.credits
        # notional, face value, vega
        in_dollars = (*self.swaps, *self.bonds, *self.futures, *self.straddles, *self.credits, *self.variance_swaps)
        self.prices |= dict.fromkeys(in_dollars, 1.0)
        self.prices |= {name: self.prices.get(option.asset, spot) for name, option in self.options.items()}
        self.vol_futures = scenario.market.vol_futures
        self.venues |= {name: future.venue for name, future in self.vol_futures.items()}
        points = 100.0 * (scenario.storyline.anchor[0].vol or 0.0)
        self.prices |= {name: future.price or points for name, future in self.vol_futures.items()}
        self.depths = self._depths()
        self.makers = [agent for agent in scenario.agents if isinstance(agent, MarketMaker)]
        self.books = {agent.name: self._book(agent) for agent in scenario.agents if isinstance(agent, Hedger)}

    def pairs(self) -> Iterator[Pair]:
        """All pairs of amounts to compare, the most telling first: it decides which amount is blamed."""
        for agent in self.scenario.agents:
            if isinstance(agent, Hedger):
                yield from self._desk(agent)
            elif isinstance(agent, MarketMaker):
                limit, capital = self._of(agent, "inventory_limit", "an inventory limit"), self._capital(agent)
                yield Pair(limit, capital, plausible.LIMIT)
        yield from self._traded()
        yield from self._investors()
        for agent in self.scenario.agents:
            if isinstance(agent, FundingDesk):
                yield from self._lender(agent)
            elif AGENTS.is_a(agent, "LeveredFund"):
                yield from self._levered(agent)
            elif AGENTS.is_a(agent, "ProportionalFund"):
                yield from self._proportional(agent)
            elif AGENTS.is_a(agent, "BasisFund"):
                yield Pair(self._capital(agent), self.depths[agent.venue], plausible.FUND)
                if agent.holding is not None:
                    yield Pair(self._of(agent, "holding", "a holding"), self._capital(agent), plausible.HELD)
            elif AGENTS.is_a(agent, "LiabilityFund", "LeveredProduct", "VolTargetFund", "TrendFollower"):
                yield Pair(self._capital(agent), self.depths[agent.venue], plausible.FUND)
            elif AGENTS.is_a(agent, "ValueInvestor"):
                yield Pair(self._capital(agent), self.depths[agent.venue], plausible.FUND)
                if agent.value is not None:
                    value, price = self._of(agent, "value", "a value"), self._price(agent.venue)
                    yield Pair(value, price, plausible.WORTH, certain=True)
            elif AGENTS.is_a(agent, "RiskParityFund"):
                deepest = max((self.depths[name] for name in agent.venues), key=lambda depth: depth.dollars)
                yield Pair(self._capital(agent), deepest, plausible.FUND)
            elif AGENTS.is_a(agent, "ConvexityHedger"):
                balance = self._of(agent, "balance", "a mortgage balance")
                yield Pair(balance, self.depths[agent.venue], plausible.MORTGAGES)
                yield Pair(self._capital(agent), self.depths[agent.venue], plausible.FUND)
            elif isinstance(agent, MarketMaker) and agent.quoting.kind != "vol_proportional":
                order = self._of(agent, "quoting.order_size", "an order", usual=0.01)
                yield Pair(order, self._of(agent, "inventory_limit", "an inventory limit"), plausible.ORDER)
            elif not isinstance(agent, Hedger | MarketMaker | UnseenAgent):
                yield from self._trader(agent)

    # --- amounts -----------------------------------------------------------------------------------------------------

    def _of(self, agent: Any, key: str, words: str, *, unit: float = 1.0, usual: float = 1.0) -> Amount:
        """The amount in an agent's key. unit: $ worth of one of its units."""
        value: Any = agent
        default: Any = None
        for name in key.split("."):
            default = _default(value, name)
            value = getattr(value, name)
        place = self.at.at("agents", agent.name, *key.split("."))
        dollars = abs(value) * unit
        return Amount(place, value, dollars, f"{words} of {_money(dollars)}", usual, stated=value != default)

    def _capital(self, agent: Any) -> Amount:
        return self._of(agent, "capital", "a capital")

    def _depths(self) -> dict[str, Amount]:
        usual = VenuesSpec().by_name()
        found = {}
        for name, spec in self.venues.items():
            keys, default = self._table_of(name, usual.get(name))
            words = f"a depth of {_money(spec.depth)}"
            stated = default is None or spec.depth != default.depth
            found[name] = Amount(self.at.at(*keys, "depth"), spec.depth, spec.depth, words, stated=stated)
        return found

    def _table_of(self, venue: str, usual: VenueSpec | None) -> tuple[tuple[str, ...], VenueSpec | None]:
        """The table that a venue has in a file, and the venue as it is where the table says nothing."""
        if venue in (MAIN, *self.swaps):
            return ("venue", venue), usual
        if venue in self.bonds:
            return ("market", "rates", "bonds", venue, "venue"), bond_venue()
        if venue in self.straddles:
            return ("market", "rates", "straddles", venue, "venue"), straddle_venue()
        if venue in self.options:
            return ("market", "options", venue, "venue"), option_venue()
        if venue in self.variance_swaps:
            return ("market", "variance_swaps", venue, "venue"), variance_swap_venue()
        if venue in self.credits:
            return ("market", "credits", venue, "venue"), None
        if venue in self.futures:
            return ("market", "rates", "futures", venue, "venue"), future_venue()
        if venue in self.vol_futures:
            return ("market", "vol_futures", venue, "venue"), vol_future_venue()
        return ("assets", venue, "venue"), asset_venue()

    def _price(self, venue: str) -> Amount:
        price = self.prices[venue]
        return Amount(self.at, price, price, f"the price of {price:g} at the start")

    def _book(self, agent: Hedger) -> list[Amount]:
        """Every line of a book, in $ of notional."""
        given, here = self.lines.get(agent.name), self.at.at("agents", agent.name, "book")
        found = []
        for i, line in enumerate(agent.book):
            spot = self.prices[line.asset or MAIN]
            key, value, unit = ("notional", line.notional, 1.0) if line.notional else ("quantity", line.quantity, spot)
            dollars = abs(value or 0.0) * unit
            place = given[i].at(key) if given else here.at(i, key)
            found.append(Amount(place, value or 0.0, dollars, f"a position of {_money(dollars)}"))
        return [line for line in found if line.dollars]

    # --- pairs -------------------------------------------------------------------------------------------------------

    def _desk(self, agent: Hedger) -> Iterator[Pair]:
        """Capital by book, positions by one another, risk aversion by book."""
        lines = sorted(self.books[agent.name], key=lambda line: line.dollars)
        if not lines:
            return
        size = math.fsum(line.dollars for line in lines)
        book = dataclasses.replace(lines[-1], dollars=size, words=f"a book of {_money(size)}")
        in_units = _in_units(lines[-1])
        yield Pair(self._capital(agent), book, plausible.POSITION_CAPITAL if in_units else plausible.BOOK_CAPITAL)
        for less, more in pairwise(lines):
            least = plausible.LEAST_POSITION if _in_units(less) else plausible.LEAST_LINE
            yield Pair(less, more, (least, 1 / least))
        for name, units in agent.option_leg.hold.items() if agent.option_leg is not None else ():
            place = self.at.at("agents", agent.name, "option_leg", "hold", name)
            dollars = abs(units) * self.prices[name]
            held = Amount(place, units, dollars, f"options on {_money(dollars)}", usual=0.1)
            yield Pair(held, dataclasses.replace(book, place=self.at), plausible.OPTIONS, certain=True)
        if hasattr(agent.policy, "risk_aversion"):
            aversion = self._of(agent, "policy.risk_aversion", "a risk aversion")
            yield _averse(aversion, dataclasses.replace(book, place=self.at))

    def _investors(self) -> Iterator[Pair]:
        """What investors take over by the depth of the venue."""
        for name, spec in self.venues.items():
            if spec.investors is not None:
                keys, _ = self._table_of(name, None)
                place, capacity = self.at.at(*keys, "investors", "capacity"), spec.investors.capacity
                words = f"a capacity of {_money(capacity)}"
                yield Pair(Amount(place, capacity, capacity, words), self.depths[name], plausible.INVESTORS)

    def _traded(self) -> Iterator[Pair]:
        """The depth of a venue by the largest amount that is quoted or traded there."""
        largest: dict[str, Amount] = {}

        def trades(venue: str, amount: Amount) -> None:
            if venue not in largest or amount.dollars > largest[venue].dollars:
                largest[venue] = amount

        for maker in self.makers:
            limit = self._of(maker, "inventory_limit", "an inventory limit")
            for venue in maker.venues:
                trades(venue, limit)
        swaps = False
        for agent in self.scenario.agents:
            for line, item in zip(self.books.get(agent.name, ()), getattr(agent, "book", ()), strict=False):
                in_rates = PRODUCTS[item.kind].takes.rate
                for venue in self.swaps if in_rates else (item.asset or MAIN,):
                    trades(venue, line)
                swaps = swaps or in_rates
        for venue, amount in largest.items():
            depth = self.depths.get(venue)
            if depth is not None and (depth.stated or swaps or venue not in self.swaps):
                yield Pair(amount, depth, plausible.TRADED)

    def _lender(self, agent: FundingDesk) -> Iterator[Pair]:
        """Its line by its borrowers' capital, its own capital by both, debts by the debtor's capital."""
        agents = {other.name: other for other in self.scenario.agents if not isinstance(other, UnseenAgent)}
        elsewhere = {name for other in agents.values() if isinstance(other, FundingDesk) for name in other.lends_to}
        names = agent.lends_to or [name for name in agents if name not in elsewhere]
        borrowers = [agents[name] for name in names if name in agents and not isinstance(agents[name], FundingDesk)]
        capitals = [self._capital(other) for other in borrowers if other.capital]
        line, own = self._of(agent, "line", "a line"), self._capital(agent)
        if capitals:
            largest = max(capitals, key=lambda capital: capital.dollars)
            yield Pair(line, largest, plausible.LINE)
            yield Pair(own, max(line, largest, key=lambda amount: amount.dollars), plausible.LENDER)
        elif line.dollars:
            yield Pair(own, line, plausible.LENDER)
        for i, debt in enumerate(agent.obligations):
            place = self.at.at("agents", agent.name, "obligations", i, "amount")
            owed = Amount(place, debt.amount, debt.amount, f"an obligation of {_money(debt.amount)}")
            if debt.debtor in agents:
                yield Pair(owed, self._capital(agents[debt.debtor]), plausible.OWED)

    def _levered(self, agent: LeveredFund) -> Iterator[Pair]:
        """Its capital by the venue's depth, holding and redemption by its capital, value and margin by the price."""
        price, capital = self._price(agent.venue), self._capital(agent)
        if agent.holding:
            holding = self._of(agent, "holding", "a holding", unit=price.dollars)
            yield Pair(holding, capital, plausible.HELD)
        yield Pair(capital, self.depths[agent.venue], plausible.FUND)
        if agent.redemption:
            yield Pair(self._of(agent, "redemption", "a redemption"), capital, plausible.REDEEMED)
        if agent.value is not None:
            yield Pair(self._of(agent, "value", "a value"), price, plausible.WORTH, certain=True)
        if agent.margin is not None:
            yield Pair(self._of(agent, "margin", "a margin"), price, plausible.UNIT_MARGIN, certain=True)

    def _proportional(self, agent: ProportionalFund) -> Iterator[Pair]:
        """Its capital against its holdings, each holding against the venue's depth."""
        held = []
        for name, units in agent.holdings.items():
            dollars = units * self.prices[name]
            place = self.at.at("agents", agent.name, "holdings", name)
            held.append(Amount(place, units, dollars, f"a holding of {_money(dollars)}", usual=0.1))
        total = math.fsum(amount.dollars for amount in held)
        largest = max(held, key=lambda amount: amount.dollars)
        whole = dataclasses.replace(largest, dollars=total, words=f"holdings of {_money(total)}")
        yield Pair(whole, self._capital(agent), plausible.HELD)
        for amount, name in zip(held, agent.holdings, strict=True):
            yield Pair(amount, self.depths[name], plausible.FLOW)

    def _trader(self, agent: Any) -> Iterator[Pair]:
        """Orders and flows by the depth of their venue; the cash of anybody else by the largest depth."""
        listed = getattr(agent, "venue", None) in self.depths  # rather than a listing of the user's own
        if AGENTS.is_a(agent, "ClientFlow") and listed:
            order = self._of(agent, "order_size", "an order", usual=1e-3)
            yield Pair(order, self.depths[agent.venue], plausible.CLIENT)
        if AGENTS.is_a(agent, "Executor", "NoiseTrader") and listed:
            key, words = ("quantity", "an order") if AGENTS.is_a(agent, "Executor") else ("size", "a daily flow")
            order = self._of(agent, key, words, unit=self.prices[agent.venue], usual=0.1)
            yield Pair(order, self.depths[agent.venue], plausible.FLOW)
            if AGENTS.is_a(agent, "Executor") and agent.risk_aversion:
                yield _averse(
                    self._of(agent, "risk_aversion", "a risk aversion"), dataclasses.replace(order, place=self.at)
                )
        if AGENTS.is_a(agent, "InformedTrader") and agent.aggressiveness and (spec := self.venues[MAIN]).impact:
            eager = self._of(agent, "aggressiveness", "an aggressiveness")
            kyle = spec.depth / (2 * spec.impact * self.prices[MAIN] ** 2)
            eager = dataclasses.replace(eager, words=f"an aggressiveness of {agent.aggressiveness:g} units per $")
            words = f"1 / (2 lambda) = {kyle:g}"
            yield Pair(eager, Amount(self.at, kyle, kyle, words), plausible.EAGERNESS, certain=True)
        if agent.capital:
            largest = max(self.depths.values(), key=lambda depth: depth.dollars)
            yield Pair(self._capital(agent), largest, plausible.OTHER_CAPITAL)


def _averse(aversion: Amount, risk: Amount) -> Pair:
    """An absolute risk aversion, 1/$, against the amount at risk, $."""
    named = dataclasses.replace(aversion, words=f"a risk aversion of {aversion.value:g} per $")
    inverse = dataclasses.replace(risk, dollars=1 / risk.dollars)
    return Pair(named, inverse, plausible.RISK_AVERSION, certain=True)


def _in_units(line: Amount) -> bool:
    return line.place.keys[-1:] == ("quantity",)


def _default(spec: Any, name: str) -> Any:
    """The default of a key; of one that must be given, nothing that it could equal."""
    (field,) = (f for f in dataclasses.fields(spec) if f.name == name)
    return field.default


def _money(dollars: float) -> str:
    return f"${plain(float(f'{dollars:.4g}'))}"
