"""What the hedge of a desk's delta in one asset trades as prices move: the flows of its loop gains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.options_held import NONE_HELD, OptionsHeld, options_held
from markets.factors.key import MAIN, SPOT, VOL, of_asset
from markets.kernels.hedging import flows, with_listed
from markets.venues.loop_gain import CURVATURE, VANNA

if TYPE_CHECKING:
    from collections.abc import Collection

    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot

Vector = NDArray[np.float64]


class AssetFlows:
    """Told to the asset's venue at every tick, $ per unit of ln S: from Gamma, and from vanna through the response of
    vol, d ln s / d ln S; and from vanna per unit of the price of each thing that moves vol, options and vol futures.

    Gamma and vanna are net of options held at venues.
    """

    def __init__(self, desk: Desk, asset: str) -> None:
        self._desk, self._unit, self._world, self._asset = desk, desk.unit, desk.world, asset
        self._main, self._venue, self._two = asset == MAIN, desk.world.venue(asset), (2, desk.world.paths)
        self._spot, self._vol = of_asset(SPOT, asset), of_asset(VOL, asset)
        self._needs_vol = self._vol in desk.book.needs

    def tell(self, own: Snapshot | None, others: Collection[str]) -> None:
        """own: the market at the vol that the desk hedges the main asset at, if that is its own: it then reacts by the
        Gamma at that vol, and not to changes of vol. others: venues of options at which other desks hedge.
        """
        if not self._main:
            own = None
        desk, world, asset, out = self._desk, self._world, self._asset, np.empty(self._two)
        factors, risk, scale = world.factors, self._unit.risk(own), desk.scale
        gamma, vanna = risk.gamma_of(asset), risk.vanna_of(asset)
        options = options_held(world, desk.name, asset=asset) if world.options else NONE_HELD
        if options.positions:
            gamma, vanna, scale = *self._with_listed(options, gamma, vanna, own), desk.whole
        prices = factors.snapshot.row(self._spot)
        flows(scale, desk.liquidated, prices, gamma, vanna, factors.elasticity(asset), out)
        by_gamma, by_vanna = out
        self._venue.expose(by_gamma, moved=asset, by=CURVATURE)
        if own is None and (self._needs_vol or options.positions):
            self._venue.expose(by_vanna, moved=asset, by=VANNA)
            moving = world.moving(self._vol)
            if moving and not desk.legs.answering_on(asset) and not world.price_takers:  # else: `expose_options`
                self._tell_of_vol(np.where(desk.liquidated, 0.0, -scale * vanna * prices), moving, others)

    def _with_listed(self, options: OptionsHeld, gamma: Vector, vanna: Vector, own: Snapshot | None) -> Vector:
        """Gamma and vanna of the whole book with those of options held, (2, paths)."""
        both = np.empty(self._two)
        listed = np.asarray(options.sum("gamma", own)), np.asarray(options.sum("vanna", own))
        with_listed(self._desk.scale, gamma, vanna, *listed, both)
        return both

    def _tell_of_vol(self, by_log: Vector, moving: dict[str, float], others: Collection[str]) -> None:
        """by_log: $ per unit of ln of the vol, (paths,). Where nobody hedges, no loop closes."""
        for name, move in moving.items():
            if name in others or name not in self._world.option_numbers:
                self._venue.expose(move * by_log, moved=name, by=CURVATURE)
