"""Bonds in venues of their own; liability-driven funds and convexity hedgers that trade them, or swaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from markets.factors.key import USD, FactorKey
from sim.errors import UserError
from sim.ledger import CASH
from sim.phases import Phase
from tests.small import LEVEL, crisis, gross, only, send, watch, world_of

YEARS, YIELD = 20.0, 0.04
IMPACT, DEPTH, HALF = 0.0005, 8e9, 0.00002
PRICE = math.exp(-YEARS * YIELD)
VENUE = {
    "half_spread": HALF,
    "depth": DEPTH,
    "impact": IMPACT,
    "permanent_share": 1.0,
    "depth_floor": 1.0,
    "capacity": 100.0,
    "slope": 0.0,
    "depth_power": 0.0,
    "spread_power": 0.0,
}
MAKER = {"type": "MarketMaker", "capital": 1e15, "venues": ["asset", "us10y", "bond"], "inventory_limit": 1e15}
MAKER["quoting"] = {"inventory_skew": 0.0, "funding_days": 0.0}
NODE = FactorKey(*USD, "long")


def still(*, end: float = YIELD, venue: dict | None = None, **agents):
    """Ten days in which the yield goes from 4 % to `end`, with a bond on it."""
    anchors = [
        {"date": day, **LEVEL, "nodes": {"long": rate}} for day, rate in (("2020-02-19", YIELD), ("2020-03-04", end))
    ]
    bonds = {"bond": {"node": "long", "venue": VENUE | (venue or {})}}
    rates = {"vol_us2y": 0.0, "vol_us10y": 0.0, "nodes": {"long": {"years": YEARS, "vol": 0.0}}, "bonds": bonds}
    market = {"dispersion": 0.0, "rates": rates}
    return crisis(anchors=anchors, market=market, agents={"maker": MAKER, **agents}, feedback=only(impact=1.0))


# --- the bond ---------------------------------------------------------------------------------------------------------
def test_a_trade_moves_the_yield_and_pays_the_spread():
    world = world_of(still(), 4)
    bond = world.venue("bond")
    assert bond.mid == pytest.approx(PRICE, rel=1e-14)
    fills = send(world, {2: {"bond": -1e9}})
    rates = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(NODE)[0])
    world.run()
    assert fills[2]["bond"].price == pytest.approx(PRICE * (1 - YEARS * HALF), rel=1e-12)
    assert rates[1] == pytest.approx(YIELD, abs=1e-15)
    assert rates[2] == pytest.approx(YIELD + IMPACT * 1e9 * PRICE / DEPTH, abs=1e-15)
    for asset in (CASH, "bond"):
        total = sum(world.ledger.balance(account, asset) for account in world.ledger.accounts)
        assert np.abs(total).max() <= 1e-12 * gross(world.ledger, asset).max()


def test_a_bond_earns_the_forward_rate_at_its_end():
    """On a curve that stays, value grows by f(D) = y + D dz/dt a year: 4 % and 20 x (4 - 3) % / 10."""
    scenario = still(fund=FUND)
    held, equity, _ = seen(scenario)
    days = 14 - 6.5 / 24  # from the close of the first day to the open of the last
    earned = (equity[-1] - equity[0]) / (held[0] * PRICE)
    assert held[-1] == held[0]
    assert earned == pytest.approx((YIELD + YEARS * 0.001) * days / 365, rel=5e-4)


# --- the liability-driven fund ----------------------------------------------------------------------------------------
FUND = {"type": "LiabilityFund", "venue": "bond", "capital": 1e9, "leverage": 3.0}


def seen(scenario, name="fund", venue="bond"):
    """Holding, equity and price of a fund at every mark."""
    world = world_of(scenario, 2)
    found = watch(
        world,
        Phase.MARK,
        lambda: (world.venue(venue).held(name)[0], world.equity_now(name)[0], world.venue(venue).mid[0]),
    )
    world.run()
    return np.array(found).T


def test_leverage_is_kept_as_yields_rise():
    held, equity, price = seen(still(end=0.05, venue={"impact": 0.0, "half_spread": 0.0}, fund=FUND))
    assert held[0] == pytest.approx(3e9 / PRICE)
    assert held[-1] < 0.7 * held[0]
    assert held[1:] * price[1:] == pytest.approx(3 * equity[1:], rel=1e-9)


def test_nothing_is_sold_while_the_buffer_lasts():
    """A fifth of the equity is gone when the assets have fallen by a fifteenth."""
    held, equity, _ = seen(still(end=0.05, venue={"impact": 0.0}, fund=FUND | {"buffer": 0.2}))
    first = int(np.argmax(held < held[0]))
    assert 0 < first < len(held) - 1
    assert equity[first - 1] > 0.8e9
    assert equity[first] <= 0.8e9


@pytest.mark.parametrize(("buys_back", "grows"), [(False, False), (True, True)])
def test_it_buys_back_where_it_is_told_to(buys_back, grows):
    held, *_ = seen(still(end=0.03, fund=FUND | {"buys_back": buys_back}))
    assert (held[-1] > held[0]) == grows
    assert grows or held[-1] == held[0]


def test_it_sells_swaps_too():
    """Its assets are the notional and the value of the swaps; a rise of the 10Y rate makes it pay fixed."""
    anchors = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL, "us10y": 0.04}]
    venue = {"us10y": VENUE | {"impact": 0.0}}
    maker, fund = MAKER | {"venues": ["asset", "us10y"]}, FUND | {"venue": "us10y"}
    market = {"dispersion": 0.0}
    scenario = crisis(anchors=anchors, market=market, venue=venue, agents={"maker": maker, "fund": fund})
    world = world_of(scenario, 2)
    found = watch(world, Phase.MARK, lambda: (world.venue("us10y").held("fund")[0], world.equity_now("fund")[0]))
    value = watch(world, Phase.MARK, lambda: world.venue("us10y").value("fund")[0])
    world.run()
    (held, equity), value = np.array(found).T, np.array(value)
    assert held[0] == pytest.approx(3e9)
    assert held[-1] < 0.9 * held[0]
    assert (held + value)[1:] == pytest.approx(3 * equity[1:], rel=1e-4)  # what is sold carries its value away


def test_a_fund_without_equity_sells_everything():
    held, equity, _ = seen(still(end=0.09, venue={"impact": 0.0}, fund=FUND | {"leverage": 20.0, "interval": "1d"}))
    assert equity[-1] <= 0
    assert held[-1] == pytest.approx(0.0, abs=1.0)


# --- the convexity hedger ---------------------------------------------------------------------------------------------
OWNER = {"type": "ConvexityHedger", "venue": "bond", "balance": 1e10, "extension": 150.0, "interval": "tick"}


@pytest.mark.parametrize(("end", "most"), [(0.05, 4.0), (0.05, 0.5), (0.03, 4.0)])
def test_the_extension_is_hedged_up_to_the_most(end, most):
    owner = OWNER | {"most": most}
    held, _, price = seen(still(end=end, venue={"impact": 0.0}, owner=owner), name="owner")
    grown = np.clip(150.0 * (-np.log(price) / YEARS - YIELD), -most, most)
    assert held[1:] == pytest.approx(-1e10 * grown[1:] / (YEARS * price[1:]), rel=1e-9, abs=1e-3)
    assert abs(held[-1]) > 1e8


# --- executors --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("venue", ["bond", "us10y"])
def test_an_executor_works_off_bonds_and_swaps(venue):
    seller = {"type": "Executor", "venue": venue, "quantity": -2e9, "trades": 4, "schedule": "even"}
    held, *_ = seen(still(seller=seller), name="seller", venue=venue)
    assert held[:4] == pytest.approx([1.5e9, 1e9, 0.5e9, 0.0], abs=1.0)


def test_an_executor_hurries_by_the_risk_and_the_cost_of_a_bond():
    """Left is sinh(k (4 - n)) / sinh(4 k), 4 sinh(k/2)^2 = aversion sigma^2 tau^2 / cost, tau a seventh of a day."""
    aversion, tau = 3e-9, 1 / 7
    sigma = YEARS * PRICE * 0.01 / math.sqrt(252)  # $ a unit of face value, a yield vol of 1 %
    cost = (1.0 - 0.5) * IMPACT * PRICE * YEARS * PRICE / DEPTH * tau  # a slope of 1, and all impact stays
    k = 2 * math.asinh(math.sqrt(aversion * sigma**2 * tau**2 / cost) / 2)
    left = [2e9 * math.sinh(k * (4 - n)) / math.sinh(4 * k) for n in (1, 2, 3, 4)]
    seller = {"type": "Executor", "venue": "bond", "quantity": -2e9, "trades": 4, "schedule": "almgren_chriss"}
    scenario = still(venue={"slope": 1.0}, seller=seller | {"risk_aversion": aversion})
    held, *_ = seen(scenario, name="seller")
    assert 0.01e9 < left[0] < 1.4e9
    assert held[:4] == pytest.approx(left, abs=1.0)


# --- mistakes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"agents": {"maker": MAKER, "fund": FUND | {"venue": "asset"}}}, "no such venue of swaps or bonds"),
        ({"agents": {"maker": MAKER, "owner": OWNER | {"venue": "gold"}}}, "no such venue of swaps or bonds"),
        ({"agents": {"maker": MAKER | {"venues": ["asset"]}}}, "nobody quotes this bond, got 'bond'"),
        ({"bonds": {"bond": {"node": "us30y"}}}, "market.rates.bonds.bond.node: no such node, got 'us30y'"),
        ({"bonds": {"bond": {"node": "overnight"}}}, "market.rates.bonds.bond.node: no such node, got 'overnight'"),
        ({"bonds": {"asset": {"node": "us10y"}}}, "asset"),
        ({"bonds": {"bond": {"node": "us10y", "venue": {"halts": [0.5, 0.2]}}}}, "market.rates.bonds.bond.venue.halts"),
    ],
)
def test_mistakes_in_one_line(change, said):
    tables = {"agents": {"maker": MAKER}, "bonds": {"bond": {"node": "us10y"}}} | change
    with pytest.raises(UserError) as caught:
        crisis(agents=tables["agents"], market={"rates": {"bonds": tables["bonds"]}})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


# --- several funds in one bond, against the recursion -----------------------------------------------------------------
SHOCK, PER_BN = 0.005, 0.00003  # decimal; yield per 1e9 $ sold


def round_by_round(funds: tuple[tuple[float, float], ...], rounds: int) -> list[float]:
    """Rise of the yield: each fund sells down to its leverage at the price that all have made."""
    held, debts, rise, found = [a for a, _ in funds], [a * (1 - 1 / times) for a, times in funds], SHOCK, [SHOCK]
    for _ in range(rounds):
        price, sold = math.exp(-YEARS * rise), 0.0  # of one before the shock
        for k, (_, times) in enumerate(funds):
            sale = max(held[k] * price - times * (held[k] * price - debts[k]), 0.0)
            held[k], debts[k], sold = held[k] - sale / price, debts[k] - sale, sold + sale
        rise += PER_BN * sold / 1e9
        found.append(rise)
    return found


@pytest.mark.parametrize("funds", [((60e9, 2.0), (80e9, 4.0)), ((60e9, 2.0), (80e9, 3.5), (100e9, 3.0))])
def test_several_funds_sell_into_one_another(funds):
    """A sale of the first tick raises the yield by 50 bp; then every fund sells, tick by tick."""
    sellers = {
        f"fund{k}": {**FUND, "capital": assets / times, "leverage": times, "interval": "tick"}
        for k, (assets, times) in enumerate(funds)
    }
    venue = {"impact": PER_BN, "depth": 1e9, "half_spread": 0.0, "capacity": 1e6}
    world = world_of(still(venue=venue, **sellers), 2)
    send(world, {1: {"bond": -SHOCK / PER_BN * 1e9 / PRICE}})
    bond = world.venue("bond")
    yields = watch(world, Phase.MARK, lambda: float(-np.log(bond.mid[0]) / YEARS))
    world.run()
    risen = np.array(yields[1:8]) - YIELD
    np.testing.assert_allclose(risen, round_by_round(funds, 6), rtol=1e-3)  # the first night earns its carry
