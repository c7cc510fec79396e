"""The engine against its limit: the covid preset as one loop over paths, which computes the same tables.

The loop knows the one-factor laws of vol and credit and attributes at the closes, so both sides do; and the desk has
$1bn, so that the lender's force is part of what is compared.
"""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.bench import fused
from tests.bench.timing import least
from tests.bench.worlds import covid, run_all, worlds

CHECKED = 2_048  # paths
CHECKED_TABLES = ("marks", "closes", "peaks")  # some columns of which the loop computes
NAMES = {
    "calm": "spread_cost_calm",
    "crisis": "spread_cost_crisis",
    "impact": "impact_cost",
    "closeout": "closeout_cost",
} | {name: f"funding_{name}" for name in ("overnight", "credit")}


def covered():
    """The preset as the loop covers it."""
    return covid(
        market__vol_law="leverage",
        credit__law="elasticity",
        agents__hedger__capital=1e9,
        run__attribution="daily",
        run__marks="all",
    )


def tables(scenario, paths):
    """The tables of a run, from the log."""
    ran = list(worlds(scenario, paths))
    for world in ran:
        world.run()
    return {name: pl.concat([w.log.frame(name, w.clock) for w in ran]) for name in CHECKED_TABLES}


def by_close(frame, column, paths):
    return frame.sort("time", "path")[column].to_numpy().reshape(-1, paths)


@pytest.fixture(scope="module")
def made():
    return fused.plan(covered())


def test_the_loop_is_the_engine(made):
    """P&L of every agent, the desk's attribution and costs at every close of every path; closes and peaks."""
    scenario = covered()
    found, engine = fused.run(scenario, CHECKED, made), tables(scenario, CHECKED)
    for row, agent in enumerate(scenario.agents):
        marks = engine["marks"].filter(pl.col("agent") == agent.name)
        expected = by_close(marks, "pnl", CHECKED)
        assert np.max(np.abs(found.pnl[:, row] - expected)) < 1e-9 * agent.capital
        if agent.name == "hedger":
            for part, name in enumerate(fused.PARTS):
                expected = by_close(marks, NAMES.get(name, name), CHECKED)
                assert np.max(np.abs(found.parts[:, part] - expected)) < 1e-9 * agent.capital
            assert marks["liquidated"].any() and marks["defaulted"].any()  # the rare branches are taken
    for row, name in enumerate(fused.CLOSES):
        assert np.allclose(found.closes[:, row], by_close(engine["closes"], name, CHECKED), rtol=1e-8, atol=1e-12), name
    asset = scenario.venue.asset
    peaks = (
        engine["peaks"]
        .sort("path")
        .with_columns(
            depth=asset.depth * pl.col("low_depth_multiple"),
            half_spread=asset.half_spread * pl.col("peak_half_spread_multiple"),
        )
    )
    for row, name in enumerate(fused.LOW + fused.HIGH):
        assert np.allclose(found.peaks[row], peaks[name].to_numpy(), rtol=1e-8, atol=1e-12), name


def test_a_full_covid_run_against_the_loop(board, paths, made):
    scenario = covered()
    fused.run(scenario, 16, made)  # compiled
    engine, some, loop = least(
        3,
        lambda: run_all(scenario, paths),
        lambda: run_all(scenario, paths, tables=CHECKED_TABLES),
        lambda: fused.run(scenario, paths, made),
    )
    noise = least(3, lambda: fused.draw_all(scenario, paths, made))[0]
    what = f"full covid run, one-factor laws, {paths:,} paths, nothing written"
    opponent = "hand-fused numba loop over paths"
    board.within(what, opponent, ours=engine, theirs=loop, at_most=1.25)
    board.within(
        f"the same, only {', '.join(CHECKED_TABLES)} gathered, as by the loop", opponent, ours=some, theirs=loop
    )
    board.figure("of the fused loop: drawing the noise", noise, "s")
