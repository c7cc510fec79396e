"""Options and swaps by QuantLib, from the same terms as the engine's, written independently of its kernels.

QuantLib is optional: only cases that need it, and tests, import this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import QuantLib as ql
from numpy.typing import NDArray

from markets.products.cap import Cap
from markets.products.gamma_claim import GammaClaim
from markets.products.option import Option
from markets.products.start import Start
from markets.products.swap import Swap
from markets.products.swaption import Swaption

Floats = NDArray[np.float64]
NODE_YEARS = (0.0, 2.0, 10.0)
NODE_DAYS = (0, 730, 3650)
FAR_DAYS = 20_000  # the last node again: beyond it the zero rate is flat, not the forward


def option_vol(
    option: Option | GammaClaim, terms: Start, vol: float | Floats, total: float, left: float
) -> tuple[Any, float]:
    """Vol of an option by the definition of the smile, of the shape of `vol`, and d ln(option vol) / d ln s.

    total, left: trading years from the start, and from now, to expiry.
    """
    skewed = 1 - terms.skew * np.log(option.strike / terms.spot0) / np.sqrt(max(total, 1 / 12))
    reverting = terms.term_reversion * left
    response = (1 - np.exp(-reverting)) / reverting if reverting > 0 else 1.0
    base = float(np.clip(skewed, 0.25, 4.0)) * terms.vol_base
    return base * (vol / terms.vol_base) ** response, float(response)


def option_greeks(
    option: Option, terms: Start, state: Iterable[float], *, total: float, left: float, calendar: float
) -> list[float]:
    """Value, delta, gamma, vega to s and dv to the three nodes of one unit, from BlackCalculator.

    state: spot, s, and the three node rates; calendar: calendar years to expiry. Other arguments as in `option_vol`.
    """
    spot, s, *nodes = (float(x) for x in state)
    weights = [float(np.interp(calendar, NODE_YEARS, unit)) for unit in np.eye(3)]
    zero = float(np.dot(weights, nodes))
    vol, response = option_vol(option, terms, s, total, left)
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if option.kind == "call" else ql.Option.Put, option.strike)
    forward, discount = spot * np.exp((zero - terms.dividend_yield) * calendar), np.exp(-zero * calendar)
    black = ql.BlackCalculator(payoff, forward, vol * np.sqrt(left), discount)
    rho = black.rho(calendar)
    vega = black.vega(left) * vol * response / s
    return [black.value(), black.delta(spot), black.gamma(spot), vega, *(rho * w for w in weights)]


class SwapPrices:
    """A swap on QuantLib's multi-curve machinery, valued on `today`, with a fixed rate of our own."""

    def __init__(
        self, swap: Swap, rate: float, spread: float, today: date, fixings: Mapping[date, float], *, first: date
    ) -> None:
        self.today, self.spread = _date(today), spread
        ql.Settings.instance().evaluationDate = self.today
        self.discount, self.projection = (
            ql.RelinkableYieldTermStructureHandle(),
            ql.RelinkableYieldTermStructureHandle(),
        )
        self.index = ql.IborIndex(
            "float", ql.Period(swap.float_months, ql.Months), 0, ql.USDCurrency(), ql.NullCalendar(),
            ql.Unadjusted, False, ql.Actual360(), self.projection,
        )  # fmt: skip
        self.index.clearFixings()
        for fixed_on, value in fixings.items():
            self.index.addFixing(_date(fixed_on), value)
        start, end = _date(swap.start or first), _date(swap.maturity)
        self.legs = legs = [
            ql.Schedule(start, end, ql.Period(months, ql.Months), ql.NullCalendar(), ql.Unadjusted, ql.Unadjusted,
                        ql.DateGeneration.Backward, False)
            for months in (swap.fixed_months, swap.float_months)
        ]  # fmt: skip
        self.swap = ql.VanillaSwap(
            ql.VanillaSwap.Receiver, swap.notional, legs[0], rate, ql.Thirty360(ql.Thirty360.BondBasis),
            legs[1], self.index, 0.0, ql.Actual360(),
        )  # fmt: skip
        self.swap.setPricingEngine(ql.DiscountingSwapEngine(self.discount, False))

    def swaption(self, swaption: Swaption, rates: Iterable[float], vol: float) -> float:
        """$ of a bought option on this swap at these node rates and a normal vol."""
        self._link(rates)
        side = ql.VanillaSwap.Payer if swaption.side == "payer" else ql.VanillaSwap.Receiver
        swap = ql.VanillaSwap(
            side, abs(swaption.notional), self.legs[0], self.swap.fixedRate(), ql.Thirty360(ql.Thirty360.BondBasis),
            self.legs[1], self.index, 0.0, ql.Actual360(),
        )  # fmt: skip
        option = ql.Swaption(swap, ql.EuropeanExercise(_date(swaption.expiry)))
        quote = ql.QuoteHandle(ql.SimpleQuote(vol))
        option.setPricingEngine(ql.BachelierSwaptionEngine(self.discount, quote, ql.Actual365Fixed()))
        return float(option.NPV())

    def cap(self, cap: Cap, rates: Iterable[float], vol: float) -> float:
        """$ of a bought cap or floor on the floating leg of this swap but for its first period, struck at its rate."""
        self._link(rates)
        leg = ql.IborLeg([abs(cap.notional)], self.legs[1], self.index, ql.Actual360())[1:]
        make = ql.Cap if cap.kind == "cap" else ql.Floor
        option = make(leg, [self.swap.fixedRate()])
        quote = ql.QuoteHandle(ql.SimpleQuote(vol))
        option.setPricingEngine(ql.BachelierCapFloorEngine(self.discount, quote))
        return float(option.NPV())

    def value(self, rates: Iterable[float]) -> float:
        """$ at these node rates, after the day's flows."""
        self._link(rates)
        return float(self.swap.NPV())

    def forward(self, rates: Iterable[float], until: date) -> float:
        """The simple act/360 forward of the projection curve from today to `until`."""
        self._link(rates)
        return float(self.projection.forwardRate(self.today, _date(until), ql.Actual360(), ql.Simple).rate())

    def _link(self, rates: Iterable[float]) -> None:
        nodes: list[Any] = [float(rate) for rate in rates]
        days = [self.today + d for d in (*NODE_DAYS, FAR_DAYS)]
        for handle, spread in ((self.discount, 0.0), (self.projection, self.spread)):
            curve = ql.ZeroCurve(days, [rate + spread for rate in (*nodes, nodes[-1])], ql.Actual365Fixed())
            curve.enableExtrapolation()
            handle.linkTo(curve)


def _date(day: date) -> Any:
    return ql.Date(day.day, day.month, day.year)
