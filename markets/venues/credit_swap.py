"""Credit default swaps on one name that trade at a fixed coupon against an upfront payment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.kernels.flows import NO_FIXING, flow_values
from markets.products.table import When
from markets.venues.paid_in_cash import PaidInCash
from sim.memo import Memo
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.venues.credit_contract import CreditContract
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge_credit"  # reason of the ledger: what positions in names earn at mid
NO_FIXINGS = np.zeros((0, 0))


class Figures(NamedTuple):
    """1 $ of protection in one market, (paths,) each."""

    worth: Vector  # $, with the present coupon to pay
    annuity: Vector  # $ per 1.00 of spread
    spread: Vector  # par, decimal
    slopes: dict[FactorKey, Vector]  # $ per 1.00 of each factor


class CreditSwap(PaidInCash):
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

    def relative(self, displacement: Vector) -> Vector:
        """Spreads move in proportion: by the displacement where they are as at the start."""
        found: Vector = displacement * self.mid / self._start
        return found

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Rise of the spread, at the level of the start, (paths,) decimal."""
        np.divide(after, before, out=out)
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
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector]:
        """(paths,) $ for 1 $ of protection."""
        return ((self._now() if market is None else self._valued(market)).worth,)

    def exposure(self, account: Name) -> Vector:
        """The notional."""
        return self.market.ledger.balance(account, self.name)

    def years(self) -> float:
        """To the maturity."""
        return self.contract.years - float(self.market.clock.calendar_years[self.market.factors.tick])

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Of 1 $ of protection by each node and ln of the spread, (paths,) $ per 1.00."""
        return (self._now() if market is None else self._valued(market)).slopes

    def of_one(self) -> tuple[Vector, Vector]:
        """Worth, and annuity, (paths,) $ and $ per 1.00 of spread."""
        now = self._now()
        return now.worth, now.annuity

    # --- time ------------------------------------------------------------------------------------------------------
    def step(self, tick: int) -> None:
        """Settle positions whose name has defaulted, then pay coupons."""
        self._settle_defaults(tick)
        due = self.contract.due(self._paid, tick)
        self._paid = tick
        for account, held in self.positions() if due else ():
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
        for account, held in self.positions():
            ended = np.where(fresh, held, 0.0)
            ledger.transfer(ended * (lost - owed), source=CLEARING, target=account, reason=GAINS)
            ledger.transfer(ended, source=account, target=CLEARING, asset=self.name, reason=GAINS)
