"""How a desk's hedge answers the market: the flows that loop gain counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SHORT_NAMES
from markets.kernels.hedging import GAMMA_FLOW, VANNA_FLOW, flows

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]
BUMP_RATE = 1e-4  # decimal: a basis point


def expose(desk: Desk, own: Snapshot | None = None, *, rates: bool) -> None:
    """Tell the venues what a hedged desk would trade per unit move of their prices, once a tick.

    asset: $ per unit of ln S, by Gamma, and by vanna through the answer of vol, d ln s / d ln S.
    A desk that hedges at a vol of its `own` answers by the Gamma at that vol, and not to vol.
    swaps (`rates`): $ notional paid fixed per unit of the rate, by the convexity of book and hedge.
    """
    world, factors = desk.world, desk.world.factors
    asset = world.venue("asset")
    if asset.moves:
        risk, out = desk.risk(own), np.empty((2, world.paths))
        flows(desk.scale, desk.liquidated, factors.spot, risk.gamma, risk.vanna, factors.leverage, out)
        asset.expose("gamma", out[GAMMA_FLOW])
        if desk.book.has_options and own is None:
            asset.expose("vanna", out[VANNA_FLOW])
    if rates and desk.book.has_rates:
        part = np.where(desk.liquidated, 0.0, desk.scale)
        for name, flow in _convexity(desk).items():
            world.venue(name).expose("convexity", part * flow)


def _convexity(desk: Desk) -> dict[str, Vector]:
    """Notional that the hedge pays fixed more per unit of each venue's own node, one unit of scale, (paths,) $."""
    snapshot, flows = desk.world.factors.snapshot, {}
    before = desk.neutral_swaps()
    for name, notional in before.items():
        moved = snapshot.bumped(SHORT_NAMES[name], BUMP_RATE)
        flows[name] = -(desk.neutral_swaps(moved)[name] - notional) / BUMP_RATE
    return flows
