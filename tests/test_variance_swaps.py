"""Variance swaps in venues of their own: fair strikes, what is realised, replication, rolls, and who holds them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import chi2, norm

from agents.desk.options_held import options_held
from markets.factors.key import SPOT, USD, VOL
from markets.kernels.variance import fair_variances
from markets.vols.smile import strike_multiple
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, STILL, Trader, crisis, gross, only, send, watch, world_of
from tests.test_listed_options import MOVING, NOISY, QUIET, VENUE, maker

FREE = {"half_spread": 0.0, "impact": 0.0, "slope": 0.0, "depth": 1e15, "depth_floor": 1.0, "capacity": 100.0}
MONTH = {"expiry_days": 30}
FLAT = {**NOISY, "skew": 0.0}
SURFACE = {"smile": "ssvi", "stickiness": 0.4, "surface": {"skew_noise": 0.4}}
MARKETS = [{}, {"smile": "ssvi", "dividend_yield": 0.02}, MOVING, SURFACE]


def swapped(swaps, *, market=NOISY, venue=VENUE, agents=None, options=None, **tables):
    """Two weeks with these swaps and options, and who quotes them."""
    told, listed = (
        {name: {**spec, "venue": {**venue, **spec.get("venue", {})}} for name, spec in specs.items()}
        for specs in (swaps, options or {})
    )
    keys = {"minutes": 390, "feedback": only(impact=1.0), **tables}
    market = {**market, "variance_swaps": told, **({"options": listed} if listed else {})}
    return crisis(market=market, agents={"maker": maker(*told, *listed), **(agents or {})}, **keys)


# --- the fair strike --------------------------------------------------------------------------------------------------
def test_without_a_smile_the_fair_vol_is_that_of_options():
    """K is the vol of every strike, and what is fair of the rest stays that vol while it answers the market's."""
    world = world_of(swapped({"vs": MONTH, "year": {"expiry_months": 12}}, market=FLAT), 3)
    swap, year = (world.venue(name).listing for name in ("vs", "year"))
    assert swap.strike == pytest.approx(0.2, rel=1e-12) and year.strike == pytest.approx(0.2, rel=1e-12)
    world.run()
    ratio = world.factors.vol / 0.2
    for each in (swap, year):
        response = each.struck.term(world.factors.tick)[5]
        assert each.mid == pytest.approx(0.2 * ratio**response, rel=1e-12)
        assert each.elasticity == pytest.approx(response, rel=1e-12)


@pytest.mark.parametrize("form", ["linear", "ssvi"])
@pytest.mark.parametrize(
    ("skew", "vol", "expiry"),
    [(0.5, 0.2, MONTH), (0.9, 0.15, {"expiry_months": 12}), (0.5, 0.8, MONTH), (-0.4, 0.3, MONTH)],
)
def test_the_fair_strike_is_the_strip_of_options(form, skew, vol, expiry):
    """2 / K^2 of each option out of the money, over all strikes, by SciPy's quadrature of Black and Scholes."""
    level = {**LEVEL, "vol": vol}
    days = [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **level}]
    world = world_of(swapped({"vs": expiry}, market={**NOISY, "smile": form, "skew": skew}, anchors=days), 1)
    swap = world.venue("vs").listing
    years, forward = swap.struck.table.variance_years[0], swap.struck.table.start.forward_price(swap.struck.years)

    def option(k):
        strike = forward * np.exp(k)
        sd = vol * np.sqrt(years) * strike_multiple(np.array([strike]), years, spot=100.0, skew=skew, form=form)[0]
        d1 = -k / sd + sd / 2
        sign = 1.0 if k > 0 else -1.0
        return sign * (forward * norm.cdf(sign * d1) - strike * norm.cdf(sign * (d1 - sd)))

    sd, steep = vol * np.sqrt(years), skew / np.sqrt(max(years, 1 / 12))
    kinks = [x / steep - np.log(forward / 100.0) for x in (0.75, -3.0)]
    edges = sorted([sd * x for x in (-90, -30, -12, -5, -2, 0, 2, 5, 12, 40)] + [k for k in kinks if abs(k) < 40 * sd])
    parts = [
        quad(lambda k: 2 * option(k) / (forward * np.exp(k)), *ends, epsabs=1e-14, limit=200)[0]
        for ends in pairwise(edges)
    ]
    assert swap.strike[0] ** 2 * years == pytest.approx(sum(parts), rel=1e-8)
    assert swap.strike[0] > vol  # wings cost more than the money


@pytest.mark.parametrize("form", [0, 1])
def test_derivatives_of_fair_variance(form):
    """Also of smiles that are nearly as steep as a density allows, and of one that is cut off."""
    random = np.random.default_rng(3)
    c, a, flat = random.uniform(-1.5, 1.5, 40), random.uniform(-0.3, 0.3, 40), random.uniform(0.02, 0.3, 40)
    c[0], a[:2] = 0.0, 0.0

    def at(c=c, a=a, flat=flat):
        out = np.empty((6, 40))
        fair_variances(form, c, a, flat, out)
        return out

    found, h = at(), 1e-5
    by_level = (at(flat=flat * np.exp(h)) - at(flat=flat * np.exp(-h))) / (2 * h)
    by_shift = (at(a=a + h) - at(a=a - h)) / (2 * h)
    by_steep = (at(c=c + h) - at(c=c - h)) / (2 * h)
    expected = [by_level[0], by_shift[0], by_shift[2] if form else found[3], by_level[2], by_steep[0]]
    assert found[1:] == pytest.approx(np.array(expected), rel=2e-5, abs=1e-7)
    assert found[0, 0] == pytest.approx(flat[0] ** 2, rel=1e-12)


def test_digits_of_a_smile_do_not_depend_on_the_others():
    random = np.random.default_rng(4)
    given = random.uniform(-1.0, 1.0, 700), random.uniform(-0.3, 0.3, 700), random.uniform(0.02, 0.3, 700)
    together, alone = np.empty((6, 700)), np.empty((6, 1))
    fair_variances(1, *given, together)
    for i in (0, 255, 256, 511, 699):
        fair_variances(1, *(each[i : i + 1].copy() for each in given), alone)
        assert np.array_equal(together[:, i : i + 1], alone)


# --- the listing ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("market", MARKETS)
def test_sensitivities_and_theta_are_those_of_other_markets(market):
    world = world_of(
        swapped(
            {"vs": MONTH, "roll": {"expiry_days": 60, "roll_days": 2, "smile": "roll"}}, market={**NOISY, **market}
        ),
        3,
    )
    world.run()
    now = world.factors.snapshot
    for swap in world.options:
        for key, slope in swap.sensitivities().items():
            step = 1e-4 if key == SPOT else 1e-6
            up, down = (swap.greeks(now.bumped(key, by)).worth for by in (step, -step))
            assert slope == pytest.approx((up - down) / (2 * step), rel=1e-6, abs=1e-9)
        up, down = (swap.greeks(now.bumped(SPOT, by)).delta for by in (1e-4, -1e-4))
        assert swap.greeks().gamma == pytest.approx((up - down) / 2e-4, rel=1e-6)
        stretched = now.with_rows({VOL: now.row(VOL) * 1.000001})
        difference = swap.greeks(stretched).delta - swap.greeks().delta
        assert swap.greeks().vanna == pytest.approx(difference / 1e-6, rel=1e-4, abs=1e-9)
        assert (swap.theta(1 / 252) < 0).all()


@pytest.mark.parametrize("market", MARKETS[:3])
def test_it_pays_what_closes_have_realised_less_what_was_fair(market):
    """Traded prices count, somebody moves the asset at every close; ticks within the day do not."""
    scenario = swapped({"week": {"expiry_days": 7}}, market={**NOISY, **market}, venue={**VENUE, **QUIET}, minutes=130)
    world = world_of(scenario, 3)
    closing = np.flatnonzero(world.clock.is_close)
    send(world, {0: {"week": 1e6}} | {int(tick): {"asset": 1e7 * (-1) ** day} for day, tick in enumerate(closing[1:])})
    swap, ledger, paid = world.venue("week").listing, world.ledger, {}
    first, strike, step = swap.struck, swap.strike.copy(), swap.step
    spot = watch(world, Phase.MARK, lambda: world.factors.spot.copy())

    def stepped(tick):
        before = ledger.balance("trader").copy()
        step(tick)
        paid[tick] = ledger.balance("trader") - before, world.factors.spot

    swap.step = stepped
    world.run()
    end = int(np.searchsorted(world.clock.ticks, first.expiry))
    closes = [spot[tick] for tick in closing if tick < end]
    cash, last = paid[end]
    realised = sum(np.log(b / a) ** 2 for a, b in pairwise([*closes, last]))
    years = first.table.variance_years[0]
    assert end in closing and len(closes) == 5
    assert cash == pytest.approx(1e6 * (realised / years - strike**2) / (2 * strike), rel=1e-9)


def test_fixing_a_close_changes_no_worth_and_takes_the_days_delta():
    world = world_of(swapped({"vs": MONTH}, market=FLAT), 3)
    world.run()
    swap, last = world.venue("vs").listing, len(world.clock.ticks) - 1
    before = swap.greeks()
    assert np.abs(before.delta).min() > 0
    swap.fix(last)
    assert swap.greeks().worth is before.worth  # remembered, and the same if it is computed:
    fresh = swap._priced(last, world.factors.snapshot).greeks
    assert fresh.worth == pytest.approx(before.worth, rel=1e-12)
    assert np.abs(fresh.delta).max() < 1e-12


@pytest.mark.parametrize("smile", ["start", "roll"])
def test_a_roll_strikes_it_anew_and_nobody_gains(smile):
    world = world_of(swapped({"vs": {**MONTH, "roll_days": 2, "smile": smile}}), 3)
    send(world, {0: {"vs": 1e6}})
    venue, ledger, found = world.venue("vs"), world.ledger, []

    def equity():
        return ledger.balance("trader") + world.hedge_value("trader")

    step = venue.listing.step

    def looked(tick):
        before, struck = equity(), venue.listing.struck.tick
        step(tick)
        assert equity() == pytest.approx(before, rel=1e-12)
        if venue.listing.struck.tick != struck:
            found.append(int(world.clock.day[tick]))
            assert np.array_equal(venue.mid, venue.listing.strike)
            assert venue.listing.greeks().worth == pytest.approx(0.0, abs=1e-12)
            discount = np.exp(-0.025 * 30 / 365)
            assert venue.listing.unit_notional == pytest.approx(discount, rel=0.01)  # 1 $ of vega

    venue.listing.step = looked
    world.run()
    assert found == [2, 4, 6, 8, 10]
    assert venue.held("trader") == pytest.approx(1e6)


def test_a_buyer_pays_the_half_spread_in_vol_and_raises_the_markets_vol():
    scenario = swapped({"vs": MONTH})
    world, quiet = world_of(scenario, 2), world_of(scenario, 2)
    fills = send(world, {1: {"vs": 1e8}})
    venue, before = world.venue("vs"), []
    watch(world, Phase.QUOTE, lambda: before.append((venue.mid, venue.listing.unit_notional, venue.half_spread)))
    moved, without = (watch(w, Phase.MARK, lambda w=w: w.factors.vol) for w in (world, quiet))
    world.run(), quiet.run()
    mid, vega, spread = before[1]
    assert fills[1]["vs"].price == pytest.approx(mid + spread, rel=1e-12)
    expected = 0.01 * 1e8 * vega / quiet.venue("vs").depth / 0.2  # ln vol, at the base vol of 20 %
    assert np.log(moved[1] / without[1]) == pytest.approx(expected, rel=1e-9)
    cost = world.ledger.flow("trader", "spread_cost_calm") + world.ledger.flow("trader", "spread_cost_crisis")
    assert cost == pytest.approx(-1e8 * vega * spread, rel=1e-9)
    for asset in (CASH, "vs"):
        whole = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(whole).max() <= 1e-12 * gross(world.ledger, asset).max()


def test_a_price_taker_leaves_no_trace_in_vol():
    from scenarios.worlds.world import make_world
    from sim.ensemble import Chunk

    scenario, vols = swapped({"vs": MONTH}), []
    for bought in (0.0, 1e8):
        world = make_world(scenario, Chunk("twin", 0, 2), scenario.feedback, price_takers=True)
        send(world, {1: {"vs": bought}})
        seen = watch(world, Phase.MARK, lambda world=world: world.factors.vol.copy())
        world.run()
        vols.append(seen)
    assert np.array_equal(vols[0], vols[1])


def test_a_path_alone_has_the_same_digits_whatever_else_is_listed():
    found = []
    for paths, first, further in ((5, 0, {"other": {"expiry_months": 6}}), (1, 3, {})):
        scenario = swapped({**further, "vs": {**MONTH, "roll_days": 4}}, market={**NOISY, **SURFACE}, minutes=130)
        world = world_of(scenario, paths, first)
        send(world, {1: {"vs": 2e8}, 9: {"vs": -3e8}})
        seen = watch(world, Phase.MARK, lambda world=world: np.stack([world.hedge_value("trader"), world.factors.vol]))
        world.run()
        found.append(np.array(seen)[:, :, 3 if paths == 5 else 0])
    assert np.array_equal(found[0], found[1])


# --- replication ------------------------------------------------------------------------------------------------------
GAP, STRIKES = 0.5, np.arange(56.0, 176.0, 0.5)  # $


def test_a_swap_is_worth_its_strip_of_listed_options_and_a_daily_hedge():
    """Long the swap, short 2 / K^2 of every listed option, and the asset against the log contract, at every close.

    Per close with return r: r^2 - 2 (e^r - 1 - r), or -r^3 / 3 and less, is left, path by path. Beside it stands what
    the strip's strikes leave between them: less than h^2 / (4 K^2) of the notional, K the lowest that spot may reach.
    """
    level = {**LEVEL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0}
    days = [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **level, "spot": 93.0}]
    of = {"expiry_days": 14, "roll_days": 1000}
    kinds = {k: "put" if k < 100.0 else "straddle" if k == 100.0 else "call" for k in STRIKES}
    options = {f"k{10 * k:.0f}": {**of, "kind": kind, "moneyness": k / 100.0} for k, kind in kinds.items()}
    market = {**NOISY, "rates": {"vol_us2y": 0.0, "vol_us10y": 0.0}, "realised_ratio": 1.5, "smile": "ssvi"}
    keys = {"feedback": only(), "minutes": 130, "anchors": days, "venue": FREE}
    world = world_of(swapped({"vs": of}, options=options, market=market, **keys), 6)
    swap, asset = world.venue("vs").listing, world.venue("asset")
    years, strike = swap.struck.table.variance_years[0], swap.strike
    trader, notional = Trader(world), 1e6

    def trading():
        while True:
            yield world.tick(Phase.TRADE)
            if world.tick_index == 0:
                world.venue("vs").trade(trader, notional * 2 * strike * years)
                for k, kind in kinds.items():  # at the split half of each, as of the VIX
                    units = notional * 2 / k**2 * GAP * (0.5 if kind == "straddle" else 1.0)
                    world.venue(f"k{10 * k:.0f}").trade(trader, world.full(-units))
            if world.clock.is_close[world.tick_index]:
                wanted = notional * 2 * (1 / 100.0 - 1 / world.factors.spot)
                asset.trade(trader, wanted - asset.held("trader"))

    world.start(trading())
    costs = ("spread_cost_calm", "spread_cost_crisis", "impact_cost")

    def gained():
        paid = sum(world.ledger.flow("trader", cost) for cost in costs)
        return world.hedge_value("trader") + world.ledger.balance("trader") - paid

    worth, spot = watch(world, Phase.MARK, gained), watch(world, Phase.MARK, lambda: world.factors.spot)
    world.run()
    end = int(np.searchsorted(world.clock.ticks, swap.struck.expiry))
    at = [tick for tick in np.flatnonzero(world.clock.is_close) if tick < end]
    returns = np.diff(np.log([spot[tick] for tick in at]), axis=0)
    left = notional * np.cumsum(returns**2 - 2 * (np.expm1(returns) - returns), axis=0)
    found = np.array([worth[tick] for tick in at])
    bound = notional * GAP**2 / (4 * np.min(spot) ** 2)
    assert len(at) > 8
    assert np.abs(found[1:] - found[0] - left).max() < bound < 0.2 * np.abs(left[-1]).max()
    assert np.abs(returns).max() > 0.02


# --- who holds it -----------------------------------------------------------------------------------------------------
BOOK = [{"kind": "put", "months": 3, "moneyness": 0.95, "quantity": -3e6}]


@pytest.mark.parametrize("spot", [1.2, 100.0, 4000.0])
def test_a_desk_buys_its_vega_back_in_variance_and_hedges_the_delta_of_all(spot):
    """On an asset of any price: a unit of a swap is $ of vol, whatever the price."""
    leg, days = {"venues": ["vs"]}, [{"date": f"2020-{day}", **LEVEL, "spot": spot} for day in ("02-19", "03-04")]
    desk = {"type": "Hedger", "capital": 5e9, "book": BOOK, "policy": {"kind": "every"}, "option_leg": leg}
    keys = {"agents": {"desk": desk}, "venue": {**VENUE, **QUIET}, "feedback": only(), "anchors": days}
    world = world_of(swapped({"vs": {"expiry_days": 91}}, **keys), 3)

    def left():
        one, held = world.desks["desk"], options_held(world, "desk")
        vega, delta = (one.scale * own for own in (one.unit.risk().vega, one.unit.risk().delta))
        open_delta = delta + held.sum("delta") + world.venue("asset").held("desk")
        return (vega + held.sum("vega")) / vega, open_delta / delta

    found = watch(world, Phase.FUND, left)
    world.run()
    assert np.abs(found).max() < 1e-9
    assert (world.venue("vs").held("desk") > 0).all()


def test_gains_are_split_and_add_up():
    """A desk keeps a swap and hedges nothing; parts are those of its value; a dealer sells it and is neutral."""
    from scenarios import run

    hold = {"type": "Hedger", "policy": {"kind": "never"}, "option_leg": {"hold": {"vs": 1e8}}}
    dealer = {"type": "OptionMaker", "venues": ["vs"], "capital": 1e10, "vega_limit": 1e9, "gamma_limit": 1e11}
    agents = {"maker": maker(), "holder": hold, "dealer": dealer, "treasury": {"type": "FundingDesk"}}
    scenario = swapped({"vs": {"expiry_days": 9}}, market={**NOISY, **SURFACE}, agents=agents, minutes=130)
    result = run(scenario, paths=4, workers=1, tables=["marks"])
    marks = result.table("marks").collect().sort("path", "time")
    holder = marks.filter(marks["agent"] == "holder")
    names = ["hedge", "hedge_gamma", "hedge_theta", "hedge_vega", "hedge_smile", "hedge_rates"]
    costs = [
        "spread_cost_calm",
        "spread_cost_crisis",
        "impact_cost",
        "netting_gain",
        "funding_overnight",
        "funding_credit",
    ]
    whole = sum(holder[name] for name in (*names, *costs))
    assert np.abs((whole - holder["pnl"]).to_numpy()).max() < 1e-5
    last = holder.group_by("path").last()
    assert (last["hedge_gamma"] > 0).all() and (last["hedge_theta"] < 0).all()
    sold = marks.filter(marks["agent"] == "dealer").group_by("path").last()
    assert (sold["hedge_gamma"] < 0).all() and (sold["hedge_theta"] > 0).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expiry_days": None}, "needs exactly one of expiry_days and expiry_months, got '0 of them'"),
        ({"expiry_months": 1}, "needs exactly one of expiry_days and expiry_months, got '2 of them'"),
        ({"roll_days": 0}, "roll_days: must be > 0, got 0"),
        ({"smile": "mine"}, "smile: must be 'start' or 'roll', got 'mine'"),
        ({"venue": {"depth": 0.0}}, "depth: must be > 0, got 0"),
        ({"strike": 0.2}, "strike: unknown key"),
    ],
)
def test_swaps_that_cannot_be(change, said):
    with pytest.raises(UserError, match=said):
        swapped({"vs": {key: value for key, value in {**MONTH, **change}.items() if value is not None}})


def test_swaps_need_quotes_names_and_a_price_with_a_logarithm():
    with pytest.raises(UserError, match="vs: nobody quotes this variance swap"):
        crisis(market={"variance_swaps": {"vs": MONTH}}, agents={"maker": {"type": "MarketMaker", "venues": ["asset"]}})
    with pytest.raises(UserError, match="vs: an option has this name"):
        swapped({"vs": MONTH}, options={"vs": MONTH})
    with pytest.raises(UserError, match="a normal price may fall to 0"):
        swapped({"vs": MONTH}, market={**NOISY, "price_model": "normal"})


# --- the cap ----------------------------------------------------------------------------------------------------------
def pair(cap, **keys):
    """The same swap with a cap and without."""
    return swapped({"plain": MONTH, "capped": {**MONTH, "cap": cap}}, **keys)


def lognormal(mean, spread, room):
    """E[min(y, room)] by SciPy's quadrature over the normal of ln y."""
    centre = np.log(mean) - spread**2 / 2

    def part(x):
        return min(np.exp(centre + spread * x), room) * norm.pdf(x)

    edge = (np.log(room) - centre) / spread
    return sum(quad(part, *ends, epsabs=1e-16, epsrel=1e-12)[0] for ends in ((-12, edge), (edge, 12)))


@pytest.mark.parametrize(("market", "cap"), [({}, 1.2), ({}, 2.5), (SURFACE, 1.2)])
def test_a_cap_is_worth_its_quadrature_at_every_tick(market, cap):
    """What is realised counts as it is, what is to come by a lognormal law with the mean of the swap without a cap."""
    world = world_of(pair(cap, market={**NOISY, **market}), 2)
    plain, capped = (world.venue(name).listing for name in ("plain", "capped"))
    years, start = capped.struck.table.variance_years[0], capped.struck.table.start
    forward = start.forward_price(capped.struck.years)
    form, skew = start.form, start.skew
    money = 0.2 * strike_multiple(np.array([forward]), years, spot=100.0, skew=skew, form=form)[0]
    of_variance = 8 * np.log(capped.strike / money)

    def look():
        term, spot, nodes = (
            capped.struck.term(world.factors.tick),
            world.factors.spot,
            world.factors.snapshot.block(USD),
        )
        left = term[4] ** 2 / 0.2**2
        known = capped._realised + np.log(spot / capped._fixed) ** 2
        mean = plain.mid**2 * left
        spreads = np.sqrt(of_variance * left / years + np.log1p(2 / (left * 252)))
        counted = [lognormal(m, s, c - k) for m, s, c, k in zip(mean, spreads, capped._caps, known, strict=True)]
        discount = np.exp(-term[8] * nodes[int(term[7])] - term[10] * nodes[int(term[9])])
        return capped.greeks().worth, discount * capped._units * (known + counted - capped._strikes)

    seen = watch(world, Phase.MARK, look)
    world.run()
    for got, expected in seen:
        assert got == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_sensitivities_with_a_cap_are_differences():
    world = world_of(pair(1.2, market={**NOISY, **SURFACE}), 3)
    world.run()
    listing, now, tick = world.venue("capped").listing, world.factors.snapshot, world.factors.tick
    greeks, spot, vol = listing.greeks(), now.row(SPOT), now.row(VOL)
    for key, slope, by in ((SPOT, greeks.delta, 1e-4 * spot), (VOL, greeks.vega, 1e-5)):
        up, down = (listing._valued(tick, now.bumped(key, sign * by)) for sign in (1, -1))
        assert slope == pytest.approx((up.worth - down.worth) / (2 * by), rel=1e-4, abs=1e-9)
        bent = greeks.gamma if key == SPOT else greeks.vanna / vol
        assert bent == pytest.approx((up.delta - down.delta) / (2 * by), rel=1e-3, abs=1e-9)
    for key, slope in listing.sensitivities().items():
        if key.node:
            up, down = (listing._valued(tick, now.bumped(key, by)).worth for by in (1e-5, -1e-5))
            assert slope == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-9)


def test_what_a_capped_swap_pays_is_the_lesser_and_its_price_that_of_a_chi_square():
    """Flat vol, held to its end: pathwise min(realised, cap); its mean that of so many squared normals, and its price
    within a hundredth of the notional variance.
    """
    level = {**LEVEL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0}
    days = [{"date": "2020-02-19", **level}, {"date": "2020-03-06", **level}]
    market = {**STILL, "realised_ratio": 1.0, "skew": 0.0}
    swap = {"expiry_days": 14, "roll_days": 1000}
    scenario = swapped({"v": {**swap, "cap": 1.2}, "w": swap}, market=market, anchors=days, venue=FREE, feedback=only())
    world = world_of(scenario, 2000)
    capped = world.venue("v").listing
    first, strike, units, top = capped.greeks().worth[0], capped.strike[0], capped._units[0], capped._caps[0]
    total = capped._strikes[0]
    number = round(total / strike**2 * 252)
    worths = watch(world, Phase.MARK, lambda: (capped.struck.tick, capped.greeks().worth))
    world.run()
    paid = next(worth for tick, worth in reversed(worths) if tick == 0)
    part = total / number
    edge = top / part
    mean = part * number * chi2.cdf(edge, number + 2) + top * chi2.sf(edge, number)
    expected = units * (mean - total)
    assert paid.mean() == pytest.approx(expected, abs=4 * paid.std() / np.sqrt(2000))
    assert first == pytest.approx(expected, abs=0.01 * units * total)
    assert paid.max() <= units * (top - total) * (1 + 1e-9)


def test_the_smile_of_a_lognormal_variance_gives_its_width_back():
    """Options at the money of a mixture of Black and Scholes over a lognormal variance: 8 ln(K / vol) is its width."""
    for spread in (0.2, 0.5, 0.8):
        mean = 0.04 / 12

        def price(x, spread=spread, mean=mean):
            sd = np.sqrt(mean * np.exp(spread * x - spread**2 / 2))
            return (2 * norm.cdf(sd / 2) - 1) * norm.pdf(x)

        straddle = quad(price, -10, 10, epsabs=1e-14)[0]
        money = 2 * norm.ppf((straddle + 1) / 2)
        assert 8 * np.log(np.sqrt(mean) / money) == pytest.approx(spread**2, rel=0.01)


@pytest.mark.parametrize(
    ("cap", "said"),
    [(1.0, r"cap: must be > 1, got 1"), (-2.5, r"cap: must be > 1"), ("high", r"cap"), (1e6, r"<= 100")],
)
def test_caps_that_cannot_be(cap, said):
    with pytest.raises(UserError, match=said):
        swapped({"v": {**MONTH, "cap": cap}})
