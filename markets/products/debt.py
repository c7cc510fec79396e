"""What a name owes on one position, as flows that it must survive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.projection import sparse, together
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.credit.name import CreditName
    from markets.products.credit_exponents import CreditExponents
    from markets.products.table import When
    from sim.clock import Clock

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
NO_RATE = -1


class Leg(NamedTuple):
    """Flows of a kind, (periods,) each, times in years from now: amount x exp(-basis x until) D(paid) Q(survived)."""

    amounts: Floats  # $, or $ per 1.00 of a floating rate
    paid: Floats
    until: Floats
    survived: Floats
    wanted: Flags
    rates: Ints  # of the debt's floating rates, or NO_RATE


@dataclass(frozen=True, eq=False, kw_only=True)
class Debt:
    """A bond or a loan; times in years from the first day, (periods,)."""

    name: CreditName
    notional: float
    rate: float  # coupon, or what is paid over the floating rate, decimal
    basis: float  # decimal, continuous
    floating: bool
    begins: Floats
    ends: Floats
    middles: Floats
    accrued: Floats  # years of each coupon
    growth: Floats  # of the projection curve over each period beyond the discount curve
    seconds: Ints  # (periods + 1,) of the beginnings, and of the end

    def legs(self, clock: Clock, when: When) -> list[Leg]:
        """What was unpaid after `settled`; with `due` only what is paid by the tick."""
        now, since = clock.ticks[when.tick], clock.ticks[when.settled]
        elapsed = float(clock.calendar_years[when.tick]) + when.later
        unpaid = self.seconds[1:] > since
        wanted = unpaid & (self.seconds[1:] <= now) if when.due else unpaid
        ends, begins = _left(self.ends, self.seconds[1:], elapsed, now), _left(self.begins, self.seconds, elapsed, now)
        none = np.full(ends.size, NO_RATE, dtype=np.int64)
        promised = self.notional * self.rate * self.accrued
        promised[-1] += self.notional
        legs = [Leg(promised, ends, ends, ends, wanted, none)]
        if self.floating:
            known = wanted & (self.seconds[:-1] <= since)
            ahead = wanted & ~known
            legs += [
                Leg(self.notional * self.accrued, ends, ends, ends, known, np.arange(ends.size)),
                Leg(self.notional * self.growth, begins, ends, ends, ahead, none),
                Leg(np.full(ends.size, -self.notional), ends, ends, ends, ahead, none),
            ]
        return legs if when.due else legs + self._recovered(elapsed)

    def _recovered(self, elapsed: float) -> list[Leg]:
        """R D(middle) Q(start) less R D(middle) Q(end), of what is left of each period."""
        first = np.maximum(self.begins, elapsed)
        middle = np.where(self.begins >= elapsed, self.middles, 0.5 * (first + self.ends)) - elapsed
        amount, none = np.full(first.size, self.notional * self.name.recovery), np.full(first.size, NO_RATE)
        ahead, end = self.ends > elapsed, np.maximum(self.ends - elapsed, 0.0)
        start = np.maximum(first - elapsed, 0.0)
        return [Leg(amount, middle, middle, start, ahead, none), Leg(-amount, middle, middle, end, ahead, none)]

    def terms(self, legs: list[Leg], factors: CreditExponents) -> tuple[Floats, Ints]:
        """Rows of the flow kernels, and which floating rate multiplies each."""
        rows, rates = [], []
        for leg in legs:
            paid, survived = leg.paid[leg.wanted], leg.survived[leg.wanted]
            weights, constant = factors.at(self.name, paid, survived)
            amounts = leg.amounts[leg.wanted] * np.exp(-self.basis * leg.until[leg.wanted] - constant)
            rows.append(sparse(amounts, weights))
            rates.append(leg.rates[leg.wanted])
        return together(*rows), np.concatenate(rates)


def _left(years: Floats, seconds: Ints, elapsed: float, now: int) -> Floats:
    return np.where(seconds[: years.size] <= now, 0.0, np.maximum(years - elapsed, 0.0))
