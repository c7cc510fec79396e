"""The option leg: a desk buys back vega and gamma in listed options, or holds puts whatever happens."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from agents.desk.close_out import close_out
from agents.desk.loss import ATTRIBUTION, COSTS, option_hedges
from agents.desk.options_held import options_held
from agents.funding.parametric_margin import Parametric
from agents.funding.portfolio import Portfolio
from agents.hedging import option_flows
from markets.accounts import INVESTORS
from markets.factors.key import SPOT, VOL
from markets.venues.loop_gain import CURVATURE
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, STILL, crisis, only, send, watch, world_of
from tests.test_listed_options import MONTH, QUIET, VENUE, listed, maker

BOOK = [
    {"kind": "put", "months": 1, "moneyness": 0.95, "quantity": -3e6},
    {"kind": "call", "months": 3, "moneyness": 1.05, "quantity": -2e6},
]
SHORT, LONG = {**MONTH, "venue": QUIET}, {"expiry_days": 91, "venue": QUIET}


def desk(leg, *, book=BOOK, **keys):
    policy = {"kind": "every", "interval": "tick", **keys.pop("policy", {})}
    return {"type": "Hedger", "capital": 5e9, "book": book, "policy": policy, "option_leg": leg, **keys}


def hedged(leg, *, options=None, **keys):
    """A desk that trades for nothing and leaves no trace."""
    tables = {name: keys.pop(name) for name in ("feedback", "anchors", "market") if name in keys}
    options = options or {"m1": SHORT, "m3": LONG}
    return listed(options, agents={"desk": desk(leg, **keys)}, **{"feedback": only(), **tables})


def left(world):
    """Delta, gamma and vega of book, options and asset as multiples of the book's, (3, paths)."""
    one, held = world.desks["desk"], options_held(world, "desk")
    risk = one.unit.risk()
    own = [one.scale * each for each in (risk.delta, risk.gamma, risk.vega)]
    asset = world.venue("asset").held("desk")
    whole = [o + held.sum(name) for o, name in zip(own, ("delta", "gamma", "vega"), strict=True)]
    whole[0] = whole[0] + asset
    return np.stack(whole) / np.abs(np.stack(own))


# --- the leg ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("leg", "gamma", "vega"),
    [
        ({"venues": ["m3"]}, None, 0.0),
        ({"venues": ["m1"], "target": "gamma"}, 0.0, None),
        ({"venues": ["m1", "m3"], "target": "both"}, 0.0, 0.0),
        ({"venues": ["m1", "m3"], "target": "both", "share": 0.5}, -0.5, -0.5),
    ],
)
def test_what_is_bought_back_and_the_delta_of_all_of_it_is_hedged(leg, gamma, vega):
    world = world_of(hedged(leg), 3)
    seen = watch(world, Phase.CLEAR, lambda: None)
    found = watch(world, Phase.FUND, lambda: left(world))
    world.run()
    assert len(seen) == len(found)
    for delta_left, gamma_left, vega_left in found:
        assert np.abs(delta_left).max() < 1e-9
        assert gamma is None or gamma_left == pytest.approx(gamma, abs=1e-9)
        assert vega is None or vega_left == pytest.approx(vega, abs=1e-9)


@pytest.mark.parametrize("target", ["vega", "gamma"])
def test_an_option_at_its_end_hedges_nothing(target):
    """A put far from the money with days to go has no vega left: the desk would need 1e12 of it."""
    ending = {"kind": "put", "moneyness": 0.7, "expiry_days": 8, "roll_days": 1000, "venue": QUIET}
    world = world_of(hedged({"venues": ["end"], "target": target}, options={"end": ending}), 3)
    held = watch(world, Phase.FUND, lambda: world.venue("end").held("desk"))
    world.run()
    assert np.abs(held).max() == 0.0
    near = {**ending, "moneyness": 0.99}
    world = world_of(hedged({"venues": ["end"], "target": target}, options={"end": near}), 3)
    held = watch(world, Phase.FUND, lambda: world.venue("end").held("desk"))
    world.run()
    assert 0 < np.abs(held).max() < 50 * 5e6  # of a book of 5m options


def test_a_policy_says_how_much():
    world = world_of(hedged({"venues": ["m3"], "share": 1.0}, policy={"option_share": 0.25}), 2)
    found = watch(world, Phase.FUND, lambda: left(world)[2])
    world.run()
    assert np.array(found) == pytest.approx(-0.75, abs=1e-9)


def test_more_venues_than_risks_share_it_by_the_ridge():
    world = world_of(hedged({"venues": ["m1", "m3"], "ridge": 0.01}), 2)
    world.run()
    units = [world.venue(name).held("desk") for name in ("m1", "m3")]
    assert np.min(units) > 0
    assert np.abs(left(world)[2]).max() < 0.01


def test_puts_against_a_crash_are_kept_whatever_happens():
    """Also by a desk that hedges nothing else; they are rolled, and the leg counts them."""
    tail = {"tail": {"kind": "put", "moneyness": 0.9, "expiry_days": 60, "roll_days": 3, "venue": QUIET}}
    world = world_of(hedged({"hold": {"tail": 5e5}}, options=tail, policy={"kind": "never"}), 2)
    held = watch(world, Phase.MARK, lambda: world.venue("tail").held("desk").copy())
    world.run()
    assert np.array_equal(held, np.full((len(held), 2), 5e5))
    both = {"m1": SHORT, **tail}
    world = world_of(hedged({"venues": ["m1"], "hold": {"tail": 5e5}}, options=both), 2)
    found = watch(world, Phase.FUND, lambda: (left(world)[2], world.venue("tail").held("desk").copy()))
    world.run()
    assert np.abs([vega for vega, _ in found]).max() < 1e-9
    assert np.array([tail for _, tail in found]) == pytest.approx(5e5)


def test_a_band_keeps_the_hedge_and_small_orders_are_not_sent():
    trades = {}
    for name, keys in {"close": {}, "band": {"band": 0.2}, "large": {"least_trade": 1e12}}.items():
        world = world_of(hedged({"venues": ["m3"], **keys}), 2)
        held = watch(world, Phase.MARK, lambda world=world: world.venue("m3").held("desk").copy())
        rests = watch(world, Phase.FUND, lambda world=world: left(world)[2])
        world.run()
        trades[name] = np.abs(np.diff(held, axis=0)).sum()
        if name == "band":
            assert np.abs(rests).max() < 0.2 + 1e-9
    assert trades["large"] == 0 < trades["band"] < trades["close"]


def test_a_band_leaves_what_is_kept_elsewhere_alone():
    """Puts of another venue that are kept have no part in the distance from the target."""
    leg = {"venues": ["m3"], "band": 0.3}
    alone, with_puts = (world_of(hedged(leg | more), 2) for more in ({}, {"hold": {"m1": 1e5}}))
    for world in (alone, with_puts):
        world.run()
    assert (with_puts.venue("m1").held("desk") == 1e5).all()
    assert not alone.venue("m1").reached("desk")


def test_a_desk_that_buys_back_its_vega_has_no_gain_from_vol():
    """Vol doubles. `vega` of the book and `hedge_vega` cancel day by day, and all parts add up to the P&L."""
    from scenarios import run

    anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-25", **LEVEL}]
    anchors.append({"date": "2020-03-04", **LEVEL, "vol": 0.4})
    scenario = hedged({"venues": ["m1", "m3"], "target": "both"}, anchors=anchors, market={**STILL, "xi": 0.8})
    result = run(scenario, paths=8, workers=1, tables=["marks"])
    marks = result.table("marks").collect()
    mine = marks.filter((marks["agent"] == "desk") & (marks["world"] == "actual")).sort("path", "time")
    steps = [step.name for step in option_hedges(rates=False, options=True, smile=False).values()]
    parts = sum(mine[name] for name in (*ATTRIBUTION, *COSTS, *steps))
    assert np.abs((parts - mine["pnl"]).to_numpy()).max() < 1e-6 * mine["vega"].abs().max()
    last = mine.filter(mine["time"] == mine["time"].max())
    assert last["vega"].max() < -5e6
    assert (last["vega"] + last["hedge_vega"]).abs().max() < 0.03 * last["vega"].abs().min()


def test_a_desk_that_buys_back_its_very_options_earns_nothing_whatever_happens():
    """Spot, vol and rates move, vol doubles: the P&L is zero on every path, to rounding."""
    from scenarios import run
    from tests.test_listed_options import NOISY

    anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL, "vol": 0.4, "spot": 80.0}]
    book = [{"kind": kind, "months": 3, "moneyness": 1.0, "quantity": -1e6} for kind in ("call", "put")]
    options = {"same": {"expiry_months": 3, "roll_days": 1000, "venue": QUIET}}
    rich = {**NOISY, "jumps": {"kind": "merton", "intensity": 50.0}}
    scenario = hedged({"venues": ["same"]}, options=options, book=book, anchors=anchors, market=rich)
    marks = run(scenario, paths=8, workers=1, tables=["marks"]).table("marks").collect()
    mine = marks.filter(agent="desk", world="actual")
    interest = mine["funding_overnight"]
    assert mine["vega"].abs().max() > 1e6 and mine["gamma"].abs().max() > 1e6
    assert (mine["pnl"] - interest).abs().max() < 1e-3


# --- margin, forced reductions ----------------------------------------------------------------------------------------
def test_margin_is_that_of_book_and_options_together():
    """A short straddle asks for delta, gamma and vega; the same straddle held in the market, for nothing."""
    book = [{"kind": kind, "months": 1, "moneyness": 1.0, "quantity": -1e6} for kind in ("call", "put")]
    options = {"m1": {"expiry_months": 1, "venue": QUIET}}
    bare = {"type": "Hedger", "book": book, "policy": {"kind": "never"}}
    world = world_of(listed(options, agents={"desk": bare}), 2)
    one, venue, factors = world.desks["desk"], world.venue("m1"), world.factors
    terms = SimpleNamespace(
        margin_multiple=3.0,
        mpor_days=4.0,
        rate_vol=0.01,
        rates_days=None,
        margin_days=None,
        rates_margin="implied_vol",
    )
    portfolio, spot = Portfolio(world, one), factors.spot
    move = 3.0 * factors.margin_vol * np.sqrt(4.0 / world.clock.days_a_year)
    risk = one.unit.risk()
    wanted = move * (np.abs(risk.delta) * spot - 0.5 * risk.gamma * spot**2 * move + np.abs(risk.vega) * 0.8)
    asked = Parametric().initial(portfolio, terms)
    assert asked == pytest.approx(wanted, rel=1e-9)
    venue.hand_over(INVESTORS, "desk", world.full(1e6))
    assert Parametric().initial(portfolio, terms).max() < 1e-9 * wanted.max()
    assert portfolio.slopes_by_factor()[VOL] == pytest.approx(0, abs=1e-3)
    assert portfolio.slopes_by_factor()[SPOT] == pytest.approx(0, abs=1e-3)
    assert portfolio.gain(factors.snapshot.bumped(SPOT, -20.0)) == pytest.approx(0, abs=1e-3)
    assert sum(vega for _, vega in portfolio.option_vegas()) == pytest.approx(
        1e6 * venue.listing.unit_notional * venue.mid
    )


def forced(world, share, tick=3):
    one = world.desks["desk"]

    def force():
        while True:
            yield world.tick(Phase.SHOCK)
            if world.tick_index == tick:
                one.forced = world.full(share)
            yield world.tick(Phase.FUND) if world.tick_index == tick else world.tick(Phase.MARK)
            if world.tick_index == tick:
                one.mark()
                close_out(one, 0.0)

    world.start(force())


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_forced_reduction_takes_the_options_too(share):
    leg = {"venues": ["m1"], "hold": {"m3": 1e5}}
    world, whole = world_of(hedged(leg), 2), world_of(hedged(leg), 2)
    forced(world, share)
    ends = []
    for each in (world, whole):
        each.run()
        ends.append({name: each.venue(name).held("desk") for name in ("m1", "m3", "asset")})
    assert world.desks["desk"].scale == pytest.approx(1 - share, abs=1e-9)
    for name, held in ends[0].items():
        assert held == pytest.approx((1 - share) * ends[1][name], rel=1e-6, abs=1e-3)


def test_a_liquidated_desk_sells_its_options_in_their_venue():
    options = {"m1": {**MONTH, "venue": {**VENUE, "impact": 0.0}}}
    world = world_of(hedged({"venues": ["m1"]}, options=options), 2)
    one, calm = world.desks["desk"], []

    def end():
        while True:
            yield world.tick(Phase.SHOCK)
            if world.tick_index == 3:
                calm.append(world.ledger.flow("desk", "spread_cost_calm").copy())
                one.liquidated[:] = True

    world.start(end())
    world.run()
    assert np.abs(world.venue("m1").held("desk")).max() < 1e-6
    assert (world.ledger.flow("desk", "spread_cost_calm") < calm[0] - 1e3).all()  # and paid the spread for it


# --- loops ------------------------------------------------------------------------------------------------------------
def test_what_the_matrix_says_is_what_the_desk_trades():
    """A stranger lifts vol: at the next tick the desk buys vega, and the asset, by gain x the rise."""
    venue = {**VENUE, "half_spread": 0.0}
    book = [{"kind": "put", "months": 6, "moneyness": 0.8, "quantity": -3e6}]
    found = {}
    for bought in (0.0, 1e5):
        agents = {"desk": desk({"venues": ["m1"]}, book=book)}
        scenario = listed({"m1": {**MONTH, "roll_days": 1000}}, market=STILL, venue=venue, agents=agents)
        world = world_of(scenario, 1)
        send(world, {2: {"m1": bought}})
        venues = [world.venue(name) for name in ("m1", "asset")]
        vol = watch(world, Phase.QUOTE, lambda world=world: world.factors.vol[0])
        held = watch(world, Phase.QUOTE, lambda venues=venues: [each.held("desk")[0] for each in venues])
        flows = watch(
            world,
            Phase.MARK,
            lambda venues=venues: [
                (v.gain("m1", CURVATURE) * v.depth / (v.impact * v.notional(1.0)))[0] for v in venues
            ],
        )
        world.run()
        found[bought] = np.array(vol), np.array(held), np.array(flows)
    (calm, before, flows), (lifted, after, _) = found.values()
    rise = 0.2 * np.log(lifted[3] / calm[3])  # in decimal vol at its level of the start
    traded = after[4] - before[4]
    assert rise > 1e-6 and after[3] == pytest.approx(before[3], rel=1e-12)
    assert traded == pytest.approx(flows[2] * rise, rel=0.02)
    assert traded[0] > 0  # short of far puts, it buys more as vol rises


@pytest.mark.parametrize("stickiness", [1.0, 0.5])
@pytest.mark.parametrize("gone", [2, 5])
def test_paths_without_a_book_are_left_out_and_the_others_are_as_before(monkeypatch, stickiness, gone):
    """Of five paths; the same bits, whether or not all are valued."""
    leg, market, flows = {"venues": ["m1"], "hold": {"m3": 1e5}}, {**STILL, "stickiness": stickiness}, []
    options = {"m1": {**MONTH, "venue": VENUE}, "m3": LONG}
    for few in (0.0, 1.1):
        monkeypatch.setattr(option_flows, "FEW", few)
        world = world_of(listed(options, market=market, agents={"desk": desk(leg)}), 5)
        world.desks["desk"].liquidated[:gone] = True
        found = watch(
            world, Phase.FUND, lambda world=world: [list(each.reactions.flows) for each in world.venues.values()]
        )
        world.run()
        flows.append([each for tick in found for venue in tick for each in venue])
    assert len(flows[0]) > 4 * len(found)
    for one, other in zip(*flows, strict=True):
        assert one[1:] == other[1:]
        assert one[0].tobytes() == other[0].tobytes()
        assert gone < 5 or not one[0].any()


@pytest.mark.parametrize("leg", [None, {"venues": ["m1"]}])
def test_what_a_vol_future_makes_the_desk_trade(leg):
    """A stranger buys the future: at the next tick the desk trades asset and options, by gain x the rise of ln F."""
    book = [{"kind": "put", "months": 6, "moneyness": 0.8, "quantity": -3e6}]
    found, power = {}, 0.5
    vx = {"vx": {"power": power, "venue": {**VENUE, "half_spread": 0.0, "depth": 3e8, "impact": 0.02}}}
    for bought in (0.0, 1e4):
        agents = {"desk": {name: value for name, value in desk(leg, book=book).items() if value is not None}}
        agents["maker"] = maker("m1", "vx")
        options = {"m1": {**MONTH, "roll_days": 1000}}
        market = {**STILL, "vol_futures": vx}
        scenario = listed(options, market=market, venue={**VENUE, "half_spread": 0.0}, agents=agents)
        world = world_of(scenario, 1)
        send(world, {2: {"vx": bought}})
        venues = [world.venue(name) for name in ("m1", "asset")]
        vol = watch(world, Phase.QUOTE, lambda world=world: world.factors.vol[0])
        held = watch(world, Phase.QUOTE, lambda venues=venues: [each.held("desk")[0] for each in venues])
        flows = watch(
            world,
            Phase.MARK,
            lambda world=world, venues=venues: [
                (world.loop_gains().get((v.name, "vx"), np.zeros(1)) * v.depth / (v.impact * v.notional(1.0)))[0]
                for v in venues
            ],
        )
        world.run()
        found[bought] = np.array(vol), np.array(held), np.array(flows)
    (calm, before, flows), (lifted, after, _) = found.values()
    rise = power * np.log(lifted[3] / calm[3])  # of ln F
    traded = after[4] - before[4]
    assert rise > 1e-6 and after[3] == pytest.approx(before[3], rel=1e-12)
    assert traded == pytest.approx(flows[2] * rise, rel=0.02)
    assert np.abs(traded[1]) > 0 and (traded[0] > 0) == (leg is not None)


def test_a_levered_product_answers_what_options_do_to_its_future():
    """ln F = power ln s, and a unit at the options' venue is 1.00 of vol at its level of the start."""
    etf = {"type": "LeveredProduct", "venue": "vx", "capital": 1e8, "leverage": -1.0}
    market = {**STILL, "vol_futures": {"vx": {"power": 0.5, "venue": VENUE}}}
    agents = {"maker": maker("m1", "vx"), "etf": etf, "desk": desk({"venues": ["m1"]})}
    scenario = listed({"m1": MONTH}, market=market, agents=agents)
    world = world_of(scenario, 1)
    gains = watch(world, Phase.MARK, world.loop_gains)
    world.run()
    assert gains[0]["vx", "vx"] > 0
    assert gains[0]["vx", "m1"] == pytest.approx(0.5 / 0.2 * gains[0]["vx", "vx"], rel=1e-12)


def test_gamma_that_is_bought_back_does_not_move_the_asset():
    gains = []
    for share in (0.0, 1.0):
        leg = {"venues": ["m1"], "target": "gamma", "share": share}
        world = world_of(hedged(leg, feedback=only(impact=1.0)), 2)
        gains.append(watch(world, Phase.MARK, lambda world=world: world.venue("asset").loop_gain.copy()))
        world.run()
    assert np.min(gains[0]) > 1e-4 and np.abs(gains[1]).max() < 0.25 * np.min(gains[0])


# --- what cannot be ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("leg", "said"),
    [
        ({"venues": ["us10y"]}, "no such venue of options on the asset"),
        ({}, "needs a venue of options"),
        ({"venues": ["m1", "m1"], "target": "both"}, "twice"),
        ({"venues": ["m1", "m3"]}, "more venues than risks"),
        ({"hold": {"m2": 1e5}}, "no such venue of options on the asset"),
        ({"venues": ["m1"], "target": "delta"}, "target"),
        ({"venues": ["m1"], "share": -1.0}, "share"),
        ({"venues": ["m1"], "hold": {"m3": "many"}}, "hold"),
    ],
)
def test_a_leg_that_cannot_be(leg, said):
    with pytest.raises(UserError, match=said):
        hedged(leg)


def test_a_share_of_no_leg_is_refused():
    agent = {"type": "Hedger", "book": BOOK, "policy": {"kind": "every", "option_share": 0.5}}
    with pytest.raises(UserError, match="has no option leg"):
        crisis(agents={"maker": {"type": "MarketMaker"}, "desk": agent})


# --- frontiers --------------------------------------------------------------------------------------------------------
EVERY_DAY, NEVER = {"kind": "every", "interval": "1d"}, {"kind": "never"}


def test_a_frontier_tries_each_policy_with_each_share(tmp_path):
    from analysis.sweeps.frontier import frontier as rows
    from scenarios.studies.policies_frontier import frontier

    result = frontier(
        hedged({"venues": ["m3"]}),
        paths=4,
        policies=[EVERY_DAY, NEVER],
        option_shares=[0.0, 1.0],
        workers=1,
        out=tmp_path / "sweep",
    )
    found = rows(result)
    assert sorted(found["label"]) == ["every 0", "every 1", "never"]
    with pytest.raises(UserError, match="option leg, and it has none"):
        frontier("covid_crash_2020", paths=4, policies=[NEVER], option_shares=[0.5], out=tmp_path / "other")


def test_shares_on_the_command_line():
    from scenarios.commands.frontier import shares

    assert shares(None) == () and shares("0,0.5,0.5,1") == (0.0, 0.5, 1.0)
    for wrong in ("0,-1", "half", "3", "nan", "0;1"):
        with pytest.raises(UserError, match="shares are numbers from 0 to 2"):
            shares(wrong)
