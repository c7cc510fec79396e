"""The assets and futures of a book: units of the asset now, and the prices agreed on as dated flows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.curves.curve import flow_terms, log_discount_weights
from markets.products.instruments import Asset, Future
from sim.errors import UserError

if TYPE_CHECKING:
    from markets.products.start import Start
    from sim.clock import Clock

Floats = NDArray[np.float64]


class LinearTable:
    """Worth `units` S and flows on the discount curve: a future on Q units is Q e^(-q tau) S - Q K e^(-z tau)."""

    def __init__(self, assets: Sequence[Asset], futures: Sequence[Future], clock: Clock, start: Start) -> None:
        for future in futures:
            if clock.seconds(future.expiry) <= int(clock.ticks[0]):
                remedy = "choose a later date"
                raise UserError(
                    "a future expires after the start", value=str(future.expiry), place="expiry", remedy=remedy
                )
        self.clock, self._yield = clock, start.dividend_yield
        self.asset_units = float(sum(asset.quantity for asset in assets))
        self.expiry = np.array([clock.seconds(f.expiry) for f in futures], dtype=np.int64)
        self.years = np.array([clock.calendar_years_to(f.expiry) for f in futures], dtype=np.float64)
        self.quantity = np.array([float(f.quantity) for f in futures])
        agreed = [
            _forward(start, years) if f.price is None else f.price for f, years in zip(futures, self.years, strict=True)
        ]
        self.price = np.array(agreed, dtype=np.float64)  # $
        self.gross_units = float(sum(abs(asset.quantity) for asset in assets) + np.abs(self.quantity).sum())

    def rows(self, tick: int, settled: int, *, due: bool = False, later: float = 0.0) -> tuple[float, Floats]:
        """Units of the asset at `tick`, and flows of the agreed prices, (flows, FLOW_TERMS).

        Of what was alive after `settled`; with `due`, only of what expires by `tick`, which has no time left.
        later: calendar years that have passed since `tick` while nothing else happened.
        """
        now, since = self.clock.ticks[tick], self.clock.ticks[settled]
        mine = (self.expiry > since) & ((self.expiry <= now) if due else True)
        left = np.where(self.expiry <= now, 0.0, np.maximum(self.years - self.clock.calendar_years[tick] - later, 0.0))[
            mine
        ]
        units = (self.quantity[mine] * np.exp(-self._yield * left)).sum() + (0.0 if due else self.asset_units)
        return float(units), flow_terms(-(self.quantity * self.price)[mine], left)


def _forward(start: Start, years: float) -> float:
    """S e^((z - q) tau) on the starting curve, $."""
    nodes = start.nodes
    growth = log_discount_weights(years) @ nodes - start.dividend_yield * years
    return float(start.spot0 * np.exp(growth))
