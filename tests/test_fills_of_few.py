"""A fill on few of many paths is carried out on those alone: the ledger is the same to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from markets.kernels.fills import ASSET_MOVES, NETTED, asset_fill
from markets.kernels.trading import QUOTE_ROWS

PATHS = 3000  # more than two blocks


@pytest.mark.parametrize("moves", [ASSET_MOVES - 1, ASSET_MOVES, ASSET_MOVES + NETTED])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.09])
def test_fills_of_few_are_those_of_paths_that_all_trade(moves, share):
    random, makers = np.random.default_rng(5), 2
    rows, entries = random.normal(size=(4 + 3 * moves, PATHS)), np.full((makers * moves, 5), -1)
    entries[:, 0], entries[:, 1], entries[:, 2] = 0, np.arange(makers * moves) // moves + 1, 3  # taker, maker, gross
    entries[:, 3], entries[:, 4] = np.arange(makers * moves) % moves + 4, np.arange(makers * moves) + 4 + moves
    entries[::moves, 3:] = -1  # units are no flow of cash
    book, shares = np.abs(random.normal(size=(QUOTE_ROWS, PATHS))), random.uniform(size=(makers, PATHS))
    walk, mid, unit = random.normal(size=(3, PATHS))
    filled = np.where(random.uniform(size=PATHS) < share, random.normal(size=PATHS), -0.0)
    there, after, worse = np.flatnonzero(filled), rows.copy(), np.empty(PATHS)
    asset_fill(filled, book, shares, 0.5, walk, mid, unit, entries, after, worse)
    taken = [np.take(each, there, axis=-1) for each in (filled, book, shares, walk, mid, unit, rows)]
    of_all, spread = taken.pop(), np.empty(there.size)
    few, levels, parts, *others = taken
    asset_fill(few, levels, parts, 0.5, *others, entries, of_all, spread)
    assert np.array_equal(after[:, there], of_all) and np.array_equal(worse[there], spread)
    still = np.delete(np.arange(PATHS), there)
    assert np.array_equal(after[:, still], rows[:, still])
    assert np.array_equal(worse[still], book[1, still])  # the skew
