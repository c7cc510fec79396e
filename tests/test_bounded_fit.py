"""Least squares between bounds against SciPy's, step by step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from sim.bounded_fit import bounded_fit

TIMES = np.linspace(0.0, 3.0, 9)
TIGHT = 1e-15


def decay(x: np.ndarray) -> np.ndarray:
    """Errors of a b^t + c of a curve with some noise."""
    return np.asarray(x[0] * np.exp(-x[1] * TIMES) + x[2] - (2 * np.exp(-0.7 * TIMES) + 0.3 + 0.05 * np.sin(9 * TIMES)))


def valley(x: np.ndarray) -> np.ndarray:
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


@pytest.mark.parametrize(
    ("errors", "start", "low", "high", "bound"),
    [
        (decay, (1.0, 1.0, 0.0), (-5.0, -5.0, -5.0), (5.0, 5.0, 5.0), None),
        (decay, (1.0, 1.0, -1.0), (-5.0, 0.0, -5.0), (1.5, 5.0, 0.2), (0, 1.5)),  # two of three at a bound
        (valley, (-1.2, 1.0), (-2.0, -2.0), (2.0, 2.0), None),
        (valley, (-1.2, 1.0), (-2.0, -2.0), (0.5, 2.0), (0, 0.5)),
        (valley, (-1.2, 1.0), (-2.0, 0.9), (2.0, 1.1), None),
    ],
)
def test_a_fit_takes_the_steps_of_scipy(errors, start, low, high, bound):
    steps, theirs = [], []

    def asked(into):
        return lambda x: into.append(x.copy()) or errors(x)

    found = bounded_fit(asked(steps), start, low, high, tolerance=TIGHT)
    bounds = {"bounds": (low, high), "xtol": TIGHT, "ftol": TIGHT, "gtol": TIGHT}
    known = least_squares(asked(theirs), start, **bounds)
    np.testing.assert_allclose(found.x, known.x, rtol=1e-7)
    assert found.cost == pytest.approx(known.cost, rel=1e-9, abs=1e-25)
    np.testing.assert_allclose(steps[:12], theirs[:12], rtol=1e-6)
    if bound is not None:
        assert found.x[bound[0]] == pytest.approx(bound[1], abs=1e-6)


def test_a_fit_goes_back_from_where_errors_are_no_numbers():
    def errors(x):
        return np.array([np.log(x[0]) - 1.0, x[1] - 2.0])

    with np.errstate(all="ignore"):
        found = bounded_fit(errors, (9.0, 1.0), (-10.0, -10.0), (10.0, 10.0), tolerance=TIGHT)
    np.testing.assert_allclose(found.x, [np.e, 2.0], rtol=1e-9)


def test_without_full_rank_a_fit_still_ends_where_the_cost_is_least():
    def errors(x):
        return np.array([x[0] + x[1] - 1.0])

    found = bounded_fit(errors, (0.1, 0.1), (-3.0, -3.0), (3.0, 3.0), tolerance=TIGHT)
    known = least_squares(errors, (0.1, 0.1), bounds=((-3, -3), (3, 3)), xtol=TIGHT, ftol=TIGHT, gtol=TIGHT)
    assert found.cost < 1e-20
    np.testing.assert_allclose(found.x, known.x, rtol=1e-7)
