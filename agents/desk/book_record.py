"""A desk's book position by position: value, sensitivities and P&L of each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agents.desk.book_table import BOOK, VALUED
from markets.factors.key import MAIN, SPOT, USD, of_asset
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from sim.named_tuple import NamedTuple
from sim.vectors import on_some, total

if TYPE_CHECKING:
    from agents.desk.desk import Desk
    from markets.products.book import CompiledBook

Vector = NDArray[np.float64]

SHOWN = 20  # positions of a book that have rows of their own; the others have one together
START, WORST, END = "start", "worst", "end"
ROUNDING = 1e-11  # of P&L and book: a close that is lower by less is not lower, as sums differ in their last digits
FIGURES = tuple(column.name for column in VALUED)  # figures of the positions, scaled with the desk's book


class BookRecord:
    """Writes the table `book`: a desk's positions at the start, at the path's worst close and at the last one.

    The largest `SHOWN` by $ notional have a row each; all others share one row, so rows sum to the book. The worst
    close is the first with the lowest P&L of the desk. A position's value there depends on time, market and what has
    been fixed alone; so they are stored, path by path, and everything is valued once, at the end.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._world = desk, desk.world
        desk.followers.append(self)
        self._lines = [_Line(desk, part) for part in split(desk.book)]
        self._worth = sum(abs(float(line.opening["value"][0])) for line in self._lines)  # $
        paths = desk.world.paths
        self._lowest = np.full(paths, np.inf)  # $, P&L at the worst close so far
        self._tick = np.zeros(paths, dtype=np.int64)  # of it
        self._scale = np.empty(paths)
        self._market = {key: np.empty(paths) for key in desk.last.snapshot.keys}

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Note the cash of (since, tick] position by position; called by the desk where something settles."""
        for line in self._lines:
            line.settle(since, tick, snapshot)

    def receive(self, due: Vector) -> None:
        """Note dividends, (paths,) $ a unit of the asset; called by the desk that takes them."""
        for line in self._lines:
            line.receive(due)

    def look(self, pnl: Vector) -> None:
        """At a close, after marking: store the market on paths at their worst close so far. pnl: (paths,) $ of the
        desk."""
        fresh = pnl < self._lowest - ROUNDING * (np.abs(pnl) + self._worth)
        if not fresh.any():
            return
        desk = self._desk
        self._tick[fresh] = desk.marked
        np.copyto(self._lowest, pnl, where=fresh)
        np.copyto(self._scale, desk.scale, where=fresh)
        for key, kept in self._market.items():
            np.copyto(kept, desk.last.snapshot.row(key), where=fresh)
        for line in self._lines:
            line.keep(fresh)

    def write(self) -> None:
        """Add the rows, at the last close."""
        desk, ticks = self._desk, self._world.clock.ticks
        last, everyone = np.full(self._tick.size, desk.marked), Snapshot(self._market)
        for line in self._lines:
            if int(self._world.log.paths[0]) == 0:  # the start is the same on all paths: one chunk writes it
                self._add(line, START, ticks[:1], line.opening, line.opening["value"] * 0.0, first=True)
            found = line.figures(self._tick, everyone, line.fixings_then)
            self._add(line, WORST, ticks[self._tick], found, line.made(found["value"], line.paid_then), self._scale)
            found = line.figures(last, desk.last.snapshot, line.fixings)
            self._add(line, END, int(ticks[desk.marked]), found, line.made(found["value"], line.paid), desk.scale)

    def _add(
        self,
        line: _Line,
        at: str,
        seconds: int | NDArray[np.int64],
        found: dict[str, Vector],
        pnl: Vector,
        scale: Vector | float = 1.0,
        *,
        first: bool = False,
    ) -> None:
        said = {
            "agent": self._desk.name,
            "number": line.number,
            "position": line.label,
            "quantity": line.size,
            "at": at,
        }
        figures = {name: scale * values for name, values in found.items()}
        mask = np.zeros(1, dtype=np.int64) if first else None
        self._world.log.add(BOOK.name, seconds, mask, **said, **figures, pnl=pnl)


class _Line:
    """One position, or all others together, per unit of the book's scale."""

    def __init__(self, desk: Desk, part: Part) -> None:
        self.number, self.label, self.size = part.number, part.label, part.size
        self._book, self._day = part.book, 1.0 / desk.world.clock.days_a_year
        self.fixings = part.book.new_fixings(desk.world.paths)
        self.fixings_then = self.fixings.copy()  # at the path's worst close
        self.paid = desk.world.full(0.0)  # $ since the start
        self.paid_then = desk.world.full(0.0)  # the same, up to the path's worst close
        self.opening = self._figures_at(0, desk.last.snapshot.take(slice(1)), on_some(self.fixings, slice(1)))
        self._first = float(self.opening["value"][0])

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        if self._book.settles(since, tick):
            self.paid = self.paid + self._book.cashflows(since, tick, snapshot, self.fixings)
            self._book.fix(since, tick, snapshot, self.fixings)

    def keep(self, fresh: NDArray[np.bool_]) -> None:
        """Note what has been paid and fixed, on paths at their worst close so far."""
        np.copyto(self.paid_then, self.paid, where=fresh)
        np.copyto(self.fixings_then, self.fixings, where=fresh)

    def receive(self, due: Vector) -> None:
        if self._book.asset_units:
            self.paid = self.paid + self._book.asset_units * due

    def made(self, value: Vector, paid: Vector) -> Vector:
        """P&L since the start, (paths,) $, of the whole position without hedge."""
        return value - self._first + paid

    def figures(self, ticks: NDArray[np.int64], market: Snapshot, fixings: Vector) -> dict[str, Vector]:
        """`FIGURES` of every path at a tick of its own, (paths,) each."""
        out = np.empty((len(FIGURES), ticks.size))
        for tick in np.unique(ticks).tolist():
            mine = np.flatnonzero(ticks == tick)
            found = self._figures_at(tick, market.take(mine), on_some(fixings, mine))
            for row, values in zip(out, found.values(), strict=True):
                row[mine] = values
        return dict(zip(FIGURES, out, strict=True))

    def _figures_at(self, tick: int, snapshot: Snapshot, fixings: Vector) -> dict[str, Vector]:
        return figures(self._book, tick, snapshot, fixings, self._day)


class Part(NamedTuple):
    """One position, or all that share a row, as a book."""

    number: int  # of the line in the book, from 1; 0: several lines
    label: str
    size: float  # units of the asset or $ notional, signed; NaN of several lines
    book: CompiledBook


def split(whole: CompiledBook) -> list[Part]:
    """The largest positions of a book, `SHOWN` of them by $ notional, in its order; then all others together."""
    instruments, clock, start = whole.book.instruments, whole.clock, whole.start

    spots = [start.of(getattr(each, "asset", MAIN)).spot0 for each in instruments]
    by_size = sorted(range(len(instruments)), key=lambda i: instruments[i].gross(spots[i]), reverse=True)
    own = by_size if len(instruments) <= SHOWN + 1 else by_size[:SHOWN]
    parts = []
    for i in sorted(own):
        one = instruments[i]
        parts.append(Part(i + 1, one.label, one.size, Book((one,)).compile(clock, start)))
    rest = tuple(instruments[i] for i in sorted(set(by_size) - set(own)))
    if rest:
        parts.append(Part(0, f"{len(rest)} others", math.nan, Book(rest).compile(clock, start)))
    return parts


def figures(book: CompiledBook, tick: int, snapshot: Snapshot, fixings: Vector, day: float) -> dict[str, Vector]:
    """`FIGURES` of a book by name, (paths,) each.

    $; $ of all assets; the same per 1 % of their prices; $ per point of their implied vols; $ that an average trading
    day (`day`, years of trading and of calendar time) brings while nothing moves; $ per basis point of all nodes.
    """
    risk = book.risk(tick, snapshot, fixings)
    spots = {asset: snapshot.row(of_asset(SPOT, asset)) for asset in (MAIN, *book.assets)}
    return {
        "value": risk.value,
        "delta_dollars": total(risk.delta_of(asset) * spot for asset, spot in spots.items()),
        "gamma_dollars_1pct": total(0.01 * risk.gamma_of(asset) * spot**2 for asset, spot in spots.items()),
        "vega_point": total(0.01 * risk.vega_of(asset) for asset in spots),
        "theta_day": book.theta(tick, snapshot, fixings, years=day),
        "dv01": 1e-4 * total(risk.first(node) for node in snapshot.nodes(USD)),
    }
