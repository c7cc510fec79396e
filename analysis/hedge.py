"""How well a hedge answers what it hedges: day by day, over all paths."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from analysis import frames, parts
from analysis.numbers import FloatArray, Number
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
    group = np.arange(len(book)) % GROUPS
    count = min(GROUPS, len(book))
    if count < 2:
        return [None] * len(FIGURES)
    left = np.array([Hedge(book[group != g], hedge[group != g]).figures() for g in range(count)])
    return [float(e) for e in np.sqrt((count - 1) / count * ((left - left.mean(axis=0)) ** 2).sum(axis=0))]


@frames.once
def _daily(run: Run, agent: str | None, world: str) -> dict[str, FloatArray]:
    """Gains from close to close of the book and of its hedge, (paths, days) $."""
    held = [column.name for column in parts.loss_of(run).columns if column.name.startswith("hedge")]
    mine = frames.desk_marks(run, agent, pl.col("world") == world).select(
        "path", "time", book="unhedged_pnl", hedge=pl.sum_horizontal(held)
    )
    ordered = mine.sort("path", "time").collect()
    closes = max(len(frames.mark_times(run, world)), 1)
    gains = {name: np.diff(_by_path(ordered, name, closes), axis=1, prepend=0.0) for name in ("book", "hedge")}
    moved = np.any([days.any(axis=0) for days in gains.values()], axis=0)  # not at the start, before the first day
    return {name: days[:, moved] for name, days in gains.items()}


def _by_path(ordered: pl.DataFrame, name: str, closes: int) -> FloatArray:
    """(paths, closes)."""
    return ordered[name].to_numpy().reshape(-1, closes)


def _over(top: float, bottom: float) -> float:
    return top / bottom if bottom else math.nan
