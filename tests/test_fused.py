"""Multiply-adds of whole arrays against the C library's, and kernels that are interpreted so against compiled ones."""

from __future__ import annotations

import numpy as np
import pytest

from markets.rate_vols.black import bachelier
from sim.fused import fused
from sim.jit import fma, interpreted

COUNT = 20_000
BLOCK = 800  # prices: more are compiled


def numbers(rng: np.random.Generator, powers: int) -> np.ndarray:
    """Of any sign, from 2^-powers to 2^powers."""
    return rng.standard_normal(COUNT) * 2.0 ** rng.integers(-powers, powers, COUNT)


@pytest.mark.parametrize("case", ["wide", "cancels", "nearly cancels", "halfway", "extreme"])
def test_a_multiply_add_of_arrays_is_rounded_once(case: str):
    rng = np.random.default_rng(5)
    x, y, z = numbers(rng, 60), numbers(rng, 60), numbers(rng, 120)
    if case == "cancels":
        z = -(x * y)
    elif case == "nearly cancels":
        z = -(x * y) * (1 + 2.0 ** -rng.integers(40, 53, COUNT))
    elif case == "halfway":
        x, y = (rng.integers(1, 2**27, COUNT).astype(float) for _ in range(2))
        z = rng.choice([-1.0, 1.0], COUNT) * 2.0 ** rng.integers(50, 110, COUNT)
    elif case == "extreme":
        x, y, z = numbers(rng, 600), numbers(rng, 600), numbers(rng, 1000)
    with np.errstate(all="ignore"), interpreted():
        found = fused(x, y, z, fma)
        each = np.array([fma(*three) for three in zip(x.tolist(), y.tolist(), z.tolist(), strict=True)])
        twice = x * y + z
    np.testing.assert_array_equal(found.view(np.int64), each.view(np.int64))
    assert case == "extreme" or (found != twice).any()


def test_a_multiply_add_of_zeros_and_infinities_is_that_of_single_numbers():
    x, z = np.array([0.0, -0.0, np.inf, np.nan, 1e-300, 1e300]), -0.0
    y = np.array([1.0, 1.0, 1.0, 1.0, 1e-300, 1e300])
    with np.errstate(all="ignore"), interpreted():
        found, each = fma(x, y, z), [fma(*pair, z) for pair in zip(x.tolist(), y.tolist(), strict=True)]
    np.testing.assert_array_equal(found, each)
    np.testing.assert_array_equal(np.signbit(found), np.signbit(each))


def test_normal_options_of_whole_arrays_have_the_digits_of_compiled_ones():
    rng = np.random.default_rng(7)
    forward, strike = rng.normal(0.03, 0.02, (2, BLOCK))
    vol, years = np.abs(rng.normal(0.008, 0.004, BLOCK)), rng.exponential(2.0, BLOCK)
    vol[::50], vol[1::77], years[::91], years[3::191] = 0.0, -1.0, 0.0, -1.0
    strike[::37], forward[5], forward[7], vol[11] = forward[::37], np.nan, np.inf, 1e-5  # 11: far from the money
    side = rng.choice(["payer", "receiver"], BLOCK)
    compiled = bachelier(forward, strike, vol, years, side=side)
    with interpreted():
        whole = bachelier(forward, strike, vol, years, side=side)
    for name in compiled._fields:
        np.testing.assert_array_equal(getattr(whole, name), getattr(compiled, name), err_msg=name)
