"""Dividends of the asset positions in desks' books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.venues.carry import accruals
from sim.phases import Phase

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from sim.world import Process


def pay_dividends(world: TradingWorld) -> Process:
    """Pay dividends on units in the books at the rate that `markets.venues.carry` uses for hedges, so the two
    cancel."""
    desks = [desk for desk in world.desks.values() if desk.book.asset_units]
    if not desks or not world.market.dividend_yield:
        return
    for tick, years in accruals(world.clock):
        yield world.at(int(world.clock.ticks[tick]), Phase.SHOCK)
        due = world.market.dividend_yield * years * world.factors.spot
        for desk in desks:
            desk.receive(due)
