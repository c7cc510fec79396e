"""The positions of a desk's book, each valued alone."""

from __future__ import annotations

import math
from dataclasses import fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import MAIN, VOL, of_asset
from markets.products.book import Book
from markets.products.cds import Cds
from markets.products.rate_option_table import RateOptionTable
from markets.products.swaption import Swaption
from markets.products.swaption_terms import SwaptionTerms
from markets.products.table import When
from markets.vols.smile import term_response
from sim.clock import CALENDAR_DAYS, CONTINUOUS_DAYS
from sim.sessions import DAY

if TYPE_CHECKING:
    from datetime import date

    from agents.desk.desk import Desk
    from markets.factors.snapshot import Snapshot
    from markets.products.book import CompiledBook
    from markets.products.product import Instrument
    from markets.products.rate_option_table import OpenOption
    from markets.products.start import Start

Vector = NDArray[np.float64]


class BookLine:
    """One position as a book, per unit of the desk's scale; it follows the desk from the start of the run."""

    def __init__(self, desk: Desk, instrument: Instrument) -> None:
        self.instrument = instrument
        self._world, book = desk.world, desk.book
        self._book = Book((instrument,)).compile(book.clock, book.start)
        self._fixings = self._book.new_fixings(desk.world.paths)

    def settle(self, since: int, tick: int, snapshot: Snapshot) -> None:
        """Fix the floating rates of periods that start in (since, tick]."""
        if self._book.settles(since, tick):
            self._book.fix(since, tick, snapshot, self._fixings)

    def receive(self, due: Vector) -> None:
        """Nothing to do: dividends change no position's value."""

    def value(self) -> Vector:
        """Value in the present market, (paths,) $."""
        factors = self._world.factors
        return self._book.value(factors.tick, factors.snapshot, self._fixings)

    def vega(self) -> Vector:
        """Vega times the option's own vol, (paths,) $ per unit of ln vol: of a position in options on its asset.

        Its vol moves by `term_response` of the market's, in logs.
        """
        factors, start = self._world.factors, self.start
        risk = self._book.risk(factors.tick, factors.snapshot, self._fixings)
        clock = self._book.clock
        left = max(clock.variance_years_to(self._last_day) - clock.variance_years[factors.tick], 0.0)
        vol = factors.snapshot.row(of_asset(VOL, self.asset))
        vega: Vector = risk.vega_of(self.asset) * vol / term_response(np.array([left]), start.term_reversion)
        return vega

    @property
    def has_vega(self) -> bool:
        """Whether it is an option on its asset, with one expiry."""
        return of_asset(VOL, self.asset) in self._book.needs and self._last_day is not None

    @property
    def asset(self) -> str:
        """The asset that it is on, if any."""
        name: str = getattr(self.instrument, "asset", MAIN)
        return name

    @property
    def _last_day(self) -> Any:
        """Expiry of an option, maturity of a note; None where it has neither."""
        return getattr(self.instrument, "expiry", None) or getattr(self.instrument, "maturity", None)

    @property
    def rates(self) -> bool:
        """Whether it is a position in rates, not in the asset."""
        return self._book.has_rates

    @property
    def of_notional(self) -> bool:
        """Whether its size is a notional in $, not units of the asset."""
        return self.rates or isinstance(self.instrument, Cds)

    @property
    def years(self) -> float:
        """Calendar years to its last date, infinite if it has none."""
        dates = [table.dates.max() for table in self._book.tables if table.dates.size]
        return self._years_until(float(max(dates))) if dates else math.inf

    def years_to(self, day: date) -> float:
        """Calendar years to a day, negative if it has passed."""
        return self._years_until(float(self._book.clock.seconds(day)))

    def _years_until(self, seconds: float) -> float:
        clock = self._book.clock
        days = CONTINUOUS_DAYS if clock.sessions is None else CALENDAR_DAYS
        return (seconds - float(clock.ticks[self._world.factors.tick])) / (days * DAY)

    @property
    def start(self) -> Start:
        """The market in which it was taken on, as its asset's options see it."""
        return self._book.start.of(self.asset)

    def open_options(self) -> list[OpenOption]:
        """The undecided options on rates that it is; of one with several dates of exercise, the first alone."""
        factors, found = self._world.factors, []
        for table in self._european.tables:
            if isinstance(table, RateOptionTable):
                found += table.open_options(When(factors.tick, factors.tick), factors.snapshot)
        return found

    @cached_property
    def _european(self) -> CompiledBook:
        """The position as options that can be exercised once."""
        held, book = self.instrument, self._book
        if not isinstance(held, SwaptionTerms) or isinstance(held, Swaption):
            return book
        one = Swaption(**{term.name: getattr(held, term.name) for term in fields(SwaptionTerms)})
        return Book((one,)).compile(book.clock, book.start)
