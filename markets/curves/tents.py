"""Tents: shifts of the zero curve that are 1 at a key and fall on both sides, for key-rate DV01."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
KEYS = (0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0)  # years


def partition(years: ArrayLike, keys: ArrayLike = KEYS) -> Floats:
    """Tents that fall to zero at the neighbouring keys and are flat beyond the ends: (keys, times).

    They add up to 1 at every time, so key-rate DV01s add up to the parallel one.
    """
    at = np.asarray(keys, dtype=np.float64)
    return np.array([np.interp(np.asarray(years, dtype=np.float64), at, hat) for hat in np.eye(at.size)])


def fixed_widths(years: ArrayLike, keys: ArrayLike = KEYS) -> Floats:
    """Tents of fixed widths, as some desks use them: 1 year below the 1Y key, 2 up to 5Y, 3 beyond. (keys, times).

    They overlap at the short end and leave holes at the long end: `coverage` says how much of a parallel move they see.
    """
    at = np.asarray(keys, dtype=np.float64)
    width = np.where(at < 1, 1.0, np.where(at <= 5, 2.0, 3.0))
    away = np.abs(np.asarray(years, dtype=np.float64) - at[:, None])
    return np.maximum(1 - away / width[:, None], 0.0)


def coverage(years: ArrayLike, keys: ArrayLike = KEYS) -> Floats:
    """Sum of the tents of fixed widths at some times; 1 would be right everywhere."""
    out: Floats = fixed_widths(years, keys).sum(axis=0)
    return out
