"""From the lines of a book to instruments at the starting market, and to arrays."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from agents.hedging.hedger import Hedger
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.instruments import Asset, Future, GammaClaim, Instrument, Option, Swap, add_months
from markets.products.start import Start
from sim.errors import UserError

if TYPE_CHECKING:
    from agents.hedging.positions import Position
    from markets.products.book import CompiledBook
    from scenarios.scenario import Scenario
    from sim.clock import Clock


def instruments(agent: Hedger, scenario: Scenario) -> tuple[Instrument, ...]:
    """An agent's book. Raises UserError for a line that lacks what its instrument needs."""
    spot = scenario.storyline.anchor[0].spot
    assert spot is not None
    return tuple(
        _instrument(line, scenario.start, spot, f"agents.{agent.name}.book[{i}]") for i, line in enumerate(agent.book)
    )


def _instrument(line: Position, start: date, spot: float, place: str) -> Instrument:
    quantity = line.quantity if line.quantity is not None else (line.notional or 0.0) / spot
    if line.kind == "asset":
        return Asset(quantity=quantity)
    expiry = line.expiry or (add_months(start, line.months) if line.months else None)
    if expiry is None:
        raise UserError("a position has an expiry", place=place, remedy="give `expiry` or `months`")
    if line.kind == "swap":
        if line.notional is None:
            raise UserError("a swap has a notional", place=place, remedy="give `notional`")
        return Swap(notional=line.notional, maturity=expiry, fixed_rate=line.fixed_rate)
    if line.kind == "future":
        agreed = line.moneyness * spot if line.moneyness is not None else line.strike
        return Future(expiry=expiry, quantity=quantity, price=agreed)
    strike = line.strike if line.strike is not None else (line.moneyness or 1.0) * spot
    if line.kind == "gamma_claim":
        return GammaClaim(strike=strike, expiry=expiry, quantity=quantity)
    return Option(kind=line.kind, strike=strike, expiry=expiry, quantity=quantity)


def starting_market(scenario: Scenario) -> Start:
    """What instruments are fixed against: the first anchor, and the shape of smile and curves."""
    first, market = scenario.storyline.anchor[0], scenario.market
    return Start(
        snapshot=Snapshot.named(**{n: getattr(first, n) for n in ("spot", "vol", "overnight", "us2y", "us10y")}),
        skew=market.skew,
        term_reversion=market.term_reversion,
        dividend_yield=market.dividend_yield,
        projection_spread=market.projection_spread,
    )


def compile_books(scenario: Scenario, clock: Clock) -> dict[str, CompiledBook]:
    """Every hedger's book as arrays."""
    start = starting_market(scenario)
    return {
        agent.name: Book(instruments(agent, scenario)).compile(clock, start)
        for agent in scenario.agents
        if isinstance(agent, Hedger)
    }
