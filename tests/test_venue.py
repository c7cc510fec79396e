"""Venues: netting, capacity, the price walk, makers' shares, halts, and what trades cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from markets.accounts import INVESTORS
from markets.kernels.trading import filled_share
from markets.venues.quote import Quote
from sim.errors import BugError
from sim.phases import Phase
from tests.small import LEVEL, Trader, crisis, only, send, watch, world_of

CALM = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.2}]
DEPTH = 1e9
ASSET = {"half_spread": 0.001, "depth": DEPTH, "impact": 0.01, "slope": 0.5, "capacity": 0.5, "depth_floor": 1.0}
SWAP = {"half_spread": 0.0001, "depth": DEPTH, "impact": 0.0005, "slope": 0.5, "capacity": 0.5, "depth_floor": 1.0}


def market(paths=2, *, feedback=None, anchors=None, minutes=65, **asset):
    venues = {"asset": {**ASSET, **asset}, "us2y": SWAP, "us10y": SWAP}
    feedback = feedback or only(impact=1.0)
    return world_of(crisis(anchors=anchors or CALM, venue=venues, feedback=feedback, minutes=minutes), paths)


def quoting(world, venue="asset", **quotes):
    """Makers who quote (half-spread, skew, depth) at every tick."""
    for name in quotes:
        world.ledger.open(name)

    def live():
        while True:
            yield world.tick(Phase.QUOTE)
            for name, (half_spread, skew, depth) in quotes.items():
                world.venue(venue).post(name, Quote(world.full(half_spread), world.full(skew), world.full(depth)))

    world.start(live())


# --- what is filled ---------------------------------------------------------------------------------------------------
amounts = st.one_of(st.just(0.0), st.floats(0, 1e12), st.floats(0, 1e-300), st.just(5e-324))


@settings(max_examples=300, deadline=None)
@given(amounts, amounts, st.floats(1e-6, 1e12))
def test_filled_shares(buys, sells, limit):
    """Never more than the orders, never more net than the limit, all of the smaller side; tiny orders do not warn."""
    bought, sold = filled_share(buys, sells, limit), filled_share(sells, buys, limit)
    assert (0 <= bought <= 1) and (0 <= sold <= 1)
    assert abs(bought * buys - sold * sells) <= limit * (1 + 1e-9) + 1e-9 * max(buys, sells)
    if buys <= sells + limit:
        assert bought == 1
    else:
        assert bought * buys == pytest.approx(sells + limit, rel=1e-12)


def test_orders_of_one_instant_are_netted():
    """5 bought and 3 sold are both filled; price and makers see 2."""
    world = market()
    units = DEPTH / 100
    one = send(world, {1: {"asset": 0.5 * units}}, "one")
    two = send(world, {1: {"asset": -0.3 * units}}, "two")
    moved = watch(world, Phase.MARK, lambda: np.log(world.factors.spot / 100))
    world.run()
    for fill, wanted in ((one[1]["asset"], 0.5), (two[1]["asset"], -0.3)):
        np.testing.assert_allclose(fill.quantity, wanted * units)
        np.testing.assert_array_equal(fill.unfilled, 0.0)
    np.testing.assert_allclose(moved[1], 0.01 * 0.2)
    np.testing.assert_allclose(world.ledger.balance(INVESTORS, "asset"), -0.2 * units)


def test_what_exceeds_capacity_comes_back():
    """Half of depth is the most net quantity of a clearing; two buyers share it in proportion to their orders."""
    world = market()
    units = DEPTH / 100
    one = send(world, {1: {"asset": np.array([0.9, 0.3]) * units}}, "one")[1]
    two = send(world, {1: {"asset": np.array([0.3, 0.1]) * units}}, "two")[1]
    seller = send(world, {1: {"asset": -0.2 * units}}, "seller")[1]
    world.run()
    share = 0.7 / 1.2  # of the buys on path 0: what the seller gives and half the depth
    np.testing.assert_allclose(one["asset"].quantity, [0.9 * share * units, 0.3 * units])
    np.testing.assert_allclose(one["asset"].unfilled, [0.9 * (1 - share) * units, 0.0], atol=1e-6)
    np.testing.assert_allclose(two["asset"].quantity, [0.3 * share * units, 0.1 * units])
    np.testing.assert_allclose(seller["asset"].quantity, -0.2 * units)


# --- at what price ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("switch", [0.0, 1.0, 2.0])
def test_price_of_a_fill(side, switch):
    """mid (1 +- half-spread +- slope x impact x fraction), before the order's own displacement."""
    world = market(feedback=only(impact=switch))
    fill = send(world, {1: {"asset": side * 0.4 * DEPTH / 100}})[1]
    world.run()
    worse = side * (0.001 + switch * 0.5 * 0.01 * 0.4)
    np.testing.assert_allclose(fill["asset"].price, 100 * (1 + worse))
    assert (side * (fill["asset"].price - 100) > 0).all()


def test_makers_share_in_proportion_to_depth_and_their_spreads_too():
    world = market(depth_floor=0.01)
    quoting(world, big=(0.001, 0.0, 0.75 * DEPTH), small=(0.005, 0.0, 0.25 * DEPTH))
    fill = send(world, {1: {"asset": 0.2 * DEPTH / 100}})[1]
    world.run()
    quantity = fill["asset"].quantity
    np.testing.assert_allclose(world.ledger.balance("big", "asset"), -0.75 * quantity)
    np.testing.assert_allclose(world.ledger.balance("small", "asset"), -0.25 * quantity)
    assert not world.ledger.balance(INVESTORS, "asset").any()
    np.testing.assert_allclose(fill["asset"].price, 100 * (1 + 0.75 * 0.001 + 0.25 * 0.005 + 0.5 * 0.01 * 0.2))


@pytest.mark.parametrize("side", [1, -1])
def test_skew_shifts_both_sides(side):
    world = market(depth_floor=0.01, slope=0.0)
    quoting(world, maker=(0.001, 0.0004, DEPTH))
    fill = send(world, {1: {"asset": side * 1000.0}})[1]
    world.run()
    np.testing.assert_allclose(fill["asset"].price, 100 * (1 + side * 0.001 + 0.0004))


def test_where_no_maker_stands_outside_investors_show_the_floor():
    world = market(depth_floor=0.02)
    quoting(world, maker=(0.0, 0.0, np.array([0.0, 0.015 * DEPTH])))
    fill = send(world, {1: {"asset": DEPTH / 100}})[1]
    depths = watch(world, Phase.TRADE, lambda: world.venue("asset").depth.copy())
    world.run()
    np.testing.assert_allclose(depths[1], 0.02 * DEPTH)
    np.testing.assert_allclose(fill["asset"].quantity, 0.5 * 0.02 * DEPTH / 100)
    sold = -world.ledger.balance(INVESTORS, "asset")
    np.testing.assert_allclose(sold, fill["asset"].quantity * [1.0, 0.25])


@pytest.mark.parametrize("name", ["asset", "us10y"])
def test_without_spread_and_impact_a_trade_is_at_mid(name):
    free = {"half_spread": 0.0, "impact": 0.0, "depth_floor": 1.0}
    world = world_of(crisis(anchors=CALM, venue={name: free}), 2)
    fill = send(world, {1: {name: np.array([1e6, -1e6])}})[1]
    mids = watch(world, Phase.MARK, lambda: world.venue(name).mid.copy())
    world.run()
    np.testing.assert_array_equal(fill[name].price, mids[1])
    for reason in ("spread_cost_calm", "spread_cost_crisis", "impact_cost"):
        np.testing.assert_array_equal(world.ledger.flow("trader", reason), 0.0)


# --- what it costs ----------------------------------------------------------------------------------------------------
def traded(orders):
    """A world whose vol doubles twice while a trader sends its orders, and the trades table."""
    rising = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.8}]
    scenario = crisis(
        anchors=rising,
        venue={"asset": ASSET, "us10y": SWAP},
        feedback=only(impact=1.0, spread=1.0, depth=1.0),
        run={"paths": 2, "witnesses": 2, "twin": "none"},
    )
    world = world_of(scenario, 2)
    send(world, orders)
    world.run()
    return world.ledger, world.log.frame("trades", world.clock)


SIDES = np.array([1.0, -0.7])


def test_cash_is_quantity_times_price():
    ledger, trades = traded({k: {"asset": SIDES * 3e4 * (-1) ** k} for k in (1, 9, 30)})
    assert trades.height == 6
    for path in (0, 1):
        part = trades.filter(trades["path"] == path)
        assert ledger.balance("trader")[path] == pytest.approx(-(part["quantity"] * part["price"]).sum(), rel=1e-12)
        assert ledger.balance("trader", "asset")[path] == pytest.approx(part["quantity"].sum(), rel=1e-12)


def test_costs_of_the_ledger_are_those_of_the_trades():
    """The calm part of the spread is base x notional, the crisis part its widening."""
    ledger, trades = traded({k: {"asset": SIDES * 3e4 * (-1) ** k, "us10y": SIDES * 2e7} for k in (1, 9, 30)})
    assert trades.height == 12
    calm, crisis_part, walk = (
        ledger.flow("trader", reason) for reason in ("spread_cost_calm", "spread_cost_crisis", "impact_cost")
    )
    assert (crisis_part < 0).all()
    for path in (0, 1):
        part = trades.filter(trades["path"] == path)
        assert -(calm + crisis_part)[path] == pytest.approx(part["spread_cost"].sum(), rel=1e-12)
        assert -walk[path] == pytest.approx(part["impact_cost"].sum(), rel=1e-12)
    ledger, trades = traded({k: {"asset": SIDES * 3e4 * (-1) ** k} for k in (1, 9, 30)})
    part = trades.filter(trades["path"] == 1)
    base = (part["quantity"].abs() * part["mid"] * 0.001).sum()
    assert -ledger.flow("trader", "spread_cost_calm")[1] == pytest.approx(base, rel=1e-12)


def test_a_trade_at_half_the_base_spread_has_no_crisis_part():
    world = market(depth_floor=0.01, slope=0.0, impact=0.0)
    quoting(world, maker=(0.0005, 0.0, DEPTH))
    fill = send(world, {1: {"asset": 1000.0}})[1]
    world.run()
    np.testing.assert_allclose(world.ledger.flow("trader", "spread_cost_calm"), -0.0005 * 100 * fill["asset"].quantity)
    np.testing.assert_allclose(world.ledger.flow("trader", "spread_cost_crisis"), 0.0, atol=1e-9)


# --- the walk, paid and gained ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("clearing", ["sequential", "fixed_point"])
def test_who_trades_against_the_net_order_gains_its_walk(clearing):
    """Impact is never a gain, a netting gain never a cost; each is what the fill's price says, makers have the net."""
    world = market(clearing=clearing)
    wanted = {"big": np.array([0.4, -0.4]), "small": np.array([-0.1, 0.1]), "mixed": np.array([0.05, 0.05])}
    fills = {name: send(world, {1: {"asset": share * DEPTH / 100}}, name)[1] for name, share in wanted.items()}
    world.run()
    ledger, net = world.ledger, wanted["big"] + wanted["small"] + wanted["mixed"]
    walk = 0.5 * 0.01 * net if clearing == "sequential" else np.exp(0.01 * net) - 1
    total = 0.0
    for name in wanted:
        paid, gained = ledger.flow(name, "impact_cost"), ledger.flow(name, "netting_gain")
        due = -fills[name]["asset"].quantity * 100 * walk
        np.testing.assert_allclose(paid, np.minimum(due, 0.0), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(gained, np.maximum(due, 0.0), rtol=1e-6, atol=1e-6)
        total = total + paid + gained
    made = ledger.flow(INVESTORS, "impact_cost") + ledger.flow(INVESTORS, "netting_gain")
    np.testing.assert_allclose(made, -total)
    assert (made > 0).all()
    assert (ledger.flow("small", "netting_gain") > 0).all()
    assert (ledger.flow("mixed", "netting_gain") > 0).tolist() == [False, True]


def test_swaps_note_the_walk_in_the_same_two_parts():
    world = market()
    fills = {n: send(world, {1: {"us10y": q * DEPTH}}, n)[1] for n, q in (("big", 0.4), ("small", -0.1))}
    annuity = watch(world, Phase.TRADE, lambda: world.venue("us10y").listing.terms()[0])
    world.run()
    walk = 0.5 * SWAP["impact"] * 0.3 * annuity[1]
    for name, part, other in (("big", "impact_cost", "netting_gain"), ("small", "netting_gain", "impact_cost")):
        due = -fills[name]["us10y"].quantity * walk
        np.testing.assert_allclose(world.ledger.flow(name, part), due, rtol=1e-9)
        np.testing.assert_array_equal(world.ledger.flow(name, other), 0.0)


# --- swaps ------------------------------------------------------------------------------------------------------------
def test_a_swap_position_nets_exactly_whatever_the_rates():
    """Received at one rate, paid at another: notional zero, and what is left is coupon x annuity."""
    falling = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "us10y": 0.01}]
    world = market(anchors=falling)
    fills = send(world, {1: {"us10y": 1e8}, 40: {"us10y": -1e8}})
    world.run()
    ledger, venue = world.ledger, world.venue("us10y")
    np.testing.assert_array_equal(venue.held("trader"), 0.0)
    coupon = 1e8 * (fills[1]["us10y"].price - fills[40]["us10y"].price)
    assert (coupon > 0).all()  # rates fell: received high, paid low
    np.testing.assert_allclose(ledger.balance("trader", venue.listing.assets[1]), coupon, rtol=1e-12)
    np.testing.assert_allclose(venue.value("trader"), coupon * venue.listing.terms()[0], rtol=1e-12)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("name", ["us2y", "us10y"])
def test_cost_of_a_swap_is_rate_times_annuity(side, name):
    """Worth at mid right after the trade: minus (half-spread + walk) x annuity, which is what the ledger notes."""
    world = market()
    fill = send(world, {1: {name: side * 0.4 * DEPTH}})[1]
    mids, costs = [], []
    reasons = ("spread_cost_calm", "spread_cost_crisis", "impact_cost")

    def look():
        venue = world.venue(name)
        mids.append(venue.mid.copy())
        costs.append(sum(world.ledger.flow("trader", reason) for reason in reasons))

    watch(world, Phase.MARK, look)
    before = watch(world, Phase.TRADE, lambda: (world.venue(name).mid.copy(), world.venue(name).listing.terms()))
    world.run()
    mid, (annuity, floating) = before[1]
    worse = 0.0001 + 0.5 * 0.0005 * 0.4
    np.testing.assert_allclose(fill[name].price, mid - side * worse, rtol=1e-12)  # receives less, or pays more
    quantity = fill[name].quantity
    np.testing.assert_allclose(costs[1], -np.abs(quantity) * worse * annuity, rtol=1e-10)
    values = quantity * fill[name].price * annuity - quantity * floating
    np.testing.assert_allclose(values, costs[1], rtol=1e-9)
    assert (side * (mids[1] - mid) < 0).all()  # receivers bring the rate down


def test_a_par_swap_is_worth_nothing():
    world = market()
    trader = Trader(world)
    venue = world.venue("us10y")
    venue.hand_over(INVESTORS, trader.name, world.full(1e9))
    np.testing.assert_allclose(venue.value(trader.name), 0.0, atol=1e-3)
    annuity, floating = venue.listing.terms()
    np.testing.assert_allclose(venue.mid, floating / annuity)
    assert 0.028 < venue.mid[0] < 0.032


def test_all_venues_fill_before_any_moves():
    """Who trades 10Y gets the same price whether 2Y is traded in the same instant, first, or not at all."""
    prices = []
    for orders in ({"us10y": 1e8}, {"us10y": 1e8, "us2y": 4e8}, {"us2y": 4e8, "us10y": 1e8}):
        world = market()
        fill = send(world, {1: orders})[1]
        world.run()
        prices.append(fill["us10y"].price)
    np.testing.assert_array_equal(prices[0], prices[1])
    np.testing.assert_array_equal(prices[0], prices[2])


# --- halts ------------------------------------------------------------------------------------------------------------
def falling(fall, halts=(0.07, 0.13, 0.20)):
    """One day down by `fall` of the starting close, then flat; ticks at the open and every 130 minutes."""
    level = 100 * (1 - fall)
    anchors = [
        {"date": "2020-02-19", **LEVEL},
        {"date": "2020-02-20", "spot": level, "vol": 0.2},
        {"date": "2020-02-21", "spot": level},
    ]
    venues = {"asset": {**ASSET, "halts": list(halts), "halt_minutes": 60}}
    return world_of(crisis(anchors=anchors, venue=venues, feedback=only(), minutes=130), 2)


def halt_run(fall, **options):
    world = falling(fall, **options)
    fills = send(world, {k: {"asset": 1000.0} for k in range(9)})
    world.run()
    filled = [bool(fills[k]["asset"].quantity[0]) for k in range(len(world.clock.ticks))]
    events = world.log.frame("events", world.clock)
    return world, filled, events.filter(events["path"] == 0)


@pytest.mark.parametrize(
    ("fall", "levels"), [(0.06, []), (0.072, [0.07]), (0.14, [0.07, 0.13]), (0.22, [0.07, 0.13, 0.20])]
)
def test_halts_at_7_13_and_20_percent(fall, levels):
    """Each level stops the clearing at which it is first seen, the last one the rest of the day."""
    world, filled, events = halt_run(fall)
    down = 1 - np.exp(world.factors.storyline.spot.level) / 100
    expected, hit = [], 0
    for tick, fallen in enumerate(down):
        if world.clock.day[tick] != 1:
            expected.append(True)
            continue
        now = sum(fallen >= level for level in (0.07, 0.13, 0.20))
        expected.append(now <= hit and now < 3)
        hit = max(hit, now)
    assert filled == expected
    assert hit == len(levels)
    assert set(events["value"]) <= set(levels)
    assert events["value"].to_list()[-1:] == levels[-1:]
    assert (events["kind"] == "halt").all()


def test_the_last_level_closes_the_day_and_the_next_day_opens():
    _, filled, events = halt_run(0.3, halts=(0.05,))
    assert filled == [True, False, False, False, False, True, True, True, True]
    assert events["value"].to_list() == [0.05]


def test_a_halt_ends_after_its_minutes():
    """60 minutes: half an hour later nothing fills, an hour and a second later all; there is one halt a level."""
    world = falling(0.10)  # through 7 % at 13:50
    world.ledger.open("late")
    got = {}

    class Late:
        name = "late"

    def trading():
        while True:
            yield world.tick(Phase.TRADE)
            if world.venue("asset").breakers.halted_until[0] > world.now:
                for wait in (1800, 1801):
                    yield world.after(wait, Phase.TRADE)
                    fill = yield world.venue("asset").trade(Late(), 1.0)
                    got[world.now - int(world.clock.ticks[world.tick_index])] = fill.quantity[0]

    world.start(trading())
    world.run()
    assert got == {1800: 0.0, 3601: 1.0}


def test_halts_do_not_wait_for_an_order():
    """Nobody trades, and the halt is recorded all the same: it must not depend on who else is in the ensemble."""
    world = falling(0.15)
    world.run()
    events = world.log.frame("events", world.clock)
    assert events.filter(events["path"] == 1).height >= 1


def test_what_a_halted_venue_is_sent_comes_back_whole():
    world = falling(0.3, halts=(0.05,))
    fills = send(world, {k: {"asset": np.array([500.0, -700.0])} for k in (4, 5)})
    world.run()
    tick = next(k for k in fills if world.clock.day[k] == 1)
    np.testing.assert_array_equal(fills[tick]["asset"].quantity, 0.0)
    np.testing.assert_array_equal(fills[tick]["asset"].unfilled, [500.0, -700.0])


# --- mistakes ---------------------------------------------------------------------------------------------------------
def test_an_order_that_is_not_a_number_names_tick_and_path():
    world = market()
    with pytest.raises(BugError, match=r"order of trader at asset is not finite on path 1 at 2020-02-19 16:00:00"):
        world.venue("asset").trade(Trader(world), np.array([1.0, np.nan]))


def test_an_order_is_taken_as_it_was_when_sent():
    world = market()
    trader, order, fills = Trader(world), np.array([10.0, 10.0]), []

    def trading():
        yield world.tick(Phase.TRADE)
        answer = world.venue("asset").trade(trader, order)
        order[:] = 99.0
        fills.append((yield answer))

    world.start(trading())
    world.run()
    np.testing.assert_array_equal(fills[0].quantity, 10.0)


def test_venues_clear_in_one_order_whichever_was_first_sent_an_order():
    """That in which they opened: so do their trades stand in the table."""
    found, size = [], {"paths": 16, "witnesses": 2, "twin": "none"}
    for names in (("asset", "us2y", "us10y"), ("us10y", "asset", "us2y")):
        world = world_of(crisis(anchors=CALM, run=size), 16)
        send(world, {tick: dict.fromkeys(names, 1e3 * tick) for tick in range(1, 9)})
        world.run()
        found.append(world.log.frame("trades", world.clock))
    assert found[0]["venue"].to_list()[:6] == ["asset", "asset", "us2y", "us2y", "us10y", "us10y"]
    assert found[0].equals(found[1])
