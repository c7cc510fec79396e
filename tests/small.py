"""Small worlds for unit tests: a few paths, few ticks, and only the agents that the test is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from agents.world import TradingWorld
from scenarios.reading.loading import from_dict
from scenarios.scenario import Scenario
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from sim.ledger import CASH, Ledger
from sim.names import Name

K = 4.0  # standard errors

LEVEL = {"spot": 100.0, "vol": 0.2, "overnight": 0.02, "us2y": 0.025, "us10y": 0.03, "credit": 0.01}
STILL = {"dispersion": 1.0, "realised_ratio": 0.0, "xi": 0.0, "rates": {"vol_us2y": 0.0, "vol_us10y": 0.0}}  # no noise
LOOPS = ("leverage", "spread", "depth", "impact", "credit", "margin", "rates_vol")


def only(**loops: float) -> dict[str, float]:
    """Feedback with every loop cut but these."""
    return dict.fromkeys(LOOPS, 0.0) | loops


def crisis(
    *,
    anchors: list[dict[str, Any]] | None = None,
    market: dict[str, Any] | None = None,
    agents: dict[str, Any] | None = None,
    minutes: int = 65,
    **tables: Any,
) -> Scenario:
    """Ten days of New York, by default without noise and with nobody in it. Its marks are in full."""
    size = tables.pop("run", {"paths": 16, "witnesses": 0, "twin": "none"})
    days = [{"date": "2020-02-19", **LEVEL}, {"date": "2020-03-04", **LEVEL}]
    return from_dict(
        {
            "name": "small",
            "clock": {"tick_minutes": minutes},
            "market": {**STILL, **(market or {})},
            "storyline": {"anchor": anchors or days},
            "agents": agents or {},
            "credit": {"elasticity": 0.5, "stress_elasticity": 2.0},
            "run": {"marks": "all", **size},
            **tables,
        },
        as_given=True,  # a maker that never passes its inventory on, a lender of $1
    )


def until(scenario: Scenario, last: str) -> Scenario:
    """The first days of a scenario: its storyline without the anchors after that date."""
    anchors = tuple(anchor for anchor in scenario.storyline.anchor if anchor.date <= date.fromisoformat(last))
    return replace(scenario, storyline=replace(scenario.storyline, anchor=anchors, calibration=None))


def world_of(scenario: Scenario, paths: int = 16, first: int = 0) -> TradingWorld:
    """The actual world of a scenario, ready to run."""
    return make_world(scenario, Chunk("actual", first, paths), scenario.feedback)


def watch(world: TradingWorld, phase: Any, look: Callable[[], Any]) -> list[Any]:
    """What `look` sees at a phase of every tick, in order, when the world has run."""
    seen: list[Any] = []

    def watching() -> Any:
        while True:
            yield world.tick(phase)
            seen.append(look())

    world.start(watching())
    return seen


class Trader:
    """Anything with an account, to trade with; `world` opens it."""

    def __init__(self, world: TradingWorld, name: str = "trader") -> None:
        self.name = name
        world.ledger.open(name)


def send(world: TradingWorld, orders: dict[int, dict[str, Any]], name: str = "trader") -> dict[int, dict[str, Any]]:
    """Let a trader send orders {tick: {venue: quantity}}; fills come under the same keys when the world has run."""
    from sim.phases import Phase

    trader, fills = Trader(world, name), {tick: {} for tick in orders}

    def trading() -> Any:
        while True:
            yield world.tick(Phase.TRADE)
            wanted = orders.get(world.tick_index, {})
            answers = {venue: world.venue(venue).trade(trader, quantity) for venue, quantity in wanted.items()}
            for venue, answer in answers.items():
                fills[world.tick_index][venue] = yield answer

    world.start(trading())
    return fills


def standard_error(samples: np.ndarray) -> float:
    """Of the mean of independent samples."""
    return float(samples.std(ddof=1) / np.sqrt(len(samples)))


def variance_error(samples: np.ndarray) -> float:
    """Of the variance of independent samples."""
    return standard_error((samples - samples.mean()) ** 2)


def correlation_error(rho: float, number: int) -> float:
    """Of the correlation of so many pairs of normals."""
    return float((1 - rho**2) / np.sqrt(number - 1))


def gross(ledger: Ledger, asset: Name = CASH) -> np.ndarray:
    """Sum of all amounts of an asset moved so far, (paths,): what rounding is measured against."""
    row = ledger._gross.get(asset)
    return np.zeros(ledger.paths) if row is None else ledger.rows[row]
