"""A still market of daily closes, for funds that follow a rule: what a fund holds and has at each of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from agents.world import TradingWorld
from scenarios.scenario import Scenario
from sim.phases import Phase
from tests.small import LEVEL, crisis, only, send, watch, world_of

DAYS = ["2020-02-19", "2020-02-20", "2020-02-21", "2020-02-24", "2020-02-25", "2020-02-26", "2020-02-27", "2020-02-28"]
TICKS = 7  # a day
IMPACT, DEPTH = 0.01, 1e9
VENUE = {
    "half_spread": 0.0,
    "depth": DEPTH,
    "impact": 0.0,
    "permanent_share": 1.0,
    "depth_floor": 1.0,
    "capacity": 100.0,
    "slope": 0.0,
    "depth_power": 0.0,
    "spread_power": 0.0,
}
MAKER = {"type": "MarketMaker", "capital": 1e15, "venues": ["asset"], "inventory_limit": 1e15}
MAKER["quoting"] = {"inventory_skew": 0.0, "funding_days": 0.0}


class Seen(NamedTuple):
    """At every close, or every tick: (times,) each."""

    price: np.ndarray
    held: np.ndarray  # units
    equity: np.ndarray
    gain: np.ndarray  # the venue's own entry of the loop gains


def told(
    spots: Any = 100.0, vols: Any = 0.2, *, venue: dict[str, Any] | None = None, maker: Any = None, **tables: Any
) -> Scenario:
    """Eight closes with these prices and vols (the last ones stand), no noise, and the agents of `tables`."""
    levels = {}
    for key, given in (("spot", spots), ("vol", vols)):
        given = list(given) if isinstance(given, list | tuple | np.ndarray) else [given]
        levels[key] = [*given, *[given[-1]] * (len(DAYS) - len(given))]
    anchors = [
        {"date": day, **LEVEL, "spot": float(spot), "vol": float(vol)}
        for day, spot, vol in zip(DAYS, levels["spot"], levels["vol"], strict=True)
    ]
    agents = {"maker": MAKER | (maker or {}), **tables.pop("agents")}
    market = {"dispersion": 0.0} | tables.pop("market", {})
    loops = tables.pop("feedback", only(impact=1.0))
    return crisis(
        anchors=anchors, market=market, venue={"asset": VENUE | (venue or {})}, feedback=loops, agents=agents, **tables
    )


def seen(
    scenario: Scenario, name: str = "fund", venue: str = "asset", orders: Any = None, *, closes: bool = True
) -> tuple[TradingWorld, Seen]:
    """What a fund had at a venue, at the marks of the closes or of all ticks."""
    world = world_of(scenario, 2)
    if orders:
        send(world, orders)
    nothing = np.zeros(2)
    rows = watch(
        world,
        Phase.MARK,
        lambda: (
            world.venue(venue).mid[0],
            world.venue(venue).held(name)[0],
            world.equity_now(name)[0],
            world.loop_gains().get((venue, venue), nothing)[0],
        ),
    )
    world.run()
    table = np.array(rows).T
    return world, Seen(*(table[:, world.clock.is_close] if closes else table))
