"""From the lines of a book to instruments at the starting market, and to arrays."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from agents.hedging.hedger import Hedger
from markets.exposures.open_flows import check_book
from markets.factors.key import RATES_VOL, SMILE_SKEW, SPOT, VOL, VOL_SLOPE, FactorKey, default_key
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.registry import parse
from markets.products.start import Start
from markets.rate_vols.smile_grid import GridPoint, SmileGrid
from scenarios.worlds.credits import credits
from scenarios.worlds.currencies import currencies
from scenarios.worlds.further_assets import with_assets
from scenarios.worlds.projections import projections
from scenarios.worlds.starting_curve import floating_convention, projection_curve, starting_curve
from sim.errors import UserError, placed

if TYPE_CHECKING:
    from markets.products.book import CompiledBook
    from markets.products.product import Instrument
    from markets.specs.rates import RateSpec
    from scenarios.scenario import Scenario
    from sim.clock import Clock


def instruments(agent: Hedger, start: Start) -> tuple[Instrument, ...]:
    """An agent's book. Raises UserError for a line that lacks what its instrument needs."""
    found = []
    for i, line in enumerate(agent.book):
        try:
            found.append(parse(line, start))
        except UserError as error:
            raise _in_line(error, agent, i) from None
    return tuple(found)


def _in_line(error: UserError, agent: Hedger, i: int) -> UserError:
    """A mistake at its line of the book, unless it stands elsewhere."""
    place = error.place or ""
    if "." not in place:
        place = ".".join(filter(None, (f"agents.{agent.name}.book.{i + 1}", place)))
    return UserError(error.rule, value=error.value, place=place, remedy=error.remedy)


def starting_market(scenario: Scenario) -> Start:
    """What instruments are fixed against: the first anchor, and the shape of smile and curves."""
    first, market = scenario.storyline.anchor[0], scenario.market
    curve, projection = starting_curve(scenario), projection_curve(scenario)
    names = {"spot": SPOT, "vol": VOL, **{key.node: key for key in curve.nodes}}
    levels = {key: first.level(name) for name, key in names.items()}
    levels |= {FactorKey(*each.block, each.name): each.start for each in market.further}
    levels |= {default_key(name): 0.0 for name, spec in market.credits.items() if spec.defaults}
    for spec in market.rates.vol.values():  # of the dollar, the only one
        levels[RATES_VOL] = spec.start
    if market.surface is not None:
        levels |= zip((VOL_SLOPE, SMILE_SKEW), market.surface_start(first), strict=True)
    start = Start(
        day=scenario.start,
        snapshot=Snapshot({key: np.array([level], dtype=np.float64) for key, level in levels.items()}),
        curve=curve,
        projection=projection,
        convention=floating_convention(scenario),
        skew=market.skew,
        form=market.smile,
        stickiness=market.stickiness,
        term_reversion=market.term_reversion,
        dividend_yield=market.dividend_yield,
        projection_spread=market.projection_spread,
        currencies=currencies(scenario),
        credits=credits(scenario),
        projections=projections(scenario),
        normal_vol=market.rates.normal_vol,
        fixings=_fixings(market.rates),
        smiles=_smiles(market.rates),
        heston=market.heston,
    )
    return with_assets(start, scenario)


def _fixings(rates: RateSpec) -> dict[date, float]:
    """Raises UserError for a key that is no date."""
    found = {}
    for text, rate in rates.fixings.items():
        try:
            found[date.fromisoformat(text)] = rate
        except ValueError:
            place = "market.rates.fixings"
            raise UserError("a fixing stands by its date", value=text, place=place, remedy="write YYYY-MM-DD") from None
    return found


def _smiles(rates: RateSpec) -> SmileGrid | None:
    """Raises UserError where two smiles are of one expiry and tenor."""
    if not rates.smiles:
        return None
    try:
        return SmileGrid(tuple(GridPoint(s.expiry, s.tenor, s.vol, s.rho, s.nu) for s in rates.smiles.values()))
    except UserError as error:
        raise UserError(error.rule, value=error.value, place="market.rates.smiles", remedy=error.remedy) from None


def compile_books(scenario: Scenario, clock: Clock) -> dict[str, CompiledBook]:
    """Every hedger's book as arrays."""
    start = starting_market(scenario)
    return {agent.name: _compiled(agent, clock, start) for agent in scenario.agents if isinstance(agent, Hedger)}


def _compiled(agent: Hedger, clock: Clock, start: Start) -> CompiledBook:
    """Raises UserError, naming the line of the book."""
    held = instruments(agent, start)
    try:
        book = Book(held).compile(clock, start)
    except UserError:
        for i, one in enumerate(held):
            try:
                Book((one,)).compile(clock, start)
            except UserError as error:
                raise _in_line(error, agent, i) from None
        raise
    if agent.counterparty is not None:
        with placed(f"agents.{agent.name}.counterparty"):
            check_book(book)
    return book
