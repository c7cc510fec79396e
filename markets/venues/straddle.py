"""Swaption straddles at the money, quoted in normal vol and paid in cash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from markets.accounts import CLEARING
from markets.factors.key import RATES_VOL, FactorKey
from markets.kernels.bachelier import (
    ANNUITY,
    BY_ANNUITY,
    BY_FLOATING,
    BY_SD,
    FLOATING,
    RESPONSE,
    SD,
    STRADDLE_WORTH,
    straddles,
)
from markets.kernels.flows import AMOUNT, NO_FIXING, flow_slopes
from markets.products.rate_option_table import ROOT
from markets.products.table import When
from markets.products.vega_grid import VegaGrid
from markets.venues.paid_in_cash import PaidInCash
from sim.memo import Memo
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from markets.factors.snapshot import Snapshot
    from markets.products.rate_option_table import Rows
    from markets.venues.straddle_series import StraddleSeries
    from markets.venues.surroundings import Surroundings
    from sim.names import Name

Vector = NDArray[np.float64]
GAINS = "hedge_rates"  # reason of the ledger: what positions in rates earn at mid ...
VEGA_GAINS = "hedge_vega"  # ... and the part of it that moves of vol have made
VOL_OF_VOL = 0.8  # per square root of a trading year, of the vol of rates

_NO_FIXINGS = np.empty((0, 0))


class Figures(NamedTuple):
    """One unit of the straddle in one market, (paths,) each."""

    worth: Vector  # $
    vega: Vector  # $ per 1.00 of its normal vol
    slopes: dict[FactorKey, Vector]  # $ per 1.00 of each factor


class Straddle(PaidInCash):
    """A `Listing` of payer and receiver swaptions on one swap, struck on each path at the par rate of the last roll.

    A unit is 1 $ of notional, worth A E|F - K + sd Z| by the kernel of swaptions. Spreads and impact are in normal vol,
    notional is vega ($ per 1.00 of vol). When it rolls, every position is exchanged at mid, in cash, for as many units
    of a fresh straddle at the money.
    """

    gains = GAINS
    priced, funded = False, True

    def __init__(self, market: Surroundings, name: str, series: StraddleSeries) -> None:
        self.name, self.displaces = name, {RATES_VOL: 1.0}  # buying brings the vol up
        self.assets: tuple[Name, ...] = (name,)
        self.market, self.series = market, series
        self._figures: Memo[Figures] = Memo()
        self._strike_now(0)
        self._seen = market.factors.snapshot.row(RATES_VOL)

    def _strike_now(self, tick: int) -> None:
        """A fresh straddle at the money."""
        self.struck = self.series.struck(tick)
        annuity, floating = (leg[0] for leg in self._legs(self._rows(), self.market.factors.snapshot))
        self.strike = floating / annuity

    # --- valuation -------------------------------------------------------------------------------------------------
    def _rows(self) -> Rows:
        """Flows, time and vol left; at its expiry it is worth its payoff."""
        return self.struck.table.known(When(self.market.factors.tick, self.struck.tick))

    def _legs(self, rows: Rows, market: Snapshot) -> tuple[Vector, Vector]:
        """Annuity and floating leg with their slopes, (1 + nodes, paths) each per unit of notional."""
        curve, found = self.struck.table.factors.of(market), []
        for leg in (ANNUITY, FLOATING):
            terms = rows.terms.copy()
            terms[:, AMOUNT] *= rows.amounts[:, leg]
            out = np.zeros((1 + len(curve), market.paths))
            flow_slopes(curve, _NO_FIXINGS, terms, np.full(len(terms), NO_FIXING, dtype=np.int64), out)
            found.append(out)
        return found[0], found[1]

    def _stretch(self, rows: Rows, market: Snapshot) -> Vector:
        """What its vol is times that at the start, (paths,)."""
        found: Vector = np.exp(rows.options[0, RESPONSE] * self.struck.table.stretch(market))
        return found

    def _valued(self, market: Snapshot) -> Figures:
        rows, out = self._rows(), np.empty((4, market.paths))
        annuity, floating = self._legs(rows, market)
        sd = rows.options[0, SD] * self._stretch(rows, market)
        straddles(annuity[0], floating[0], self.strike, sd, out)
        slopes = out[BY_ANNUITY] * annuity[1:] + out[BY_FLOATING] * floating[1:]
        by_factor = dict(zip(self.struck.table.factors.keys, slopes, strict=True))
        by_factor[RATES_VOL] = out[BY_SD] * sd * rows.options[0, RESPONSE] / market.row(RATES_VOL)
        return Figures(out[STRADDLE_WORTH], out[BY_SD] * rows.spans[0, ROOT], by_factor)

    def _now(self) -> Figures:
        factors = self.market.factors
        market = factors.snapshot
        return self._figures.get(lambda: self._valued(market), self.struck, factors.tick, market)

    def vegas(self, grid: VegaGrid, market: Snapshot | None = None) -> Vector:
        """Vega of a unit by bucket, (buckets, paths) $ per 1.00 of normal vol, in the present market or in another."""
        expiry, tenor, _ = self._rows().spans[0]
        (shares,) = grid.weights(np.array([expiry]), np.array([tenor]))
        found: Vector = shares[:, None] * (self._now() if market is None else self._valued(market)).vega
        return found * self.mid if grid.relative else found

    # --- the price -------------------------------------------------------------------------------------------------
    @property
    def mid(self) -> Vector:
        """Normal vol, (paths,) decimal a year."""
        return self.series.vol * self._stretch(self._rows(), self.market.factors.snapshot)

    @property
    def unit_notional(self) -> Vector:
        """Vega of a unit, (paths,) $ per 1.00 of vol."""
        return self._now().vega

    def relative(self, displacement: Vector) -> Vector:
        """Rise of its vol where the vol of rates rises by the displacement, (paths,)."""
        level = self.market.factors.snapshot.row(RATES_VOL)
        found: Vector = displacement * self.mid * self._rows().options[0, RESPONSE] / level
        return found

    def returned(self, before: Vector, after: Vector, out: Vector) -> None:
        """Rise of the vol, (paths,) decimal."""
        np.subtract(after, before, out=out)

    def cost_per_notional(self) -> float:
        """1 $ of vega costs so much per unit of vol."""
        return 1.0

    def vol(self) -> Vector:
        """How far its vol moves, (paths,) decimal per square root of a trading year."""
        return VOL_OF_VOL * self.mid

    # --- positions -------------------------------------------------------------------------------------------------
    def worth_of_one(self, market: Snapshot | None = None) -> tuple[Vector]:
        """(paths,) $ a unit."""
        return ((self._now() if market is None else self._valued(market)).worth,)

    def exposure(self, account: Name) -> Vector:
        """Signed vega, (paths,) $ per 1.00 of vol."""
        return self.market.ledger.balance(account, self.name) * self._now().vega

    def years(self) -> float:
        """To the expiry."""
        return self.struck.years - float(self.market.clock.calendar_years[self.market.factors.tick])

    def sensitivities(self, market: Snapshot | None = None) -> dict[FactorKey, Vector]:
        """Of a unit by each node and the vol of rates, (paths,) $ per 1.00."""
        return (self._now() if market is None else self._valued(market)).slopes

    def of_one(self) -> tuple[Vector, Vector]:
        """Worth, and vega, (paths,) $ and $ per 1.00 of its vol."""
        now = self._now()
        return now.worth, now.vega

    # --- time ------------------------------------------------------------------------------------------------------
    def step(self, tick: int) -> None:
        """Say what the vol has made, and roll when the time has come."""
        self.explain()
        if self.series.rolls(self.struck, tick):
            self._roll(tick)

    def explain(self) -> None:
        """Note as vega what the move of vol since the last look has made of all positions: worth now less worth at the
        old vol. Call after trades have been settled and before the market moves again.
        """
        market = self.market.factors.snapshot
        before, self._seen = self._seen, market.row(RATES_VOL)
        if before is self._seen or not self.market.ledger.moved(self.name):
            return
        made = self._now().worth - self._valued(market.with_rows({RATES_VOL: before})).worth
        for account, held in self.positions():
            gain = held * made
            self.market.ledger.note(gain, source=account, target=CLEARING, reason=GAINS)
            self.market.ledger.note(gain, source=CLEARING, target=account, reason=VEGA_GAINS)

    def _roll(self, tick: int) -> None:
        """cash += N (worth of the old - worth of the fresh one); nobody gains or loses, and no spread is paid."""
        old = self._now().worth
        self._strike_now(tick)
        excess = old - self._now().worth
        for account, held in self.positions():
            self.market.ledger.transfer(held * excess, source=CLEARING, target=account, reason=GAINS)
