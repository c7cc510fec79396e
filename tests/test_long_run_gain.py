"""Loop gain with memory: what a re-hedging desk does to variance, and when vol feeds itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from markets.factors.memory.long_run_gain import (
    critical_gain,
    hedged_variance,
    long_run_gain,
    remembered_variance,
)
from markets.specs.memory import MemorySpec

DAY = 1 / 252


@pytest.mark.parametrize("a", [-0.4, -0.1, 0.0, 0.1, 0.4])
def test_lasting_impact_has_the_known_variances(a: float) -> None:
    assert hedged_variance(a) == pytest.approx((1 + 2 * a - 2 * a**3) / (1 - a * a), rel=1e-10)
    assert hedged_variance(a, ticks=50_000) == pytest.approx(1 / (1 - a) ** 2, rel=1e-4)


@pytest.mark.parametrize("ticks", [1, 5])
def test_impact_that_passes_has_the_variance_of_a_simulation(ticks: int) -> None:
    gain, lasting, decay = 0.4, 0.3, 0.2
    draw = np.random.default_rng(5)
    passing, impact, returns = np.zeros(4000), np.zeros(4000), []
    for _ in range(200):
        back = (1 - np.exp(-decay)) * passing
        shock = draw.standard_normal(4000)
        traded = gain * (shock - back + impact)
        returns.append(shock - back + traded)
        passing, impact = passing - back + (1 - lasting) * traded, traded
    windows = np.array(returns[100:]).reshape(-1, ticks, 4000).sum(axis=1)
    samples = (windows**2).mean(axis=0) / ticks
    error = samples.std() / np.sqrt(samples.size)
    found = hedged_variance(gain, ticks=ticks, lasting=lasting, decay=decay)
    assert found == pytest.approx(samples.mean(), abs=4 * error)
    assert error < 0.01 * found


def test_shocks_run_away_at_a_gain_of_one() -> None:
    assert np.isinf(hedged_variance(1.0))
    assert np.isinf(hedged_variance(-1.0, ticks=7))
    assert np.isfinite(hedged_variance(0.99, ticks=7))


@pytest.mark.slow
def test_at_the_critical_gain_vol_feeds_itself() -> None:
    spec = MemorySpec()
    gain = critical_gain(spec, step=DAY, ticks=14, lasting=0.5, decay=1 / 14)
    variance = hedged_variance(gain, ticks=14, lasting=0.5, decay=1 / 14)
    assert long_run_gain(spec, step=DAY, variance=variance) == pytest.approx(1.0, abs=1e-9)
    assert critical_gain(replace(spec, realised_activity=0.99), step=DAY) == 0.0
    assert critical_gain(replace(spec, realised_activity=0.0), step=DAY) == pytest.approx(1.0)


def test_what_is_remembered_multiplies_what_the_desk_adds() -> None:
    spec = MemorySpec()
    assert remembered_variance(spec, step=DAY, variance=1.0) == pytest.approx(1.0)
    g = long_run_gain(spec, step=DAY)
    assert remembered_variance(spec, step=DAY, variance=1.2) == pytest.approx(
        1.2 * ((1 - g) / (1 - g * np.sqrt(1.2))) ** 2
    )
    assert np.isinf(remembered_variance(spec, step=DAY, variance=g**-2 * 1.01))
