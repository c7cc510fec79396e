"""European options on the asset, quoted in implied vol and paid in cash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.kernels.listed import listed_greeks, listed_split, log_strikes
from markets.kernels.options import DELTA, GAMMA, NODE, RESPONSE, SD, VALUE, VANNA, VEGA
from markets.venues.look import Sloped
from markets.venues.option_on_surface import NO_SURFACE
from markets.venues.vol_listing import Greeks, VolListing
from sim.named_tuple import NamedTuple
from sim.vectors import on_some

if TYPE_CHECKING:
    from collections.abc import Callable

    from markets.factors.snapshot import Paths, Snapshot
    from markets.venues.listed_series import Contract
    from markets.venues.look import Seen
    from markets.venues.option_on_surface import OptionOnSurface
    from markets.venues.option_series import OptionSeries
    from markets.venues.surroundings import Surroundings

Vector = NDArray[np.float64]
Ints = NDArray[np.int64]
Legs = tuple[Vector, Vector, Vector, Vector]
NO_ROWS = np.empty(0)
MONTH_AT_THE_MONEY: float = (1 / 12 / (2 * np.pi)) ** 0.5  # vega of such an option, in units of spot


class Strikes(NamedTuple):
    """Of the options of one unit, struck at a roll."""

    moving: OptionOnSurface | None  # on a smile that moves; else on the last two of the next
    legs: Legs  # signs, (legs,); and (legs, paths): strikes, $, their logs by `log_strikes`, vol over that at the money
    level: Vector  # of its vol at the vol of the start, (paths,)


class ListedOption(VolListing):
    """Calls, puts, straddles or strangles, struck on each path at the spot of the last roll.

    A unit is an option on one unit of the asset, valued by the kernels of the books' options.
    """

    def __init__(self, market: Surroundings, name: str, series: OptionSeries) -> None:
        self.series = series
        self._terms: tuple[Contract | None, int, Vector] = (None, -1, NO_ROWS)
        super().__init__(market, name, series)

    def _strike_now(self, tick: int) -> None:
        """A fresh option at the present spot; its strikes are found when somebody first looks at it."""
        self.struck, self._struck_at = self.series.struck(tick), self.now.row(SPOT)
        self._strikes: Strikes | None = None

    def _struck_legs(self) -> Strikes:
        if self._strikes is None:
            self._strikes = self._find_strikes()
        return self._strikes

    def _find_strikes(self) -> Strikes:
        spot, struck, series = self._struck_at, self.struck, self.series
        strikes, signs = series.strikes(spot), series.signs
        moving = series.on_surface(struck, strikes, spot)
        if moving is not None:
            return Strikes(moving, (signs, strikes, NO_ROWS, NO_ROWS), NO_ROWS)
        multiples, logs = series.multiples(struck, strikes, spot), np.empty_like(strikes)
        log_strikes(strikes, float(self._base[0]), logs)
        return Strikes(None, (signs, strikes, logs, multiples), np.mean(multiples, axis=0) * self._base[1])

    @property
    def strikes(self) -> Vector:
        """(legs, paths) $."""
        return self._struck_legs().legs[1]

    @property
    def _moving(self) -> OptionOnSurface | None:
        """On a smile that moves."""
        return None if self.series.moving is None else self._struck_legs().moving

    def _valued(self, tick: int, market: Snapshot, later: float = 0.0) -> Greeks:
        """At its expiry it is worth its payoff. later: years, of trading and of calendar time, after the tick."""
        term = self.struck.term(tick, later) if later else self._term(tick)
        root, moving, block = term[SD] / self._base[1], self._moving, self._curve.block
        if moving is not None:
            moving = moving if market.among is None else moving.take(market.among)
            out, by, by_sd = moving.valued(market, block, self._base, term)
            own = by_sd * root
            return Greeks(out[VALUE], out[DELTA], out[GAMMA], out[VEGA], out[VANNA], own, lambda: out[NODE:], by)
        legs, own = self._legs(market.among), np.empty(market.paths)
        out = self._rows(market, term, legs, NODE, root, own)

        def nodes() -> Vector:
            more = NODE + len(market.block(block))
            return self._rows(market, term, legs, more)[NODE:]

        return Greeks(out[VALUE], out[DELTA], out[GAMMA], out[VEGA], out[VANNA], own, nodes, NO_SURFACE)

    def _rows(
        self, market: Snapshot, term: Vector, legs: Legs, number: int, root: float = 0.0, own: Vector = NO_ROWS
    ) -> Vector:
        """Rows of `listed_greeks`, on a smile that stays."""
        out, nodes = np.empty((number, market.paths)), market.block(self._curve.block)
        listed_greeks(market.row(SPOT), market.row(VOL), nodes, self._base, term, *legs, root, out, own)
        return out

    def _legs(self, among: Paths | None = None) -> Legs:
        """Signs, strikes, their logs and multiples; on some of the paths."""
        legs = self._struck_legs().legs
        if among is None:
            return legs
        signs, strikes, logs, multiples = legs
        return signs, on_some(strikes, among), on_some(logs, among), on_some(multiples, among)

    def _term(self, tick: int) -> Vector:
        """What the kernels need at a tick; that of the last call is remembered."""
        struck = self.struck
        if self._terms[0] is not struck or self._terms[1] != tick:
            self._terms = struck, tick, struck.term(tick)
        return self._terms[2]

    def _worth(self, tick: int, market: Snapshot) -> Vector:
        if self.series.moving is not None:
            return self._sloped(tick, market).worth
        rows = self._rows(market, self._term(tick), self._legs(market.among), 1)
        worth: Vector = rows[VALUE]
        return worth

    def _sloped(self, tick: int, market: Snapshot) -> Sloped:
        moving = self._moving
        if moving is None:
            return super()._sloped(tick, market)
        rows = moving.slopes(market, self._curve.block, self._base, self._term(tick))
        return Sloped(rows[VALUE], rows[DELTA])

    def split(self, seen: Seen, among: Ints, out: Vector) -> Sloped | None:
        if self.series.moving is not None:
            return super().split(seen, among, out)
        tick, market, block = self.market.factors.tick, self.now, self._curve.block
        given, known = self._known_worth(), seen.here if seen.tick == tick else None
        here, now = known or (NO_ROWS, NO_ROWS), np.empty(0 if among.size else market.paths) if given is None else given
        old, new = ((each.row(SPOT), each.row(VOL), each.block(block)) for each in (seen.market, market))
        found = known is not None, given is not None, old[2] is new[2]
        listed_split(old, new, self._base, self._term(tick), self._legs(), seen.worth, found, here, now, among, out)
        if not among.size:
            self._with_worth(now)
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
        market, there, term = self.now, self._moving, self._term(self._tick)
        base, response, struck = float(self._base[1]), float(term[RESPONSE]), self._struck_legs().level

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
