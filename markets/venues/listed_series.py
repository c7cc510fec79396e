"""What a venue lists on the asset, one contract after another: each is struck at a roll and traded until the next."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.factors.underlying import MAIN_ASSET, Underlying
from markets.products.dates import add_months
from markets.products.surface_table import options
from markets.products.table import When
from markets.vols.smile import steepness
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.european_table import EuropeanTable
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]
A_DAY = timedelta(days=1)


class Expiring(Protocol):
    """The parameters of what is listed that its dates depend on."""

    @property
    def expiry_days(self) -> int | None: ...
    @property
    def expiry_months(self) -> int | None: ...
    @property
    def roll_days(self) -> int: ...
    @property
    def smile(self) -> Literal["start", "roll"]: ...


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


class ListedSeries:
    """What is struck when, the same for all worlds of a run."""

    def __init__(self, spec: Expiring, clock: Clock, start: Start, underlying: Underlying = MAIN_ASSET) -> None:
        """start: as the underlying sees it."""
        self._dates, self.start, self._clock, self.underlying = spec, start, clock, underlying
        self.smile_moves = start.slides or underlying.slope in start.snapshot.keys

    def struck(self, tick: int) -> Contract:
        """The contract that is struck at a tick."""
        return _struck(self, tick)

    def origins(self, spot: Floats) -> Floats:
        """$ to which the smile refers of what is struck at this spot, (paths,)."""
        return np.full_like(spot, self.start.spot0) if self._dates.smile == "start" else spot

    def steepness(self, contract: Contract) -> float:
        """Of the smile by the log of the strike, per unit of skew."""
        return float(steepness(self.years(contract)))

    def years(self, contract: Contract) -> float:
        """Trading years to the expiry from the start, or from the roll to whose smile it belongs."""
        years = float(contract.table.variance_years[0])
        return years if self._dates.smile == "start" else years - float(self._clock.variance_years[contract.tick])

    def make(self, tick: int) -> Contract:
        """The same as `struck`, made anew."""
        expiry = self._expiry(tick)
        table = options([_Unit(expiry, self.start.spot0)], self._clock, self.start)
        seconds = self._clock.seconds(expiry)
        return Contract(tick, seconds, self._until(tick, seconds), table)

    def _until(self, tick: int, expiry: int) -> int:
        """The first tick of a session `roll_days` later, or the first from the expiry on."""
        clock = self._clock
        aged = clock.is_open & (clock.day - clock.day[tick] >= self._dates.roll_days)
        ends = np.flatnonzero((aged | (clock.ticks >= expiry))[tick + 1 :])
        return tick + 1 + int(ends[0]) if ends.size else len(clock.ticks)

    def _expiry(self, tick: int) -> date:
        """A day whose close is still to come."""
        clock, spec = self._clock, self._dates
        today = clock.session_dates[int(clock.day[tick])]
        days, months = spec.expiry_days, spec.expiry_months
        expiry = add_months(today, months) if months is not None else today + timedelta(days=days or 1)
        while not self._is_ahead(expiry, tick):
            expiry += A_DAY
        return expiry

    def _is_ahead(self, expiry: date, tick: int) -> bool:
        """Whether what is struck at a tick may end on a day."""
        return bool(self._clock.seconds(expiry) > self._clock.ticks[tick])


@lru_cache(maxsize=512)
def _struck(series: ListedSeries, tick: int) -> Contract:
    return series.make(tick)


class _Unit(NamedTuple):
    """A call on one unit of the asset."""

    expiry: date
    strike: float
    sign: float = 1.0
    quantity: float = 1.0
