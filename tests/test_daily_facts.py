"""Variance at every scale, Zumbach effect, leverage and levels of vol: known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis import stylised_facts as sf
from analysis.fact import FACTS, realised_over_implied
from analysis.series import Series, hour_starts
from sim.errors import UserError
from sim.estimate import Estimate

K = 4.0  # standard errors


def normal(seed: int, paths: int, steps: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((paths, steps))


def close(found: Estimate, expected: float) -> bool:
    assert found.error is not None
    return abs(found.value - expected) < K * found.error


# --- variance by scale ------------------------------------------------------------------------------------------------


def every(steps: int, of: int) -> np.ndarray:
    return np.arange(0, of, steps)


def test_a_random_walk_has_one_variance_at_every_scale() -> None:
    x = normal(1, paths=300, steps=140)
    for steps in (1, 2, 7):
        found = sf.window_variance(x, every(steps, 140), every(14, 140))
        assert close(found, 1.0) and (found.error or 1.0) < 0.04


def test_a_straight_line_has_no_variance_within() -> None:
    """From anchor to anchor in n even steps: 1 / n of the day's variance is in the steps, 2 / n in pairs of them."""
    x = np.repeat(normal(2, paths=30, steps=10), 14, axis=1) / 14
    assert sf.window_variance(x, every(1, 140), every(14, 140)).value == pytest.approx(1 / 14)
    assert sf.window_variance(x, every(2, 140), every(14, 140)).value == pytest.approx(2 / 14)


def test_a_bridge_with_noise_has_the_share_of_its_noise() -> None:
    """A day's move of variance 1 in a straight line plus a bridge of variance b at its n steps: (1 + b (n - 1)) / n."""
    n, b, move, noise = 14, 0.6, normal(3, 300, 20), normal(4, 300, 280).reshape(300, 20, 14)
    bridge = math.sqrt(b) * (noise - noise.mean(axis=2, keepdims=True))
    x = (move[:, :, None] / n + bridge).reshape(300, -1)
    expected = 1 / n + b * (n - 1)
    assert close(sf.window_variance(x, every(1, 280), every(n, 280)), expected)


def test_an_autoregression_has_more_variance_in_longer_windows() -> None:
    """Var(sum of n) / n var = 1 + 2 sum (1 - k / n) rho^k."""
    rho, n, x = 0.3, 10, normal(5, 400, 500)
    for t in range(1, 500):
        x[:, t] = rho * x[:, t - 1] + math.sqrt(1 - rho**2) * x[:, t]
    longer = 1 + 2 * sum((1 - k / n) * rho**k for k in range(1, n))
    assert close(sf.window_variance(x, every(1, 500), every(n, 500)), 1 / longer)


def test_hours_begin_at_the_open_of_each_day() -> None:
    """Two days of an open, five half hours and a short last tick: the open stands alone, then two ticks an hour."""
    minutes = [0, 30, 60, 90, 120, 150, 165]
    ends = np.array([np.datetime64("2020-03-02T09:30") + np.timedelta64(d * 1440 + m, "m")
                     for d in (0, 1) for m in minutes])  # fmt: skip
    assert hour_starts(ends.astype("datetime64[us]"), np.array([0, 7])).tolist() == [0, 1, 3, 5, 7, 8, 10, 12]


def test_scales_of_a_series_that_has_none_are_not_there() -> None:
    x = normal(6, 20, 50)
    closes_alone = Series(x, None, None, 1)
    daily = Series(x, x, None, 1, days=np.arange(50), hours=np.arange(50))
    for name in ("variance_tick", "variance_hour"):
        assert FACTS[name].read(closes_alone) is None and FACTS[name].read(daily) is None


# --- Zumbach effect ---------------------------------------------------------------------------------------------------


def feedback(seed: int, *, weight: float, paths: int = 300, steps: int = 600) -> np.ndarray:
    """r = s z, s^2 = 1 - weight + weight (sum of the last five returns)^2 / 5: moves make volatility."""
    z, r = normal(seed, paths, steps), np.zeros((paths, steps))
    for t in range(steps):
        past = r[:, max(t - 5, 0) : t].sum(axis=1)
        r[:, t] = np.sqrt(1 - weight + weight * past**2 / 5) * z[:, t]
    return r[:, 100:]


def test_moves_that_make_volatility_have_a_zumbach_effect() -> None:
    found = sf.zumbach(feedback(7, weight=0.5), 5)
    assert found.value > 0.03 and found.standard_errors > 3 * K
    back = sf.zumbach(feedback(7, weight=0.5)[:, ::-1], 5)
    assert back.value == pytest.approx(-found.value)


def test_white_noise_and_a_volatility_of_its_own_have_none() -> None:
    """Both are the same in reversed time; the second clusters as strongly as any market."""
    rng, log_vol = np.random.default_rng(8), np.zeros((300, 600))
    for t in range(1, 600):
        log_vol[:, t] = 0.95 * log_vol[:, t - 1] + 0.2 * rng.standard_normal(300)
    clustered = np.exp(log_vol) * normal(9, 300, 600)
    assert sf.autocorrelation(np.abs(clustered), 5).value > 0.15
    for r in (normal(10, 300, 500), clustered[:, 100:]):
        assert close(sf.zumbach(r, 5), 0.0)


def test_over_one_step_a_move_is_its_activity() -> None:
    assert sf.zumbach(normal(11, 5, 100), 1).value == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(UserError, match="a lag is from 1 to"):
        sf.zumbach(normal(11, 5, 19), 5)


# --- leverage and levels ----------------------------------------------------------------------------------------------


def test_leverage_of_volatility_that_doubles_after_a_fall() -> None:
    """r = s z, s = 2 after z < 0, else 1: E[r |r'|] = -1.5 / pi, var r = 2.5, E|r| = 1.5 sqrt(2 / pi)."""
    z = normal(12, 400, 500)
    r = z * np.where(np.roll(z, 1, axis=1) < 0, 2.0, 1.0)
    exact = -1.5 / math.pi / math.sqrt(2.5 * (2.5 - 2.25 * 2 / math.pi))
    assert close(sf.leverage_size(r, 1), exact) and close(sf.leverage_size(r, 2), 0.0)


def test_a_quantile_and_its_error() -> None:
    """The error is the scatter over samples, also where a path's values hang together."""
    found = []
    for seed in range(150):
        x = normal(seed, 100, 1) + 0.5 * normal(1000 + seed, 100, 20)
        found.append(sf.quantile(x, 0.05))
        assert found[-1].value == pytest.approx(np.quantile(x, 0.05))
    scatter = np.std([f.value for f in found], ddof=1)
    assert scatter == pytest.approx(np.mean([f.error for f in found if f.error]), rel=K / np.sqrt(300) + 0.05)


def test_realised_over_implied_by_months() -> None:
    """Moves of 1 % a day under an implied vol of 20 %, then of 40 % with a gap, then of one that is not known."""
    r = np.tile([0.01, -0.01], 32)[None, :63]
    vol = np.repeat([0.2, 0.4, np.nan], 21)[None]
    vol[0, 25:30] = np.nan
    s = Series(r, None, None, 1, vol=np.append(vol, [[np.nan]], axis=1))
    ratio = 0.01 * math.sqrt(252)
    assert realised_over_implied(s) == pytest.approx(np.array([[ratio / 0.2, ratio / 0.4, np.nan]]), nan_ok=True)
    assert realised_over_implied(Series(r[:, :20], None, None, 1, vol=vol)) is None


def test_levels_are_read_raw() -> None:
    vol = np.linspace(0.1, 0.3, 41)[None]
    s = Series(normal(13, 1, 40) / 100, None, None, 1, vol=vol)
    median = FACTS["implied_50"].read(s)
    assert median is not None and median.value == pytest.approx(0.2)
    realised = FACTS["realised"].read(s)
    assert realised is not None and realised.value == pytest.approx(s.daily.std() * math.sqrt(252))
    of_fluctuations = Series(s.daily, None, None, 1, "fluctuations", vol=vol)
    assert FACTS["implied_50"].read(of_fluctuations) is None and FACTS["realised"].read(of_fluctuations) is None
