"""What trades on few paths move, and what few desks trade: found there alone, to the digits of all."""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors.impact import FEW, grown
from markets.kernels.hedging import leg_flow
from sim.ledger import EVERY_PATH

PATHS = 400


@pytest.mark.parametrize("share", [0.0, 0.5 * FEW, 2 * FEW, 1.0])
def test_a_level_that_few_paths_move_has_the_digits_of_all(share):
    random = np.random.default_rng(1)
    level = random.uniform(0.1, 0.9, PATHS)
    move = np.where(random.random(PATHS) < share, random.normal(0.0, 0.1, PATHS), 0.0)
    before = level.copy()
    assert np.array_equal(grown(level, move), level * np.exp(move))
    assert np.array_equal(level, before)  # a market of before keeps its row


@pytest.mark.parametrize("there", [np.array([], dtype=np.int64), np.array([3, 7, 250])])
def test_flows_of_a_leg_on_few_paths_are_those_of_all_there_and_nothing_elsewhere(there):
    before, after, one, part = np.random.default_rng(2).normal(size=(4, PATHS))
    whole, few = np.empty(PATHS), np.full(PATHS, np.nan)
    leg_flow(before, after, one, part, 1e-5, 0.7, False, EVERY_PATH, whole)
    leg_flow(before[there], after[there], one, part, 1e-5, 0.7, True, there, few)
    assert np.array_equal(whole, part * (0.7 * ((after - before) * one / 1e-5)))
    assert np.array_equal(few, np.where(np.isin(np.arange(PATHS), there), whole, 0.0))
