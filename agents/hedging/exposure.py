"""Sensitivity of a desk's hedge orders to market moves: the flows behind loop gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import RATES_VOL
from markets.kernels.hedging import GAMMA_FLOW, VANNA_FLOW, flows
from markets.venues.loop_gain import CURVATURE, VANNA

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]
BUMP_RATE = 1e-4  # decimal: a basis point
BUMP_VOL = 1e-6  # decimal, of the vol of rates


def expose(desk: Desk, own: Snapshot | None = None, *, rates: bool) -> None:
    """Tell the venues how much a hedged desk would trade per unit move of their prices; once per tick.

    asset: $ per unit of ln S, from Gamma, and from vanna through the response of vol, d ln s / d ln S.
    A desk that hedges at a vol of its `own` reacts by the Gamma at that vol, and not to changes of vol.
    rates (`rates`): $ notional paid fixed, or sold, per unit of each rate, from the convexity of book and hedge: a move
    of one rate changes the sensitivities to the others. Where straddles trade, the vol of rates is one more price: it
    changes the sensitivities to rates and, as rates do, the vega, against which a vega leg buys $ of vega.
    """
    world, factors = desk.world, desk.world.factors
    asset = world.venue("asset")
    if asset.moves:
        risk, out = desk.risk(own), np.empty((2, world.paths))
        flows(desk.scale, desk.liquidated, factors.spot, risk.gamma, risk.vanna, factors.leverage, out)
        asset.expose(out[GAMMA_FLOW], moved="asset", by=CURVATURE)
        if desk.book.has_options and own is None:
            asset.expose(out[VANNA_FLOW], moved="asset", by=VANNA)
    if rates and desk.book.has_rates and not world.price_takers:
        part = np.where(desk.liquidated, 0.0, desk.scale)
        for (at, moved), flow in _convexity(desk).items():
            world.venue(at).expose(part * flow, moved=moved, by=CURVATURE)


def _convexity(desk: Desk) -> dict[tuple[str, str], Vector]:
    """Additional notional that the hedge trades at one venue per unit of another venue's price, (paths,) $.

    Per unit of scale, by (venue of the trade, venue that moved), in the direction that raises the price: to pay fixed
    is to sell, and straddles are bought. What is traded at any venue of straddles moves the one vol of rates.
    """
    world, flows = desk.world, {}
    swaps, straddles = desk.neutral_rates(), desk.neutral_vega()
    moving = [each.name for each in world.straddles if world.venue(each.name).moves and RATES_VOL in desk.book.needs]
    for moved in (*swaps, *moving):
        bump = BUMP_VOL if moved in moving else BUMP_RATE
        bumped = world.factors.snapshot.bumped(world.venue(moved).key, bump)
        for sign, before, after in (
            (-1.0, swaps, desk.neutral_rates(bumped)),
            (1.0, straddles, desk.neutral_vega(bumped)),
        ):
            for at, units in before.items():
                flows[at, moved] = sign * world.venue(at).notional(after[at] - units) / bump
    return flows
