"""Sensitivity of a desk's hedge orders to market moves: the flows behind loop gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.hedging import GAMMA_FLOW, VANNA_FLOW, flows
from markets.venues.loop_gain import CURVATURE, VANNA

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]
BUMP_RATE = 1e-4  # decimal: a basis point


def expose(desk: Desk, own: Snapshot | None = None, *, rates: bool) -> None:
    """Tell the venues how much a hedged desk would trade per unit move of their prices; once per tick.

    asset: $ per unit of ln S, from Gamma, and from vanna through the response of vol, d ln s / d ln S.
    A desk that hedges at a vol of its `own` reacts by the Gamma at that vol, and not to changes of vol.
    rates (`rates`): $ notional paid fixed, or sold, per unit of each rate, from the convexity of book and hedge: a move
    of one rate changes the sensitivities to the others.
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
    """Additional notional that the hedge sells at one venue per unit of another venue's node, (paths,) $.

    Per unit of scale, by (venue of the trade, venue whose node moved). To pay fixed is to sell.
    """
    world, flows = desk.world, {}
    before = desk.neutral_rates()
    for moved in before:
        after = desk.neutral_rates(world.factors.snapshot.bumped(world.venue(moved).key, BUMP_RATE))
        for at, units in before.items():
            flows[at, moved] = -world.venue(at).notional(after[at] - units) / BUMP_RATE
    return flows
