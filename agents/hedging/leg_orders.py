"""What a desk orders for its legs: options, straddles, swaps and credit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.hedging import leg_order

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from agents.desk.leg_hedge import LegHedge, OpenRisk, Units
    from agents.hedging.blotter import Blotter

Vector = NDArray[np.float64]


class LegOrders:
    """Orders of one desk at venues besides those of assets: each leg's, then those of a forced reduction."""

    def __init__(self, desk: Desk, blotter: Blotter, *, rates: bool) -> None:
        """rates: whether rates and their vol are hedged; else only a lender's share is ordered there."""
        self._desk, self._legs, self._blotter, self._rates = desk, desk.legs, blotter, rates

    def coming(self, orders: Units) -> Units:
        """Units under way and ordered now, by venue."""
        return {name: self._blotter.with_under_way(name, order) for name, order in orders.items()}

    def options(self, due: bool) -> Units:
        """Options on assets against vega and gamma, and those that are always held."""
        hedge, legs = self._legs.options, self._legs
        if hedge is None:
            return {}
        return self._orders(due, hedge, legs.neutral_options(), hedge.open_risk(self._desk.unit.risk()), trades=True)

    def rates_and_credit(self, due: bool, options: Units) -> Units:
        """Straddles against vega, then swaps, bonds and futures against the rates risk of the book with them.

        options: orders of options on assets, which have rates risk, too.
        """
        legs, has_rates, credit = self._legs, self._desk.book.has_rates, self._credit(due)
        straddles: Units = {}
        if legs.vega is not None:
            open_risk = legs.open_risk({})
            straddles = self._orders(due, legs.vega, legs.neutral_vega(), open_risk, trades=self._rates)
        if not has_rates:
            return credit | straddles
        unit = self._per_unit(self.coming(straddles | options))
        neutral = legs.neutral_rates(straddles=unit)
        if not neutral:
            return credit | straddles
        return credit | straddles | self._orders(due, legs.rates, neutral, legs.open_risk(unit), trades=self._rates)

    def _credit(self, due: bool) -> Units:
        """Protection against the risk of names."""
        leg, legs = self._legs.credit, self._legs
        if leg is None:
            return {}
        return self._orders(due, leg, legs.neutral_credit(), legs.open_risk({}), trades=True)

    def _per_unit(self, coming: Units) -> Units:
        """What is held with that, by one unit of scale; nothing where no book is left."""
        desk, venue = self._desk, self._desk.world.venue
        some, scale = desk.scale > 0, np.where(desk.scale > 0, desk.scale, 1.0)
        held = {name: venue(name).held(desk.name) + units for name, units in coming.items()}
        return {name: np.where(some, units / scale, 0.0) for name, units in held.items()}

    def _orders(self, due: bool, leg: LegHedge, unit: Units, risk: OpenRisk, *, trades: bool) -> Units:
        """Orders of one leg by venue. unit: what neutralises one unit of scale. risk: of one, without the leg.

        trades: whether it trades of its own; else only where a lender forces it.
        """
        if not unit:
            return {}
        desk, blotter, orders = self._desk, self._blotter, dict[str, Vector]()
        venue, paths = desk.world.venue, desk.world.paths
        target = {name: desk.scale * units for name, units in unit.items()}
        held = {name: blotter.with_under_way(name, venue(name).held(desk.name)) for name in target}
        wanted = leg.wanted(target, held, risk, desk.scale)
        for name, position in held.items():
            looks, order = blotter.looks(due, name) if trades else blotter.nowhere, np.empty(paths)
            leg_order(wanted[name], target[name], position, looks, desk.forced, desk.liquidated, order)
            orders[name] = order
        return orders
