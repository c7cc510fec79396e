"""Outside investors who ask a price for makers' inventory: what they ask, and what makers then keep."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agents.desk.loss import ATTRIBUTION, COSTS
from markets.costs import INVENTORY
from scenarios.reading.loading import from_dict
from scenarios.studies.run import run
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.errors import UserError
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, send, watch, world_of

SIGMA, D = 0.2 * 0.7, 252  # realised vol, trading days a year
HALF, CAPACITY = 0.001, 2e8
TICKS = 6  # a day, alike
ORDER = -1e5  # units, at every tick
FLOW = 1e7  # $
VENUE = {"half_spread": HALF, "depth": 1e10, "impact": 0.0, "depth_power": 0.0, "spread_power": 0.0}
MAKER = {"type": "MarketMaker", "capital": 1e12, "venues": ["asset"], "inventory_limit": 1e15}
MAKER |= {"inventory_half_life": 6.5, "quoting": {"inventory_skew": 0.0, "funding_days": 0.0}}


def market(investors, *, end="2020-03-04", makers=("maker",), **tables):
    """A price that stands still by its storyline, with a realised vol that only investors see."""
    anchors = [{"date": day, **LEVEL} for day in ("2020-02-19", end)]
    agents = dict.fromkeys(makers, MAKER) | tables.pop("agents", {})
    table = VENUE if investors is None else VENUE | {"investors": {"capacity": CAPACITY} | investors}
    return crisis(
        anchors=anchors,
        market={"dispersion": 0.0, "realised_ratio": 0.7, "spot_reversion": 0.0},
        venue={"asset": table},
        feedback=only(),
        clock={"tick_minutes": 65, "overnight_variance": 0.0},
        agents=agents,
        **tables,
    )


def still(world):
    """A price that stands exactly: units and $ are then the same."""
    equity = world.factors.equity
    equity._drift = [(0.0, decay, 0.0) for _, decay, _ in equity._drift]  # nothing is kept of the noise
    return world


def passed_on(scenario, order=ORDER, price_takers=False, name="maker"):
    """Inventory of a maker, what investors have taken, and what they were paid, $ at every mark."""
    world = still(make_world(scenario, Chunk("actual", 0, 2), scenario.feedback, price_takers=price_takers))
    send(world, {tick: {"asset": order} for tick in range(1, len(world.clock.ticks))})
    venue = world.venue("asset")
    rows = watch(
        world,
        Phase.MARK,
        lambda: (
            venue.held(name)[0] * 100.0,
            0.0 if venue.investors is None else venue.investors.taken[0],
            -world.ledger.flow(name, INVENTORY.name)[0],
        ),
    )
    world.run()
    return np.array(rows).T


def recursion(ticks, *, compensation=1.0, power=1.0, half_life=5.0, flow=FLOW):
    """The same three, by hand."""
    share, kept, scale = 1 - 0.5 ** (1 / TICKS), 0.5 ** (1 / TICKS / half_life), compensation * SIGMA / math.sqrt(D)
    held, taken, paid, found = flow, 0.0, 0.0, [(0.0, 0.0, 0.0), (flow, 0.0, 0.0)]
    fresh = 0.0
    for _ in range(ticks - 2):
        taken, discount = (taken + fresh) * kept, 0.0
        discount = scale * (taken / CAPACITY) ** power
        fresh = share * held * HALF / (HALF + discount)
        step = np.linspace(taken, taken + fresh, 20_001)
        paid += np.trapezoid(scale * (step / CAPACITY) ** power, step)
        held += flow - fresh
        found.append((held, taken, paid))
    return np.array(found).T


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_the_price_is_the_discount_summed_up_over_what_is_taken(power):
    """Tick by tick against the integral by quadrature."""
    held, taken, paid = passed_on(market({"power": power, "compensation": 2.0}))
    expected = recursion(len(held), power=power, compensation=2.0)
    assert held == pytest.approx(expected[0], rel=1e-9)
    assert taken == pytest.approx(expected[1], rel=1e-9)
    assert paid == pytest.approx(expected[2], rel=1e-4)
    assert paid[-1] > 0.0


def test_the_steady_state():
    """Of a flow f a tick T = f k / (1 - k) is taken, k what counts after a tick; makers keep f (1 + discount(T) / h) /
    share and pay c sigma capacity (((T + f) / capacity)^2 - (T / capacity)^2) / 2 a tick.
    """
    held, taken, paid = passed_on(market({"half_life_days": 0.5}, end="2020-06-30"))
    kept, share = 0.5 ** (1 / TICKS / 0.5), 1 - 0.5 ** (1 / TICKS)
    steady = FLOW * kept / (1 - kept)
    a_day = SIGMA / math.sqrt(D)
    assert taken[-1] == pytest.approx(steady, rel=1e-5)
    assert held[-1] == pytest.approx(FLOW * (1 + a_day * steady / CAPACITY / HALF) / share, rel=1e-5)
    tick = a_day * CAPACITY / 2 * (((steady + FLOW) / CAPACITY) ** 2 - (steady / CAPACITY) ** 2)
    assert paid[-1] - paid[-2] == pytest.approx(tick, rel=1e-5)


def test_a_dear_price_leaves_more_with_the_maker():
    free, *_ = passed_on(market(None))
    cheap, *_ = passed_on(market({"compensation": 0.1}))
    dear, *_ = passed_on(market({"compensation": 10.0}))
    assert free[-1] < cheap[-1] < dear[-1]
    nothing, _, paid = passed_on(market({"compensation": 0.0}))
    assert nothing == pytest.approx(free, rel=1e-12)
    assert paid[-1] == 0.0


def test_they_pay_nothing_for_what_comes_back_to_them():
    """Makers who have sold to them buy back at mid until all that was taken has come back."""
    scenario = market({"half_life_days": 1000.0})
    world = still(world_of(scenario, 2))
    investors = world.venue("asset").investors
    first = investors.take(world.full(1e8))
    assert (first > 0).all()
    investors.step(1)
    assert (investors.discount(world.full(-1.0)) == 0.0).all()
    assert (investors.discount(world.full(1.0)) > 0.0).all()
    assert (investors.take(world.full(-0.5e8)) == 0.0).all()
    through = investors.take(world.full(-2e8))  # the second half is short: the schedule begins again at 0
    assert through == pytest.approx(first, rel=1e-3)


def test_investors_in_swaps_ask_in_the_unit_of_the_rate():
    """A discount in decimal rate x annuity: c (1 % / sqrt(D)) Y^2 / (2 capacity) x annuity for the first Y taken."""
    venue = {"us10y": {"half_spread": 1e-5, "depth": 1e10, "impact": 0.0, "investors": {"capacity": 1e8}}}
    maker = MAKER | {"venues": ["asset", "us10y"]}
    scenario = crisis(venue=venue, feedback=only(), agents={"maker": maker}, market={"dispersion": 0.0})
    world = world_of(scenario, 2)
    send(world, {1: {"us10y": -5e7}})
    annuity = watch(world, Phase.QUOTE, lambda: world.venue("us10y").listing.cost_per_notional()[0])
    paid = watch(world, Phase.QUOTE, lambda: -world.ledger.flow("maker", INVENTORY.name)[0])
    held = watch(world, Phase.QUOTE, lambda: world.venue("us10y").held("maker")[0])
    world.run()
    given = 5e7 - held[2]
    assert 1e6 < given < 5e7
    assert paid[2] == pytest.approx(0.01 / math.sqrt(D) * given**2 / 2e8 * annuity[2], rel=1e-9)


def test_two_makers_pay_alike_whatever_their_order():
    one = passed_on(market({}, makers=("a", "b")), order=2 * ORDER, name="a")
    other = passed_on(market({}, makers=("b", "a")), order=2 * ORDER, name="a")
    assert np.array_equal(one, other)
    twin = passed_on(market({}, makers=("a", "b")), order=2 * ORDER, name="b")
    assert one[2] == pytest.approx(twin[2], rel=1e-12)
    assert one[2][-1] > 0.0


def test_price_takers_pass_on_at_mid():
    held, taken, paid = passed_on(market({}), price_takers=True)
    free, *_ = passed_on(market(None), price_takers=True)
    assert np.array_equal(held, free)
    assert taken[-1] == paid[-1] == 0.0


def test_the_ledger_and_the_marks_have_the_cost():
    scenario = market({"compensation": 3.0}, end="2020-02-24", agents={"noise": {"type": "NoiseTrader", "size": 1e6}})
    marks = run(scenario, paths=3, workers=1, twin="none").table("marks").collect()
    maker = marks.filter(marks["agent"] == "maker")
    parts = sum(maker[name] for name in (*ATTRIBUTION, *COSTS, INVENTORY.name))
    assert (parts - maker["pnl"]).abs().max() < 1e-14 * MAKER["capital"]
    assert maker[INVENTORY.name].min() < -1e3
    assert marks.filter(marks["agent"] == "noise")[INVENTORY.name].abs().max() == 0.0
    plain = run(market(None, end="2020-02-24"), paths=2, workers=1, tables=["marks"])
    assert INVENTORY.name not in plain.table("marks").collect().columns


@pytest.mark.parametrize(
    ("investors", "said"),
    [
        ({"capacity": 0.0}, "venue.asset.investors.capacity: must be > 0"),
        ({"capacity": 1e15}, "venue.asset.investors.capacity: a capacity of $1e15 is out of proportion to a depth"),
        ({"capacity": 1e9, "compensation": -1.0}, "venue.asset.investors.compensation: must be >= 0"),
        ({"capacity": 1e9, "power": 0.0}, "venue.asset.investors.power: must be > 0"),
        ({"capacity": 1e9, "half_life_days": 0.0}, "venue.asset.investors.half_life_days: must be > 0"),
        ({"compensation": 1.0}, "venue.asset.investors.capacity: this key is required"),
        ({"capacity": 1e9, "discount": 1.0}, "venue.asset.investors.discount: unknown key"),
    ],
)
def test_mistakes_in_one_line(investors, said):
    anchors = [{"date": day, **LEVEL} for day in ("2020-02-19", "2020-02-28")]
    agents = {"maker": {"type": "MarketMaker"}}
    tables = {"name": "bad", "storyline": {"anchor": anchors}, "agents": agents}
    with pytest.raises(UserError) as caught:
        from_dict(tables | {"venue": {"asset": {"investors": investors}}})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
