"""The options of one listing, one after another: each is struck at the spot of its roll and traded until the next."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.products.dates import add_months
from markets.products.surface_table import options
from markets.products.table import When
from markets.venues.option_on_surface import OptionOnSurface
from markets.vols.smile import steepness, strike_multiple

if TYPE_CHECKING:
    from markets.products.european_table import EuropeanTable
    from markets.products.start import Start
    from markets.specs.option_listing import OptionListingSpec
    from sim.clock import Clock

Floats = NDArray[np.float64]
A_DAY = timedelta(days=1)


class Contract(NamedTuple):
    """An option from the tick at which it was struck; its strikes differ by path."""

    tick: int
    expiry: int  # seconds
    until: int  # tick at which it is exchanged for a fresh one: after `roll_days`, or at its expiry
    table: EuropeanTable  # a call struck at the spot of the start, at the vol at the money

    def term(self, tick: int, later: float = 0.0) -> Floats:
        """What the kernels need at a tick, and `later` years after it, (OPTION_TERMS,); at its expiry no time left."""
        found: Floats = self.table.known(When(tick, self.tick, later=later))[0]
        return found

    @property
    def years(self) -> float:
        """Calendar years from the start to the expiry."""
        return float(self.table.calendar_years[0])


class OptionSeries:
    """What is struck when, the same for all worlds of a run."""

    def __init__(self, spec: OptionListingSpec, clock: Clock, start: Start) -> None:
        self.spec, self.start = spec, start
        self.signs = np.array([sign for sign, _ in spec.legs])
        self.moving = start.moving_smile
        self._clock = clock

    def struck(self, tick: int) -> Contract:
        """The option that is struck at a tick."""
        return _struck(self, tick)

    def strikes(self, spot: Floats) -> Floats:
        """Of each leg, at a roll at this spot, (legs, paths) $."""
        return np.stack([moneyness * spot for _, moneyness in self.spec.legs])

    def multiples(self, contract: Contract, strikes: Floats, spot: Floats) -> Floats:
        """Vol of each leg over the vol at the money, (legs, paths), struck at this spot.

        Of the surface of the start, as for the options of a book; with `smile = "roll"` of one around this spot.
        """
        start, years = self.start, self._years(contract)
        if self.spec.smile == "start":
            return strike_multiple(strikes, years, spot=start.spot0, skew=start.skew, form=start.form)
        return strike_multiple(strikes / spot, years, spot=1.0, skew=start.skew, form=start.form)

    def on_surface(self, contract: Contract, strikes: Floats, spot: Floats) -> OptionOnSurface | None:
        """The same on a smile that moves; None where it stays."""
        if self.moving is None:
            return None
        origins = np.full_like(spot, self.start.spot0) if self.spec.smile == "start" else spot
        return OptionOnSurface(self.moving, self.signs, strikes, origins, float(steepness(self._years(contract))))

    def _years(self, contract: Contract) -> float:
        """Trading years to the expiry from the start, or from the roll to whose smile it belongs."""
        years = float(contract.table.variance_years[0])
        return years if self.spec.smile == "start" else years - float(self._clock.variance_years[contract.tick])

    def make(self, tick: int) -> Contract:
        """The same as `struck`, made anew."""
        expiry = self._expiry(tick)
        table = options([_Unit(expiry, self.start.spot0)], self._clock, self.start)
        seconds = self._clock.seconds(expiry)
        return Contract(tick, seconds, self._until(tick, seconds), table)

    def _until(self, tick: int, expiry: int) -> int:
        """The first tick of a session `roll_days` later, or the first from the expiry on."""
        clock = self._clock
        aged = clock.is_open & (clock.day - clock.day[tick] >= self.spec.roll_days)
        ends = np.flatnonzero((aged | (clock.ticks >= expiry))[tick + 1 :])
        return tick + 1 + int(ends[0]) if ends.size else len(clock.ticks)

    def _expiry(self, tick: int) -> date:
        """A day whose close is still to come."""
        clock, spec = self._clock, self.spec
        today = clock.session_dates[int(clock.day[tick])]
        days, months = spec.expiry_days, spec.expiry_months
        expiry = add_months(today, months) if months is not None else today + timedelta(days=days or 1)
        while clock.seconds(expiry) <= clock.ticks[tick]:
            expiry += A_DAY
        return expiry


@lru_cache(maxsize=512)
def _struck(series: OptionSeries, tick: int) -> Contract:
    return series.make(tick)


class _Unit(NamedTuple):
    """A call on one unit of the asset."""

    expiry: date
    strike: float
    sign: float = 1.0
    quantity: float = 1.0
