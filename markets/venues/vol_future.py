"""Futures on implied vol: priced by the vol factor, which their trades move; settled in cash every day."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.costs import FILL_COSTS
from markets.factors.key import VOL, FactorKey
from markets.kernels.fills import ASSET_MOVES, NETTED, asset_fill
from markets.kernels.passing_on import passed_on
from markets.venues.listing import NEVER
from sim.ledger import Move
from sim.names import Key

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.specs.vol_future import VolFutureSpec
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge"  # reason of the ledger: what positions earn at mid
COSTS = (GAINS, *FILL_COSTS)  # reasons of the rows of a fill
POINTS = 100.0  # of vol, in 1.00


class VolFuture:
    """A `Listing` of futures on implied vol s of constant maturity, F = price (s / s0)^power.

    A position is (units N, what is owed for them -O) and worth N F - O. Every morning, before the market moves, its
    worth is paid in cash, and O becomes N F. Costs of a trade are paid in cash at once. Spreads and impact are shares
    of F; a purchase that moves ln F by d moves ln s by d / power.
    """

    gains = GAINS
    priced, funded = True, False
    until = NEVER

    def __init__(self, market: Surroundings, name: str, spec: VolFutureSpec, vol_noise: float) -> None:
        """vol_noise: of ln s, per square root of a trading year."""
        self.name, self.market, self._power, self._roll = name, market, spec.power, spec.roll
        self._vol_noise = vol_noise
        self.displaces = {VOL: 1 / spec.power}
        self.assets: tuple[Name, ...] = Key("contracts", of=name), Key("owed", of=name)
        self._base = market.factors.vol_law.base
        self._price = POINTS * self._base if spec.price is None else spec.price
        self._ones = np.ones(market.paths)

    def price_in(self, market: Snapshot) -> Vector:
        """F in a market, (paths,) $ a unit."""
        price: Vector = self._price * (market.row(VOL) / self._base) ** self._power
        return price

    @property
    def mid(self) -> Vector:
        """(paths,) $ a unit."""
        return self.price_in(self.market.factors.snapshot)

    @property
    def unit_notional(self) -> Vector:
        """The price, (paths,) $."""
        return self.mid

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A buyer pays more than mid, (paths,) $ a unit."""
        mid = self.mid
        return lambda: mid * (1 + spread + walk)

    def price_ratio(self) -> Vector:
        """Price over that at the start, (paths,)."""
        return self.mid / self._price

    def relative(self, displacement: Vector) -> Vector:
        """Change of the price as a share of it, (paths,)."""
        return np.expm1(displacement)

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """ln F after over before."""
        np.divide(after, before, out=out)
        np.log(out, out=out)

    def cost_per_notional(self) -> float:
        """Spreads are shares of the notional."""
        return 1.0

    def vol(self) -> Vector:
        """Of ln F, (paths,) a year: power x sqrt(noise of ln s^2 + (leverage x realised vol of the asset)^2)."""
        factors = self.market.factors
        answer = factors.leverage * factors.realised_vol()
        vol: Vector = self._power * np.sqrt(self._vol_noise**2 + answer * answer)
        return vol

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector, Vector]:
        """Of a unit, and of 1 $ owed for units below zero, (paths,) $."""
        return self.mid if market is None else self.price_in(market), self._ones

    def exposure(self, account: Name) -> Vector:
        """Signed $ at mid, (paths,)."""
        return self.market.ledger.balance(account, self.assets[0]) * self.mid

    def years(self) -> float:
        """It is rolled without end."""
        return math.inf

    def carries(self) -> bool:
        """Whether any account has ever held any."""
        return self.market.ledger.moved(self.assets[0])

    def carry(self, account: Name, years: float) -> Vector:
        """Variation margin, after which nothing is owed, less roll x F x units, (paths,) $."""
        units, owed = (self.market.ledger.balance(account, asset) for asset in self.assets)
        mid = self.mid
        due = units * mid + owed
        self.market.ledger.transfer(-due, source=CLEARING, target=account, asset=self.assets[1], reason=self.gains)
        return due - self._roll * years * (units * mid)

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Change of the price of a unit per 1.00 of implied vol: power F / s, (paths,) $."""
        now = self.market.factors.snapshot if market is None else market
        return {VOL: self._power * self.price_in(now) / now.row(VOL)}

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""
        held = self.market.ledger.balance(account, self.assets[0])
        return {key: held * slope for key, slope in self.sensitivities().items()}

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Units, and what is owed for them at mid; the costs in cash."""
        costs = COSTS if netted else COSTS[:-NETTED] if walks else COSTS[: ASSET_MOVES - 2]
        spread, mid = np.empty_like(filled), self.mid
        posting = self.market.ledger.posting(_moves(self.assets, taker, book.makers, costs))
        asset_fill(filled, book.levels, book.shares, calm, walk, mid, mid, *posting, spread)
        return spread

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """At mid: nothing is paid."""
        posting = self.market.ledger.posting(tuple(Move(source, target, self.gains, leg) for leg in self.assets))
        passed_on(quantity, share, -self.mid, *posting)

    def step(self, tick: int) -> None:
        """Its maturity stays."""


@cache
def _moves(assets: tuple[Name, ...], taker: str, makers: tuple[Name, ...], costs: tuple[str, ...]) -> tuple[Move, ...]:
    """Giver, taker and reason of each row of `asset_fill`: what is owed stands for the cash of the units."""
    gains, *paid = costs
    units, owed = assets
    return tuple(
        move
        for maker in makers
        for move in (
            Move(maker, taker, gains, units),
            Move(taker, maker, gains, owed),
            *(Move(taker, maker, cost) for cost in paid),
        )
    )
