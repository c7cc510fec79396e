"""A risky asset: priced in $, paid in cash."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.costs import FILL_COSTS
from markets.factors.key import FactorKey
from markets.kernels.fills import ASSET_MOVES, NETTED, asset_fill
from markets.kernels.passing_on import passed_on
from markets.venues.listing import NEVER
from markets.venues.paid_in_cash import fill_moves, handed_over

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from sim.ledger import Move
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge"  # reason of the ledger: what positions in assets earn at mid
COSTS = (GAINS, *FILL_COSTS)  # reasons for which a fill moves cash, in the order of `asset_fill`
WALKED = COSTS[:-NETTED]  # of orders that were not netted
UNMOVED = COSTS[: ASSET_MOVES - 2]  # no walk, where trades do not move the price


class Stock:
    """A `Listing` of an asset's units against cash. Spreads and impact are shares of the reference price."""

    gains = GAINS
    priced = funded = True
    until = NEVER

    def __init__(self, market: Surroundings, name: str, dividend_yield: float = 0.0) -> None:
        """dividend_yield: decimal a year of calendar time, continuous."""
        self.name, self.key = name, FactorKey("spot", name)
        self.displaces = {self.key: 1.0}
        self.assets: tuple[Name, ...] = (name,)
        self.market, self._dividend_yield = market, dividend_yield
        self._factors = market.factors
        self._law = market.factors.assets[self.key].price

    @property
    def mid(self) -> Vector:
        """(paths,) $/unit."""
        return self._factors.snapshot.row(self.key)

    @property
    def unit_notional(self) -> Vector:
        """Reference price, (paths,) $: mid, or the starting price under the normal law."""
        mid = self._factors.snapshot.row(self.key)
        return self._law.reference(mid) if self._law.normal else mid

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """(paths,) $/unit."""
        mid = self._factors.snapshot.row(self.key)
        reference = self._law.reference(mid) if self._law.normal else mid
        return lambda: mid + reference * (spread + walk)

    def price_ratio(self) -> Vector:
        """Reference price over the price at the start, (paths,): 1 under the normal law."""
        return self.unit_notional / self._law.spot0

    def relative(self, displacement: Vector) -> Vector:
        """Change of the price as a share of the reference, (paths,)."""
        return self._law.relative(displacement)

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """ln S after over before; under the normal law the change over the price at the start."""
        if self._law.normal:
            np.subtract(after, before, out=out)
            out /= self._law.spot0
        else:
            with np.errstate(divide="ignore", invalid="ignore"):  # a price that has run into zero has no return
                np.divide(after, before, out=out)
                np.log(out, out=out)

    def cost_per_notional(self) -> float:
        """Spreads are shares of the notional."""
        return 1.0

    def vol(self) -> Vector:
        """Realised vol, (paths,)."""
        return self.market.factors.realised_vol(self.key)

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector]:
        """The price of a unit, (paths,) $."""
        return ((market or self._factors.snapshot).row(self.key),)

    def exposure(self, account: Name) -> Vector:
        """Signed $ at mid, (paths,)."""
        return self.market.ledger.balance(account, self.name) * self._factors.snapshot.row(self.key)

    def years(self) -> float:
        """It has no end."""
        return math.inf

    def carries(self) -> bool:
        """Whether it pays dividends."""
        return self._dividend_yield != 0

    def carry(self, account: Name, years: float) -> Vector:
        """Dividends: yield x S x units, by calendar time, (paths,) $."""
        return self._dividend_yield * years * self.mid * self.market.ledger.balance(account, self.name)

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """A unit moves as its own price."""
        return {self.key: np.ones(self.market.paths)}

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""
        held = self.market.ledger.balance(account, self.assets[0])
        return {key: held * slope for key, slope in self.sensitivities().items()}

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Units against cash; the cash is split into the price at mid and the costs."""
        costs = COSTS if netted else WALKED if walks else UNMOVED
        spread = np.empty(filled.size)
        posting = self.market.ledger.posting(fill_moves(self.name, taker, book.makers, costs))
        mid = self._factors.snapshot.row(self.key)
        reference = self._law.reference(mid) if self._law.normal else mid
        asset_fill(filled, book.levels, book.shares, calm, walk, mid, reference, *posting, spread)
        return spread

    def passing(self, source: Name, target: Name) -> tuple[Move, ...]:
        """Movements of `hand_over`."""
        return handed_over(self.name, source, target, self.gains)

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Units against cash at mid."""
        posting = self.market.ledger.posting(self.passing(source, target))
        passed_on(quantity, share, self._factors.snapshot.row(self.key), *posting)

    def step(self, tick: int) -> None:
        """An asset has no end."""
