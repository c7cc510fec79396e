"""Value, delta, gamma and vega of a million European options: each with a spot, vol and rate of its own, by
`markets.vols.black_scholes`; and as books over paths, by the engine's kernel, which adds vanna and three rates."""

from __future__ import annotations

import itertools
import math

import mpmath as mp
import numpy as np
import pytest
import QuantLib as ql
from numba import njit
from scipy.special import ndtr

from markets.kernels import options as k
from markets.vols.black_scholes import black_scholes
from tests.bench.timing import least, seconds

NUMBER = 1_000_000
STRIKE, YEARS = 100.0, 0.75
BASE = np.array([100.0, 0.2])
BLOCK = 8_192  # paths of a NumPy block whose temporaries stay in the second-level cache
QUANTLIB = 5_000  # options, scaled up
ZERO, ONE, LOGS = np.zeros(NUMBER), np.ones(NUMBER), np.empty(NUMBER)
INV_SQRT_2PI = 1 / math.sqrt(2 * math.pi)


@pytest.fixture(scope="module")
def market():
    rng = np.random.default_rng(1)
    spot = STRIKE * np.exp(0.3 * rng.standard_normal(NUMBER))
    return spot, 0.2 * np.exp(0.4 * rng.standard_normal(NUMBER)), rng.uniform(-0.01, 0.06, NUMBER)


def terms(strike=STRIKE, variance=YEARS, years=YEARS, sign=1.0):
    log_strike, sd = math.log(strike / BASE[0]), BASE[1] * math.sqrt(variance)
    return np.array([[sign, 1.0, strike, log_strike, sd, 1.0, 1.0, 0, years, 0, 0.0]])


def ours(spot, vol, rate, rows, out=None):
    """The engine's kernel, into `out`."""
    out = np.zeros((k.NODE + 1, spot.size)) if out is None else out
    k.option_greeks(spot, vol, rate[None], ONE[: spot.size], BASE, rows, True, LOGS[: spot.size], out)
    return out


def with_numpy(spot, vol, rate, strike=STRIKE):
    """The textbook formula, whole arrays."""
    sd = vol * math.sqrt(YEARS)
    d1 = (np.log(spot / strike) + rate * YEARS) / sd + 0.5 * sd
    d2 = d1 - sd
    bell = INV_SQRT_2PI * np.exp(-0.5 * d1 * d1)
    delta = ndtr(d1)
    value = spot * delta - strike * np.exp(-rate * YEARS) * ndtr(d2)
    return value, delta, bell / (spot * sd), spot * bell * math.sqrt(YEARS)


def in_blocks(spot, vol, rate):
    """The same, block by block: faster, since temporaries stay in the cache."""
    out = np.empty((4, spot.size))
    for start in range(0, spot.size, BLOCK):
        part = slice(start, start + BLOCK)
        out[0, part], out[1, part], out[2, part], out[3, part] = with_numpy(spot[part], vol[part], rate[part])
    return out


@njit
def with_erfc(spot, vol, rate, strikes, out):
    """The loop that anybody would write; adds to `out`."""
    for strike in strikes:
        for i in range(spot.size):
            sd = vol[i] * math.sqrt(YEARS)
            d1 = (math.log(spot[i] / strike) + rate[i] * YEARS) / sd + 0.5 * sd
            d2 = d1 - sd
            n1, n2 = 0.5 * math.erfc(-d1 / math.sqrt(2.0)), 0.5 * math.erfc(-d2 / math.sqrt(2.0))
            bell = INV_SQRT_2PI * math.exp(-0.5 * d1 * d1)
            out[0, i] += spot[i] * n1 - strike * math.exp(-rate[i] * YEARS) * n2
            out[1, i] += n1
            out[2, i] += bell / (spot[i] * sd)
            out[3, i] += spot[i] * bell * math.sqrt(YEARS)


def quantlib_objects(spot, vol, rate):
    """An option object each, on quotes of its own, with the analytic engine."""
    today = ql.Date(1, 1, 2021)
    ql.Settings.instance().evaluationDate = today
    exercise = ql.EuropeanExercise(today + round(YEARS * 360))
    payoff, calendar, count = ql.PlainVanillaPayoff(ql.Option.Call, STRIKE), ql.NullCalendar(), ql.Actual360()
    none = ql.YieldTermStructureHandle(ql.FlatForward(today, 0.0, count))
    found = []
    for s, v, r in zip(spot, vol, rate, strict=True):
        surface = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, calendar, v, count))
        curve = ql.YieldTermStructureHandle(ql.FlatForward(today, r, count))
        process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(s)), none, curve, surface)
        option = ql.VanillaOption(payoff, exercise)
        option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        found.append((option.NPV(), option.delta(), option.gamma(), option.vega()))
    return np.array(found).T


def quantlib_formula(spot, vol, rate):
    """Its formula alone, without instruments, engines or curves: the fastest that it offers for one option."""
    payoff, root = ql.PlainVanillaPayoff(ql.Option.Call, STRIKE), math.sqrt(YEARS)
    found = []
    for s, v, r in zip(spot.tolist(), vol.tolist(), rate.tolist(), strict=True):
        discount = math.exp(-r * YEARS)
        formula = ql.BlackCalculator(payoff, s / discount, v * root, discount)
        found.append((formula.value(), formula.delta(s), formula.gamma(s), formula.vega(YEARS)))
    return np.array(found).T


def assert_close(found, expected, scale=1e-11):
    for got, want in zip(found[:4], expected, strict=True):
        assert np.max(np.abs(got - want) / (1 + np.abs(want))) < scale


def test_a_million_options(market, board):
    spot, vol, rate = market
    rows, out, looped = terms(), np.zeros((k.NODE + 1, NUMBER)), np.zeros((4, NUMBER))
    one = np.array([STRIKE])

    def many():
        return black_scholes(spot, STRIKE, vol, YEARS, rate)

    ours(*market, rows, out)
    with_erfc(*market, one, looped)
    for others in (out, with_numpy(*market), in_blocks(*market), looped):
        assert_close(many(), others[:4])
    mine, engine, whole, blocks, erfc = least(
        5,
        many,
        lambda: ours(*market, rows, out),
        lambda: with_numpy(*market),
        lambda: in_blocks(*market),
        lambda: with_erfc(*market, one, looped),
    )
    what = "value, delta, gamma, vega of 1M European options, each its own spot, vol and rate"
    board.faster(what, "NumPy + scipy.special.ndtr", ours=mine, theirs=whole, at_least=6)
    board.faster(what, f"the same in blocks of {BLOCK:,} (in cache)", ours=mine, theirs=blocks)
    board.faster(what, "plain numba loop with math.erfc", ours=mine, theirs=erfc, at_least=2.3)
    few = [column[:QUANTLIB] for column in market]
    cut = [column[:QUANTLIB] for column in many()]
    assert_close(cut, quantlib_objects(*few))
    assert_close(cut, quantlib_formula(*few))
    scale = NUMBER / QUANTLIB
    objects, formula = (seconds(lambda f=f: f(*few)) * scale for f in (quantlib_objects, quantlib_formula))
    board.faster(what, f"QuantLib, object per option (from {QUANTLIB:,})", ours=mine, theirs=objects)
    board.faster(what, f"QuantLib, BlackCalculator per option (from {QUANTLIB:,})", ours=mine, theirs=formula)
    what = "the engine's kernel on 1M paths at once: one option, all sensitivities"
    board.faster(what, "NumPy + scipy.special.ndtr, four of them", ours=engine, theirs=whole)


def test_a_million_options_of_a_book(market, board):
    """As the engine asks for them: a book of 100 on 10,000 paths, summed on every path, in the cache for everybody."""
    paths, number = 10_000, 100
    some = [column[:paths].copy() for column in market]
    strikes = np.linspace(80, 120, number)
    rows = np.concatenate([terms(strike) for strike in strikes])
    out, expected, looped = np.zeros((k.NODE + 1, paths)), np.zeros((4, paths)), np.zeros((4, paths))

    def numpy_book():
        expected[:] = 0.0
        for strike in strikes:
            for total, part in zip(expected, with_numpy(*some, strike), strict=True):
                total += part

    def erfc_book():
        looped[:] = 0.0
        with_erfc(*some, strikes, looped)

    for function in (lambda: ours(*some, rows, out), numpy_book, erfc_book):
        function()
    assert_close(out / number, expected / number)
    assert_close(out / number, looped / number)
    mine, theirs, erfc = least(7, lambda: ours(*some, rows, out), numpy_book, erfc_book)
    what = "value, delta, gamma, vega of 1M European options: a book of 100 on 10,000 paths"
    board.faster(what, "NumPy + scipy.special.ndtr", ours=mine, theirs=theirs, at_least=6)
    board.faster(what, "plain numba loop with math.erfc", ours=mine, theirs=erfc, at_least=2.3)


def test_a_curve_of_one_node_takes_no_longer(market, board):
    """Both shares of its rate are of one row: a loop that wrote that by two names would not vectorise."""
    paths = 10_000
    spot, vol, rate = (column[:paths].copy() for column in market)
    rows = np.concatenate([terms(strike) for strike in np.linspace(80, 120, 100)])
    two = rows.copy()
    two[:, [k.OUTER_YEARS, k.INNER, k.INNER_YEARS]] = YEARS / 2, 1, YEARS / 2
    room, rates = np.zeros((k.NODE + 2, paths)), np.stack([rate, rate])

    def on_two():
        k.option_greeks(spot, vol, rates, ONE[:paths], BASE, two, True, LOGS[:paths], room)

    one, both = least(7, lambda: ours(spot, vol, rate, rows, room[:-1]), on_two)
    board.within(
        "a book of 100 options on a curve of one node", "on a curve of two", ours=one, theirs=both, at_most=1.2
    )


def exact(sign, spot, strike, vol, years, rate):
    """Value, delta, gamma x S and vega by mpmath, 40 digits; limits where the deviation is 0 away from the money."""
    spot, strike, vol, years, rate = (mp.mpf(float(x)) for x in (spot, strike, vol, years, rate))
    discount, sd = mp.exp(-rate * years), vol * mp.sqrt(years)
    if sd == 0:
        inside = sign * (spot - strike * discount) > 0
        return (
            (sign * (spot - strike * discount) if inside else mp.mpf(0)),
            mp.mpf(sign if inside else 0),
            mp.mpf(0),
            mp.mpf(0),
        )
    d1 = (mp.log(spot / strike) + rate * years) / sd + sd / 2
    d2 = d1 - sd
    n1, n2 = mp.ncdf(sign * d1), mp.ncdf(sign * d2)
    bell = mp.npdf(d1)
    return sign * (spot * n1 - strike * discount * n2), sign * n1, bell / sd, spot * bell * mp.sqrt(years)


def test_error_against_mpmath(board):
    """Error of each number as a share of its own size plus that of the option (S + K; 1; 1; S sqrt(T))."""
    worst = 0.0
    mp.mp.dps = 40
    grid = itertools.product(
        (1.0, -1.0),
        (1e-3, 20.0, 80.0, 100.5, 130.0, 900.0, 1e5),
        (0.0, 1e-3, 0.05, 0.2, 1.0, 5.0),
        (0.0, 1e-4, 0.1, 1.0, 30.0),
        (-0.02, 0.0, 0.1),
    )
    for sign, spot, vol, years, rate in grid:
        row = terms(variance=years, years=years, sign=sign)
        state = [np.array([x]) for x in (spot, vol, rate)]
        kind = "call" if sign > 0 else "put"
        alone = black_scholes(spot, STRIKE, vol, years, rate, kind=kind)
        want = exact(sign, spot, STRIKE, vol, years, rate)
        sizes = (spot + STRIKE, 1.0, 1.0, spot * math.sqrt(years) + 1e-300)
        for got in (ours(*state, row)[:4, 0], np.array(alone)):
            got[2] *= spot
            for value, true, size in zip(got, want, sizes, strict=True):
                worst = max(worst, float(abs(mp.mpf(float(value)) - true) / (abs(true) + size)))
    board.figure(
        "their largest error against mpmath, on a grid with limits", worst, "of size", at_most=1e-12, exact=True
    )
    assert worst < 1e-12
