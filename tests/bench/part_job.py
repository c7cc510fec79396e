"""Say "ready", wait for a line, simulate some chunks of the covid preset, print what they took as JSON; a script.

Arguments: paths of the whole run, a folder for its peaks, the first chunk, the step to the next one, workers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scenarios.worlds.blueprint import Blueprint, draw_up
from scenarios.worlds.chunk_job import ChunkJob
from scenarios.worlds.chunk_size import chunk_size
from scenarios.worlds.workers import prepare_workers
from scenarios.worlds.world_spec import WorldSpec
from sim.ensemble import Chunk, chunks, run_chunks
from tests.bench.worlds import covid, run_all


def peaks_job(folder: Path, blueprint: Blueprint) -> ChunkJob:
    """The actual world of the covid preset, of which only the peaks are written."""
    scenario = covid()
    return ChunkJob(scenario, {"actual": WorldSpec(feedback=scenario.feedback)}, folder, blueprint, ("peaks",))


@dataclass(frozen=True)
class Timed:
    """A job that notes of each chunk its process, CPU seconds and end."""

    job: ChunkJob

    def __call__(self, chunk: Chunk, tick_done: Callable[[int], None]) -> None:
        begun = time.process_time()
        self.job(chunk, tick_done)
        noted = {"process": os.getpid(), "cpu": time.process_time() - begun, "end": time.time()}
        (self.job.folder / f"{chunk.first}.json").write_text(json.dumps(noted))


def noted(folder: Path) -> list[dict[str, float]]:
    """What the chunks of a folder noted, in the order of their ends."""
    found = [json.loads(place.read_text()) for place in folder.glob("*.json")]
    return sorted(found, key=lambda note: note["end"])


if __name__ == "__main__":
    paths, first, step, workers = int(sys.argv[1]), *map(int, sys.argv[3:6])
    prepare_workers(workers)
    scenario, blueprint = covid(), draw_up(covid())
    run_all(scenario, 16)  # machine code is loaded
    size = chunk_size(scenario, blueprint.clock, worlds=1, paths=paths, workers=2)
    parts = chunks(("actual",), paths, size)[first::step]
    print("ready", flush=True)
    sys.stdin.readline()
    begun = time.perf_counter()
    job = Timed(peaks_job(Path(sys.argv[2]), blueprint))
    run_chunks(job, parts, ticks=len(blueprint.clock.ticks), workers=workers)
    print(time.perf_counter() - begun)
