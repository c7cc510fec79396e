"""How well a hedge answers what it hedges: day by day, over all paths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis import frames
from analysis.comoments import CoMoments
from analysis.lowest import Lowest
from analysis.numbers import FloatArray, Number
from sim.columns import Unit
from sim.dataset import Run

LEVEL = 0.95
LEAST = 0.01  # a hedge whose gains vary less than this share of the book's is none: no multiple of it is traded
GROUPS = 20  # of paths, left out one by one for the standard errors
FIGURES: dict[str, tuple[Unit, str]] = {
    "hedge_var_reduction": ("share", "Share of the book's daily VaR 95 % that the hedge removed"),
    "hedge_tracking_error": ("$", "Tracking error of the hedge, root mean square of a day"),
    "hedge_dollar_offset": ("share", "Dollar offset: what the hedge made for each $ that the book lost"),
    "hedge_r2": ("share", "R2 of daily hedge gains on the book's"),
    "hedge_slope": ("number", "Slope of daily hedge gains on the book's: −1 is a full hedge"),
    "hedge_least_variance": ("multiple", "Multiple of the hedge with the least daily variance (n/a: hardly any hedge)"),
}


@dataclass(frozen=True)
class Hedge:
    """Gains of a book and of its hedge over the same periods; both any shape, $.

    A figure that the gains cannot give (a book or a hedge that never moves) is NaN.
    """

    book: FloatArray
    hedge: FloatArray

    @property
    def var_reduction(self) -> float:
        """1 - VaR(book + hedge) / VaR(book) at 95 %, VaR the loss of rank floor(n / 20) + 1 from the worst."""
        return 1 - _over(value_at_risk(self.book + self.hedge), value_at_risk(self.book))

    @property
    def tracking_error(self) -> float:
        """Root of the mean of (book + hedge)^2, $: also what is open on average counts."""
        return math.sqrt(float(np.mean((self.book + self.hedge) ** 2)))

    @property
    def dollar_offset(self) -> float:
        """-sum of the hedge / sum of the book. Near zero sums it says little, however good the hedge."""
        return _over(-float(np.sum(self.hedge)), float(np.sum(self.book)))

    @property
    def r2(self) -> float:
        """Squared correlation of the two."""
        return _over(self._covariance**2, float(np.var(self.book) * np.var(self.hedge)))

    @property
    def slope(self) -> float:
        """Of the regression of the hedge on the book, by least squares with a constant."""
        return _over(self._covariance, float(np.var(self.book)))

    @property
    def least_variance(self) -> float:
        """Multiple of the hedge that leaves book + multiple x hedge the least variance: -covariance / var(hedge).

        NaN where there is hardly a hedge: its standard deviation is below LEAST of the book's.
        """
        return _multiple(-self._covariance, float(np.var(self.hedge)), float(np.var(self.book)))

    @property
    def _covariance(self) -> float:
        return float(np.mean((self.book - self.book.mean()) * (self.hedge - self.hedge.mean())))

    def figures(self) -> FloatArray:
        """In the order of FIGURES."""
        return np.array([getattr(self, name.removeprefix("hedge_")) for name in FIGURES])


def value_at_risk(gains: FloatArray, level: float = LEVEL) -> float:
    """Loss of rank floor((1 - level) n) + 1 from the worst, losses > 0, with no interpolation."""
    rank = int((1 - level) * gains.size + 1e-9)
    return -float(np.partition(gains, rank, axis=None)[rank])


@frames.told
def effectiveness(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Every figure of the desk's hedge by name; none for a desk that held no hedge, or a run of a single close.

    Book: the whole book marked alone. Hedge: what it gained at mid, before costs. Errors by leaving out one group of
    paths after the other: the delete-a-group jackknife (Shao and Tu 1995), (g - 1) / g x the sum of squared deviations.
    """
    days = frames.days_of(run, agent, world)
    paths, closes = days.paths, range(len(days.times))
    found = Gathered(paths, paths * len(closes), min(GROUPS, paths))
    for close in closes:
        found.take(days.changes(close, "unhedged_pnl", "hedge_gains"))
    if not found.hedged:
        return {}
    errors = [None] * len(FIGURES) if found.count < 2 else jackknife(found.without_each())
    return {
        name: Number(value=float(value), unit=unit, label=label, error=error)
        for (name, (unit, label)), value, error in zip(FIGURES.items(), found.figures(), errors, strict=True)
    }


def jackknife(left: FloatArray) -> list[float | None]:
    """Standard errors from the figures without each group, (groups, figures)."""
    count = len(left)
    return [float(e) for e in np.sqrt((count - 1) / count * ((left - left.mean(axis=0)) ** 2).sum(axis=0))]


class Gathered:
    """What the figures of a hedge need of its days: sums by group of paths, and the lowest gains.

    Path i is in group i mod `count`. most: an upper bound on the number of gains, to know how deep tails may lie.
    """

    def __init__(self, paths: int, most: int, count: int) -> None:
        self.count = count
        self.hedged = False
        self._sums = CoMoments(count)
        deep = int((1 - LEVEL) * most) + most // max(paths, 1) * math.ceil(paths / max(count, 1)) + 2
        self._tails = Lowest(deep), Lowest(deep)  # of the book, and of the book with its hedge

    def take(self, day: Iterable[FloatArray]) -> None:
        """day: gains of book and hedge, (2, paths), block by block; a day on which no path's moves does not count."""
        first = 0
        for book, hedge in _moving(day):
            group = (np.arange(first, first + book.size) % self.count).astype(np.int16)
            self.hedged = self.hedged or bool(hedge.any())
            self._sums.add(book, hedge, group)
            for tail, gains in zip(self._tails, (book, book + hedge), strict=True):
                tail.add(gains, group)
            first += book.size

    def figures(self) -> FloatArray:
        """Over all paths, in the order of FIGURES."""
        return self._figures(self._sums.without(-1), -1)

    def without_each(self) -> FloatArray:
        """Without one group after the other, (groups, figures)."""
        return np.stack([self._figures(sums, group) for group, sums in enumerate(self._sums.without_each())])

    def _figures(self, sums: CoMoments, left_out: int) -> FloatArray:
        (var_x,), (var_y,), (cov,) = sums.variances
        (x,), (y,), n = sums.x, sums.y, int(sums.n[0])
        alone, hedged = (_at_risk(values[labels != left_out], n) for values, labels in self._lowest)
        error = math.sqrt(max(var_x + var_y + 2 * cov, 0.0) + (x + y) ** 2)
        ratios = _over(-y, x), _over(cov**2, var_x * var_y), _over(cov, var_x), _multiple(-cov, var_y, var_x)
        return np.array([1 - _over(hedged, alone), error, *ratios])

    @cached_property
    def _lowest(self) -> tuple[tuple[FloatArray, NDArray[np.int16]], ...]:
        """Gains of the tails in ascending order, and their groups."""
        return tuple(tail.ascending() for tail in self._tails)


def _at_risk(ascending: FloatArray, n: int) -> float:
    """`value_at_risk` of n gains, of which the lowest are known."""
    return -float(ascending[int((1 - LEVEL) * n + 1e-9)])


def _moving(blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """The blocks; none if all of them are zeros."""
    still: list[FloatArray] | None = []  # the first ones, if zeros
    for block in blocks:
        if still is not None and not block.any():
            still.append(np.broadcast_to(0.0, block.shape))
            continue
        yield from still or ()
        still = None
        yield block


def _over(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom else math.nan


def _multiple(top: float, hedge: float, book: float) -> float:
    """top / hedge; NaN where the hedge varies next to nothing beside the book. hedge, book: variances, $²."""
    return _over(top, hedge) if hedge >= LEAST**2 * book else math.nan
