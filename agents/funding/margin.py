"""Initial margin: what a lender asks for what a book may lose while it is closed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.venues.swap_venue import SwapVenue

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.world import TradingWorld

Vector = NDArray[np.float64]


class MarginModel(Protocol):
    """How much initial margin is asked of a desk."""

    def initial(self, desk: Desk, world: TradingWorld) -> Vector:
        """Of book and hedges as they stand, (paths,) $."""


@dataclass(frozen=True, kw_only=True)
class Parametric:
    """k s sqrt(mpor) x exposure, (paths,) $.

    Exposure of the asset: |net delta| S + short gamma S^2 x (k s sqrt(mpor)) / 2, the loss of a move of k standard
    deviations to second order; of rates: |net DV01| x yield vol / base vol.
    """

    multiple: float  # k, standard deviations
    mpor_days: float  # trading days
    rate_vol: float  # decimal a year, at base implied vol

    def initial(self, desk: Desk, world: TradingWorld) -> Vector:
        factors, name = world.factors, desk.name
        risk, spot, curve = desk.risk(), factors.spot, desk.book.start.curve
        move = self.multiple * factors.margin_vol * np.sqrt(self.mpor_days / world.clock.days_a_year)
        delta = np.abs(desk.scale * risk.delta + world.venue("asset").held(name)) * spot
        convexity = 0.5 * np.maximum(-desk.scale * risk.gamma, 0.0) * spot**2
        rates = np.zeros(world.paths)
        if desk.book.has_rates:
            for key in (key for key, years in zip(curve.nodes, curve.years, strict=True) if years > 0):
                own = desk.scale * risk.first(key)
                for venue in world.venues.values():
                    if isinstance(venue, SwapVenue):
                        own = own + venue.held(name) * venue.node_sensitivity()[key.node]
                rates += np.abs(own)
        for asset in world.other_assets:  # without netting between assets
            delta = delta + np.abs(world.venue(asset.name).value(name)) * asset.vol / factors.vol_law.base
        margin: Vector = move * (delta + convexity * move + rates * self.rate_vol / factors.vol_law.base)
        return margin
