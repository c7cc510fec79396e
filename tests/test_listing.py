"""A listing of one's own is one file and one registration: makers quote it, others trade it, the ledger balances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from agents.base import Agent, Process
from markets.accounts import INVESTORS
from markets.factors.key import FactorKey
from markets.spec import VenueSpec
from markets.venues.bond_future import BondFuture
from markets.venues.further import FURTHER
from markets.venues.listed_option import ListedOption
from markets.venues.listing import NEVER, waits_for_roll
from markets.venues.par_swap import ParSwap
from markets.venues.stock import Stock
from markets.venues.vol_future import VolFuture
from markets.venues.zero_bond import ZeroBond
from sim.errors import BugError
from sim.phases import Phase
from tests.future import Future
from tests.small import LEVEL, crisis, only, watch, world_of

SPOT, UNITS, RATE, YEARS = 50.0, 1e6, 0.02, 0.5
OIL = FactorKey("spot", "oil")
ANCHORS = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL}]
MAKER = {"type": "MarketMaker", "venues": ["asset", "us2y", "us10y", "oil", "oil_future"], "inventory_half_life": 1e9}


@dataclass(frozen=True, kw_only=True)
class Carrier(Agent):
    """Holds oil and keeps its price risk neutral with the future."""

    def live(self, world) -> Process:
        world.venue("oil").hand_over(INVESTORS, self.name, world.full(UNITS))
        future = world.venue("oil_future")
        while True:
            yield world.tick(Phase.TRADE)
            held = {venue: venue.held(self.name) for venue in (world.venue("oil"), future)}
            risk = sum(units * venue.listing.sensitivities()[OIL] for venue, units in held.items())
            yield future.trade(self, -risk / future.listing.sensitivities()[OIL])


def market(monkeypatch, quoting="vol_proportional", feedback=None, **spec):
    """A still market with oil, whose future is listed, quoted by a maker and traded by a carrier."""
    venue = VenueSpec(**{"half_spread": 0.0, "depth": 1e9, "impact": 0.01, "slope": 0.0, "capacity": 10.0} | spec)
    monkeypatch.setitem(
        FURTHER, "oil_future", lambda world: (Future(world, "oil_future", on="oil", years=YEARS), venue)
    )
    oil = {"spot": SPOT, "vol": 0.0, "venue": {"half_spread": 0.0, "depth": 1e9, "impact": 0.01}}
    agents = {
        "maker": {**MAKER, "quoting": {"kind": quoting, "inventory_skew": 0.0}},
        "carrier": {"type": "tests.test_listing:Carrier", "capital": 1e9},
    }
    return world_of(crisis(anchors=ANCHORS, assets={"oil": oil}, agents=agents, feedback=feedback or only()), 3)


def held(world, account):
    return world.venue("oil_future").held(account)


def test_the_carry_is_earned(monkeypatch):
    """The price does not move, so the hedged position earns its carry: each tick S (1 - e^{-r dt}) a unit."""
    world = market(monkeypatch)
    equity = watch(world, Phase.MARK, lambda: world.equity_now("carrier").copy())
    world.run()  # the ledger balances at every CLEAR and MARK, and the P&L of all accounts is proved at every close
    steps = np.diff(world.clock.calendar_years)
    expected = UNITS * SPOT * np.sum(1 - np.exp(-RATE * steps))
    np.testing.assert_allclose(equity[-1] - 1e9, expected, rtol=1e-9)
    np.testing.assert_allclose(held(world, "carrier"), -held(world, "maker"), rtol=1e-6)
    np.testing.assert_allclose(world.equity_now("maker") - world.agents[0].capital, -expected, rtol=1e-6)
    closes = world.log.frame("closes", world.clock)
    assert set(closes["venue"]) == {"asset", "oil", "oil_future"}


def test_it_is_settled_in_cash_every_morning(monkeypatch):
    world = market(monkeypatch)
    worth = watch(world, Phase.MARKET, lambda: world.venue("oil_future").value("carrier").copy())
    world.run()
    opens = np.flatnonzero(world.clock.is_open)[1:]
    assert len(opens) > 5
    for tick in opens:  # settled at the price of the close before: what is left is the passing of the night
        assert (np.abs(worth[tick]) < UNITS * SPOT * RATE * 5 / 365).all()
    assert (np.abs(world.ledger.balance("clearing")) < 1e-6).all()


@pytest.mark.parametrize("quoting", ["vol_proportional", "avellaneda_stoikov"])
def test_what_it_costs_is_noted(monkeypatch, quoting):
    """By whichever rule a maker quotes: what the taker pays of spread the maker has, and the parts add up."""
    world = market(monkeypatch, quoting, half_spread=0.001)
    world.run()
    paid, got = (
        sum(world.ledger.flow(name, cost) for cost in ("spread_cost_calm", "spread_cost_crisis"))
        for name in ("carrier", "maker")
    )
    np.testing.assert_allclose(paid, -got)
    assert (paid < -0.5 * 0.001 * UNITS * SPOT).all()


def test_its_trades_move_what_it_is_on(monkeypatch):
    """Selling the future takes the asset's price down, by impact x fraction of its own venue's depth."""
    world = market(monkeypatch, feedback=only(impact=1.0))
    oil = watch(world, Phase.MARK, lambda: world.factors.snapshot.row(OIL).copy())
    world.run()
    np.testing.assert_allclose(np.log(oil[0] / SPOT), -0.01 * UNITS * SPOT / 1e9, rtol=1e-9)


def test_a_name_is_taken_once(monkeypatch):
    monkeypatch.setitem(
        FURTHER, "twice", lambda world: (Future(world, "oil", on="oil", years=1.0), world.venue("oil").spec)
    )
    with pytest.raises(BugError, match="two things of the market are called 'oil'"):
        market(monkeypatch)


@pytest.mark.parametrize("base", [Stock, ParSwap, BondFuture, ZeroBond, VolFuture, ListedOption])
def test_a_step_of_one_s_own_is_not_waited_with(base):
    """Whatever the class that it is derived from says; it may say `until` itself."""
    own = type("Own", (base,), {"step": lambda self, tick: None})
    late = type("Late", (own,), {"until": NEVER})
    once = late.__new__(late)
    once.step = print
    assert [waits_for_roll(each.__new__(each)) for each in (base, own, late)] == [True, False, True]
    assert not waits_for_roll(once)


@pytest.mark.parametrize(("said", "ticks"), [({}, range(1, 9)), ({"until": 0}, range(1, 9)), ({"until": 5}, (1, 5))])
def test_a_stock_with_a_step_of_its_own_is_stepped(said, ticks, monkeypatch):
    """At every tick, unless it says from which one: then when a venue of the market first steps, and from there."""
    stepped = []

    def step(self, tick):
        stepped.append(tick)
        if "until" in said and tick >= self.until > 0:
            self.until = NEVER

    def made(world):
        own = type("Own", (Stock,), {"step": step, **said})(world, "asset")
        own.name, own.assets = "own", ("own",)
        return own, VenueSpec(half_spread=0.0, depth=1e9, impact=0.01)

    monkeypatch.setitem(FURTHER, "own", made)
    world = world_of(crisis(anchors=ANCHORS, agents={}, minutes=390), 1)
    world.run()
    assert [tick for tick in stepped if tick < 9] == list(ticks)
    assert len(stepped) == (len(world.clock.ticks) - 1 if said.get("until", 0) == 0 else 2)
