"""A starting market on other nodes: the same curve, whose moves are told by zero rates at chosen times."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.curves.curve import Curve
from markets.factors.key import FactorKey
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.specs.variable import SPREAD

if TYPE_CHECKING:
    from markets.products.product import Instrument
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
DAY = 1 / 365  # calendar years
PROJECTION = "of floating rates"  # name of the spread by whose nodes projection is told apart
LEAST = 1e-9  # years: nearer times are one


@dataclass(frozen=True, eq=False)
class _Same:
    """The curve of a starting market, however it is made."""

    start: Start

    def log_discount(self, years: ArrayLike) -> Floats:
        """ln DF at times of any shape."""
        curve = self.start.curve
        levels = self.start.snapshot.block(curve.block)[:, 0]
        return np.asarray(-(curve.weights(years) @ levels + curve.excess(years)))


@dataclass(frozen=True, eq=False)
class _Asked(Curve):
    """A curve that remembers at which times it was asked for discount factors."""

    asked: set[float] = field(default_factory=set)

    def scaled(self, amounts: Floats, years: Floats) -> Floats:
        """As every curve; the times are noted."""
        self.asked.update(np.asarray(years).tolist())
        return super().scaled(amounts, years)

    def excess(self, years: ArrayLike) -> Floats:
        """As every curve; the times are noted."""
        self.asked.update(np.asarray(years, dtype=np.float64).reshape(-1).tolist())
        return super().excess(years)


def on_nodes(start: Start, years: ArrayLike) -> Start:
    """The same starting market with a node at each of `years`, in rising order.

    Between them a move of the zero rate is linear, beyond them flat. So the risk by a node is the risk by the tent that
    falls to zero at its neighbours, and risks add up to that of a parallel move.
    """
    times, same = np.asarray(years, dtype=np.float64), _Same(start)
    levels = -same.log_discount(times) / times
    nodes = tuple(FactorKey(*start.curve.block, f"{t:.6f}Y") for t in times)
    curve = Curve(nodes, tuple(times.tolist()), start.curve.quoted or same, tuple(levels.tolist()))
    others = {key: start.snapshot.row(key) for key in start.snapshot.keys if key[:2] != start.curve.block}
    at = {key: np.array([level]) for key, level in zip(nodes, levels, strict=True)}
    return replace(start, curve=curve, snapshot=Snapshot(others | at))


def projecting(start: Start) -> Start:
    """The same starting market whose floating rates move apart from what discounts, at the same nodes.

    Its projection curve has a spread over the curve with nodes at the curve's; what moved it before is at its level.
    """
    curve, before = start.curve, start.projected()
    nodes = tuple(FactorKey(SPREAD, PROJECTION, key.node) for key in curve.nodes)
    levels = np.array([np.sum(before.growth(0.0, t, start.snapshot)) / t for t in curve.years])
    moved = replace(before, spread=Curve(nodes, curve.years), first=())
    rows = {key: start.snapshot.row(key) for key in start.snapshot.keys}
    at = {key: np.array([level]) for key, level in zip(nodes, levels, strict=True)}
    return replace(start, projections={**start.projections, "": moved}, snapshot=Snapshot(rows | at))


def times_of(instruments: tuple[Instrument, ...], clock: Clock, start: Start) -> Floats:
    """Every time, and the day before it, at which a book's value depends on the curve: years, in rising order."""
    own = start.curve
    levels = tuple(start.snapshot.block(own.block)[:, 0].tolist())
    curve = _Asked(own.nodes, own.years, own.quoted or _Same(start), levels)
    book = Book(instruments).compile(clock, replace(start, curve=curve))
    market = start.snapshot
    book.risk(0, market, book.new_fixings(1))
    asked = np.array([*own.years[1:], *curve.asked])
    times = np.unique(np.concatenate([asked, asked - DAY]))
    times = times[times > LEAST]
    return times[np.append(True, np.diff(times) > LEAST)] if times.size else np.ones(1)


def tomorrow(start: Start) -> Snapshot:
    """The market a calendar day later if today's forward rates come true, on the nodes of `start`."""
    curve, same = start.curve, _Same(start)
    times = curve.times
    levels = (same.log_discount(DAY) - same.log_discount(times + DAY)) / times
    return start.snapshot.with_rows({}, {curve.block: levels[:, None].copy()})
