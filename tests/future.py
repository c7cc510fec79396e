"""A listing of one's own, whole: a future on an asset that is settled every day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.costs import FILL_COSTS
from markets.factors.key import OVERNIGHT, FactorKey
from sim.ledger import Move
from sim.names import Key

Vector = NDArray[np.float64]


class Future:
    """F = S e^{rT}; a position is (contracts N, what was agreed to be paid for them P) and worth N F - P.

    Nothing is paid when it is traded. Every morning its worth is paid in cash, and P becomes N F.
    """

    gains = "hedge"
    priced, funded = True, False

    def __init__(self, market: Any, name: str, *, on: str, years: float) -> None:
        """on: the asset. years: calendar years from the start to delivery."""
        self.market, self.name, self.spot = market, name, FactorKey("spot", on)
        self.assets = Key("contracts", of=name), Key("agreed", of=name)
        self.displaces = {self.spot: 1.0}
        self.delivery = years
        self.first = float(self.mid[0])

    def years(self) -> float:
        """Calendar years to delivery."""
        factors = self.market.factors
        return self.delivery - float(self.market.clock.calendar_years[factors.tick])

    def growth(self, market: Any) -> Vector:
        return np.exp(market.row(OVERNIGHT) * self.years())

    @property
    def mid(self) -> Vector:
        market = self.market.factors.snapshot
        return market.row(self.spot) * self.growth(market)

    @property
    def unit_notional(self) -> Vector:
        return self.mid

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        mid = self.mid
        return lambda: mid * (1 + spread + walk)

    def price_ratio(self) -> Vector:
        return self.mid / self.first

    def relative(self, displacement: Vector) -> Vector:
        return np.expm1(displacement)

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        np.log(after / before, out=out)

    def cost_per_notional(self) -> float:
        return 1.0

    def vol(self) -> Vector:
        return self.market.factors.realised_vol(self.spot)

    def worth_of_one(self, market: Any = None) -> tuple[Vector, Vector]:
        return self.mid, np.full(self.market.paths, -1.0)

    def exposure(self, account: Any) -> Vector:
        return self.market.ledger.balance(account, self.assets[0]) * self.mid

    def carries(self) -> bool:
        return self.market.ledger.moved(self.assets[0])

    def carry(self, account: Any, years: float) -> Vector:
        """Variation margin: what it is worth, which is then agreed on afresh."""
        contracts, agreed = (self.market.ledger.balance(account, asset) for asset in self.assets)
        due = contracts * self.mid - agreed
        self.market.ledger.transfer(due, source=CLEARING, target=account, asset=self.assets[1], reason=self.gains)
        return due

    def sensitivities(self, market: Any = None) -> dict[FactorKey, Vector]:
        market = market or self.market.factors.snapshot
        growth = self.growth(market)
        return {self.spot: growth, OVERNIGHT: self.years() * market.row(self.spot) * growth}

    def settle(
        self, taker: str, filled: Vector, book: Any, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Contracts and their price; what it is worse than mid is noted, part by part, and given back as a gain."""
        spread, notional = np.sign(filled) * book.half_spread + book.skew, filled * self.mid
        quiet = np.abs(notional) * np.minimum(book.half_spread, calm)
        gained = np.minimum(notional * walk, 0.0) if netted else np.zeros_like(walk)
        parts = [quiet, notional * spread - quiet, notional * walk - gained, gained]
        rows = [filled, notional * (1 + spread + walk), *parts, sum(parts)]
        for maker, share in zip(book.makers, book.shares, strict=True):
            legs = [Move(maker, taker, self.gains, asset) for asset in self.assets]
            notes = [Move(taker, maker, cost, None) for cost in FILL_COSTS]
            moves = (*legs, *notes, Move(maker, taker, self.gains, None))
            self.market.ledger.post(share * np.array(rows), moves)
        return spread

    def hand_over(self, source: Any, target: Any, quantity: Vector, share: float = 1.0) -> None:
        amounts = np.array([quantity * share, quantity * share * self.mid])
        self.market.ledger.post(amounts, tuple(Move(source, target, self.gains, asset) for asset in self.assets))

    def step(self, tick: int) -> None:
        """Delivery is after the run."""
