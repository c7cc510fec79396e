"""One chunk of one world: run it, and write its tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from scenarios.worlds.left_behind import FILES, PROFILES, leave
from scenarios.worlds.world import make_world
from sim.aside import give_up, lay
from sim.errors import BugError
from sim.profile import ENGINE, Profile

if TYPE_CHECKING:
    from agents.world import TradingWorld
    from scenarios.scenario import Scenario
    from scenarios.worlds.blueprint import Blueprint
    from scenarios.worlds.given_orders import GivenOrders
    from scenarios.worlds.world_spec import WorldSpec
    from sim.aside import Wanted
    from sim.clock import Clock
    from sim.ensemble import Chunk
    from sim.eventlog import EventLog

SET_UP, EVENTS, TABLES_WRITTEN = "set-up", "SimPy", "tables"  # the engine's own steps in a profile


@dataclass(frozen=True)
class ChunkJob:
    """Run one chunk of one world and write its tables; picklable.

    The blueprint travels with it: books are compiled once a run, and a worker loads no calendar.
    """

    scenario: Scenario
    worlds: dict[str, WorldSpec]  # by name
    folder: Path
    blueprint: Blueprint
    tables: tuple[str, ...] | None = None  # all of them where None
    profiled: bool = False
    orders: Mapping[str, GivenOrders] = field(default_factory=dict)  # by seat: desks whose orders are known
    aside: tuple[Wanted, ...] = ()  # what is laid aside for the run's figures

    def __call__(self, chunk: Chunk, tick_done: Callable[[int], None]) -> None:
        if self.profiled:
            self._profiled(chunk, tick_done)
            return
        world = self._made(chunk)
        self._live(world, tick_done)
        self._write(chunk, world.log, world.clock)

    def _live(self, world: TradingWorld, tick_done: Callable[[int], None]) -> None:
        """Run the world. Raises UserError where a level taken as given breaks its accounts."""
        try:
            world.run(tick_done)
        except BugError as error:
            from scenarios.worlds.out_of_range import named_level

            raise named_level(error, self.scenario) from error

    def _write(self, chunk: Chunk, log: EventLog, clock: Clock) -> None:
        if self.aside:
            lay(self.folder, log, clock, self.aside)
        make_room = partial(give_up, self.folder) if self.aside else None
        leave(self.folder, FILES, chunk, log.write(self.folder, clock, make_room))

    def _made(self, chunk: Chunk, profile: Profile | None = None) -> TradingWorld:
        spec = self.worlds[chunk.world]
        return make_world(
            spec.cast(self.scenario),
            chunk,
            spec.feedback,
            self.blueprint,
            tables=self.tables,
            profile=profile,
            price_takers=spec.price_takers,
            seats=self._seats(chunk, spec) if self.orders else None,
        )

    def _seats(self, chunk: Chunk, spec: WorldSpec) -> dict[str, GivenOrders]:
        """Desks that do what was ordered; the one that does not hedge orders nothing."""
        return {seat: orders.of(chunk) for seat, orders in self.orders.items() if seat != spec.unhedged}

    def _profiled(self, chunk: Chunk, tick_done: Callable[[int], None]) -> None:
        """The same, and how long each step took beside the tables."""
        profile, times = Profile(), [time.perf_counter()]
        world = self._made(chunk, profile)
        times.append(time.perf_counter())
        self._live(world, tick_done)
        times.append(time.perf_counter())
        busy = sum(sum(phases.values()) for phases in profile.seconds.values())
        self._write(chunk, world.log, world.clock)
        times.append(time.perf_counter())
        steps = dict(zip((SET_UP, EVENTS, TABLES_WRITTEN), np.diff(times).tolist(), strict=True))
        for step, seconds in steps.items():
            profile.add(ENGINE, step, seconds - busy if step == EVENTS else seconds)
        leave(self.folder, PROFILES, chunk, profile.seconds)
