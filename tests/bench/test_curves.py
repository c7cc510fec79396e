"""Curves from quotes against QuantLib: a bootstrap of 20 swaps, and the ladder of 100 swaps."""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib as ql

from markets.curves.calendars import business_calendar
from markets.curves.curve_set import CurveSet, solve_set
from markets.curves.dates import to_ql
from markets.curves.legs import dated_leg
from markets.curves.swap_book import SwapBook
from markets.specs.curve_swaps import CurveSwapSpec
from tests.bench.timing import least, seconds
from tests.test_quoted_curves import CALENDARS, SOFR, TODAY, sofr

SWAPS = 100
BUMP = 1e-5
CALENDAR = CALENDARS["usd_sofr"]


def cold() -> CurveSet:
    """Solved as in a new process, with no schedule kept."""
    for kept in (dated_leg, business_calendar):
        kept.cache_clear()
    return solve_set({"sofr": sofr()}, TODAY)


def helpers() -> tuple[list[ql.SimpleQuote], ql.PiecewiseLogLinearDiscount]:
    """QuantLib's curve of the same quotes, not solved yet."""
    ql.Settings.instance().evaluationDate = to_ql(TODAY)
    index = ql.OvernightIndex("SOFR", 0, ql.USDCurrency(), CALENDAR, ql.Actual360())
    quotes = [ql.SimpleQuote(rate / 100) for rate in SOFR.values()]
    each = [
        ql.OISRateHelper(
            2, ql.Period(tenor), ql.QuoteHandle(quote), index, paymentLag=2, paymentFrequency=ql.Annual,
            paymentCalendar=CALENDAR, fixedCalendar=CALENDAR, endOfMonth=False,
        )
        for tenor, quote in zip(SOFR, quotes, strict=True)
    ]  # fmt: skip
    return quotes, ql.PiecewiseLogLinearDiscount(to_ql(TODAY), each, ql.Actual365Fixed())


def lengths() -> list[int]:
    return [int(n) for n in np.random.default_rng(3).integers(1, 31, SWAPS)]


def their_swaps(curve: ql.PiecewiseLogLinearDiscount) -> list[ql.OvernightIndexedSwap]:
    handle = ql.YieldTermStructureHandle(curve)
    index = ql.OvernightIndex("SOFR", 0, ql.USDCurrency(), CALENDAR, ql.Actual360(), handle)
    engine, out = ql.DiscountingSwapEngine(handle), []
    start = CALENDAR.advance(to_ql(TODAY), 2, ql.Days)
    for years in lengths():
        schedule = ql.Schedule(
            start, start + ql.Period(years, ql.Years), ql.Period("1Y"), CALENDAR, ql.ModifiedFollowing,
            ql.ModifiedFollowing, ql.DateGeneration.Backward, False,
        )  # fmt: skip
        swap = ql.OvernightIndexedSwap(
            ql.OvernightIndexedSwap.Receiver, 1e6, schedule, 0.035, ql.Actual360(), index, 0.0, 2, ql.Following,
            CALENDAR, True,
        )  # fmt: skip
        swap.setPricingEngine(engine)
        out.append(swap)
    return out


def bumped(quotes: list[ql.SimpleQuote], swaps: list[ql.OvernightIndexedSwap]) -> np.ndarray:
    """Change of each swap for 1 bp on each quote, by small bumps up and down."""
    out = np.empty((len(swaps), len(quotes)))
    for j, quote in enumerate(quotes):
        value = quote.value()
        quote.setValue(value + BUMP)
        up = np.array([swap.NPV() for swap in swaps])
        quote.setValue(value - BUMP)
        out[:, j] = (up - [swap.NPV() for swap in swaps]) / (2 * BUMP) * 1e-4
        quote.setValue(value)
    return out


def test_bootstrap(board) -> None:
    def theirs() -> None:
        helpers()[1].discount(30.0)

    cold_, warm, other = least(5, cold, lambda: solve_set({"sofr": sofr()}, TODAY), theirs)
    board.faster("a curve of 20 SOFR swaps, from quotes", "QuantLib, iterative bootstrap", ours=cold_, theirs=other)
    board.faster("the same on a day whose schedules are known", "QuantLib", ours=warm, theirs=other)


def test_ladder(board) -> None:
    """100 swaps x 20 quotes, exact against bumped; both know their schedules."""
    found = cold()
    specs = [CurveSwapSpec(side="receive", notional=1e6, rate=0.035, tenor=f"{years}Y") for years in lengths()]
    quotes, curve = helpers()
    swaps = their_swaps(curve)
    ours, theirs = SwapBook.of(specs, found).ladder, bumped(quotes, swaps)
    assert ours == pytest.approx(theirs, abs=5e-4)  # the noise of a bootstrap to 1e-12, over the bump
    book = SwapBook.of(specs, found)
    (exact,) = least(5, lambda: book.on(found).ladder)
    bumps = seconds(lambda: bumped(quotes, swaps))
    what = "ladder of 100 swaps by 20 quotes"
    board.faster(what, "QuantLib, bumped up and down", ours=exact, theirs=bumps, at_least=20)
