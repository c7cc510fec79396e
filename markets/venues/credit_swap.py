"""Credit default swaps on one name that trade at a fixed coupon against an upfront payment."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.costs import FILL_COSTS
from markets.kernels.flows import NO_FIXING, flow_values
from markets.kernels.trading import ASSET_MOVES, NETTED, asset_moves
from markets.products.table import When
from sim.ledger import Move
from sim.memo import Memo

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.venues.credit_contract import CreditContract
    from markets.venues.order_book import OrderBook
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge_credit"  # reason of the ledger: what positions in names earn at mid
COSTS = (GAINS, *FILL_COSTS)  # reasons for which a fill moves cash


class Figures(NamedTuple):
    """1 $ of protection in one market, (paths,) each."""

    worth: Vector  # $, with the present coupon to pay
    annuity: Vector  # $ per 1.00 of spread
    spread: Vector  # par, decimal
    slopes: dict[FactorKey, Vector]  # $ per 1.00 of each factor


class CreditSwap:
    """A `Listing` of one contract: quantity > 0 is protected, in $ notional.

    It is quoted by its par spread; spreads and impact are in that, decimal. Its worth is paid in cash, coupons are paid
    at the close of their day. Where its name defaults on a path, positions there are settled and end, and what trades
    from then on is the contract of a like name that lives.
    """

    gains = GAINS
    priced = funded = False

    def __init__(self, market: Surroundings, contract: CreditContract) -> None:
        """contract: named like its name, and so is the venue."""
        name = contract.name
        self.name, self.market, self.contract = name.name, market, contract
        self.assets: tuple[Name, ...] = (self.name,)
        self._start = float(np.exp(name.start))  # spread
        self.displaces = {name.key: 1.0 / self._start}  # buying protection raises ln spread
        self._figures: Memo[Figures] = Memo()
        self._ones = np.ones(market.paths)
        self._paid = 0  # tick up to which coupons are paid
        self._lost: Vector | None = None  # what the name's default has cost, as last seen

    # --- valuation -------------------------------------------------------------------------------------------------
    def _valued(self, market: Snapshot) -> Figures:
        tick, contract = self.market.factors.tick, self.contract
        when, factors = When(tick, tick), contract.full.factors
        rows, levels = contract.full.known(when), factors.of(market)
        unfixed = np.full(len(rows.terms), NO_FIXING)
        sums = factors.slopes(levels, NO_FIXINGS, rows.terms, unfixed)
        protection, bare = np.zeros(market.paths), contract.bare.known(when)
        flow_values(levels, NO_FIXINGS, bare.terms, np.full(len(bare.terms), NO_FIXING), protection)
        annuity = (protection - sums[0]) / contract.coupon - contract.accrued(tick)
        return Figures(sums[0], annuity, protection / annuity, dict(zip(factors.keys, sums[1:], strict=True)))

    def _now(self) -> Figures:
        market = self.market.factors.snapshot
        return self._figures.get(lambda: self._valued(market), self.market.factors.tick, market)

    # --- the price -------------------------------------------------------------------------------------------------
    @property
    def mid(self) -> Vector:
        """Par spread, (paths,) decimal."""
        return self._now().spread

    @property
    def unit_notional(self) -> Vector:
        """The quantity is the notional: 1 $, (paths,)."""
        return self._ones

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A buyer of protection pays a higher spread, (paths,) decimal."""
        mid = self.mid
        return lambda: mid + spread + walk

    def price_ratio(self) -> float:
        """A spread has none."""
        return 1.0

    def relative(self, displacement: Vector) -> Vector:
        """Spreads move in proportion: by the displacement where they are as at the start."""
        found: Vector = displacement * self.mid / self._start
        return found

    def returned(self, before: Vector, out: Vector) -> None:
        """Rise of the spread, at the level of the start, (paths,) decimal."""
        np.divide(self.mid, before, out=out)
        np.log(out, out=out)
        out *= self._start

    def cost_per_notional(self) -> Vector:
        """The annuity."""
        return self._now().annuity

    def vol(self) -> Vector:
        """Of the spread, (paths,) decimal per square root of a trading year."""
        found: Vector = self.contract.vol * self.mid
        return found

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> dict[Name, Vector]:
        """(paths,) $ for 1 $ of protection."""
        return {self.name: (self._now() if market is None else self._valued(market)).worth}

    def exposure(self, account: Name) -> Vector:
        """The notional."""
        return self.market.ledger.balance(account, self.name)

    def years(self) -> float:
        """To the maturity."""
        return self.contract.years - float(self.market.clock.calendar_years[self.market.factors.tick])

    def carries(self) -> bool:
        """Time is part of its value."""
        return False

    def carry(self, account: Name, years: float) -> Vector:
        """Nothing, (paths,) $."""
        return np.zeros(self.market.paths)

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Of 1 $ of protection by each node and ln of the spread, (paths,) $ per 1.00."""
        return (self._now() if market is None else self._valued(market)).slopes

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each factor, (paths,) $."""
        held = self.exposure(account)
        return {key: held * slope for key, slope in self.sensitivities().items()}

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Notional against cash, split into the worth at mid and what worsened the spread, times the annuity."""
        costs = COSTS if netted else COSTS[:-NETTED] if walks else COSTS[: ASSET_MOVES - 2]
        amounts, spread = np.empty((len(book.makers) * (1 + len(costs)), filled.size)), np.empty_like(filled)
        now = self._now()
        asset_moves(filled, book.levels, book.shares, calm, walk, now.worth, now.annuity, amounts, spread)
        self.market.ledger.post(amounts, _moves(self.name, taker, book.makers, costs))
        return spread

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """Notional against cash at mid."""
        amounts = np.empty((2, self.market.paths))
        np.multiply(quantity, share, out=amounts[0])
        np.multiply(amounts[0], self._now().worth, out=amounts[1])
        self.market.ledger.post(amounts, (Move(source, target, GAINS, self.name), Move(target, source, GAINS)))

    def step(self, tick: int) -> None:
        """Settle positions whose name has defaulted, then pay coupons."""
        self._settle_defaults(tick)
        due = self.contract.due(self._paid, tick)
        self._paid = tick
        for account, held in self._positions() if due else ():
            self.market.ledger.transfer(-due * held, source=CLEARING, target=account, reason=GAINS)

    def _settle_defaults(self, tick: int) -> None:
        """Positions on paths with a fresh default end for what is lost of the notional less what has accrued."""
        if not self.contract.name.defaults:
            return
        lost, before = self.market.factors.snapshot.row(self.contract.name.default), self._lost
        self._lost = lost
        if before is lost:
            return
        fresh = lost > 0.0 if before is None else (lost > 0.0) & (before == 0.0)
        if not fresh.any():
            return
        owed = self.contract.coupon * self.contract.accrued(tick)
        ledger = self.market.ledger
        for account, held in self._positions():
            ended = np.where(fresh, held, 0.0)
            ledger.transfer(ended * (lost - owed), source=CLEARING, target=account, reason=GAINS)
            ledger.transfer(ended, source=account, target=CLEARING, asset=self.name, reason=GAINS)

    def _positions(self) -> list[tuple[Name, Vector]]:
        ledger = self.market.ledger
        accounts = [one for one in ledger.accounts if one != CLEARING and ledger.reached(one, self.name)]
        return [(account, ledger.balance(account, self.name).copy()) for account in accounts]


NO_FIXINGS = np.zeros((0, 0))


@cache
def _moves(asset: Name, taker: str, makers: tuple[Name, ...], costs: tuple[str, ...]) -> tuple[Move, ...]:
    """Of whom to whom the rows of `asset_moves` go."""
    return tuple(
        move
        for maker in makers
        for move in (Move(maker, taker, GAINS, asset), *(Move(taker, maker, cost) for cost in costs))
    )
