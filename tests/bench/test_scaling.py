"""Paths from a thousand to a million, chunk by chunk; and two workers instead of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import polars as pl
import pytest

from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.chunk_job import ChunkJob
from scenarios.worlds.world_spec import WorldSpec
from sim.ensemble import chunks, run_chunks
from tests.bench.arrival import Arrival
from tests.bench.timing import in_turns
from tests.bench.worlds import covid, run_all
from tests.command import ROOT, output

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LARGE = 65_536  # paths of the run by one and by two workers
LARGEST = 16_384  # `run.chunk`


def simulated(paths, chunk=1_024):
    """CPU seconds and peak KiB of a process that simulates so many paths."""
    job = [sys.executable, "-m", "tests.bench.scale_job", str(paths), str(chunk)]
    return json.loads(output(job))


def least_of(turns, sizes):
    """The quickest process of each size, of several turns: a slow minute of the machine is everybody's."""
    rounds = [{size: simulated(size) for size in sizes} for _ in range(turns)]
    return {size: min((found[size] for found in rounds), key=lambda found: found["seconds"]) for size in sizes}


@pytest.mark.long
def test_a_thousand_to_a_million_paths(board):
    """In chunks of 1,024, which the smallest run fills as well; larger ones take less time a path."""
    found = least_of(3, SIZES[:-1]) | least_of(1, SIZES[-1:])
    each = {size: 1e6 * result["seconds"] / size for size, result in found.items()}
    what = "paths of the covid preset's first 2 days in chunks of 1,024"
    for size, result in found.items():
        board.figure(f"{size:,} {what}, CPU time a path", each[size], "us")
        board.figure(f"{size:,} paths: peak memory", result["peak"] / 1024, "MiB", exact=True)
    mean = sum(each.values()) / len(each)
    linear = max(abs(value / mean - 1) for value in each.values())
    board.figure("time a path, 1,000 to 1,000,000 paths: largest distance from the mean", 100 * linear, "%", at_most=15)
    flat = found[SIZES[-1]]["peak"] / found[10_000]["peak"] - 1
    board.figure("peak memory, 10,000 to 1,000,000 paths: growth", 100 * flat, "%", at_most=10, exact=True)
    large = simulated(SIZES[-1], LARGEST)["seconds"]
    what = f"1,000,000 of them in chunks of {LARGEST:,} (the default), CPU time a path"
    board.figure(what, 1e6 * large / SIZES[-1], "us")


two_cores = pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")


def peaks_job(folder, blueprint):
    scenario = covid()
    return ChunkJob(scenario, {"actual": WorldSpec(feedback=scenario.feedback)}, folder, blueprint, ("peaks",))


@two_cores
def test_start_of_a_second_worker(board, tmp_path):
    blueprint = draw_up(covid())

    def arrival(turn):
        begun = time.time()
        job = Arrival(tmp_path / str(turn), peaks_job(tmp_path, blueprint))
        run_chunks(job, chunks(("actual",), 2, 1), ticks=1, workers=2)
        return float(job.place.read_text().split()[0]) - begun

    first = arrival(time.time_ns())
    (later,) = in_turns(4, lambda _: arrival(time.time_ns()), None)
    said = "a second worker's start, until its first chunk (wall clock)"
    board.figure(f"{said}: its server starts too", first, "s")
    board.figure(f"{said}: in later runs of the session", later, "s", at_most=0.4)


@two_cores
@pytest.mark.long
def test_two_workers(board, tmp_path):
    blueprint = draw_up(covid())

    def wall(workers):
        place = tmp_path / f"{workers}"
        place.mkdir(exist_ok=True)
        begun = time.perf_counter()
        parts = chunks(("actual",), LARGE, covid().run.chunk)
        run_chunks(peaks_job(place, blueprint), parts, ticks=len(blueprint.clock.ticks), workers=workers)
        return time.perf_counter() - begun

    def peaks(workers):
        return pl.scan_parquet(tmp_path / f"{workers}" / "peaks" / "*.parquet").collect()

    run_all(covid(), 16)  # machine code is loaded
    two, one = in_turns(3, wall, 2, 1)
    assert peaks(2).equals(peaks(1))
    what = f"covid run of {LARGE:,} paths by 2 workers, peaks written"
    board.faster(what, "by 1 worker (wall clock)", ours=two, theirs=one, at_least=1.8)


@two_cores
@pytest.mark.long
def test_the_machine_with_two_processes(board):
    """Two runs that share nothing: what memory and clock rate leave of two cores, a bound for two workers."""

    def together(number):
        job = [sys.executable, "-m", "tests.bench.twin_job", "16384"]
        pipe = subprocess.PIPE
        jobs = [subprocess.Popen(job, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) for _ in range(number)]
        for each in jobs:
            assert each.stdout.readline() == "ready\n"
        for each in jobs:
            each.stdin.write("go\n")
            each.stdin.flush()
        return max(float(each.communicate()[0]) for each in jobs)

    both, alone = in_turns(3, together, 2, 1)
    what = "two such runs at once, a process each, nothing shared"
    board.faster(what, "one after the other (wall clock)", ours=both, theirs=2 * alone)
