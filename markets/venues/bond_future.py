"""Futures on a bond: priced by the bond and a basis, settled in cash every day."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.factors.key import FactorKey, basis_key
from markets.kernels.fills import NETTED
from markets.kernels.swap_fills import SWAP_MOVES, swap_moves
from markets.venues.interest import growth
from markets.venues.listing import NEVER
from markets.venues.par_swap import GAINS, leg_moves
from sim.ledger import Move
from sim.names import Key

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.spec import BondFutureSpec
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from markets.venues.zero_bond import ZeroBond
    from sim.names import Name

Vector = NDArray[np.float64]
BP = 1e-4


class BondFuture:
    """A `Listing` of futures on 1 $ of face value, at F = P + x: P the bond's price, x the basis.

    A position is (units N, what is owed for them -O) and worth N F - O. Every morning, before the market moves, its
    worth is paid in cash, and O becomes N F; with it the carry of the day: the bond's, less the implied repo rate on P.

    Spreads and impact are in price. Of a purchase's impact the share `linked` is the bond's too, the rest is basis.
    """

    gains = GAINS
    priced, funded = True, False
    until = NEVER

    def __init__(self, market: Surroundings, name: str, spec: BondFutureSpec, bond: ZeroBond, day_count: str) -> None:
        """day_count: of interest on cash."""
        self.market, self.name, self.bond, self._spec = market, name, bond, spec
        self._day_count, self.basis = day_count, basis_key(name)
        self.assets: tuple[Name, ...] = Key("contracts", of=name), Key("owed", of=name)
        yields = {key: by * spec.linked / bond.point for key, by in bond.yields.items()}
        self.displaces = yields | {self.basis: 1 - spec.linked}
        self._ones = np.ones(market.paths)
        self._first = float(self.mid[0])

    @property
    def mid(self) -> Vector:
        """(paths,) $ a unit."""
        return self.bond.mid + self.market.factors.snapshot.row(self.basis)

    def prices_at(self, moves: Mapping[FactorKey, Vector | float]) -> tuple[Vector, Vector]:
        """Prices of bond and future with the yield and the basis so much higher, (paths,) $ a unit."""
        bond = self.bond.price_at(self.bond.yield_move(moves))
        return bond, bond + self.market.factors.snapshot.row(self.basis) + moves.get(self.basis, 0.0)

    @property
    def unit_notional(self) -> Vector:
        """The face value: 1 $, (paths,)."""
        return self._ones

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A buyer pays more than mid, (paths,) $ a unit."""
        mid = self.mid
        return lambda: mid + spread + walk

    def price_ratio(self) -> Vector:
        """Price over that at the start, (paths,)."""
        return self.mid / self._first

    def relative(self, displacement: Vector) -> Vector:
        """The price moves by the displacement itself."""
        return displacement

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Rise of the price, (paths,) $ a unit."""
        np.subtract(after, before, out=out)

    def cost_per_notional(self) -> float:
        """Spreads are $ per $ of face value."""
        return 1.0

    def vol(self) -> Vector:
        """Of the price, (paths,) $ a unit a year."""
        return self.bond.duration * self.bond.mid * self.market.factors.rate_vol()

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector, Vector]:
        """Of a unit, and of 1 $ owed for units below zero, (paths,) $."""
        price = self.mid if market is None else self.bond.price_in(market) + market.row(self.basis)
        return price, self._ones

    def exposure(self, account: Name) -> Vector:
        """Signed face value, (paths,) $."""
        return self.market.ledger.balance(account, self.assets[0])

    def years(self) -> float:
        """It is rolled without end."""
        return math.inf

    def carries(self) -> bool:
        """Whether any account has ever held any."""
        return self.market.ledger.moved(self.assets[0])

    def carry(self, account: Name, years: float) -> Vector:
        """Variation margin, after which nothing is owed, and units x (bond's carry - implied repo), (paths,) $."""
        units, owed = (self.market.ledger.balance(account, asset) for asset in self.assets)
        due = units * self.mid + owed
        self.market.ledger.transfer(-due, source=CLEARING, target=account, asset=self.assets[1], reason=self.gains)
        implied = growth(self.market.factors.overnight + self._spec.premium * BP, years, self._day_count)
        return due + units * (self.bond.earned(years) - implied * self.bond.mid)

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Change of the price per 1.00 of the node, of the bond's spread and of the basis, (paths,) $ a unit."""
        bond = self.bond.sensitivities(market)
        return {key: bond[key] for key in self.bond.yields} | {self.basis: self._ones}

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""
        return {key: self.exposure(account) * slope for key, slope in self.sensitivities().items()}

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Units, and what is owed for them; the excess over mid is noted as cost."""
        rows = len(book.makers) * (SWAP_MOVES + NETTED if netted else SWAP_MOVES)
        amounts, spread = np.empty((rows, filled.size)), np.empty_like(filled)
        swap_moves(filled, book.levels, book.shares, calm, walk, self._ones, -self.mid, amounts, spread)
        self.market.ledger.post(amounts, leg_moves(self.assets, taker, book.makers, netted))
        return spread

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """At mid: nothing is paid."""
        amounts = np.empty((2, self.market.paths))
        np.multiply(quantity, share, out=amounts[0])
        np.multiply(amounts[0], -self.mid, out=amounts[1])
        self.market.ledger.post(amounts, tuple(Move(source, target, self.gains, leg) for leg in self.assets))

    def step(self, tick: int) -> None:
        """Its maturity stays."""
