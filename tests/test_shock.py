"""Shocks to the curve of a running market: where rates go, what a revaluation says, what living through it costs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result

from markets.curves.stress import parse_stress
from markets.factors.key import RATES_VOL, US2Y, US10Y, FactorKey
from scenarios import from_dict, shock
from scenarios.cli import main
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


EUR_NODES = {"eur_2y": {"years": 2, "rate": 0.01}, "eur_10y": {"years": 10, "rate": 0.015}}
APART = {
    "currencies": {"eur": {"nodes": EUR_NODES}},
    "spreads": {"term": {"level": 0.002}, "slope": {"nodes": {"s2": {"years": 2}, "s30": {"years": 30}}}},
}
EUR2, EUR10 = (FactorKey("zero", "eur", name) for name in EUR_NODES)
TERM, S2, S30 = FactorKey("spread", "term", "term"), *(FactorKey("spread", "slope", name) for name in ("s2", "s30"))
MOVING = (US2Y, US10Y, EUR2, EUR10, TERM, S2, S30)


@pytest.mark.parametrize(
    ("shock", "moves"),
    [
        ({"stress": "parallel 50"}, {US2Y: 50, US10Y: 50}),
        ({"stress": "parallel 50 on usd"}, {US2Y: 50, US10Y: 50}),
        ({"stress": "steepener 40 on eur"}, {EUR2: -40, EUR10: 40}),
        ({"stress": "parallel 20 on term"}, {TERM: 20}),
        ({"stress": "2Y 5, 30Y -7 on slope"}, {S2: 5, S30: -7}),
        ({"stress": "parallel 30", "nodes": ["eur_10y", "us2y", "term"]}, {EUR10: 30, US2Y: 30, TERM: 30}),
        ({"stress": "parallel 30 on eur", "nodes": ["eur_2y"]}, {EUR2: 30}),
    ],
)
def test_a_shock_moves_the_curve_that_it_names(shock, moves):
    calm, _ = rates_of(struck(rates=APART, agents={}), MOVING)
    moved, _ = rates_of(struck({"date": "2020-02-26", **shock}, rates=APART, agents={}), MOVING)
    expected = np.array([moves.get(key, 0) for key in MOVING]) * 1e-4
    assert moved[-1] - calm[-1] == pytest.approx(np.broadcast_to(expected[:, None], calm[-1].shape), abs=1e-15)
    assert (moved[0] == calm[0]).all()


def test_the_revaluation_of_a_swap_in_euros_is_that_of_their_curve():
    """Beside it nothing moves: the event is the book's value on the bumped nodes less its value."""
    rates = {"currencies": APART["currencies"], "spreads": {}}
    book = [{"kind": "cross_currency_swap", "currency": "eur", "months": 60, "notional": 1e9}]
    desk = {"type": "Hedger", "capital": 1e9, "policy": {"kind": "never"}, "book": book}
    told = {"rates": {**RATES, **rates}, "fx": {"eur": {"spot": 1.1}}}
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL}]
    tables = crisis(anchors=days, market=told, agents={"maker": {"type": "MarketMaker"}, "desk": desk}).to_dict()
    tables["storyline"]["shock"] = [{"date": "2020-02-26", "stress": "parallel 50 on eur"}]
    world = world_of(from_dict(tables, as_given=True), 4)

    def revalued():
        book, now, fixings = world.desks["desk"].book, world.factors.snapshot, world.desks["desk"].unit.fixings
        moved = now.bumped(EUR2, 0.005).bumped(EUR10, 0.005)
        tick = max(int(np.searchsorted(world.clock.ticks, world.now)) - 1, 0)  # the market has not moved on yet
        return [book.value(tick, each, fixings).copy() for each in (now, moved)]

    seen = watch(world, Phase.SHOCK, revalued)
    world.run()
    events = world.log.frame("events", world.clock).sort("path")
    found = events.filter((pl.col("kind") == STATIC) & (pl.col("subject") == "desk"))["value"].to_numpy()
    tick = next(k for k, at in enumerate(world.clock.ticks) if str(world.clock.timestamp(int(at))) >= "2020-02-26")
    before, after = seen[tick]
    assert abs(found).min() > 1e5
    np.testing.assert_allclose(found, after - before, rtol=1e-9)


@pytest.mark.parametrize(
    ("shock", "said"),
    [
        ({"stress": "steepener 20 on term"}, "the spread term is flat and has no shape, got 'steepener 20 on term'"),
        ({"stress": "parallel 20 on gbp"}, "got 'gbp'; known: usd, eur, term, slope"),
        ({"stress": "parallel 20 on eur", "nodes": ["us2y"]}, "shock.1.nodes: no such node, got 'us2y'"),
    ],
)
def test_a_curve_that_a_shock_cannot_move(shock, said):
    with pytest.raises(UserError) as caught:
        struck({"date": "2020-02-26", **shock}, rates=APART)
    assert said in str(caught.value) and "\n" not in str(caught.value)


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
        (
            {"date": "2020-02-26", "stress": "parallel 50 on discounting"},
            "shock.1.stress: curves of a running market move as curves",
        ),
        ({"date": "2020-02-26", "stress": "parallel 5; parallel 6 on usd"}, "of a running market move as curves"),
        ({"date": "2020-02-26", "stress": "up a bit"}, "storyline.shock.1.stress: is not a stress, got 'up a bit'"),
        (
            {"date": "2020-02-26", "stress": "parallel 50 on sofr"},
            "storyline.shock.1.stress: no curve of this name moves on its own, got 'sofr'; known: usd",
        ),
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


def test_a_second_shock_takes_the_place_of_the_first_table_but_not_of_a_changed_one(tmp_path, monkeypatch):
    """`spiral shock` names its folder by the scenario alone, so the next shock goes there too."""
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(scenario_text(struck(minutes=195), "by a test"))
    command = ["shock", "small.toml", "--at", "2020-02-26", "--paths", "4", "--workers", "1", "--quiet", "--out", "out"]

    def said(*more: str) -> Result:
        return CliRunner().invoke(main, [*command, *more])

    tables = []
    for stress in ("parallel 50", "parallel 20"):
        assert (result := said("--stress", stress)).exit_code == 0, result.output
        tables.append(Path("out/shock.csv").read_text())
    assert tables[0] != tables[1]
    Path("out/shock.csv").write_text("mine\n")
    refused = said("--stress", "parallel 10")
    assert refused.exit_code == 2 and "the file is there already" in refused.output
    assert Path("out/shock.csv").read_text() == "mine\n"
