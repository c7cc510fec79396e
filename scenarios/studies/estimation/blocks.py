"""Blocks of days that are redrawn together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.studies.estimation.path_feed import Vector

Rows = NDArray[np.int64]
BLOCK = 60  # days: a quarter stays together
DRAWS = 400  # of a standard error
SEED = 3


def block_rows(days: int, rng: np.random.Generator, block: int = BLOCK) -> Rows:
    """Rows of as many days, in blocks from anywhere, (days,)."""
    block = min(block, days)
    starts = rng.integers(days - block + 1, size=-(-days // block))
    rows: Rows = (starts[:, None] + np.arange(block)).reshape(-1)[:days]
    return rows


def vol_error(returns: Vector, day: float) -> float:
    """Standard error of the vol a year of a record's returns, (days,)."""
    rng = np.random.default_rng(SEED)
    vols = [returns[block_rows(len(returns), rng)].std() for _ in range(DRAWS)]
    return float(np.std(vols, ddof=1) / np.sqrt(day))
