"""The trace that one trade leaves in vol: closed forms against sums, limits and a simulation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from markets.factors.memory.long_run_gain import long_run_gain, long_run_multiplier
from markets.factors.memory.path_memory import own_gain
from markets.factors.memory.trace import (
    implied_at_rest,
    implied_trace,
    leverage_trace,
    mass,
    realised_at_rest,
)
from markets.specs.memory import KernelSpec, MemorySpec
from scenarios.studies.validation.remembering import Kernel, Law, Past, simulate

DAY = 1 / 252
SPEC = MemorySpec(
    returns=KernelSpec(fast=70.0, slow=30.0, slow_share=0.6),
    squares=KernelSpec(fast=25.0, slow=2.0, slow_share=0.4),
    base=0.05,
    trend=-0.02,
    activity=0.9,
    realised_base=0.025,
    realised_trend=-0.05,
    realised_activity=0.8,
)


def test_the_mass_of_a_kernel_is_its_sum_over_the_returns() -> None:
    ages = np.arange(200_000) * DAY
    kernel = 0.6 * 25.0 * np.exp(-25.0 * ages) + 0.4 * 2.0 * np.exp(-2.0 * ages)
    assert mass(SPEC.squares, DAY) == pytest.approx(kernel.sum() * DAY, rel=1e-12)
    assert mass(SPEC.squares, 1e-7) == pytest.approx(1.0, abs=1e-5)


def test_without_squares_the_trace_is_that_of_the_returns_alone() -> None:
    """trend (sum of w lam x (exp(-lam t) - (1 - p) rho (exp(-rho t) - exp(-lam t)) / (lam - rho))) in short steps."""
    lasting, rho, step = 0.4, 120.0, 1e-5
    spec = replace(SPEC, realised_activity=0.0, activity=0.0)
    trace = implied_trace(spec, step=step, lasting=lasting, resilience=rho)
    found = trace.after(4000) * implied_at_rest(spec, step)
    for n in (0, 100, 1000, 4000):
        t, known = n * step, 0.0
        for weight, speed in ((0.4, 70.0), (0.6, 30.0)):
            back = (1 - lasting) * rho * (np.exp(-rho * t) - np.exp(-speed * t)) / (speed - rho)
            known += weight * speed * (np.exp(-speed * t) - back)
        assert found[n] == pytest.approx(-0.02 * known, rel=2e-3, abs=1e-3)


@pytest.mark.parametrize("lasting", [1.0, 0.4])
def test_the_whole_answer_follows_from_the_lasting_move_and_the_long_run_multiplier(lasting: float) -> None:
    """Realised vol rises by trend x mass x lasting move x multiplier; implied vol gets the same rise of the squares."""
    trace = implied_trace(SPEC, step=DAY, lasting=lasting, resilience=252.0)
    move = mass(SPEC.returns, DAY) * lasting
    squares = SPEC.realised_trend * move * (long_run_multiplier(SPEC, step=DAY) - 1) / SPEC.realised_activity
    known = (SPEC.trend * move + SPEC.activity * squares) / implied_at_rest(SPEC, DAY)
    assert trace.total == pytest.approx(known, rel=1e-10)
    assert trace.after(20_000).sum() * DAY == pytest.approx(known, rel=1e-8)


def test_a_law_that_feeds_itself_has_no_rest_and_its_trace_no_end() -> None:
    wild = replace(SPEC, realised_activity=0.99)
    assert long_run_gain(wild, step=DAY) > 1
    assert np.isinf(realised_at_rest(wild, DAY))
    assert np.isinf(long_run_multiplier(wild, step=DAY))
    trace = implied_trace(wild, step=DAY)
    assert not trace.fades
    assert np.isinf(trace.total)
    assert np.isinf(trace.time_to(0.5))


def test_half_of_an_exponential_is_gone_after_its_half_life() -> None:
    trace = leverage_trace(8.0, 10.0, step=1e-4)
    assert trace.after(0)[0] == -8.0
    assert trace.time_to(0.5) == pytest.approx(np.log(2) / 10.0, rel=1e-5)
    assert trace.time_to(0.1) == pytest.approx(np.log(10) / 10.0, rel=1e-5)


def test_vol_at_rest_brings_itself_about() -> None:
    activity = np.sqrt(mass(SPEC.squares, DAY)) * realised_at_rest(SPEC, DAY)
    assert realised_at_rest(SPEC, DAY) == pytest.approx(0.025 + 0.8 * activity, rel=1e-12)
    assert implied_at_rest(SPEC, DAY) == pytest.approx(0.05 + 0.9 * activity, rel=1e-12)
    assert implied_trace(SPEC, step=DAY).after(0)[0] * implied_at_rest(SPEC, DAY) == pytest.approx(-0.02 * 46.0)


def test_a_level_of_realised_vol_multiplies_all_its_terms() -> None:
    raised = replace(SPEC, realised_level=1.1)
    same = replace(SPEC, realised_base=0.0275, realised_trend=-0.055, realised_activity=0.88)
    assert long_run_gain(raised, step=DAY) == pytest.approx(long_run_gain(same, step=DAY))
    assert realised_at_rest(raised, DAY) == pytest.approx(realised_at_rest(same, DAY))
    found, known = (implied_trace(spec, step=DAY).after(50) for spec in (raised, same))
    assert found == pytest.approx(known)


def test_the_mean_square_of_vol_is_that_of_its_own_gain() -> None:
    """Vol by the trend alone: E sigma^2 = base^2 / (1 - trend^2 Q1), exact."""
    spec = replace(SPEC, realised_base=0.1, realised_activity=0.0, realised_trend=-0.1)
    gain = own_gain(spec, DAY)
    assert 0.2 < gain < 0.4
    one = Kernel(shares=(0.4, 0.6), speeds=(70.0, 30.0))
    past = Past(returns=one, squares=one, returns_start=(0.0, 0.0), squares_start=(0.0, 0.0))
    law = Law(base=0.1, trend=-0.1, activity=0.0, least=-np.inf)
    shocks = np.random.default_rng(3).standard_normal((120, 20_000))
    _, vol = simulate(law, past, shocks, np.arange(120) * DAY, np.ones(120, dtype=bool))
    square = (vol[60:] ** 2).mean(axis=0)
    error = square.std() / np.sqrt(square.size)
    assert square.mean() == pytest.approx(0.01 / (1 - gain), abs=4 * error)
    assert error < 0.01 * square.mean()
