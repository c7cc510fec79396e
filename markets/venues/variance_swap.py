"""Variance swaps on the asset, quoted in vol and paid in cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL, VOL_SLOPE
from markets.kernels.options import DELTA, GAMMA, NODE, SD, VALUE, VANNA, VEGA
from markets.kernels.surface import LOADING
from markets.kernels.variance import variance_swaps
from markets.venues.vol_listing import Greeks, VolListing
from sim.memo import Memo

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.venues.surroundings import Surroundings
    from markets.venues.variance_series import VarianceSeries

Vector = NDArray[np.float64]


class Valued(NamedTuple):
    """A unit in one market, and the vol at which the rest of its variance is fair, (paths,)."""

    greeks: Greeks
    vol: Vector


class VarianceSwap(VolListing):
    """Realised against implied variance, struck on each path at the fair vol K of the last roll.

    A unit pays (sum of squared log returns from close to close / T - K^2) / (2 K), T in trading years. Its value is the
    static replication, the 2 / K^2 of all options on the smile; see `markets.kernels.variance`.
    """

    def __init__(self, market: Surroundings, name: str, series: VarianceSeries) -> None:
        self._swaps = series
        self._last: Memo[Valued] = Memo()
        super().__init__(market, name, series)

    def _strike_now(self, tick: int) -> None:
        """A fresh swap at the fair vol, with nothing realised."""
        market = self._now
        spot = market.row(SPOT)
        self.struck = self._swaps.struck(tick)
        self._origins, self._steepness = self._swaps.origins(spot), self._swaps.steepness(self.struck)
        self._realised, self._fixed = np.zeros(spot.size), spot
        self._strikes, self._units = np.zeros(spot.size), np.ones(spot.size)
        self.strike = self._replicated(tick, market, 0.0).vol  # (paths,) decimal a year
        years = self._root(self.struck.term(tick)) ** 2
        self._strikes, self._units = self.strike**2 * years, 1.0 / (2.0 * self.strike * years)

    def fix(self, tick: int) -> None:
        """At the end of a close: what the day has made is realised. Its worth is the same before and after."""
        if self.market.clock.is_close[tick]:
            spot = self._now.row(SPOT)
            self._realised = self._realised + np.log(spot / self._fixed) ** 2
            self._fixed = spot

    # --- valuation -------------------------------------------------------------------------------------------------
    def _valued(self, tick: int, market: Snapshot, later: float = 0.0) -> Greeks:
        return self._priced(tick, market, later).greeks

    def _priced(self, tick: int, market: Snapshot, later: float = 0.0) -> Valued:
        """The last market that was asked for is remembered."""
        state = self.struck, tick, market, later, self._fixed
        return self._last.get(lambda: self._replicated(tick, market, later), *state)

    def _replicated(self, tick: int, market: Snapshot, later: float) -> Valued:
        nodes, term, seen = (
            market.block(self._curve.block),
            self.struck.term(tick, later),
            self._swaps.smile.seen(market),
        )
        out, own, vol = np.empty((NODE + len(nodes), market.paths)), np.empty(market.paths), np.empty(market.paths)
        moves = VOL_SLOPE in market.keys
        by = np.empty((2, market.paths)) if moves else np.empty((0, 0))
        variance_swaps(
            market.row(SPOT),
            market.row(VOL),
            nodes,
            seen.reference,
            seen.surface,
            self._base,
            seen.form,
            seen.slides,
            term,
            self._steepness,
            term[LOADING] if moves else 0.0,
            self._origins,
            self._realised,
            self._fixed,
            self._strikes,
            out,
            by,
            own,
            vol,
        )
        out *= self._units
        by *= self._units if moves else 1.0
        own *= self._units
        greeks = Greeks(out[VALUE], out[DELTA], out[GAMMA], out[VEGA], out[VANNA], own, out[NODE:], by)
        return Valued(greeks, vol)

    def _root(self, term: Vector) -> float:
        """Square root of the trading years left."""
        return float(term[SD] / self._base[1])

    @property
    def gross_units(self) -> Vector:
        """The options of the strip: a log contract on 2 x its $ of variance at the last close's spot."""
        found: Vector = 2.0 * self._units / self._fixed
        return found

    @property
    def variance_dollars(self) -> Vector:
        """Notional of a unit per unit of variance x the variance that is expected by its expiry, (paths,) $."""
        market, years = self._now, self.years()
        discount = np.exp(-self._curve.zero(years, market.block(self._curve.block)) * years)
        expected: Vector = self._strikes * self._units + self.greeks().worth / discount
        return np.maximum(expected, 0.0)

    # --- the price -------------------------------------------------------------------------------------------------
    @property
    def mid(self) -> Vector:
        """The vol at which the rest of its variance is fair, (paths,) decimal a year."""
        return self._priced(self.market.factors.tick, self._now).vol

    @property
    def elasticity(self) -> Vector:
        """Of the fair vol, (paths,); 1 where no vega is left."""
        greeks, level = self.greeks(), self._now.row(VOL)
        found: Vector = np.ones_like(level)
        np.divide(greeks.vega * level, greeks.own_vega * self.mid, out=found, where=greeks.own_vega > 0)
        return found
