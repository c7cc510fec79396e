"""NumPy's sums without NumPy: the same bits, whatever the number of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from sim.estimate import Estimate
from sim.pairwise import error_of_mean, total

SIZES = (*range(20), 127, 128, 129, 135, 136, 137, 255, 256, 257, 300, 1_000, 1_025, 3_333, 4_096)


@pytest.mark.parametrize("n", SIZES)
def test_sums_and_errors_are_numpys(n: int):
    rng = np.random.default_rng(n)
    x = rng.standard_normal(n) * 10 ** rng.uniform(-3, 8) + rng.uniform(-1e6, 1e6)
    assert total(x.tolist()) == float(x.sum())
    if n:
        assert error_of_mean(x.tolist()) == Estimate.mean(x).error


def test_what_is_no_number_has_no_error():
    assert np.isnan(error_of_mean([1.0, float("nan"), 2.0]))
    assert error_of_mean([5.0] * 300) == 0.0
