"""Market makers: quotes, inventory, capital, withdrawal."""

from __future__ import annotations

import numpy as np
import pytest

from agents.making.standing import Standing
from markets.accounts import INVESTORS
from sim.ledger import CASH
from sim.phases import Phase
from sim.sessions import TRADING_DAYS as DAYS
from sim.sessions import TRADING_HOURS as SESSION_HOURS
from tests.small import LEVEL, crisis, only, send, watch, world_of

CALM = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.2}]
RISING = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "vol": 0.8}]
DEPTH = 1e9
WIDE = {"capacity": 10.0, "depth_floor": 0.01}
ASSET = {**WIDE, "half_spread": 0.001, "depth": DEPTH, "impact": 0.01, "halts": []}
SWAP = {**WIDE, "half_spread": 0.0001, "depth": DEPTH, "impact": 0.0005}


def making(*, anchors=None, feedback=None, orders=None, paths=2, makers=None, minutes=65, market=None, **maker):
    """A world of makers to whom a trader may send orders, and every quote of `maker` at TRADE: {venue: [Quote]}."""
    agents = makers or {"maker": {"type": "MarketMaker", "capital": 1e9, "inventory_limit": 1e8, **maker}}
    scenario = crisis(
        anchors=anchors or CALM,
        agents=agents,
        venue={"asset": ASSET, "us2y": SWAP, "us10y": SWAP},
        feedback=feedback or only(spread=1.0, depth=1.0),
        minutes=minutes,
        market=market,
    )
    world = world_of(scenario, paths)
    send(world, orders or {})
    first = next(iter(agents))
    seen = watch(world, Phase.TRADE, lambda: {v: world.venue(v).quote_of(first) for v in ("asset", "us10y")})
    vols = watch(world, Phase.TRADE, lambda: world.factors.vol.copy())
    world.run()
    return world, {v: [row[v] for row in seen] for v in ("asset", "us10y")}, np.array(vols)


def column(quotes, name):
    return np.array([getattr(quote, name) for quote in quotes])


# --- spread and depth -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("venue", ["asset", "us10y"])
def test_half_spread_is_proportional_to_vol(venue):
    _, quotes, vols = making(anchors=RISING)
    base = 0.001 if venue == "asset" else 0.0001
    np.testing.assert_allclose(column(quotes[venue], "half_spread"), base * vols / 0.2, rtol=1e-12)
    assert vols[-1, 0] == pytest.approx(0.8)


@pytest.mark.parametrize("venue", ["asset", "us10y"])
def test_depth_falls_as_the_square_of_vol(venue):
    _, quotes, vols = making(anchors=RISING)
    np.testing.assert_allclose(column(quotes[venue], "depth"), DEPTH * (0.2 / vols) ** 2, rtol=1e-12)


def test_dearer_funding_widens_the_assets_spread():
    """Half a day of the credit spread's rise, act/360; a fall changes nothing."""
    dear = [CALM[0], {"date": "2020-03-04", "vol": 0.2, "credit": 0.05}]
    _, quotes, _ = making(anchors=dear)
    np.testing.assert_allclose(quotes["asset"][-1].half_spread, 0.001 + 0.5 * (0.05 - 0.01) / 360, rtol=1e-12)
    np.testing.assert_allclose(quotes["us10y"][-1].half_spread, 0.0001)
    cheap = [CALM[0], {"date": "2020-03-04", "vol": 0.2, "credit": 0.001}]
    _, quotes, _ = making(anchors=cheap)
    np.testing.assert_allclose(quotes["asset"][-1].half_spread, 0.001)


def test_with_the_loops_cut_quotes_do_not_move():
    bad = [CALM[0], {"date": "2020-03-04", "vol": 0.8, "credit": 0.05}]
    world, quotes, _ = making(anchors=bad, feedback=only(), orders={1: {"asset": 5e6}}, drawdown_limit=1e-6)
    for name, value in (("half_spread", 0.001), ("skew", 0.0), ("depth", DEPTH)):
        np.testing.assert_allclose(column(quotes["asset"], name), value)
    assert world.log.frame("events", world.clock).is_empty()


def test_makers_share_a_venue_by_their_weights():
    makers = {
        "one": {"type": "MarketMaker", "depth_share": 3.0},
        "two": {"type": "MarketMaker", "depth_share": 1.0, "venues": ["asset"]},
    }
    world, quotes, _ = making(makers=makers)
    np.testing.assert_allclose(quotes["asset"][1].depth, 0.75 * DEPTH)
    np.testing.assert_allclose(world.venue("asset").quote_of("two").depth, 0.25 * DEPTH)
    np.testing.assert_allclose(quotes["us10y"][1].depth, DEPTH)  # alone there


def test_copies_share_too():
    makers = {"one": {"type": "MarketMaker", "count": 4}}
    world, quotes, _ = making(makers=makers)
    np.testing.assert_allclose(quotes["asset"][1].depth, DEPTH / 4)
    np.testing.assert_allclose(world.venue("asset").depth, DEPTH)


# --- inventory --------------------------------------------------------------------------------------------------------
SIDES = np.array([1.0, -1.0])  # the trader buys on path 0: the maker is short there


@pytest.mark.parametrize("kind", ["vol_proportional", "avellaneda_stoikov"])
@pytest.mark.parametrize("venue", ["asset", "us10y"])
def test_a_maker_leans_against_its_inventory(venue, kind):
    """Short: both quotes up, so that buyers pay more and sellers get more; in rates, receivers get a lower rate."""
    units = 5e7 / 100 if venue == "asset" else 5e7
    quoting = {"kind": kind, "risk_aversion": 1.0}
    _, quotes, _ = making(orders={1: {venue: SIDES * units}}, quoting=quoting, market={"realised_ratio": 0.85})
    assert (quotes[venue][1].skew == 0).all()
    assert quotes[venue][2].skew[0] > 0 > quotes[venue][2].skew[1]


def test_the_skew_is_full_at_the_limit_and_no_more():
    slow = {"inventory_half_life": 1e9}
    for units, share in ((5e7, 0.5), (1e8, 1.0), (3e8, 1.0)):
        _, quotes, _ = making(orders={1: {"asset": SIDES * units / 100}}, **slow)
        np.testing.assert_allclose(quotes["asset"][2].skew, 0.001 * share * SIDES, rtol=1e-6)
    _, quotes, _ = making(orders={1: {"asset": SIDES * 5e5}}, quoting={"inventory_skew": 0.3}, **slow)
    np.testing.assert_allclose(quotes["asset"][2].skew, 0.3 * 0.001 * 0.5 * SIDES, rtol=1e-6)


@pytest.mark.parametrize("venue", ["asset", "us10y"])
def test_half_of_the_inventory_is_gone_after_its_half_life(venue):
    """In trading hours, nights included by their variance; outside investors hold what the maker does not."""
    units = 1e5 if venue == "asset" else 1e7
    agents = {"maker": {"type": "MarketMaker", "capital": 1e9, "inventory_half_life": 3.0}}
    world = world_of(crisis(anchors=CALM, agents=agents, venue={venue: {"depth_floor": 0.01}}, feedback=only()), 2)
    fills = send(world, {1: {venue: SIDES * units}})
    held = watch(world, Phase.TRADE, lambda: world.venue(venue).held("maker").copy())
    world.run()
    hours = (world.clock.variance_years - world.clock.variance_years[1]) * DAYS * SESSION_HOURS
    for tick in (2, 5, 20):
        expected = -fills[1][venue].quantity * 0.5 ** (hours[tick] / 3.0)
        np.testing.assert_allclose(held[tick], expected, rtol=1e-10)
    total = sum(world.venue(venue).held(name) for name in ("maker", "trader", INVESTORS))
    np.testing.assert_allclose(total, 0.0, atol=1e-6)


def test_avellaneda_stoikov_spread_and_reservation_price():
    """skew = -q g sigma^2 tau, half-spread = g sigma^2 tau / 2 + ln(1 + g/k) / g, q in orders."""
    gamma, hours, order = 30.0, 3.25, 1e6
    quoting = {"kind": "avellaneda_stoikov", "risk_aversion": gamma, "horizon_hours": hours, "order_decay": 2.0}
    market = {"realised_ratio": 0.85, "dispersion": 0.0}
    maker = {"quoting": quoting | {"order_size": order}, "inventory_half_life": 1e9}
    _, quotes, vols = making(orders={1: {"asset": SIDES * 4e5}}, market=market, **maker)
    risk = gamma * (vols[2] * 0.85) ** 2 * (hours / 6.5 / 252)
    k = 2.0 / 0.001
    np.testing.assert_allclose(quotes["asset"][1].half_spread, 0.5 * risk + np.log(1 + gamma / k) / gamma, rtol=1e-9)
    inventory = order * quotes["asset"][2].skew / risk  # $
    np.testing.assert_allclose(inventory, SIDES * 4e5 * 100, rtol=0.05)  # the price has moved a little since


def test_avellaneda_stoikov_without_fear_is_the_rule():
    quoting = {"kind": "avellaneda_stoikov", "risk_aversion": 1e-9}
    _, quotes, vols = making(anchors=RISING, quoting=quoting, orders={1: {"asset": 1e5}})
    np.testing.assert_allclose(column(quotes["asset"], "half_spread"), 0.001 * vols / 0.2, rtol=1e-8)
    np.testing.assert_allclose(column(quotes["asset"], "skew"), 0.0, atol=1e-10)


# --- capital ----------------------------------------------------------------------------------------------------------
CRASH = [CALM[0], {"date": "2020-02-21", "spot": 80.0, "vol": 0.2}, {"date": "2020-03-04", "spot": 80.0}]
LONG = {0: {"asset": np.array([-1e6, 0.0])}}  # the trader sells 1e8 $ to the maker on path 0, nothing on path 1


def crash(**maker):
    """A maker who is long into a fall of 20 %: it loses some 20 m$ on path 0."""
    changes = {"inventory_half_life": 1e9, "capital": 1e8, "quoting": {"inventory_skew": 0.0}, **maker}
    return making(anchors=CRASH, orders=LONG, **changes)


def test_depth_falls_with_lost_capital():
    world, quotes, _ = crash(drawdown_limit=0.9)
    lost = 1 - (world.ledger.balance("maker") + world.venue("asset").value("maker")) / 1e8
    assert lost[0] == pytest.approx(0.2, abs=0.02)
    np.testing.assert_allclose(quotes["asset"][-1].depth, DEPTH * (1 - lost), rtol=1e-6)
    np.testing.assert_allclose(quotes["asset"][-1].depth[1], DEPTH)


def test_a_maker_withdraws_at_its_limit_and_comes_back_with_new_capital():
    world, quotes, _ = crash(drawdown_limit=0.1, recapitalise_days=3)
    depth, clock = column(quotes["asset"], "depth"), world.clock
    events = world.log.frame("events", clock)
    assert events["kind"].to_list()[:2] == ["withdrawal", "recapitalised"]
    assert set(events["path"]) == {0}
    away = depth[:, 0] == 0
    left = np.flatnonzero(away)[0]
    back = int(np.flatnonzero(~away[left:])[0] + left)
    assert clock.day[back] == clock.day[left] + 3
    assert clock.is_open[back]
    assert away[left:back].all()
    assert events["value"][0] < 0.9e8
    np.testing.assert_allclose(depth[back, 0], DEPTH)  # whole again
    assert world.ledger.flow("maker", "capital")[0] == pytest.approx(1e8 + events["value"][1], rel=1e-9)
    np.testing.assert_allclose(depth[:, 1], DEPTH, rtol=1e-14)
    assert events["value"][1] > 0


def test_a_maker_who_holds_nothing_looks_at_its_capital_again_only_when_its_cash_has_changed(monkeypatch):
    """Whoever took it, and when; it withdraws, comes back with new capital, and loses as much once more."""
    from agents.making import standing as module

    looks = []
    monkeypatch.setattr(module, "standing", lambda *terms, look=module.standing: looks.append(1) or look(*terms))
    agents = {"maker": {"type": "MarketMaker", "capital": 1e8, "drawdown_limit": 0.4, "recapitalise_days": 1}}
    taken = {3: 1e7, 9: 9e7, 30: 9e7}  # $ at MARKET of a tick, on path 0
    world = world_of(crisis(agents=agents, feedback=only(depth=1.0)), 2)
    world.ledger.open("thief")

    def take():
        amount = np.array([taken.get(world.tick_index, 0.0), 0.0])
        if amount.any():
            world.ledger.transfer(amount, source="maker", target="thief", reason="funding_credit")

    watch(world, Phase.MARKET, take)
    seen = watch(world, Phase.TRADE, lambda: world.venue("asset").quote_of("maker").depth.copy())
    world.run()
    shown = np.array(seen) / seen[0]
    day, tick = world.clock.day, np.arange(len(world.clock.ticks))
    away = (day == day[9]) & (tick >= 9) | (day == day[30]) & (tick >= 30)
    np.testing.assert_allclose(shown[:, 0], np.where(away, 0.0, np.where((tick >= 3) & (tick < 9), 0.9, 1.0)))
    assert (shown[:, 1] == 1.0).all()
    assert len(looks) < len(world.clock.ticks) / 2


@pytest.mark.parametrize("half_life", [50.0, 1e9])
def test_one_kernel_for_a_maker_of_one_asset_has_the_digits_of_the_steps_that_it_joins(monkeypatch, half_life):
    """It passes inventory on, withdraws and comes back; with inventory in one asset, or step by step."""
    terms = {"drawdown_limit": 0.1, "recapitalise_days": 3, "inventory_half_life": half_life, "quoting": {}}
    found = []
    for passes_on in (Standing.passes_on, lambda *_: False):
        monkeypatch.setattr(Standing, "passes_on", passes_on)
        world, quotes, _ = crash(**terms)
        rows = [row for quote in quotes["asset"] for row in (quote.half_spread, quote.skew, quote.depth)]
        balances = [world.ledger.balance(name, asset) for name in ("maker", INVESTORS) for asset in (CASH, "asset")]
        events = world.log.frame("events", world.clock)
        assert events["kind"].to_list()[:2] == ["withdrawal", "recapitalised"]
        found.append((np.array(rows).tobytes(), np.array(balances).tobytes(), events))
    (quotes, balances, events), (others, other_balances, other_events) = found
    assert quotes == others and balances == other_balances and events.equals(other_events)


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize("power", [0.0, 2.0])
def test_a_quote_is_that_of_the_last_tick_until_the_maker_quotes_again(power, read):
    """Whoever reads it first, and after how many trades; also where depth follows the price, which trades move."""
    agents = {"maker": {"type": "MarketMaker", "capital": 1e9}, "other": {"type": "MarketMaker", "capital": 1e9}}
    asset, loops = {**ASSET, "depth_price_power": power, "impact": 0.1}, only(spread=1.0, depth=1.0, impact=1.0)
    world = world_of(crisis(anchors=RISING, agents=agents, venue={"asset": asset}, feedback=loops), 2)
    send(world, {tick: {"asset": np.array([2e5, -1e5])} for tick in range(9)})
    venue = world.venue("asset")
    watch(world, Phase.MARKET, lambda: read and world.tick_index and venue.depth)
    before = watch(world, Phase.MARKET, lambda: world.tick_index and venue.quote_of("maker"))
    told = watch(world, Phase.TRADE, lambda: read and venue.quote_of("maker"))
    after = watch(world, Phase.MARK, lambda: venue.quote_of("maker"))
    world.run()
    for last, now in zip(after, before[1:], strict=False):
        assert np.array_equal(now.depth, last.depth) and np.array_equal(now.half_spread, last.half_spread)
    assert not read or all(np.array_equal(one.depth, two.depth) for one, two in zip(told, after, strict=True))
    assert (np.diff(column(after, "depth"), axis=0) != 0).all()


def test_the_limit_is_of_the_peak():
    world, _, _ = crash(drawdown_limit=0.25)
    assert world.log.frame("events", world.clock).is_empty()


def test_while_it_is_away_outside_investors_trade():
    world, _, _ = crash(drawdown_limit=0.1, recapitalise_days=30)
    venue = world.venue("asset")
    np.testing.assert_allclose(venue.depth, [0.01 * DEPTH, DEPTH])
    assert venue.book().makers[-1] == INVESTORS
    np.testing.assert_allclose(venue.book().shares[-1][0], 1.0)


def test_frozen_makers_do_not_withdraw():
    changes = {"inventory_half_life": 1e9, "capital": 1e8, "drawdown_limit": 0.1}
    world, quotes, _ = making(anchors=CRASH, orders=LONG, feedback=only(), **changes)
    assert (column(quotes["asset"], "depth") == DEPTH).all()
    assert world.log.frame("events", world.clock).is_empty()
