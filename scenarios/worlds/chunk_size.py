"""How many paths are simulated together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from agents.hedging.hedger import Hedger
from scenarios.checking.sizes import LEAST_PATHS
from sim.block_stream import BLOCK
from sim.cores import worker_count

if TYPE_CHECKING:
    from scenarios.scenario import Scenario
    from sim.clock import Clock

MARKS = 2_000_000  # rows of closes that a chunk gathers at most, about 0.4 GB
OWN = 3_072  # paths that take as long as the part of a tick that does not depend on their number


def chunk_size(scenario: Scenario, clock: Clock, *, worlds: int, paths: int, workers: int | None = None) -> int:
    """Paths of a chunk: at most `run.chunk`, and so many that its closes fit in memory; the size with which the workers
    are through soonest.

    In whole blocks of noise, or, where a run of decades does not fit so, in parts of one; no result depends on it.
    """
    most, rows = scenario.run.chunk, _rows_a_path(scenario, clock)
    fit = MARKS // rows // BLOCK
    if not fit:
        return min(most, max(MARKS // rows // LEAST_PATHS, 1) * LEAST_PATHS)
    useful = min(fit, math.ceil(min(most, paths) / BLOCK))
    sizes = [min(most, BLOCK * blocks) for blocks in range(useful, 0, -1)]
    return min(sizes, key=lambda size: _longest(size, worlds, paths, worker_count(workers)))


def fits_in_memory(scenario: Scenario, clock: Clock, *, worlds: int) -> bool:
    """Whether the closes of all paths and worlds together are no more than a chunk gathers."""
    return worlds * scenario.run.paths * _rows_a_path(scenario, clock) <= MARKS


def _rows_a_path(scenario: Scenario, clock: Clock) -> int:
    """Rows of desks, or of all agents if they are wanted, and of closes: every day."""
    told = [agent for agent in scenario.agents if scenario.run.marks == "all" or isinstance(agent, Hedger)]
    return (len(told) + 1 + len(scenario.assets)) * (int(clock.day[-1]) + 1)


def _longest(size: int, worlds: int, paths: int, workers: int) -> int:
    """What the busiest worker does, in paths."""
    chunks = worlds * math.ceil(paths / size)
    return math.ceil(chunks / workers) * (OWN + size)
