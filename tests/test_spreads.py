"""Spread curves: factors of their own over a curve, which floating legs and bonds are read from."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from markets.factors.key import US2Y, US10Y, USD, FactorKey
from scenarios import from_dict, run
from scenarios.describing.scenario_file import check_reads_back, scenario_text
from scenarios.worlds.books import starting_market
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, correlation_error, crisis, only, send, variance_error, watch, world_of

TERM = FactorKey("spread", "term", "term")
SPREADS = {
    "term": {"level": 0.0026, "vol": 0.004, "correlation": {"spot": -0.3, "us2y": 0.5}},
    "swap": {
        "nodes": {
            "swap_10y": {"years": 10, "level": -0.0005, "vol": 0.002},
            "swap_30y": {"years": 30, "level": -0.0029, "vol": 0.003, "correlation": {"swap_10y": 0.8}},
        }
    },
}
RATES = {"vol_overnight": 0.004, "vol_us2y": 0.006, "vol_us10y": 0.008}
NOISY = {"dispersion": 0.5, "realised_ratio": 0.7, "xi": 0.8}
ANCHORS = [
    {"date": "2020-02-19", **LEVEL, "nodes": {"us30y": 0.035}},
    {"date": "2020-02-26", "us10y": 0.02, "spreads": {"term": 0.008, "swap_30y": -0.0078}},
    {"date": "2020-03-04", **LEVEL},
]
NODES = {"us30y": {"years": 30, "vol": 0.009, "correlation": {"us10y": 0.9}}}
BOND = {"node": "us30y", "spread": "swap", "venue": {"half_spread": 1e-5, "depth": 5e9, "impact": 0.001}}
BOOK = [
    {"kind": "swap", "notional": 1e9, "months": 84, "fixed_rate": 0.03},
    {"kind": "cap", "fixed_rate": 0.03, "months": 24, "notional": -1e9},
    {"kind": "swaption", "side": "payer", "months": 6, "swap_months": 60, "notional": 1e9},
    {"kind": "bermudan_swaption", "side": "payer", "months": 6, "swap_months": 36, "notional": -1e8},
]


def scenario(book=(), market=None, spreads=SPREADS, anchors=ANCHORS, bonds=None, **rates):
    """A small crisis of spreads, in which floating rates are term rates."""
    told = {**RATES, "nodes": NODES, "spreads": spreads, "projection": "term", **rates}
    told |= {"bonds": bonds} if bonds else {}
    venues = ["asset", "us2y", "us10y", *(bonds or {})]
    desk = {"type": "Hedger", "capital": 1e9, "policy": {"kind": "every", "interval": "1d"}, "book": list(book)}
    agents = {"maker": {"type": "MarketMaker", "capital": 1e9, "venues": venues}}
    agents |= {"desk": desk, "bank": {"type": "FundingDesk", "line": 1e9}} if book else {}
    return crisis(anchors=anchors, market={**NOISY, **(market or {}), "rates": told}, agents=agents)


# --- noise ------------------------------------------------------------------------------------------------------------
def test_noise_has_the_variance_and_the_correlations_that_are_given():
    told = scenario(market={"dispersion": 1.0}, anchors=[ANCHORS[0], {"date": "2020-03-04", **LEVEL}])
    factors = world_of(told, 16384).factors
    for tick in (1, 2, 3):
        factors.step(tick)
    years = np.array(factors.rates._years[1:4])
    term, swap = factors.other_curves.noise[0], factors.other_curves.noise[1:]
    decay = np.exp(-4.0 * years)
    expected = 0.0
    for dt, kept in zip(years, decay, strict=True):
        expected = kept**2 * expected + 0.004**2 * (1 - np.exp(-8.0 * dt)) / 8.0
    assert abs(term.var(ddof=1) - expected) < K * variance_error(term)
    two = factors.rates.noise[1]
    for one, other, rho in (
        (term, factors.equity.deviation, -0.3),
        (term, two, 0.5),
        (*swap, 0.8),
        (term, swap[0], 0.0),
    ):
        assert abs(np.corrcoef(one, other)[0, 1] - rho) < K * correlation_error(rho, term.size) + 0.01


def test_noise_is_correlated_with_driven_nodes_too():
    """Of a curve whose nodes move by level, slope and curvature."""
    rates = {"drivers": {}, "nodes": {"us30y": {"years": 30}}, "spreads": {"term": SPREADS["term"]}}
    told = crisis(anchors=[ANCHORS[0], ANCHORS[2]], market={**NOISY, "dispersion": 1.0, "rates": rates})
    factors = world_of(told, 8192).factors
    factors.step(1)
    term, two = factors.other_curves.noise[0], factors.rates.noise[1]
    assert abs(np.corrcoef(term, two)[0, 1] - 0.5) < K * correlation_error(0.5, term.size)


def test_nothing_else_changes_with_a_spread():
    """The curve, the asset and vol have the same levels to the last bit, whatever spreads are declared."""
    told = scenario(projection="", spreads=SPREADS, anchors=[ANCHORS[0], ANCHORS[2]])
    plain = scenario(projection="", spreads={}, anchors=[ANCHORS[0], ANCHORS[2]])
    before, after = (watched(each) for each in (plain, told))
    for one, other in zip(before, after, strict=True):
        for key in one.keys:
            assert one.row(key).tobytes() == other.row(key).tobytes(), key
    alone = {"term": {**SPREADS["term"], "correlation": {}}}
    ends = [ANCHORS[0], ANCHORS[2]]
    fewer, more = (watched(scenario(spreads=each, anchors=ends)) for each in (alone, alone | {"other": {"vol": 0.01}}))
    assert all(a.row(TERM).tobytes() == b.row(TERM).tobytes() for a, b in zip(fewer, more, strict=True))


def watched(told):
    """The market at every MARK."""
    told = from_dict({**told.to_dict(), "agents": {}}) if not told.agents else told
    world = world_of(told, 8)
    found = watch(world, Phase.MARK, lambda: world.factors.snapshot)
    world.run()
    return found


def test_its_storyline_is_its_anchors():
    """With every loop cut and dispersion 0, closes on anchor dates are the anchors."""
    told = scenario(market={"dispersion": 0.0})
    world = world_of(from_dict(told.to_dict() | {"feedback": only()}, as_given=True), 4)
    found = watch(world, Phase.MARK, lambda: world.factors.snapshot)
    world.run()
    close = np.flatnonzero(world.clock.is_close)[[str(day) for day in world.clock.session_dates].index("2020-02-26")]
    np.testing.assert_allclose(found[close].row(TERM), 0.008, rtol=1e-12)
    np.testing.assert_allclose(found[close].row(FactorKey("spread", "swap", "swap_30y")), -0.0078, rtol=1e-12)


# --- books ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("line", BOOK, ids=lambda line: line["kind"])
def test_a_book_has_two_exposures(line):
    """By the nodes that discount and by the spread of the floating rate: each that of a bump, and not the same."""
    world = world_of(scenario([line]), 2)
    desk, now = world.desks["desk"], world.factors.snapshot
    for key in (US2Y, US10Y, TERM):
        up, down = (desk.book.value(0, now.bumped(key, by), desk.unit.fixings) for by in (1e-5, -1e-5))
        np.testing.assert_allclose(desk.unit.risk().first(key), (up - down) / 2e-5, rtol=2e-4, atol=10.0)
    assert (np.abs(desk.unit.risk().first(TERM)) > 1e6).all()


def test_a_swap_on_a_term_curve_is_worth_its_flows():
    """By hand, some days on, period by period: the overnight curve plus the spread, on the path's own levels."""
    world = world_of(scenario([BOOK[0]]), 3)
    world.run()
    desk, now, tick = world.desks["desk"], world.factors.snapshot, world.factors.tick
    (table,) = desk.book.tables
    curve, spread, elapsed = desk.book.start.curve, now.row(TERM), world.clock.calendar_years[tick]
    fixed = [a * discount(curve, now, t - elapsed) for a, t in zip(table.amount, table.paid_years, strict=True)]
    worth = sum(fixed)
    for size, begin, end, fixing in zip(
        table.notional, table.begin_years - elapsed, table.end_years - elapsed, [True] + [False] * 99, strict=False
    ):
        growth = discount(curve, now, begin) / discount(curve, now, end) * np.exp(spread * (end - begin))
        paid = desk.unit.fixings[0] * table.accrual[0] if fixing else growth - 1
        worth = worth + size * paid * discount(curve, now, end)
    np.testing.assert_allclose(desk.book.value(tick, now, desk.unit.fixings), worth, rtol=0, atol=1e-12 * 1e9)
    first = (1.0 + 0.0) * np.expm1((0.0026 + zero(curve, desk, 0.25)) * table.end_years[0]) / table.accrual[0]
    np.testing.assert_allclose(desk.unit.fixings[0], first, rtol=1e-12)


def discount(curve, now, years):
    return np.exp(-curve.zero(float(years), now.block(USD)))


def zero(curve, desk, years):
    """Zero rate of the start, which is linear to two years."""
    (table,) = desk.book.tables
    return curve.zero(table.end_years[0], desk.book.start.snapshot.block(USD))[0] / table.end_years[0]


def test_a_desk_balances_and_the_rates_part_takes_the_spread(tmp_path):
    """Ledger and attribution are proved at every mark; with still nodes all that rates do is the spread."""
    still = dict.fromkeys(RATES, 0.0)
    flat = [{"date": "2020-02-19", **LEVEL, "nodes": {"us30y": 0.035}}, {"date": "2020-03-04"}]
    told = scenario(BOOK[:3], anchors=flat, **still)
    marks = run(told, paths=4, out=tmp_path / "run", workers=1, twin="none").table("marks").collect()
    assert marks.filter(pl.col("agent") == "desk")["rates"].abs().max() > 1e6


def test_a_spread_named_like_a_quoted_curve_moves_that_curve():
    """At the start the quotes hold whatever the spread's level; a move of the spread is a move of the curve."""
    quotes = {"1Y": 0.0232, "2Y": 0.0251, "10Y": 0.0297, "30Y": 0.0312}
    curves = {
        "sofr": {"convention": "usd_sofr", "rates": quotes},
        "term": {"convention": "usd_sofr", "rates": {tenor: rate + 0.003 for tenor, rate in quotes.items()}},
    }
    told = scenario([BOOK[0]], curves=curves, discount="sofr", spreads=SPREADS)
    plain = scenario([BOOK[0]], curves=curves, discount="sofr", spreads={}, anchors=[ANCHORS[0], ANCHORS[2]])
    values = []
    for each in (told, plain):
        desk = world_of(each, 1).desks["desk"]
        values.append(desk.book.value(0, desk.last.snapshot, desk.unit.fixings)[0])
    assert values[0] == pytest.approx(values[1], abs=1e-12 * 1e9)
    desk = world_of(told, 1).desks["desk"]
    (table,) = desk.book.tables
    moved = desk.book.value(0, desk.last.snapshot.bumped(TERM, 0.001), desk.unit.fixings)[0]
    start = starting_market(told)
    worth = values[1]
    for size, begin, end in list(zip(table.notional, table.begin_years, table.end_years, strict=True))[1:]:
        paid = 1 + start.forward_rate(begin, end)
        worth += size * paid * np.expm1(0.001 * (end - begin)) * start.discount(end)
    assert moved == pytest.approx(worth, abs=1e-11 * 1e9)


# --- bonds ------------------------------------------------------------------------------------------------------------
def test_a_bond_yields_the_node_less_its_swap_spread():
    """The 30Y swap spread goes from -29 to -78 bp: the bond's yield rises by 49 bp against the curve."""
    still = dict.fromkeys(RATES, 0.0) | {"nodes": {"us30y": {"years": 30, "vol": 0.0}}}
    spreads = {"swap": {"nodes": {name: {**node, "vol": 0.0} for name, node in SPREADS["swap"]["nodes"].items()}}}
    anchors = [ANCHORS[0], {"date": "2020-02-26", "spreads": {"swap_30y": -0.0078}}, {"date": "2020-03-04"}]
    told = scenario(spreads=spreads, projection="", anchors=anchors, bonds={"bond": BOND}, **still)
    world = world_of(told, 2)
    mids = watch(world, Phase.MARK, lambda: world.venue("bond").mid.copy())
    world.run()
    np.testing.assert_allclose(mids[0], np.exp(-30 * (0.035 + 0.0029)), rtol=1e-13)
    np.testing.assert_allclose(mids[-1], np.exp(-30 * (0.035 + 0.0078)), rtol=1e-13)


@pytest.mark.parametrize("share", [1.0, 0.25])
def test_selling_bonds_takes_the_swap_spread_down(share):
    spreads = {"swap": {"vol": 0.0, "level": -0.0029}}
    still = dict.fromkeys(RATES, 0.0) | {"nodes": {"us30y": {"years": 30, "vol": 0.0}}}
    flat = [ANCHORS[0], {"date": "2020-03-04"}]
    bond = BOND | {"spread_share": share, "venue": {**BOND["venue"], "permanent_share": 1.0, "depth_floor": 1.0}}
    quiet = {"dispersion": 1.0, "realised_ratio": 0.0, "xi": 0.0}
    told = scenario(market=quiet, spreads=spreads, projection="", anchors=flat, bonds={"bond": bond}, **still)
    world = world_of(from_dict({**told.to_dict(), "agents": {}, "feedback": only(impact=1.0)}, as_given=True), 2)
    price = world.venue("bond").mid.copy()
    send(world, {1: {"bond": np.array([-1e9, 2e9])}})
    world.run()
    move = 0.001 * np.array([1.0, -2.0]) * 1e9 * price / 5e9  # of the yield
    now = world.factors.snapshot
    np.testing.assert_allclose(now.row(FactorKey("spread", "swap", "swap")) + 0.0029, -share * move, rtol=1e-9)
    np.testing.assert_allclose(now.row(FactorKey(*USD, "us30y")) - 0.035, (1 - share) * move, rtol=1e-9, atol=1e-16)
    slopes = world.venue("bond").listing.sensitivities()
    assert set(slopes) == {FactorKey(*USD, "us30y"), FactorKey("spread", "swap", "swap")}
    np.testing.assert_allclose(sum(slopes.values()), 0.0, atol=1e-12)


# --- files and tables ------------------------------------------------------------------------------------------------
def test_a_scenario_reads_back_and_closes_have_columns(tmp_path):
    told = scenario(bonds={"bond": BOND})
    assert from_dict(told.to_dict()) == told
    check_reads_back(scenario_text(told, "A test."), told, tmp_path)
    result = run(told, paths=3, out=tmp_path / "run", workers=1, twin="none")
    closes = result.table("closes").collect()
    assert {"term", "swap_10y", "swap_30y"} <= set(closes.columns)
    start = closes.sort("time").filter(pl.col("path") == 0).row(0, named=True)
    assert (start["term"], start["swap_30y"]) == (0.0026, -0.0029)
    assert "Spread swap, 30Y" in json.dumps(result.manifest["tables"])


def test_a_path_alone_is_the_path_among_others():
    ends = []
    for paths, first in ((8, 0), (1, 5)):
        world = world_of(scenario(BOOK[:3]), paths, first=first)
        world.run()
        ends.append((world.factors.snapshot, world.desks["desk"].book_value))
    (many, worth), (one, alone) = ends
    for key in one.keys:
        assert one.row(key)[0] == many.row(key)[5]
    assert alone[0] == pytest.approx(worth[5], rel=1e-10)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"spreads": {"term": {"over": "eur"}}}, "spreads.term.over: no such curve, got 'eur'"),
        ({"projection": "libor"}, "market.rates.projection: no such curve, got 'libor'"),
        ({"spreads": {"us2y": {}}, "projection": ""}, "market.rates.spreads.us2y: "),
        (
            {"spreads": SPREADS | {"x": {"level": 0.1, "nodes": {"x_2y": {"years": 2}}}}},
            "spreads.x: a spread with nodes has no level",
        ),
        (
            {"spreads": SPREADS | {"x": {"nodes": {"x_2y": {"years": 2}, "x_3y": {"years": 2}}}}},
            "spreads.x.nodes.x_3y.years: two nodes lie at one point",
        ),
        ({"spreads": SPREADS | {"x": {"correlation": {"us5y": 0.1}}}}, "spreads.x.correlation.us5y: no such factor"),
        ({"bonds": {"bond": {"node": "us30y", "spread": "snap"}}}, "bonds.bond.spread: no such spread over usd"),
        (
            {"spreads": SPREADS | {"x": {"correlation": {"us2y": 0.9, "term": -0.9}}}},
            "spreads.x: the correlations contradict each other",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(changes, message):
    with pytest.raises(UserError) as caught:
        scenario(**changes)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("anchor", "message"),
    [
        ({"date": "2020-02-26", "spreads": {"trm": 0.01}}, "anchor.2020-02-26.spreads.trm: no such spread"),
        ({"date": "2020-02-26", "fx": {"eur": 1.1}}, "anchor.2020-02-26.fx.eur: no such price"),
    ],
)
def test_an_anchor_names_what_there_is(anchor, message):
    with pytest.raises(UserError, match=message):
        scenario(anchors=[ANCHORS[0], anchor])
    first = ANCHORS[0] | {"spreads": {"term": 0.004}}
    with pytest.raises(UserError, match="its level at the start stands in its own table"):
        scenario(anchors=[first, ANCHORS[2]])
