"""The counterparty of a desk's book: what it may owe, what its credit takes off the book, and its default."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from agents.accounts import CLIENTS
from markets.exposures.expected import Found, Span, bounds_of, expected, margined, span_of
from markets.factors.key import RATES_VOL
from markets.factors.other_curves import in_dollars
from markets.kernels.hedging import CVA_PART, add_step
from sim.memo import Memo
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.desk.attribution import Attribution
    from agents.desk.counterparty_terms import CounterpartyTerms
    from agents.desk.unit_book import UnitBook
    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.book import CompiledBook
    from markets.world import MarketWorld
    from sim.names import Key

Vector = NDArray[np.float64]
Mask = NDArray[np.bool_]
REASON = "counterparty"  # of the ledger: what a default takes of what it owed
MONTHS = 12


class Owner(Protocol):
    """The desk as its counterparty sees it."""

    scale: Vector
    world: MarketWorld
    name: str
    asset: Key
    book: CompiledBook
    unit: UnitBook
    attribution: Attribution

    @property
    def marked(self) -> int: ...


class Adjustment(NamedTuple):
    """CVA of one unit of the book's scale in one market."""

    value: Vector  # (paths,) $, a cost
    slopes: dict[FactorKey, Vector]  # (paths,) $ per 1.00 of each factor
    expected: Vector  # (dates, paths) $ expected exposures, present value
    died: Vector  # (dates, paths) probability of a default in each interval


class Counterparty:
    """State of one desk's counterparty. All of the book is one netting set with it; hedges are with others.

    CVA = sum over intervals of loss x (Q(begin) - Q(end)) x expected exposure, Q(T) = exp(-m H(T)), see `CreditName`.
    On its default the book ends: the desk receives what it is worth less the share lost of what is not collateralised.
    """

    def __init__(self, desk: Owner, terms: CounterpartyTerms) -> None:
        self._desk, self.terms, paths = desk, terms, desk.world.paths
        self.name = desk.book.start.credit(terms.credit)
        self._bounds = bounds_of(desk.book, terms.step_months / MONTHS)
        self._spans: Memo[Span] = Memo()
        self._now: Memo[Adjustment] = Memo()
        self.ended = np.zeros(paths, dtype=bool)
        self.share = np.ones(paths)  # of the book that was left where it ended
        self.found = np.zeros(paths)  # $ of exposure that its default has met
        self.lost = np.zeros(paths)  # $ that it has cost
        self._unhedged = np.zeros(paths)  # $ of the whole book, where it has ended
        self._margined: deque[tuple[float, Vector]] = deque()  # trading days, and value of one unit then
        self.collateral = np.zeros(paths)  # $ of one unit that the desk holds (below zero: has posted)

    @property
    def keys(self) -> tuple[FactorKey, ...]:
        """Factors that CVA depends on."""
        return (*self._desk.book.start.curve.nodes, self.name.key)

    # --- credit value adjustment -----------------------------------------------------------------------------------
    def now(self) -> Adjustment:
        """In the present market."""
        desk = self._desk
        market = desk.world.factors.snapshot
        return self._now.get(lambda: self.at(market), market, desk.world.factors.tick, desk.marked)

    def forget(self) -> None:
        """Fixings have changed."""
        self._now.forget()

    def at(self, market: Snapshot) -> Adjustment:
        """In a given market."""
        span, alive = self._span(), (~self._dead(market)).astype(np.float64)
        died, by_log = self._deaths(span, market, alive)
        loss = 1.0 - self.name.recovery
        found = self._expected(span, market, loss * died)
        curve = self._desk.book.start.curve
        slopes = dict(zip(curve.nodes, found.slopes, strict=True))
        zero = np.zeros(market.paths)
        slopes[self.name.key] = sum((loss * p * e for p, e in zip(by_log, found.expected, strict=True)), zero)
        value = sum((loss * p * e for p, e in zip(died, found.expected, strict=True)), zero)
        return Adjustment(value, slopes, found.expected, died)

    def _span(self) -> Span:
        desk = self._desk
        tick, middle = desk.world.factors.tick, self.terms.looked_at == "middle"
        return self._spans.get(
            lambda: span_of(desk.book, self._bounds, tick, desk.marked, middle=middle), tick, desk.marked
        )

    def _deaths(self, span: Span, market: Snapshot, alive: Vector) -> tuple[Vector, Vector]:
        """Probability of a default in each interval, and its slope by ln of the spread, (dates, paths)."""
        multiple = in_dollars(market.row(self.name.key) - self.name.start)
        hazards = [self.name.cumulative(times)[:, None] * multiple for times in (span.begin, span.end)]
        survived = [_exp_minus(each) for each in hazards]
        died = alive * (survived[0] - survived[1])
        return died, alive * (hazards[1] * survived[1] - hazards[0] * survived[0])

    def _expected(self, span: Span, market: Snapshot, weights: Vector) -> Found:
        terms, desk = self.terms, self._desk
        nodes = market.block(desk.book.start.curve.block)
        sigma, a = self._sigma(market), terms.reversion
        if not terms.collateralised:
            return expected(span, nodes, desk.unit.fixings, sigma, weights, reversion=a)
        period, limit = terms.margin_days / desk.world.clock.days_a_year, terms.threshold
        return margined(span, nodes, desk.unit.fixings, sigma, weights, reversion=a, period=period, threshold=limit)

    def _sigma(self, market: Snapshot) -> Vector:
        """Vol of the short rate, (paths,)."""
        if self.terms.sigma is not None:
            return np.full(market.paths, self.terms.sigma)
        if RATES_VOL in market.keys:
            return market.row(RATES_VOL)
        return np.full(market.paths, self._desk.book.start.normal_vol)

    def _dead(self, market: Snapshot) -> Mask:
        if not self.name.defaults:
            return self.ended
        dead: Mask = self.ended | (market.row(self.name.default) != 0.0)
        return dead

    # --- exposure ----------------------------------------------------------------------------------------------------
    def exposure(self, value: Vector) -> Vector:
        """What one unit is worth to the desk beyond its collateral, (paths,) $, at least 0. value: of one unit."""
        return np.where(self.ended, 0.0, np.maximum(value - self.collateral, 0.0))

    def exchange(self, value: Vector) -> None:
        """Margin is exchanged for a value of one unit, (paths,) $; it counts once the margin period has passed."""
        if self.terms.collateralised:
            limit = self.terms.threshold
            self._margined.append((self._day, value - np.clip(value, -limit, limit)))
            self._look_back()

    def _look_back(self) -> None:
        """The collateral: what was exchanged a margin period ago, or at the start."""
        while len(self._margined) > 1 and self._margined[1][0] <= self._day - self.terms.margin_days:
            self._margined.popleft()
        if self._margined:
            self.collateral = self._margined[0][1]

    @property
    def _day(self) -> float:
        world = self._desk.world
        return float(world.clock.day[world.factors.tick])

    # --- default -----------------------------------------------------------------------------------------------------
    def mark(self, clean: Vector, before: Vector) -> Vector:
        """Attribute what CVA and a default took since the last mark; at a close end the book where there was one.

        clean: (paths,) $ of one unit without CVA. before: CVA of one unit at the last mark. Returns: CVA now.
        """
        desk, market = self._desk, self._desk.world.factors.snapshot
        self._look_back()
        fresh = self._dead(market) & ~self.ended
        if not desk.world.clock.is_close[desk.world.factors.tick]:
            fresh[:] = False  # books end at closes, so that it does not matter how often they are marked
        cost = self.now().value
        gone = np.zeros_like(cost)
        if fresh.any():
            open_ = np.where(fresh, self.exposure(clean), 0.0)
            gone = market.row(self.name.default) * open_
            self.found += desk.scale * open_
        split = desk.attribution
        split.moved_besides = True
        row = split.parts[CVA_PART] if split.on else split.parts[-1]
        add_step(desk.scale, cost + gone, before, row, split.unhedged)
        np.copyto(split.unhedged, self._unhedged, where=self.ended)
        if fresh.any():
            self._end(fresh, clean, gone)
        self.exchange(clean)
        return cost

    def _end(self, fresh: Mask, clean: Vector, gone: Vector) -> None:
        desk, ledger, world = self._desk, self._desk.world.ledger, self._desk.world
        part = np.where(fresh, desk.scale, 0.0)
        ledger.transfer(part, source=desk.name, target=CLIENTS, asset=desk.asset, reason="book")
        ledger.transfer(part * clean, source=CLIENTS, target=desk.name, reason="book")
        ledger.transfer(part * gone, source=desk.name, target=CLIENTS, reason=REASON)
        self.lost += part * gone
        self.share = np.where(fresh, desk.scale, self.share)
        np.copyto(self._unhedged, desk.attribution.unhedged, where=fresh)
        self.ended |= fresh
        desk.scale = np.where(fresh, 0.0, desk.scale)
        world.log.add("events", world.now, fresh, kind="counterparty_default", subject=desk.name, value=part * gone)

    def hedged(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Slopes of what CVA takes off one unit of the book, (paths,) $ per 1.00 of each factor."""
        found = self.now() if market is None else self.at(market)
        return {key: -slope for key, slope in found.slopes.items()}

    def ahead(self) -> Iterator[tuple[float, Vector, Vector]]:
        """Of each future date: years from now, expected exposure of one unit (paths,) $, probability of a default."""
        now = self.now()
        yield from zip(self._span().dates.tolist(), now.expected, now.died, strict=True)


def _exp_minus(rows: Vector) -> Vector:
    """Row by row, (rows, paths)."""
    out = np.empty_like(rows)
    for one, row in zip(out, rows, strict=True):
        one[:] = in_dollars(-row)
    return out
