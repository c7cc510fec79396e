"""The expected side of the known answer on first passage: quadrature from call to call."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from scenarios.studies.validation.cases.defaults import passed_by, passed_by_time


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("barrier", [0.5, 1.0])
def test_few_steps_against_the_multivariate_normal(steps, barrier):
    """1 - P(every point of the walk stays above), at the end and on the way."""
    times = np.arange(1, steps + 1) / steps
    found = passed_by(steps, barrier)
    for n in range(1, steps + 1):
        walk = multivariate_normal(np.zeros(n), np.minimum.outer(times[:n], times[:n]))
        stays = walk.cdf(np.full(n, barrier)) if n > 1 else norm.cdf(barrier / np.sqrt(times[0]))
        assert found[n - 1] == pytest.approx(1 - stays, abs=2e-5)


@pytest.mark.parametrize("steps", [100, 250])
def test_many_steps_against_the_shifted_barrier(steps):
    """Broadie, Glasserman and Kou (1997): N dates are continuous watching of a barrier 0.5826 / sqrt(N) off."""
    shifted = 2 * norm.cdf(-(1 + 0.5826 / np.sqrt(steps)))
    assert passed_by(steps)[-1] == pytest.approx(shifted, abs=0.1 / steps)
    assert abs(passed_by_time(1.0) - shifted) > 40 * abs(passed_by(steps)[-1] - shifted)


def test_continuous_watching():
    assert passed_by_time(1.0) == pytest.approx(2 * norm.cdf(-1.0), rel=1e-14)
    assert passed_by_time(0.25) == pytest.approx(2 * norm.cdf(-2.0), rel=1e-14)
