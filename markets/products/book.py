"""A book of instruments, and the book compiled to arrays for one clock and one starting market."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, USD, VOL
from markets.kernels.options import (
    DELTA,
    DV_OVERNIGHT,
    GREEKS,
    SLOPES,
    VALUE,
    VANNA,
    claim_greeks,
    option_greeks,
    option_values,
)
from markets.kernels.swaps import NO_FIXING, flow_greeks, flow_values
from markets.products.flow_table import FlowTable
from markets.products.instruments import Asset, Future, GammaClaim, Instrument, Option, Swap
from markets.products.linear_table import LinearTable
from markets.products.option_table import OptionTable
from sim.vectors import same

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Levels = tuple[Floats, ...]

KEPT = 8  # ticks whose rows are remembered: an attribution asks for the same few again and again


class Greeks(NamedTuple):
    """Value and sensitivities of a book, (paths,) each."""

    value: Floats  # $
    delta: Floats  # units of the asset
    gamma: Floats  # units per $
    vega: Floats  # $ per 1.00 of the market's implied vol
    dv_overnight: Floats  # $ per 1.00 of the node rate
    dv_us2y: Floats
    dv_us10y: Floats
    vanna: Floats  # units of the asset per unit of ln s, s the market's implied vol


class Slopes(NamedTuple):
    """Value of a book and its first two derivatives by spot, (paths,) each."""

    value: Floats  # $
    delta: Floats  # units of the asset
    gamma: Floats  # units per $


@dataclass(frozen=True)
class Book:
    """Instruments with their signed quantities."""

    instruments: tuple[Instrument, ...]

    def compile(self, clock: Clock, start: Start) -> CompiledBook:
        """The book as arrays. Raises UserError for what expires or matures before the start."""
        return CompiledBook(self, clock, start)


class CompiledBook:
    """Values and sensitivities of a book for every path at a tick of the clock.

    `settled` is the tick through which flows count as paid (default: the tick itself, so a value is *after* that tick's
    flows). With an earlier one the value at `tick` includes what falls due in between, undiscounted and in the market
    given, so that steps of an attribution add up:
    value(t1, snapshot, settled=t0) - value(t1, snapshot) == cashflows(t0, t1, snapshot).
    """

    def __init__(self, book: Book, clock: Clock, start: Start) -> None:
        self.book, self.clock, self.start = book, clock, start
        self._options = OptionTable([i for i in book.instruments if isinstance(i, Option)], clock, start)
        self._claims = OptionTable([i for i in book.instruments if isinstance(i, GammaClaim)], clock, start)
        self._swaps = FlowTable([i for i in book.instruments if isinstance(i, Swap)], clock, start)
        assets = [i for i in book.instruments if isinstance(i, Asset)]
        self._linear = LinearTable(assets, [i for i in book.instruments if isinstance(i, Future)], clock, start)
        self._base = np.array([start.spot0, start.vol_base])
        self._one = np.ones(0)
        self._looked_at: list[tuple[Levels, bool]] = []  # levels seen last, and whether they are alike on all paths
        swaps = self._swaps
        dates = np.concatenate(
            [self._options.expiry, self._claims.expiry, self._linear.expiry, swaps.paid, swaps.begin, swaps.end]
        )
        self._ticks: list[int] = clock.ticks.tolist()
        self._dates: list[int] = np.unique(dates).tolist()
        self._kept: dict[tuple[int, int, bool], _Rows] = {}
        self.has_options = bool(self._options.quantity.size or self._claims.quantity.size)
        self.has_swaps = any(isinstance(i, Swap) for i in book.instruments)
        self.gross_units = float(np.abs(self._options.quantity).sum() + np.abs(self._claims.quantity).sum())
        self.gross_units += self._linear.gross_units
        self.asset_units = self._linear.asset_units  # of the asset itself, which pays dividends

    def value(self, tick: int, snapshot: Snapshot, fixings: Floats, *, settled: int | None = None) -> Floats:
        """$ per path, (paths,)."""
        return self._value(self._rows(tick, settled), snapshot, fixings)

    def settles(self, tick_from: int, tick_to: int) -> bool:
        """Whether anything expires, is paid or is fixed in (tick_from, tick_to]."""
        since, now = self._ticks[tick_from], self._ticks[tick_to]
        return bisect_right(self._dates, since) < bisect_right(self._dates, now)

    def cashflows(self, tick_from: int, tick_to: int, snapshot: Snapshot, fixings: Floats) -> Floats:
        """$ paid in (tick_from, tick_to] in the market of `tick_to`, (paths,): payoffs and coupons."""
        return self._value(self._rows(tick_to, tick_from, due=True), snapshot, fixings)

    def greeks(
        self,
        tick: int,
        snapshot: Snapshot,
        fixings: Floats,
        *,
        vol_multiplier: float | Floats = 1.0,
        settled: int | None = None,
    ) -> Greeks:
        """Value and sensitivities; `vol_multiplier` scales every option's vol, scalar or (paths,)."""
        rows, out = self._rows(tick, settled), np.empty((GREEKS, snapshot.paths))
        self._claims_greeks(rows, snapshot, vol_multiplier, out)
        if len(rows.flows):
            sums = np.zeros((4, snapshot.paths))
            flow_greeks(snapshot.block(USD), fixings, rows.flows, rows.slots, sums)
            out[0] += sums[0]
            out[DV_OVERNIGHT:VANNA] += sums[1:]
        _add_units(rows.units, snapshot, out)
        return Greeks(*out)

    def theta(
        self, tick: int, snapshot: Snapshot, fixings: Floats, *, years: float, settled: int | None = None
    ) -> Floats:
        """$ that the book makes, dividends included, while `years` of trading and calendar time pass and nothing moves.

        Returns: (paths,).
        """
        later, now = self._made_rows(tick, settled, later=years), self._rows(tick, settled)
        change: Floats = self._value(later, snapshot, fixings) - self._value(now, snapshot, fixings)
        if self.asset_units:
            change += self.start.dividend_yield * years * self.asset_units * snapshot.row(SPOT)
        return change

    def slopes(self, tick: int, snapshot: Snapshot, fixings: Floats, *, settled: int | None = None) -> Slopes:
        """The first of the Greeks alone, at less cost."""
        rows = self._rows(tick, settled)
        out = self._claims_slopes(rows, snapshot, 1.0)
        if len(rows.flows):
            flow_values(snapshot.block(USD), fixings, rows.flows, rows.slots, out[0])
        _add_units(rows.units, snapshot, out)
        return Slopes(*out)

    def delta(
        self, tick: int, snapshot: Snapshot, vol_multiplier: float | Floats = 1.0, *, settled: int | None = None
    ) -> Floats:
        """Units of the asset, (paths,), with every option's vol scaled by `vol_multiplier`, scalar or (paths,)."""
        rows = self._rows(tick, settled)
        out = self._claims_slopes(rows, snapshot, vol_multiplier)
        _add_units(rows.units, snapshot, out)
        return np.asarray(out[DELTA])

    def new_fixings(self, paths: int) -> Floats:
        """Memory of the floating rates, (fixings, paths) decimal, with the rates of periods under way at the start."""
        return self._swaps.new_fixings(paths)

    def fix(self, tick_from: int, tick: int, snapshot: Snapshot, fixings: Floats) -> None:
        """Fix the floating rates of periods that start in (tick_from, tick], from the curve at `tick`."""
        self._swaps.fix(tick_from, tick, snapshot, fixings)

    def expiry_years(self, tick: int) -> float:
        """Calendar years to the nearest option expiry ahead, 0 if there is none."""
        return self.nearest_expiry(tick)[0]

    def nearest_expiry(self, tick: int) -> tuple[float, float]:
        """The same, and in trading years, in which variance accrues."""
        ahead = [years for table in (self._options, self._claims) if (years := table.nearest_expiry(tick))]
        return min(ahead, default=(0.0, 0.0))

    def _value(self, rows: _Rows, snapshot: Snapshot, fixings: Floats) -> Floats:
        out = np.zeros(snapshot.paths)
        spot, vol, nodes = snapshot.row(SPOT), snapshot.row(VOL), snapshot.block(USD)
        if len(rows.options):
            option_values(spot, vol, nodes, self._base, rows.options, out)
        if len(rows.claims):
            greeks = np.zeros((GREEKS, snapshot.paths))
            claim_greeks(spot, vol, nodes, self._ones(snapshot.paths), self._base, rows.claims, greeks)
            out += greeks[0]
        if len(rows.flows):
            flow_values(snapshot.block(USD), fixings, rows.flows, rows.slots, out)
        if rows.units:
            out += rows.units * snapshot.row(SPOT)
        return out

    def _claims_greeks(self, rows: _Rows, snapshot: Snapshot, vol_multiplier: float | Floats, out: Floats) -> None:
        """Value and sensitivities of options and claims into `out`."""
        stretch = self._ones(snapshot.paths)
        spot, vol, nodes = snapshot.row(SPOT), snapshot.row(VOL), snapshot.block(USD)
        if not isinstance(vol_multiplier, float) or vol_multiplier != 1.0:
            stretch = stretch * vol_multiplier
        if len(rows.options):
            alike = stretch is self._one and self._alike(snapshot.stamp((VOL, *snapshot.nodes(USD))))
            option_greeks(spot, vol, nodes, stretch[:1] if alike else stretch, self._base, rows.options, out)
        else:
            out[:] = 0.0
        if len(rows.claims):
            claim_greeks(spot, vol, nodes, stretch, self._base, rows.claims, out)

    def _claims_slopes(self, rows: _Rows, snapshot: Snapshot, vol_multiplier: float | Floats) -> Floats:
        """The same, as far as `Slopes` need them, (SLOPES, paths)."""
        out = np.empty((GREEKS if len(rows.claims) else SLOPES, snapshot.paths))
        self._claims_greeks(rows, snapshot, vol_multiplier, out)
        return out[:SLOPES]

    def _alike(self, levels: Levels) -> bool:
        """Whether vol and curve are the same on all paths; looked at once for as long as they are the same arrays."""
        for known, alike in self._looked_at:
            if same(known, levels):
                return alike
        alike = all(level[0] == level[-1] and bool((level == level[0]).all()) for level in levels)
        self._looked_at = [(levels, alike), *self._looked_at[:1]]
        return alike

    def _ones(self, paths: int) -> Floats:
        if self._one.size != paths:
            self._one = np.ones(paths)
        return self._one

    def _rows(self, tick: int, settled: int | None, *, due: bool = False) -> _Rows:
        key = (tick, tick if settled is None else settled, due)
        rows = self._kept.get(key)
        if rows is None:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            rows = self._kept[key] = self._made_rows(tick, settled, due=due)
        return rows

    def _made_rows(self, tick: int, settled: int | None, *, due: bool = False, later: float = 0.0) -> _Rows:
        since = tick if settled is None else settled
        options, claims = (table.rows(tick, since, due=due, later=later) for table in (self._options, self._claims))
        flows, slots = self._swaps.rows(tick, since, due=due, later=later)
        units, agreed = self._linear.rows(tick, since, due=due, later=later)
        if len(agreed):
            flows = np.concatenate([flows, agreed])
            slots = np.concatenate([slots, np.full(len(agreed), NO_FIXING, dtype=np.int64)])
        return _Rows(options, claims, flows, slots, units)


class _Rows(NamedTuple):
    """The kernels' terms of what is alive."""

    options: Floats  # (options, OPTION_TERMS)
    claims: Floats  # (claims, OPTION_TERMS)
    flows: Floats  # (flows, FLOW_TERMS)
    slots: Ints  # (flows,)
    units: float  # of the asset, from the asset itself and futures


def _add_units(units: float, snapshot: Snapshot, out: Floats) -> None:
    """Add value and delta of so many units of the asset."""
    if units:
        out[VALUE] += units * snapshot.row(SPOT)
        out[DELTA] += units
