"""What is alike in listings that are quoted in a vol or a spread and paid for in cash by the unit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.costs import FILL_COSTS
from markets.kernels.fills import ASSET_MOVES, NETTED, asset_fill
from markets.kernels.passing_on import passed_on
from sim.ledger import Move

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]


class PaidInCash(ABC):
    """Most of a `Listing`: a fill moves units against their worth at mid and what worsened the quote, times its slope.

    Time is part of the worth, so that positions carry nothing besides.
    """

    name: str
    market: Surroundings
    gains: str

    @property
    @abstractmethod
    def mid(self) -> Vector:
        """The quote, (paths,) decimal."""

    @abstractmethod
    def of_one(self) -> tuple[Vector, Vector]:
        """Worth of a unit, and what it gains per 1.00 of the quote, (paths,) $ each."""

    @abstractmethod
    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Of a unit by factor, (paths,) $ per 1.00."""

    # --- the price -------------------------------------------------------------------------------------------------
    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A buyer pays a higher quote, (paths,) decimal."""
        mid = self.mid
        return lambda: mid + spread + walk

    def price_ratio(self) -> float:
        """A vol or a spread has none."""
        return 1.0

    # --- positions -------------------------------------------------------------------------------------------------
    def carries(self) -> bool:
        """Time is part of the worth."""
        return False

    def carry(self, account: Name, years: float) -> Vector:
        """Nothing, (paths,) $."""
        return np.zeros(self.market.paths)

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""
        held = self.market.ledger.balance(account, self.name)
        return {key: held * slope for key, slope in self.sensitivities().items()}

    def holders(self) -> tuple[Name, ...]:
        """All accounts that have ever held any."""
        ledger = self.market.ledger
        return tuple(one for one in ledger.accounts if one != CLEARING and ledger.reached(one, self.name))

    def positions(self) -> list[tuple[Name, Vector]]:
        """What each of them holds now, (paths,) units."""
        return [(account, self.market.ledger.balance(account, self.name).copy()) for account in self.holders()]

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Units against cash, split into the worth at mid and what worsened the quote, times its slope."""
        costs = (self.gains, *FILL_COSTS)
        costs = costs if netted else costs[:-NETTED] if walks else costs[: ASSET_MOVES - 2]
        spread, of_one = np.empty_like(filled), self.of_one()
        posting = self.market.ledger.posting(fill_moves(self.name, taker, book.makers, costs))
        asset_fill(filled, book.levels, book.shares, calm, walk, *of_one, *posting, spread)
        return spread

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Units against cash at mid."""
        worth, moves = self.of_one()[0], handed_over(self.name, source, target, self.gains)
        passed_on(quantity, share, worth, *self.market.ledger.posting(moves))


@cache
def fill_moves(asset: Name, taker: str, makers: tuple[Name, ...], costs: tuple[str, ...]) -> tuple[Move, ...]:
    """Giver, taker and reason of each row of `asset_fill`; the first of the costs is the reason of gains."""
    return tuple(
        move
        for maker in makers
        for move in (Move(maker, taker, costs[0], asset), *(Move(taker, maker, cost) for cost in costs))
    )


@cache
def handed_over(asset: Name, source: Name, target: Name, gains: str) -> tuple[Move, Move]:
    """Units that change hands, and the cash for them."""
    return Move(source, target, gains, asset), Move(target, source, gains)
