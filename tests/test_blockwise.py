"""Sums, deviations and quantiles of long vectors without a second one: NumPy's, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from sim.blockwise import BLOCK, deviation, deviation_without, total
from sim.estimate import Estimate, without_pulls
from sim.ranks import MANY, quantiles

SIZES = (1, 2, 7, 129, BLOCK, BLOCK + 1, 2 * BLOCK + 9, 200_001, 1_000_000)
LEVELS = (0.0, 0.05, 0.4999, 0.5, 0.95, 0.99999, 1.0)
SAMPLES = {
    "normal": lambda rng, n: rng.normal(3e6, 1e6, n),
    "heavy": lambda rng, n: rng.standard_cauchy(n),
    "few values": lambda rng, n: rng.integers(-2, 3, n) * 0.1,
    "one value": lambda rng, n: np.full(n, 0.3),
    "infinite": lambda rng, n: np.where(rng.random(n) < 0.3, np.inf, rng.standard_normal(n)),
    "none": lambda rng, n: np.where(np.arange(n) == n // 2, np.nan, 1.0),
}


@pytest.mark.parametrize("n", SIZES)
def test_sums_and_deviations(n):
    x = np.random.default_rng(n).normal(1e5, 1e6, n)
    assert total(n, x.__getitem__) == x.sum()
    assert deviation(n, x.__getitem__) == x.std()
    if n > 1:
        assert deviation(n, x.__getitem__, ddof=1) == x.std(ddof=1)
    assert total(n, lambda part: x[part] - 3.0) == (x - 3.0).sum()


def test_nothing_adds_up_to_nothing():
    assert total(0, np.empty(0).__getitem__) == 0.0


@pytest.mark.parametrize("n", [2, 7, BLOCK + 1, 200_001])
@pytest.mark.parametrize("begin", [0.0, 0.3, 0.9])
def test_deviations_without_some(n, begin):
    x = np.random.default_rng(n).normal(1e5, 1e6, n)
    first = int(begin * n)
    last = min(first + max(n // 10, 1), n)
    assert deviation_without(x, slice(first, last)) == np.delete(x, slice(first, last)).std()


@pytest.mark.parametrize("n", [1, 2, 100, MANY, 10_001, 200_000])
@pytest.mark.parametrize("name", SAMPLES)
def test_quantiles(name, n):
    values = SAMPLES[name](np.random.default_rng(n), n)
    values.flags.writeable = False
    with np.errstate(invalid="ignore"):
        expected = np.quantile(values, LEVELS)
    np.testing.assert_array_equal(quantiles(values, LEVELS), expected)


@pytest.mark.parametrize("n", [1, 2, 5, BLOCK + 3])
@pytest.mark.parametrize("figure", ["mean", "variance", "sd", "median", "ratio"])
def test_errors_without_pulls_are_those_with_them(figure, n):
    x = np.random.default_rng(n).normal(1e5, 1e6, n)
    found = {
        "mean": lambda: Estimate.mean(x),
        "variance": lambda: Estimate.variance(x),
        "sd": lambda: Estimate.sd(x),
        "median": lambda: Estimate.quantile(x, 0.5),
        "ratio": lambda: Estimate.ratio(x, x**2),
    }[figure]
    kept = found()
    with without_pulls():
        bare = found()
    assert (kept.pull.size, bare.pull.size) == (n, 0)
    np.testing.assert_array_equal([bare.value, bare.error or 0.0], [kept.value, kept.error or 0.0])
