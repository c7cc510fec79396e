"""Levered and inverse products that rebalance before the close, and the futures on vol that some of them hold."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from markets.factors.key import VOL
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, K, crisis, gross, only, send, watch, world_of

IMPACT, DEPTH = 0.01, 1e9
VENUE = {
    "half_spread": 0.0,
    "depth": DEPTH,
    "impact": IMPACT,
    "permanent_share": 1.0,
    "depth_floor": 1.0,
    "capacity": 100.0,
    "slope": 0.0,
    "depth_power": 0.0,
    "spread_power": 0.0,
}
MAKER = {"type": "MarketMaker", "capital": 1e15, "venues": ["asset", "us10y", "vx"], "inventory_limit": 1e15}
MAKER["quoting"] = {"inventory_skew": 0.0, "funding_days": 0.0}
DAY = 7  # ticks


def market(*, spots=(100.0, 100.0), vols=(0.2, 0.2), venue=None, future=None, loops=None, vol=None, **agents):
    """Four closes, of which each has a price and a vol; the last ones stand for those not given."""
    days = ["2020-02-19", "2020-02-20", "2020-02-21", "2020-02-24"]
    levels = [[*given, *[given[-1]] * (len(days) - len(given))] for given in (spots, vols)]
    anchors = [{"date": d, **LEVEL, "spot": spot, "vol": vol} for d, spot, vol in zip(days, *levels, strict=True)]
    table = VENUE | (venue or {})
    return crisis(
        anchors=anchors,
        market={"dispersion": 0.0, "vol_futures": {"vx": {"venue": table} | (future or {})}} | (vol or {}),
        venue={"asset": table},
        feedback=loops or only(impact=1.0),
        agents={"maker": MAKER, **agents},
    )


def product(**keys):
    return {"type": "LeveredProduct", "capital": 1e9} | keys


def seen(scenario, name="etf", venue="asset", orders=None):
    """Price, holding, assets, own entry of the loop gains at every mark."""
    world = world_of(scenario, 2)
    if orders:
        send(world, orders)
    entry, nothing = (venue, venue), np.zeros(2)
    found = watch(
        world,
        Phase.MARK,
        lambda: (
            world.venue(venue).mid[0],
            world.venue(venue).held(name)[0],
            world.equity_now(name)[0],
            world.loop_gains().get(entry, nothing)[0],
        ),
    )
    world.run()
    return world, np.array(found).T


# --- what it holds ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("leverage", [-1.0, 2.0, 3.0])
def test_it_earns_the_multiple_of_each_days_return(leverage):
    """A2 = A0 (1 + L r1) (1 + L r2); what it trades at a close is L (L - 1) A r."""
    spots = (100.0, 104.0, 98.0)
    world, (price, held, assets, _) = seen(
        market(spots=spots, venue={"impact": 0.0}, etf=product(leverage=leverage)), orders=None
    )
    closes = np.flatnonzero(world.clock.is_close)
    returns = [b / a - 1 for a, b in pairwise(spots)]
    expected, before = 1e9, leverage * 1e9 / 100.0
    for close, move in zip(closes[1:3], returns, strict=True):
        traded = (held[close] - before) * price[close]
        assert traded == pytest.approx(leverage * (leverage - 1) * expected * move, rel=1e-9)
        expected, before = expected * (1 + leverage * move), held[close]
        assert assets[close] == pytest.approx(expected, rel=1e-12)
        assert held[close] * price[close] == pytest.approx(leverage * expected, rel=1e-12)
        assert np.ptp(held[close - DAY + 1 : close]) == 0.0


# --- the loop ---------------------------------------------------------------------------------------------------------
def rounds(number, *, leverage, assets, shock, price=100.0, impact=IMPACT):
    """Price after each rebalancing of a shock of ln S: L A / S units, each $ of which moves ln S by impact / depth."""
    held, found = leverage * assets / price, [price * math.exp(shock)]
    assets += held * (found[0] - price)
    for _ in range(number):
        now = found[-1]
        wanted = leverage * assets / now
        found.append(now * math.exp(impact / DEPTH * (wanted - held) * now))
        held = wanted
        assets += held * (found[-1] - now)
    return found


@pytest.mark.parametrize(("leverage", "venue"), [(-1.0, "asset"), (3.0, "asset"), (-1.0, "vx")])
def test_several_looks_before_the_close_multiply_a_shock(leverage, venue):
    """Each round adds the gain L (L - 1) A impact / depth; of a small shock 1 / (1 - gain) is left in the end."""
    gain, shock, start = 0.3, 1e-5, 20.0 if venue == "vx" else 100.0
    assets = gain * DEPTH / (leverage * (leverage - 1) * IMPACT)
    fund = product(leverage=leverage, capital=assets, window=360, venue=venue)
    orders = {1: {venue: shock / IMPACT * DEPTH / start}}
    _, (price, _, _, gains) = seen(market(etf=fund), venue=venue, orders=orders)
    expected = rounds(6, leverage=leverage, assets=assets, shock=shock, price=start)
    assert price[1 : 1 + DAY] == pytest.approx(expected, rel=1e-12)
    assert gains[:2] == pytest.approx(gain, rel=1e-12)
    multiplier = (1 - gain**DAY) / (1 - gain)
    assert math.log(price[DAY] / start) / shock == pytest.approx(multiplier, rel=2e-4)


def test_a_fall_of_the_asset_makes_it_buy_vol():
    """The entry [vx, asset] is -power x elasticity x the entry of vx."""
    fund = product(venue="vx", capital=1e10)
    scenario = market(vol={"beta": 6.0}, future={"power": 0.5}, loops=only(impact=1.0, leverage=1.0), etf=fund)
    world = world_of(scenario, 2)
    gains = watch(world, Phase.MARK, world.loop_gains)
    world.run()
    assert gains[0]["vx", "vx"] == pytest.approx(2 * 1e10 * IMPACT / DEPTH)
    assert gains[0]["vx", "asset"] == pytest.approx(-0.5 * 6.0 * 2 * 1e10 * IMPACT / DEPTH)


@pytest.mark.parametrize("spot", [100.0, 95.0])
def test_its_gain_where_prices_add_up(spot):
    """Under the normal law a unit of displacement is the starting price: (S0 / S)^2 L (holding - A) impact / D."""
    fund, law = product(leverage=2.0, capital=1e10), {"price_model": "normal"}
    _, found = seen(market(spots=(100.0, spot), vol=law, etf=fund))
    price, held, assets, gain = found[:, DAY + 1]  # a tick at which nobody trades
    assert gain == pytest.approx(2.0 * (held * price - assets) * (100.0 / price) ** 2 * IMPACT / DEPTH, rel=1e-12)
    assert gain == pytest.approx(2.0 * assets * (100.0 / price) ** 2 * IMPACT / DEPTH, rel=0.05)


@pytest.mark.parametrize("venue", ["asset", "vx"])
def test_where_the_venue_solves_for_the_price_one_look_does(venue):
    gain, shock, start = 0.3, 1e-5, 20.0 if venue == "vx" else 100.0
    fund = product(capital=gain * DEPTH / (2 * IMPACT), venue=venue)
    orders = {DAY: {venue: shock / IMPACT * DEPTH / start}}
    scenario = market(venue={"clearing": "fixed_point"}, etf=fund)
    _, (price, held, assets, _) = seen(scenario, venue=venue, orders=orders)
    assert math.log(price[DAY] / start) / shock == pytest.approx(1 / (1 - gain), rel=2e-4)
    assert held[DAY] * price[DAY] == pytest.approx(-assets[DAY], rel=1e-9)


def test_above_one_the_move_runs_away_and_it_dies_within_the_day():
    assets, shock, impact = 1.5 * DEPTH, 0.01, 1.0
    fund = product(capital=assets, window=360)
    orders = {1: {"asset": shock / impact * DEPTH / 100.0}}
    _, (price, held, left, gains) = seen(market(venue={"impact": impact}, etf=fund), orders=orders)
    expected = rounds(6, leverage=-1.0, assets=assets, shock=shock, impact=impact)
    assert gains[1] == pytest.approx(3.0, rel=1e-12)
    last = int(np.argmax(held == 0.0))
    assert 3 <= last <= DAY
    assert price[1:last] == pytest.approx(expected[: last - 1], rel=1e-12)  # up to the winding up
    assert left[last - 1] <= 0.2 * assets
    assert price[last] > 1.5 * price[1]
    assert (held[last:] == 0.0).all()
    assert (gains[last:] == 0.0).all()


def test_alone_it_ends_where_a_day_costs_more_than_the_ruin_share():
    _, (_, held, assets, _) = seen(market(vols=(0.2, 0.37), venue={"impact": 0.0}, etf=product(venue="vx")), venue="vx")
    assert held[-1] == 0.0
    first = int(np.argmax(held == 0.0))
    assert first == DAY
    assert assets[first] == pytest.approx(0.15e9)  # vol has risen by 0.85
    _, (_, held, *_) = seen(
        market(vols=(0.2, 0.37), venue={"impact": 0.0}, etf=product(venue="vx", ruin=0.1)), venue="vx"
    )
    assert held[-1] < 0.0


# --- the future on vol ------------------------------------------------------------------------------------------------
def test_a_trade_moves_vol_and_pays_the_spread():
    """ln F rises by the impact, ln s by impact / power, and stays where all of it is permanent."""
    scenario = market(venue={"half_spread": 0.001}, future={"power": 0.5, "price": 50.0})
    world = world_of(scenario, 4)
    future = world.venue("vx")
    assert future.mid == pytest.approx(50.0, rel=1e-14)
    fills = send(world, {2: {"vx": 1e7}})
    vols = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(VOL)[0])
    world.run()
    assert fills[2]["vx"].price == pytest.approx(50.0 * 1.001, rel=1e-12)
    moved = IMPACT * 1e7 * 50.0 / DEPTH
    assert vols[1] == pytest.approx(0.2, rel=1e-14)
    assert vols[2] == pytest.approx(0.2 * math.exp(moved / 0.5), rel=1e-12)
    assert vols[-1] == pytest.approx(vols[2], rel=1e-12)
    assert future.mid == pytest.approx(50.0 * math.exp(moved), rel=1e-12)
    for asset in (CASH, *future.listing.assets):
        total = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(total).max() <= 1e-12 * gross(world.ledger, asset).max()


def test_gains_are_paid_in_cash_every_morning_and_the_roll_with_them():
    scenario = market(vols=(0.2, 0.25, 0.25), venue={"impact": 0.0}, future={"roll": 0.5})
    world = world_of(scenario, 2)
    send(world, {1: {"vx": 1e6}})
    rows = watch(
        world,
        Phase.MARK,
        lambda: (
            world.ledger.balance("trader", CASH)[0],
            world.venue("vx").mid[0],
            world.venue("vx").value("trader")[0],
        ),
    )
    world.run()
    cash, price, worth = np.array(rows).T
    assert worth[DAY] == pytest.approx(1e6 * (price[DAY] - price[1]), rel=1e-9)
    assert cash[DAY] == 0.0
    roll = 0.5 * 1e6 * price[DAY] / 365  # from one morning to the next
    assert cash[DAY + 1] == pytest.approx(worth[DAY] - roll, rel=1e-6)
    assert worth[DAY + 1] == pytest.approx(1e6 * (price[DAY + 1] - price[DAY]), abs=1e-3)


def test_the_leverage_law_goes_on_from_where_trades_have_taken_vol():
    """Half of the impact decays; spread and credit follow the vol that traders made."""
    loops = only(impact=1.0, credit=1.0)
    scenario = market(venue={"permanent_share": 0.0, "resilience": math.log(2)}, loops=loops)
    world = world_of(scenario, 2)
    send(world, {DAY: {"vx": 1e7}})
    rows = watch(world, Phase.MARK, lambda: (world.factors.vol[0], world.factors.credit[0]))
    world.run()
    vol, credit = np.array(rows).T
    assert math.log(vol[DAY] / 0.2) == pytest.approx(IMPACT * 1e7 * 20.0 / DEPTH)
    after = math.log(world.factors.vol[0] / 0.2)
    assert after == pytest.approx(0.5**2 * math.log(vol[DAY] / 0.2), rel=1e-9)  # two days
    assert credit[-1] == pytest.approx(0.01 * math.exp(0.5 * after), rel=1e-12)


def test_its_price_has_the_vol_of_vol():
    """power sqrt(xi^2 + (beta s_realised)^2), and so does the standard deviation of its daily returns over paths."""
    law = {"xi": 0.8, "beta": 5.0, "realised_ratio": 0.7, "dispersion": 1.0}
    world = world_of(market(vol=law, future={"power": 0.5}, loops=only(leverage=1.0)), 2000)
    future = world.venue("vx")
    expected = 0.5 * math.sqrt(0.8**2 + (5.0 * 0.7 * 0.2) ** 2)
    assert future.listing.vol() == pytest.approx(expected)
    prices = watch(world, Phase.MARK, lambda: future.mid.copy())
    world.run()
    day = np.log(prices[DAY] / prices[0]) * math.sqrt(252)
    decayed = 1 - 10.0 / 252 / 2  # of the noise, pulled back by kappa for half a day on average
    assert day.std() == pytest.approx(expected * decayed, rel=K / math.sqrt(2 * len(day)) + 0.01)


def test_price_takers_leave_no_trace_in_vol():
    from scenarios.worlds.world import make_world
    from sim.ensemble import Chunk

    scenario = market(vols=(0.2, 0.3), etf=product(venue="vx", window=360))
    world = make_world(scenario, Chunk("price_taker", 0, 2), scenario.feedback, price_takers=True)
    world.run()
    assert world.factors.vol == pytest.approx(0.3, rel=1e-12)
    assert world.venue("vx").held("etf")[0] * world.venue("vx").mid[0] == pytest.approx(-world.equity_now("etf")[0])


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("agents", "futures", "said"),
    [
        ({"etf": product(venue="us10y")}, {}, "agents.etf.venue: no such asset or vol future, got 'us10y'"),
        ({"etf": product(venue="vx2")}, {}, "agents.etf.venue: no such asset or vol future, got 'vx2'"),
        ({"etf": product(leverage=0.0)}, {}, "agents.etf.leverage: must not be 0"),
        ({"etf": product(leverage=300.0)}, {}, "agents.etf.leverage"),
        ({"etf": product(ruin=1.0)}, {}, "agents.etf.ruin"),
        ({"etf": product(window=-5)}, {}, "agents.etf.window"),
        ({}, {"vx2": {}}, "market.vol_futures.vx2: nobody quotes this vol future, got 'vx2'"),
        ({}, {"asset": {}}, "market.vol_futures.asset"),
        ({}, {"vx": {"power": 0.0}}, "market.vol_futures.vx.power"),
        ({}, {"vx": {"venue": {"halts": [0.5, 0.2]}}}, "market.vol_futures.vx.venue.halts"),
    ],
)
def test_mistakes_in_one_line(agents, futures, said):
    with pytest.raises(UserError) as caught:
        crisis(agents={"maker": MAKER | {"venues": ["asset", "us10y"]}} | agents, market={"vol_futures": futures})
    text = str(caught.value)
    assert said in text or said.replace("'vx2'", "").split(", got")[0] in text
    assert "\n" not in text
