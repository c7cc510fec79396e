"""Paths with one noise: they differ by what is ordered, and by nothing else."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from scenarios import from_dict, load, open_session, resume_session, run
from scenarios.scenario import Scenario
from sim.block_stream import BLOCK
from sim.errors import UserError
from sim.streams import Streams
from tests.test_session import CRASH, erratic, lived, neutral, same


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load("covid_crash_2020", CRASH | {"run.common_noise": True})


@pytest.mark.parametrize("generator", ["numpy", "philox"])
@pytest.mark.parametrize("first", [0, 5, BLOCK + 1])
def test_every_path_has_the_numbers_of_path_0(first, generator):
    own = Streams(3, 0, 1, generator).stream("a")
    common = Streams(3, first, 4, generator, common=True).stream("a")
    for draw in ("normal", "uniform"):
        np.testing.assert_array_equal(getattr(common, draw)(), np.repeat(getattr(own, draw)(), 4))
    np.testing.assert_array_equal(common.normals(3), np.repeat(own.normals(3), 4, axis=1))


def test_a_common_stream_is_written_to_on_one_path_alone():
    drawn = Streams(3, 0, 3, common=True).stream("a").normal()
    drawn[0] = 9.0
    assert drawn[1] != 9.0


def test_paths_without_orders_are_one_path(scenario, tmp_path):
    found = run(scenario, paths=3, twin="none", out=tmp_path / "run", workers=1).desks.collect()
    first = found.filter(pl.col("path") == 0).drop("path")
    assert first.height
    for path in (1, 2):
        assert found.filter(pl.col("path") == path).drop("path").equals(first, null_equal=True)


def test_path_0_is_that_of_an_ordinary_run(scenario, tmp_path):
    ordinary = run(load("covid_crash_2020", CRASH), paths=1, twin="none", out=tmp_path / "own", workers=1)
    common = run(scenario, paths=2, twin="none", out=tmp_path / "common", workers=1)
    of_path = common.marks.filter(pl.col("path") == 0).collect()
    assert of_path.equals(ordinary.marks.collect(), null_equal=True)


def test_a_path_of_a_session_equals_the_path_alone(scenario):
    together, alone = (open_session(scenario, paths=n, decide="2h") for n in (3, 1))
    while not together.done:
        units = 1e5 * np.cos(together.tick)
        together.send({"asset": units}, path=2)
        together.send({"asset": -2e5}, path=0)
        alone.send({"asset": units})
        seen, lonely = together.advance(), alone.advance()
        assert seen.account.pnl[2] == lonely.account.pnl[0]
        assert seen.market["spot"][2] == lonely.market["spot"][0]
    assert len(set(seen.account.pnl)) == 3


@pytest.mark.parametrize("act", [neutral, erratic])
def test_a_finished_session_is_what_was_lived(scenario, tmp_path, act):
    session = lived(scenario, act)
    result = session.finish(out=tmp_path / "run", workers=1, twin="price_taker")
    same(session, result)
    assert result.manifest["scenario"]["run"]["common_noise"] is True
    assert any("noise of one" in line for line in result.manifest["notes"])


def test_the_twin_of_a_desk_that_does_nothing_is_the_same_on_every_path(scenario, tmp_path):
    session = open_session(scenario, paths=2, decide="1d")
    session.send({"asset": 5e5}, path=1)
    found = session.finish(out=tmp_path / "run", workers=1).closes.filter(pl.col("world") == "price_taker").collect()
    by_path = [found.filter(pl.col("path") == path)["mid"].to_list() for path in (0, 1)]
    assert by_path[0] == by_path[1]


def test_the_key_is_written_only_where_it_is_set(scenario):
    assert "common_noise" not in load("calm_market").to_dict()["run"]
    assert from_dict(scenario.to_dict()).run.common_noise is True


def test_a_saved_session_goes_on_with_the_same_noise(tmp_path):
    session = open_session("covid_crash_2020", paths=2, decide="1d", common_noise=True)
    session.send({"asset": 1e5}, path=1)
    session.advance()
    again = resume_session(session.save(tmp_path / "session.json"))
    np.testing.assert_array_equal(again.observe().account.pnl, session.observe().account.pnl)
    assert again.scenario.run.common_noise


def test_a_session_without_a_seat_watches_what_a_policy_does(scenario):
    watching = open_session(load("calm_market"), seat=(), decide="1d")
    seen = watching.advance()
    assert seen.seat == "hedger"
    assert watching.watch("hedger").venues["asset"].held == seen.venues["asset"].held
    with pytest.raises(UserError, match="the session has no seat"):
        watching.send({"asset": 1.0})
    with pytest.raises(UserError, match="no hedger of that name"):
        watching.watch("bank")


def test_an_order_costs_what_its_charge_and_walk_say():
    session = open_session("calm_market", decide="tick")
    seen = session.observe().venues
    notional = 2e8
    for venue in ("asset", "us10y"):
        session.send({venue: notional / seen[venue].notional[0]})
    for fill in session.advance().fills:
        at = seen[fill.venue]
        units = fill.quantity[0] * at.notional[0]
        expected = units * at.charge[0] * (at.half_spread[0] + at.walk[0] * units / at.depth[0])
        worse = abs(fill.price[0] - at.mid[0]) / (at.mid[0] if fill.venue == "asset" else 1.0)
        paid = units * at.charge[0] * worse
        assert paid == pytest.approx(expected, rel=0.05)  # the quotes have moved between DECIDE and CLEAR
        assert units == pytest.approx(notional)
