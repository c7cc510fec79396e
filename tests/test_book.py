"""A compiled book: settlement, fixings, sensitivities as slopes, and the user's mistakes."""

from __future__ import annotations

import math
import pickle
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markets.factors.key import OVERNIGHT, SPOT, US2Y, US10Y, VOL
from markets.factors.snapshot import Snapshot
from markets.products.asset import Asset
from markets.products.book import Book
from markets.products.future import Future
from markets.products.gamma_claim import GammaClaim
from markets.products.option import Option
from markets.products.start import Start
from markets.products.swap import Swap
from sim.clock import Clock
from sim.errors import UserError

FIRST = date(2020, 2, 19)
CLOCK = Clock.exchange(first=FIRST, last=date(2020, 6, 30), tick_minutes=195)
START = {"spot": 3386.0, "vol": 0.1438, "overnight": 0.0158, "us2y": 0.0142, "us10y": 0.0156}
MARKET = Start(
    day=FIRST,
    snapshot=Snapshot.named(**START),
    skew=0.5,
    term_reversion=1.4,
    dividend_yield=0.018,
    projection_spread=0.002,
)

INSTRUMENTS = (
    Option(kind="put", strike=3050.0, expiry=date(2020, 6, 19), quantity=-7.0),
    Option(kind="call", strike=3400.0, expiry=date(2020, 4, 17), quantity=3.0),
    GammaClaim(strike=3386.0, expiry=date(2020, 3, 20), quantity=-2.0),
    Swap(notional=2e4, maturity=date(2030, 2, 19)),
    Swap(notional=-3e4, maturity=date(2024, 11, 5), start=date(2018, 8, 5), fixed_rate=0.021),
    Swap(notional=1e4, maturity=date(2025, 4, 1), start=date(2020, 4, 1), fixed_rate=0.016),
    Asset(quantity=-1.5),
    Future(expiry=date(2020, 5, 15), quantity=4.0),
    Future(expiry=date(2021, 6, 18), quantity=-2.0, price=3300.0),
)
BOOK = Book(INSTRUMENTS).compile(CLOCK, MARKET)


def start(paths=1):
    return Snapshot.named(**{name: np.full(paths, level) for name, level in START.items()})


def random_states(paths, seed=3):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((5, paths))
    spot, vol, *_ = START.values()
    rates = {name: START[name] + 0.01 * noise[i] for i, name in ((2, "overnight"), (3, "us2y"), (4, "us10y"))}
    return Snapshot.named(spot=spot * np.exp(0.15 * noise[0]), vol=vol * np.exp(0.6 * noise[1]), **rates)


def tick_of(day):
    return CLOCK.next_tick(CLOCK.seconds(day))


def alone(instrument, **shape):
    return Book((instrument,)).compile(CLOCK, Start(day=FIRST, snapshot=start(), **shape))


def ran_to(book, tick, state):
    fixings = book.new_fixings(state.paths)
    book.fix(0, tick, state, fixings)
    return fixings


# --- settlement --------------------------------------------------------------------------------------------------


def test_value_before_settlement_is_value_after_it_plus_cashflows():
    paths, paid = 4, []
    fixings = BOOK.new_fixings(paths)
    for tick in range(1, len(CLOCK.ticks)):
        now = random_states(paths, seed=tick)
        before = BOOK.value(tick, now, fixings, settled=tick - 1)
        slopes = BOOK.risk(tick, now, fixings, settled=tick - 1)
        np.testing.assert_allclose(slopes.value, before, rtol=1e-12, atol=1e-9)
        BOOK.fix(tick - 1, tick, now, fixings)
        flows = BOOK.cashflows(tick - 1, tick, now, fixings)
        np.testing.assert_allclose(before, BOOK.value(tick, now, fixings) + flows, rtol=1e-12, atol=1e-9)
        if flows.any():
            paid.append(CLOCK.timestamp(CLOCK.ticks[tick]).date())
    assert paid == [
        date(2020, 3, 20),
        date(2020, 4, 17),
        date(2020, 5, 5),
        date(2020, 5, 15),
        date(2020, 5, 19),
        date(2020, 6, 19),
    ]


@pytest.mark.parametrize("kind", ["call", "put"])
def test_an_option_pays_its_payoff_at_expiry_and_is_then_gone(kind):
    expiry = date(2020, 4, 17)
    book, tick = alone(Option(kind=kind, strike=3000.0, expiry=expiry, quantity=-2.0), skew=0.5), tick_of(expiry)
    now = Snapshot.named(spot=[2500.0, 3000.0, 3100.0], vol=0.8, overnight=0.0, us2y=0.005, us10y=0.01)
    sign = 1.0 if kind == "call" else -1.0
    payoff = -2.0 * np.maximum(sign * (now.row(SPOT) - 3000), 0)
    none = book.new_fixings(3)
    assert book.cashflows(tick - 1, tick, now, none).tolist() == payoff.tolist()
    assert book.cashflows(0, tick, now, none).tolist() == payoff.tolist()
    assert book.cashflows(tick, tick + 1, now, none).tolist() == [0.0] * 3
    assert book.value(tick, now, none, settled=tick - 1).tolist() == payoff.tolist()
    for later in (tick, tick + 1, len(CLOCK.ticks) - 1):
        assert not np.any(book.value(later, now, none))
        assert not np.any(book.risk(later, now, none).rows)
        assert not np.any(book.delta(later, now))
    assert book.nearest_expiry(tick)[0] == 0.0


def test_an_option_converges_to_its_payoff():
    expiry = date(2020, 4, 17)
    book, tick = alone(Option(kind="put", strike=3000.0, expiry=expiry, quantity=1.0)), tick_of(expiry)
    now = start().with_rows({SPOT: np.array([2800.0])})
    assert book.value(tick - 1, now, book.new_fixings(1))[0] == pytest.approx(200.0, abs=0.5)


def test_gamma_claim_pays_its_payoff():
    book, tick = alone(GammaClaim(strike=3386.0, expiry=date(2020, 3, 20), quantity=2.0)), tick_of(date(2020, 3, 20))
    now = start().with_rows({SPOT: np.array([2304.92])})
    s = now.row(SPOT)[0]
    expected = 2 * (s * math.log(s / 3386.0) - s + 3386.0)
    assert book.cashflows(tick - 1, tick, now, book.new_fixings(1))[0] == pytest.approx(expected, rel=1e-13)


# --- swaps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", [None, date(2019, 8, 5), FIRST, date(2020, 4, 1)])
@pytest.mark.parametrize("spread", [0.0, 0.004])
def test_a_par_swap_is_worth_nothing_at_the_start(begin, spread):
    book = alone(Swap(notional=1e6, maturity=date(2029, 11, 5), start=begin), projection_spread=spread)
    assert book.value(0, start(), book.new_fixings(1))[0] == pytest.approx(0.0, abs=1e-8)
    assert book.has_rates
    assert not book.has_options


def test_a_receiver_gains_when_rates_fall():
    book = alone(Swap(notional=1e6, maturity=date(2030, 2, 19)))
    slopes = book.risk(0, start(), book.new_fixings(1))
    dv01 = 1e-4 * sum(slopes.first(node) for node in (OVERNIGHT, US2Y, US10Y))[0]
    assert -1000 < dv01 < -850  # about $900 a basis point for $1m of a 10Y swap
    assert abs(slopes.first(US10Y)[0]) > 10 * abs(slopes.first(US2Y)[0])
    assert slopes.delta[0] == slopes.gamma[0] == slopes.vega[0] == 0


def test_fixing_is_the_simple_forward_and_leaves_the_value_unchanged():
    day = date(2020, 5, 19)
    book, tick = alone(Swap(notional=1e6, maturity=date(2022, 2, 19)), projection_spread=0.003), tick_of(day)
    now = random_states(5)
    fixings = book.new_fixings(5)
    before = book.value(tick, now, fixings, settled=tick - 1) - book.cashflows(tick - 1, tick, now, fixings)
    book.fix(tick - 1, tick, now, fixings)
    np.testing.assert_allclose(book.value(tick, now, fixings), before, rtol=1e-11)
    years = (date(2020, 8, 19) - day).days / 365
    zero = now.row(OVERNIGHT) + (now.row(US2Y) - now.row(OVERNIGHT)) * years / 2 + 0.003
    accrual = (date(2020, 8, 19) - day).days / 360
    np.testing.assert_allclose(fixings[1], np.expm1(zero * years) / accrual, rtol=1e-12)
    assert (fixings[0] == fixings[0, 0]).all()  # known at the start


def test_offsetting_swaps_net_to_nothing():
    legs = [Swap(notional=n, maturity=date(2027, 2, 19), fixed_rate=0.02) for n in (1e6, -1e6)]
    book = Book(tuple(legs)).compile(CLOCK, MARKET)
    assert not np.any(book.value(5, random_states(4), book.new_fixings(4)))


# --- sensitivities -----------------------------------------------------------------------------------------------

LIMITS = (
    st.floats(1500, 5000),
    st.floats(0.05, 1.2),
    st.floats(-0.01, 0.06),
    st.floats(-0.01, 0.06),
    st.floats(-0.01, 0.06),
)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*LIMITS), st.integers(0, len(CLOCK.ticks) - 40))
def test_greeks_are_the_slopes_of_value(levels, tick):
    now = Snapshot.named(**dict(zip(START, levels, strict=True)))
    fixings = ran_to(BOOK, tick, now)
    got = BOOK.risk(tick, now, fixings)
    for key, bump in zip(now.keys, (1e-2, 1e-5, 1e-6, 1e-6, 1e-6), strict=True):
        up, down = (now.bumped(key, sign * bump) for sign in (1, -1))
        slope = (BOOK.value(tick, up, fixings) - BOOK.value(tick, down, fixings)) / (2 * bump)
        np.testing.assert_allclose(got.first(key), slope, rtol=1e-4, atol=2e-2 if key != SPOT else 1e-5)
        if key == SPOT:
            bend = (BOOK.delta(tick, up) - BOOK.delta(tick, down)) / (2 * bump)
            np.testing.assert_allclose(got.gamma, bend, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(got.value, BOOK.value(tick, now, fixings), rtol=1e-11, atol=1e-8)
    np.testing.assert_allclose(got.delta, BOOK.delta(tick, now), rtol=1e-13)


def test_a_path_alone_is_the_path_in_the_ensemble():
    now = random_states(600)
    fixings = ran_to(BOOK, 30, now)
    whole = BOOK.risk(30, now, fixings).rows
    for path in (0, 255, 256, 599):
        one = now.take(slice(path, path + 1))
        part = BOOK.risk(30, one, fixings[:, path : path + 1].copy())
        assert part.rows[:, 0].tolist() == whole[:, path].tolist()


def test_vol_multiplier_scales_every_options_vol():
    book, now = alone(Option(kind="call", strike=3500.0, expiry=date(2020, 6, 19), quantity=1.0)), random_states(3)
    factor = np.array([0.8, 1.0, 1.5])
    scaled = now.with_rows({VOL: now.row(VOL) * factor})  # no term reversion: the response is 1
    np.testing.assert_allclose(book.delta(3, now, factor), book.delta(3, scaled), rtol=1e-12)
    got = book.risk(3, now, book.new_fixings(3), vol_multiplier=factor)
    np.testing.assert_allclose(got.value, book.value(3, scaled, book.new_fixings(3)), rtol=1e-12)
    np.testing.assert_allclose(book.delta(3, now, 1.5)[2], book.delta(3, now, factor)[2], rtol=1e-15)


def test_gamma_claim_has_a_constant_dollar_gamma():
    book, now = alone(GammaClaim(strike=3386.0, expiry=date(2020, 6, 19), quantity=-5.0)), random_states(8)
    got = book.risk(10, now, book.new_fixings(8))
    np.testing.assert_allclose(got.gamma * now.row(SPOT), -5.0, rtol=1e-14)
    assert book.gross_units == 5.0


def test_longer_options_feel_less_of_a_move_in_vol():
    near, far = date(2020, 3, 20), date(2021, 12, 17)
    moved = start().with_rows({VOL: np.array([2 * START["vol"]])})
    ratio = []
    for expiry in (near, far):
        book = alone(Option(kind="call", strike=3386.0, expiry=expiry, quantity=1.0), term_reversion=1.4)
        flat = alone(Option(kind="call", strike=3386.0, expiry=expiry, quantity=1.0))
        ratio.append((book.value(0, moved, book.new_fixings(1)) / flat.value(0, moved, flat.new_fixings(1)))[0])
    assert 0.95 < ratio[0] < 1
    assert ratio[1] < 0.8


def test_an_empty_book_is_worth_nothing():
    book = Book(()).compile(CLOCK, MARKET)
    assert not np.any(book.risk(3, start(2), book.new_fixings(2)).rows)
    assert not np.any(book.value(3, start(2), book.new_fixings(2)))
    assert (book.gross_units, book.has_options, book.has_rates, book.nearest_expiry(0)[0]) == (0.0, False, False, 0.0)
    assert book.new_fixings(2).shape == (0, 2)


def test_book_facts():
    assert BOOK.gross_units == 19.5
    assert BOOK.has_options
    assert BOOK.has_rates
    assert BOOK.nearest_expiry(0)[0] == pytest.approx(30 / 365)
    assert BOOK.new_fixings(2).shape == (5, 2)  # two begun by the start, three that begin in the run
    again = pickle.loads(pickle.dumps(BOOK))
    assert again.value(4, start(), again.new_fixings(1)) == BOOK.value(4, start(), BOOK.new_fixings(1))


# --- mistakes ----------------------------------------------------------------------------------------------------

LATER = date(2020, 6, 19)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Option(kind="put", strike=-5.0, expiry=LATER, quantity=1.0),
            "strike: a strike is a positive price, got -5.0",
        ),
        (lambda: Option(kind="put", strike=math.nan, expiry=LATER, quantity=1.0), "a strike is a positive price"),
        (lambda: Option(kind="straddle", strike=5.0, expiry=LATER, quantity=1.0), "a call or a put, got 'straddle'"),
        (lambda: Option(kind="put", strike=5.0, expiry=LATER, quantity=math.inf), "quantity: .* finite"),
        (lambda: GammaClaim(strike=0.0, expiry=LATER, quantity=1.0), "a strike is a positive price"),
        (lambda: Swap(notional=1.0, maturity=LATER, start=LATER), "a swap starts before it matures"),
        (
            lambda: Swap(notional=1.0, maturity=LATER, float_months=0),
            "float_months: a swap's period is at least a month",
        ),
        (lambda: Swap(notional=1.0, maturity=LATER, fixed_rate=math.nan), "fixed_rate: .* finite"),
        (
            lambda: Start(day=FIRST, snapshot=Snapshot.named(**{**START, "vol": -0.2})),
            "vol_base: .* positive, got -0.2",
        ),
        (lambda: Start(day=FIRST, snapshot=start(), term_reversion=-1.0), "a reversion is not negative"),
        (
            lambda: alone(Option(kind="put", strike=5.0, expiry=FIRST, quantity=1.0)),
            "expires after the start, got '2020-02-19'",
        ),
        (lambda: alone(Swap(notional=1.0, maturity=FIRST)), "matures after the start, got '2020-02-19'"),
    ],
)
def test_mistakes_are_told_in_one_line(make, message):
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
