"""The variance swaps of one listing, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markets.factors.underlying import MAIN_ASSET, Underlying
from markets.venues.listed_series import ListedSeries
from markets.vols.moving_smile import MovingSmile

if TYPE_CHECKING:
    from datetime import date

    from markets.products.start import Start
    from markets.specs.variance_swap import VarianceSwapSpec
    from sim.clock import Clock


class VarianceSeries(ListedSeries):
    """What is struck when, the same for all worlds of a run."""

    def __init__(self, spec: VarianceSwapSpec, clock: Clock, start: Start, underlying: Underlying = MAIN_ASSET) -> None:
        super().__init__(spec, clock, start, underlying)
        self.spec = spec
        self.smile = MovingSmile(skew=start.skew, form=start.form, stickiness=start.stickiness)

    def _is_ahead(self, expiry: date, tick: int) -> bool:
        """Some trading time lies before it: there is variance to swap."""
        there = self._clock.variance_years_to(expiry) > self._clock.variance_years[tick]
        return bool(there and super()._is_ahead(expiry, tick))
