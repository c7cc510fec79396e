"""The contract of a listing: something that a venue trades."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.venues.order_book import OrderBook
    from sim.names import Name

    Vector = NDArray[np.float64]


NEVER = sys.maxsize  # tick


class Listing(Protocol):
    """Something that a `Venue` trades: its value, settlement of trades, and the factors that trades move.

    A quantity is signed, in the listing's own unit (shares, $ notional received fixed). Vectors are (paths,).
    """

    name: str  # also its venue's
    gains: str  # reason under which the ledger keeps what positions earn at mid
    assets: tuple[Name, ...]  # ledger assets that make up a position; the first is its quantity
    displaces: dict[FactorKey, float]  # moves of factors per unit that buyers displace the price, ln S or decimal rate
    priced: bool  # whether mid is a price: its falls halt trading, its closes and returns are recorded
    funded: bool  # whether its price is paid in cash: holding it must be financed, and a short is borrowed

    @property
    def mid(self) -> Vector:
        """$/unit, or decimal rate."""

    @property
    def unit_notional(self) -> Vector:
        """$ notional of one unit of quantity; spreads, depth and impact refer to it."""

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A function that computes the present execution price: mid, worse for a buyer by both."""

    def price_ratio(self) -> Vector | float:
        """Price over that at the start; 1 for a rate."""

    def relative(self, displacement: Vector) -> Vector:
        """Rise of a buyer's price for a displacement, in the unit of spreads."""

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Into `out` the displacement that took the price from `before` to `after`."""

    def cost_per_notional(self) -> Vector | float:
        """$ per $ notional and unit of spread."""

    def vol(self) -> Vector:
        """Standard deviation of the price in the unit of spreads, per square root of a trading year."""

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector, ...]:
        """$ worth at mid of one unit of each of `assets`, in their order: in the present market, or in a given one."""

    def exposure(self, account: Name) -> Vector:
        """Signed $ notional that an account holds."""

    def years(self) -> float:
        """Calendar years to the end of the instrument traded now; infinite if it has none."""

    def carries(self) -> bool:
        """Whether positions earn anything now while time passes."""

    def carry(self, account: Name, years: float) -> Vector:
        """$ that an account's position has earned in `years` calendar years."""

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Change of the value of one unit per 1.00 of each factor, $: in the present market, or in a given one."""

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Move `filled` from the book's makers to the taker, at mid worsened by the book's spread and by `walk`.

        calm: half-spread of a calm market; the excess counts as crisis spread.
        walks: whether a fill can walk the price at all.
        netted: whether orders were netted, so that the walk of orders against the net order is a gain.
        Returns the spread paid, signed as it worsens the price for a buyer.
        """

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Pass a share of a quantity on at mid, off the venue: no spread, no impact."""

    def step(self, tick: int) -> None:
        """The market has moved into `tick`: roll an instrument that has ended. See `waits_for_roll`."""


def waits_for_roll(listing: Listing) -> bool:
    """Whether a listing is not stepped before the tick that its attribute `until` says.

    A class that defines `step` anew is stepped at every tick, unless it defines `until`, too.
    """
    for names in (getattr(listing, "__dict__", {}), *map(vars, type(listing).__mro__)):
        if "until" in names:
            return True
        if "step" in names:
            break
    return False
