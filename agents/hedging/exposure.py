"""Sensitivity of a desk's hedge orders to market moves: the flows behind loop gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.options_held import options_held
from agents.hedging.option_flows import expose_options
from markets.factors.key import MAIN, RATES_VOL, SPOT, VOL, of_asset
from markets.kernels.hedging import GAMMA_FLOW, VANNA_FLOW, flows, with_listed
from markets.specs.variable import HAZARD
from markets.venues.loop_gain import CURVATURE, VANNA

if TYPE_CHECKING:
    from collections.abc import Collection

    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import Units
    from markets.factors.snapshot import Snapshot
    from markets.venues.venue import Venue

Vector = NDArray[np.float64]
BUMP_RATE = 1e-4  # decimal: a basis point
BUMP_VOL = 1e-6  # decimal, of the vol of rates


def expose(desk: Desk, own: Snapshot | None = None, *, rates: bool, others: Collection[str] = ()) -> None:
    """Tell the venues how much a hedged desk would trade per unit move of their prices; once per tick.

    assets: $ per unit of ln S, from Gamma, and from vanna through the response of vol, d ln s / d ln S; and from vanna
    per unit of the price of each thing that moves vol, options and vol futures.
    A desk that hedges at a vol of its `own` reacts by the Gamma at that vol, and not to changes of vol.
    rates (`rates`): $ notional paid fixed, or sold, per unit of each rate, from the convexity of book and hedge: a move
    of one rate changes the sensitivities to the others. Where straddles trade, the vol of rates is one more price: it
    changes the sensitivities to rates and, as rates do, the vega, against which a vega leg buys $ of vega. So is the
    spread of a name that a credit leg trades: $ of protection bought per unit of it.
    Gamma and vanna are net of options held at venues; what an option leg adds is in `expose_options`. others: venues of
    options at which other desks hedge.
    """
    world = desk.world
    for asset in desk.legs.assets:
        if world.venue(asset).exposes:
            _expose(desk, asset, own if asset == MAIN else None, others)
    legs, names = rates and desk.book.has_rates, desk.legs.neutral_credit() if desk.legs.credit is not None else {}
    if (legs or names) and not world.price_takers:
        part = np.where(desk.liquidated, 0.0, desk.scale)
        for (at, moved), flow in _convexity(desk, names, rates=legs).items():
            world.venue(at).expose(part * flow, moved=moved, by=CURVATURE)
    if desk.legs.answering_options and not world.price_takers:
        expose_options(desk, others)


def _expose(desk: Desk, asset: str, own: Snapshot | None, others: Collection[str]) -> None:
    """Tell the venue of an asset what its own moves, and those of its vol, make the hedge of delta trade."""
    world, factors, venue = desk.world, desk.world.factors, desk.world.venue(asset)
    risk, out = desk.unit.risk(own), np.empty((2, world.paths))
    scale, gamma, vanna = desk.scale, risk.gamma_of(asset), risk.vanna_of(asset)
    options = options_held(world, desk.name, asset=asset)
    if options.positions:
        both = np.empty((2, world.paths))
        listed = np.asarray(options.sum("gamma", own)), np.asarray(options.sum("vanna", own))
        with_listed(scale, gamma, vanna, *listed, both)
        (gamma, vanna), scale = both, desk.whole
    spot, vol = of_asset(SPOT, asset), of_asset(VOL, asset)
    prices = factors.snapshot.row(spot)
    flows(scale, desk.liquidated, prices, gamma, vanna, factors.elasticity(asset), out)
    venue.expose(out[GAMMA_FLOW], moved=asset, by=CURVATURE)
    if own is None and (vol in desk.book.needs or options.positions):
        venue.expose(out[VANNA_FLOW], moved=asset, by=VANNA)
        moving = world.moving(vol)
        if moving and not desk.legs.answering_on(asset) and not world.price_takers:  # else it is in `expose_options`
            by_log = np.where(desk.liquidated, 0.0, -scale * vanna * prices)
            for name, move in moving.items():
                if name in others or name not in world.option_names:  # where nobody hedges, no loop closes
                    venue.expose(move * by_log, moved=name, by=CURVATURE)


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
