"""Shocks to the curve of a running market: where rates go, what a revaluation says, what living through it costs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from markets.curves.stress import parse_stress
from markets.factors.key import RATES_VOL, US2Y, US10Y
from scenarios import from_dict, shock
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from scenarios.studies.shock import FIGURES
from scenarios.worlds.shocks import STATIC
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, watch, world_of

RATES = {"vol_us2y": 0.006, "vol_us10y": 0.008, "mean_reversion": 5.0}
VENUE = {"half_spread": 0.0, "depth": 5e9, "impact": 0.001, "capacity": 100.0}
AGENTS = {
    "maker": {"type": "MarketMaker", "venues": ["asset", "us2y", "us10y", "note"], "capital": 20e9},
    "pensions": {"type": "LiabilityFund", "venue": "note", "capital": 2e9, "leverage": 3.0},
}


def struck(*shocks, rates=None, agents=AGENTS, **more):
    """A market of noise with a note and a fund that holds it, and shocks."""
    told = {"rates": {**RATES, "bonds": {"note": {"node": "us10y", "venue": VENUE}}, **(rates or {})}}
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL}]
    scenario = crisis(anchors=days, market=told, agents=agents, **more).to_dict()
    scenario["storyline"]["shock"] = list(shocks)
    return from_dict(scenario, as_given=True)


def rates_of(scenario, keys=(US2Y, US10Y)):
    """(ticks, nodes, paths), and the world."""
    world = world_of(scenario, 4)
    seen = watch(world, Phase.MARKET, lambda: [world.factors.snapshot.row(key).copy() for key in keys])
    world.run()
    return np.array(seen), world


@pytest.mark.parametrize(
    "stress", ["parallel 50", "steepener 25", "flattener 25", "inversion -40", "butterfly 30", "2Y 10, 10Y -5"]
)
def test_rates_move_by_the_shape_and_stay_moved(stress):
    """Nobody trades: the same noise, and the shape of the static stresses from the tick on."""
    calm, _ = rates_of(struck(agents={}))
    moved, world = rates_of(struck({"date": "2020-02-26", "time": "11:00", "stress": stress}, agents={}))
    tick = next(
        k for k, at in enumerate(world.clock.ticks) if str(world.clock.timestamp(int(at))) >= "2020-02-26 11:00"
    )
    assert (moved[:tick] == calm[:tick]).all()
    expected = parse_stress(stress).move([2.0, 10.0])
    assert moved[tick:] - calm[tick:] == pytest.approx(np.broadcast_to(expected[:, None], calm[tick:].shape), abs=1e-15)


def test_without_a_time_it_comes_with_the_first_tick_and_shocks_add_up():
    calm, world = rates_of(struck(agents={}))
    day = {"date": "2020-02-26"}
    two = struck({**day, "stress": "parallel 30"}, {**day, "stress": "parallel 20", "nodes": ["us10y"]}, agents={})
    moved, _ = rates_of(two)
    opened = int(np.flatnonzero(world.clock.is_open & (world.clock.day == 5 - 1))[0])
    assert str(world.clock.timestamp(int(world.clock.ticks[opened])))[:10] == "2020-02-25"
    first = int(np.flatnonzero(np.abs(moved - calm).max(axis=(1, 2)))[0])
    assert world.clock.is_open[first]
    assert str(world.clock.timestamp(int(world.clock.ticks[first])))[:10] == "2020-02-26"
    assert (moved - calm)[first:, 0] == pytest.approx(0.003, abs=1e-15)
    assert (moved - calm)[first:, 1] == pytest.approx(0.005, abs=1e-15)


def test_the_revaluation_is_of_the_market_before_it():
    """Bonds of D years: units x P (exp(-D dy) - 1), on every path; the market itself is untouched by it."""
    scenario = struck({"date": "2020-02-26", "stress": "steepener 50"})
    world = world_of(scenario, 4)
    before = watch(world, Phase.SHOCK, lambda: (world.venue("note").held("pensions").copy(), world.venue("note").mid))
    world.run()
    events = world.log.frame("events", world.clock).sort("path")
    found = {
        row["path"]: row
        for row in events.iter_rows(named=True)
        if (row["kind"], row["subject"]) == (STATIC, "pensions")
    }
    tick = next(k for k, at in enumerate(world.clock.ticks) if str(world.clock.timestamp(int(at))) >= "2020-02-26")
    units, price = before[tick]
    for path, row in found.items():
        assert row["value"] == pytest.approx(units[path] * price[path] * math.expm1(-10 * 0.005), rel=1e-9)
    assert len(found) == 4


def test_the_vol_of_rates_answers_a_shock():
    rates = {"vol": {"usd": {}}}
    calm, _ = rates_of(struck(agents={}, rates=rates), (RATES_VOL,))
    moved, _ = rates_of(struck({"date": "2020-02-26", "stress": "parallel 50"}, agents={}, rates=rates), (RATES_VOL,))
    assert (moved[-1] > 1.2 * calm[-1]).all()


def test_both_figures_side_by_side(tmp_path):
    """A fund in bonds: what feedback adds is the difference, and the price taker's loss is near the revaluation."""
    scenario = struck(run={"paths": 16, "witnesses": 0}, minutes=195)
    found = shock(scenario, "parallel 50", "2020-02-26", out=tmp_path / "shock", workers=1)
    row = found.row(0, named=True)
    assert found["agent"].to_list() == ["pensions"]
    assert row["feedback"] == pytest.approx(row["lived"] - row["untraded"], rel=1e-9)
    assert row["static"] == pytest.approx(-6e9 * 10 * 0.005, rel=0.1)
    assert row["untraded"] == pytest.approx(row["static"], rel=0.15)
    assert row["lived"] < row["untraded"] < 0
    assert all(row[f"{figure}_error"] > 0 for figure in FIGURES)


def test_a_written_file_has_shocks_and_laws_of_the_curve():
    shocks = (
        {"date": "2020-02-26", "stress": "parallel 50"},
        {"date": "2020-02-27", "stress": "2Y 10, 10Y -5", "time": "11:00"},
    )
    anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "spot": 101.0}]
    for law in ({"drivers": {}}, {"hull_white": {"sigma": 0.012}}, {"drivers": {"scale": 2.0}, "repo": {"usd": {}}}):
        tables = crisis(anchors=anchors, market={"rates": law}).to_dict()
        tables["storyline"]["shock"] = list(shocks)
        scenario = from_dict(tables, as_given=True)
        assert scenario.market.rates.drivers is not None or scenario.market.rates.hull_white is not None
        check_reads_back(scenario_text(scenario, "by a test"), scenario, Path())


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"date": "2020-02-26", "stress": "twist 50"}, "storyline.shock.1.stress: no such shape, got 'twist'"),
        ({"date": "2020-02-26", "stress": "up a bit"}, "storyline.shock.1.stress: is not a stress, got 'up a bit'"),
        ({"date": "2020-02-26", "stress": "parallel 50 on sofr"}, "a running market has one curve of nodes"),
        ({"date": "2020-02-26", "stress": "parallel 50", "time": "11"}, "shock.1.time: is not a time of day, got '11'"),
        ({"date": "2020-02-26", "stress": "parallel 50", "nodes": ["us5y"]}, "shock.1.nodes: no such node, got 'us5y'"),
        ({"date": "2020-02-19", "stress": "parallel 50"}, "a shock falls after the start, 2020-02-19, and by the end"),
        ({"stress": "parallel 50"}, "storyline.shock.1.date: this key is required"),
    ],
)
def test_mistakes_in_one_line(spec, said):
    with pytest.raises(UserError) as caught:
        struck(spec)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("at", "time", "said"),
    [
        ("2020-02-29", "", "XNYS is closed on this Saturday"),
        ("2020-03-04", "17:00", "the run has no tick there, got '2020-03-04 17:00'"),
        ("soon", "", "is not a date, got 'soon'"),
    ],
)
def test_moments_that_the_run_does_not_have(at, time, said, tmp_path):
    with pytest.raises(UserError, match=said):
        shock(struck(), "parallel 50", at, time=time, out=tmp_path / "shock")
