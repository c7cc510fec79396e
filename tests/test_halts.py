"""Who halts is found block by block: the same as by one look at all paths."""

from __future__ import annotations

import numpy as np
import pytest

from markets.kernels.halts import BLOCK, halt

LEVELS = np.array([0.07, 0.13, 0.2])


def looked_at_once(price, close, following):
    """Paths that halt, the level that each has reached, and the next level of all paths, by NumPy."""
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = 1.0 - price / close
    fresh = np.flatnonzero(following <= fall)
    reached = np.searchsorted(LEVELS, fall[fresh], side="right")
    after = following.copy()
    after[fresh] = np.append(LEVELS, np.inf)[reached]
    return fresh, LEVELS[reached - 1], after


@pytest.mark.parametrize("vol", [0.0, 0.02, 0.1])
def test_who_halts_is_who_has_newly_fallen_through_a_level(vol):
    random, paths = np.random.default_rng(3), 3 * BLOCK + 5  # blocks and a rest
    close = random.uniform(1, 2, paths)
    close[7] = 0.0  # from a close of zero nothing falls
    following, halted, reached = np.full(paths, LEVELS[0]), np.empty(paths, dtype=np.int64), np.empty(paths)
    for fallen in (0.95, 0.9, 0.9, 0.75):  # again through the same level: nobody halts twice
        price = close * fallen * np.exp(vol * random.standard_normal(paths))
        price[11] = close[11] * (1 - LEVELS[1])  # at a level: through it
        who, levels, after = looked_at_once(price, close, following)
        number = halt(price, close, LEVELS, following, halted, reached)
        assert halted[:number].tolist() == who.tolist()
        assert reached[:number].tolist() == levels.tolist()
        assert following.tolist() == after.tolist()
    assert np.isinf(following).any() and following[7] == LEVELS[0]
