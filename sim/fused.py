"""x y + z of whole arrays, rounded once, for a Python without compiled kernels.

By sums and products whose rounding errors are found, added by rounding to odd (Boldo and Melquiond 2008, "Emulation of
FMA and correctly rounded sums: proved algorithms using rounding to odd", IEEE Transactions on Computers 57(4)).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SPLIT = 134217729.0  # 2^27 + 1: parts a double into halves whose products are exact (Dekker 1971)
LEAST, MOST = 2.0**-900, 2.0**900  # of a product and its parts; outside, errors would be denormal, or infinite


def fused(x: ArrayLike, y: ArrayLike, z: ArrayLike, one: Callable[[float, float, float], float]) -> Floats:
    """x y + z of the arguments' common shape. one: the same of three numbers, for what is 0, not finite, or extreme."""
    a, b, c = np.broadcast_arrays(*(np.asarray(each, dtype=np.float64) for each in (x, y, z)))
    product, lost = _product(a, b)
    middle, low = _sum(c, lost)
    high, rest = _sum(product, middle)
    found = np.asarray(high + _odd(*_sum(low, rest)))
    size = np.abs(product)
    sound = (size > LEAST) & (np.maximum(np.maximum(size, np.abs(a)), np.maximum(np.abs(b), np.abs(c))) < MOST)
    for i in np.argwhere(~sound | (found == 0.0)):
        at = tuple(i)
        found[at] = one(float(a[at]), float(b[at]), float(c[at]))
    return found


def _product(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """x y as rounded, and what that lost."""
    product, (x_high, x_low), (y_high, y_low) = x * y, _halves(x), _halves(y)
    return product, x_high * y_high - product + x_high * y_low + x_low * y_high + x_low * y_low


def _halves(x: Floats) -> tuple[Floats, Floats]:
    wide = SPLIT * x
    high = wide - (wide - x)
    return high, x - high


def _sum(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """x + y as rounded, and what that lost."""
    total = x + y
    taken = total - x
    return total, (x - (total - taken)) + (y - taken)


def _odd(total: Floats, lost: Floats) -> Floats:
    """A sum rounded to odd: of the two doubles around it the one whose last bit is 1."""
    bits = total.view(np.int64)
    step = np.where((lost > 0.0) == (total > 0.0), 1, -1)  # away from 0 a double's bits grow
    return np.where((lost != 0.0) & (bits & 1 == 0), bits + step, bits).view(np.float64)
