"""The zero curve, schedules, the smile and the benchmark swaps."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markets.curves.benchmark import Benchmark
from markets.curves.curve import usd_curve
from markets.curves.many_hats import many_hats
from markets.factors.key import USD
from markets.factors.snapshot import Snapshot
from markets.kernels.terms import hats
from markets.products.dates import add_months, schedule, thirty_360
from markets.vols.smile import strike_multiple, term_response
from sim.clock import Clock
from sim.errors import UserError

CLOCK = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 3, 20), tick_minutes=390)


def discount(years, now):
    return np.exp(-usd_curve().zero(years, now.block(USD)))


def market(*rates, paths=1):
    return Snapshot.named(overnight=np.full(paths, rates[0]), us2y=rates[1], us10y=rates[2])


def test_weights_interpolate_linearly_and_are_flat_outside():
    shares = [[1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0.75, 0.25], [0, 0, 1], [0, 0, 1]]
    years = np.array([-1, 0, 1, 2, 4, 10, 30])
    np.testing.assert_allclose(usd_curve().weights(years), years[:, None] * np.array(shares))


@given(st.floats(0, 40), st.tuples(*[st.floats(-0.05, 0.3)] * 3))
def test_discount_factor_is_that_of_the_interpolated_zero_rate(years, rates):
    zero = np.interp(years, [0, 2, 10], rates)
    np.testing.assert_allclose(discount(years, market(*rates)), np.exp(-zero * years), rtol=1e-13)
    np.testing.assert_allclose(usd_curve().weights(years) @ np.array(rates), zero * years, atol=1e-13)


def test_schedule_runs_backwards_from_maturity():
    assert schedule(date(2020, 1, 15), date(2021, 8, 31), 6) == [
        date(2020, 1, 15), date(2020, 2, 29), date(2020, 8, 31), date(2021, 2, 28), date(2021, 8, 31),
    ]  # fmt: skip
    assert schedule(date(2020, 2, 28), date(2021, 2, 28), 12) == [date(2020, 2, 28), date(2021, 2, 28)]
    assert add_months(date(2020, 12, 31), 2) == date(2021, 2, 28)
    assert add_months(date(2020, 1, 31), -2) == date(2019, 11, 30)


def test_thirty_360_bond_basis():
    assert thirty_360(date(2020, 1, 31), date(2020, 7, 31)) == 0.5
    assert thirty_360(date(2020, 1, 15), date(2020, 7, 31)) == pytest.approx(196 / 360)
    assert thirty_360(date(2020, 2, 28), date(2020, 8, 28)) == 0.5


def test_smile_is_flat_at_the_money_and_bounded():
    years = np.array([0.01, 1 / 12, 0.5, 1.0])
    assert strike_multiple(np.full(4, 100.0), years, spot=100.0, skew=0.5).tolist() == [1.0] * 4
    low = strike_multiple(np.full(4, 90.0), years, spot=100.0, skew=0.5)
    np.testing.assert_allclose(low, 1 - 0.5 * np.log(0.9) / np.sqrt([1 / 12, 1 / 12, 0.5, 1.0]))
    assert strike_multiple(np.array([1.0, 1e6]), np.ones(2), spot=100.0, skew=2.0).tolist() == [4.0, 0.25]


def test_term_response_is_the_mean_of_a_decay():
    assert term_response(np.array([0.0, 0.5, 3.0]), 0.0).tolist() == [1.0] * 3
    np.testing.assert_allclose(
        term_response(np.array([0.0, 1e-15, 2.0]), 1.5), [1, 1, (1 - np.exp(-3)) / 3], rtol=1e-12
    )


def test_a_par_position_is_worth_nothing():
    swap, now = Benchmark(date(2030, 2, 19), CLOCK), market(0.02, 0.01, 0.03, paths=3)
    annuity, floating = swap.terms(4, now)
    np.testing.assert_allclose(floating / annuity * annuity - floating, 0, atol=1e-16)
    np.testing.assert_allclose(floating, 1 - discount(swap.years(4), now), rtol=1e-14)


def test_annuity_is_annual_with_a_stub_in_front():
    swap, now = Benchmark(date(2022, 11, 18), CLOCK), market(0.02, 0.01, 0.03)
    years = swap.years(0)
    times = [years - 2, years - 1, years]
    assert 0 < times[0] < 1
    expected = sum(a * discount(t, now) for a, t in zip([times[0], 1, 1], times, strict=True))
    np.testing.assert_allclose(swap.terms(0, now)[0], expected, rtol=1e-14)


def test_annuity_at_zero_rates_is_the_time_left():
    swap = Benchmark(date(2025, 2, 19), CLOCK)
    for tick in range(len(CLOCK.ticks)):
        annuity, floating = swap.terms(tick, market(0.0, 0.0, 0.0))
        assert annuity[0] == pytest.approx(swap.years(tick), rel=1e-14)
        assert floating[0] == 0


@settings(max_examples=30)
@given(st.tuples(*[st.floats(-0.02, 0.15)] * 3), st.integers(2021, 2060), st.integers(0, 15))
def test_sensitivities_are_the_slopes_of_the_legs(rates, year, tick):
    swap, bump = Benchmark(date(year, 2, 19), CLOCK), 1e-5
    got = swap.sensitivities(tick, market(*rates))
    np.testing.assert_allclose((got.annuity, got.floating), swap.terms(tick, market(*rates)), rtol=1e-13, atol=1e-15)
    for node in range(3):
        up, down = ([r + (bump * sign if i == node else 0) for i, r in enumerate(rates)] for sign in (1, -1))
        slopes = [
            (u - d) / (2 * bump)
            for u, d in zip(swap.terms(tick, market(*up)), swap.terms(tick, market(*down)), strict=True)
        ]
        np.testing.assert_allclose(got.annuity_dv[node], slopes[0], atol=1e-4)
        np.testing.assert_allclose(got.floating_dv[node], slopes[1], atol=1e-6)


def test_a_benchmark_must_outlive_the_run():
    with pytest.raises(UserError, match="outlives its use, got 'maturity 2020-03-20'; shorten the ticks"):
        Benchmark(date(2020, 3, 20), CLOCK)


@pytest.mark.parametrize("count", [2, 3, 7, 100, 400])
def test_many_nodes_are_looked_up_to_the_same_digits(count: int):
    rng = np.random.default_rng(count)
    nodes = np.sort(rng.uniform(0, 30, count))
    years = np.concatenate([rng.uniform(-1, 35, 50), nodes, nodes + 1e-12, [np.nan, 0.0]])
    one_by_one = np.empty((years.size, 4))
    hats(years, nodes, one_by_one)
    assert np.array_equal(one_by_one.view(np.int64), many_hats(years, nodes).view(np.int64))


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_one_time_is_looked_up_to_the_digits_of_many(count: int):
    rng = np.random.default_rng(count)
    nodes = np.sort(rng.uniform(0, 30, count))
    curve = usd_curve((f"n{i}", float(each)) for i, each in enumerate(nodes))
    years = np.concatenate([rng.uniform(-1, 35, 50), nodes, nodes + 1e-12, [np.nan, 0.0]])
    many, rates = curve.weights(years), rng.normal(size=(count, 3))
    one_by_one = np.array([curve.weights(each) for each in years])
    assert np.array_equal(many, one_by_one, equal_nan=True)
    for each, weights in zip(years.tolist(), many, strict=True):
        total = np.zeros(3)
        for k in np.flatnonzero(weights):
            total = total + weights[k] * rates[k]
        assert np.array_equal(curve.zero(each, rates), total, equal_nan=True)
