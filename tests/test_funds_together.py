"""All funds that trade vol or follow a rule in one market: the laws that every run obeys."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import polars as pl
import pytest

from markets.costs import INVENTORY
from scenarios.reading.loading import from_dict
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from tests.same.casts import casts
from tests.small import gross
from tests.test_invariants import COMPONENTS, assert_close, assert_same, frames

PATHS = 6
CAST = casts()["cast_vol"]
CAST["run"] |= {"paths": PATHS, "witnesses": PATHS}
FUNDS = ("inverse", "triple", "target", "implied", "balanced", "trend", "crossing", "patient")


@pytest.mark.slow
def test_a_path_does_not_know_of_others_nor_of_the_order_of_agents():
    scenario = from_dict(copy.deepcopy(CAST))
    whole = frames(scenario, 0, PATHS)
    alone, (left, right) = frames(scenario, 4, 1), (frames(scenario, first, n) for first, n in ((0, 2), (2, 4)))
    for name, table in whole.items():
        assert_same(table.filter(pl.col("path") == 4), alone[name])
        if name != "trades":  # clients trade both ways in one instant: ties
            assert_same(table, pl.concat([left[name], right[name]]))
    turned = frames(dataclasses.replace(scenario, agents=scenario.agents[::-1]), 0, PATHS)
    for name, table in whole.items():
        assert_close(table, turned[name], 1e-9)


@pytest.mark.slow
def test_books_balance_and_the_parts_add_up():
    scenario = from_dict(copy.deepcopy(CAST))
    world = make_world(scenario, Chunk("actual", 0, PATHS), scenario.feedback)
    world.run()
    world.ledger.check(lambda: "the end")
    marks = world.log.frame("marks", world.clock)
    total = marks.select(pl.sum_horizontal([*COMPONENTS, INVENTORY.name])).to_series().to_numpy()
    np.testing.assert_allclose(total, marks["pnl"].to_numpy(), rtol=0, atol=1e-9 * gross(world.ledger).max())
    traded = marks.filter(pl.col("agent").is_in(FUNDS)).group_by("agent").agg(pl.col("spread_cost_calm").min())
    assert traded.filter(pl.col("spread_cost_calm") < -1.0).height == len(FUNDS)


@pytest.mark.slow
def test_where_all_are_price_takers_the_market_is_as_if_the_funds_were_not_there():
    def market(tables):
        scenario = from_dict(tables)
        world = make_world(scenario, Chunk("price_taker", 0, 2), scenario.feedback, price_takers=True)
        world.run()
        return world.log.frame("market", world.clock)

    without = copy.deepcopy(CAST)
    without["agents"] = {name: table for name, table in CAST["agents"].items() if name not in FUNDS}
    assert_same(market(copy.deepcopy(CAST)), market(without))
