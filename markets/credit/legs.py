"""Both legs of credit default swaps as functions of a hazard curve, with exact derivatives.

Between two times of a grid the hazard rate and the forward rate are taken as flat. With A = -ln Q of a piece (Q: to
survive), Z = -ln DF of it, g = A + Z, and G = DF Q at its beginning, the present value of 1 paid at a default within
it is A G (1 - e^-g)/g, and of the time since its beginning A G length (1 - (1 + g) e^-g)/g^2: the closed forms of the
ISDA standard model. The midpoint form takes a whole period as one piece, and a default in the middle of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markets.credit.contract import DAYS, YEAR, Cds
from markets.curves.interpolation import CurveShape
from sim.dataclass import dataclass
from sim.vectors import distinct

Floats = NDArray[np.float64]
LogDiscount = Callable[[ArrayLike], Floats]
Form = Literal["closed", "midpoint"]
SMALL, TERMS = 0.05, 10  # below it the series is exact to rounding: 0.05^10 / 10! = 3e-20


@dataclass(frozen=True, eq=False)
class Legs:
    """Present values of both legs on 1 of notional, and their derivatives by -ln Q of the nodes, (nodes,).

    protection: of 1 paid on default. premium: of a coupon of 1 a year, accrued on default with it.
    """

    protection: float
    premium: float
    protection_slope: Floats
    premium_slope: Floats


@dataclass(frozen=True, eq=False)
class LegGrid:
    """A contract's pieces of time, on given nodes and a discount curve: what its legs need besides the hazards."""

    cds: Cds
    weights: Floats  # (times, nodes) of -ln Q at `times`
    times: Floats  # (times,) bounds of the pieces
    rates: Floats  # (times,) -ln DF at them
    piece: NDArray[np.intp]  # (pieces,) where each begins; it ends at the next time
    since: Floats  # (pieces,) years from the start of its period, and half a day where that counts
    coupon_weights: Floats  # (periods, nodes) of -ln Q at the ends of periods
    coupons: Floats  # (periods,) fraction x DF
    middles: Floats  # (pieces,) -ln DF in the middle

    @staticmethod
    def of(cds: Cds, shape: CurveShape, log_discount: LogDiscount, knots: Floats, form: Form = "closed") -> LegGrid:
        """The grid of a contract. knots: times where the forward rate of the discount curve steps, years."""
        times, piece, starts = _pieces(cds, np.concatenate([shape.nodes, knots]) if form == "closed" else np.empty(0))
        paid = cds.fractions * np.exp(log_discount(cds.pays))
        middles = 0.5 * (times[piece] + times[piece + 1])
        return LegGrid(
            cds,
            shape.weights(times),
            times,
            -log_discount(times),
            piece,
            times[piece] - starts + cds.late,
            shape.weights(cds.ends),
            paid,
            -log_discount(middles),
        )

    def legs(self, y: Floats, form: Form = "closed") -> Legs:
        """Values at -ln Q of the nodes y (nodes,)."""
        survived = self.coupons * np.exp(-(self.coupon_weights @ y))
        hazard, a = self.weights @ y, self.piece
        left, right = self.weights[a], self.weights[a + 1]
        value, accrued = (self._closed if form == "closed" else self._midpoint)(hazard)
        return Legs(
            protection=float(value[0].sum()),
            premium=float(survived.sum() + accrued[0].sum()),
            protection_slope=value[1] @ left + value[2] @ right,
            premium_slope=accrued[1] @ left + accrued[2] @ right - survived @ self.coupon_weights,
        )

    def _closed(self, hazard: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        """Of each piece the value of 1, and of what has accrued, on default; derivatives by -ln Q of both ends."""
        a, b = self.piece, self.piece + 1
        here = np.exp(-self.rates[a] - hazard[a])
        died = hazard[b] - hazard[a]
        length, since = self.times[b] - self.times[a], self.since
        one, two, one_slope, two_slope = _ratios(died + self.rates[b] - self.rates[a])
        by_day = DAYS / YEAR
        accrual, slope = by_day * (since * one + length * two), by_day * (since * one_slope + length * two_slope)
        value, owed = here * died * one, here * died * accrual
        value_right = here * (one + died * one_slope)
        owed_right = here * (accrual + died * slope)
        return (value, -value - value_right, value_right), (owed, -owed - owed_right, owed_right)

    def _midpoint(self, hazard: Floats) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        a, b = self.piece, self.piece + 1
        then, first, last = np.exp(-self.middles), np.exp(-hazard[a]), np.exp(-hazard[b])
        share = (self.since + 0.5 * (self.times[b] - self.times[a])) * DAYS / YEAR
        value = (then * (first - last), -then * first, then * last)
        return value, (share * value[0], share * value[1], share * value[2])


def _pieces(cds: Cds, inside: Floats) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Bounds of the pieces, where each begins, and the start of the period around it."""
    found: list[float] = []
    begins: list[int] = []
    starts: list[float] = []
    before = 0.0
    for start, end in zip(cds.starts.tolist(), cds.ends.tolist(), strict=True):
        cut = inside[(inside > before) & (inside < end)]
        own = [before, *distinct(cut).tolist(), end]
        begins += range(len(found), len(found) + len(own) - 1)
        starts += [start] * (len(own) - 1)
        found += own
        before = end
    return np.array(found), np.array(begins, dtype=np.intp), np.array(starts)


def _ratios(g: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Integrals of e^(-g u) and of u e^(-g u) over u from 0 to 1, and their derivatives by g."""
    near = np.abs(g) < SMALL
    safe = np.where(near, 1.0, g)
    left = np.exp(-safe)
    one = -np.expm1(-safe) / safe
    two = (one - left) / safe
    three = (2 * two - left) / safe
    one, two, three = (np.where(near, _series(g, k), far) for k, far in ((1, one), (2, two), (3, three)))
    return one, two, -two, -three


def _series(g: Floats, k: int) -> Floats:
    """The integral of u^(k - 1) e^(-g u): the sum of (-g)^n / (n! (n + k))."""
    total, term = np.zeros_like(g), np.ones_like(g)
    for n in range(TERMS):
        total, term = total + term / (n + k), term * (-g / (n + 1))
    return total


def grids(
    contracts: Sequence[Cds], shape: CurveShape, log_discount: LogDiscount, knots: Floats, form: Form
) -> tuple[LegGrid, ...]:
    """The grids of several contracts."""
    return tuple(LegGrid.of(each, shape, log_discount, knots, form) for each in contracts)
