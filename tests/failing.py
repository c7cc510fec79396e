"""Agents and policies that fail, each in its own way. The text that must be told of each is its docstring."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from agents.base import Agent
from agents.policies import Policy
from markets.venues.quote import Quote
from sim.errors import UserError
from sim.phases import Phase, minutes


class NeedsTwo(Exception):
    """An exception that cannot be made again from its own arguments."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} and {second}")


def agent(name: str, told: str, live: Any) -> type[Agent]:
    """An agent class that lives so."""
    body = {"live": live, "__doc__": told, "__module__": __name__, "__qualname__": name, "__annotations__": {}}
    return dataclass(frozen=True, kw_only=True)(type(name, (Agent,), body))


def at_trade(told: str) -> Any:
    """Make an agent of what it does in TRADE of tick 2."""

    def made(act: Any) -> type[Agent]:
        def live(self: Agent, world: Any) -> Any:
            while True:
                yield world.tick(Phase.TRADE)
                if world.tick_index == 2:
                    answer = act(self, world)
                    if answer is not None:
                        yield answer

        return agent(act.__name__, told, live)

    return made


@at_trade("KeyError: 'no such signal'")
def Raises(self, world):
    raise KeyError("no such signal")


@at_trade("NeedsTwo: one and two")
def RaisesOddly(self, world):
    raise NeedsTwo("one", "two")


@at_trade("ZeroDivisionError: integer division or modulo by zero")
def Divides(self, world):
    return 1 // (world.tick_index - 2)


@at_trade("it left Python (sys.exit(0))")
def Leaves(self, world):
    sys.exit(0)


@at_trade("GeneratorExit")
def LeavesAsAGenerator(self, world):
    raise GeneratorExit


@at_trade("the run was stopped at tick 2 of")
def Stops(self, world):
    raise simpy.core.StopSimulation("enough")


@at_trade("it yielded int 30, which never comes; yield world.tick(Phase.TRADE), world.after(")
def YieldsNumber(self, world):
    return 30


@at_trade("it yielded an event of another world, which never comes")
def YieldsForeign(self, world):
    return simpy.Environment().timeout(0)


@at_trade("it yielded str 'asset'")
def YieldsText(self, world):
    return "asset"


@at_trade("a world has: factors, ")
def AsksForFactor(self, world):
    return world.factor


@at_trade("no venue 'spx'; there are asset, us2y, us10y")
def AsksForVenue(self, world):
    return world.venue("spx").trade(self, 1.0)


@at_trade("a Fill has: price, ")
def AsksForPrices(self, world):
    def of(fill: Any) -> None:
        raise AssertionError(fill)

    from markets.venues.order import Fill

    return Fill(world.full(1.0), world.full(1.0), lambda: world.full(1.0)).prices


@at_trade("order of fund at asset is not finite on path 3")
def OrdersNaN(self, world):
    order = world.full(0.0)
    order[3] = np.nan
    return world.venue("asset").trade(self, order)


@at_trade("order of fund at us2y is not finite on path 0")
def OrdersInfinity(self, world):
    return world.venue("us2y").trade(self, -np.inf)


@at_trade("order of fund at asset is not finite on path 5")
def DemandsNaN(self, world):
    order = world.full(0.0)
    order[5] = np.inf
    return world.venue("asset").trade(self, lambda move: order)


@at_trade("an order is a number or one number a path, (16,), got (2,)")
def OrdersTwoPaths(self, world):
    return world.venue("asset").trade(self, np.ones(2))


@at_trade("an order is a number or one number a path, (16,), got 'all'")
def OrdersText(self, world):
    return world.venue("asset").trade(self, "all")


@at_trade("an order is a number or one number a path, (16,), got None")
def OrdersNothing(self, world):
    return world.venue("asset").trade(self, None)


@at_trade("an order is a number or one number a path, (16,), got ndarray of bool")
def OrdersMask(self, world):
    return world.venue("asset").trade(self, world.venue("asset").mid > 0)


@at_trade("an order is a number or one number a path, (16,), got MaskedArray of float64")
def OrdersMasked(self, world):
    return world.venue("asset").trade(self, np.ma.masked_less(world.full(1.0), 2.0))


@at_trade("an order is a number or one number a path, (16,), got ndarray of complex128")
def OrdersComplex(self, world):
    return world.venue("asset").trade(self, world.full(1.0) * 1j)


@at_trade("order of fund at asset is worth $")
def OrdersTooMuch(self, world):
    return world.venue("asset").trade(self, 1e300)


@at_trade("ValueError: output array is read-only")
def WritesToTheMarket(self, world):
    peak = world.venue("asset").mid  # not a copy
    np.maximum(peak, 200.0, out=peak)


@at_trade("StopIteration: an iterator has no next")
def AsksForMore(self, world):
    return next(iter(()))


@at_trade("ValueError: red, and blue (")
def RaisesInColour(self, world):
    raise ValueError("\x1b[1m\x1b[31mred\x1b[0m,\nand blue")


@at_trade("cannot wait for the past: -5 seconds from now")
def WaitsSinceTheNight(self, world):
    return world.after(-5, Phase.TRADE)


@at_trade("cannot wait for the past: nan seconds from now")
def WaitsForNaN(self, world):
    return world.after(np.nan, Phase.TRADE)


@at_trade(f"ValueError: {'x' * 300}... (")
def RaisesALot(self, world):
    raise ValueError("x" * 100_000)


@at_trade("cannot wait for the past: -60 seconds from now")
def WaitsForThePast(self, world):
    return world.at(world.now - 60, Phase.TRADE)


@at_trade("cash of fund is not finite on path 0")
def PaysNaN(self, world):
    world.ledger.transfer(world.full(np.nan), source="fund", target="owners", reason="capital")
    return world.venue("asset").trade(self, 1.0)


@at_trade("a movement of fund is not finite on path 2")
def NotesInfinity(self, world):
    costs = world.full(0.0)
    costs[2] = np.inf
    world.ledger.note(costs, source="fund", target="clients", reason="spread_cost_calm")
    return world.venue("asset").trade(self, 1.0)


@at_trade("cash of fund is not finite on path 0")
def PaysInfinity(self, world):
    world.ledger.transfer(world.full(np.inf), source="owners", target="fund", reason="capital")
    return world.venue("asset").trade(self, 1.0)


@at_trade("depth that it quotes at asset is not finite on path 0")
def QuotesNaN(self, world):
    world.venue("asset").post(self.name, Quote(world.full(1e-3), world.full(0.0), world.full(np.nan)))
    return world.venue("asset").trade(self, 1e3)


@at_trade("no such file, got 'signals.csv'; give another")
def RaisesUserError(self, world):
    raise UserError("no such file", value="signals.csv", remedy="give another")


def _never(self, world):
    if world is None:
        yield


def _stands_still(self, world):
    while True:
        yield world.soon()


def _late(self, world):
    yield world.tick(Phase.MARK)
    yield world.venue("asset").trade(self, 1.0)


def _will_not_end(self, world):
    while True:
        try:
            yield world.tick(Phase.TRADE)
        except GeneratorExit:
            yield world.tick(Phase.TRADE)


def _starts_another(self, world):
    def other():
        yield world.after(minutes(30), Phase.TRADE)
        raise RuntimeError(f"{self.name} has no signal")

    world.start(other())
    while True:
        yield world.tick(Phase.TRADE)


class _State:
    def __init__(self, fund, world):
        self.fund, self.world = fund, world

    def run(self):
        yield self.world.tick(Phase.TRADE)
        yield self.signal

    @property
    def signal(self):
        raise LookupError("signal")


def _keeps_state(self, world):
    yield from _State(self, world).run()


LIVES = (
    agent("NoGenerator", "live() gave None, not a generator", lambda self, world: None),
    agent("FailsAtOnce", "live() gave list [", lambda self, world: [world.tick(Phase.TRADE)]),
    agent("NeverYields", "it ended before it yielded anything", _never),
    agent("StandsStill", "10,000 turns in one instant: time stands still", _stands_still),
    agent("TradesLate", "an order in MARK comes after CLEAR of its instant; trade in TRADE", _late),
    agent("WillNotEnd", "generator ignored GeneratorExit", _will_not_end),
    agent("StartsAnother", "RuntimeError: fund has no signal", _starts_another),
    agent("KeepsState", "LookupError: signal", _keeps_state),
)
AGENTS = {cls.__name__: cls for cls in (*LIVES, *(v for v in list(vars().values()) if isinstance(v, type)))
          if issubclass(cls, Agent) and cls is not Agent}  # fmt: skip
globals().update(AGENTS)


def policy(name: str, told: str, desired: Any, vol: Any = None) -> type[Policy]:
    """A policy class that answers so."""
    body = {"desired": desired, "kind": name, "__doc__": told, "__module__": __name__, "__annotations__": {}}
    if vol is not None:
        body["vol_multiplier"] = vol
    return dataclass(frozen=True, kw_only=True)(type(name, (Policy,), body))


def _writes(self, at):
    at.spot[:] = 0.0
    return at.target


def _writes_target(self, at):
    at.target[:] = 0.0
    return at.position


def _masked(self, at):
    return np.ma.masked_less(at.target, 0.0)


def _infinite(self, at):
    return np.where(np.arange(at.spot.size) == 4, np.inf, at.target)


NOT_A_VECTOR = "not a vector of one number a path, (16,); return at.target, or at.position where"
POLICIES = {
    cls.__name__: cls
    for cls in (
        policy("ListPolicy", f"desired() gave list [1], {NOT_A_VECTOR}", lambda self, at: [1]),
        policy("NonePolicy", f"desired() gave None, {NOT_A_VECTOR}", lambda self, at: None),
        policy("NumberPolicy", f"desired() gave float 0.0, {NOT_A_VECTOR}", lambda self, at: 0.0),
        policy("ShortPolicy", "gave ndarray of float64 with shape (3,), not", lambda self, at: np.zeros(3)),
        policy("MaskPolicy", "gave ndarray of bool with shape (16,), not", lambda self, at: at.target > 0),
        policy("TextPolicy", "gave ndarray of object with shape (16,), not", lambda self, at: at.target.astype(object)),
        policy("NaNPolicy", "desired() gave nan on path 0; it must", lambda self, at: at.target * np.nan),
        policy("InfinitePolicy", "desired() gave inf on path 4; it must", _infinite),
        policy("AsksPolicy", "a situation has: spot, tick, due, last_spot", lambda self, at: at.spots),
        policy("RaisesPolicy", "IndexError: list index out of range", lambda self, at: [][1]),
        policy("LeavesPolicy", "it left Python (sys.exit(None))", lambda self, at: sys.exit()),
        policy("MaskedPolicy", "gave MaskedArray of float64 with shape (16,), not a vector", _masked),
        policy("HugePolicy", "desired() gave a position worth $", lambda self, at: at.target + 1e300),
        policy("EndsPolicy", "StopIteration: an iterator has no next", lambda self, at: next(iter(()))),
        policy("WritesTargetPolicy", "ValueError: assignment destination is read-only", _writes_target),
        policy("WritesPolicy", "ValueError: assignment destination is read-only", _writes),
        policy(
            "VolPolicy", "vol_multiplier() gave float 2.0, not a vec", lambda self, at: at.target, lambda s, at: 2.0
        ),
    )
}
globals().update(POLICIES)
