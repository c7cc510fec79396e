"""A zero-coupon bond of constant maturity: priced by the rate of one node, paid in cash."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.costs import FILL_COSTS
from markets.kernels.fills import ASSET_MOVES, NETTED, asset_fill
from markets.kernels.passing_on import passed_on
from markets.venues.listing import NEVER
from sim.dataclass import dataclass
from sim.ledger import Move

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge_rates"  # reason of the ledger: what positions in rates earn at mid


class ZeroBond:
    """A `Listing` of bonds of 1 $ face value at P = exp(-D y - e), D the years of a node and y its zero rate, less the
    bond's spread where it has one.

    e is what a quoted curve has there beyond its nodes, 0 of one that is not quoted.

    Spreads and impact are in yield. Every day the bond that has grown a day shorter is exchanged for a fresh one at the
    curve as it stands; what that pays is the bond's carry.
    """

    gains = GAINS
    priced = funded = True
    until = NEVER

    def __init__(
        self,
        market: Surroundings,
        name: str,
        key: FactorKey,
        curve: Curve,
        apart: Mapping[FactorKey, float] | None = None,
        below: Below | None = None,
    ) -> None:
        """key: of the node, on `curve`. apart: by basis of a future, the share of its moves that the future misses.

        below: the spread by which the yield lies below that node.
        """
        self.name, self.key, self._below = name, key, below
        self.assets: tuple[Name, ...] = (name,)
        self.market, self._curve = market, curve
        self.duration = curve.years[curve.nodes.index(key)]
        self._excess = float(curve.excess(self.duration))
        # Moves of node and spread that bring the yield down by 1, as buying does.
        self.yields = {key: -1.0} if below is None else below.displaced(key, self.duration)
        self.first = float(self.mid[0])
        self.point = self.duration * self.first  # $ by which the price at the start falls per 1.00 of yield
        self._bases = {basis: -share * self.point for basis, share in (apart or {}).items()}
        self.displaces = self.yields | self._bases
        self._nothing = np.zeros(market.paths)

    @property
    def mid(self) -> Vector:
        """(paths,) $ a unit."""
        return self._price(self._yield(self.market.factors.snapshot))

    def _yield(self, snapshot: Snapshot) -> Vector:
        """Zero rate of the node less the spread, (paths,) decimal."""
        rate = snapshot.row(self.key)
        return rate if self._below is None else rate - self._below.zero(self.duration, snapshot) / self.duration

    def _price(self, rate: Vector) -> Vector:
        price: Vector = np.exp(-self.duration * rate - self._excess)
        return price

    @property
    def unit_notional(self) -> Vector:
        """The price, (paths,) $."""
        return self.mid

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """(paths,) $ a unit: P (1 + D spread), and for the walk the price at the yield that it leads to."""
        mid, duration = self.mid, self.duration
        return lambda: mid * (1 + duration * spread + np.expm1(duration * walk))

    def price_ratio(self) -> Vector:
        """Price over that at the start, (paths,)."""
        return self.mid / self.first

    def relative(self, displacement: Vector) -> Vector:
        """Yields move by the displacement itself."""
        return displacement

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Fall of the yield, (paths,) decimal."""
        np.divide(after, before, out=out)
        np.log(out, out=out)
        out /= self.duration

    def cost_per_notional(self) -> float:
        """The duration."""
        return self.duration

    def vol(self) -> Vector:
        """Normal vol of rates, (paths,) decimal a year."""
        return self.market.factors.rate_vol()

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector]:
        """The price of a unit, (paths,) $."""
        return (self.mid if market is None else self.price_in(market),)

    def exposure(self, account: Name) -> Vector:
        """Signed $ at mid, (paths,)."""
        return self.market.ledger.balance(account, self.name) * self.mid

    def years(self) -> float:
        """It has no end: its maturity stays."""
        return math.inf

    def carries(self) -> bool:
        """Whether anybody has ever held any."""
        return self.market.ledger.moved(self.name)

    def carry(self, account: Name, years: float) -> Vector:
        """Units x what each has earned, (paths,) $."""
        earned: Vector = self.market.ledger.balance(account, self.name) * self.earned(years)
        return earned

    def earned(self, years: float) -> Vector:
        """exp(-z(D - years) (D - years)) - P: gain of the shorter bond on the same curve, (paths,) $ a unit."""
        rates = self.market.factors.snapshot.block(self._curve.block)
        zero = self._curve.zero(self.duration - years, rates)
        if self._below is not None:
            zero = zero - self._below.zero(self.duration - years, self.market.factors.snapshot)
        shorter: Vector = np.exp(-zero)
        return shorter - self.mid

    def price_in(self, market: Snapshot) -> Vector:
        """Price in another market, (paths,) $ a unit."""
        return self._price(self._yield(market))

    def price_at(self, yield_move: Vector | float) -> Vector:
        """Price with the yield so much higher, (paths,) $ a unit."""
        return self._price(self._yield(self.market.factors.snapshot) + yield_move)

    def yield_move(self, moves: Mapping[FactorKey, Vector | float]) -> Vector | float:
        """Rise of the yield with factors so much higher."""
        rise = moves.get(self.key, 0.0)
        if self._below is None:
            return rise
        return rise - sum(by * moves.get(key, 0.0) for key, by in self._below.shares(self.duration).items())

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """-D P per 1.00 of the node, and shares of D P per 1.00 of its spread's nodes, (paths,) $ a unit."""
        slope: Vector = -self.duration * self._price(self._yield(market or self.market.factors.snapshot))
        of_spread = {} if self._below is None else self._below.shares(self.duration)
        found = {self.key: slope, **{key: -by * slope for key, by in of_spread.items()}}
        return found | dict.fromkeys(self._bases, self._nothing)

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""
        return {key: self.market.ledger.balance(account, self.name) * s for key, s in self.sensitivities().items()}

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Units against cash; the cash is split into the price at mid and what worsened it, at D P a unit of yield."""
        costs = COSTS if netted else COSTS[:-NETTED] if walks else COSTS[: ASSET_MOVES - 2]
        spread, moves = np.empty_like(filled), _moves(self.name, taker, book.makers, costs)
        mid, walked = self.mid, np.expm1(self.duration * walk) / self.duration
        posting = self.market.ledger.posting(moves)
        asset_fill(filled, book.levels, book.shares, calm, walked, mid, self.duration * mid, *posting, spread)
        return spread

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Units against cash at mid."""
        moves = (Move(source, target, self.gains, self.name), Move(target, source, self.gains))
        passed_on(quantity, share, self.mid, *self.market.ledger.posting(moves))

    def step(self, tick: int) -> None:
        """Its maturity stays."""


COSTS = (GAINS, *FILL_COSTS)  # reasons for which a fill moves cash


@dataclass(frozen=True)
class Below:
    """The spread by which a bond's yield lies below its node."""

    curve: Curve  # of the spread
    share: float  # of a move of the yield by trades: what moves the spread and not the node

    def zero(self, years: float, snapshot: Snapshot) -> Vector:
        """Spread times time, (paths,)."""
        return self.curve.zero(years, snapshot.block(self.curve.block))

    def shares(self, years: float) -> dict[FactorKey, float]:
        """Weights of the spread's nodes in the spread there, those above 0."""
        weights = (self.curve.weights(years) / years).tolist()
        return {key: by for key, by in zip(self.curve.nodes, weights, strict=True) if by}

    def displaced(self, node: FactorKey, years: float) -> dict[FactorKey, float]:
        """Moves of node and spread for a buyer who brings the yield down by 1."""
        shares = self.shares(years)
        whole = sum(by * by for by in shares.values())
        return {node: self.share - 1.0, **{key: self.share * by / whole for key, by in shares.items()}}


@cache
def _moves(asset: Name, taker: str, makers: tuple[Name, ...], costs: tuple[str, ...]) -> tuple[Move, ...]:
    """Of whom to whom the rows of `asset_fill` go."""
    return tuple(
        move
        for maker in makers
        for move in (Move(maker, taker, GAINS, asset), *(Move(taker, maker, cost) for cost in costs))
    )
