"""Sums of rows of the ledger, some rows at once, so that few running sums pass through memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.jit import kernel_inline

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

READ = 512  # paths: few enough that running sums stay in the L1 cache beside the rows that pass through it


@kernel_inline
def add_totals(rows: Floats, which: Ints, start: int, stop: int, total: Floats) -> None:
    """Add rows, in their order, to `total`, which is that of the paths from `start` to `stop`."""
    width, first = stop - start, which.shape[0] % 4
    for k in range(first):
        a = rows[which[k], start:stop]
        for j in range(width):
            total[j] += a[j]
    for k in range(first, which.shape[0], 4):
        a, b = rows[which[k], start:stop], rows[which[k + 1], start:stop]
        c, d = rows[which[k + 2], start:stop], rows[which[k + 3], start:stop]
        for j in range(width):
            total[j] = total[j] + a[j] + b[j] + c[j] + d[j]


@kernel_inline
def add_sizes(rows: Floats, which: Ints, start: int, stop: int, size: Floats) -> None:
    """Add the absolute values of rows to `size`."""
    for k in range(which.shape[0]):
        row = rows[which[k], start:stop]
        for j in range(stop - start):
            size[j] += abs(row[j])
