"""Variance swaps on the asset, quoted in vol and paid in cash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.factors.key import SPOT, VOL, VOL_SLOPE
from markets.kernels.options import DELTA, GAMMA, NODE, SD, VALUE, VANNA, VEGA
from markets.kernels.surface import LOADING
from markets.kernels.variance import variance_swaps
from markets.kernels.variance_cap import cap_swaps
from markets.venues.vol_listing import Greeks, VolListing
from sim.memo import Memo
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.venues.surroundings import Surroundings
    from markets.venues.variance_series import VarianceSeries

Vector = NDArray[np.float64]


class Valued(NamedTuple):
    """A unit in one market, and the vol at which the rest of its variance is fair, (paths,)."""

    greeks: Greeks
    vol: Vector


class Rows(NamedTuple):
    """As `markets.kernels.variance.variance_swaps` writes them."""

    out: Vector
    by: Vector
    own: Vector
    vol: Vector


class VarianceSwap(VolListing):
    """Realised against implied variance, struck on each path at the fair vol K of the last roll.

    A unit pays (sum of squared log returns from close to close / T - K^2) / (2 K), T in trading years. Its value is the
    static replication, the 2 / K^2 of all options on the smile; see `markets.kernels.variance`.

    With a cap the sum counts up to (cap K)^2 T. What is still to come is then lognormal, its log of variance

        8 ln(K / vol at the money) x share of the time that is left + ln(1 + 2 / closes left)

    both vols of the strike: the first part is what the smile says of the variance of variance, if it does not go with
    spot (Friz and Gatheral 2005), the second that of so many squared normals.
    """

    def __init__(self, market: Surroundings, name: str, series: VarianceSeries) -> None:
        self._swaps = series
        self._last: Memo[Valued] = Memo()
        super().__init__(market, name, series)

    def _strike_now(self, tick: int) -> None:
        """A fresh swap at the fair vol, with nothing realised."""
        market = self.now
        spot = market.row(SPOT)
        self.struck = self._swaps.struck(tick)
        self._origins, self._steepness = self._swaps.origins(spot), self._swaps.steepness(self.struck)
        self._realised, self._fixed = np.zeros(spot.size), spot
        self._strikes, self._units, self._caps = np.zeros(spot.size), np.ones(spot.size), None
        term = self.struck.term(tick)
        self.strike = self._replicated(tick, market, 0.0).vol  # (paths,) decimal a year
        years = self._root(term) ** 2
        if self._swaps.spec.cap is not None:
            money = self._uncapped(market, _at_once(term)).vol
            self._of_variance = 8.0 * np.log(np.maximum(self.strike / money, 1.0)) / years
            self._caps = (self._swaps.spec.cap * self.strike) ** 2 * years
        self._strikes, self._units = self.strike**2 * years, 1.0 / (2.0 * self.strike * years)

    def fix(self, tick: int) -> None:
        """At the end of a close: what the day has made is realised. Its worth is the same before and after."""
        if self.market.clock.is_close[tick]:
            spot = self.now.row(SPOT)
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
        term = self.struck.term(tick, later)
        out, by, own, vol = self._uncapped(market, term)
        if self._caps is not None:
            nodes, left = market.block(self._curve.block), self._root(term) ** 2
            levels = market.row(SPOT), market.row(VOL), nodes
            state = self._realised, self._fixed, self._strikes, self._caps, self._spreads(left)
            cap_swaps(*levels, self._base, term, *state, out, by, own)
        out *= self._units
        by *= self._units if by.size else 1.0
        own *= self._units
        greeks = Greeks(out[VALUE], out[DELTA], out[GAMMA], out[VEGA], out[VANNA], own, lambda: out[NODE:], by)
        return Valued(greeks, vol)

    def _spreads(self, years: float) -> Vector:
        """Standard deviation of the log of the variance of what is left, (paths,); 0 where nothing is."""
        if not years > 0:
            return np.zeros_like(self.strike)
        closes = max(years * self.market.clock.days_a_year, 1.0)
        found: Vector = np.sqrt(self._of_variance * years + np.log1p(2.0 / closes))
        return found

    def _uncapped(self, market: Snapshot, term: Vector) -> Rows:
        """Of 1 $ per unit of total variance."""
        nodes, seen = market.block(self._curve.block), self._swaps.smile.seen(market)
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
        return Rows(out, by, own, vol)

    def _root(self, term: Vector) -> float:
        """Square root of the trading years left."""
        return float(term[SD] / self._base[1])

    @property
    def gross_units(self) -> Vector:
        """The options of the strip: a log contract on 2 x its $ of variance at the last close's spot."""
        found: Vector = 2.0 * self._units / self._fixed
        return found

    def usual_vega(self, market: Snapshot) -> Vector:
        """Of a fresh one: a unit is 1 $ per 1.00 of vol."""
        return np.ones_like(self.strike)

    @property
    def variance_dollars(self) -> Vector:
        """Notional of a unit per unit of variance x the variance that is expected by its expiry, (paths,) $."""
        market, years = self.now, self.years()
        discount = np.exp(-self._curve.zero(years, market.block(self._curve.block)))
        expected: Vector = self._strikes * self._units + self.greeks().worth / discount
        return np.maximum(expected, 0.0)

    # --- the price -------------------------------------------------------------------------------------------------
    @property
    def mid(self) -> Vector:
        """The vol at which the rest of its variance is fair, (paths,) decimal a year."""
        return self._priced(self.market.factors.tick, self.now).vol

    @property
    def elasticity(self) -> Vector:
        """Of the fair vol, (paths,); 1 where no vega is left."""
        greeks, level = self.greeks(), self.now.row(VOL)
        found: Vector = np.ones_like(level)
        np.divide(greeks.vega * level, greeks.own_vega * self.mid, out=found, where=greeks.own_vega > 0)
        return found


def _at_once(term: Vector) -> Vector:
    """The same terms without time left: the vol of the rest is then that at the money."""
    found: Vector = term.copy()
    found[SD] = 0.0
    return found
