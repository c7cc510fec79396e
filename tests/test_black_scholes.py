"""Price and greeks of many options at once: against mpmath, at their limits, and in every shape."""

from __future__ import annotations

import itertools

import mpmath as mp
import numpy as np
import pytest

from markets.vols.black_scholes import black_scholes
from sim.errors import UserError

GRID = list(
    itertools.product(
        ("call", "put"),
        (1e-3, 80.0, 100.5, 900.0),  # spot
        (1e-3, 0.2, 5.0),  # vol
        (1e-4, 1.0, 30.0),  # years
        (-0.02, 0.1),  # rate
        (0.0, 0.03),  # dividend yield
    )
)


def exact(kind, spot, vol, years, rate, carry):
    """Value, delta, gamma and vega of a strike of 100, by mpmath."""
    sign = 1 if kind == "call" else -1
    spot, vol, years, rate, carry = map(mp.mpf, (spot, vol, years, rate, carry))
    sd, asset, cash = vol * mp.sqrt(years), spot * mp.exp(-carry * years), 100 * mp.exp(-rate * years)
    d1 = mp.log(asset / cash) / sd + sd / 2
    value = sign * (asset * mp.ncdf(sign * d1) - cash * mp.ncdf(sign * (d1 - sd)))
    bell = asset * mp.npdf(d1)
    return value, sign * asset / spot * mp.ncdf(sign * d1), bell / (spot**2 * sd), bell * mp.sqrt(years)


def test_error_against_mpmath():
    """As a share of each number's own size and the option's."""
    kinds, spot, vol, years, rate, carry = (np.array(column) for column in zip(*GRID, strict=True))
    found = black_scholes(spot, 100.0, vol, years, rate, dividend_yield=carry, kind=kinds)
    sizes = np.array([spot + 100, np.ones_like(spot), 1 / spot, spot * np.sqrt(years)])
    with mp.workdps(40):
        expected = np.array([exact(*row) for row in GRID]).T
        errors = [
            abs(mp.mpf(float(got)) - true) / (abs(true) + size)
            for got, true, size in zip(np.ravel(found), expected.ravel(), sizes.ravel(), strict=True)
        ]
    assert max(errors) < 1e-12


@pytest.mark.parametrize(("vol", "years"), [(0.0, 1.0), (0.2, 0.0)])
def test_without_a_deviation_an_option_is_its_pay_off(vol, years):
    spot, discount = np.array([0.0, 50.0, 150.0]), np.exp(-0.05 * years)
    call = black_scholes(spot, 100.0, vol, years, 0.05)
    put = black_scholes(spot, 100.0, vol, years, 0.05, kind="put")
    np.testing.assert_allclose(call.value, np.maximum(spot - 100 * discount, 0), rtol=1e-14)
    np.testing.assert_allclose(put.value, np.maximum(100 * discount - spot, 0), rtol=1e-14)
    np.testing.assert_array_equal(call.delta, [0, 0, 1])
    np.testing.assert_array_equal(put.delta, [-1, -1, 0])
    for each in (call, put):
        np.testing.assert_array_equal(each.gamma, 0)
        np.testing.assert_array_equal(each.vega, 0)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 1000])
def test_a_number_stands_for_all(size):
    vol = np.linspace(0.1, 0.9, size)
    given = (np.full(size, x) for x in (100.0, 95.0))
    for one, many in zip(
        black_scholes(100.0, 95.0, vol, 0.5, 0.01, dividend_yield=0.02, kind="put"),
        black_scholes(
            *given, vol, np.full(size, 0.5), np.full(size, 0.01), dividend_yield=[0.02] * size, kind=["put"] * size
        ),
        strict=True,
    ):
        np.testing.assert_array_equal(one, many)


def test_arguments_of_any_shape_go_together():
    spot, strike = np.array([[90.0], [100.0], [110.0]]), np.array([95.0, 105.0])
    found = black_scholes(spot, strike, 0.2, 1.0, kind=["call", "put"])
    assert {each.shape for each in found} == {(3, 2)}
    for i, j in np.ndindex(3, 2):
        single = black_scholes(spot[i, 0], strike[j], 0.2, 1.0, kind=("call", "put")[j])
        assert [each[i, j] for each in found] == [float(each) for each in single]
    assert black_scholes([], 100.0, 0.2, 1.0).value.shape == (0,)


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_what_has_no_price_is_not_a_number(column, wrong):
    arguments = [np.full(3, x) for x in (100.0, 100.0, 0.2, 1.0)]
    arguments[column][1] = wrong
    for each in black_scholes(*arguments):
        assert np.isnan(each).tolist() == [False, True, False]


def test_mistakes_are_told():
    with pytest.raises(UserError, match="an option is a call or a put, got 'straddle'"):
        black_scholes(100.0, 100.0, 0.2, 1.0, kind=["call", "straddle"])
    with pytest.raises(UserError, match="shapes of the arguments go together"):
        black_scholes([1.0, 2.0], [1.0, 2.0, 3.0], 0.2, 1.0)
