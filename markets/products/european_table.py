"""European claims of a book as arrays, and the kernels' terms of those alive at a moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL
from markets.kernels.options import INNER_YEARS, LOG_STRIKE, OPTION_TERMS, OUTER_YEARS, STRIKE
from markets.kernels.terms import (
    FIXED_CALENDAR,
    FIXED_LOG_STRIKE,
    FIXED_QUANTITY,
    FIXED_SIGN,
    FIXED_STRIKE,
    FIXED_TERMS,
    FIXED_VARIANCE,
    FIXED_VOL,
    option_terms,
)
from markets.products.table import Table, When
from markets.vols.smile import strike_multiple
from sim.errors import UserError

if TYPE_CHECKING:
    from datetime import date

    from markets.curves.curve import Curve
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]


class European(Protocol):
    """The properties of a European claim that the table uses."""

    @property
    def sign(self) -> float:
        """+1 call, -1 put."""

    @property
    def quantity(self) -> float: ...
    @property
    def strike(self) -> float: ...
    @property
    def expiry(self) -> date: ...


class EuropeanTable(Table[Floats]):
    """European claims in columns, (claims,) each. Raises UserError for what expires by the start."""

    def __init__(self, claims: Sequence[European], clock: Clock, start: Start) -> None:
        super().__init__()
        for claim in claims:
            if clock.seconds(claim.expiry) <= int(clock.ticks[0]):
                raise UserError(
                    "an option expires after the start",
                    value=str(claim.expiry),
                    place="expiry",
                    remedy="choose a later date",
                )
        self.clock, self.start = clock, start
        self.needs = (SPOT, VOL, *start.curve.nodes)
        self.quantity = np.array([float(c.quantity) for c in claims])
        self.strike = np.array([float(c.strike) for c in claims])
        self.dates = np.array([clock.seconds(c.expiry) for c in claims], dtype=np.int64)
        self.variance_years = np.array([clock.variance_years_to(c.expiry) for c in claims])
        self.calendar_years = np.array([clock.calendar_years_to(c.expiry) for c in claims])
        self.gross_units = float(np.abs(self.quantity).sum())
        multiple = strike_multiple(self.strike, self.variance_years, spot=start.spot0, skew=start.skew, form=start.form)
        fixed = np.empty((len(claims), FIXED_TERMS))
        fixed[:, FIXED_SIGN], fixed[:, FIXED_QUANTITY] = [c.sign for c in claims], self.quantity
        fixed[:, FIXED_STRIKE], fixed[:, FIXED_LOG_STRIKE] = self.strike, np.log(self.strike / start.spot0)
        fixed[:, FIXED_VOL] = multiple * start.vol_base
        fixed[:, FIXED_VARIANCE], fixed[:, FIXED_CALENDAR] = self.variance_years, self.calendar_years
        self._fixed = fixed
        self._base = np.array([start.spot0, start.vol_base])
        self._times = list(  # seconds, and years of both kinds
            zip(clock.ticks.tolist(), clock.variance_years.tolist(), clock.calendar_years.tolist(), strict=True)
        )
        self._ahead = sorted(
            zip(self.dates.tolist(), self.calendar_years.tolist(), self.variance_years.tolist(), strict=True)
        )
        self._one = np.ones(0)

    def rows(self, when: When) -> Floats:
        """Terms of what was alive after `settled`, (alive, OPTION_TERMS).

        With `due`, only of what expires by the tick. What does so has no time left: its value is the payoff.
        """
        rows, start = np.empty((len(self._ahead), OPTION_TERMS)), self.start
        now, variance_years, calendar_years = self._times[when.tick]
        number = option_terms(
            self._fixed,
            self.dates,
            now,
            self._times[when.settled][0],
            when.due,
            variance_years + when.later,
            calendar_years + when.later,
            start.term_reversion,
            start.dividend_yield,
            start.curve.times,
            rows,
        )
        return _on_quoted(start.curve, rows[:number])

    def nearest_expiry(self, tick: int) -> tuple[float, float] | None:
        """Calendar and trading years to the nearest expiry ahead; None if there is none."""
        now, variance_years, calendar_years = self._times[tick]
        ahead = bisect_right(self._ahead, (now, inf))
        if ahead == len(self._ahead):
            return None
        _, calendar, variance = self._ahead[ahead]
        return calendar - calendar_years, variance - variance_years

    def _stretch(self, paths: int, vol_multiplier: float | Floats) -> Floats:
        """The factor on every option's vol, (paths,)."""
        ones = self._ones(paths)
        return ones if isinstance(vol_multiplier, float) and vol_multiplier == 1.0 else ones * vol_multiplier

    def _ones(self, paths: int) -> Floats:
        if self._one.size != paths:
            self._one = np.ones(paths)
        return self._one


def _on_quoted(curve: Curve, rows: Floats) -> Floats:
    """The rows on a curve that was quoted: a strike K is discounted by exp(-e) more, and the forward grows by as much.

    V = S e^(-q t) N(d1) - K e^(-e - b . r) N(d2) is the value with K e^(-e) in place of K; the vol stays that of K.
    """
    if curve.quoted is not None:
        excess = curve.excess(rows[:, OUTER_YEARS] + rows[:, INNER_YEARS])
        rows[:, STRIKE] *= np.exp(-excess)
        rows[:, LOG_STRIKE] -= excess
    return rows
