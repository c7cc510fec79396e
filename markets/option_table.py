"""The options of a book as arrays, and the kernels' terms of those alive at a tick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.curve import log_discount_weights
from markets.instruments import GammaClaim, Option
from markets.kernels import options as kernels
from markets.smile import strike_multiple, term_response
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.book import PricingTerms
    from sim.clock import Clock

Floats = NDArray[np.float64]


class OptionTable:
    """European claims in columns, (instruments,) each; all of them options or all of them gamma claims."""

    def __init__(self, claims: Sequence[Option | GammaClaim], clock: Clock, terms: PricingTerms) -> None:
        for claim in claims:
            if clock.seconds(claim.expiry) <= int(clock.ticks[0]):
                raise UserError(
                    "an option expires after the start",
                    value=str(claim.expiry),
                    place="expiry",
                    remedy="choose a later date",
                )
        self.clock, self.pricing = clock, terms
        self.sign = np.array([-1.0 if isinstance(c, Option) and c.kind == "put" else 1.0 for c in claims])
        self.quantity = np.array([float(c.quantity) for c in claims])
        self.strike = np.array([float(c.strike) for c in claims])
        self.expiry = np.array([clock.seconds(c.expiry) for c in claims], dtype=np.int64)
        self.variance_years = np.array([clock.variance_years_to(c.expiry) for c in claims])
        self.calendar_years = np.array([clock.calendar_years_to(c.expiry) for c in claims])
        self.multiple = strike_multiple(self.strike, self.variance_years, spot=terms.spot0, skew=terms.skew)

    def rows(self, tick: int, settled: int, *, due: bool = False) -> Floats:
        """Terms at `tick` of what was alive after `settled`, (alive, OPTION_TERMS).

        With `due`, only of what expires by `tick`. What does so has no time left: its value is the payoff.
        """
        now = self.clock.ticks[tick]
        over = self.expiry <= now
        chosen = np.flatnonzero((self.expiry > self.clock.ticks[settled]) & (over if due else True))
        variance = self.variance_years[chosen] - self.clock.variance_years[tick]
        calendar = self.calendar_years[chosen] - self.clock.calendar_years[tick]
        variance = np.where(over[chosen], 0.0, np.maximum(variance, 0.0))
        calendar = np.where(over[chosen], 0.0, np.maximum(calendar, 0.0))
        pricing = self.pricing
        rows = np.empty((chosen.size, kernels.OPTION_TERMS))
        rows[:, kernels.SIGN] = self.sign[chosen]
        rows[:, kernels.QUANTITY] = self.quantity[chosen]
        rows[:, kernels.STRIKE] = self.strike[chosen]
        rows[:, kernels.LOG_STRIKE] = np.log(self.strike[chosen] / pricing.spot0) + pricing.dividend_yield * calendar
        rows[:, kernels.SD] = self.multiple[chosen] * pricing.vol_base * np.sqrt(variance)
        rows[:, kernels.RESPONSE] = term_response(variance, pricing.term_reversion)
        rows[:, kernels.CARRY] = np.exp(-pricing.dividend_yield * calendar)
        rows[:, kernels.OVERNIGHT : kernels.US10Y + 1] = log_discount_weights(calendar)
        return rows

    def nearest_expiry_years(self, tick: int) -> float:
        """Calendar years to the nearest expiry ahead; 0 if there is none."""
        ahead = self.calendar_years[self.expiry > self.clock.ticks[tick]]
        return float(ahead.min() - self.clock.calendar_years[tick]) if ahead.size else 0.0
