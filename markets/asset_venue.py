"""A risky asset's venue: priced in $, paid in cash, with circuit breakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.venue import Venue
from sim.phases import minutes

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from markets.world import MarketWorld

Vector = NDArray[np.float64]


class AssetVenue(Venue):
    """A risky asset: priced in $, paid in cash."""

    unit_price = True

    def __init__(self, world: MarketWorld, name: str, spec: VenueSpec) -> None:
        super().__init__(world, name, spec)
        world.ledger.list_asset(name)
        self._previous_close = self.mid.copy()

    @property
    def mid(self) -> Vector:
        """(paths,) $/unit."""
        return self.world.factors.price(self.name)

    @property
    def reference(self) -> Vector:
        """$/unit of which spreads and depth are shares, (paths,): mid, or the starting price under the normal law."""
        return self.world.factors.law(self.name).reference(self.mid)

    def price_ratio(self) -> Vector:
        """Reference price over the price at the start, (paths,): 1 under the normal law."""
        return self.reference / self.world.factors.law(self.name).spot0

    def notional(self, quantity: Vector) -> Vector:
        """$ notional of a quantity at the reference price, (paths,)."""
        return quantity * self.reference

    def units(self, notional: Vector) -> Vector:
        """Quantity that is worth a notional at the reference price, (paths,)."""
        return notional / self.reference

    def price_at(self, worse: Vector) -> Vector:
        """(paths,) $/unit."""
        return self.mid + self.reference * worse

    def relative(self, displacement: Vector) -> Vector:
        """Change of the price as a share of the reference, (paths,)."""
        return self.world.factors.law(self.name).relative(displacement)

    def cost_per_notional(self) -> float:
        """Spreads are shares of mid."""
        return 1.0

    def settle(self, taker: str, maker: str, quantity: Vector, spread: Vector, calm: Vector, walk: Vector) -> None:
        """Units against cash; the cash is split into the price at mid and what worsened it."""
        ledger = self.world.ledger
        notional = self.notional(quantity)
        calm_cost = np.abs(notional) * calm
        ledger.transfer(quantity, source=maker, target=taker, asset=self.name, reason="hedge")
        ledger.transfer(quantity * self.mid, source=taker, target=maker, reason="hedge")
        ledger.transfer(calm_cost, source=taker, target=maker, reason="spread_cost_calm")
        ledger.transfer(notional * spread - calm_cost, source=taker, target=maker, reason="spread_cost_crisis")
        ledger.transfer(notional * walk, source=taker, target=maker, reason="impact_cost")

    def hand_over(self, source: str, target: str, quantity: Vector) -> None:
        """Units against cash at mid."""
        ledger = self.world.ledger
        ledger.transfer(quantity, source=source, target=target, asset=self.name, reason="hedge")
        ledger.transfer(quantity * self.mid, source=target, target=source, reason="hedge")

    def held(self, account: str) -> Vector:
        """Units, (paths,)."""
        return self.world.ledger.balance(account, self.name)

    def value(self, account: str) -> Vector:
        """$ worth at mid, (paths,)."""
        return self.held(account) * self.mid

    def exposure(self, account: str) -> Vector:
        """Signed $ notional, (paths,)."""
        return self.value(account)

    def displace(self, move: Vector) -> None:
        """Move ln S."""
        self.world.factors.move(self.name, move)

    def stop_if_fallen(self) -> None:
        """Halt the paths whose price has newly fallen through a level."""
        levels, close = np.asarray(self.spec.halts), self._previous_close
        if not levels.size or close is None:
            return
        world = self.world
        hit = np.searchsorted(levels, 1 - self.mid / close, side="right")
        fresh = hit > self._levels_hit
        if not fresh.any():
            return
        until = np.where(hit == levels.size, world.clock.ticks[-1] + 1, world.now + minutes(self.spec.halt_minutes))
        self.halted_until = np.where(fresh, until, self.halted_until)
        self._levels_hit = np.maximum(hit, self._levels_hit)
        world.log.add("events", world.now, fresh, kind="halt", subject=self.name, value=levels[np.maximum(hit, 1) - 1])

    def close_day(self) -> None:
        """Remember the close; breakers start afresh."""
        self._previous_close = self.mid.copy()
        self._levels_hit[:] = 0
        self.halted_until = np.minimum(self.halted_until, self.world.now)
