"""The options of a book as arrays, and the kernels' terms of those alive at a tick."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.kernels.options import OPTION_TERMS
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
from markets.products.instruments import GammaClaim, Option
from markets.vols.smile import strike_multiple
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]


class OptionTable:
    """European claims in columns, (instruments,) each; all of them options or all of them gamma claims."""

    def __init__(self, claims: Sequence[Option | GammaClaim], clock: Clock, start: Start) -> None:
        for claim in claims:
            if clock.seconds(claim.expiry) <= int(clock.ticks[0]):
                raise UserError(
                    "an option expires after the start",
                    value=str(claim.expiry),
                    place="expiry",
                    remedy="choose a later date",
                )
        self.clock, self.start = clock, start
        self.sign = np.array([-1.0 if isinstance(c, Option) and c.kind == "put" else 1.0 for c in claims])
        self.quantity = np.array([float(c.quantity) for c in claims])
        self.strike = np.array([float(c.strike) for c in claims])
        self.expiry = np.array([clock.seconds(c.expiry) for c in claims], dtype=np.int64)
        self.variance_years = np.array([clock.variance_years_to(c.expiry) for c in claims])
        self.calendar_years = np.array([clock.calendar_years_to(c.expiry) for c in claims])
        multiple = strike_multiple(self.strike, self.variance_years, spot=start.spot0, skew=start.skew)
        fixed = np.empty((len(claims), FIXED_TERMS))
        fixed[:, FIXED_SIGN], fixed[:, FIXED_QUANTITY], fixed[:, FIXED_STRIKE] = self.sign, self.quantity, self.strike
        fixed[:, FIXED_LOG_STRIKE] = np.log(self.strike / start.spot0)
        fixed[:, FIXED_VOL] = multiple * start.vol_base
        fixed[:, FIXED_VARIANCE], fixed[:, FIXED_CALENDAR] = self.variance_years, self.calendar_years
        self._fixed = fixed
        self._times = list(  # seconds, and years of both kinds
            zip(clock.ticks.tolist(), clock.variance_years.tolist(), clock.calendar_years.tolist(), strict=True)
        )
        self._ahead = sorted(
            zip(self.expiry.tolist(), self.calendar_years.tolist(), self.variance_years.tolist(), strict=True)
        )

    def rows(self, tick: int, settled: int, *, due: bool = False, later: float = 0.0) -> Floats:
        """Terms at `tick` of what was alive after `settled`, (alive, OPTION_TERMS).

        With `due`, only of what expires by `tick`. What does so has no time left: its value is the payoff.
        later: years, of trading and of calendar time, that have passed since `tick` while nothing else happened.
        """
        rows = np.empty((len(self._ahead), OPTION_TERMS))
        if not self._ahead:
            return rows
        (now, variance_years, calendar_years), start = self._times[tick], self.start
        number = option_terms(
            self._fixed,
            self.expiry,
            now,
            self._times[settled][0],
            due,
            variance_years + later,
            calendar_years + later,
            start.term_reversion,
            start.dividend_yield,
            rows,
        )
        return rows[:number]

    def nearest_expiry(self, tick: int) -> tuple[float, float] | None:
        """Calendar and trading years to the nearest expiry ahead; None if there is none."""
        now, variance_years, calendar_years = self._times[tick]
        ahead = bisect_right(self._ahead, (now, inf))
        if ahead == len(self._ahead):
            return None
        _, calendar, variance = self._ahead[ahead]
        return calendar - calendar_years, variance - variance_years
