"""Hedging policies, and when a desk looks."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest
from scipy.special import ndtr

from agents.intervals import Interval
from agents.policies import POLICIES, Band, Every, Leland, Never, OnMove, Situation, WhalleyWilmott, Zakamouline
from markets.accounts import INVESTORS
from markets.factors.key import VOL
from markets.venues.loop_gain import CURVATURE, VANNA
from scenarios import run
from scenarios.studies.validation.desks import over_time, side_by_side, spot_at_closes, spread_paid
from scenarios.worlds.clock import make_clock
from sim.clock import Clock
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, watch, world_of

SITUATION = Situation(
    tick=3,
    due=True,
    spot=np.array([100.0, 101.0, 98.0]),
    last_spot=np.array([100.0, 100.0, 100.0]),
    target=np.array([50.0, 50.0, 50.0]),
    position=np.array([30.0, 49.0, 75.0]),
    gamma=np.array([-4.0, 4.0, 0.0]),
    vol=np.array([0.2, 0.2, 0.3]),
    half_spread=np.array([0.001, 0.002, 0.001]),
    discount=np.array([0.99, 0.98, 0.97]),
    gross_units=np.array([100.0, 100.0, 100.0]),
    years=0.1,
    expiry_years=0.25,
    interval_years=1 / 52,
)


def test_never_holds_and_every_follows():
    np.testing.assert_array_equal(Never().desired(SITUATION), SITUATION.position)
    np.testing.assert_array_equal(Every().desired(SITUATION), SITUATION.target)


def test_band_trades_to_its_edge_and_not_beyond():
    """Below the band to its lower edge, inside nothing, above to its upper edge."""
    np.testing.assert_array_equal(Band(width=0.05).desired(SITUATION), [45.0, 49.0, 55.0])


def test_a_band_without_width_is_every():
    np.testing.assert_array_equal(Band(width=0.0).desired(SITUATION), Every().desired(SITUATION))


def test_whalley_wilmott_half_width():
    """H = (3 e^{-r tau} k S Gamma^2 / (2 a))^{1/3}, by hand on path 0: (1.5 x .99 x .001 x 100 x 16 / a)^{1/3}."""
    a = 2.376 / 8**3 / 1.0  # so that H = 8 on path 0
    policy = WhalleyWilmott(risk_aversion=a)
    wanted = policy.desired(SITUATION)
    assert wanted[0] == pytest.approx(50 - 8, rel=1e-12)
    second = (3 * 0.98 * 0.002 * 101 * 16 / (2 * a)) ** (1 / 3)
    assert second > 1
    assert wanted[1] == 49.0  # inside
    assert wanted[2] == 50.0  # no gamma, no band
    half = WhalleyWilmott(risk_aversion=a, multiplier=0.5).desired(SITUATION)
    assert half[0] == pytest.approx(50 - 4, rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "strike", "quantity", "aversion", "half_spread", "multiple"),
    [("call", 100.0, 2.0, 3.0, 0.004, 1.0), ("put", 93.0, -5.0, 0.4, 0.002, 0.7), ("put", 110.0, 3.0, 1.5, 0.006, 1.6)],
    ids=["long call", "short put", "long put"],
)
def test_whalley_wilmott_on_paths(kind, strike, quantity, aversion, half_spread, multiple):
    """What a desk holds and pays at every look, from the closes alone, whether the book's gamma is bought or sold.

    It begins at the book's delta, and sends no order worth less than about 1e-4 $.
    """
    days, vol = 42, 0.35
    policy = {"kind": "whalley_wilmott", "risk_aversion": aversion, "multiplier": multiple}
    claim = {"kind": kind, "strike": strike, "quantity": quantity}
    sizes = {"paths": 64, "days": days, "ticks_a_day": 1, "latency": 0}
    scenario = side_by_side({"desk": policy}, vol=vol, realised=0.25, kappa=half_spread, claim=claim, **sizes)
    done = run(dataclasses.replace(scenario, run=dataclasses.replace(scenario.run, marks="all")), workers=1)
    spot, held = spot_at_closes(done), over_time(done, "desk", "net_delta_dollars")[0]
    spent, position, paid = spread_paid(done, "desk"), None, np.zeros(64)
    for day in range(days):  # at expiry it goes to the payoff's delta
        sd = vol * np.sqrt((days - day) / 252)
        d1 = np.log(spot[day] / strike) / sd + sd / 2
        target = -quantity * (ndtr(d1) - (kind == "put"))
        gamma = quantity * np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi) / (spot[day] * sd)
        half_width = multiple * np.cbrt(3 * half_spread * spot[day] * gamma**2 / (2 * aversion))
        position = target if position is None else position
        wanted = np.clip(position, target - half_width, target + half_width)
        paid += half_spread * spot[day] * np.abs(wanted - position)
        position = wanted
        np.testing.assert_allclose(held[day] / spot[day], position - target, rtol=0, atol=3e-6)
        np.testing.assert_allclose(spent[day], paid, rtol=0, atol=1e-5)
    assert paid.min() >= 0.0 and paid.mean() > 0.01


def test_whalley_wilmott_narrows_with_risk_aversion():
    wide, narrow = (WhalleyWilmott(risk_aversion=a).desired(SITUATION)[0] for a in (1e-2, 1e-1))
    assert wide < narrow < 50
    assert (50 - wide) / (50 - narrow) == pytest.approx(10 ** (1 / 3), rel=1e-12)


def test_without_costs_whalley_wilmott_is_every():
    free = dataclasses.replace(SITUATION, half_spread=np.zeros(3))
    np.testing.assert_array_equal(WhalleyWilmott().desired(free), free.target)


def test_leland_vol():
    """sigma_L^2 = sigma^2 (1 +- sqrt(2/pi) k / (sigma sqrt(dt))), k the round trip; wider for short gamma."""
    got = Leland().vol_multiplier(SITUATION)
    number = np.sqrt(2 / np.pi) * 2 * SITUATION.half_spread / (SITUATION.vol * np.sqrt(1 / 52))
    np.testing.assert_allclose(got**2, 1 + np.array([1, -1, -1]) * number, rtol=1e-14)
    assert got[0] > 1 > got[1]


def test_leland_without_costs_is_the_markets_vol():
    free = dataclasses.replace(SITUATION, half_spread=np.zeros(3))
    np.testing.assert_array_equal(Leland().vol_multiplier(free), 1.0)


def test_leland_of_a_large_leland_number_stays_a_vol():
    dear = dataclasses.replace(SITUATION, half_spread=np.full(3, 0.01), interval_years=1e-6)
    assert Leland().vol_multiplier(dear)[1] == pytest.approx(0.1)


@pytest.mark.parametrize("policy", [Never(), Every(), Band(), WhalleyWilmott(), OnMove()])
def test_others_take_the_vol_as_it_is(policy):
    assert policy.vol_multiplier(SITUATION) is None


# --- Zakamouline ------------------------------------------------------------------------------------------------------
def half_width(policy, at):
    """Of the band: how far the position stays from the target when it comes from far below."""
    return at.target - policy.desired(dataclasses.replace(at, position=np.full(3, -1e12)))


def test_zakamouline_by_hand():
    """Path 0 with a = 0.01: H0 = .001 / (.01 x 100 x .04 x .25), H1 = 1.12 .001^.31 .25^.05 (.99/.2)^.25 sqrt(400)."""
    policy = Zakamouline(risk_aversion=0.01)
    flat, bent = 0.1, 1.12 * 0.001**0.31 * 0.25**0.05 * 4.95**0.25 * 20
    assert half_width(policy, SITUATION)[0] == pytest.approx(flat + bent, rel=1e-12)
    k = 4.76 * 0.001**0.78 * 0.25**-0.02 * 4.95**0.25 * (0.01 * 100**2 * 4) ** 0.15
    assert policy.vol_multiplier(SITUATION)[0] ** 2 == pytest.approx(1 + k, rel=1e-12)  # short Gamma: more vol
    assert policy.vol_multiplier(SITUATION)[1] < 1 == policy.vol_multiplier(SITUATION)[2]


def test_zakamoulines_tau_is_the_vols():
    """Half the trading years at twice the variance is the same H0; the calendar counts in the discount factor alone."""
    policy = Zakamouline(risk_aversion=0.01)
    for calendar in (0.25, 0.4):
        at = dataclasses.replace(SITUATION, expiry_years=calendar, expiry_variance_years=0.125)
        flat, bent = 0.2, 1.12 * 0.001**0.31 * 0.125**0.05 * 4.95**0.25 * 20
        assert half_width(policy, at)[0] == pytest.approx(flat + bent, rel=1e-12)
        k = 4.76 * 0.001**0.78 * 0.125**-0.02 * 4.95**0.25 * (0.01 * 100**2 * 4) ** 0.15
        assert policy.vol_multiplier(at)[0] ** 2 == pytest.approx(1 + k, rel=1e-12)


def test_without_costs_zakamouline_is_every():
    free = dataclasses.replace(SITUATION, half_spread=np.zeros(3))
    np.testing.assert_array_equal(Zakamouline().desired(free), free.target)
    np.testing.assert_array_equal(Zakamouline().vol_multiplier(free), 1.0)


def test_zakamouline_after_the_last_expiry_holds_what_is_left_to_hedge():
    """No tau, no band: as with Whalley and Wilmott, the hedge of an expired book is let go."""
    over = dataclasses.replace(SITUATION, expiry_years=0.0, target=np.zeros(3), gamma=np.zeros(3))
    np.testing.assert_array_equal(Zakamouline().desired(over), 0.0)
    assert Zakamouline().vol_multiplier(over) is None


@pytest.mark.parametrize("cls", [WhalleyWilmott, Zakamouline])
@pytest.mark.parametrize(("units", "money"), [(1e6, 1.0), (1.0, 1e3), (1e7, 0.01)])
def test_bands_scale_with_the_book_and_with_money(cls, units, money):
    """q units with risk aversion a / q: q times the band. Prices in cents and aversion per cent: the same band."""
    other = dataclasses.replace(
        SITUATION,
        spot=SITUATION.spot * money,
        gamma=SITUATION.gamma * units / money,
        target=SITUATION.target * units,
    )
    scaled = cls(risk_aversion=0.01 / units / money)
    np.testing.assert_allclose(half_width(scaled, other), units * half_width(cls(risk_aversion=0.01), SITUATION))
    assert scaled.vol_multiplier(other) is None or np.allclose(
        scaled.vol_multiplier(other), cls(risk_aversion=0.01).vol_multiplier(SITUATION), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("threshold", "expected"), [(0.005, [30, 50, 50]), (0.015, [30, 49, 50]), (0.05, [30, 49, 75])]
)
def test_on_move(threshold, expected):
    np.testing.assert_array_equal(OnMove(threshold=threshold).desired(SITUATION), expected)


def test_every_policy_is_known_by_its_kind():
    assert set(POLICIES) == {"never", "every", "band", "whalley_wilmott", "zakamouline", "leland", "on_move", "learned"}
    assert all(POLICIES[kind].kind == kind for kind in POLICIES)


# --- intervals --------------------------------------------------------------------------------------------------------
NEW_YORK = Clock.exchange(first=date(2020, 2, 19), last=date(2020, 2, 26), tick_minutes=30)
EVEN = Clock.continuous(first=date(2020, 2, 19), last=date(2020, 2, 21), tick_minutes=30)


def looks(text, clock):
    interval, last, found = Interval(text), 0, []
    for tick in range(len(clock.ticks)):
        if interval.due(clock, tick, last):
            found.append(tick)
            last = tick
    return found


def test_every_tick():
    assert looks("tick", NEW_YORK) == list(range(len(NEW_YORK.ticks)))
    assert looks("30m", NEW_YORK) == list(range(len(NEW_YORK.ticks)))
    assert looks("5m", NEW_YORK) == list(range(len(NEW_YORK.ticks)))


def test_hours_of_the_session_with_a_look_at_each_open():
    """From the open 9:30: 11:30, 13:30, 15:30, then the next open; the close is not on the way."""
    hours = [NEW_YORK.timestamp(int(NEW_YORK.ticks[t])).strftime("%H:%M") for t in looks("2h", NEW_YORK)]
    assert hours == ["16:00", *["09:30", "11:30", "13:30", "15:30"] * 5]


@pytest.mark.parametrize(("text", "days"), [("1d", [0, 1, 2, 3, 4, 5]), ("2d", [0, 2, 4])])
def test_days_are_closes(text, days):
    found = looks(text, NEW_YORK)
    assert [int(NEW_YORK.day[t]) for t in found] == days
    assert all(NEW_YORK.is_close[t] for t in found)


def test_intervals_of_a_continuous_clock():
    """Every tick is an open and a close there: hours still count."""
    assert looks("2h", EVEN) == list(range(0, len(EVEN.ticks), 4))
    assert Interval("2h").years(EVEN) == pytest.approx(2 / 24 / 364)
    assert Interval("tick").years(EVEN) == pytest.approx(0.5 / 24 / 364)


def test_length_of_an_interval():
    assert Interval("30m").years(NEW_YORK) == pytest.approx(1 / 13 / 252)
    assert Interval("2d").years(NEW_YORK) == pytest.approx(2 / 252)
    days = {"first": date(2020, 2, 19), "last": date(2020, 2, 26)}
    for calendar, hours in (("XLON", 8.5), ("24/7", 24.0)):  # an hour is its share of the session's variance
        clock = Clock.exchange(calendar=calendar, **days)
        day = float(clock.variance_years[-1]) / int(clock.day[-1])
        assert Interval("1h").years(clock) == pytest.approx(day / hours)
        assert Interval("1d").years(clock) == pytest.approx(day)
    assert Interval("tick").years(NEW_YORK) == pytest.approx(5 / 252 / (len(NEW_YORK.ticks) - 1))


@pytest.mark.parametrize("text", ["", "30", "0m", "1w", "-1d", "1.5h", "m"])
def test_what_is_no_interval(text):
    with pytest.raises(UserError, match=r"an interval is a number and a unit.*write 'tick', or minutes"):
        Interval(text)


@pytest.mark.parametrize("text", ["3661d", "1000000000d", "9" * 5000 + "m"])
def test_an_interval_of_more_than_ten_years_is_a_slip(text):
    assert Interval("3660d").number == 3660
    with pytest.raises(UserError, match=r"an interval is at most ten years.*write e.g. '30m'"):
        Interval(text)


# --- in a world -------------------------------------------------------------------------------------------------------
CRASH = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-02-24", "spot": 90.0, "vol": 0.2}]
PUT = [{"kind": "put", "moneyness": 0.95, "expiry": "2020-06-19", "quantity": -1e7}]


def hedged(policy, paths=8, minutes=65, book=PUT, market=None, **asset):
    """Targets and positions of a hedger at MARK of each tick in a fall with some noise."""
    agents = {
        "desk": {"type": "Hedger", "capital": 1e9, "book": book, "policy": policy},
        "maker": {"type": "MarketMaker", "capital": 1e12},
    }
    venue = {"asset": {"depth_floor": 1.0, "halts": [], **asset}}
    noise = {"realised_ratio": 1.0, **(market or {})}
    scenario = crisis(anchors=CRASH, agents=agents, venue=venue, market=noise, feedback=only(), minutes=minutes)
    world = world_of(scenario, paths)
    desk = world.desks["desk"]
    targets = watch(world, Phase.MARK, lambda: -desk.unit.risk().delta * desk.scale)
    held = watch(world, Phase.MARK, lambda: world.ledger.balance("desk", "asset").copy())
    world.run()
    return world, np.array(targets), np.array(held)


def test_a_desk_starts_hedged_without_trading():
    world, targets, held = hedged({"kind": "every", "interval": "tick"})
    np.testing.assert_allclose(held, targets, rtol=1e-9)
    assert (targets[0] < 0).all()  # short puts are long delta: the hedge is a short position
    assert (targets[-1] < targets[0]).all()
    assert world.ledger.balance(INVESTORS, "asset").any()


def test_never_stays_unhedged():
    _, _, held = hedged({"kind": "never"})
    assert not held.any()


def test_daily_desk_is_at_target_at_closes_only():
    world, targets, held = hedged({"kind": "every", "interval": "1d"})
    closes = world.clock.is_close
    np.testing.assert_allclose(held[closes], targets[closes], rtol=1e-9)
    assert (np.abs(held[~closes] - targets[~closes]) > 1e-3 * np.abs(targets[~closes])).mean() > 0.9


def test_band_desk_stays_in_its_band():
    _, targets, held = hedged({"kind": "band", "interval": "tick", "width": 0.02})
    off = np.abs(held - targets)
    assert off.max() <= 0.02 * 1e7 * (1 + 1e-9)
    assert off.max() == pytest.approx(0.02 * 1e7, rel=1e-9)  # and at its edge where it traded


def test_on_move_desk_waits_for_the_move():
    _, targets, held = hedged({"kind": "on_move", "interval": "tick", "threshold": 0.02})
    trades = np.abs(np.diff(held, axis=0)) > 0
    assert 0.02 < trades.mean() < 0.5
    np.testing.assert_allclose(held[1:][trades], targets[1:][trades], rtol=1e-9)


@pytest.mark.parametrize("kind", ["every", "on_move"])
def test_a_remainder_is_tried_again_at_the_next_tick(kind):
    """Capacity for a small part of the order: the desk works at it tick by tick, whatever its interval."""
    policy = {"kind": "every", "interval": "1d"} if kind == "every" else {"kind": kind, "interval": "tick"}
    thin = {"depth": 4e7, "capacity": 0.5, "impact": 0.0}
    _, targets, held = hedged(policy, market={"realised_ratio": 0.0}, **thin)
    working = np.diff(held[:, 0]) != 0
    cut_short = working & (np.abs(held[1:, 0] - targets[1:, 0]) > 1.0)
    assert cut_short[:-1].sum() > 5
    assert working[1:][cut_short[:-1]].all()


def test_leland_desk_is_at_lelands_target():
    """More hedged than the market's delta would be: short gamma takes the higher vol."""
    costly = {"half_spread": 0.002}
    _, plain, _ = hedged({"kind": "every", "interval": "tick"}, **costly)
    world, targets, held = hedged({"kind": "leland", "interval": "tick"}, **costly)
    dt = Interval("tick").years(world.clock)
    multiplier = np.sqrt(1 + np.sqrt(2 / np.pi) * 0.004 / (0.2 * np.sqrt(dt)))
    book, factors = world.desks["desk"].book, world.factors
    expected = -book.delta(factors.tick, factors.snapshot, multiplier)
    np.testing.assert_allclose(held[-1], expected, rtol=1e-6)
    assert np.abs(held[-1] - targets[-1]).max() > 1e-3 * np.abs(targets[-1]).max()
    np.testing.assert_allclose(plain, targets, rtol=1e-9)


def test_a_desk_may_hedge_at_its_own_vol():
    """Delta at `hedge_vol` whatever the market's vol; with Leland the correction starts from there."""
    own = {"interval": "tick", "hedge_vol": 0.4}
    world, targets, held = hedged({"kind": "every", **own}, market={"xi": 1.0})
    book, factors = world.desks["desk"].book, world.factors
    state = factors.snapshot.with_rows({VOL: np.full(8, 0.4)})
    np.testing.assert_allclose(held[-1], -book.delta(factors.tick, state), rtol=1e-6)
    assert (np.abs(held[0]) > 1.1 * np.abs(targets[0])).all()  # an out-of-the-money put's delta grows with vol
    world, _, held = hedged({"kind": "leland", **own}, half_spread=0.002)
    state = world.factors.snapshot.with_rows({VOL: np.full(8, 0.4)})
    multiplier = np.sqrt(1 + np.sqrt(2 / np.pi) * 0.004 / (0.4 * np.sqrt(Interval("tick").years(world.clock))))
    expected = -world.desks["desk"].book.delta(world.factors.tick, state, multiplier)
    np.testing.assert_allclose(held[-1], expected, rtol=1e-6)


@pytest.mark.parametrize("own", [None, 0.4])
def test_loop_gain_is_that_of_the_vol_hedged_at(own):
    """A desk at a vol of its own answers a price move by the Gamma there, and a vol move not at all."""
    policy = {"kind": "every", "interval": "tick", **({} if own is None else {"hedge_vol": own})}
    agents = {
        "desk": {"type": "Hedger", "capital": 1e9, "book": PUT, "policy": policy},
        "maker": {"type": "MarketMaker", "capital": 1e12},
    }
    venue = {"asset": {"halts": [], "impact": 1e-9, "depth": 1e10}}
    feedback = only(impact=1.0, leverage=1.0)
    world = world_of(crisis(anchors=CRASH, agents=agents, venue=venue, feedback=feedback, minutes=65), 2)
    world.run()
    factors, desk, asset = world.factors, world.desks["desk"], world.venue("asset")
    state = factors.snapshot if own is None else factors.snapshot.with_rows({VOL: np.full(2, own)})
    expected = -1e-9 * desk.unit.risk(state).gamma * factors.spot**2 / asset.depth
    np.testing.assert_allclose(asset.gain("asset", CURVATURE), expected, rtol=1e-6)
    assert (asset.gain("asset", VANNA) != 0).all() == (own is None)


@pytest.mark.parametrize("kind", ["whalley_wilmott", "zakamouline"])
def test_bands_take_gamma_at_the_desks_vol(kind):
    """The band's edge, where it traded last, is that of Gamma and delta at `hedge_vol`."""
    policy = {"kind": kind, "interval": "tick", "hedge_vol": 0.4, "risk_aversion": 1e-6}
    world, _, held = hedged(policy, half_spread=0.0005)
    desk, factors = world.desks["desk"], world.factors
    state = factors.snapshot.with_rows({VOL: np.full(8, 0.4)})
    greeks = desk.unit.risk(state)
    years, variance_years = desk.book.nearest_expiry(factors.tick)
    assert years != variance_years
    at = dataclasses.replace(
        SITUATION,
        **dict.fromkeys(("last_spot", "spot"), factors.spot),
        position=held[-1],
        gamma=greeks.gamma,
        vol=state.row(VOL),
        half_spread=np.full(8, 0.0005),
        discount=np.exp(-factors.overnight * years),
        expiry_years=years,
        expiry_variance_years=variance_years,
    )
    chosen = next(agent for agent in world.agents if agent.name == "desk").policy
    multiplier = chosen.vol_multiplier(at)
    target = -desk.book.delta(factors.tick, state, 1.0 if multiplier is None else multiplier)
    off = np.abs(chosen.desired(dataclasses.replace(at, target=target)) - held[-1])
    assert off.max() < 1e-6 * np.abs(target).max()
    traded = held[-1] != held[-2]
    edge = np.abs(chosen.desired(dataclasses.replace(at, target=target, position=np.full(8, -1e12))) - target)
    assert traded.any()
    np.testing.assert_allclose(np.abs(held[-1] - target)[traded], edge[traded], rtol=1e-6)


@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_shipped_policies_start_neutral_and_never_without_a_hedge(kind):
    maker = {"type": "MarketMaker", "capital": 1e12}
    agents = {"maker": maker, "desk": {"type": "Hedger", "book": PUT, "policy": {"kind": kind}}}
    world = world_of(crisis(agents=agents, minutes=390), 3)
    desk, ledger = world.desks["desk"], world.ledger
    look = lambda: (ledger.balance("desk", "asset").copy(), desk.scale * desk.unit.slopes().delta)  # noqa: E731
    looks = watch(world, Phase.QUOTE, look)
    world.run()
    held, delta = looks[0]
    if kind == "never":
        assert not held.any()
    elif kind in ("zakamouline", "leland"):  # at a vol of their own
        np.testing.assert_allclose(held, -delta, rtol=0.2)
    else:
        np.testing.assert_array_equal(held, -delta)


def test_discount_and_clock_of_a_book_without_options():
    """A book of swaps has no expiry: nothing to discount, and no asset is traded."""
    swap = [{"kind": "swap", "notional": 1e9, "expiry": "2030-02-19"}]
    for kind in ("band", "whalley_wilmott", "zakamouline", "leland", "on_move"):
        _, _, held = hedged({"kind": kind, "interval": "tick"}, book=swap, minutes=390)
        assert not held.any()


def test_calendar_is_the_scenarios():
    assert len(make_clock(crisis()).session_dates) == 11


def test_a_situation_computes_what_is_read_and_no_more():
    """Also where another situation was made from it before, and once however often it is read."""
    computed = []

    def gamma():
        computed.append("gamma")
        return np.ones(3)

    at = dataclasses.replace(SITUATION).but(gamma=gamma, discount=lambda: computed.append("discount"))
    moved = at.but(position=np.zeros(3))
    assert computed == []
    assert [at.gamma[0], at.gamma[1]] == [1.0, 1.0]
    assert computed == ["gamma"]
    assert at.but(target=np.zeros(3)).gamma is at.gamma
    assert computed == ["gamma"]
    assert (moved.gamma == 1).all()
    assert computed == ["gamma", "gamma"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        at.gamma = np.zeros(3)
