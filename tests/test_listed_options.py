"""Options on the asset in venues of their own: quotes, fills, rolls, and no arbitrage between them."""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors.key import SPOT, VOL, FactorKey
from markets.venues.listed_option import ListedOption
from markets.venues.vol_listing import SPLIT
from markets.vols.smile import term_response
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, STILL, crisis, gross, only, send, watch, world_of

VENUE = {"half_spread": 0.003, "depth": 5e9, "impact": 0.01, "capacity": 100.0, "slope": 0.0, "depth_floor": 1.0}
QUIET = {"impact": 0.0, "half_spread": 0.0}
NOISY = {"realised_ratio": 0.7, "xi": 0.8, "rates": {"vol_us2y": 0.01, "vol_us10y": 0.01}}
MONTH = {"expiry_days": 30}
MOVING = {"smile": "ssvi", "stickiness": 0.4}


def maker(*venues, **keys):
    return {
        "type": "MarketMaker",
        "capital": 1e15,
        "venues": ["asset", "us2y", "us10y", *venues],
        "inventory_limit": 1e15,
        "quoting": {"inventory_skew": 0.0, "funding_days": 0.0},
        **keys,
    }


def listed(options, *, market=NOISY, venue=VENUE, agents=None, **tables):
    """Two weeks with these options, and who quotes them."""
    told = {name: {**spec, "venue": {**venue, **spec.get("venue", {})}} for name, spec in options.items()}
    keys = {"minutes": 390, "feedback": only(impact=1.0), **tables}
    return crisis(market={**market, "options": told}, agents={"maker": maker(*options), **(agents or {})}, **keys)


# --- the listing ------------------------------------------------------------------------------------------------------
LISTED = {
    "call": {"kind": "call", "expiry_days": 44, "moneyness": 1.05},
    "put": {"kind": "put", "expiry_months": 2, "moneyness": 0.9, "roll_days": 3},
    "straddle": {"expiry_days": 30},
    "strangle": {"kind": "strangle", "expiry_days": 30, "moneyness": 0.95, "roll_days": 1000},
}
LINES = [
    {"kind": "call", "expiry": "2020-04-03", "moneyness": 1.05, "quantity": 1e6},
    {"kind": "put", "expiry": "2020-04-19", "moneyness": 0.9, "quantity": 1e6},
    {"kind": "call", "expiry": "2020-03-20", "moneyness": 1.0, "quantity": 1e6},
    {"kind": "put", "expiry": "2020-03-20", "moneyness": 1.0, "quantity": 1e6},
    {"kind": "put", "expiry": "2020-03-20", "moneyness": 0.95, "quantity": 1e6},
    {"kind": "call", "expiry": "2020-03-20", "strike": 100.0 / 0.95, "quantity": 1e6},
]


@pytest.mark.parametrize("market", [{}, {"dividend_yield": 0.02, "skew": 0.8}, {"smile": "ssvi"}, MOVING])
def test_it_is_worth_what_the_same_option_in_a_book_is(market):
    """Until the first roll the strike is the same on every path; value and all first and second derivatives agree."""
    desk = {"type": "Hedger", "book": LINES, "policy": {"kind": "never"}}
    options = {name: {**spec, "roll_days": 1000} for name, spec in LISTED.items()}
    world = world_of(listed(options, market={**NOISY, **market}, agents={"desk": desk}), 3)
    book = world.desks["desk"].book

    def differences():
        risk = book.risk(world.factors.tick, world.factors.snapshot, world.desks["desk"].unit.fixings)
        units = [each.greeks() for each in world.options]
        mine = [sum(getattr(unit, name) for unit in units) for name in ("worth", "delta", "gamma", "vega", "vanna")]
        theirs = [risk.value, risk.delta, risk.gamma, risk.vega, risk.vanna]
        nodes = sum(unit.nodes() for unit in units)
        theirs += [risk.first(FactorKey("zero", "usd", name)) for name in ("overnight", "us2y", "us10y")]
        pairs = zip([*mine, *nodes], theirs, strict=True)
        return [(np.abs(1e6 * a - b) / np.maximum(np.abs(b), 1.0)).max() for a, b in pairs]

    seen = watch(world, Phase.MARK, differences)
    world.run()
    assert len(seen) > 8 and np.max(seen) < (1e-9 if "stickiness" in market else 1e-11)


@pytest.mark.parametrize("market", [{}, MOVING])
def test_sensitivities_and_theta_are_those_of_other_markets(market):
    world = world_of(listed(LISTED, market={**NOISY, **market}), 2)
    world.run()
    now = world.factors.snapshot
    for option in world.options:
        for key, slope in option.sensitivities().items():
            step = 1e-4 if key == SPOT else 1e-6
            up, down = (option.greeks(now.bumped(key, by)).worth for by in (step, -step))
            assert slope == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-7)
        up, down = (option.greeks(now.bumped(SPOT, by)).delta for by in (1e-4, -1e-4))
        assert option.greeks().gamma == pytest.approx((up - down) / 2e-4, rel=1e-6)
        stretched = now.with_rows({VOL: now.row(VOL) * 1.000001})
        assert option.greeks().vanna == pytest.approx(
            (option.greeks(stretched).delta - option.greeks().delta) / 1e-6, rel=1e-4, abs=1e-6
        )
        day = option.theta(1 / 252)
        assert (day < 0).all()


@pytest.mark.parametrize("market", [{}, MOVING])
def test_worth_and_delta_alone_have_the_same_digits(market):
    world = world_of(listed(LISTED, market={**NOISY, **market}), 300)  # more than a block
    world.run()
    tick, now = world.factors.tick, world.factors.snapshot
    for option in world.options:
        whole, short = option._valued(tick, now), option._sloped(tick, now)
        assert np.array_equal(option._worth(tick, now), whole.worth)
        assert np.array_equal(short.worth, whole.worth) and np.array_equal(short.delta, whole.delta)


def test_vol_at_the_money_is_the_markets_and_a_strike_keeps_its_own():
    world = world_of(listed({"atm": MONTH, "low": {**MONTH, "kind": "put", "moneyness": 0.9}}), 2)
    base, option = world.factors.vol_law.base, world.venue("low").listing
    assert world.venue("atm").mid == pytest.approx(base, rel=1e-14)
    years = option.struck.table.variance_years[0]
    assert option.mid == pytest.approx(base * (1 - 0.5 * np.log(0.9) / np.sqrt(max(years, 1 / 12))), rel=1e-12)


def test_a_buyer_pays_the_half_spread_in_vol_and_raises_the_markets_vol():
    scenario = listed({"atm": {**MONTH, "roll_days": 1000}})
    world, quiet = world_of(scenario, 2), world_of(scenario, 2)
    fills = send(world, {1: {"atm": 1e7}})
    venue, before = world.venue("atm"), []
    watch(world, Phase.QUOTE, lambda: before.append((venue.mid, venue.listing.unit_notional, venue.half_spread)))
    moved, without = (watch(w, Phase.MARK, lambda w=w: w.factors.vol) for w in (world, quiet))
    realised, calm = (watch(w, Phase.MARK, lambda w=w: w.factors.realised_vol()) for w in (world, quiet))
    world.run(), quiet.run()
    mid, vega, spread = before[1]
    assert fills[1]["atm"].price == pytest.approx(mid + spread, rel=1e-12)
    displacement = 0.01 * 1e7 * vega / venue.depth / 0.2  # ln vol, at the base vol of 20 %
    assert np.log(moved[1] / without[1]) == pytest.approx(0.01 * 1e7 * vega / before_depth(quiet, 1) / 0.2, rel=1e-9)
    assert (np.log(moved[-1] / without[-1]) < 0.999 * np.log(moved[1] / without[1])).all()
    assert (np.log(moved[-1] / without[-1]) > 0.4 * displacement).all()
    for one, other in zip(realised, calm, strict=True):
        assert one == pytest.approx(other, rel=1e-12)  # the asset moves no more for it
    for asset in (CASH, "atm"):
        whole = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(whole).max() <= 1e-12 * gross(world.ledger, asset).max()


def before_depth(world, tick):
    """Depth of the venue at any tick: no power of vol is at work where the loops of spread and depth are cut."""
    return world.venue("atm").depth


def test_a_price_taker_leaves_no_trace_in_vol():
    from scenarios.worlds.world import make_world
    from sim.ensemble import Chunk

    scenario = listed({"atm": MONTH})
    vols = []
    for bought in (0.0, 1e7):
        world = make_world(scenario, Chunk("twin", 0, 2), scenario.feedback, price_takers=True)
        send(world, {1: {"atm": bought}})
        seen = watch(world, Phase.MARK, lambda world=world: world.factors.vol.copy())
        world.run()
        vols.append(seen)
    assert np.array_equal(vols[0], vols[1])


@pytest.mark.parametrize("smile", ["start", "roll"])
def test_a_roll_strikes_it_anew_and_nobody_gains(smile):
    world = world_of(listed({"atm": {**MONTH, "roll_days": 2, "smile": smile}}), 3)
    send(world, {0: {"atm": 1e6}})
    venue, ledger, found = world.venue("atm"), world.ledger, []

    def equity():
        return ledger.balance("trader") + world.hedge_value("trader")

    step = venue.listing.step

    def looked(tick):
        before, struck = equity(), venue.listing.struck.tick
        step(tick)
        found.append((tick, struck, venue.listing.struck.tick))
        assert equity() == pytest.approx(before, rel=1e-12)
        if venue.listing.struck.tick == tick:
            assert np.array_equal(venue.listing.strikes[0], world.factors.spot)
            if smile == "roll":  # at the money: the market's own, as much of it as reaches a month
                base, left = world.factors.vol_law.base, venue.listing.struck.table.variance_years[0]
                reach = term_response(np.array([left - world.clock.variance_years[tick]]), 1.4)
                assert venue.mid == pytest.approx(base * (world.factors.vol / base) ** reach, rel=1e-9)

    venue.listing.step = looked
    world.run()
    days = [int(world.clock.day[tick]) for tick, before, after in found if after != before]
    assert days == [2, 4, 6, 8, 10]
    assert venue.held("trader") == pytest.approx(1e6)


def test_kept_to_its_expiry_it_pays_how_far_spot_has_moved():
    world = world_of(listed({"week": {"expiry_days": 7, "roll_days": 1000}}, venue={**VENUE, **QUIET}), 3)
    send(world, {0: {"week": 1e6}})
    venue, ledger = world.venue("week"), world.ledger
    first, strikes, found = venue.listing.struck, venue.listing.strikes.copy(), []
    watch(world, Phase.QUOTE, lambda: found.append((ledger.balance("trader").copy(), venue.listing.greeks().worth)))
    spot = watch(world, Phase.QUOTE, lambda: world.factors.spot.copy())
    world.run()
    at = int(np.searchsorted(world.clock.ticks, first.expiry))
    assert world.clock.ticks[at] == first.expiry
    received = found[at][0] - found[at - 1][0]
    assert received == pytest.approx(1e6 * (np.abs(spot[at] - strikes[0]) - found[at][1]), rel=1e-9)


# --- no arbitrage -----------------------------------------------------------------------------------------------------
STRIKES = (0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25)
EXPIRIES = (14, 30, 91, 365)


@pytest.mark.parametrize("number", range(6))
def test_no_quote_can_be_arbitraged_on_any_path(number):
    """Random markets: parity, calls that fall and bend in the strike, put values between bounds, variance that grows.

    In total variance the surface of a factor model grows in time where the skew is flat; else parity and the bounds
    hold, and butterflies where the smile is not steeper than a density allows.
    """
    random = np.random.default_rng(number)
    skew = float(random.uniform(0.0, 0.25))
    level = {**LEVEL, "vol": float(random.uniform(0.1, 0.6)), "overnight": float(random.uniform(-0.01, 0.06))}
    days = [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **level, "spot": float(random.uniform(75, 120))}]
    options = {
        f"{kind}{days}x{i}": {"kind": kind, "expiry_days": days, "moneyness": m, "roll_days": 4}
        for kind in ("call", "put")
        for days in EXPIRIES
        for i, m in enumerate(STRIKES)
    }
    market = {**NOISY, "skew": skew, "dividend_yield": float(random.uniform(0.0, 0.04))}
    world = world_of(listed(options, market=market, anchors=days), 8)
    watch(world, Phase.MARK, lambda: _require_no_arbitrage(world, market["dividend_yield"]))
    world.run()


def _require_no_arbitrage(world, dividend):
    spot, clock = world.factors.spot, world.clock
    for days in EXPIRIES:
        calls, puts = ([world.venue(f"{k}{days}x{i}").listing for i in range(len(STRIKES))] for k in ("call", "put"))
        strikes = np.array([each.strikes[0] for each in calls])
        call, put = (np.array([each.greeks().worth for each in side]) for side in (calls, puts))
        tau = max(calls[0].years(), 0.0)
        by_nodes = np.array([each.greeks().nodes().sum(axis=0) for each in calls]) - np.array(
            [each.greeks().nodes().sum(axis=0) for each in puts]
        )
        forward = spot * np.exp(-dividend * tau)
        paid = forward - (call - put)  # K times the discount factor, if parity holds
        assert np.ptp(paid / strikes, axis=0).max() < 1e-12  # the same discount factor at every strike ...
        assert by_nodes == pytest.approx(tau * paid, abs=1e-9)  # ... which falls with the rates as it must
        discount = (paid / strikes)[0]
        slopes = np.diff(call, axis=0) / np.diff(strikes, axis=0)
        assert (slopes < 1e-12).all() and (slopes > -discount - 1e-12).all()
        assert (np.diff(slopes, axis=0) > -1e-10).all()
        assert (call >= np.maximum(forward - strikes * discount, 0) - 1e-10).all() and (call <= forward).all()
    assert clock is world.clock


def test_total_variance_grows_with_expiry_at_one_strike():
    """At the money and on one surface; the response of long vols to the short one is damped, so it is no theorem."""
    options = {f"d{days}": {"kind": "call", "expiry_days": days, "roll_days": 1000} for days in EXPIRIES}
    market = {**NOISY, "term_reversion": 0.0}
    world = world_of(listed(options, market=market), 8)

    def variances():
        found = [(each.mid**2 * (each.struck.table.variance_years[0] - year(world))) for each in world.options]
        return np.diff(np.array(found), axis=0).min()

    seen = watch(world, Phase.MARK, variances)
    world.run()
    assert min(seen) > 0


def year(world):
    return float(world.clock.variance_years[world.factors.tick])


# --- gains ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("smile", [{}, {**MOVING, "surface": {"skew_noise": 0.8}}])
def test_gains_are_split_as_a_books_are(smile):
    """A desk holds in the market what another has in its book: every part of the two gains is the same."""
    from scenarios import run

    book = [{"kind": kind, "months": 1, "moneyness": 1.0, "quantity": 1e6} for kind in ("call", "put")]
    desks = {
        "holder": {
            "type": "Hedger",
            "policy": {"kind": "never"},
            "option_leg": {"hold": {"atm": 1e6}},
        },
        "client": {"type": "Hedger", "policy": {"kind": "never"}, "book": book},
    }
    options = {"atm": {"expiry_months": 1, "roll_days": 1000, "venue": QUIET}}
    scenario = listed(options, market={**NOISY, **smile}, agents=desks, feedback=only())
    result = run(scenario, paths=4, workers=1, tables=["marks"])
    marks = result.table("marks").collect().sort("path", "time")
    holder, client = (marks.filter(marks["agent"] == name) for name in desks)
    pairs = {"gamma": "hedge_gamma", "theta": "hedge_theta", "vega": "hedge_vega", "delta": "hedge"}
    pairs |= {"smile": "hedge_smile"} if smile else {}
    for of_book, of_hedge in {**pairs, "rates": "hedge_rates"}.items():
        scale = client[of_book].abs().max()
        assert np.abs((client[of_book] - holder[of_hedge]).to_numpy()).max() < 1e-9 * max(scale, 1e3)
    whole = sum(holder[name] for name in (*pairs.values(), "hedge_rates"))
    assert np.abs((whole - holder["pnl"]).to_numpy()).max() < 1e-6
    parts = {part["name"]: [column["name"] for column in part["columns"]] for part in result.manifest["loss"]["parts"]}
    assert parts["convexity"] == ["gamma", "hedge_gamma"] and parts["carry"] == ["theta", "hedge_theta"]


def test_a_path_alone_has_the_same_digits():
    scenario = listed(LISTED)
    vols = []
    for paths, first in ((5, 0), (1, 3)):
        world = world_of(scenario, paths, first)
        send(world, {1: {"put": 2e6}, 3: {"straddle": -1e6, "strangle": 1e6}})
        seen = watch(world, Phase.MARK, lambda world=world: np.stack([world.hedge_value("trader"), world.factors.vol]))
        world.run()
        vols.append(np.array(seen)[:, :, 3 if paths == 5 else 0])
    assert np.array_equal(vols[0], vols[1])


def test_gains_of_a_path_are_not_split_where_others_trade():
    """Marked at closes: a trade within the day is a look at the paths that trade, and at no other."""
    dealer = {"type": "OptionMaker", "venues": list(LISTED), "capital": 1e12, "vega_limit": 1e12}
    kept = {"maker": maker(), "dealer": {**dealer, "policy": {"kind": "never"}}}
    marked = {"paths": 3, "witnesses": 0, "twin": "none", "attribution": "daily"}
    scenario = listed(LISTED, minutes=130, agents=kept, run=marked)
    parts = []
    for paths, later in ((3, {6: {"put": np.array([0.0, 5e5, 0.0])}}), (1, {})):
        world = world_of(scenario, paths)
        send(world, {0: {"put": np.full(paths, 1e6)}, **later})
        world.run()
        parts.append([world.hedge_value("trader"), *(world.ledger.flow("trader", reason) for reason in SPLIT)])
    together, alone = (np.array(part)[:, 0] for part in parts)
    assert np.array_equal(together, alone) and np.abs(alone).min() > 0


def test_what_else_is_listed_changes_nothing():
    found = []
    for further in ({}, {"other": {"kind": "put", **MONTH}}):
        world = world_of(listed({**further, "atm": MONTH}), 2)
        send(world, {1: {"atm": 1e6}})
        found.append(watch(world, Phase.MARK, lambda world=world: world.hedge_value("trader").copy()))
        world.run()
    assert np.array_equal(found[0], found[1])


def test_a_market_without_options_has_the_tables_that_it_had():
    from scenarios import run

    marks = run(crisis(agents={"maker": maker()}), paths=2, workers=1, tables=["marks"]).table("marks").collect()
    assert not {"hedge_vega", "hedge_gamma", "hedge_theta"} & set(marks.columns)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "straddle"}, "exactly one of expiry_days and expiry_months"),
        ({"expiry_days": 30, "expiry_months": 1}, "exactly one of expiry_days and expiry_months"),
        ({"kind": "strangle", "expiry_days": 30}, "a strangle has its put below spot"),
        ({"kind": "digital", "expiry_days": 30}, "kind"),
        ({"expiry_days": 0}, "expiry_days"),
        ({"expiry_days": 30, "moneyness": -1.0}, "moneyness"),
        ({"expiry_days": 30, "venue": {"clearing": "fixed_point"}}, "clear in sequence"),
    ],
)
def test_options_that_cannot_be(change, said):
    with pytest.raises(UserError, match=said):
        listed({"atm": change})


def test_options_need_quotes_names_and_a_price_with_a_logarithm():
    with pytest.raises(UserError, match="nobody quotes this option"):
        crisis(market={"options": {"atm": {**MONTH, "venue": VENUE}}}, agents={"maker": maker()})
    with pytest.raises(UserError, match="has this name"):
        listed({"maker": MONTH})
    with pytest.raises(UserError, match="lognormal"):
        listed({"atm": MONTH}, market={**STILL, "price_model": "normal"})


@pytest.mark.parametrize("market", [NOISY, {**NOISY, "smile": "ssvi"}])
def test_gains_split_by_one_kernel_are_those_split_value_by_value(monkeypatch, market):
    """To the last bit, of what is held on some paths only, through a roll and two trades of a tick."""
    some = np.array([1e6, 0.0, -2e6, 3e5, 0.0])

    def gains():
        world = world_of(listed({"call": {"kind": "call", "expiry_days": 9}, "straddle": MONTH}, market=market), 5)
        send(world, {1: {"call": some, "straddle": some[::-1].copy()}, 3: {"call": -0.5 * some}, 7: {"straddle": some}})
        world.run()
        return np.array([[world.ledger.flow("maker", reason) for reason in SPLIT]])

    whole = gains()
    assert (whole != 0.0).any(axis=(0, 2)).all()
    monkeypatch.delattr(ListedOption, "split")
    np.testing.assert_array_equal(gains(), whole)
