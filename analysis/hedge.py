"""How well a hedge answers what it hedges: day by day, over all paths."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analysis import frames, parts
from analysis.numbers import FloatArray, Number
from analysis.path_closes import path_closes
from sim.columns import Unit
from sim.dataset import Run

LEVEL = 0.95
GROUPS = 20  # of paths, left out one by one for the standard errors
FIGURES: dict[str, tuple[Unit, str]] = {
    "hedge_var_reduction": ("share", "Share of the book's daily VaR 95 % that the hedge removed"),
    "hedge_tracking_error": ("$", "Tracking error of the hedge, root mean square of a day"),
    "hedge_dollar_offset": ("share", "Dollar offset: what the hedge made for each $ that the book lost"),
    "hedge_r2": ("share", "R2 of daily hedge gains on the book's"),
    "hedge_slope": ("number", "Slope of daily hedge gains on the book's: -1 is a full hedge"),
    "hedge_least_variance": ("multiple", "Multiple of the hedge with the least daily variance"),
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
        """Multiple of the hedge that leaves book + multiple x hedge the least variance: -covariance / var(hedge)."""
        return _over(-self._covariance, float(np.var(self.hedge)))

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


def effectiveness(run: Run, *, agent: str | None = None, world: str = "actual") -> dict[str, Number]:
    """Every figure of the desk's hedge by name; none for a desk that held no hedge, or a run of a single close.

    Book: the whole book marked alone. Hedge: what it gained at mid, before costs. Errors by leaving out one group of
    paths after the other.
    """
    gains = _daily(run, agent, world)
    book, hedge = gains["book"], gains["hedge"]
    if not book.size or not np.any(hedge):
        return {}
    values = Hedge(book, hedge).figures()
    errors = _errors(book, hedge)
    return {
        name: Number(value=float(value), unit=unit, label=label, error=error)
        for (name, (unit, label)), value, error in zip(FIGURES.items(), values, errors, strict=True)
    }


def _errors(book: FloatArray, hedge: FloatArray) -> list[float | None]:
    """Delete-a-group jackknife over paths (Shao and Tu 1995): (g - 1) / g x the sum of squared deviations."""
    count = min(GROUPS, len(book))
    if count < 2:
        return [None] * len(FIGURES)
    left = leave_one_out(book, hedge, count)
    return [float(e) for e in np.sqrt((count - 1) / count * ((left - left.mean(axis=0)) ** 2).sum(axis=0))]


def leave_one_out(book: FloatArray, hedge: FloatArray, count: int) -> FloatArray:
    """The figures without one group of paths, (groups, figures): from sums and tails, each taken once.

    Path i is in group i mod `count`. Sums are of deviations from the means over all, so that nothing cancels.
    """
    group = np.arange(len(book)) % count
    middle, other = float(book.mean()), float(hedge.mean())
    x, y = book - middle, hedge - other

    def left(values: FloatArray) -> FloatArray:
        whole = np.bincount(group, values.sum(axis=1), count)
        return np.asarray(whole.sum() - whole)

    n = (len(book) - np.bincount(group, minlength=count)) * float(book.shape[1])
    mean_x, mean_y = left(x) / n, left(y) / n
    var_x, var_y = left(x * x) / n - mean_x**2, left(y * y) / n - mean_y**2
    cov = left(x * y) / n - mean_x * mean_y
    gap = mean_x + middle + mean_y + other
    error = np.sqrt(var_x + var_y + 2 * cov + gap**2)
    offset = _apart(-(mean_y + other), mean_x + middle)
    tails = _apart(_tails(book + hedge, group, count), _tails(book, group, count))
    figures = (1 - tails, error, offset, _apart(cov**2, var_x * var_y), _apart(cov, var_x), _apart(-cov, var_y))
    return np.stack(figures, axis=1)


def _tails(gains: FloatArray, group: NDArray[np.int64], count: int) -> FloatArray:
    """`value_at_risk` without one group of paths, (groups,): what is left of the lowest gains of all."""
    days = gains.shape[1]
    out = np.bincount(group, minlength=count) * days
    ranks = ((1 - LEVEL) * (gains.size - out) + 1e-9).astype(np.int64)
    deep = min(int(ranks.max() + out.max()) + 1, gains.size)
    lowest = np.argpartition(gains, deep - 1, axis=None)[:deep]
    lowest = lowest[np.argsort(gains.reshape(-1)[lowest], kind="stable")]
    values, of = gains.reshape(-1)[lowest], group[lowest // days]
    return np.array([-values[of != g][rank] for g, rank in enumerate(ranks)])


def _apart(top: FloatArray, bottom: FloatArray) -> FloatArray:
    return np.where(bottom != 0, top / np.where(bottom != 0, bottom, 1.0), math.nan)


@frames.once
def _daily(run: Run, agent: str | None, world: str) -> dict[str, FloatArray]:
    """Gains from close to close of the book and of its hedge, (paths, days) $."""
    held = [column.name for column in parts.loss_of(run).columns if column.name.startswith("hedge")]
    found = path_closes(run, agent, world, "unhedged_pnl", pl.sum_horizontal(held).alias("hedge"))
    gains = {name: np.diff(run_up, axis=1, prepend=0.0) for name, run_up in zip(("book", "hedge"), found, strict=True)}
    moved = np.any([days.any(axis=0) for days in gains.values()], axis=0)  # not at the start, before the first day
    return {name: days[:, moved] for name, days in gains.items()}


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
