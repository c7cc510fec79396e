"""Margin of 500 netting sets of 40 trades on 10,000 paths, one date, against nested Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest

from markets.rate_vols.hull_white import HullWhite, SwapTerms
from markets.rate_vols.netting_set import NettingSet, SwaptionTrade, margins, swap_flows
from tests.bench.timing import seconds

SETS, TRADES, PATHS = 500, 40, 10_000
NOW, PERIOD, LEVEL = 0.5, 1 / 24, 0.99
INNER = 1_000  # draws of the nested Monte Carlo, as in the seed's study


def rising(years):
    return -(0.0375 + 0.0008 * np.asarray(years)) * np.asarray(years)


MODEL = HullWhite(reversion=0.03, sigma=0.01, log_discount=rising)


def sets(count: int) -> list[NettingSet]:
    """Half swaps, half swaptions, either side, of 1 to 30 years."""
    random, out = np.random.default_rng(7), []
    for _ in range(count):
        flows, options = [], []
        for k in range(TRADES):
            rate, size = float(random.normal(0.04, 0.006)), float(random.choice([-1, 1]) * random.uniform(1e6, 1e7))
            swap = SwapTerms.regular(float(random.uniform(0.6, 5)), int(random.integers(1, 26)), 2)
            if k % 2:
                options.append(SwaptionTrade(swap, rate, size, str(random.choice(["payer", "receiver"]))))
            else:
                flows += swap_flows(swap, rate, size)
        out.append(NettingSet(MODEL, flows=flows, swaptions=options))
    return out


def states(count: int) -> np.ndarray:
    """Short rates on the paths at NOW."""
    normals = np.random.default_rng(8).standard_normal(count)
    return float(MODEL.forward(NOW)) + np.sqrt(float(MODEL.variance(NOW))) * normals


def nested(one: NettingSet, rates: np.ndarray) -> np.ndarray:
    """Margin of one set by drawing the rate at the end of the period again and again, (paths,) $."""
    centre, sd = one.later(NOW, PERIOD, rates)
    draws = np.random.default_rng(9).standard_normal((INNER, rates.size))
    losses = one.value(NOW, rates) - one.value(NOW + PERIOD, centre + sd * draws, settled=NOW)
    return np.maximum(np.quantile(losses, LEVEL, axis=0), 0.0)


@pytest.mark.long
def test_margin_of_many_sets(board) -> None:
    """The error of Monte Carlo falls with the root of its draws: the time at the same error is scaled by that."""
    all_sets, rates = sets(SETS), states(PATHS)
    for one in all_sets:
        one.value(NOW, rates[:2])  # where each option is exercised is looked for once in a run
    few = rates[:20]
    together = margins(all_sets, NOW, rates, level=LEVEL, years=PERIOD)[:10, :20]
    exact = np.array([one.margin(NOW, few, level=LEVEL, years=PERIOD) for one in all_sets[:10]])
    error = float(np.abs(together - exact).max() / exact.mean())
    noise = float(np.std(nested(all_sets[0], few) / exact[0] - 1))
    assert error < 2e-4
    ours = seconds(lambda: margins(all_sets, NOW, rates, level=LEVEL, years=PERIOD))
    theirs = seconds(lambda: nested(all_sets[0], few)) * SETS * PATHS / few.size
    what = f"margin of {SETS} netting sets of {TRADES} trades on {PATHS:,} paths, error {error:.0e}"
    board.faster(what, f"nested, {INNER:,} draws, error {noise:.0e}, from 20 paths", ours=ours, theirs=theirs)
    board.figure("nested draws that the same error needs, over those", (noise / error) ** 2, "x")
