"""The normal distribution function without SciPy: SciPy's, bit for bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.special

from sim.normal import FEW, _ndtr, ndtr

EDGES = (0.0, -0.0, np.inf, -np.inf, 1e-300, 5e-324, 38.5, -38.5, 37.67, -37.67, 2**0.5, -(2**0.5), 8 * 2**0.5, 100.0)


def ulps(x: np.ndarray) -> int:
    """The largest distance from SciPy's, in units of the last place."""
    found = np.array([_ndtr(number) for number in x.tolist()])
    return int(np.abs(found.view(np.int64) - scipy.special.ndtr(x).view(np.int64)).max())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="SciPy has its exp from another C library")
def test_it_is_scipys_to_the_last_bit():
    rng = np.random.default_rng(7)
    wide, near = rng.uniform(-40, 40, 100_000), rng.uniform(-3, 3, 100_000)
    assert ulps(np.concatenate([wide, near, rng.standard_normal(100_000), EDGES])) == 0


def test_it_is_scipys():
    rng = np.random.default_rng(8)
    x = rng.standard_normal(10_000)
    assert ulps(x) <= 4 and np.isnan(_ndtr(float("nan")))


SHAPES = """
import sys
import numpy as np
from sim.normal import ndtr
one, none, grid = ndtr(1.96), ndtr([]), ndtr(np.arange(6).reshape(2, 3))
assert type(one) is np.float64 and none.shape == (0,) and grid.shape == (2, 3) and grid.dtype == np.float64
assert "scipy" not in sys.modules
ndtr(np.zeros({few} + 1))
assert "scipy" in sys.modules
again = ndtr(1.96), ndtr([]), ndtr(np.arange(6).reshape(2, 3))
assert type(again[0]) is np.float64 and one == again[0] and none.shape == again[1].shape and (grid == again[2]).all()
"""


def test_shapes_are_those_of_scipy():
    done = subprocess.run([sys.executable, "-c", SHAPES.format(few=FEW)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert ndtr(0.0) == 0.5
