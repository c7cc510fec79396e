"""Kernels against mpmath, at their limits, from inside another njit, and against the loop that they replace."""

from __future__ import annotations

import gc
import itertools
import math
import time

import mpmath as mp
import numpy as np
import pytest
from numba import njit

from markets.kernels import normal
from markets.kernels import options as k
from markets.kernels.claims import claim_greeks
from markets.kernels.flows import NO_FIXING, flow_bends, flow_slopes, flow_values
from markets.kernels.terms import hat
from sim.cache_folder import code_folder, version
from sim.jit import FLAGS, Kernel, fma, kernel, kernel_inline

mp.mp.dps = 40
BASE = np.array([100.0, 0.2])  # spot0, s_base


@kernel
def apply_exp(x, out):
    for i in range(x.size):
        out[i] = normal.exp(x[i])


@kernel
def apply_log(x, out):
    for i in range(x.size):
        out[i] = normal.log(x[i])


@kernel
def apply_cdf(x, out):
    for i in range(x.size):
        upper, lower = normal.mills_ratio(abs(x[i]))
        tail = upper / lower * normal.exp(-0.5 * x[i] * x[i])
        out[i] = 1.0 - tail if x[i] > 0.0 else tail


def over(function, x):
    x = np.asarray(x, dtype=np.float64)
    out = np.empty_like(x)
    function(x, out)
    return out


def row(*, call=True, quantity=1.0, strike=100.0, sd=0.2, response=1.0, q_tau=0.0, b=(0, 0.0, 1, 0.0)):
    """b: two nodes of the curve, each with its weight behind it."""
    return [
        1.0 if call else -1.0,
        quantity,
        strike,
        math.log(strike / BASE[0]) + q_tau,
        sd,
        response,
        math.exp(-q_tau),
        *b,
    ]


def state(spot, vol=0.2, overnight=0.0, us2y=0.0, us10y=0.0):
    paths = max(np.size(x) for x in (spot, vol, overnight, us2y, us10y))
    spot, vol, *nodes = (np.full(paths, x, dtype=np.float64) for x in (spot, vol, overnight, us2y, us10y))
    return [spot, vol, np.array(nodes)]


def greeks(rows, market, function=k.option_greeks, stretch=1.0):
    paths = market[0].size
    out, rows = np.zeros((k.NODE + 3, paths)), np.atleast_2d(np.array(rows, dtype=np.float64))
    blank = () if function is claim_greeks else (True, np.empty(paths))
    function(*market, np.full(paths, stretch), BASE, rows, *blank, out)
    return out


def values(rows, market):
    out = np.zeros(market[0].size)
    k.option_values(*market, BASE, np.atleast_2d(np.array(rows, dtype=np.float64)), out)
    return out


# --- elementary functions ------------------------------------------------------------------------------------------


def test_exp_is_accurate_to_rounding():
    x = np.concatenate([np.linspace(-700, 700, 3001), np.linspace(-1, 1, 501)])
    exact = [mp.exp(mp.mpf(float(v))) for v in x]
    error = [abs(mp.mpf(float(y)) / e - 1) for y, e in zip(over(apply_exp, x), exact, strict=True)]
    assert all(each < 5e-16 + 4e-17 * abs(v) for each, v in zip(error, x, strict=True))  # half an ulp of x alone: more


def test_exp_at_its_limits():
    got = over(apply_exp, [0.0, -708.1, -1e300, -np.inf, 709.1, np.inf, np.nan])
    np.testing.assert_array_equal(got, [1.0, 0.0, 0.0, 0.0, np.inf, np.inf, np.nan])


def test_log_is_accurate_to_rounding():
    x = np.concatenate([np.exp(np.linspace(-690, 700, 3001)), 1 + np.linspace(-0.3, 0.5, 801)])
    exact = [mp.log(mp.mpf(float(v))) for v in x]
    error = [
        abs(mp.mpf(float(y)) - e) / max(abs(e), mp.mpf(1e-300)) for y, e in zip(over(apply_log, x), exact, strict=True)
    ]
    assert max(error) < 4e-16
    assert np.isnan(over(apply_log, [-1.0, np.nan])).all()
    assert over(apply_log, [1.0])[0] == 0.0


def test_normal_cdf_is_accurate_in_the_middle_and_in_the_tails():
    x = np.concatenate([np.linspace(-37.0, 37.0, 1481), np.linspace(-1, 1, 301)])
    got = over(apply_cdf, x)
    exact = [mp.erfc(-mp.mpf(float(v)) / mp.sqrt(2)) / 2 for v in x]
    absolute = [abs(mp.mpf(float(y)) - e) for y, e in zip(got, exact, strict=True)]
    relative = [a / e for a, e in zip(absolute, exact, strict=True)]
    assert max(absolute) < 2e-15
    assert max(relative) < 3e-13  # rounding of d^2 / 2 where it is large
    assert max(r for r, v in zip(relative, x, strict=True) if v > -4) < 5e-15
    np.testing.assert_array_equal(over(apply_cdf, [-40.0, 40.0, np.nan]), [0.0, 1.0, np.nan])


# --- options against mpmath ------------------------------------------------------------------------------------------


def exact_option(call, spot, strike, sd, zt, q_tau):
    """Value, delta, gamma, sd-vega, zt-rho of a European option, in 40 digits."""
    spot, strike, sd, zt, q_tau = (mp.mpf(v) for v in (spot, strike, sd, zt, q_tau))
    w = 1 if call else -1
    x = mp.log(spot / strike) + zt - q_tau
    d1, d2 = x / sd + sd / 2, x / sd - sd / 2
    n1, n2 = mp.ncdf(w * d1), mp.ncdf(w * d2)
    carry, cash = mp.exp(-q_tau), strike * mp.exp(-zt)
    density = carry * mp.npdf(d1)
    return w * (spot * carry * n1 - cash * n2), w * carry * n1, density / (spot * sd), density * spot, w * cash * n2


GRID = list(
    itertools.product(
        (True, False),
        (5.0, 60.0, 95.0, 100.0, 100.0001, 130.0, 900.0),  # spot
        (20.0, 100.0, 250.0),  # strike
        (1e-3, 0.02, 0.2, 1.0, 5.0),  # sd
        (-0.02, 0.0, 0.3),  # zt
        (0.0, 0.05),  # q tau
    )
)


def test_option_value_and_greeks_match_mpmath_on_a_wide_grid():
    for call, spot, strike, sd, zt, q_tau in GRID:
        market = state(spot, us2y=zt, us10y=zt)  # weights 0.75 and 0.25 years: z tau = zt
        terms = row(call=call, strike=strike, sd=sd, q_tau=q_tau, b=(2, 0.75, 1, 0.25))
        got = greeks(terms, market)[:, 0]
        value, delta, gamma, density, rho = exact_option(call, spot, strike, sd, zt, q_tau)
        size = max(spot, strike)
        assert abs(got[k.VALUE] - value) < 1e-14 * size + 1e-12 * spot
        assert abs(got[k.VALUE] - values(terms, market)[0]) < 1e-13 * size
        assert abs(got[k.DELTA] - delta) < 1e-12
        assert abs((got[k.GAMMA] - gamma) * spot * sd) < 1e-12  # gamma in units of its own peak
        assert abs(got[k.VEGA] * 0.2 - density * sd) < 1e-12 * spot
        assert got[k.NODE] == 0.0
        assert abs(got[k.NODE + 1] - rho / 4) < 1e-12 * size
        assert abs(got[k.NODE + 2] - 0.75 * rho) < 1e-12 * size


def test_far_out_of_the_money_value_keeps_its_relative_accuracy():
    for strike in (150.0, 200.0, 300.0):
        got = values(row(strike=strike, sd=0.1), state(100.0))[0]
        exact = exact_option(True, 100.0, strike, 0.1, 0.0, 0.0)[0]
        assert abs(got / float(exact) - 1) < 1e-9


def test_vol_response_and_stretch_scale_the_standard_deviation():
    rows = row(sd=0.2, response=0.6)
    got = greeks(rows, state(103.0, vol=0.5), stretch=1.3)
    sd = 0.2 * 1.3 * (0.5 / 0.2) ** 0.6
    value, delta, gamma, density, _ = exact_option(True, 103.0, 100.0, sd, 0.0, 0.0)
    exact = [value, delta, gamma, density * sd * 0.6 / 0.5]
    np.testing.assert_allclose(got[:4, 0], [float(e) for e in exact], rtol=1e-13)


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("spot", [60.0, 97.0, 100.0, 160.0])
def test_vanna_is_the_derivative_of_delta_in_ln_vol(call, spot):
    got = greeks(row(call=call, sd=0.2, response=0.6, q_tau=0.02), state(spot, vol=0.5), stretch=1.3)[k.VANNA, 0]

    def delta(ln_vol):
        return exact_option(call, spot, 100.0, 0.26 * (mp.exp(ln_vol) / mp.mpf("0.2")) ** mp.mpf("0.6"), 0.0, 0.02)[1]

    assert got == pytest.approx(float(mp.diff(delta, mp.log(mp.mpf("0.5")))), rel=1e-12)


# --- limits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("spot", [0.0, 1e-12, 20.0, 99.9999, 100.0, 100.0001, 1e9])
@pytest.mark.parametrize("nothing", ["time", "vol"])
def test_without_time_or_vol_an_option_is_its_payoff(call, spot, nothing):
    terms = row(call=call, sd=0.0 if nothing == "time" else 0.2)
    got = greeks(terms, state(spot, vol=0.2 if nothing == "time" else 0.0))[:, 0]
    sign = 1.0 if call else -1.0
    assert np.isfinite(got).all()
    assert got[k.VALUE] == max(sign * (spot - 100.0), 0.0)
    assert values(terms, state(spot, vol=0.2 if nothing == "time" else 0.0))[0] == got[k.VALUE]
    if spot != 100.0:
        assert got[k.DELTA] == (sign if sign * (spot - 100.0) > 0 else 0.0)
        assert got[k.VEGA] == 0.0
    assert got[k.GAMMA] == 0.0


@pytest.mark.parametrize(
    ("spot", "vol"), [(1e-300, 0.2), (0.0, 3.0), (1e12, 0.2), (100.0, 1e-200), (100.0, 1e6), (100.0, 0.0)]
)
@pytest.mark.parametrize("function", [k.option_greeks, claim_greeks])
def test_extreme_states_stay_finite(spot, vol, function):
    if function is claim_greeks and vol > 1:
        vol = 3.0  # its value is quadratic in vol, without bound
    got = greeks([row(call=False), row(response=0.3)], state(spot, vol=vol), function)
    assert np.isfinite(got).all()


@pytest.mark.parametrize("broken", range(4))  # spot, vol, and the two nodes of the first option
def test_what_is_not_a_number_stays_so_and_stays_on_its_path(broken):
    market = state(np.full(300, 100.0), 0.2, 0.01, 0.01, 0.01)
    level = market[broken] if broken < 2 else market[2][broken - 2]
    level[17] = np.nan
    rows = [row(b=(0, 0.2, 1, 0.7)), row(call=False, sd=0.0)]
    for out in (greeks(rows, market)[0], greeks(rows, market, claim_greeks)[0], values(rows, market)):
        assert np.flatnonzero(~np.isfinite(out)).tolist() == [17]


# --- claims and flows ------------------------------------------------------------------------------------------------


def test_gamma_claim_in_closed_form():
    market = state(112.0, vol=0.3, overnight=0.04)
    got = greeks(row(sd=0.25, response=0.8, q_tau=0.01, b=(0, 0.5, 1, 0.0)), market, claim_greeks, stretch=1.1)[:, 0]
    sd = 0.25 * 1.1 * 1.5**0.8
    x, carry, cash = math.log(1.12) + 0.02 - 0.01, math.exp(-0.01), 100 * math.exp(-0.02)
    expected = [
        112 * carry * (x + sd**2 / 2 - 1) + cash,
        carry * (x + sd**2 / 2),
        carry / 112,
        112 * carry * sd**2 * 0.8 / 0.3,
        carry * sd**2 * 0.8,
        0.5 * (112 * carry - cash),
        0.0,
        0.0,
    ]
    np.testing.assert_allclose(got, expected, rtol=1e-13)


def random_flows(factors, pairs, paths=700, flows=9, seed=5):
    """Levels, fixings, rows of flows with `pairs` weights each, their slots, and the weights as a dense matrix."""
    rng = np.random.default_rng(seed)
    x, fixings = rng.normal(0.02, 0.03, (factors, paths)), rng.normal(0.02, 0.01, (2, paths))
    amounts, dense, rows = rng.normal(size=flows), np.zeros((flows, factors)), []
    for amount, weights in zip(amounts, dense, strict=True):
        nodes = rng.choice(factors, pairs, replace=False)
        weights[nodes] = rng.uniform(-1, 8, pairs)
        rows.append([amount, *(x for node in nodes for x in (node, weights[node]))])
    return x, fixings, np.array(rows), np.array([NO_FIXING] * (flows - 3) + [1, 0, NO_FIXING]), dense


def exact_flows(x, fixings, terms, slots, dense):
    """Value of each flow by its definition, (flows, paths); x may be complex."""
    return np.where(slots[:, None] < 0, 1.0, fixings[slots]) * terms[:, :1] * np.exp(-dense @ x)


@pytest.mark.parametrize(("factors", "pairs"), [(3, 2), (16, 2), (16, 4), (40, 6)])
def test_flows_and_their_slopes_are_exact_on_any_number_of_nodes(factors, pairs):
    """Slopes and bends against a complex step, which has no cancellation (Squire and Trapp 1998)."""
    x, fixings, terms, slots, dense = random_flows(factors, pairs)
    out, sums, bends = np.zeros(700), np.zeros((1 + factors, 700)), np.zeros((factors, factors, 700))
    flow_values(x, fixings, terms, slots, out)
    flow_slopes(x, fixings, terms, slots, sums)
    flow_bends(x, fixings, terms, slots, bends)
    worth = exact_flows(x, fixings, terms, slots, dense)
    gross = np.abs(worth).sum(0)
    assert (np.abs(out - worth.sum(0)) < 1e-14 * gross).all()
    assert (np.abs(sums[0] - worth.sum(0)) < 1e-14 * gross).all()
    for node in range(factors):
        moved = x + 1e-30j * np.eye(factors)[:, [node]]
        step = exact_flows(moved, fixings, terms, slots, dense).imag / 1e-30
        assert (np.abs(sums[1 + node] - step.sum(0)) < 1e-13 * (np.abs(step).sum(0) + 1e-300)).all()
        for other in range(factors):
            exact = -(dense[:, [other]] * step).sum(0)
            assert (np.abs(bends[node, other] - exact) < 1e-12 * gross).all()


@pytest.mark.parametrize("nodes", [[0.0], [0.0, 2.0], [0.0, 2.0, 10.0], [0.5, 1.0, 2.0, 5.0, 10.0, 30.0]])
def test_a_hat_interpolates_between_neighbours_and_its_odd_node_comes_last(nodes):
    for years in (-1.0, 0.0, 0.3, 0.5, 1.0, 1.7, 2.0, 6.0, 10.0, 11.0, 30.0, 40.0):
        outer, share, inner, other = hat(years, np.array(nodes))
        dense = np.zeros(len(nodes))
        dense[outer] += share
        dense[inner] += other
        exact = [np.interp(years, nodes, unit) for unit in np.eye(len(nodes))]
        np.testing.assert_allclose(dense, exact, atol=1e-15)
        assert len(nodes) == 1 or (inner % 2 == 1 and abs(outer - inner) == 1)
    assert np.isnan(hat(np.nan, np.array(nodes))[1])


# --- the machinery ---------------------------------------------------------------------------------------------------


@kernel
def apply_fma(x, y, z, out):
    for i in range(x.size):
        out[i] = fma(x[i], y[i], z[i])


def test_a_named_multiply_add_is_rounded_once_and_no_other_is():
    x, y, z = (1 + 2.0**-30) * np.ones(37), (1 - 2.0**-30) * np.ones(37), -np.ones(37)
    out, plain = np.empty(37), np.empty(37)
    apply_fma(x, y, z, out)
    assert out.tolist() == [-(2.0**-60)] * 37

    @kernel
    def apply_plain(x, y, z, out):
        for i in range(x.size):
            out[i] = x[i] * y[i] + z[i]

    apply_plain(x, y, z, plain)
    assert plain.tolist() == [0.0] * 37, "a product rounds before the sum, in vectors and behind them"


def test_an_edit_of_any_source_of_the_folder_moves_the_cache(tmp_path):
    (tmp_path / "a.py").write_text("x = 1")
    before = code_folder.__wrapped__(tmp_path)
    (tmp_path / "a.py").write_text("x = 2")
    assert code_folder.__wrapped__(tmp_path) == before, "this process has imported the former source"
    version.cache_clear()
    assert before.parent == tmp_path / "__pycache__"
    assert code_folder.__wrapped__(tmp_path) != before


def random_case(paths, options, seed=1):
    rng = np.random.default_rng(seed)
    spot, vol = 100 * np.exp(0.2 * rng.standard_normal(paths)), 0.2 * np.exp(0.3 * rng.standard_normal(paths))
    market = [spot, vol, rng.normal(0.03, 0.01, (3, paths))]
    rows = [
        row(
            call=bool(rng.integers(2)),
            quantity=rng.normal(),
            strike=100 * math.exp(0.1 * rng.standard_normal()),
            sd=rng.uniform(0.05, 0.3),
            response=0.7,
            b=(0, 0.1, 1, 0.4),
        )
        for _ in range(options)
    ]
    return market, np.array(rows)


def test_a_book_is_the_sum_of_its_options_and_a_path_does_not_see_its_neighbours():
    market, rows = random_case(paths=777, options=11)
    whole = greeks(rows, market)
    np.testing.assert_allclose(whole, sum(greeks(r, market) for r in rows), rtol=1e-12, atol=1e-12)
    for path in (0, 255, 256, 700, 776):
        alone = greeks(rows, [x[..., path : path + 1].copy() for x in market])
        assert alone[:, 0].tolist() == whole[:, path].tolist()
    assert values(np.empty((0, k.OPTION_TERMS)), market).tolist() == [0.0] * 777


@pytest.mark.slow
def test_every_kernel_runs_inside_another_njit():
    @njit
    def outer(spot, vol, nodes, base, rows, flows, slots, fixings):
        out, sums, legs = np.zeros(spot.size), np.zeros((k.NODE + 3, spot.size)), np.zeros((4, spot.size))
        bends = np.zeros((3, 3, spot.size))
        k.option_values(spot, vol, nodes, base, rows, out)
        k.option_greeks(spot, vol, nodes, np.ones(spot.size), base, rows, True, np.empty(spot.size), sums)
        claim_greeks(spot, vol, nodes, np.ones(spot.size), base, rows, sums)
        flow_values(nodes, fixings, flows, slots, out)
        flow_slopes(nodes, fixings, flows, slots, legs)
        flow_bends(nodes, fixings, flows, slots, bends)
        return out, sums, legs

    market, rows = random_case(paths=40, options=3)
    flows, slots, fixings = np.array([[2.0, 2.0, 0.5, 1.0, 0.5]]), np.array([0]), np.full((1, 40), 0.03)
    out, sums, legs = outer(*market, BASE, rows, flows, slots, fixings)
    expected = np.zeros(40)
    flow_values(market[2], fixings, flows, slots, expected)
    np.testing.assert_allclose(legs[0], expected, rtol=1e-13)
    np.testing.assert_allclose(out, values(rows, market) + expected, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(sums, greeks(rows, market) + greeks(rows, market, claim_greeks), rtol=1e-12, atol=1e-13)


@njit(**FLAGS)
def erfc_loop(spot, vol, nodes, base, rows, out):
    """The plain loop that `option_values` replaces: one path at a time, the C library's erfc."""
    for p in range(spot.size):
        log_spot, log_vol, total = math.log(spot[p] / base[0]), math.log(vol[p] / base[1]), 0.0
        for i in range(rows.shape[0]):
            zt = rows[i, 8] * nodes[int(rows[i, 7]), p] + rows[i, 10] * nodes[int(rows[i, 9]), p]
            sd = rows[i, 4] * math.exp(rows[i, 5] * log_vol)
            d1 = (log_spot - rows[i, 3] + zt) / sd + 0.5 * sd
            n1 = 0.5 * math.erfc(-rows[i, 0] * d1 * math.sqrt(0.5))
            n2 = 0.5 * math.erfc(-rows[i, 0] * (d1 - sd) * math.sqrt(0.5))
            total += rows[i, 0] * rows[i, 1] * (spot[p] * rows[i, 6] * n1 - rows[i, 2] * math.exp(-zt) * n2)
        out[p] += total


def best_seconds(function, *arguments):
    best = math.inf
    for _ in range(9):
        start = time.perf_counter()
        function(*arguments)
        best = min(best, time.perf_counter() - start)
    return best


def test_the_inner_loop_vectorises():
    market, rows = random_case(paths=1024, options=32)
    ours, plain = np.zeros(1024), np.zeros(1024)
    k.option_values(*market, BASE, rows, ours)
    erfc_loop(*market, BASE, rows, plain)
    np.testing.assert_allclose(ours, plain, atol=1e-11)
    assert 2 * best_seconds(k.option_values, *market, BASE, rows, ours) < best_seconds(
        erfc_loop, *market, BASE, rows, plain
    )


def entries(dispatcher):
    """What a compiled function has besides itself: Python's entry, C's."""
    (code,) = dispatcher.inspect_llvm().values()
    names = [line for line in code.splitlines() if line.startswith("define ")]
    return [word for word in ("cpython", "cfunc") if any(word in name for name in names)]


@kernel_inline
def half(x):
    return 0.5 * x


@kernel
def halve(x):
    for i in range(x.size):
        x[i] = half(x[i])


def test_a_kernel_has_no_entry_that_nothing_calls(monkeypatch):
    """An entry holds the kernel once more, with the instructions that unpack its arguments."""
    monkeypatch.setattr("sim.jit.code_folder", lambda *_: None)  # of code from the cache there is nothing to look at
    numbers = np.arange(3.0)
    halve(numbers)
    assert isinstance(halve, Kernel) and isinstance(half, Kernel)
    assert numbers.tolist() == [0, 0.5, 1] and entries(halve.compiled) == ["cpython"]
    assert entries(half.callee) == []
    assert half(1.0) == 0.5 and entries(half.compiled) == ["cpython"]  # asked alone


def test_the_collector_rests_while_a_kernel_is_compiled():
    @kernel
    def twice(x):
        return 2 * x

    def collections():
        return sum(each["collections"] for each in gc.get_stats())

    before = collections()
    assert twice(2) == 4 and collections() - before <= 2 and gc.isenabled()
