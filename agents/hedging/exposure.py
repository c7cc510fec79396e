"""Sensitivity of a desk's hedge orders to market moves: the flows behind loop gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.hedging.asset_flows import AssetFlows
from agents.hedging.option_flows import expose_options
from markets.factors.key import RATES_VOL
from markets.specs.variable import HAZARD
from markets.venues.loop_gain import CURVATURE

if TYPE_CHECKING:
    from collections.abc import Collection

    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units
    from agents.world import TradingWorld
    from markets.factors.snapshot import Snapshot
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
BUMP_RATE = 1e-4  # decimal: a basis point
BUMP_VOL = 1e-6  # decimal, of the vol of rates


class Exposure:
    """How much a hedged desk would trade per unit move of prices: told to their venues at every tick.

    assets: see `AssetFlows`. rates (`rates`): $ notional paid fixed, or sold, per unit of each rate, from the convexity
    of book and hedge: a move of one rate changes the sensitivities to the others. Where straddles trade, the vol of
    rates is one more price: it changes the sensitivities to rates and, as rates do, the vega, against which a vega leg
    buys $ of vega. So is the spread of a name that a credit leg trades: $ of protection bought per unit of it. What an
    option leg adds is in `expose_options`.
    """

    def __init__(self, world: TradingWorld, desk: Desk, *, rates: bool) -> None:
        """rates: whether rates and their vol are hedged."""
        self._world, self._desk, self._rates, legs = world, desk, rates and desk.book.has_rates, desk.legs
        self._assets = [AssetFlows(desk, name) for name in legs.assets if world.venue(name).reactions.wanted]
        leg = self._rates or legs.credit is not None or bool(legs.answering_options)
        self._has_legs = leg and not world.price_takers  # whose trades move prices

    def tell(self, own: Snapshot | None) -> None:
        """own: the market at the desk's own vol, see `AssetFlows.tell`."""
        world = self._world
        others = world.answering_options if world.options else ()  # venues of options at which desks hedge
        for each in self._assets:
            each.tell(own, others)
        if self._has_legs:
            self._tell_of_legs(others)

    def _tell_of_legs(self, others: Collection[str]) -> None:
        desk, rates = self._desk, self._rates
        names = desk.legs.neutral_credit()
        if rates or names:
            part = np.where(desk.liquidated, 0.0, desk.scale)
            for (at, moved), flow in _convexity(desk, names, rates=rates).items():
                desk.world.venue(at).expose(part * flow, moved=moved, by=CURVATURE)
        if desk.legs.answering_options:
            expose_options(desk, others)


def _convexity(desk: Desk, names: Units, *, rates: bool) -> dict[tuple[str, str], Vector]:
    """Additional notional that the hedge trades at one venue per unit of another venue's price, (paths,) $.

    Per unit of scale, by (venue of the trade, venue that moved), in the direction that raises the price: to pay fixed
    is to sell, straddles and protection are bought. What is traded at any venue of straddles moves the one vol of
    rates. names: protection held. rates: whether rates and their vol are hedged too.
    """
    world, flows = desk.world, {}
    swaps, straddles = (desk.legs.neutral_rates(), desk.legs.neutral_vega()) if rates else ({}, {})
    moving = [each.name for each in world.straddles if world.venue(each.name).moves and RATES_VOL in desk.book.needs]
    steps = dict.fromkeys(swaps, BUMP_RATE) | dict.fromkeys(moving if rates else (), BUMP_VOL)
    steps |= {name: BUMP_RATE for name in names if world.venue(name).moves}
    for moved, bump in steps.items():
        bumped = _bumped(world.venue(moved), bump)
        pairs = [(1.0, names, desk.legs.neutral_credit(bumped))]
        if rates:
            pairs[:0] = [
                (-1.0, swaps, desk.legs.neutral_rates(bumped)),
                (1.0, straddles, desk.legs.neutral_vega(bumped)),
            ]
        for sign, before, after in pairs:
            for at, units in before.items():
                flows[at, moved] = sign * world.venue(at).notional(after[at] - units) / bump
    return flows


def _bumped(venue: Venue, by: float) -> Snapshot:
    """The market with the price at a venue higher; names move by ln of their spread."""
    step = venue.listing.displaces.get(venue.key, 1.0) if venue.key.family == HAZARD else 1.0
    return venue.market.factors.snapshot.bumped(venue.key, by * step)
