"""Clients who come to the makers: how many, at what price, what it is worth, and what makers quote them."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import poisson

from agents.making.client_flow import CROWD, _count, session_days_ahead
from markets.accounts import INVESTORS
from markets.kernels.clients import one_by_one
from scenarios import run
from scenarios.reading.loading import from_dict
from scenarios.studies.validation.cases import avellaneda_stoikov as paper
from sim.clock import Clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, K, crisis, only, send, standard_error, variance_error, watch, world_of

HALF = 0.001  # share of mid
WIDE = {"depth": 1e12, "depth_floor": 0.001, "halts": []}
VENUE = {
    "asset": {**WIDE, "half_spread": HALF},
    "us10y": {**WIDE, "half_spread": 0.0001},
}
MAKER = {"type": "MarketMaker", "capital": 1e9, "inventory_half_life": 1e15, "quoting": {"inventory_skew": 0.0}}
RATE, SIZE = 40.0, 1e5  # orders a trading day and side; $
RISING = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.8}]
SESSIONS = 10  # trading days in the small scenario


def cast(maker=None, **flow):
    """One maker and its clients, orders of 100,000 $."""
    clients = {"type": "ClientFlow", "rate": RATE, "order_size": SIZE, **flow}
    return {"maker": {**MAKER, **(maker or {})}, "customers": clients}


def flowing(*, paths=256, first=0, feedback=None, agents=None, venue=None, **more):
    """A world of `cast`, run, and the maker's inventory in units (of 100 $) at every FUND: (ticks, paths)."""
    scenario = crisis(agents=agents or cast(), venue=venue or VENUE, feedback=feedback or only(), **more)
    world = world_of(scenario, paths, first)
    held = watch(world, Phase.FUND, lambda: world.venue("asset").held("maker").copy())
    world.run()
    return world, np.array(held)


def earned(world, name="maker"):
    """$ received for spreads, (paths,)."""
    return sum(world.ledger.flow(name, f"spread_cost_{part}") for part in ("calm", "crisis"))


# --- how many ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("arrivals", ["poisson", "bernoulli"])
@pytest.mark.parametrize("decay", [0.5, 2.0])
def test_arrivals_fall_with_the_distance_of_the_quote(arrivals, decay):
    """2 x rate x exp(-decay) x days orders at one half-spread, each earning size x half-spread."""
    world, _ = flowing(agents=cast(decay=decay, arrivals=arrivals, rate=8.0), minutes=30)
    orders = earned(world) / (SIZE * HALF)
    expected = 2 * 8.0 * np.exp(-decay) * SESSIONS
    assert abs(orders.mean() - expected) < K * orders.std(ddof=1) / 16
    if arrivals == "poisson":
        assert abs(orders.var(ddof=1) / expected - 1) < K * np.sqrt(2 / 255)
    else:  # a Bernoulli count has less variance: 1 - p
        p = 8.0 * np.exp(-decay) / 13
        assert abs(orders.var(ddof=1) / (expected * (1 - p)) - 1) < K * np.sqrt(2 / 255)


def test_at_most_one_order_a_tick_and_side():
    _, held = flowing(agents=cast(rate=1e6, arrivals="bernoulli", decay=1.0))
    np.testing.assert_allclose(held, 0.0, atol=1e-6)  # a buyer and a seller every tick


def test_a_skewed_quote_draws_clients_to_one_side():
    """A maker who has bought quotes lower: buyers come by exp(+skew), sellers by exp(-skew)."""
    agents = cast({"quoting": {"inventory_skew": 0.5}, "inventory_limit": 1e6}, rate=2.0)
    world = world_of(crisis(agents=agents, venue=VENUE, feedback=only(spread=1.0)), 512)
    send(world, {0: {"asset": -1e7 / 100}})  # ten times its limit: the skew stays full
    held = watch(world, Phase.FUND, lambda: world.venue("asset").listing.exposure("maker").copy())
    world.run()
    orders = (held[0] - held[-1]) / SIZE
    expected = 2.0 * SESSIONS * (np.exp(-0.5) - np.exp(-1.5))
    assert abs(orders.mean() - expected) < K * orders.std(ddof=1) / np.sqrt(512) + 0.02  # nights move no price here


@pytest.mark.parametrize(("unit", "factor"), [("rule", 1.0), ("base", np.exp(-1.0))])
def test_distance_is_measured_in_the_spread_of_the_moment_or_of_calm(unit, factor):
    """A maker twice as wide as calm, as the venue's rule is at twice the vol."""
    twice = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-20", "spread": 2.0}, {"date": "2020-03-04"}]
    twice[0] |= {"spread": 2.0}
    world, _ = flowing(agents=cast(half_spread=unit), anchors=twice)
    orders = earned(world) / (SIZE * 2 * HALF)
    expected = 2 * RATE * np.exp(-1.0) * factor * SESSIONS
    assert abs(orders.mean() - expected) < K * orders.std(ddof=1) / 16


def test_the_count_is_poissons():
    uniform = np.linspace(0, 1, 1001)[:-1]
    for mean in (1e-9, 0.3, 7.0, 900.0, 1e6):
        exact = np.maximum(poisson.ppf(uniform, mean), 0)
        np.testing.assert_array_equal(_count(uniform, np.full(1000, mean), "poisson"), exact)


def drawn(n=40_000, *, slope=0.0, depth=1e12, order=1.0, days=0.5, half=1.0, rate=8.0, held=0.0, limit=1e12):
    """$ taken on both sides, (2, n), and at which shift, by clients whose arrivals fall by e for every unit."""
    rng = np.random.default_rng(5)
    full = [np.full(n, float(value)) for value in (1.0, half, slope, held, depth)]
    taken, skew = np.empty((2, n)), np.empty((2, n))
    decay, half_, slope_, held_, depth_ = full
    seeds, open_ = rng.random((2, n)), np.ones(n, dtype=bool)
    one_by_one(seeds, days, rate, decay, 7.0, half_, slope_, limit, held_, order, depth_, open_, taken, skew)
    return taken, skew


def test_one_by_one_they_are_poisson_where_the_maker_does_not_lean():
    taken, skew = drawn()
    mean = 8.0 * np.exp(-1.0) * 0.5
    assert (skew == 0).all()
    for side in taken:
        for count in range(5):
            p = poisson.pmf(count, mean)
            assert abs((side == count).mean() - p) < K * np.sqrt(p * (1 - p) / side.size)
    assert abs(np.corrcoef(taken)[0, 1]) < K / np.sqrt(taken.shape[1])


def test_one_by_one_nobody_takes_more_than_is_shown():
    taken, _ = drawn(rate=500.0, depth=7.5, order=2.0)
    assert (taken == 7.5).all()
    assert (drawn(rate=0.0)[0] == 0).all()


def test_one_by_one_each_meets_the_quote_that_the_one_before_has_left():
    """A maker long ten units and sure to be met by buyers sells at rising shifts: -10, -9, ... per unit of slope."""
    taken, skew = drawn(200, slope=0.5, held=10.0, days=0.2, rate=1.0)
    bought, sold = taken
    assert bought.max() > 5 and (sold == 0).any()
    alone = (sold == 0) & (bought > 0)
    np.testing.assert_allclose(skew[0, alone], -0.5 * (10.0 - (bought[alone] - 1) / 2), rtol=1e-12)
    limited, at = drawn(200, slope=0.5, held=10.0, days=1e-3, rate=1.0, limit=4.0)
    assert (at[1, limited[1] == 0] == -2.0).all()


def test_a_fearful_maker_sells_no_more_than_it_must():
    """Aversion 1 in 120 steps: quotes far through mid bring inventory back by one fill, not by a hundred."""
    steps, paths = 120, 4096
    scenario = paper.scenario("avellaneda_stoikov", steps, "poisson", paths, 1.0)
    world = world_of(scenario, paths)
    world.run()
    exact = paper.moments_between_fills("avellaneda_stoikov", steps, 1.0)
    marks = world.log.frame("marks", world.clock).filter(pl.col("agent") == "maker")
    marks = marks.filter(pl.col("time") == pl.col("time").max())
    pnl, units = marks["pnl"].to_numpy(), (marks["net_delta_dollars"] / 100).to_numpy()
    assert abs(pnl.mean() - exact.profit) < K * standard_error(pnl)
    assert abs(pnl.var() - exact.sd**2) < K * variance_error(pnl)
    assert abs(units.var() - exact.inventory[-1] ** 2) < K * variance_error(units)


def test_a_maker_that_leans_by_its_rule_does_not_overshoot_either():
    """Twenty half-spreads at ten orders: three orders would draw a thousand clients to a quote that stands."""
    lean = {"quoting": {"inventory_skew": 20.0}, "inventory_limit": 10 * SIZE}
    _, held = flowing(agents=cast(lean), feedback=only(spread=1.0), paths=32)
    assert 0.5 * SIZE < np.abs(100 * held).max() < 10 * SIZE


def test_a_quote_through_mid_draws_a_crowd_but_no_endless_one():
    """A maker afraid of its inventory quotes far through mid; the flow stays finite."""
    fear = {"kind": "avellaneda_stoikov", "risk_aversion": 1e4, "order_size": SIZE}
    _, held = flowing(agents=cast({"quoting": fear, "inventory_limit": 1e9}), feedback=only(spread=1.0), paths=16)
    assert np.isfinite(held).all()
    assert np.abs(held).max() <= CROWD * RATE * SIZE / 100


# --- when -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("night", [0.0, 0.2])
@pytest.mark.parametrize("calendar", ["XNYS", "24/7"])
def test_a_days_clients_come_while_it_is_open(night, calendar):
    clock = Clock.exchange(
        calendar=calendar, first=date(2019, 11, 25), last=date(2019, 12, 6), tick_minutes=30, overnight_variance=night
    )
    days = session_days_ahead(clock)
    into = np.append(0.0, days[:-1])  # by the tick that ends the step
    np.testing.assert_allclose(np.bincount(clock.day, weights=into)[1:], 1.0, rtol=1e-12)  # early closes included
    if calendar == "XNYS" and night:
        assert (days[clock.is_close] == 0).all()
    assert days[-1] == 0


def test_on_the_continuous_calendar_they_come_all_the_time():
    clock = Clock.continuous(first=date(2020, 1, 1), tick_minutes=1440 * 7)
    np.testing.assert_allclose(session_days_ahead(clock), np.append(np.full(52, clock.days_a_year / 52), 0.0))


def test_nobody_trades_in_a_halt_or_with_a_maker_who_is_away():
    fall = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-21", "spot": 60.0, "vol": 0.2}, {"date": "2020-03-04"}]
    halted = {**VENUE, "asset": {**VENUE["asset"], "halts": [0.05]}}
    world, held = flowing(anchors=fall, venue=halted, paths=4, minutes=30)
    stops = world.log.frame("events", world.clock).filter(pl.col("kind") == "halt")
    at = np.searchsorted(world.clock.timestamps(world.clock.ticks), stops["time"].to_numpy())
    assert at.size
    for tick in set(at):
        np.testing.assert_allclose(held[tick], held[tick - 1], rtol=1e-12)
    assert (held[at[0] - 1] != held[at[0] - 2]).any()  # the market before was not still
    away = {"capital": 1e6, "drawdown_limit": 0.01, "recapitalise_days": 100}
    world, held = flowing(anchors=fall, agents=cast(away), feedback=only(depth=1.0), paths=64)
    left = world.log.frame("events", world.clock).filter(pl.col("kind") == "withdrawal")
    early = left.filter(pl.col("time") < world.clock.timestamps(world.clock.ticks)[-20])["path"].to_numpy()
    assert 16 < early.size < 64
    np.testing.assert_allclose(held[-1, early], held[-20, early], rtol=1e-12)
    assert (world.venue("asset").quote_of("maker").depth[early] == 0).all()
    stayed = np.setdiff1d(np.arange(64), left["path"].to_numpy())
    assert (held[-1, stayed] != held[-20, stayed]).any()


# --- what it is worth -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("venue", ["asset", "us10y"])
def test_clients_pay_the_spread_and_take_their_trade_away(venue):
    world, _ = flowing(agents=cast(venue=venue), paths=64)
    assert (earned(world) > 0).all()
    np.testing.assert_allclose(earned(world, "customers"), -earned(world), rtol=1e-12)
    at = world.venue(venue)
    assert (at.held("customers") == 0).all()
    np.testing.assert_allclose(at.held(INVESTORS), -at.held("maker"), atol=1e-4)
    assert (at.held("maker") != 0).any()
    if venue == "asset":
        np.testing.assert_allclose(world.ledger.balance("customers"), -earned(world), rtol=1e-9)


def test_clients_move_no_price():
    world, _ = flowing(feedback=only(impact=1.0), paths=4)
    np.testing.assert_allclose(world.venue("asset").mid, 100.0, rtol=1e-12)


# --- noise ------------------------------------------------------------------------------------------------------------
def test_a_path_alone_is_that_path_of_the_ensemble_and_order_does_not_matter():
    two = {**cast(), "other": {**MAKER, "venues": ["asset"]}, "more": {"type": "ClientFlow", "makers": ["other"]}}
    _, all_paths = flowing(agents=two, paths=20)
    _, alone = flowing(agents=two, paths=1, first=13)
    np.testing.assert_array_equal(alone[:, 0], all_paths[:, 13])
    _, turned = flowing(agents=dict(reversed(two.items())), paths=20)
    np.testing.assert_allclose(turned, all_paths, rtol=1e-9, atol=1e-3)


@pytest.mark.parametrize("venue", ["asset", "us10y"])
def test_two_flows_at_one_leaning_maker_may_come_in_any_order(venue):
    lean = {"kind": "avellaneda_stoikov", "risk_aversion": 20.0, "order_size": SIZE}
    maker = {**MAKER, "quoting": lean, "venues": [venue]}
    flow = {"type": "ClientFlow", "venue": venue, "rate": RATE, "order_size": SIZE}
    two = {"maker": maker, "some": flow, "others": {**flow, "rate": 2 * RATE}}
    found = []
    for agents in (two, dict(reversed(two.items()))):
        world, _ = flowing(agents=agents, paths=20, feedback=only(spread=1.0))
        found.append([world.venue(venue).listing.exposure(name).copy() for name in ("maker", INVESTORS)])
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9, atol=1e-3)


def test_makers_have_clients_of_their_own():
    two = {**cast(), "other": MAKER}
    world, held = flowing(agents=two, paths=512)
    other = world.venue("asset").listing.exposure("other")
    assert abs(np.corrcoef(held[-1], other)[0, 1]) < K / np.sqrt(512)


def test_only_the_makers_named():
    two = {**cast(makers=["other"]), "other": MAKER}
    world, held = flowing(agents=two, paths=8)
    assert (held == 0).all()
    assert (earned(world, "other") > 0).all()


# --- in a crisis ------------------------------------------------------------------------------------------------------
def test_in_a_crisis_makers_live_on_their_clients(tmp_path):
    """Books balance in both worlds (the accountant would stop the run); the flow narrows the makers' losses,
    and does not widen them without feedback (where the difference is a standard error or two of 200 paths).
    """
    put = {"kind": "put", "moneyness": 1.0, "months": 1, "notional": -2e9}
    fall = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "spot": 85.0, "vol": 0.5, "credit": 0.03}]
    agents = {
        "maker": {"type": "MarketMaker", "quoting": {"kind": "avellaneda_stoikov"}},
        "hedger": {"type": "Hedger", "book": [put]},
        "bank": {"type": "FundingDesk"},
    }
    settings = {"paths": 200, "witnesses": 4, "twin": "frozen"}
    moving = {"realised_ratio": 0.85, "xi": 0.6, "dispersion": 0.5}
    flow = {"customers": {"type": "ClientFlow", "rate": 200.0, "order_size": 2e7}}
    pnl = {}
    for name, cast_ in (("without", agents), ("with", agents | flow)):
        scenario = crisis(anchors=fall, agents=cast_, market=moving).with_run(**settings)
        result = run(scenario, out=tmp_path / name, workers=1)
        last = result.marks.filter(pl.col("time") == pl.col("time").max()).collect()
        pnl[name] = {
            key: group.sort("path")["pnl"].to_numpy()
            for key, group in last.group_by("world", "agent", maintain_order=True)
        }
    for world, least in (("actual", K), ("frozen", -K)):
        assert (pnl["with"][world, "customers"] < 0).all()
        gain = pnl["with"][world, "maker"] - pnl["without"][world, "maker"]
        assert gain.mean() > least * standard_error(gain)
    assert not np.allclose(pnl["with"]["actual", "customers"], pnl["with"]["frozen", "customers"])
    trades = result.trades.filter(pl.col("taker") == "customers").collect()
    assert trades.height > 100
    np.testing.assert_allclose(trades["requested"], trades["quantity"])


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("agents", "said"),
    [
        (cast(venue="us5y"), "agents.customers.venue: no such venue, got 'us5y'; did you mean"),
        (cast(makers=["makr"]), "not the name of a maker of the venue asset, got 'makr'; did you mean 'maker'?"),
        (
            cast(venue="us2y"),
            "clients measure distance from mid in half-spreads, and it has none; give the venue us2y a",
        ),
        (cast({"venues": ["us10y"]}), "nobody quotes there, got 'asset'; add 'asset' to the `venues` of a MarketMaker"),
        (cast(rate=-1.0), "rate: must be >= 0"),
        ({**cast(), "clients": MAKER}, "agents.clients: the engine has an account of this name"),
    ],
)
def test_mistakes(agents, said):
    with pytest.raises(UserError) as error:
        crisis(agents=agents, venue={**VENUE, "us2y": {"half_spread": 0.0}})
    assert said in str(error.value)
    assert "\n" not in str(error.value)


# --- what makers quote ------------------------------------------------------------------------------------------------
def quoted(*, market=None, anchors=None, assets=None, **quoting):
    """Quotes of an asset's maker at every tick, and the clock."""
    maker = {**MAKER, "venues": ["asset", *(assets or {})], "quoting": quoting}
    more = {"assets": assets} if assets else {}
    scenario = crisis(
        agents={"maker": maker}, venue=VENUE, feedback=only(spread=1.0), market=market, anchors=anchors, **more
    )
    world = world_of(scenario, 2)
    name = next(iter(assets or {"asset": None}))
    seen = watch(world, Phase.TRADE, lambda: world.venue(name).quote_of("maker"))
    world.run()
    return np.array([quote.half_spread[0] for quote in seen]), np.array([quote.skew[0] for quote in seen]), world.clock


MOVING = {"realised_ratio": 0.85, "dispersion": 0.0}


def test_the_horizon_may_be_the_end_of_the_run():
    """The risk part of the half-spread falls linearly to nothing."""
    half, _, clock = quoted(kind="avellaneda_stoikov", horizon="end", risk_aversion=50.0, market=MOVING)
    left = clock.variance_years[-1] - clock.variance_years
    without_risk = np.log1p(50.0 * HALF) / 50.0
    np.testing.assert_allclose(half, 0.5 * 50.0 * (0.2 * 0.85) ** 2 * left + without_risk, rtol=1e-9)


@pytest.mark.parametrize("horizon", ["end", "rolling"])
def test_symmetric_quotes_are_as_wide_on_average(horizon):
    rules = {}
    for kind in ("avellaneda_stoikov", "symmetric"):
        rules[kind], skew, clock = quoted(kind=kind, horizon=horizon, risk_aversion=50.0, market=MOVING)
    years = clock.variance_years
    mean = np.trapezoid(rules["avellaneda_stoikov"], years) / years[-1]
    np.testing.assert_allclose(rules["symmetric"], mean, rtol=1e-9)
    assert (skew == 0).all()


def test_the_rule_fears_the_vol_that_is_realised():
    """The storyline's `realised`, where it gives one; a further asset's own vol at its venue."""
    told = [{"date": "2020-02-19", **LEVEL, "realised": 0.4}, {"date": "2020-03-04", **LEVEL}]
    gamma, base = 50.0, np.log1p(50.0 * HALF) / 50.0
    common = {"kind": "avellaneda_stoikov", "risk_aversion": gamma, "horizon_hours": 6.5, "market": MOVING}
    for anchors, assets, sigma in (
        (None, None, 0.2 * 0.85),
        (told, None, 0.4),
        (told, {"tech": {"spot": 50.0, "vol": 0.3, "venue": {**VENUE["asset"], "impact": 0.01}}}, 0.3),
    ):
        half, _, _ = quoted(anchors=anchors, assets=assets, **common)
        np.testing.assert_allclose(half, 0.5 * gamma * sigma**2 / 252 + base, rtol=1e-9)


# --- the known answer -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rule", paper.RULES)
def test_expected_moments(rule):
    """The numbers of the case are what its recursion gives, with the published steps and without any."""
    np.testing.assert_allclose(paper.moments(rule, 200).row, paper.IN_STEPS[rule], atol=6e-5)
    rough, fine = (np.array(paper.moments(rule, steps).row) for steps in (750, 1500))
    np.testing.assert_allclose(2 * fine - rough, paper.IN_EVENT_TIME[rule, paper.AVERSION], atol=4e-3)


@pytest.mark.slow
@pytest.mark.parametrize("aversion", paper.AVERSIONS)
def test_expected_moments_between_fills(aversion):
    """Two steps of error are extrapolated away; what the case's own steps leave shrinks with them."""
    rule, key = "avellaneda_stoikov", ("avellaneda_stoikov", aversion)
    rough, fine = (np.array(paper.moments_between_fills(rule, steps, aversion).row) for steps in (45, 90))
    limit = 2 * fine - rough
    np.testing.assert_allclose(limit, paper.IN_EVENT_TIME[key], atol=1e-2)
    left = np.abs(fine - limit) * 90 / paper.FINE_STEPS[rule]
    np.testing.assert_allclose(left, paper.FINE_ERROR[key], rtol=0.3, atol=2e-3)


def test_symmetric_quotes_in_closed_form():
    """Event time: mean 2 l d, variance 2 l d^2 + s^2 l, inventory sqrt(2 l), with T = 1."""
    distance = float(paper.quotes("symmetric", np.zeros(1), 0.0)[0][0])
    intensity = paper.ARRIVALS * np.exp(-paper.DECAY * distance)
    variance = 2 * intensity * distance**2 + paper.SIGMA**2 * intensity
    exact = (2 * intensity * distance, np.sqrt(variance), np.sqrt(2 * intensity))
    np.testing.assert_allclose(paper.IN_EVENT_TIME["symmetric", paper.AVERSION], exact, atol=6e-5)


def test_the_scenario_may_be_written_down():
    scenario = paper.scenario("symmetric", 200, "bernoulli", 16)
    assert from_dict(scenario.to_dict()) == scenario
