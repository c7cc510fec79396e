"""Par swaps of one node: positions are (notional, notional x coupon), so that trades at different rates net."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.costs import FILL_COSTS
from markets.factors.key import USD, FactorKey
from markets.kernels.fills import NETTED
from markets.kernels.swap_fills import SWAP_MOVES, swap_moves
from sim.ledger import Move
from sim.memo import Memo
from sim.names import Key

if TYPE_CHECKING:
    from markets.curves.benchmark import BenchmarkRisk
    from markets.factors.snapshot import Snapshot
    from markets.venues.order_book import OrderBook
    from markets.venues.series import Series
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge_rates"  # reason of the ledger: what positions in swaps earn at mid


class ParSwap:
    """A `Listing` of benchmark swaps: quantity > 0 receives fixed, in $ notional.

    Spreads and impact are in rate, costs are rate x annuity. Once a year positions roll into the next benchmark of the
    series.
    """

    gains = GAINS
    priced = funded = False

    def __init__(self, market: Surroundings, name: str, series: Series) -> None:
        """name: also of the curve's node that its trades move."""
        self.name, self.displaces = name, {FactorKey(*USD, name): -1.0}  # receiving fixed brings the rate down
        self.assets: tuple[Name, ...] = Key("notional", of=name), Key("coupon", of=name)
        self.series, self.benchmark, self._until = series, series.at(0), series.until(0)
        self.market = market
        self._terms: Memo[tuple[Vector, Vector]] = Memo()
        self._legs: Memo[BenchmarkRisk] = Memo()  # in the present market, as what follows
        self._slopes: Memo[dict[FactorKey, Vector]] = Memo()
        self._ones = np.ones(market.paths)

    @property
    def mid(self) -> Vector:
        """Par rate, (paths,) decimal."""
        annuity, floating = self.terms()
        return floating / annuity

    def mid_in(self, other: Snapshot) -> Vector:
        """The par rate in another market, (paths,) decimal."""
        annuity, floating = self.terms(other)
        return floating / annuity

    def terms(self, other: Snapshot | None = None) -> tuple[Vector, Vector]:
        """Annuity and value of the floating leg, (paths,) per unit of notional: now, or in another market."""
        swap, tick, market = self.benchmark, self.market.factors.tick, self.market.factors.snapshot
        if other is not None:
            return swap.terms(tick, other)
        return self._terms.get(lambda: swap.terms(tick, market), swap, tick, market.block(USD))

    @property
    def unit_notional(self) -> Vector:
        """The quantity is the notional: 1 $, (paths,)."""
        return self._ones

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A receiver gets less than mid, (paths,) decimal."""
        mid = self.mid
        return lambda: mid - (spread + walk)

    def price_ratio(self) -> float:
        """A rate has none."""
        return 1.0

    def relative(self, displacement: Vector) -> Vector:
        """Rates move by the displacement itself."""
        return displacement

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Receiving fixed brings the rate down."""
        np.subtract(before, after, out=out)

    def cost_per_notional(self) -> Vector:
        """The annuity."""
        return self.terms()[0]

    def vol(self) -> Vector:
        """Normal vol of rates, (paths,) decimal a year."""
        return self.market.factors.rate_vol()

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector, Vector]:
        """Of 1 $ of notional and of coupon, (paths,) $: minus the floating leg, and the annuity."""
        annuity, floating = self.terms(market)
        return -floating, annuity

    def exposure(self, account: Name) -> Vector:
        """The notional."""
        return self.market.ledger.balance(account, self.assets[0])

    def years(self) -> float:
        """To the maturity of the benchmark."""
        return self.benchmark.years(self.market.factors.tick)

    def carries(self) -> bool:
        """Whether any account has ever held any."""
        return self.market.ledger.moved(self.assets[0])

    def carry(self, account: Name, years: float) -> Vector:
        """Coupon x years to the receiver, the overnight rate to the payer, both act/365, (paths,) $.

        So a position's value is that of the accruals to come.
        """
        notional, coupon = (self.market.ledger.balance(account, asset) for asset in self.assets)
        return (coupon - self.market.factors.overnight * notional) * years

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Change of the value of 1 $ received fixed at par per 1.00 of each node, by node, (paths,)."""
        factors = self.market.factors
        if market is not None and market is not factors.snapshot:
            return self._at_par(self.benchmark.sensitivities(factors.tick, market))
        legs = self._legs_now()
        return self._slopes.get(lambda: self._at_par(legs), legs).copy()

    def _legs_now(self) -> BenchmarkRisk:
        """Both legs in the present market, computed once."""
        swap, tick, market = self.benchmark, self.market.factors.tick, self.market.factors.snapshot
        return self._legs.get(lambda: swap.sensitivities(tick, market), swap, tick, market.block(swap.curve.block))

    def _at_par(self, legs: BenchmarkRisk) -> dict[FactorKey, Vector]:
        change = legs.floating / legs.annuity * legs.annuity_dv - legs.floating_dv
        return dict(zip(self.benchmark.curve.nodes, change, strict=True))

    def slopes_of(self, account: Name) -> dict[FactorKey, Vector]:
        """Change of the value of what an account holds per 1.00 of each node, (paths,) $, at its own coupon."""
        notional, coupon = (self.market.ledger.balance(account, asset) for asset in self.assets)
        legs = self._legs_now()
        change = coupon * legs.annuity_dv - notional * legs.floating_dv
        return dict(zip(self.benchmark.curve.nodes, change, strict=True))

    # --- trades ----------------------------------------------------------------------------------------------------
    def settle(
        self, taker: str, filled: Vector, book: OrderBook, walk: Vector, *, calm: float, walks: bool, netted: bool
    ) -> Vector:
        """Notional and coupon; the difference of the coupon to par is noted as cost, at its present value."""
        rows = len(book.makers) * (SWAP_MOVES + NETTED if netted else SWAP_MOVES)
        amounts, spread = np.empty((rows, filled.size)), np.empty_like(filled)
        swap_moves(filled, book.levels, book.shares, calm, walk, *self.terms(), amounts, spread)
        self.market.ledger.post(amounts, leg_moves(self.assets, taker, book.makers, netted))
        return spread

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """A swap at par."""
        amounts = np.empty((2, self.market.paths))
        np.multiply(quantity, share, out=amounts[0])
        np.multiply(amounts[0], self.mid, out=amounts[1])
        self.market.ledger.post(amounts, tuple(Move(source, target, self.gains, leg) for leg in self.assets))

    @property
    def until(self) -> int:
        """Tick of the next roll."""
        return self._until

    def step(self, tick: int) -> None:
        """Roll into the next benchmark of the series when its time has come."""
        if tick >= self._until:
            self._roll(tick)

    def _roll(self, tick: int) -> None:
        """Close every position in the benchmark at mid, in cash, and open it again in the next one, at par.

        Notionals stay; nobody gains or loses, and no spread is paid:
            cash += NC A - N F,   NC = N F' / A'
        with A and F the annuity and floating leg of the old swap now, A' and F' those of the fresh one.
        """
        ledger, asset = self.market.ledger, self.assets[1]
        annuity, floating = self.terms()
        self.benchmark, self._until = self.series.at(tick), self.series.until(tick)
        par = self.mid
        for account in list(ledger.accounts):
            if account == CLEARING or not ledger.reached(account, self.assets[0]):
                continue
            notional, coupon = (ledger.balance(account, held).copy() for held in self.assets)
            ledger.transfer(coupon * annuity - notional * floating, source=CLEARING, target=account, reason=self.gains)
            ledger.transfer(notional * par - coupon, source=CLEARING, target=account, asset=asset, reason=self.gains)


@cache
def leg_moves(assets: tuple[Name, ...], taker: str, makers: tuple[Name, ...], netted: bool) -> tuple[Move, ...]:
    """Giver, taker and reason of each row of `swap_moves`."""
    *costs, gain = FILL_COSTS
    return tuple(
        move
        for maker in makers
        for move in (
            *(Move(maker, taker, GAINS, leg) for leg in assets),
            *(Move(taker, maker, cost, None) for cost in costs),
            Move(maker, taker, GAINS, None),
            *([Move(taker, maker, gain, None)] if netted else []),
        )
    )
