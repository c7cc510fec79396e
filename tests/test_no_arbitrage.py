"""No static arbitrage between listed options, at every tick, on every path: random casts that trade them, and covid."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from markets.factors.key import MAIN, SPOT, VOL, VOL_SLOPE
from scenarios.reading.loading import load
from sim.phases import Phase
from tests.small import LEVEL, only, send, watch, world_of
from tests.test_listed_options import NOISY, VENUE, listed, maker
from tests.test_variance_swaps import swapped

STRIKES = (0.7, 0.85, 0.95, 1.0, 1.05, 1.2)
EXPIRIES = (21, 91, 182)
COVID, WIDE = (60, 90, 182), (0.55, 0.7, 0.8, 0.9, 0.95, 1.0, 1.1, 1.25)  # days; of the first level
WEEK = 5  # trading days
CALM = 2.3  # s / s0 up to which SSVI has no calendar arbitrage, whatever the response; see `test_the_bound`


def cast(number):
    """A market, and who is in it, by chance: SSVI or flat; with rates, yields and a surface that moves, or without any.

    A desk buys vega back from a dealer, at every tick.
    """
    random = np.random.default_rng(number)
    moves = bool(number % 2)
    vol, skew = float(random.uniform(0.1, 0.3)), float(random.choice([0.0, random.uniform(-0.4, 0.9)]))
    rates = random.uniform(-0.01, 0.06, 3).tolist() if moves else [0.0, 0.0, 0.0]
    level = {**LEVEL, "vol": vol, **dict(zip(("overnight", "us2y", "us10y"), rates, strict=True))}
    end = {**level, "spot": float(random.uniform(75, 120)), "vol": vol * float(random.uniform(0.7, 2.0))}
    market = {**NOISY, "smile": "ssvi", "skew": skew, "term_reversion": float(random.uniform(0.0, 2.0))}
    if moves:
        surface = {"skew_noise": 0.3, "skew_vol_response": 0.3}
        market |= {"dividend_yield": float(random.uniform(0.0, 0.04)), "surface": surface}
        market |= {"stickiness": float(random.uniform(0.0, 1.0))}
    else:
        market |= {"rates": {"vol_us2y": 0.0, "vol_us10y": 0.0}}
    options = chain()
    book = [{"kind": "put", "months": 3, "moneyness": 0.95, "quantity": -1e6}]
    leg = {"venues": ["put91x2"], "share": float(random.uniform(0.3, 1.0))}
    desk = {"type": "Hedger", "capital": 1e10, "book": book, "policy": {"kind": "every"}, "option_leg": leg}
    dealer = {"type": "OptionMaker", "capital": 1e10, "venues": list(options), "vega_limit": 1e8, "gamma_limit": 1e10}
    keys = {"anchors": [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **end}], "minutes": 195}
    agents = {"maker": maker(), "dealer": dealer, "desk": desk}
    return listed(options, market=market, agents=agents, feedback=only(impact=1.0, leverage=1.0), **keys), moves


def cast_on_gold(number):
    """The same of options on a further asset whose surface moves by chance; somebody buys vega at every tick."""
    random = np.random.default_rng(100 + number)
    rates = bool(number % 2)
    level = {**LEVEL, **({} if rates else dict.fromkeys(("overnight", "us2y", "us10y"), 0.0))}
    end = {**level, "vol": 0.2 * float(random.uniform(0.7, 2.0))}
    surface = {"slope_noise": 0.6, "skew_noise": 1.0, "skew_vol_response": 0.3, "skew_spot_response": -0.5}
    own = {"start": float(random.uniform(0.1, 0.3)), "beta": float(random.uniform(-3.0, 5.0)), "surface": surface}
    own |= {"skew": float(random.uniform(-0.6, 0.9)), "term_slope": float(random.uniform(-0.1, 0.1))}
    own |= {"stickiness": float(random.uniform(0.0, 1.0)), "term_reversion": float(random.uniform(0.0, 2.0))}
    own |= {"dividend_yield": float(random.uniform(0.0, 0.04)) if rates else 0.0}
    gold = {"spot": 50.0, "vol": own["start"], "vol_power": float(random.uniform(0.0, 1.0)), "implied": own}
    gold |= {"anchor": [{"date": "2020-03-04", "spot": 50.0 * float(random.uniform(0.75, 1.2))}]}
    options = chain("gold")
    limits = {"capital": 1e10, "vega_limit": 1e8, "gamma_limit": 1e10}
    dealer = {"type": "OptionMaker", "venues": list(options), **limits}
    agents = {"maker": maker("gold"), "dealer": dealer}
    keys = {"anchors": [{"date": "2020-02-19", **level}, {"date": "2020-03-04", **end}], "minutes": 195}
    market = {**NOISY, **({} if rates else {"rates": {"vol_us2y": 0.0, "vol_us10y": 0.0}})}
    loops = only(impact=1.0, leverage=1.0)
    return listed(options, market=market, agents=agents, assets={"gold": gold}, feedback=loops, **keys), rates


def chain(asset=MAIN):
    """Calls and puts of three expiries, kept; and two strikes that are struck anew after a week, for a fortnight."""
    found = {}
    for kind in ("call", "put"):
        for days in EXPIRIES:
            of = {"kind": kind, "expiry_days": days, "roll_days": 1000, "asset": asset}
            found |= {f"{kind}{days}x{i}": {**of, "moneyness": strike} for i, strike in enumerate(STRIKES)}
        late = {"kind": kind, "expiry_days": 14, "roll_days": WEEK, "asset": asset}
        found |= {f"{kind}late{i}": {**late, "moneyness": strike} for i, strike in enumerate((0.93, 1.02))}
    return found


@pytest.mark.parametrize("made", [cast, cast_on_gold])
@pytest.mark.parametrize("number", range(6))
def test_no_quote_can_be_arbitraged(made, number):
    """Parity, verticals and butterflies of all that expire together, whenever they were struck; calendars."""
    scenario, rates = made(number)
    world, sizes, calendars = world_of(scenario, 5), set(), []
    if made is cast_on_gold:
        send(world, {tick: {"put91x2": 1e5} for tick in range(1, len(world.clock.ticks))})
    watch(world, Phase.MARK, lambda: sizes.update(require_none(world)))
    watch(world, Phase.MARK, lambda: calendars.append(0 if rates else require_no_calendar(world)))
    world.run()
    assert np.abs(world.factors.impact(world.options[0].underlying.vol)).max() > 0  # somebody traded options
    assert max(sizes) > len(STRIKES)  # those struck after a week stand among the others
    assert rates or min(calendars) > 0


@pytest.fixture
def covid():
    """The preset with calls and puts listed at its book's expiries, at strikes from 0.55 to 1.25 of the first level."""
    options = {
        f"{kind}{days}x{i}": {"kind": kind, "expiry_days": days, "moneyness": strike, "roll_days": 1000}
        for kind in ("call", "put")
        for days in COVID
        for i, strike in enumerate(WIDE)
    }
    quoter = {**maker(), "venues": list(options)}

    def market(reversion):
        keys = {"market.options": options, "agents.quoter": quoter, "clock.tick_minutes": 390}
        keys |= {} if reversion is None else {"market.term_reversion": reversion}
        return world_of(load("covid_crash_2020", keys, as_given=True), 200)

    return market


def test_covid_has_no_arbitrage_at_any_close_on_any_path(covid):
    """Vols go to twelve times their start, beyond the theorem; to six months the quotes hold all the same."""
    world = covid(None)
    highest = watch(world, Phase.MARK, lambda: (world.factors.vol / world.factors.vol_law.base).max())
    watch(world, Phase.MARK, lambda: require_none(world))
    falls = watch(world, Phase.MARK, lambda: least_step(world))
    world.run()
    assert max(highest) > 10
    assert len(falls) > 70 and min(falls) > -1e-9


def test_covid_had_calendar_arbitrage_at_the_default_reversion(covid):
    world = covid(1.4)
    falls = watch(world, Phase.MARK, lambda: least_step(world))
    world.run()
    assert min(falls) < -1.0  # $ of an index of 3,386


def least_step(world):
    """Least difference of a call to one of an earlier expiry, $; not negative where rates are above zero."""
    worth = [[world.venue(f"call{days}x{i}").listing.greeks().worth for i in range(len(WIDE))] for days in COVID]
    return np.diff(np.array(worth), axis=0).min()


def require_none(world):
    """Assert that no portfolio of one expiry that cannot lose has a price below zero; returns numbers of strikes.

    One row a strike, in order, path by path.
    """
    by_expiry, sizes = defaultdict(lambda: {"call": [], "put": []}), []
    for option in world.options:
        by_expiry[option.struck.expiry][option.series.spec.kind].append(option)
    for found in by_expiry.values():
        strikes = np.stack([option.strikes[0] for option in found["call"]])
        call, put = (np.stack([option.greeks().worth for option in found[kind]]) for kind in ("call", "put"))
        tau = max(found["call"][0].years(), 0.0)
        spot = found["call"][0].underlying.seen(world.factors.snapshot).row(SPOT)
        forward = spot * np.exp(-found["call"][0].series.start.dividend_yield * tau)  # discounted
        discount = (forward - call + put) / strikes
        assert np.ptp(discount, axis=0).max() < 1e-12  # parity
        order = np.argsort(strikes, axis=0)
        strikes, call = (np.take_along_axis(each, order, axis=0) for each in (strikes, call))
        slopes = np.diff(call, axis=0) / np.diff(strikes, axis=0)
        assert (slopes < 1e-12).all() and (slopes > -discount[0] - 1e-12).all()  # verticals
        assert (np.diff(slopes, axis=0) > -1e-10).all()  # butterflies
        assert (call > np.maximum(forward - strikes * discount[0], 0.0) - 1e-10).all()
        assert (call < forward + 1e-10).all()
        sizes.append(len(strikes))
    return sizes


def require_no_calendar(world):
    """Without rates a later call of a strike is worth more, where vol and slope are within what the theorem says.

    Returns the number of such paths.
    """
    option = world.options[0]
    now = option.underlying.seen(world.factors.snapshot)
    above = np.maximum(np.log(now.row(VOL) / option.series.start.vol_base), 0.0)
    slope = now.row(VOL_SLOPE) if VOL_SLOPE in now.keys else 0.0
    calm = 2 * slope / np.log(3) - 0.5 * above / np.log(CALM) > -0.5
    for i in range(len(STRIKES)):
        worth = [world.venue(f"call{days}x{i}").listing.greeks().worth[calm] for days in EXPIRIES]
        assert all((far > near - 1e-12).all() for near, far in pairwise(worth))
    return int(calm.sum())


def test_the_bound():
    """theta = s^2 T with s = s0 r^response: SSVI whose skew falls as 1 / sqrt(T) needs d ln theta / d ln T >= 1/2.

    d ln theta / d ln T = 1 + 2 slope / ln 3 - 2 ln r (response - e^-kT), and response - e^-x is at most 0.2984.
    """
    x = np.linspace(1e-6, 50, 200_001)
    most = (-np.expm1(-x) / x - np.exp(-x)).max()
    assert np.exp(0.25 / most) == pytest.approx(CALM, abs=0.02)
    assert np.exp(0.5 / most) == pytest.approx(5.34, abs=0.02)  # beyond it total variance falls even at the money


def test_a_skew_lifts_the_fair_vol():
    """Its fair vol is that at the money without a skew, and grows with it."""
    fair = []
    for skew in (0.0, 0.3, 0.6):
        market = {**NOISY, "smile": "ssvi", "skew": skew}
        world = world_of(swapped({"vs": {"expiry_days": 60}}, market=market, venue=VENUE), 2)
        fair.append(world.venue("vs").listing.strike[0])
    assert fair[0] == pytest.approx(0.2, rel=1e-12) and all(low < high for low, high in pairwise(fair))
