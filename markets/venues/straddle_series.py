"""The straddles of one expiry and length, one after another: each is struck at the money and traded until it rolls."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from markets.products.dates import add_months
from markets.products.rate_option_table import Optionlet, RateOptionTable, par
from markets.products.swap import Swap
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.products.start import Start
    from markets.specs.straddle import StraddleSpec
    from sim.clock import Clock


class Struck(NamedTuple):
    """A straddle from the tick at which it was struck."""

    tick: int
    expiry: int  # seconds
    table: RateOptionTable  # its payer at no strike: the strike differs by path

    @property
    def years(self) -> float:
        """Calendar years from the start to the expiry."""
        return float(self.table.begin_years[0])


class StraddleSeries:
    """What is struck when, the same for all worlds of a run."""

    def __init__(self, spec: StraddleSpec, clock: Clock, start: Start) -> None:
        self._spec, self._clock, self._start = spec, clock, start
        first = self._optionlet(0)
        years = clock.calendar_years_to(first.expiry)
        at_the_money = par([first], clock, start)
        tenor = clock.calendar_years_to(first.fixed[-1].end) - years
        self.vol = start.rate_vol(years, tenor, at_the_money, at_the_money)  # normal, at the start; of each fresh one

    @property
    def spans(self) -> tuple[float, float]:
        """Years to expiry when struck, and length of the swap, as declared."""
        return self._spec.expiry_months / 12, self._spec.tenor_months / 12

    @property
    def start(self) -> Start:
        """What it is valued against."""
        return self._start

    def struck(self, tick: int) -> Struck:
        """The straddle that is struck at a tick."""
        return _struck(self, tick)

    def rolls(self, struck: Struck, tick: int) -> bool:
        """Whether a straddle is exchanged for a fresh one at a tick: after `roll_days`, or at its expiry."""
        clock = self._clock
        aged = clock.is_open[tick] and clock.day[tick] - clock.day[struck.tick] >= self._spec.roll_days
        return bool(aged or clock.ticks[tick] >= struck.expiry)

    def _optionlet(self, tick: int) -> Optionlet:
        clock = self._clock
        today = clock.session_dates[int(clock.day[tick])]
        expiry = add_months(today, self._spec.expiry_months)
        swap = Swap(notional=1.0, maturity=add_months(expiry, self._spec.tenor_months))
        fixed, floating = tuple(swap.fixed_leg(expiry)), tuple(swap.float_leg(expiry))
        return Optionlet(expiry, expiry, 1.0, 1.0, fixed, floating)

    def make(self, tick: int) -> Struck:
        """The same as `struck`, made anew."""
        option = self._optionlet(tick)._replace(vol=self.vol)
        table = RateOptionTable([_Bare(option)], self._clock, self._start)
        return Struck(tick, self._clock.seconds(option.expiry), table)


@lru_cache(maxsize=512)
def _struck(series: StraddleSeries, tick: int) -> Struck:
    return series.make(tick)


class _Bare(NamedTuple):
    """An optionlet as an instrument."""

    option: Optionlet

    def optionlets(self, clock: Clock, start: Start) -> list[Optionlet]:
        return [self.option]
