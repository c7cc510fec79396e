"""Compiled books: options and swaps against QuantLib, put-call parity, the gamma claim against quadrature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest

from markets.factors.key import SPOT, USD, VOL
from markets.factors.snapshot import Snapshot
from markets.products.book import Book
from markets.products.gamma_claim import GammaClaim
from markets.products.option import Option
from markets.products.start import Start
from markets.products.swap import Swap
from scenarios.studies.validation.cases.pricing_options import greeks_of
from scenarios.studies.validation.quantlib_prices import SwapPrices, option_greeks, option_vol

FIRST = date(2019, 9, 16)


@dataclass(frozen=True)
class DailyClock:
    """Every calendar day ticks and trades, act/365: QuantLib's null calendar."""

    days: int

    @property
    def ticks(self):
        return np.arange(self.days + 1) * 86_400

    @property
    def calendar_years(self):
        return np.arange(self.days + 1) / 365

    variance_years = calendar_years

    @property
    def session_dates(self):
        return (FIRST,)

    def seconds(self, day):
        return (day - FIRST).days * 86_400

    def calendar_years_to(self, day):
        return (day - FIRST).days / 365

    variance_years_to = calendar_years_to


def day(number):
    return FIRST + timedelta(days=int(number))


LEVELS = Snapshot.named(spot=100.0, vol=0.2, overnight=0.02, us2y=0.017, us10y=0.019)


def terms(**changes):
    return Start(day=FIRST, snapshot=LEVELS, **changes)


def compiled(*instruments, days=400, **changes):
    return Book(instruments).compile(DailyClock(days), terms(**changes))


# --- options -----------------------------------------------------------------------------------------------------

OPTIONS, STATES = 100, 100  # 10,000 pairs
SKEW, REVERSION, DIVIDEND = 0.4, 1.2, 0.015
SMILED = terms(skew=SKEW, term_reversion=REVERSION, dividend_yield=DIVIDEND)


def random_options(rng):
    return [
        Option(
            kind="call" if rng.random() < 0.5 else "put",
            strike=100 * np.exp(0.3 * rng.standard_normal()),
            expiry=day(rng.integers(1, 1500)),
            quantity=1.0,
        )
        for _ in range(OPTIONS)
    ]


def random_state(rng, paths):
    spot, vol = 100 * np.exp(0.3 * rng.standard_normal(paths)), 0.2 * np.exp(0.6 * rng.standard_normal(paths))
    overnight, us2y, us10y = (rng.normal(0.02, 0.02, paths) for _ in range(3))
    return Snapshot.named(spot=spot, vol=vol, overnight=overnight, us2y=us2y, us10y=us10y)


def expected_vol(option, vol):
    years = (option.expiry - FIRST).days / 365
    return option_vol(option, SMILED, vol, years, years)


def quantlib_greeks(option, state):
    """Value and sensitivities of one option, in the order of our Greeks; a day is a day of both clocks."""
    years = (option.expiry - FIRST).days / 365
    return option_greeks(option, SMILED, state, total=years, left=years, calendar=years)


def test_ten_thousand_random_options_match_quantlib():
    rng = np.random.default_rng(20200219)
    now, worst = random_state(rng, STATES), np.zeros(7)
    scale = [now.row(SPOT), 1.0, 1 / now.row(SPOT), now.row(SPOT), now.row(SPOT), now.row(SPOT), now.row(SPOT)]
    for option in random_options(rng):
        book = compiled(option, days=5, skew=SKEW, term_reversion=REVERSION, dividend_yield=DIVIDEND)
        got = book.risk(0, now, book.new_fixings(STATES))
        expected = np.array([quantlib_greeks(option, state) for state in np.array(now.stamp(now.keys)).T]).T
        error = [np.abs(g - e) / s for g, e, s in zip(greeks_of(got), expected, scale, strict=True)]
        # Greeks other than value and delta may be large against spot: relative to their own size then.
        error = [e / np.maximum(1, np.abs(x) / s) for e, x, s in zip(error, expected, scale, strict=True)]
        worst = np.maximum(worst, [e.max() for e in error])
        np.testing.assert_allclose(book.value(0, now, book.new_fixings(STATES)), got.value, atol=1e-11)
    assert (worst < 1e-12).all(), worst


def test_put_call_parity():
    rng = np.random.default_rng(8)
    now = random_state(rng, 500)
    for expiry, strike in ((1, 100.0), (30, 80.0), (400, 125.0), (3000, 100.0)):
        pair = [
            Option(kind=kind, strike=strike, expiry=day(expiry), quantity=q)
            for kind, q in (("call", 1.0), ("put", -1.0))
        ]
        book = compiled(*pair, days=0, skew=SKEW, term_reversion=REVERSION, dividend_yield=DIVIDEND)
        years = expiry / 365
        zero = np.array([np.interp(years, [0, 2, 10], nodes) for nodes in now.block(USD).T])
        forward = now.row(SPOT) * np.exp(-DIVIDEND * years) - strike * np.exp(-zero * years)
        got = book.risk(0, now, book.new_fixings(500))
        np.testing.assert_allclose(got.value, forward, atol=1e-11)
        np.testing.assert_allclose(got.delta, np.exp(-DIVIDEND * years), atol=1e-13)
        np.testing.assert_allclose((got.gamma, got.vega), 0, atol=1e-11)


def test_gamma_claim_matches_quadrature():
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    now = random_state(np.random.default_rng(4), 50)
    expiry, strike = 500, 110.0
    years = expiry / 365
    claim = GammaClaim(strike=strike, expiry=day(expiry), quantity=-3.0)
    book = compiled(claim, days=0, skew=SKEW, term_reversion=REVERSION, dividend_yield=DIVIDEND)
    got = book.value(0, now, book.new_fixings(50))
    vol, _ = expected_vol(claim, now.row(VOL))
    zero = np.array([np.interp(years, [0, 2, 10], rates) for rates in now.block(USD).T])
    sd = (vol * np.sqrt(years))[:, None]
    end = now.row(SPOT)[:, None] * np.exp(((zero - DIVIDEND) * years)[:, None] - sd**2 / 2 + sd * nodes)
    mean = (end * np.log(end / strike) - end + strike) @ weights / np.sqrt(2 * np.pi)
    np.testing.assert_allclose(got, -3.0 * np.exp(-zero * years) * mean, rtol=1e-11, atol=1e-10)


# --- swaps -------------------------------------------------------------------------------------------------------


SWAPS = [
    Swap(notional=1e6, maturity=date(2029, 9, 16), fixed_rate=0.018),
    Swap(notional=-2e6, maturity=date(2021, 9, 30), fixed_rate=0.01),
    Swap(notional=5e5, maturity=date(2044, 1, 31), fixed_rate=0.03, start=date(2018, 1, 31)),
    Swap(notional=1e6, maturity=date(2024, 12, 20), fixed_rate=0.015, start=date(2019, 11, 4), fixed_months=12),
    Swap(notional=1e6, maturity=date(2020, 1, 15), fixed_rate=0.02, start=date(2019, 7, 22), float_months=1),
    Swap(notional=3e6, maturity=date(2031, 3, 1), fixed_rate=0.022, fixed_months=3, float_months=6),
]


def fixings_of(book, swap, fixings, path):
    """The fixings that a compiled one-swap book has noted so far, by date."""
    periods = [p for p in swap.float_leg(swap.start or FIRST) if p.end > FIRST]
    return {
        p.start: float(fixings[slot, path]) for slot, p in enumerate(periods[: len(fixings)]) if fixings[slot, path]
    }


@pytest.mark.parametrize("spread", [0.0, 0.0035])
@pytest.mark.parametrize("swap", SWAPS, ids=lambda s: f"{s.maturity}-{s.fixed_months}-{s.float_months}")
def test_swaps_match_quantlib_on_two_curves(swap, spread):
    rng, paths = np.random.default_rng(11), 3
    book = compiled(swap, days=120, projection_spread=spread)
    fixings, before = book.new_fixings(paths), 0
    for tick in (0, 33, 49, 80, 110):  # 49: 4 November 2019, a start
        now = random_state(rng, paths)
        book.fix(before, tick, now, fixings)
        before = tick
        got = book.risk(tick, now, fixings)
        np.testing.assert_allclose(book.value(tick, now, fixings), got.value, rtol=1e-12, atol=1e-8)
        for path in range(paths):
            rates = [float(node[path]) for node in now.block(USD)]
            known = fixings_of(book, swap, fixings, path)
            theirs = SwapPrices(swap, swap.fixed_rate, spread, day(tick), known, first=FIRST)
            assert got.value[path] == pytest.approx(theirs.value(rates), rel=1e-10, abs=1e-13 * abs(swap.notional))
            for node, key in enumerate(now.nodes(USD)):
                up, down = ([r + sign * 1e-5 * (i == node) for i, r in enumerate(rates)] for sign in (1, -1))
                slope = (theirs.value(up) - theirs.value(down)) / 2e-5
                assert got.first(key)[path] == pytest.approx(slope, rel=1e-6, abs=1e-6 * abs(swap.notional))


def test_par_rate_matches_quantlib():
    for spread in (0.0, 0.0035):
        swap = Swap(notional=1e6, maturity=date(2029, 9, 16))
        book = compiled(swap, projection_spread=spread)
        fixings = book.new_fixings(1)
        theirs = SwapPrices(swap, 0.0, spread, FIRST, fixings_of(book, swap, fixings, 0), first=FIRST)
        theirs.value([0.02, 0.017, 0.019])
        par = theirs.swap.fairRate()
        priced = compiled(Swap(notional=1e6, maturity=date(2029, 9, 16), fixed_rate=par), projection_spread=spread)
        assert priced.value(0, LEVELS, fixings)[0] == pytest.approx(0.0, abs=1e-7)
        assert book.value(0, LEVELS, fixings)[0] == pytest.approx(0.0, abs=1e-7)
