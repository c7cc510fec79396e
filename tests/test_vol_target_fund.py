"""Vol-target funds: how they estimate vol, what they hold, how fast they sell when vol jumps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from markets.factors.key import FactorKey
from sim.errors import UserError
from sim.phases import Phase
from tests.rules_followed import DAYS, DEPTH, IMPACT, TICKS, VENUE, seen, told
from tests.small import LEVEL, send, watch, world_of

D = 252  # trading days a year
FUND = {"type": "VolTargetFund", "capital": 1e9, "target": 0.1}
S1, S2 = 0.10, 0.40  # vol before and after the jump
MOVE = S2 / math.sqrt(D)  # ln S a day
ZIGZAG = [100.0 * math.exp(MOVE * (n % 2)) for n in range(len(DAYS))]


def estimate(**keys):
    return {"start": S1} | keys


def path(spots, leverages, capital=1e9):
    """Equity at each close, held at the leverage of the close before."""
    equity = [capital]
    for before, now, leverage in zip(spots, spots[1:], leverages, strict=False):
        equity.append(equity[-1] * (1 + leverage * (now / before - 1)))
    return np.array(equity)


@pytest.mark.parametrize("half_life", [2.0, 10.0])
def test_the_deleveraging_after_a_jump_of_vol(half_life):
    """v_n = S2^2 + (S1^2 - S2^2) 2^(-n / half-life), and target / sqrt(v_n) times the equity is held."""
    fund = FUND | {"estimate": estimate(half_life_days=half_life)}
    _, at = seen(told(ZIGZAG, agents={"fund": fund}))
    n = np.arange(len(DAYS))
    leverage = 0.1 / np.sqrt(S2**2 + (S1**2 - S2**2) * 0.5 ** (n / half_life))
    assert at.equity == pytest.approx(path(ZIGZAG, leverage), rel=1e-12)
    assert at.held * at.price == pytest.approx(leverage * at.equity, rel=1e-12)
    assert leverage[0] == pytest.approx(1.0)
    assert leverage[-1] < 0.6


def test_a_window_forgets_all_at_once():
    """After n of 5 days v = (n S2^2 + (5 - n) S1^2) / 5; from then on S2^2."""
    fund = FUND | {"estimate": estimate(kind="window", window_days=5)}
    _, at = seen(told(ZIGZAG, agents={"fund": fund}))
    n = np.minimum(np.arange(len(DAYS)), 5)
    leverage = 0.1 / np.sqrt((n * S2**2 + (5 - n) * S1**2) / 5)
    assert at.held * at.price == pytest.approx(leverage * at.equity, rel=1e-12)


@pytest.mark.parametrize("speed", [0.25, 1.0])
def test_a_gap_closes_at_its_speed(speed):
    """Implied vol doubles in a day: what is left of the gap after n closes is (1 - speed)^n."""
    fund = FUND | {"estimate": {"kind": "implied"}, "speed": speed}
    _, at = seen(told(vols=[0.1, 0.2], agents={"fund": fund}))
    n = np.arange(len(DAYS))
    units = 1e9 * (0.5 + 0.5 * (1 - speed) ** n) / 100.0
    assert at.held == pytest.approx(units, rel=1e-12)


def test_more_looks_a_day_trade_no_more():
    """(1 - speed)^days is left, however often it looks: 0.2 of the day's variance has passed at the open."""
    fund = FUND | {"estimate": {"kind": "implied"}, "speed": 0.5, "interval": "tick"}
    world, at = seen(told(vols=[0.1, 0.2], agents={"fund": fund}), closes=False)
    _, daily = seen(told(vols=[0.1, 0.2], agents={"fund": fund | {"interval": "1d"}}), closes=False)
    later = world.clock.day >= 2
    left = at.held / 1e7 - 0.5  # of vol at 0.2 it holds half
    days = world.clock.variance_years[later] * D
    assert left[later] == pytest.approx(left[TICKS] * 0.5 ** (days - 1), rel=1e-9)
    assert np.ptp(daily.held[1:TICKS]) == 0.0


def test_no_more_than_the_most():
    fund = FUND | {"estimate": {"kind": "implied"}, "max_leverage": 1.5}
    _, at = seen(told(vols=[0.05, 0.08], agents={"fund": fund}))
    assert at.held == pytest.approx([1.5e7, *[1.25e7] * 7], rel=1e-12)


def test_a_price_that_stands_still_divides_nothing():
    fund = FUND | {"estimate": {"kind": "window", "window_days": 1, "start": 0.1}}
    _, at = seen(told(agents={"fund": fund}))
    assert at.held == pytest.approx([1e7, *[2e7] * 7], rel=1e-12)


@pytest.mark.parametrize("leverage", [0.5, 3.0])
def test_its_loop_gain_at_and_below_the_cap(leverage):
    """At the cap L (L - 1) W impact / D; below it a day without a move would leave vol at sqrt(kept) S1."""
    fund = FUND | {"estimate": estimate(half_life_days=5.0), "target": leverage * S1, "max_leverage": 20.0}
    _, at = seen(told(venue={"impact": IMPACT}, agents={"fund": fund}), closes=False)
    calmer = leverage * 0.5 ** (-1 / 10)
    assert at.gain[0] == pytest.approx(calmer * (leverage - 1) * 1e9 * IMPACT / DEPTH, rel=1e-6)
    capped = FUND | {"estimate": estimate(), "target": 1.0, "max_leverage": leverage}
    _, at = seen(told(venue={"impact": IMPACT}, agents={"fund": capped}), closes=False)
    assert at.gain[0] == pytest.approx(leverage * (leverage - 1) * 1e9 * IMPACT / DEPTH, rel=1e-6)


def test_its_loop_gain_holds_the_vol_that_a_fall_makes():
    """In a day with return r so far d ln vol / d ln S is (1 - kept) D r / v: a further fall makes it sell more."""
    kept = 0.5 ** (1 / 5)
    spots = [100.0, 95.0]
    fund = FUND | {"estimate": estimate(half_life_days=5.0)}
    scenario = told(spots, venue={"impact": 1e-9, "depth": 1.0}, agents={"fund": fund})
    _, at = seen(scenario, closes=False)
    before, r = TICKS - 1, math.log(at.price[TICKS - 1] / 100.0)
    assert r < -0.03
    v = kept * S1**2 + (1 - kept) * D * r * r
    leverage = 0.1 / math.sqrt(v)
    held = at.held[before] * at.price[before]
    slope = leverage * held - leverage * at.equity[before] * (1 + (1 - kept) * D * r / v)
    assert at.gain[before] / 1e-9 == pytest.approx(slope, rel=1e-5)
    assert slope > 3 * held


def test_implied_vol_answers_through_the_leverage_effect():
    """A fall of 1 % raises vol by the elasticity: a holding of W at one times the equity loses e W for it."""
    fund = FUND | {"estimate": {"kind": "implied"}, "target": 0.2}
    scenario = told(venue={"impact": IMPACT}, agents={"fund": fund}, market={"beta": 6.0}, feedback={"leverage": 1.0})
    _, at = seen(scenario, closes=False)
    assert at.gain[0] == pytest.approx(6.0 * 1e9 * IMPACT / DEPTH, rel=1e-6)


OWN = {"spot": 100.0, "vol": 0.0, "vol_power": 0.0, "implied": {"start": 0.2, "beta": 6.0, "xi": 0.0, "kappa": 0.0}}
OPTIONS = {
    "half_spread": 0.0,
    "permanent_share": 1.0,
    "depth": 1e9,
    "impact": 0.01,
    "depth_power": 0.0,
    "spread_power": 0.0,
    "capacity": 1e3,
}


def on_its_vol(asset, power=0.0, **keys):
    """A fund by implied vol of an asset, and month's options on both assets."""
    listed = {f"{each}_m": {"asset": each, "expiry_days": 30, "venue": OPTIONS} for each in ("asset", "oil")}
    fund = FUND | {"estimate": {"kind": "implied"}, "venue": asset, "target": 0.3, "max_leverage": 5.0, **keys}
    tables = {"assets": {"oil": OWN | {"vol_power": power, "venue": VENUE | {"impact": IMPACT}}}}
    tables |= {"venue": {"impact": IMPACT}, "maker": {"venues": ["asset", "oil", *listed]}}
    market = {"options": listed, "beta": 6.0}
    return told(agents={"fund": fund}, market=market, feedback={"leverage": 1.0, "impact": 1.0}, **tables)


@pytest.mark.parametrize("asset", ["asset", "oil"])
def test_its_entries_of_the_loop_gains_by_implied_vol(asset):
    """It sells E / s of what it holds per unit of vol at a venue of options, and by the leverage effect of a fall."""
    world = world_of(on_its_vol(asset), 2)
    gains = watch(world, Phase.MARK, world.loop_gains)
    world.run()
    held = 1.5e9  # 0.3 / 0.2 of its equity
    assert gains[0][asset, f"{asset}_m"] == pytest.approx(-held / 0.2 * IMPACT / DEPTH, rel=1e-6)
    own = (6.0 * held + 0.5 * held) * IMPACT / DEPTH  # leverage effect, and its own leverage of 1.5
    assert gains[0][asset, asset] == pytest.approx(own, rel=1e-6)
    assert {moved for at, moved in gains[0] if at == asset} == {asset, f"{asset}_m"}


def test_a_vol_that_follows_the_markets_brings_its_options_in():
    world = world_of(on_its_vol("oil", power=0.5), 2)
    gains = watch(world, Phase.MARK, world.loop_gains)
    world.run()
    assert gains[0]["oil", "asset_m"] == pytest.approx(0.5 * gains[0]["oil", "oil_m"], rel=1e-12)


@pytest.mark.parametrize("asset", ["asset", "oil"])
def test_it_sells_what_that_entry_says_when_vol_is_bought(asset):
    """A small purchase of options, and the fund's sale at its next look: what it holds x the rise of ln vol."""
    found = []
    for bought in (0.0, 1e6):
        world = world_of(on_its_vol(asset, interval="tick"), 2)
        send(world, {1: {f"{asset}_m": bought}})
        venue, key = world.venue(asset), FactorKey("vol", asset)
        rows = watch(
            world,
            Phase.FUND,
            lambda w=world, v=venue, k=key: (v.held("fund").copy(), w.factors.snapshot.row(k)),
        )
        world.run()
        found.append(np.array(rows)[:3, :, 0].T)
    (held, vol), (after, higher) = found
    rise = np.log(higher[1] / vol[1])
    assert rise > 1e-4
    assert (after[2] - held[2]) * 100.0 == pytest.approx(-1.5e9 * rise, rel=1e-2)


def test_its_sales_move_the_price_that_it_sells_at_in_a_venue_that_solves():
    """Equity x K at the price after all orders, K = 3: a fall from outside is multiplied by 1 / (1 - gain)."""
    fund = FUND | {"target": 3.0, "max_leverage": 3.0, "estimate": {"start": 0.5}, "interval": "tick"}
    venue = {"impact": IMPACT / 6, "clearing": "fixed_point"}
    order = -1e-5 / (IMPACT / 6) * DEPTH / 100.0
    _, at = seen(told(venue=venue, agents={"fund": fund}), orders={1: {"asset": order}}, closes=False)
    assert at.gain[0] == pytest.approx(0.01, rel=1e-6)
    assert math.log(at.price[1] / 100.0) == pytest.approx(-1e-5 / (1 - 0.01), rel=1e-4)
    assert at.held[1] * at.price[1] == pytest.approx(3 * at.equity[1], rel=1e-9)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"venue": "us10y"}, "agents.fund.venue: no such asset, got 'us10y'"),
        ({"target": 0.0}, "agents.fund.target: must be > 0"),
        ({"speed": 0.0}, "agents.fund.speed: must be > 0"),
        ({"speed": 1.5}, "agents.fund.speed: must be <= 1"),
        ({"interval": "weekly"}, "agents.fund.interval: an interval is a number and a unit, got 'weekly'"),
        ({"estimate": {"kind": "garch"}}, "agents.fund.estimate.kind"),
        ({"estimate": {"half_life_days": 0}}, "agents.fund.estimate.half_life_days: must be > 0"),
        ({"estimate": {"window_days": 0}}, "agents.fund.estimate.window_days: must be > 0"),
        (
            {"venue": "oil", "estimate": {"kind": "implied"}},
            "agents.fund.estimate.kind: options on oil have no implied",
        ),
    ],
)
def test_mistakes_in_one_line(change, said):
    oil = {"oil": {"spot": LEVEL["spot"], "vol": 0.2}}
    with pytest.raises(UserError) as caught:
        told(agents={"fund": FUND | change}, assets=oil, maker={"venues": ["asset", "oil"]})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
