"""A further node of the curve: declared in a scenario file, it is a factor, a column and, where it trades, a venue."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from analysis.charts import draw
from analysis.tables import storyline
from markets.factors.curve_noise import node_mixing
from markets.factors.key import US10Y, USD, FactorKey
from markets.spec import RateSpec
from markets.specs.rates import NodeSpec
from scenarios import from_dict, run
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, correlation_error, crisis, only, send, variance_error, watch, world_of

US30Y = FactorKey(*USD, "us30y")
NODE = {"years": 30, "vol": 0.009, "correlation": {"us10y": 0.9, "spot": 0.1}}
VENUE = {"half_spread": 0.00002, "depth": 5e9, "impact": 0.0005, "permanent_share": 1.0, "depth_floor": 1.0}
RATES = {"vol_overnight": 0.004, "vol_us2y": 0.006, "vol_us10y": 0.008}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL, "nodes": {"us30y": 0.035}},
    {"date": "2020-02-26", "spot": 90.0, "vol": 0.4, "us10y": 0.02, "nodes": {"us30y": 0.03}},
    {"date": "2020-03-04", **LEVEL, "nodes": {"us30y": 0.032}},
]
PLAIN = [{key: level for key, level in anchor.items() if key != "nodes"} for anchor in ANCHORS]
NOISY = {"dispersion": 0.5, "realised_ratio": 0.7, "xi": 0.8}


def with_node(node=None, venue=None, **more):
    """A scenario with a 30Y node, and with a venue of it where one is given."""
    market = {**NOISY, "rates": {**RATES, "nodes": {"us30y": node or NODE}}, **more.pop("market", {})}
    tables = {"venue": {"us30y": venue}} if venue else {}
    return crisis(anchors=ANCHORS, market=market, **tables, **more)


def without(**more):
    """The same without it."""
    return crisis(anchors=PLAIN, market={**NOISY, "rates": RATES}, **more)


# --- noise ------------------------------------------------------------------------------------------------------------
def test_noise_has_the_variance_and_the_correlations_that_are_given():
    market = {"dispersion": 1.0, "rates": {**RATES, "corr_us2y_us10y": 0.8, "nodes": {"us30y": NODE}}}
    factors = world_of(crisis(anchors=ANCHORS, market=NOISY | market, feedback=only(), minutes=390), 16384).factors
    factors.step(1)
    two, ten, thirty = factors.rates.noise[1:]
    ratio = 0.009 / 0.008
    assert abs(thirty.var(ddof=1) - ratio**2 * ten.var(ddof=1)) < K * (
        variance_error(thirty) + ratio**2 * variance_error(ten)
    )
    for other, rho in ((ten, 0.9), (factors.equity.deviation, 0.1)):
        assert abs(np.corrcoef(thirty, other)[0, 1] - rho) < K * correlation_error(rho, thirty.size)
    assert np.corrcoef(thirty, two)[0, 1] > 0.6  # by way of the 10Y


def test_a_correlation_that_nobody_gives_follows_from_the_others():
    """Given the 10Y alone, the 30Y's correlation with the 2Y is the product: 0.9 x 0.8; each row has length one."""
    spec = RateSpec(corr_us2y_us10y=0.8, nodes={"us30y": NodeSpec(years=30, correlation={"us10y": 0.9})})
    rows = node_mixing(spec.curve)
    found = rows @ rows.T
    assert found[3, 2] == pytest.approx(0.9, abs=1e-14)
    assert found[3, 1] == pytest.approx(0.72, abs=1e-14)
    np.testing.assert_allclose(np.diag(found), 1.0, atol=1e-14)


def test_nodes_are_mixed_alike_in_any_order_of_declaration():
    nodes = {
        "us5y": NodeSpec(years=5, correlation={"us2y": 0.9, "us10y": 0.9}),
        "us20y": NodeSpec(years=20, correlation={"us30y": 0.9}),
        "us30y": NodeSpec(years=30, correlation={"us10y": 0.9}),
    }
    one = node_mixing(RateSpec(nodes=nodes).curve)
    np.testing.assert_array_equal(one, node_mixing(RateSpec(nodes=dict(reversed(nodes.items()))).curve))
    alone = node_mixing(RateSpec(nodes={"us30y": nodes["us30y"]}).curve)
    own = np.count_nonzero(alone[3])
    assert np.count_nonzero(one[5]) == own, "no other newcomer is in it"


# --- the rest of the market ------------------------------------------------------------------------------------------
def test_whatever_else_there_is_does_not_notice():
    """To the last bit: each level of the market with the node, and without."""
    agents = {"maker": {"type": "MarketMaker", "capital": 1e9}}
    seen = [snapshots(scenario) for scenario in (without(agents=agents), with_node(agents=agents))]
    assert_as_before(*seen)
    assert seen[1][-1].row(US30Y).std() > 0


def test_nor_does_another_further_node():
    """A 5Y node beside it, which correlates with other nodes: the 30Y node is as before, to the last bit."""
    one = with_node()
    tables = one.to_dict()
    tables["market"]["rates"]["nodes"]["us5y"] = {"years": 5, "correlation": {"us2y": 0.9, "us10y": 0.7}}
    tables["storyline"]["anchor"][0]["nodes"]["us5y"] = 0.027
    assert_as_before(snapshots(one), snapshots(from_dict(tables)))


def snapshots(scenario):
    """The market at every MARK."""
    world = world_of(scenario, 8)
    watched = watch(world, Phase.MARK, lambda: world.factors.snapshot)
    world.run()
    return watched


def assert_as_before(before, after):
    """Every level of the one is in the other, to the last bit."""
    for one, other in zip(before, after, strict=True):
        for key in one.keys:
            assert one.row(key).tobytes() == other.row(key).tobytes(), key


def test_a_path_alone_is_the_path_among_others():
    many = world_of(with_node(venue=VENUE), 8)
    many.run()
    one = world_of(with_node(venue=VENUE), 1, first=5)
    one.run()
    assert one.factors.snapshot.row(US30Y)[0] == many.factors.snapshot.row(US30Y)[5]


def test_its_storyline_is_its_anchors():
    """With every loop cut and dispersion 0, closes on anchor dates are the anchors."""
    world = world_of(with_node(market={"dispersion": 0.0}, feedback=only()), 4)
    rates = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(US30Y).copy())
    world.run()
    closes = dict(zip(world.clock.session_dates, np.flatnonzero(world.clock.is_close), strict=True))
    for anchor, level in zip(ANCHORS, (0.035, 0.03, 0.032), strict=True):
        close = next(tick for day, tick in closes.items() if day.isoformat() == anchor["date"])
        np.testing.assert_allclose(rates[close], level, rtol=1e-12)


# --- trade ------------------------------------------------------------------------------------------------------------
def test_receiving_thirty_years_brings_the_thirty_year_rate_down():
    still = {"dispersion": 1.0, "realised_ratio": 0.0, "xi": 0.0}
    flat = [ANCHORS[0], {"date": "2020-03-04", "vol": 0.2}]
    rates = {"vol_us2y": 0.0, "vol_us10y": 0.0, "nodes": {"us30y": {**NODE, "vol": 0.0}}}
    scenario = crisis(anchors=flat, market={**still, "rates": rates}, venue={"us30y": VENUE}, feedback=only(impact=1.0))
    world = world_of(scenario, 2)
    fills = send(world, {1: {"us30y": np.array([1e9, -2e9])}})
    world.run()
    moved = world.factors.snapshot.row(US30Y) - 0.035
    np.testing.assert_allclose(moved, 0.0005 * np.array([-0.2, 0.4]), rtol=1e-10)
    np.testing.assert_array_equal(fills[1]["us30y"].quantity, [1e9, -2e9])
    assert (world.factors.us10y == 0.03).all()


def test_a_thirty_year_swap_is_sensitive_to_the_node():
    """Slopes of 1 $ received at par, by each node, against central differences of its value."""
    world = world_of(with_node(venue=VENUE), 2)
    venue, now, step = world.venue("us30y"), world.factors.snapshot, 1e-6
    slopes, par = venue.listing.sensitivities(), venue.mid
    for key in now.nodes(USD):
        (a, up), (b, down) = (venue.listing.benchmark.terms(0, now.bumped(key, by)) for by in (step, -step))
        expected = (par * (a - b) - (up - down)) / (2 * step)
        np.testing.assert_allclose(slopes[key], expected, rtol=1e-6, atol=1e-9)
    assert (slopes[US30Y] < 3 * slopes[US10Y]).all() and (slopes[US10Y] < 0).all()


def test_a_desk_holds_thirty_year_swaps_and_a_maker_quotes_them(tmp_path):
    """The whole cast runs: ledger and attribution are proved at every mark; risk by key is that of a bump."""
    agents = {
        "maker": {"type": "MarketMaker", "capital": 1e9, "venues": ["asset", "us2y", "us10y", "us30y"]},
        "desk": {
            "type": "Hedger",
            "capital": 1e9,
            "policy": {"kind": "every", "interval": "1d"},
            "book": [{"kind": "swap", "notional": 1e9, "months": 360}],
        },
        "bank": {"type": "FundingDesk", "line": 1e9},
    }
    scenario = with_node(venue=VENUE, agents=agents)
    world = world_of(scenario, 2)
    desk, now = world.desks["desk"], world.factors.snapshot
    up, down = (desk.book.value(0, now.bumped(US30Y, by), desk.unit.fixings) for by in (1e-6, -1e-6))
    np.testing.assert_allclose(desk.unit.risk().first(US30Y), (up - down) / 2e-6, rtol=1e-6)
    assert (np.abs(desk.unit.risk().first(US30Y)) > np.abs(desk.unit.risk().first(US10Y))).all()
    marks = run(scenario, paths=4, out=tmp_path / "run", workers=1, twin="none").table("marks").collect()
    assert marks.filter(pl.col("agent") == "desk")["rates"].abs().max() > 1e6


# --- files and tables ------------------------------------------------------------------------------------------------
def test_a_scenario_reads_back_and_one_without_is_written_as_before():
    scenario = with_node(venue=VENUE)
    told = scenario.to_dict()
    assert from_dict(told) == scenario
    assert told["venue"]["us30y"]["depth"] == 5e9
    assert told["storyline"]["anchor"][1]["nodes"] == {"us30y": 0.03}
    plain = without().to_dict()
    assert "nodes" not in plain["market"]["rates"] and "nodes" not in plain["storyline"]["anchor"][0]
    assert list(plain["venue"]) == ["asset", "us2y", "us10y"]


def test_tables_have_its_columns(tmp_path):
    result = run(with_node(venue=VENUE), paths=4, out=tmp_path / "run", workers=1, twin="frozen")
    closes, peaks = result.table("closes").collect(), result.table("peaks").collect()
    names = closes.columns
    assert names[names.index("overnight") :][:4] == ["overnight", "us2y", "us10y", "us30y"]
    assert peaks.columns[-6:] == ["low_us30y", "high_us30y", "low_us10y", "high_us10y", "low_us2y", "high_us2y"]
    highest = closes.group_by("world", "path").agg(pl.col("us30y").max()).join(peaks, on=["world", "path"])
    assert (highest["high_us30y"] >= highest["us30y"]).all()
    assert "30Y, %" in storyline(result).header
    assert "30Y" in json.dumps(draw(result, "storyline").to_dict())
    told = {column["name"]: column["label"] for column in result.manifest["tables"]["closes"]}
    assert told["us30y"] == "30Y zero rate"


WRONG = [
    ({"market.rates.nodes.us30y.correlation": {"us30": 0.9}}, "no such node"),
    ({"market.rates.nodes.us30y.correlation": {"us10y": 1.9}}, "between -1 and 1"),
    ({"market.rates.nodes.us30y.correlation": {"us10y": 0.99, "us2y": -0.9}}, "contradict each other"),
    ({"market.rates.nodes.us30y.years": 10}, "two nodes lie at one point of the curve"),
    ({"market.rates.nodes.us30y.years": -1}, "must be > 0"),
    ({"market.rates.nodes.us2y": {"years": 2}}, "every curve has this node"),
    ({"market.rates.nodes.cash": {"years": 7}}, "the ledger counts money under this name"),
    ({"market.rates.nodes.venue": {"years": 7}}, "a column of this name"),
    ({"market.rates.nodes.us7y": {"years": 7}}, "the first anchor needs this level"),
    ({"storyline.anchor.2.nodes.us3y": 0.02}, "no such node"),
    ({"venue.us3y": VENUE}, "unknown key"),
    ({"assets.us30y": {"spot": 1.0, "vol": 0.1}}, "an asset has this name"),
]


@pytest.mark.parametrize(("keys", "rule"), WRONG)
def test_mistakes_are_told(keys, rule):
    with pytest.raises(UserError, match=rule):
        from_dict(with_node(venue=VENUE).to_dict(), overrides=keys)
    if rule == "unknown key":
        with pytest.raises(UserError, match="us30y"):
            from_dict(with_node(venue=VENUE).to_dict(), overrides=keys)
