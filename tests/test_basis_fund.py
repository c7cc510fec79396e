"""Bonds in repo, futures on them, and the funds that trade one against the other."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from markets.accounts import CLEARING
from markets.factors.haircuts import asked_for, followed
from markets.factors.key import HAIRCUT, margin_key
from markets.factors.repo_market import RepoMarket
from markets.spec import HaircutSpec, RepoSpec
from markets.specs.cleared_repo import ClearedRepoSpec
from scenarios import from_dict
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, crisis, gross, only, send, watch, world_of

YEARS, YIELD = 10.5, LEVEL["us10y"]
DAYS = [{"date": day, **LEVEL} for day in ("2020-02-19", "2020-03-04")]
PRICE = math.exp(-YEARS * YIELD)
FREE = {"half_spread": 0.0, "slope": 0.0, "depth_power": 0.0, "spread_power": 0.0, "permanent_share": 1.0}
VENUE = {**FREE, "impact": 0.005, "depth": 10e9, "depth_floor": 1.0, "capacity": 100.0}
BOND = {"node": "long", "venue": VENUE | {"impact": 0.0005}}
FUTURE = {"bond": "note", "linked": 0.6, "venue": VENUE}
QUIET = {"p01": 0.0, "p25": 0.0, "p75": 0.0, "p99": 0.0}
MAKER = {"type": "MarketMaker", "capital": 1e15, "venues": ["asset", "note", "ty"], "inventory_limit": 1e15}
MAKER["quoting"] = {"inventory_skew": 0.0, "funding_days": 0.0}
FUND = {"type": "BasisFund", "venue": "note", "future": "ty", "capital": 1e9}


def still(*, repo=None, future=None, bond=None, anchors=None, loops=None, **agents):
    """Ten days without noise with a note, its future and a repo market."""
    anchors = [{"nodes": {"long": each.get("us10y", YIELD)}, **each} for each in anchors or DAYS]
    nodes = {"long": {"years": YEARS, "vol": 0.0}}
    rates = {"vol_us2y": 0.0, "vol_us10y": 0.0, "nodes": nodes, "bonds": {"note": BOND | (bond or {})}}
    rates |= {"futures": {"ty": FUTURE | (future or {})}, "repo": {"usd": QUIET | (repo or {})}}
    feedback = only(**(loops or {"impact": 1.0, "margin": 1.0}))
    market = {"dispersion": 0.0, "rates": rates}
    return crisis(anchors=anchors, market=market, agents={"maker": MAKER, **agents}, feedback=feedback)


def seen(scenario, look):
    """What `look(world)` sees on the first path at every mark, (marks, things)."""
    world = world_of(scenario, 2)
    found = watch(world, Phase.MARK, lambda: [np.broadcast_to(x, 2)[0] for x in look(world)])
    world.run()
    return np.array(found)


# --- repo -------------------------------------------------------------------------------------------------------------
def test_borrowers_pay_the_percentiles():
    spec = RepoSpec(spread=3.0)
    market = RepoMarket(spec, np.full(2, 3e-4), np.array([14e-4, 375e-4]))
    places = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
    assert market.over_overnight(0, places) == pytest.approx(np.array([-3.0, 1.0, 3.0, 8.0, 17.0]) * 1e-4, abs=1e-15)
    stressed = market.over_overnight(1, places)
    assert stressed == pytest.approx(np.array([-3.0, 1.0, 3.0, 3 + 5 * math.sqrt(375 / 14), 378.0]) * 1e-4, abs=1e-15)
    rising = market.over_overnight(1, np.linspace(0, 1, 1001)[:-1])
    assert (np.diff(rising) > 0).all()


def test_anchors_and_quarter_ends_tell_the_tail():
    days = (
        ("2020-03-27", {}),
        ("2020-03-30", {"repo_tail": 0.02}),
        ("2020-04-03", {"repo_tail": 0.01, "repo_spread": 0.0}),
    )
    anchors = [{"date": day, **LEVEL, **more} for day, more in days]
    repo = RepoMarketOf(still(anchors=anchors, repo={"p99": 20.0, "spread": 5.0, "quarter_end": 1.5}))
    assert repo.tail == pytest.approx([0.002, 0.02, 1.5 * (0.02 - 0.01 / 4), 0.015, 0.0125, 0.01])
    assert repo.spread == pytest.approx([5e-4, 4e-4, 3e-4, 2e-4, 1e-4, 0.0])


class RepoMarketOf:
    """Of a scenario, at closes."""

    def __init__(self, scenario):
        world = world_of(scenario, 2)
        closes = np.flatnonzero(world.clock.is_close)
        self.tail, self.spread = world.factors.repo.tail[closes], world.factors.repo.spread[closes]


def test_a_level_of_zero_is_kept_when_a_scenario_is_written():
    anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "repo_spread": 0.0}]
    again = from_dict(still(anchors=anchors).to_dict(), as_given=True)
    assert again.storyline.anchor[1].repo_spread == 0.0
    assert again.storyline.anchor[0].repo_spread is None


# --- haircut and margin -----------------------------------------------------------------------------------------------
def test_the_haircut_is_raised_fast_and_lowered_slowly():
    """Vol goes from 20 to 80 % and back; haircut and margin answer the tick before, by the declared function."""
    vols = zip(("2020-02-19", "2020-02-26", "2020-03-04"), (0.2, 0.8, 0.2), strict=True)
    anchors = [{"date": day, **LEVEL, "vol": vol} for day, vol in vols]
    spec = {"base": 0.02, "power": 1.0, "most": 0.07, "raised": 2.0, "lowered": 0.1}
    scenario = still(anchors=anchors, repo={"haircut": spec}, future={"margin": {**spec, "base": 0.01}})
    world = world_of(scenario, 2)
    look = lambda: [world.factors.snapshot.row(key)[0] for key in (HAIRCUT, margin_key("ty"))] + [world.factors.vol[0]]  # noqa: E731
    haircut, margin, vol = np.array(watched(world, look)).T
    days = np.diff(world.clock.variance_years) * 252
    level = 0.02
    for k, step in enumerate(days):
        target = min(max(0.02 * vol[k] / 0.2, 0.02), 0.07)
        level += (target - level) * (1 - math.exp(-(2.0 if target > level else 0.1) * step))
        assert haircut[k + 1] == pytest.approx(level, rel=1e-12)
    assert haircut.max() == pytest.approx(0.07, rel=0.02)
    assert haircut[-1] > 0.05
    assert margin.max() == pytest.approx(0.04, rel=0.1)


def watched(world, look):
    found = watch(world, Phase.MARK, look)
    world.run()
    return found


def test_the_function_of_the_vol():
    spec = HaircutSpec(base=0.02, most=0.05, power=0.5)
    assert asked_for(spec, np.array([0.5, 1.0, 4.0, 100.0])) == pytest.approx([0.02, 0.02, 0.04, 0.05])
    moved = followed(np.array([0.02, 0.05]), np.array([0.04, 0.04]), 1.0, raised=math.log(2), lowered=math.log(4 / 3))
    assert moved == pytest.approx([0.03, 0.0475])


def test_a_cut_margin_loop_leaves_haircuts_to_the_storyline():
    anchors = [{"date": day, **LEVEL, "vol": vol} for day, vol in (("2020-02-19", 0.2), ("2020-03-04", 0.8))]
    levels = [
        seen(still(anchors=anchors, loops={"margin": on}), lambda world: [world.factors.snapshot.row(HAIRCUT)])[-1, 0]
        for on in (0.0, 1.0)
    ]
    assert levels[0] == pytest.approx(levels[1], rel=0.05)  # no noise: its own vol is the storyline's
    assert levels[0] > 0.03


# --- a clearing house for repo ----------------------------------------------------------------------------------------
def test_a_cleared_share_pays_the_median_and_a_fee():
    spec = RepoSpec(cleared=ClearedRepoSpec(share=0.75, fee=2.0))
    places = np.array([0.01, 0.5, 0.99])
    paid = RepoMarket(spec, np.full(1, 3e-4), np.array([14e-4])).over_overnight(0, places)
    assert paid == pytest.approx(np.array([3 - 6 / 4 + 1.5, 3 + 1.5, 3 + 14 / 4 + 1.5]) * 1e-4, abs=1e-15)


def test_a_clearing_house_asks_its_own_haircut_and_nets_bond_and_future():
    """Of $1 of face: (1 - c) h P + c h' P + g - c o (h' P + g); both haircuts follow the vol by their own numbers."""
    anchors = [{"date": day, **LEVEL, "vol": vol} for day, vol in (("2020-02-19", 0.2), ("2020-03-04", 0.8))]
    steady = {"base": 0.03, "most": 0.03, "power": 0.0}
    cleared = {"share": 0.75, "offset": 0.6, "haircut": steady}
    look = lambda world: [  # noqa: E731
        world.factors.snapshot.row(HAIRCUT),
        world.factors.snapshot.row(margin_key("ty")),
        world.venue("note").held("fund"),
    ]
    free = {"margin": {"base": 0.01, "power": 1.0, "raised": 5.0}, "venue": VENUE | {"impact": 0.0}}
    scenario = still(anchors=anchors, repo={"cleared": cleared}, future=free, fund=FUND)
    haircut, _, held = seen(scenario, look)[0]
    assert haircut == pytest.approx(0.25 * 0.02 + 0.75 * 0.03, rel=1e-12)
    asked = haircut * PRICE + 0.01 - 0.75 * 0.6 * (0.03 * PRICE + 0.01)
    assert held == pytest.approx(1e9 / asked, rel=1e-9)
    haircuts = lambda world: [world.factors.snapshot.row(HAIRCUT)]  # noqa: E731
    shares = ({"cleared": cleared | {"share": share}} for share in (0, 0.5, 1))
    bilateral, half, whole = (seen(still(anchors=anchors, repo=repo), haircuts)[-1, 0] for repo in shares)
    assert whole == pytest.approx(0.03)  # the house's stays
    assert half == pytest.approx((bilateral + whole) / 2)
    assert bilateral > 0.035


# --- the future -------------------------------------------------------------------------------------------------------
def test_trades_move_bond_and_future_as_far_as_they_are_linked():
    """Of 5bn bought the future moves half of its impact, the bond six tenths of that, by the price at the start."""
    world = world_of(still(), 2)
    send(world, {2: {"ty": 5e9}, 4: {"note": 5e9}})
    look = lambda: [world.venue(name).mid[0] for name in ("note", "ty")]  # noqa: E731
    bond, future = np.array(watched(world, look)).T
    assert bond[1] == pytest.approx(PRICE)
    assert future[1] == pytest.approx(PRICE)
    moved = 0.0025  # $ per $ of face
    first = PRICE * math.exp(0.6 * moved / PRICE)
    assert bond[2] == pytest.approx(first, rel=1e-12)
    assert future[2] == pytest.approx(first + 0.4 * moved, rel=1e-12)
    fall = 0.0005 * 5e9 * first / 10e9  # of the yield
    assert bond[4] == pytest.approx(first * math.exp(YEARS * fall), rel=1e-12)
    assert future[4] - bond[4] == pytest.approx(0.4 * moved - 0.4 * YEARS * PRICE * fall, rel=1e-12)


def test_a_future_costs_its_spread_and_is_settled_every_morning():
    anchors = [{"date": day, **LEVEL, "us10y": rate} for day, rate in (("2020-02-19", 0.03), ("2020-03-04", 0.04))]
    scenario = still(anchors=anchors, future={"venue": VENUE | {"half_spread": 0.001}})
    world = world_of(scenario, 2)
    fills = send(world, {3: {"ty": -2e9}})
    mids = watch(world, Phase.QUOTE, lambda: world.venue("ty").mid[0])
    worth = watched(world, lambda: world.venue("ty").value("trader")[0])
    assert fills[3]["ty"].price[0] == pytest.approx(mids[3] - 0.001, rel=1e-12)
    assert world.ledger.flow("trader", "spread_cost_calm")[0] == pytest.approx(-2e9 * 0.001)
    for asset in (CASH, *world.venue("ty").listing.assets):
        total = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(total).max() <= 1e-12 * gross(world.ledger, asset).max()
    assert (np.abs(world.ledger.balance(CLEARING)) < 1.0).all()
    opens = np.flatnonzero(world.clock.is_open)
    overnight = 2e9 * YEARS * PRICE * 0.01 / 9  # a day's rise of the yield
    assert np.abs(np.array(worth)[opens[2:]]).max() < overnight


# --- the fund ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rate", [0.02, 0.06])
def test_cash_and_carry_earns_the_repo_rate_and_no_more(rate):
    """Long bond, short future, borrowed at the repo rate that the future implies: capital earns overnight."""
    anchors = [{"date": day, **LEVEL, "overnight": rate} for day in ("2020-02-19", "2020-03-04")]
    equity = seen(still(anchors=anchors, fund=FUND | {"buffer": 0.2}), lambda world: [world.equity_now("fund")])[:, 0]
    days = 14 - 6.5 / 24  # from the close of the first day to the open of the last
    assert equity[-1] / 1e9 - 1 == pytest.approx(rate * days / 360, rel=0.02)


def test_a_borrower_of_the_tail_pays_more():
    """Of 4096 borrowers a day everyone pays its place: the mean over paths is the mean of the distribution."""
    wide = {"p01": 0.0, "p25": 0.0, "p75": 10.0, "p99": 100.0, "quarter_end": 1.0}
    world = world_of(still(repo=wide, fund=FUND | {"holding": 20e9}), 4096)
    world.run()
    paid = -world.ledger.flow("fund", "funding_credit")
    u = (np.arange(200_000) + 0.5) / 200_000
    mean = RepoMarket(RepoSpec(**wide), np.zeros(1), np.array([0.01])).over_overnight(0, u).mean()
    borrowed, days = 20e9 * PRICE - 1e9, 14 - 6.5 / 24
    assert paid.mean() == pytest.approx(borrowed * mean * days / 360, abs=4 * paid.std() / 64)
    assert np.quantile(paid, 0.99) > 2 * paid.mean()


@pytest.mark.parametrize("linked", [0.0, 0.5])
def test_it_unwinds_to_what_haircut_and_margin_allow(linked):
    """With all at the price after its own trades: (N - S) m = E - N (1 - linked) lambda S."""
    haircut, margin, held, per = 0.03, 0.015, 40e9, 0.00005e-8
    bond = {"venue": VENUE | {"impact": 0.0}}
    venue = VENUE | {"impact": per * 10e9, "slope": 1.0, "clearing": "fixed_point"}
    future = {"linked": linked, "venue": venue, "margin": {"base": margin}}
    flat = [{"date": day, **LEVEL, "overnight": 0.0, "us2y": 0.0, "us10y": 0.0} for day in ("2020-02-19", "2020-02-20")]
    fund = FUND | {"capital": 1.2e9, "holding": held}
    scenario = still(anchors=flat, bond=bond, future=future, repo={"haircut": {"base": haircut}}, fund=fund)
    look = lambda world: [world.venue("note").held("fund"), world.venue("ty").held("fund")]  # noqa: E731
    bonds, futures = seen(scenario, look)[1]

    def short(sold):
        price = math.exp(linked * per * sold)
        return (held - sold) * (haircut * price + margin) - (1.2e9 - held * (1 - linked) * per * sold)

    assert held - bonds == pytest.approx(brentq(short, 0, held), rel=1e-9)
    assert futures == pytest.approx(-bonds, rel=1e-12)


@pytest.mark.slow
def test_the_loop_gain_is_the_closed_form():
    """By its future N (1 - l + l h) lambda / m, by its bonds N P0 D (1 - l - h) P0 lambda_b / m, with m = h P0 + g.

    The terms with h: a dearer bond asks for more, as the haircut is a share of its price.
    """
    world, matrix = world_of(still(repo={"haircut": {"base": 0.03}}, fund=FUND), 2), []
    watched(world, lambda: matrix.append(world.loop_gains()))
    gains, asked = matrix[0], 0.03 * PRICE + 0.015
    held = 1e9 / asked
    own = held * (0.4 + 0.6 * 0.03) * 0.005 / 10e9 / asked
    through_bonds = held * PRICE * YEARS * (0.4 - 0.03) * PRICE * 0.0005 / 10e9 / asked
    assert gains["ty", "ty"][0] == pytest.approx(own, rel=1e-5)
    assert gains["note", "note"][0] == pytest.approx(through_bonds, rel=1e-5)
    assert gains["ty", "note"][0] * gains["note", "ty"][0] == pytest.approx(own * through_bonds, rel=1e-4)


def test_the_buffer_bears_losses_first():
    """Nothing is sold while the raised margin is within the buffer; then the buffer is restored."""
    vols = zip(("2020-02-19", "2020-02-26", "2020-03-04"), (0.2, 0.4, 0.4), strict=True)
    anchors = [{"date": day, **LEVEL, "vol": vol} for day, vol in vols]
    future = {"venue": VENUE | {"impact": 0.0}, "margin": {"base": 0.01, "power": 1.0, "raised": 5.0}}
    bond = {"venue": VENUE | {"impact": 0.0}}

    def margin(world):
        return world.factors.snapshot.row(margin_key("ty"))

    def holds(buffer):
        scenario = still(anchors=anchors, future=future, bond=bond, fund=FUND | {"buffer": buffer})
        return seen(scenario, lambda world: [world.venue("note").held("fund"), world.equity_now("fund"), margin(world)])

    large, small = holds(0.6), holds(0.1)
    assert (large[:, 0] == large[0, 0]).all()
    sold = int(np.argmax(small[:, 0] < small[0, 0]))
    assert sold > 3
    held, equity, asked = small[sold]
    assert held * (0.02 * PRICE * 1.03 + asked) == pytest.approx(0.9 * equity, rel=2e-2)


def test_bonds_alone_in_repo_are_sold_as_their_price_falls():
    anchors = [{"date": day, **LEVEL, "us10y": rate} for day, rate in (("2020-02-19", 0.03), ("2020-03-04", 0.034))]
    fund = FUND | {"future": ""}
    found = seen(
        still(anchors=anchors, fund=fund), lambda world: [world.venue("note").held("fund"), world.equity_now("fund")]
    )
    held, equity = found.T
    assert held[0] * PRICE * 0.02 == pytest.approx(1e9)
    assert held[-1] < 0.6 * held[0]
    assert equity[-1] < 0.6e9


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rates", "fund", "said"),
    [
        ({}, {"venue": "asset"}, "agents.fund.venue: no such bond, got 'asset'"),
        ({}, {"future": "tu"}, "agents.fund.future: no such bond future, got 'tu'"),
        ({"repo": {}}, {}, "bonds are financed in no repo market, got 'note'; add [market.rates.repo.usd]"),
        ({"repo": {"eur": {}}}, {}, "market.rates.repo: no such curve, got 'eur'; call it usd"),
        ({"repo": {"usd": {"p75": 20.0}}}, {}, "market.rates.repo.usd.p99: a percentile is at least the lower one"),
        ({"repo": {"usd": {"haircut": {"base": 0.3}}}}, {}, "market.rates.repo.usd.haircut.most: is at least the base"),
        (
            {"repo": {"usd": {"cleared": {"haircut": {"base": 0.3}}}}},
            {},
            "market.rates.repo.usd.cleared.haircut.most: is at least the base",
        ),
        (
            {"repo": {"usd": {"cleared": {"share": 75}}}},
            {},
            "market.rates.repo.usd.cleared.share: must be <= 1, got 75",
        ),
        ({"futures": {"ty": {"bond": "bill"}}}, {}, "market.rates.futures.ty.bond: no such bond, got 'bill'"),
        ({"futures": {"ty": FUTURE, "tn": FUTURE}}, {}, "market.rates.futures.tn: nobody quotes this future, got 'tn'"),
        ({"futures": {"ty": FUTURE | {"linked": 2.0}}}, {}, "market.rates.futures.ty.linked: must be <= 1, got 2.0"),
        ({"futures": {"note": FUTURE}}, {}, "a bond has this name, got 'note'"),
    ],
)
def test_mistakes_in_one_line(rates, fund, said):
    tables = {"bonds": {"note": BOND | {"node": "us10y"}}, "futures": {"ty": FUTURE}, "repo": {"usd": {}}} | rates
    with pytest.raises(UserError) as caught:
        crisis(agents={"maker": MAKER, "fund": FUND | fund}, market={"rates": tables})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_anchor_tells_of_repo_only_where_there_is_any():
    anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", "repo_tail": 0.01}]
    with pytest.raises(UserError, match=r"2020-03-04\.repo_tail: no repo market is declared, got 0.01; add"):
        crisis(anchors=anchors)
