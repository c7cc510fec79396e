"""How long a run takes, beside the same engine with one environment per path. `make bench` prints the figures."""

from __future__ import annotations

import time

from scenarios.build import make_clock, make_world
from scenarios.loading import load
from sim.ensemble import Chunk
from tests.command import ROOT, covid_run
from tests.memory import peak_memory


def seconds(paths: int, first: int = 0) -> float:
    scenario = load("covid_crash_2020", {"run.witnesses": 0})
    world = make_world(scenario, Chunk("actual", first, paths), scenario.feedback, make_clock(scenario))
    begun = time.perf_counter()
    world.run()
    return time.perf_counter() - begun


def test_one_environment_for_all_paths_against_one_each():
    """Covid preset, one thread: 1,024 paths on one SimPy environment; 5 paths on one each, scaled up."""
    seconds(1)  # compiled and cached
    together = seconds(1024)
    apart = sum(seconds(1, first) for first in range(5)) / 5 * 1024
    print(f"\n1,024 paths together {together:.2f} s, apart {apart:.0f} s (extrapolated): {apart / together:.0f}x")
    assert apart > 50 * together


def test_warm_run_with_twin_and_report(tmp_path):
    """`spiral run covid_crash_2020 --paths 2000`, as typed."""
    command = covid_run(2000, tmp_path / "run")
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        peak = peak_memory(command, ROOT)
        times.append(time.perf_counter() - begun)
    print(f"\n2,000 paths, twin, report: {times[-1]:.1f} s, peak {peak / 2**20:.0f} MiB")
    assert times[-1] < 60
