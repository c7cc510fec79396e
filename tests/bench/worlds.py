"""Worlds to time: a preset without tables on disk, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import simpy

from agents.world import TradingWorld
from scenarios.reading.loading import load
from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.world import make_world
from sim.ensemble import chunks

COVID = "covid_crash_2020"


def covid(**settings: Any) -> Scenario:
    """The preset without witnesses; settings by key, with __ for the dot."""
    return load(COVID, {"run.witnesses": 0} | {key.replace("__", "."): value for key, value in settings.items()})


Tables = tuple[str, ...] | None


def worlds(scenario: Scenario, paths: int, tables: Tables = None) -> Iterator[TradingWorld]:
    """The actual world of each chunk, ready to run; it logs `tables` (default: all)."""
    blueprint = draw_up(scenario)
    for part in chunks(("actual",), paths, scenario.run.chunk):
        yield make_world(scenario, part, scenario.feedback, blueprint, tables=tables)


def run_all(
    scenario: Scenario, paths: int, each: Callable[[TradingWorld], Any] = lambda world: None, tables: Tables = None
) -> list[Any]:
    """Build and run every chunk's world; what `each` makes of it."""
    found = []
    for world in worlds(scenario, paths, tables):
        world.run()
        found.append(each(world))
    return found


def bare_simpy(events: int) -> None:
    """One process that waits, so many times: what SimPy itself takes."""

    def waiting(env: simpy.Environment) -> Iterator[simpy.Event]:
        for _ in range(events):
            yield env.timeout(1)

    env = simpy.Environment()
    env.process(waiting(env))
    env.run()
