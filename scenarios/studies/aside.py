"""Runs for their figures alone: nobody keeps their tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scenarios.studies.run import prepared, run
from scenarios.worlds.chunk_size import chunk_size, fits_in_memory
from scenarios.worlds.manifest import contents
from scenarios.worlds.run_files import with_companions
from scenarios.worlds.world import make_world
from scenarios.worlds.world_spec import worlds_of
from sim.ensemble import Chunk, Progress, chunks, run_chunks
from sim.held_run import HeldRun
from sim.scratch import scratch

if TYPE_CHECKING:
    import polars as pl

    from scenarios.scenario import Scenario
    from scenarios.worlds.blueprint import Blueprint
    from scenarios.worlds.world_spec import WorldSpec
    from sim.dataset import Run


@contextmanager
def run_aside(scenario: Scenario, *, tables: tuple[str, ...], progress: Progress | None = None) -> Iterator[Run]:
    """Run a scenario in this process, with these tables: in memory, or large ones in files that go with the block.

    Its figures are those of `scenarios.run`. Errors as there.
    """
    scenario, blueprint = prepared(scenario)
    clock, worlds, paths = blueprint.clock, worlds_of(scenario), scenario.run.paths
    if not fits_in_memory(scenario, clock, worlds=len(worlds)):
        with scratch("cell") as folder:
            yield run(scenario, out=folder / "run", workers=1, progress=progress, tables=tables)
        return
    job = _Holding(scenario, worlds, blueprint, with_companions(tables, scenario) or ())
    size = chunk_size(scenario, clock, worlds=len(worlds), paths=paths, workers=1)
    run_chunks(job, chunks(tuple(worlds), paths, size), ticks=len(clock.ticks), workers=1, progress=progress)
    yield HeldRun(contents(scenario, clock, worlds), job.frames)


@dataclass(frozen=True)
class _Holding:
    """Run one chunk of one world, and keep the frames of its tables."""

    scenario: Scenario
    worlds: dict[str, WorldSpec]  # by name
    blueprint: Blueprint
    tables: tuple[str, ...]
    frames: dict[str, dict[str, list[pl.DataFrame]]] = field(default_factory=lambda: defaultdict(dict))

    def __call__(self, chunk: Chunk, tick_done: Callable[[int], None]) -> None:
        spec, tables = self.worlds[chunk.world], self.tables
        cast, loops = spec.cast(self.scenario), spec.feedback
        world = make_world(cast, chunk, loops, self.blueprint, tables=tables, price_takers=spec.price_takers)
        world.run(tick_done)
        for name in tables:
            self.frames[name].setdefault(chunk.world, []).append(world.log.frame(name, world.clock))
