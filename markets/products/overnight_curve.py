"""The curve that overnight rates are read from, as rows of the flow kernels over its factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.products.projection import RateRows

if TYPE_CHECKING:
    from markets.curves.curve import Curve
    from markets.factors.snapshot import Snapshot
    from markets.products.start import Start

Floats = NDArray[np.float64]


class OvernightCurve:
    """Weights and constants of -ln DF and of ln P(begin) / P(end), P the projection curve.

    keys: the nodes of the discount curve, then those of the spread that moves the projection curve, if any.
    """

    def __init__(self, start: Start) -> None:
        self.start, self.nodes = start, start.curve.nodes
        self.projection = start.projected()
        self.factors = RateRows(start.curve, [self.projection])
        self.keys = self.factors.keys
        self.moving = self.projection.spread is not None

    def of(self, snapshot: Snapshot) -> Floats:
        """Levels of the factors, (keys, paths)."""
        return self.factors.of(snapshot)

    def discount(self, years: Floats) -> tuple[Floats, Floats]:
        """b (times, keys) and e (times,) with -ln DF = b . x + e at times from now."""
        b, e = _reach(self.start.curve, years)
        return np.pad(b, ((0, 0), (0, len(self.keys) - len(self.nodes)))), e

    def grown(self, begin: Floats, end: Floats, now: float) -> tuple[Floats, Floats]:
        """w (periods, keys) and c (periods,) with ln P(begin) / P(end) = w . x + c, times from the first day.

        A period that is over has not grown. One that began before now has grown at the rate of today since.
        """
        left, to_end = np.where(end > now, begin - now, 0.0), np.maximum(end - now, 0.0)
        (b, e), (b_end, e_end) = (_reach(self.start.curve, times) for times in (left, to_end))
        weights, constant = b_end - b, e_end - e + self.beyond(begin, end)
        if self.projection.spread is None:
            return weights, constant
        more = _reach(self.projection.spread, to_end)[0] - _reach(self.projection.spread, left)[0]
        if self.projection.first:
            constant = constant - more @ np.array(self.projection.first)
        return np.concatenate([weights, more], axis=1), constant

    def beyond(self, begin: Floats, end: Floats) -> Floats:
        """What ln P falls from `begin` to `end` beyond ln DF and what a spread makes of it, (periods,)."""
        return np.asarray(self.projection.flat * (end - begin) + self.start.basis(begin, end))

    def starting(self, years: Floats) -> Floats:
        """-ln DF on the starting curve at times, (times,)."""
        b, e = self.discount(years)
        return np.asarray(b @ self.of(self.start.snapshot)[:, 0] + e)


def _reach(curve: Curve, years: Floats) -> tuple[Floats, Floats]:
    """-ln DF at times from now; a time before now is minus the time after it: what was earned at the rate of today."""
    sign, ahead = np.sign(years), np.abs(years)
    return sign[:, None] * curve.weights(ahead), sign * curve.excess(ahead)
