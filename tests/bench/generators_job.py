"""Rows of the bench under both generators of noise, in turns: `python -m tests.bench.generators_job`. CPU seconds."""

from __future__ import annotations

import dataclasses
import time
from functools import partial
from typing import Any, get_args

import numpy as np

from scenarios.scenario import Scenario
from sim.streams import Generator, Streams
from tests.bench import fused, hedging, test_hedging, test_limit
from tests.bench.timing import least
from tests.bench.worlds import covid, run_all

GENERATORS = get_args(Generator)
PATHS, TURNS = 10_000, 3


def by(scenario: Scenario, generator: Generator) -> Scenario:
    """The scenario with noise of that generator."""
    return dataclasses.replace(scenario, run=dataclasses.replace(scenario.run, generator=generator))


def said(what: str, jobs: dict[str, Any], turns: int = TURNS, each: float = 1e-3, unit: str = "ms") -> None:
    """Print the least time of every job."""
    for job in jobs.values():
        job()
    times = dict(zip(jobs, least(turns, *jobs.values()), strict=True))
    print(f"{what}: " + ", ".join(f"{name} {seconds / each:.4g} {unit}" for name, seconds in times.items()), flush=True)


def normals(generator: Generator, rows: int = 200, paths: int = 4096) -> None:
    """So many draws of a stream."""
    noise = Streams(1, 0, paths, generator).stream("a")
    for _ in range(rows):
        noise.normals(2)


def one_path(scenario: Scenario) -> None:
    """A run of one path, events and all."""
    run_all(scenario, 1, tables=())


if __name__ == "__main__":
    begun = time.process_time()
    said("a normal", {g: partial(normals, g) for g in GENERATORS}, 7, 200 * 2 * 4096 * 1e-9, "ns")
    daily = test_hedging.scenario("daily", PATHS)
    jobs: dict[str, Any] = {f"engine, {g}": partial(run_all, by(daily, g), PATHS, tables=()) for g in GENERATORS}
    jobs |= {f"script, {g}": partial(hedging.plain, PATHS, 1, g) for g in GENERATORS}
    (found,) = run_all(by(daily, "philox"), PATHS, test_hedging.pnl, tables=())
    assert np.allclose(found, hedging.plain(PATHS, 1, "philox"), rtol=0, atol=1e-9 * hedging.SPOT)
    said("10,000 paths x 252 re-hedges, daily attribution", jobs, 5)
    plain = covid(clock__tick_minutes=390)
    said("covid, one path, a tick a day", {g: partial(one_path, by(plain, g)) for g in GENERATORS}, 5)
    covered = test_limit.covered()
    jobs = {f"engine, {g}": partial(run_all, by(covered, g), PATHS, tables=()) for g in GENERATORS}
    jobs |= {f"loop, {g}": partial(fused.run, by(covered, g), PATHS, fused.plan(covered)) for g in GENERATORS}
    said("covid, one-factor laws, 10,000 paths, nothing written", jobs, 2)
    print(f"{time.process_time() - begun:.0f} s of CPU")
