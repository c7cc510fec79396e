"""Loop gain as a matrix: its spectral radius, who answers whose price, and what the engine makes of a shock."""

from __future__ import annotations

import numpy as np
import pytest

from markets.kernels.loops import raise_radius
from markets.venues.loop_gain import circuits, spectral_radius

PATHS = 5


def radius(matrices: np.ndarray) -> np.ndarray:
    """Of (n, n, paths)."""
    found = np.zeros(matrices.shape[2])
    raise_radius(np.ascontiguousarray(matrices), found)
    return found


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_the_radius_is_that_of_the_eigenvalues(size):
    """Real and complex ones, of either sign, large and small."""
    random = np.random.Generator(np.random.Philox(size))
    matrices = random.normal(size=(size, size, 200)) * 10.0 ** random.uniform(-6, 3, 200)
    expected = np.abs(np.linalg.eigvals(np.moveaxis(matrices, 2, 0))).max(axis=1)
    np.testing.assert_allclose(radius(matrices), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (np.zeros((3, 3)), 0.0),
        (np.diag([0.2, -0.7, 0.1]), 0.7),
        (np.diag([1.0, 1.0], k=1), 0.0),  # moves go one way: no loop
        (np.array([[0.0, 0.0, 0.3], [0.5, 0.0, 0.0], [0.0, 0.2, 0.0]]), 0.03 ** (1 / 3)),  # a round through three
        (np.array([[0.5, 1e6], [0.0, 0.5]]), 0.5),
        (np.array([[0.3, -0.4], [0.4, 0.3]]), 0.5),  # turns as it shrinks
    ],
)
def test_radius_in_the_limits(matrix, expected):
    np.testing.assert_allclose(radius(matrix[:, :, None]), expected, atol=1e-12)


def test_what_is_not_finite_is_not_hidden():
    assert np.isnan(radius(np.full((3, 3, 1), np.nan))).all()


def test_only_moves_that_come_back_count():
    """Of a chain that ends in a pair, the pair is what comes back; a venue that answers itself stands alone."""
    entries = (("a", "b"), ("b", "c"), ("c", "b"), ("d", "d"), ("d", "a"))
    assert sorted(map(sorted, circuits(entries))) == [["b", "c"], ["d"]]
    matrix = {entry: np.full(PATHS, 0.5) for entry in entries} | {("b", "c"): np.linspace(0.1, 2.0, PATHS)}
    expected = np.maximum(0.5, np.sqrt(0.5 * np.linspace(0.1, 2.0, PATHS)))
    np.testing.assert_allclose(spectral_radius(matrix, PATHS), expected, rtol=1e-12)
