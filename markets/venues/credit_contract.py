"""The contract that a venue of credit default swaps trades, as flows on the clock of a run."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from markets.credit.contract import DAYS, YEAR
from markets.products.cds import Cds
from markets.products.cds_table import CdsTable
from markets.products.overnight import Timeline

if TYPE_CHECKING:
    from datetime import date

    from markets.credit.name import CreditName
    from markets.products.start import Start
    from sim.clock import Clock


@dataclass(frozen=True, eq=False)
class CreditContract:
    """1 of notional protected, for a fixed coupon. full, bare: with the coupon, and without."""

    name: CreditName
    coupon: float  # decimal a year
    vol: float  # ln of the spread per square root of a trading year
    full: CdsTable
    bare: CdsTable
    years: float  # from the start to its maturity

    @staticmethod
    def of(name: CreditName, maturity: date, coupon: float, vol: float, clock: Clock, start: Start) -> CreditContract:
        """On a clock and from a starting market. Raises UserError where it is over by the start."""
        held = Cds(notional=1.0, credit=name.name, maturity=maturity, coupon=coupon)
        lasting = replace(start, credits={name.name: replace(name, defaults=False)})  # the venue settles defaults
        full, bare = (CdsTable([replace(held, coupon=each)], clock, lasting) for each in (coupon, 0.0))
        return CreditContract(name, coupon, vol, full, bare, Timeline(clock).years(maturity))

    def accrued(self, tick: int) -> float:
        """Years, act/360, of the present coupon that have passed by a tick."""
        (held,) = self.full.held
        now = float(self.full.clock.calendar_years[tick])
        period = min(int(np.searchsorted(held.cds.ends, now, side="right")), held.cds.starts.size - 1)
        return max(now - float(held.cds.starts[period]), 0.0) * DAYS / YEAR

    def due(self, since: int, tick: int) -> float:
        """Coupons paid in (since, tick], $ per $ of notional."""
        (held,) = self.full.held
        ticks = self.full.clock.ticks
        paid = (held.paid > ticks[since]) & (held.paid <= ticks[tick])
        return float(self.coupon * held.cds.fractions[paid].sum())
