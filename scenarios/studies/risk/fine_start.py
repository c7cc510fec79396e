"""A starting market on other nodes: the same curves, whose moves are told by zero rates at chosen times."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.curve import Curve
from markets.factors.key import FactorKey
from markets.factors.snapshot import Block, Snapshot
from markets.products.book import Book
from markets.products.foreign import Foreign
from markets.specs.variable import SPREAD
from sim.dataclass import dataclass

if TYPE_CHECKING:
    from markets.products.product import Instrument
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Levels = dict[FactorKey, float]
DAY = 1 / 365  # calendar years
PROJECTION = "of floating rates"  # name of the spread by whose nodes projection is told apart
LEAST = 1e-9  # years: nearer times are one


@dataclass(frozen=True, eq=False)
class _Same:
    """A curve of a starting market, however it is made."""

    curve: Curve
    levels: Floats  # (nodes,)

    @classmethod
    def of(cls, curve: Curve, start: Start) -> _Same:
        """At the levels of its nodes there."""
        return cls(curve, start.snapshot.block(curve.block)[:, 0])

    def log_discount(self, years: ArrayLike) -> Floats:
        """ln DF at times of any shape."""
        weights = self.curve.weights(years)
        return np.asarray(-(weights @ self.levels + self.curve.excess(years, weights)))


@dataclass(frozen=True, eq=False)
class _Asked(Curve):
    """A curve that remembers at which times it was asked for discount factors."""

    asked: set[float] = field(default_factory=set)

    @classmethod
    def of(cls, curve: Curve, start: Start, asked: set[float]) -> _Asked:
        """The same curve; the times go into `asked`."""
        same = _Same.of(curve, start)
        return cls(curve.nodes, curve.years, curve.quoted or same, tuple(same.levels.tolist()), asked)

    def scaled(self, amounts: Floats, years: Floats) -> Floats:
        """As every curve; the times are noted."""
        self.asked.update(np.asarray(years).tolist())
        return super().scaled(amounts, years)

    def excess(self, years: ArrayLike, weights: Floats | None = None) -> Floats:
        """As every curve; the times are noted."""
        self.asked.update(np.asarray(years, dtype=np.float64).reshape(-1).tolist())
        return super().excess(years, weights)


def on_nodes(start: Start, years: ArrayLike) -> Start:
    """The same starting market with a node at each of `years`, in rising order, of the curve that all is discounted on.

    Between them a move of the zero rate is linear, beyond them flat. So the risk by a node is the risk by the tent that
    falls to zero at its neighbours, and risks add up to that of a parallel move.
    """
    curve, levels = _finer(start.curve, start, np.asarray(years, dtype=np.float64))
    return replace(start, curve=curve, snapshot=_on(start.snapshot, levels))


def apart(start: Start) -> Start:
    """The same starting market, in which every curve has the nodes of the one that all is discounted on.

    A projection curve has a spread over that curve with such nodes; what moved it before is at its level. So do curves
    of other currencies, and their spreads for collateral in dollars.
    """
    times = start.curve.times
    levels: Levels = {}
    projections, currencies = {}, {}
    for name in ("", *start.projections):
        before = start.projected(name)
        nodes = tuple(FactorKey(SPREAD, f"{PROJECTION} {name}".strip(), key.node) for key in start.curve.nodes)
        grown = [float(np.sum(before.growth(0.0, t, start.snapshot))) for t in times.tolist()]
        levels |= zip(nodes, (np.array(grown) / times).tolist(), strict=True)
        projections[name] = replace(before, spread=Curve(nodes, start.curve.years), first=())
    for name, each in start.currencies.items():
        own, more = _finer(each.curve, start, times)
        levels |= more
        basis = None
        if each.basis is not None:
            basis, more = _finer(each.basis, start, times)
            levels |= more
        currencies[name] = Foreign(own, each.fx, basis)
    return replace(start, projections=projections, currencies=currencies, snapshot=_on(start.snapshot, levels))


def _finer(curve: Curve, start: Start, times: Floats) -> tuple[Curve, Levels]:
    """The same curve on other nodes, and their levels."""
    same = _Same.of(curve, start)
    levels = (-same.log_discount(times) / times).tolist()
    nodes = tuple(FactorKey(*curve.block, f"{t:.6f}Y") for t in times)
    finer = Curve(nodes, tuple(times.tolist()), curve.quoted or same, tuple(levels))
    return finer, dict(zip(nodes, levels, strict=True))


def _on(snapshot: Snapshot, levels: Levels) -> Snapshot:
    """The market with other nodes in place of those of the same curves."""
    blocks = {key[:2] for key in levels}
    others = {key: snapshot.row(key) for key in snapshot.keys if key[:2] not in blocks}
    return Snapshot(others | {key: np.array([level], dtype=np.float64) for key, level in levels.items()})


def times_of(instruments: tuple[Instrument, ...], clock: Clock, start: Start) -> Floats:
    """Every time, and the day before it, at which a book's value depends on a curve: years, in rising order."""
    found: set[float] = set()
    curve = _Asked.of(start.curve, start, found)
    currencies = {
        name: Foreign(_Asked.of(each.curve, start, found), each.fx, each.basis)
        for name, each in start.currencies.items()
    }
    book = Book(instruments).compile(clock, replace(start, curve=curve, currencies=currencies))
    market = start.snapshot
    book.risk(0, market, book.new_fixings(1))
    asked = np.array([*start.curve.years[1:], *found])
    times = np.array(sorted({*asked.tolist(), *(asked - DAY).tolist()}))  # `unique` imports masked arrays, 0.01 s
    times = times[times > LEAST]
    return times[np.append(True, np.diff(times) > LEAST)] if times.size else np.ones(1)


def tomorrow(start: Start) -> Snapshot:
    """The market a calendar day later if today's forward rates and prices come true, on the nodes of `start`.

    Every curve of zero rates z goes to (ln DF(1d) - ln DF(t + 1d)) / t; a price grows by the discount factor of its
    currency over that of the dollar, for the day.
    """
    same = _Same.of(start.curve, start)
    found: dict[Block, Floats] = {start.curve.block: _rolled(same, start.curve.times)}
    for projection in start.projections.values():
        if projection.spread is not None and projection.quoted is None:
            found[projection.spread.block] = _rolled(_Same.of(projection.spread, start), projection.spread.times)
    prices = {}
    for each in start.currencies.values():
        parts = [_Same.of(curve, start) for curve in each.discount]
        found |= {part.curve.block: _rolled(part, part.curve.times) for part in parts}
        gain = sum(float(part.log_discount(DAY)) for part in parts) - float(same.log_discount(DAY))
        prices[each.fx] = start.snapshot.row(each.fx) + gain
    return start.snapshot.with_rows(prices, {block: levels[:, None].copy() for block, levels in found.items()})


def _rolled(same: _Same, times: Floats) -> Floats:
    """Zero rates at `times` a day later, as forward rates have them today."""
    rolled: Floats = (same.log_discount(DAY) - same.log_discount(times + DAY)) / times
    return rolled
