"""Filtered historical simulation: past returns scaled to today's vol, and the tools that keep margin from jumping.

Barone-Adesi, Giannopoulos and Vosper (1999), VaR without correlations for portfolios of derivative securities; tools
against procyclicality as in Delegated Regulation (EU) 153/2013, article 28.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import UserError

Floats = NDArray[np.float64]

ROUNDING = 1e-9  # a share of a count that counts as whole


class ReturnFilter:
    """A vol for each series of returns that forgets: s2(t + 1) = lam s2(t) + (1 - lam) r(t)^2.

    s2(0) is the mean square of the first `seed` returns. A day's vol is known before its return, and a return is
    scaled by s(now) / s(its day).
    """

    def __init__(self, first: Floats, lam: float) -> None:
        """first: (days, ...) returns that the starting vol is the mean square of."""
        self._lam, self.square = lam, np.mean(np.square(first), axis=0)

    @property
    def vol(self) -> Floats:
        """Known before the next return, (...)."""
        return np.asarray(np.sqrt(self.square))

    def standardised(self, returns: Floats) -> Floats:
        """Returns in units of the vol of their day, 0 where that is 0; they are taken in: (days, ...)."""
        out = []
        for one in returns:
            vol = self.vol
            out.append(np.where(vol > 0, one / np.where(vol > 0, vol, 1.0), 0.0))
            self.square = self._lam * self.square + (1 - self._lam) * np.square(one)
        return np.array(out)


def worst(losses: Floats, level: float, *, shortfall: bool = False) -> Floats:
    """The n (1 - level)-th largest of n losses, at least the largest, without interpolation: (scenarios, ...) -> (...).

    shortfall: the mean of the losses from that on.
    """
    count = tail_count(len(losses), level)
    largest = np.sort(np.partition(losses, len(losses) - count, axis=0)[len(losses) - count :], axis=0)
    return np.asarray(largest.mean(axis=0) if shortfall else largest[0])


def tail_count(scenarios: int, level: float) -> int:
    """How many losses of so many lie in the tail, at least 1."""
    return max(int(scenarios * (1 - level) + ROUNDING), 1)


def buffered(margin: Floats, calm: Floats, buffer: float) -> Floats:
    """Margin with a buffer on top in calm, which may be drawn: max(F, min((1 + b) F, (1 + b) F of the calm day))."""
    return np.maximum(margin, np.minimum((1 + buffer) * margin, (1 + buffer) * calm))


def weighted(margin: Floats, stressed: Floats | float, weight: float) -> Floats:
    """(1 - w) F + w max(stressed, F): a share is always that of a stressed period."""
    return np.asarray((1 - weight) * margin + weight * np.maximum(stressed, margin))


def series_margins(
    returns: ArrayLike,
    days: Sequence[int],
    *,
    level: float = 0.99,
    lookback: int = 250,
    lam: float | None = 0.97,
    seed: int = 20,
    shortfall: bool = False,
) -> Floats:
    """Margin of a long position in one series, whose losses are -r, on some days: (days,) in the unit of the returns.

    Margin on a day uses the `lookback` returns before it.

    Args:
        returns: (n,) of one day each.
        days: counted from 0; each has `lookback` returns before it.
        lam: how much of the vol a day keeps; None: returns are not scaled.
        seed: returns that give the first vol.

    Raises UserError for a level, a memory, a look-back or days that cannot be.
    """
    r = np.asarray(returns, dtype=np.float64)
    if not 0 < level < 1:
        raise UserError("a margin's level lies between 0 and 1", value=level, place="level", remedy="write 0.99")
    if lam is not None and not 0 <= lam < 1:
        raise UserError("a filter keeps a share of its vol below 1", value=lam, place="lam", remedy="write 0.97")
    if not np.isfinite(r).all() or r.ndim != 1:
        raise UserError("returns are finite numbers of one series", place="returns")
    if lookback < 1 or not 1 <= seed <= r.size or any(not lookback <= day <= r.size for day in days):
        remedy = "choose days with enough returns before them"
        raise UserError(f"a margin looks back on {lookback} returns", value=list(days), place="days", remedy=remedy)
    if lam is None:
        return np.array([worst(-r[day - lookback : day], level, shortfall=shortfall) for day in days])
    found = []
    for day in days:
        kept = ReturnFilter(r[:seed], lam)
        scaled = kept.standardised(r[:day])[day - lookback :] * kept.vol
        found.append(worst(-scaled, level, shortfall=shortfall))
    return np.array(found)
