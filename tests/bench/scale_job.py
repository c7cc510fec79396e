"""Simulate PATHS in chunks of CHUNK, and print CPU seconds and peak memory (KiB) as JSON; run as a script."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from scenarios.reading.loading import from_dict, load
from scenarios.scenario import Scenario
from scenarios.worlds.blueprint import Blueprint, draw_up
from scenarios.worlds.chunk_job import ChunkJob
from scenarios.worlds.left_behind import FILES, take
from scenarios.worlds.world_spec import WorldSpec
from sim.ensemble import chunks, run_chunks
from tests.bench.timing import seconds

KEPT = ("peaks",)  # a row a path; a million paths of daily marks would fill the disk, not the memory


def short(chunk: int) -> Scenario:
    """The first trading days of the covid preset, two ticks a day, whole cast, all loops."""
    tables = load("covid_crash_2020").to_dict()
    storyline = {"anchors": "observed", "anchor": tables["storyline"]["anchor"][:2]}  # fitted to the whole record
    settings = {"clock.tick_minutes": 390, "run.witnesses": 0, "run.chunk": chunk}
    return from_dict(tables | {"storyline": storyline}, overrides=settings)


def simulate(scenario: Scenario, blueprint: Blueprint, paths: int, folder: Path) -> None:
    """Run and write every chunk of the actual world, as a run does."""
    job = ChunkJob(scenario, {"actual": WorldSpec(feedback=scenario.feedback)}, folder, blueprint, KEPT)
    run_chunks(job, chunks(("actual",), paths, scenario.run.chunk), ticks=1, workers=1)
    take(folder, FILES)


def peak_resident() -> int:
    """KiB of memory at most; `getrusage` would count what the parent had."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1])  # type: ignore[index]


if __name__ == "__main__":
    paths = int(sys.argv[1])
    chosen = short(int(sys.argv[2]))
    blueprint = draw_up(chosen)
    with tempfile.TemporaryDirectory() as place:
        simulate(chosen, blueprint, 1024, Path(place))  # compiled and imported
        repeats = max(1, min(8, 200_000 // paths))
        spent = min(seconds(lambda: simulate(chosen, blueprint, paths, Path(place))) for _ in range(repeats))
    print(json.dumps({"seconds": spent, "peak": peak_resident()}))
