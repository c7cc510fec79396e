"""The expected side of the no-trade band's known answer: the stationary law of the reflected chain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scenarios.studies.validation.cases.bands import SHIFT, H, V, reflected


def test_turnover_at_the_published_step():
    """Simulated elsewhere at dt = 1.6e-5: 0.44675 +- 0.0017; v^2/(2 (H + 0.5826 v sqrt(dt))) agrees to six digits."""
    dt = 1.6e-5
    turnover = reflected(V * math.sqrt(dt))[0] / dt
    assert abs(turnover - 0.44675) < 0.0017
    assert turnover == pytest.approx(V**2 / 2 / (H + SHIFT * V * math.sqrt(dt)), rel=1e-6)


def test_limits():
    """Short steps: E X^2 = H^2/3. Long ones: each step ends at either edge, trading about the step."""
    gaps = [reflected(step * H)[1] / (H**2 / 3) - 1 for step in (0.02, 0.01)]
    assert 0 < gaps[1] < 0.02
    assert gaps[0] / gaps[1] == pytest.approx(2, rel=0.02)  # of first order in the step
    turnover, square = reflected(1e4 * H)
    assert square == pytest.approx(H**2, rel=1e-3)
    assert turnover == pytest.approx(1e4 * H * math.sqrt(2 / math.pi), rel=1e-3)


def test_against_a_simulation():
    step, x, traded, squares = 0.03, np.zeros(4096), [], []
    rng = np.random.default_rng(1)
    for i in range(400):
        moved = x + step * rng.standard_normal(x.size)
        x = np.clip(moved, -H, H)
        if i >= 100:
            traded.append(np.abs(moved - x))
            squares.append(x**2)
    for samples, expected in zip((traded, squares), reflected(step), strict=True):
        each = np.mean(samples, axis=0)
        assert abs(each.mean() - expected) < 4 * each.std() / math.sqrt(each.size)
