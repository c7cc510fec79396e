"""Options that can be exercised at several dates, by backward induction in the Hull-White model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from markets.rate_vols.black import SIDES
from markets.rate_vols.hull_white import HullWhite, SwapTerms
from sim.dataclass import dataclass
from sim.errors import UserError
from sim.named_tuple import NamedTuple

Floats = NDArray[np.float64]

WIDE = 8.0  # standard deviations of the state that a grid covers
POINTS = 161  # of a grid
LEAST = 2.0  # years: a grid is never narrower than at this time, since paths may be far out early
FINE = np.linspace(-8.0, 8.0, 65)  # where exercise begins: further states, in standard deviations to its date
PANEL = 2.0  # widths of the step's normal that a panel of the quadrature covers at most
GAUSS = 10  # points of Gauss and Legendre a panel


class Slice(NamedTuple):
    """What holding the option is worth at a time, by state."""

    states: Floats  # (points,) x = r - f(0, t), rising
    held: Floats  # (points,) per unit of notional, if it is not exercised now
    turns: Floats  # states between the grid's ends at which exercise becomes better than holding, or worse


@dataclass(frozen=True, eq=False)
class Lattice:
    """A Bermudan option on swaps that all end on the same day, in a Hull-White model.

    swaps: one for each exercise date, which is its start; a payer (sign 1) that exercises enters the swap that pays
    `strike`. Between dates the state is normal under the forward measure to the later date, x' ~ N(e^(-a d) (x + B(d)
    y(t)), y(d)), and the value is integrated by Gauss and Legendre in panels that break where exercise begins, so that
    no kink is integrated across. Raises UserError without a date or with dates out of order.
    """

    model: HullWhite
    swaps: Sequence[SwapTerms]
    strike: float  # decimal
    side: str = "payer"

    def __post_init__(self) -> None:
        dates = np.array([swap.start for swap in self.swaps])
        if not dates.size or not (dates > 0).all() or not (np.diff(dates) > 0).all():
            raise UserError("a Bermudan option has rising exercise dates after the start", value=dates.tolist())
        if self.side not in SIDES:
            raise UserError("a swaption is a payer or a receiver", value=self.side, place="side")

    @property
    def value(self) -> float:
        """At the start, per unit of notional."""
        return float(self.at(0.0, 0, np.zeros(1))[0])

    def at(self, now: float, number: int, states: Floats) -> Floats:
        """Value at time `now` and states, (states,), of what may be exercised from date `number` on, not before."""
        if number >= len(self.swaps):
            return np.zeros(states.size)
        return self._step(now, states, number, self.slices[number])

    def exercised(self, number: int, states: Floats) -> Floats:
        """What the swap of a date is worth there, (states,), to who has the option."""
        swap = self.swaps[number]
        coupons = self.strike * swap.accrual
        coupons[-1] += 1.0
        bonds = self.bonds(swap.start, swap.times, states)
        return np.asarray(SIDES[self.side] * (1.0 - coupons @ bonds))

    def bonds(self, now: float, times: Floats, states: Floats) -> Floats:
        """P(t, T) by time and state, (times, states)."""
        loading = self.model.loading(times - now)[:, None]
        start = (self.model.log_discount(times) - self.model.log_discount(np.asarray(now)))[:, None]
        return np.asarray(np.exp(start - loading * states - 0.5 * loading**2 * self.model.variance(now)))

    def grid(self, now: float) -> Floats:
        """States that cover what is likely at a time, and what is not at an early one: (POINTS,)."""
        sd = float(np.sqrt(self.model.variance(max(now, LEAST))))
        return np.linspace(-WIDE * sd, WIDE * sd, POINTS)

    def fine_grid(self, now: float, number: int) -> Floats:
        """The same with more points where, at date `number`, exercise begins: there the value bends sharply."""
        gap = self.swaps[number].start - now
        sd, kept = float(np.sqrt(self.model.variance(gap))), np.exp(-self.model.reversion * gap)
        around = [root + sd * FINE for root in self.slices[number].turns]
        back = [at / kept - self.model.loading(gap) * self.model.variance(now) for at in around]
        states = np.unique(np.concatenate([self.grid(now), *back]))
        return np.asarray(states[np.append(True, np.diff(states) > 1e-9)])

    @cached_property
    def slices(self) -> tuple[Slice, ...]:
        """What holding on is worth at each exercise date."""
        found: list[Slice] = []
        for number in reversed(range(len(self.swaps))):
            states = self.grid(self.swaps[number].start)
            held = np.zeros(POINTS)
            if found:
                held = self._step(self.swaps[number].start, states, number + 1, found[0])
            found.insert(0, Slice(states, held, _turns(states, self.exercised(number, states) - held)))
        return tuple(found)

    def _step(self, now: float, states: Floats, number: int, then: Slice) -> Floats:
        """Value at `now` of the larger of exercise and holding at date `number`."""
        until = self.swaps[number].start
        bond = self.bonds(now, np.array([until]), states)[0]
        gap = until - now
        sd = float(np.sqrt(self.model.variance(gap)))
        kept = np.exp(-self.model.reversion * gap)
        mean = kept * (states + self.model.loading(gap) * self.model.variance(now))
        if sd == 0.0:
            return np.asarray(bond * self._worth(number, then, mean))
        points, weights = _quadrature(then, sd)
        z = (points - mean[:, None]) / sd
        density = np.exp(-0.5 * z * z) / (sd * np.sqrt(2 * np.pi))
        return np.asarray(bond * (density @ (weights * self._worth(number, then, points))))

    def _worth(self, number: int, then: Slice, states: Floats) -> Floats:
        from scipy.interpolate import CubicSpline

        held = CubicSpline(then.states, then.held)(states)
        return np.asarray(np.maximum(self.exercised(number, states), held))


def bermudan(
    model: HullWhite, exercise: Sequence[float], times: Sequence[float], strike: float, *, side: str = "payer"
) -> float:
    """A Bermudan swaption at the start, per unit of notional.

    Args:
        exercise: years of the dates, each the start of a period of the swap.
        times: years of the fixed payments; the swap that is entered has those after the date.
    """
    days = np.asarray(times, dtype=np.float64)
    swaps = []
    for date in exercise:
        later = days[days > date + 1e-9]
        if not later.size:
            raise UserError("a swap pays after it is entered", value=date, place="exercise")
        swaps.append(SwapTerms(float(date), later, np.diff(later, prepend=date)))
    return Lattice(model, swaps, strike, side).value


def cancellable(
    model: HullWhite, exercise: Sequence[float], times: Sequence[float], strike: float, *, side: str = "payer"
) -> float:
    """A swap that starts now, `side` pays or receives the fixed rate, and that side may cancel at the dates.

    It is the swap and a Bermudan option on the opposite one; per unit of notional.
    """
    days = np.asarray(times, dtype=np.float64)
    rate, annuity = model.swap_rate(SwapTerms(0.0, days, np.diff(days, prepend=0.0)))
    swap = SIDES[side] * (rate - strike) * annuity if side in SIDES else 0.0
    other = "receiver" if SIDES.get(side, 1.0) > 0 else "payer"
    return swap + bermudan(model, exercise, times, strike, side=other if side in SIDES else side)


def _quadrature(then: Slice, sd: float) -> tuple[Floats, Floats]:
    """Points and weights over the states of a slice: panels that no kink lies inside of."""
    low, high = then.states[0], then.states[-1]
    edges = [low]
    for stop in (*then.turns, high):
        count = max(int(np.ceil((stop - edges[-1]) / (PANEL * sd))), 1)
        edges += np.linspace(edges[-1], stop, count + 1)[1:].tolist()
    nodes, weights = np.polynomial.legendre.leggauss(GAUSS)
    half, middle = 0.5 * np.diff(edges)[:, None], 0.5 * (np.array(edges[1:]) + edges[:-1])[:, None]
    return (middle + half * nodes).ravel(), (half * weights).ravel()


def _turns(states: Floats, gain: Floats) -> Floats:
    """Where a function that is known at states changes its sign, (turns,), rising."""
    from scipy.interpolate import CubicSpline

    roots = CubicSpline(states, gain).roots(extrapolate=False)
    return np.unique([root for root in roots if states[0] < root < states[-1]])
