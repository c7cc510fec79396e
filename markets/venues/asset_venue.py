"""A risky asset's venue: priced in $, paid in cash, with circuit breakers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.costs import FILL_COSTS
from markets.factors.key import FactorKey
from markets.kernels.trading import ASSET_MOVES, NETTED, asset_moves, fallen
from markets.venues.venue import Venue
from sim.ledger import Move
from sim.names import Name
from sim.phases import minutes

if TYPE_CHECKING:
    from markets.spec import VenueSpec
    from markets.venues.venue import Book
    from markets.world import MarketWorld

Vector = NDArray[np.float64]
GAINS = "hedge"  # reason of the ledger: what positions in assets earn at mid
COSTS = (GAINS, *FILL_COSTS)  # reasons for which a fill moves cash


class AssetVenue(Venue):
    """A risky asset: priced in $, paid in cash."""

    unit_price = True
    gains = GAINS

    def __init__(self, world: MarketWorld, name: str, spec: VenueSpec) -> None:
        super().__init__(world, name, spec, FactorKey("spot", name))
        self.price = world.factors.assets[self.key].price
        world.ledger.list_asset(name)
        self._previous_close = self.mid
        self._halt_levels = np.asarray(spec.halts, dtype=np.float64)
        self._settled: dict[tuple[str, tuple[Name, ...], tuple[str, ...]], tuple[Move, ...]] = {}

    @property
    def mid(self) -> Vector:
        """(paths,) $/unit."""
        return self.world.factors.snapshot.row(self.key)

    @property
    def reference(self) -> Vector:
        """$/unit of which spreads and depth are shares, (paths,): mid, or the starting price under the normal law."""
        return self.price.reference(self.mid)

    def price_ratio(self) -> Vector:
        """Reference price over the price at the start, (paths,): 1 under the normal law."""
        return self.reference / self.price.spot0

    def notional(self, quantity: Vector) -> Vector:
        """$ notional of a quantity at the reference price, (paths,)."""
        return quantity * self.reference

    def units(self, notional: Vector) -> Vector:
        """Quantity that is worth a notional at the reference price, (paths,)."""
        return notional / self.reference

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """(paths,) $/unit."""
        mid, reference = self.mid, self.reference
        return lambda: mid + reference * (spread + walk)

    def relative(self, displacement: Vector) -> Vector:
        """Change of the price as a share of the reference, (paths,)."""
        return self.price.relative(displacement)

    def cost_per_notional(self) -> float:
        """Spreads are shares of mid."""
        return 1.0

    @property
    def unit_notional(self) -> Vector:
        """The reference price, (paths,) $."""
        return self.reference

    def settle(self, taker: str, filled: Vector, book: Book, walk: Vector, *, netted: bool) -> Vector:
        """Units against cash; the cash is split into the price at mid and what worsened it."""
        costs = self._costs(netted)
        rows = len(book.makers) * (1 + len(costs))
        amounts, spread = np.empty((rows, filled.size)), np.empty_like(filled)
        calm = self.spec.half_spread
        asset_moves(filled, book.levels, book.shares, calm, walk, self.mid, self.reference, amounts, spread)
        self.world.ledger.post(amounts, self._moves(taker, book.makers, costs))
        return spread

    def _costs(self, netted: bool) -> tuple[str, ...]:
        """Why cash is paid for a fill, in the order of `asset_moves`; no walk where trades do not move the price."""
        return COSTS if netted else COSTS[:-NETTED] if self.moves else COSTS[: ASSET_MOVES - 2]

    def _moves(self, taker: str, makers: tuple[Name, ...], costs: tuple[str, ...]) -> tuple[Move, ...]:
        """Of whom to whom the rows of `asset_moves` go."""
        known = self._settled.get((taker, makers, costs))
        if known is None:
            known = tuple(
                move
                for maker in makers
                for move in (Move(maker, taker, self.gains, self.name), *(Move(taker, maker, cost) for cost in costs))
            )
            self._settled[taker, makers, costs] = known
        return known

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Units against cash at mid."""
        amounts = np.empty((2, self.world.paths))
        np.multiply(quantity, share, out=amounts[0])
        np.multiply(amounts[0], self.mid, out=amounts[1])
        self.world.ledger.post(amounts, (Move(source, target, self.gains, self.name), Move(target, source, self.gains)))

    def held(self, account: Name) -> Vector:
        """Units, (paths,)."""
        return self.world.ledger.balance(account, self.name)

    def reached(self, account: Name) -> bool:
        """Whether an account has ever held any units."""
        return self.world.ledger.reached(account, self.name)

    def value(self, account: Name) -> Vector:
        """$ worth at mid, (paths,)."""
        return self.held(account) * self.mid

    def worth_of_one(self) -> dict[Name, Vector]:
        """The price of a unit, (paths,) $."""
        return {self.name: self.mid}

    def exposure(self, account: Name) -> Vector:
        """Signed $ notional, (paths,)."""
        return self.value(account)

    def displace(self, move: Vector) -> None:
        """Move ln S."""
        self.world.factors.displace(self.key, move)

    def stop_if_fallen(self) -> None:
        """Halt the paths whose price has newly fallen through a level."""
        if not self.spec.halts or self._previous_close is None:
            return
        levels, close = self._halt_levels, self._previous_close
        world, hit = self.world, np.empty(close.size, dtype=np.int64)
        if not fallen(self.mid, close, levels, self._levels_hit, hit):
            return
        fresh = hit > self._levels_hit
        until = np.where(hit == levels.size, world.clock.ticks[-1] + 1, world.now + minutes(self.spec.halt_minutes))
        self.halted_until = np.where(fresh, until, self.halted_until)
        self._levels_hit = np.maximum(hit, self._levels_hit)
        world.log.add("events", world.now, fresh, kind="halt", subject=self.name, value=levels[np.maximum(hit, 1) - 1])

    def close_day(self) -> None:
        """Remember the close; breakers start afresh."""
        if self.spec.halts:
            self._previous_close = self.mid
            self._levels_hit[:] = 0
            self.halted_until = np.minimum(self.halted_until, self.world.now)
