"""Clients who come to a maker one by one; the maker quotes again after each. Vectors are (paths,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from markets.kernels.normal import exp, log
from sim.jit import kernel, kernel_inline

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BUYERS, SELLERS = range(2)  # rows of the sides
ULP = 2.0**-53  # spacing of uniforms


@kernel_inline
def scrambled(state: np.uint64) -> np.uint64:
    """The output of SplitMix64 at a state (Steele, Lea and Flood 2014)."""
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel_inline
def uniform_of(state: np.uint64) -> float:
    """Uniform on (0, 1], of a state."""
    return (float(np.int64(scrambled(state) >> np.uint64(11))) + 1.0) * ULP


@kernel_inline
def shifted(held: float, slope: float, limit: float) -> float:
    """Shift of both quotes against inventory, which counts up to a limit."""
    counted = limit if held > limit else held
    counted = -limit if counted < -limit else counted
    return -slope * counted


@kernel
def one_by_one(
    seeds: Floats,
    days: float,
    rate: float,
    decay: Floats,
    crowd: float,
    half_spread: Floats,
    slope: Floats,
    limit: float,
    held: Floats,
    order: float,
    depth: Floats,
    is_open: Bools,
    taken: Floats,
    skew: Floats,
) -> None:
    """Draw arrivals one by one on both sides of a maker, who sets a new quote from its inventory after each.

    A side quoted at `distance` from mid is met at rate x exp(min(-decay distance, crowd)): buyers at half_spread +
    shift, sellers at half_spread - shift, shift = -slope x inventory. So the time to the next arrival is exponential
    with the sum of both, and its side has odds as theirs (Gillespie 1977): exact for quotes that stand between fills.

    Args:
        seeds: (2, paths) uniforms on [0, 1): where each path's own generator starts.
        days: trading days that pass; rate: arrivals a day at mid; decay: per unit of half_spread; crowd: see above.
        half_spread: of the quote; slope: its shift per $ of inventory.
        limit: $ of inventory above which the shift grows no more; held: $ at the start.
        order: $ of one order; depth: $ that a side takes in all; is_open: where anybody trades at all.
        taken: (2, paths), written: $ taken by buyers and sellers.
        skew: (2, paths), written: shift at which they took it, on average; that of the first quote where none did.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    for j in range(half_spread.shape[0]):
        half, steep, inventory = half_spread[j], slope[j], held[j]
        bought, sold, at_bought, at_sold = 0.0, 0.0, 0.0, 0.0
        first = np.uint64(seeds[BUYERS, j] / ULP) ^ (np.uint64(seeds[SELLERS, j] / ULP) << np.uint64(11))
        state, left = scrambled(first), days if is_open[j] else 0.0
        while left > 0.0:
            shift = shifted(inventory, steep, limit)
            near, far = -decay[j] * (half + shift), -decay[j] * (half - shift)
            buyers = rate * exp(crowd if near > crowd else near) if bought < depth[j] else 0.0
            sellers = rate * exp(crowd if far > crowd else far) if sold < depth[j] else 0.0
            both = buyers + sellers
            if not both > 0.0:
                break
            state += golden
            left += log(uniform_of(state)) / both
            if left <= 0.0:
                break
            state += golden
            if uniform_of(state) * both <= buyers:
                size = min(order, depth[j] - bought)
                bought, at_bought, inventory = bought + size, at_bought + size * shift, inventory - size
            else:
                size = min(order, depth[j] - sold)
                sold, at_sold, inventory = sold + size, at_sold + size * shift, inventory + size
        quoted = shifted(held[j], steep, limit)
        taken[BUYERS, j], taken[SELLERS, j] = bought, sold
        skew[BUYERS, j] = at_bought / bought if bought > 0.0 else quoted
        skew[SELLERS, j] = at_sold / sold if sold > 0.0 else quoted
