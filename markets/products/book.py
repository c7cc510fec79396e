"""A book of instruments, and the book compiled to tables for one clock and one starting market."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, SMILE_SKEW, SPOT, VOL, VOL_SLOPE
from markets.products.risk import SLOPES_ONLY, STEPPED, Risk, layout
from markets.products.table import NEVER, When
from sim.dataclass import dataclass
from sim.errors import BugError
from sim.vectors import distinct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from markets.factors.key import FactorKey
    from markets.factors.snapshot import Snapshot
    from markets.products.product import Compile, Instrument
    from markets.products.start import Start
    from markets.products.table import Held, Steps, Table
    from markets.products.vega_grid import VegaGrid
    from sim.clock import Clock

Floats = NDArray[np.float64]
SMILE = (VOL_SLOPE.family, SMILE_SKEW.family)


@dataclass(frozen=True)
class Book:
    """Instruments with their signed quantities."""

    instruments: tuple[Instrument, ...]

    def compile(self, clock: Clock, start: Start) -> CompiledBook:
        """The book as arrays. Raises UserError for what expires or matures before the start."""
        return CompiledBook(self, clock, start)


class CompiledBook:
    """Values and sensitivities of a book for every path at a tick of the clock: a sum over its tables.

    `settled` is the tick through which flows count as paid (default: the tick itself, so a value is *after* that tick's
    flows). With an earlier one the value at `tick` includes what falls due in between, undiscounted and in the market
    given, so that steps of an attribution add up:
    value(t1, market, settled=t0) - value(t1, market) == cashflows(t0, t1, market).
    """

    def __init__(self, book: Book, clock: Clock, start: Start) -> None:
        self.book, self.clock, self.start = book, clock, start
        self.tables = _tables(book, clock, start)
        self.needs: tuple[FactorKey, ...] = tuple(dict.fromkeys(key for table in self.tables for key in table.needs))
        self._nodes = tuple(dict.fromkeys((*start.curve.nodes, *(key for key in self.needs if key.node))))
        self.assets = tuple(sorted({table.asset for table in self.tables} - {MAIN}))  # further ones
        self._own = tuple(key for key in self.needs if key.family in SMILE)
        self._layout = layout(self._nodes, further=self._own, assets=self.assets)
        self._slopes = self._layout if self.assets else SLOPES_ONLY
        self._first = STEPPED if all(table.lean for table in self.tables) else self._slopes
        dates = distinct(np.concatenate([NEVER, *(table.dates for table in self.tables)]))
        self._over: list[int] = np.searchsorted(dates, clock.ticks, side="right").tolist()  # dates by each tick
        self._alone = self.tables[0] if len(self.tables) == 1 else None
        self.steps_together = self._alone is not None  # or perhaps: see `stepped`
        self.splits = self._alone is not None and self._alone.splits
        self.slides = any(table.slides for table in self.tables)
        self.has_options = VOL in self.needs
        self.has_rates = any(table.rates for table in self.tables)
        self.gross_units = self.gross_units_of(MAIN)
        self.asset_units = sum((table.asset_units for table in self.tables), 0.0)  # which pay dividends

    def value(
        self, tick: int, snapshot: Snapshot, fixings: Floats, *, settled: int | None = None, later: float = 0.0
    ) -> Floats:
        """$ per path, (paths,). later: years, of trading and of calendar time, that have passed since the tick."""
        return self._value(_when(tick, settled, later), snapshot, fixings)

    def settles(self, tick_from: int, tick_to: int) -> bool:
        """Whether anything expires, is paid or is fixed in (tick_from, tick_to]."""
        return self._over[tick_from] < self._over[tick_to]

    def cashflows(self, tick_from: int, tick_to: int, snapshot: Snapshot, fixings: Floats) -> Floats:
        """$ paid in (tick_from, tick_to] in the market of `tick_to`, (paths,): payoffs and coupons."""
        return self._value(When(tick_to, tick_from, due=True), snapshot, fixings)

    def risk(
        self,
        tick: int,
        snapshot: Snapshot,
        fixings: Floats,
        *,
        vol_multiplier: float | Floats = 1.0,
        settled: int | None = None,
        bends: bool = False,
        vegas: VegaGrid | None = None,
    ) -> Risk:
        """Value and derivatives.

        vol_multiplier: scales every option's vol, scalar or (paths,). bends: the second derivatives by pairs of nodes,
        too. vegas: the vega of options on rates by bucket, too. Raises BugError where a table does not know those.
        """
        if bends:
            self._require_bends()
        where = self._layout
        if bends or vegas is not None:
            further = (*self._own, *(() if vegas is None else vegas.keys))
            where = layout(self._nodes, bends=bends, further=further, assets=self.assets)
        into = Risk(where, snapshot.paths, vegas)
        return self._add_risk(_when(tick, settled), snapshot, fixings, into, vol_multiplier)

    def _require_bends(self) -> None:
        unknown = [type(table).__name__ for table in self.tables if table.needs and not table.bends]
        if unknown:
            raise BugError(f"no second derivatives by pairs of nodes are known of {', '.join(unknown)}")

    def stepped(
        self, tick: int, old: Snapshot, new: Snapshot, fixings: Floats, *, settled: int
    ) -> tuple[Risk, Steps] | None:
        """Value and delta in an old market, and the values as first spot, then vol, then the curve move to a new one.

        $, (paths,) each, to the digits of `risk` and `value`. None of a book of more than calls and puts on the main
        asset, or than flows on one curve.
        """
        return None if self._alone is None else self._alone.stepped(_when(tick, settled), old, new, fixings)

    def split(self, tick: int, old: Snapshot, held: Held, totals: Floats, unhedged: Floats, *, settled: int) -> None:
        """Attribute what time and spot have made of a book that `splits`; see `Table.split`."""
        self.tables[0].split(When(tick, settled), old, held, totals, unhedged)

    def slopes(self, tick: int, snapshot: Snapshot, fixings: Floats, *, settled: int | None = None) -> Risk:
        """Value, delta and gamma alone, at less cost; all derivatives of a book on further assets."""
        return self._add_risk(_when(tick, settled), snapshot, fixings, Risk(self._slopes, snapshot.paths), 1.0)

    def first_order(self, tick: int, snapshot: Snapshot, fixings: Floats, *, settled: int) -> Risk:
        """Value and delta alone, where that costs less than `slopes`, else those."""
        return self._add_risk(_when(tick, settled), snapshot, fixings, Risk(self._first, snapshot.paths), 1.0)

    def delta(
        self,
        tick: int,
        snapshot: Snapshot,
        vol_multiplier: float | Floats = 1.0,
        *,
        settled: int | None = None,
        fixings: Floats | None = None,
        asset: str = MAIN,
    ) -> Floats:
        """Units of an asset, (paths,), with every option's vol scaled by `vol_multiplier`, scalar or (paths,).

        fixings: needed by notes that may have ended on a path.
        """
        into = Risk(self._slopes, snapshot.paths)
        return self._add_risk(_when(tick, settled), snapshot, fixings, into, vol_multiplier).delta_of(asset)

    def theta(
        self,
        tick: int,
        snapshot: Snapshot,
        fixings: Floats,
        *,
        years: float,
        settled: int | None = None,
        after: Snapshot | None = None,
    ) -> Floats:
        """$ that the book makes, dividends included, while `years` of trading and calendar time pass and nothing moves.

        after: the market then, where it is another. Returns: (paths,).
        """
        later = self._value(_when(tick, settled, years), after or snapshot, fixings)
        change: Floats = later - self._value(_when(tick, settled), snapshot, fixings)
        if self.asset_units:
            change += self.start.dividend_yield * years * self.asset_units * snapshot.row(SPOT)
        return change

    def new_fixings(self, paths: int) -> Floats:
        """Memory of the floating rates, (fixings, paths) decimal, with the rates of periods under way at the start."""
        return np.concatenate([np.zeros((0, paths)), *(table.new_fixings(paths) for table in self.tables)])

    def fix(self, tick_from: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Fix the floating rates of periods that start in (tick_from, tick], from the curve at `tick`."""
        for table, mine in self._shares(fixings):
            table.fix(tick_from, tick, snapshot, mine)

    def gross_units_of(self, asset: str) -> float:
        """Sum of absolute quantities of an asset."""
        return sum((table.gross_units for table in self.tables if table.asset == asset), 0.0)

    def nearest_expiry(self, tick: int, asset: str = MAIN) -> tuple[float, float]:
        """Calendar years to the nearest option expiry ahead, and trading years, in which variance accrues; or zeros.

        asset: on which the options are.
        """
        nearest: tuple[float, float] | None = None
        for table in self.tables:
            if table.asset == asset and (years := table.nearest_expiry(tick)):
                nearest = years if nearest is None or years < nearest else nearest
        return nearest or (0.0, 0.0)

    def _value(self, when: When, snapshot: Snapshot, fixings: Floats) -> Floats:
        out = np.zeros(snapshot.paths)
        for table, mine in self._shares(fixings):
            table.value(when, snapshot, mine, out)
        return out

    def _add_risk(
        self, when: When, snapshot: Snapshot, fixings: Floats | None, into: Risk, vol_multiplier: float | Floats
    ) -> Risk:
        if self._alone is not None:
            self._alone.add_risk(when, snapshot, fixings, into, vol_multiplier)
        elif fixings is None:
            for table in self.tables:
                table.add_risk(when, snapshot, None, into, vol_multiplier)
        else:
            for table, mine in self._shares(fixings):
                table.add_risk(when, snapshot, mine, into, vol_multiplier)
        if into.blank:
            into.filled()
        return into

    def _shares(self, fixings: Floats) -> Iterable[tuple[Table[Any], Floats]]:
        """Every table with the rows of the fixings that are its own."""
        return self._several(fixings) if self._alone is None else ((self._alone, fixings),)

    def _several(self, fixings: Floats) -> Iterator[tuple[Table[Any], Floats]]:
        first = 0
        for table in self.tables:
            whole = table.fixings == len(fixings)  # the same array, so that what a table makes of it can be remembered
            yield table, fixings if whole else fixings[first : first + table.fixings]
            first += table.fixings


def _tables(book: Book, clock: Clock, start: Start) -> tuple[Table[Any], ...]:
    """The instruments by the table that they share, in the order in which tables add up."""
    kinds: dict[Compile, list[Instrument]] = {}
    for instrument in book.instruments:
        for part in getattr(instrument, "parts", (instrument,)):  # of two kinds: a swap and the right to cancel it
            kinds.setdefault(part.table, []).append(part)
    tables = (make(items, clock, start) for make, items in kinds.items())
    return tuple(sorted(tables, key=lambda table: (table.order, table.asset)))


@lru_cache(maxsize=16)  # in a third of the time that a new one takes
def _when(tick: int, settled: int | None, later: float = 0.0) -> When:
    return When(tick, tick if settled is None else settled, False, later)
