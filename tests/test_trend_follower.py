"""Trend followers: their signals in closed form, what they hold, and when they sell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.errors import UserError
from tests.rules_followed import DAYS, DEPTH, IMPACT, seen, told

D, VOL = 252, 0.16
A_DAY = VOL / math.sqrt(D)
FUND = {"type": "TrendFollower", "capital": 1e9, "risk": 0.08, "estimate": {"half_life_days": 2600.0, "start": VOL}}
LEVERAGE = 0.5  # in a full trend
MOVES = np.array([0.0, 0.01, 0.01, -0.03, -0.02, 0.005, 0.0, 0.04])  # ln S
X = np.cumsum(MOVES)
SPOTS = (100.0 * np.exp(X)).tolist()


def fund(**trend):
    return FUND | {"trend": trend}


def before(n, past):
    """ln S at each close n days earlier, those before the start on a line."""
    days = np.arange(len(DAYS)) - n
    return np.where(days >= 0, X[np.maximum(days, 0)], days * past)


def vols():
    """Estimated at each close."""
    kept, variance = 0.5 ** (1 / 2600), [VOL**2]
    for move in MOVES[1:]:
        variance.append(kept * variance[-1] + (1 - kept) * D * move**2)
    return np.sqrt(variance)


def leverage(scenario):
    """Held over equity at each close."""
    _, at = seen(scenario)
    return at.held * at.price / at.equity


@pytest.mark.parametrize("past", [0.0, 0.001])
def test_signs_of_the_windows(past):
    windows = [1, 2, 5]
    held = leverage(told(SPOTS, agents={"fund": fund(kind="signs", windows=windows, past_return=past)}))
    signs = sum(np.sign(np.round(X - before(n, past), 12)) for n in windows) / 3
    assert held == pytest.approx(signs * 0.08 / vols(), rel=1e-9)
    assert held[0] == pytest.approx(LEVERAGE if past else 0.0)
    assert held[4] < 0


@pytest.mark.parametrize("past", [0.0, 0.001])
def test_scaled_returns_of_the_windows(past):
    windows = [2, 5]
    held = leverage(told(SPOTS, agents={"fund": fund(kind="scaled", windows=windows, past_return=past)}))
    a_day = vols() / math.sqrt(D)
    scaled = [np.clip((X - before(n, past)) / (a_day * math.sqrt(n)), -1, 1) for n in windows]
    assert held == pytest.approx(sum(scaled) / 2 * 0.08 / vols(), rel=1e-9, abs=1e-12)


def test_a_fast_mean_crosses_a_slow_one():
    """Both means by their definition over a long past, and the standard deviation of the gap by its sum."""
    past, fast, slow = 0.0005, 0.5 ** (1 / 2), 0.5 ** (1 / 6)
    trend = {"kind": "crossover", "fast_days": 2.0, "slow_days": 6.0, "past_return": past}
    held = leverage(told(SPOTS, agents={"fund": fund(**trend)}))
    history = np.concatenate([past * np.arange(-400, 0), X])
    gaps = []
    for day in range(len(DAYS)):
        back = history[: 401 + day][::-1]
        ages = np.arange(len(back))
        gaps.append(sum(sign * (1 - kept) * (kept**ages) @ back for sign, kept in ((1, fast), (-1, slow))))
    counts = slow ** np.arange(1, 500) - fast ** np.arange(1, 500)
    signal = np.clip(np.array(gaps) / (vols() / math.sqrt(D) * math.sqrt(counts @ counts)), -1, 1)
    assert held == pytest.approx(signal * 0.08 / vols(), rel=1e-9)


def test_a_price_without_a_past_or_a_move_is_not_held():
    for kind in ("signs", "scaled", "crossover"):
        _, at = seen(told(agents={"fund": fund(kind=kind)}))
        assert (at.held == 0.0).all()


def test_its_loop_gain_by_scaled_returns():
    """A rise of the price by d raises the signal by d / (vol a day): W risk / (vol vol_a_day) per unit of ln S."""
    scenario = told(venue={"impact": IMPACT}, agents={"fund": fund(kind="scaled", windows=[1])})
    _, at = seen(scenario, closes=False)
    assert at.gain[0] == pytest.approx(1e9 * LEVERAGE / A_DAY * IMPACT / DEPTH, rel=1e-3)


def test_it_is_slower_than_it_could_be():
    """Half a gap a day: of a position of 0.5 on the first day of a fall half is turned by the first close."""
    trend = {"kind": "signs", "windows": [1], "past_return": 0.001}
    falls = [100.0, 99.9, 99.9, 99.9]
    _, at = seen(told(falls, agents={"fund": fund(**trend) | {"speed": 0.5}}))
    units = 1e9 * LEVERAGE / 100.0
    assert at.held[0] == pytest.approx(units)
    assert at.held[1] == pytest.approx(0.0, abs=0.01 * units)
    assert at.held[2] == pytest.approx(at.held[1] / 2, rel=1e-9)  # no trend any more


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trend": {"windows": []}}, "agents.fund.trend.windows: needs at least one window"),
        ({"trend": {"windows": [5, 0]}}, "agents.fund.trend.windows.2: must be 1 to 2600 days, got 0"),
        ({"trend": {"fast_days": 40.0}}, "agents.fund.trend.slow_days: the slow mean is slower than the fast one"),
        ({"trend": {"kind": "momentum"}}, "agents.fund.trend.kind: must be 'signs', 'scaled' or 'crossover'"),
        ({"risk": -0.1}, "agents.fund.risk: must be > 0"),
        ({"venue": "us2y"}, "agents.fund.venue: no such asset or vol future, got 'us2y'"),
        ({"interval": "0d"}, "agents.fund.interval: an interval is a number and a unit"),
    ],
)
def test_mistakes_in_one_line(change, said):
    with pytest.raises(UserError) as caught:
        told(agents={"fund": FUND | change})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
