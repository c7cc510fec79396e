"""How a desk's hedge answers the market: the flows that loop gain counts."""

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
    """Tell the venues what a hedged desk would trade per unit move of their prices, once a tick.

    asset: $ per unit of ln S, by Gamma, and by vanna through the answer of vol, d ln s / d ln S.
    A desk that hedges at a vol of its `own` answers by the Gamma at that vol, and not to vol.
    swaps (`rates`): $ notional paid fixed per unit of each rate, by the convexity of book and hedge: as one rate moves,
    the sensitivities to the others do.
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
    """Notional that the hedge pays fixed more at a venue per unit of the node of another, (paths,) $.

    Of one unit of scale, by (venue traded at, venue whose node moved).
    """
    snapshot, flows = desk.world.factors.snapshot, {}
    before = desk.neutral_swaps()
    for moved in before:
        after = desk.neutral_swaps(snapshot.bumped(desk.world.venue(moved).key, BUMP_RATE))
        for at, notional in before.items():
            flows[at, moved] = -(after[at] - notional) / BUMP_RATE
    return flows
