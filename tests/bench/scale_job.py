"""Simulate so many paths, chunk by chunk, and print CPU seconds and peak memory (KiB) as JSON; run as a script."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path

from scenarios.build import ChunkJob, make_clock
from scenarios.loading import load
from scenarios.scenario import Scenario
from sim.ensemble import chunks
from tests.bench.timing import seconds

KEPT = ("peaks",)  # a row a path; a million paths of daily marks would fill the disk, not the memory


def short() -> Scenario:
    """The first trading days of the covid preset, two ticks a day, whole cast, all loops."""
    anchors = load("covid_crash_2020").to_dict()["storyline"]["anchor"][:2]
    return load("covid_crash_2020", {"clock.tick_minutes": 390, "run.witnesses": 0, "storyline.anchor": anchors})


def simulate(scenario: Scenario, paths: int, folder: Path) -> None:
    """Run and write every chunk of the actual world."""
    job = ChunkJob(scenario, {"actual": scenario.feedback}, folder, KEPT)
    for part in chunks(("actual",), paths, scenario.run.chunk):
        job(part, lambda ticks: None)


if __name__ == "__main__":
    paths = int(sys.argv[1])
    chosen = short()
    make_clock(chosen)
    with tempfile.TemporaryDirectory() as place:
        simulate(chosen, 1024, Path(place))  # compiled and imported
        spent = seconds(lambda: simulate(chosen, paths, Path(place)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": spent, "peak": peak}))
