"""European options on the asset, quoted in implied vol and paid in cash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.kernels.listed import listed_greeks, listed_split, log_strikes
from markets.kernels.options import DELTA, GAMMA, NODE, RESPONSE, SD, SLOPES, VALUE, VANNA, VEGA
from markets.venues.look import Sloped
from markets.venues.vol_listing import Greeks, VolListing

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.snapshot import Paths, Snapshot
    from markets.venues.listed_series import Contract
    from markets.venues.look import Seen
    from markets.venues.option_series import OptionSeries
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]
Legs = tuple[Vector, Vector, Vector, Vector]
NO_ROWS = np.empty(0)
MONTH_AT_THE_MONEY: float = (1 / 12 / (2 * np.pi)) ** 0.5  # vega of such an option, in units of spot


class ListedOption(VolListing):
    """Calls, puts, straddles or strangles, struck on each path at the spot of the last roll.

    A unit is an option on one unit of the asset, valued by the kernels of the books' options.
    """

    def __init__(self, market: Surroundings, name: str, series: OptionSeries) -> None:
        self.series = series
        self._level = NO_ROWS
        self._terms: tuple[Contract | None, int, Vector] = (None, -1, NO_ROWS)
        super().__init__(market, name, series)

    def _strike_now(self, tick: int) -> None:
        """A fresh option at the present spot."""
        spot = self._now.row(SPOT)
        self.struck = self.series.struck(tick)
        self.strikes = self.series.strikes(spot)
        self._moving = self.series.on_surface(self.struck, self.strikes, spot)
        if self._moving is None:
            self._multiples = self.series.multiples(self.struck, self.strikes, spot)
            self._logs = np.empty_like(self.strikes)
            log_strikes(self.strikes, float(self._base[0]), self._logs)
            self._level = np.mean(self._multiples, axis=0) * self._base[1]  # of its vol at that of the start

    def _valued(self, tick: int, market: Snapshot, later: float = 0.0) -> Greeks:
        """At its expiry it is worth its payoff. later: years, of trading and of calendar time, after the tick."""
        nodes, term = market.block(self._curve.block), self.struck.term(tick, later) if later else self._term(tick)
        root = term[SD] / self._base[1]
        if self._moving is not None:
            moving = self._moving if market.among is None else self._moving.take(market.among)
            rows, by, by_sd = moving.valued(market, self._curve.block, self._base, term)
            return Greeks(rows[VALUE], rows[DELTA], rows[GAMMA], rows[VEGA], rows[VANNA], by_sd * root, rows[NODE:], by)
        out, own = np.empty((NODE + len(nodes), market.paths)), np.empty(market.paths)
        self._into(out, own, market, term, root)
        return Greeks(out[VALUE], out[DELTA], out[GAMMA], out[VEGA], out[VANNA], own, out[NODE:], np.empty((0, 0)))

    def _into(self, out: Vector, own: Vector, market: Snapshot, term: Vector, root: float) -> None:
        """Rows of `listed_greeks`, on a smile that stays."""
        nodes, legs = market.block(self._curve.block), self._legs(market.among)
        listed_greeks(market.row(SPOT), market.row(VOL), nodes, self._base, term, *legs, root, out, own)

    def _legs(self, among: Paths | None = None) -> Legs:
        """Signs, strikes, their logs and multiples; on some of the paths."""
        legs = self.strikes, self._logs, self._multiples
        strikes, logs, multiples = legs if among is None else (each[:, among] for each in legs)
        return self.series.signs, strikes, logs, multiples

    def _term(self, tick: int) -> Vector:
        """What the kernels need at a tick; that of the last call is remembered."""
        struck = self.struck
        if self._terms[0] is not struck or self._terms[1] != tick:
            self._terms = struck, tick, struck.term(tick)
        return self._terms[2]

    def _worth(self, tick: int, market: Snapshot) -> Vector:
        return self._sloped(tick, market).worth if self._moving is not None else self._rows(tick, market, 1)[VALUE]

    def _sloped(self, tick: int, market: Snapshot) -> Sloped:
        if self._moving is None:
            rows = self._rows(tick, market, SLOPES)
        else:
            rows = self._moving.slopes(market, self._curve.block, self._base, self._term(tick))
        return Sloped(rows[VALUE], rows[DELTA])

    def _rows(self, tick: int, market: Snapshot, number: int) -> Vector:
        out = np.empty((number, market.paths))
        self._into(out, NO_ROWS, market, self._term(tick), 0.0)
        return out

    def _split(self, seen: Seen, among: Ints, out: Vector) -> Sloped | None:
        if self._moving is not None:
            return super()._split(seen, among, out)
        tick, market, block = self.market.factors.tick, self._now, self._curve.block
        given, known = self._known_worth(), seen.here if seen.tick == tick else None
        here, now = known or (NO_ROWS, NO_ROWS), np.empty(0 if among.size else market.paths) if given is None else given
        old, new = ((each.row(SPOT), each.row(VOL), each.block(block)) for each in (seen.market, market))
        found = known is not None, given is not None, old[2] is new[2]
        listed_split(old, new, self._base, self._term(tick), self._legs(), seen.worth, found, here, now, among, out)
        if not among.size:
            self._worths.get(lambda: now, self.struck, tick, market)
        return None

    @property
    def values_some(self) -> bool:
        return True

    @property
    def gross_units(self) -> float:
        """Its options."""
        return float(self.series.signs.size)

    def usual_vega(self, market: Snapshot) -> Vector:
        """Of a month's option at the money."""
        found: Vector = MONTH_AT_THE_MONEY * self.underlying.seen(market).row(SPOT)
        return found

    @property
    def mid(self) -> Vector:
        """Implied vol, the mean of the options in a unit, (paths,) decimal a year."""
        return self._quoted()()

    def _quoted(self) -> Callable[[], Vector]:
        """A function that computes the present `mid`."""
        market, there, term = self._now, self._moving, self._term(self._tick)
        base, response, struck = float(self._base[1]), float(term[RESPONSE]), self._level

        def mid() -> Vector:
            level = struck if there is None else np.mean(there.multiples(market, term), axis=0) * base
            found: Vector = level * np.exp(response * np.log(market.row(VOL) / base))
            return found

        return mid

    def pricing(self, spread: Vector, walk: Vector) -> Callable[[], Vector]:
        """A buyer pays a higher vol, (paths,) decimal."""
        mid = self._quoted()
        return lambda: mid() + spread + walk

    @property
    def elasticity(self) -> float:
        """The response of its expiry."""
        return float(self._term(self._tick)[RESPONSE])

    @property
    def _tick(self) -> int:
        return self.market.factors.tick
