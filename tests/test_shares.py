"""Quantiles over paths against a full sort."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.spread import SHARES, at_shares
from sim.ranks import BINS, MANY

SAMPLES = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "far from zero": lambda rng, n: 1e12 + rng.standard_normal(n),
    "one bin holds nearly all": lambda rng, n: np.where(rng.random(n) < 1e-3, 1e9, rng.standard_normal(n)),
    "few values": lambda rng, n: rng.integers(-2, 3, n) * 0.1,
    "one value": lambda rng, n: np.full(n, 0.3),
    "two values": lambda rng, n: np.where(np.arange(n) % 2 == 0, -1.0, 5.0),
    "widest": lambda rng, n: np.where(np.arange(n) % 2 == 0, -1.7e308, 1.7e308),
    "narrowest": lambda rng, n: rng.integers(0, 5, n) * 5e-324,
    "infinite": lambda rng, n: np.where(rng.random(n) < 0.3, np.inf, rng.standard_normal(n)),
    "an even grid": lambda rng, n: rng.permutation(np.linspace(0, BINS, n)),
}


@pytest.mark.parametrize("n", [1, 2, 100, MANY - 1, MANY, MANY + 1, 10_001])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_numbers_that_a_full_sort_finds(name, n):
    values = SAMPLES[name](np.random.default_rng(n), n)
    ordered, found = np.sort(values).tolist(), at_shares(values)
    for share, number in zip(SHARES.values(), found, strict=True):
        rank = (n - 1) * share
        a, b = ordered[math.floor(rank)], ordered[math.ceil(rank)]
        assert number == (a if a == b else a + (rank - math.floor(rank)) * (b - a))


def test_nothing_has_no_quantiles():
    assert all(map(math.isnan, at_shares(np.empty(0))))


@pytest.mark.parametrize("n", [50, 5_000])
def test_a_number_that_is_none_is_the_highest(n):
    values = np.arange(float(n))
    values[: n // 10] = np.nan
    found = at_shares(np.random.default_rng(1).permutation(values))
    assert math.isnan(found[-1]) and not any(map(math.isnan, found[:-1]))
