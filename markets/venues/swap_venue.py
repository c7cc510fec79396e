"""Par swaps to a fixed maturity: positions are (notional, notional x coupon), so that trades at different rates net."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.costs import FILL_COSTS
from markets.factors.key import USD, FactorKey
from markets.kernels.trading import NETTED, SWAP_MOVES, swap_moves
from markets.venues.venue import Venue
from sim.ledger import Move
from sim.names import Key, Name

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.spec import VenueSpec
    from markets.venues.roll import Series
    from markets.venues.venue import Book
    from markets.world import MarketWorld

Vector = NDArray[np.float64]


class SwapVenue(Venue):
    """A benchmark swap: quantity > 0 receives fixed. Spreads and impact are in rate, costs are rate x annuity.

    Once a year positions roll into the next benchmark of the series; see `markets.venues.roll`.
    """

    unit_price = False
    gains = "hedge_rates"

    def __init__(self, world: MarketWorld, name: str, spec: VenueSpec, series: Series) -> None:
        super().__init__(world, name, spec, FactorKey(*USD, name))
        self.series = series
        self.benchmark = series.at(0)
        self.assets = Key("notional", of=name), Key("coupon", of=name)
        self._terms: tuple[Vector, Vector] | None = None
        self._ones = np.ones(world.paths)
        self._settled: dict[tuple[str, tuple[Name, ...], bool], tuple[Move, ...]] = {}
        world.ledger.list_asset(*self.assets)

    @property
    def mid(self) -> Vector:
        """Par rate, (paths,) decimal."""
        annuity, floating = self.terms()
        return floating / annuity

    def terms(self) -> tuple[Vector, Vector]:
        """Annuity and value of the floating leg, (paths,) per unit of notional."""
        if self._terms is None:
            self._terms = self.benchmark.terms(self.world.factors.tick, self.world.factors.snapshot)
        return self._terms

    def trade_next(self) -> None:
        """From now on trade the benchmark of the tick; positions must have been rolled into it."""
        self.benchmark = self.series.at(self.world.factors.tick)
        self.forget_terms()

    def reprice(self) -> None:
        """Forget what was derived from the last tick's market."""
        super().reprice()
        self.forget_terms()

    def notional(self, quantity: Vector) -> Vector:
        """The quantity is the notional."""
        return quantity

    def units(self, notional: Vector) -> Vector:
        """The quantity is the notional."""
        return notional

    def relative(self, displacement: Vector) -> Vector:
        """Rates move by the displacement itself."""
        return displacement

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A receiver gets less than mid, (paths,) decimal."""
        mid = self.mid
        return lambda: mid - (spread + walk)

    def cost_per_notional(self) -> Vector:
        """The annuity."""
        return self.terms()[0]

    @property
    def unit_notional(self) -> Vector:
        """1 $, (paths,)."""
        return self._ones

    def settle(self, taker: str, filled: Vector, book: Book, walk: Vector, *, netted: bool) -> Vector:
        """Notional and coupon; what the coupon is worse than par is noted as cost, at its present value."""
        rows = len(book.makers) * (SWAP_MOVES + NETTED if netted else SWAP_MOVES)
        amounts, spread = np.empty((rows, filled.size)), np.empty_like(filled)
        swap_moves(filled, book.levels, book.shares, self.spec.half_spread, walk, *self.terms(), amounts, spread)
        self.world.ledger.post(amounts, self._moves(taker, book.makers, netted))
        return spread

    def _moves(self, taker: str, makers: tuple[Name, ...], netted: bool) -> tuple[Move, ...]:
        """Of whom to whom the rows of `swap_moves` go."""
        known = self._settled.get((taker, makers, netted))
        if known is None:
            *costs, gain = FILL_COSTS
            known = tuple(
                move
                for maker in makers
                for move in (
                    *(Move(maker, taker, self.gains, leg) for leg in self.assets),
                    *(Move(taker, maker, cost, None) for cost in costs),
                    Move(maker, taker, self.gains, None),
                    *([Move(taker, maker, gain, None)] if netted else []),
                )
            )
            self._settled[taker, makers, netted] = known
        return known

    def hand_over(self, source: Name, target: Name, quantity: Vector, share: float = 1.0) -> None:
        """A swap at par."""
        amounts = np.empty((2, self.world.paths))
        np.multiply(quantity, share, out=amounts[0])
        np.multiply(amounts[0], self.mid, out=amounts[1])
        self.world.ledger.post(amounts, tuple(Move(source, target, self.gains, leg) for leg in self.assets))

    def held(self, account: Name) -> Vector:
        """$ notional received fixed, (paths,)."""
        return self.world.ledger.balance(account, self.assets[0])

    def node_sensitivity(self, snapshot: Snapshot | None = None) -> dict[str, Vector]:
        """Change of the value of 1 $ received fixed at par per 1.00 of each node, by node, (paths,)."""
        legs = self.benchmark.sensitivities(self.world.factors.tick, snapshot or self.world.factors.snapshot)
        change = legs.floating / legs.annuity * legs.annuity_dv - legs.floating_dv
        return dict(zip((key.node for key in self.benchmark.curve.nodes), change, strict=True))

    def reached(self, account: Name) -> bool:
        """Whether an account has ever held any notional."""
        return self.world.ledger.reached(account, self.assets[0])

    def value(self, account: Name) -> Vector:
        """$ worth at mid, (paths,)."""
        annuity, floating = self.terms()
        notional, coupon = (self.world.ledger.balance(account, asset) for asset in self.assets)
        return coupon * annuity - notional * floating

    def worth_of_one(self) -> dict[Name, Vector]:
        """Of 1 $ of notional and of coupon, (paths,) $: minus the floating leg, and the annuity."""
        annuity, floating = self.terms()
        return {self.assets[0]: -floating, self.assets[1]: annuity}

    def exposure(self, account: Name) -> Vector:
        """Signed $ notional, (paths,)."""
        return self.held(account)

    def displace(self, move: Vector) -> None:
        """Receiving fixed brings the rate down."""
        self.world.factors.displace(self.key, -move)
        for venue in self.world.venues.values():
            venue.forget_terms()

    def forget_terms(self) -> None:
        """The curve has moved."""
        self._terms = None
