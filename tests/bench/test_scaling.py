"""Paths from a thousand to a million, chunk by chunk; and two workers instead of one."""

from __future__ import annotations

import json
import os
import sys
import time

import polars as pl
import pytest

from scenarios.build import ChunkJob, make_clock
from sim.ensemble import chunks, run_chunks
from tests.bench.worlds import covid
from tests.command import output

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LARGE = 131_072  # paths of the run by one and by two workers


def simulated(paths, chunk=1_024):
    """CPU seconds and peak KiB of a process that simulates so many paths."""
    job = [sys.executable, "-m", "tests.bench.scale_job", str(paths), str(chunk)]
    return json.loads(output(job))


def test_a_thousand_to_a_million_paths(board):
    """In chunks of 1,024, which the smallest run fills as well; larger ones take less time a path."""
    found = {size: simulated(size) for size in SIZES}
    each = {size: 1e6 * result["seconds"] / size for size, result in found.items()}
    what = "paths of the covid preset's first 2 days in chunks of 1,024"
    for size, result in found.items():
        board.figure(f"{size:,} {what}, CPU time a path", each[size], "us")
        board.figure(f"{size:,} paths: peak memory", result["peak"] / 1024, "MiB")
    mean = sum(each.values()) / len(each)
    linear = max(abs(value / mean - 1) for value in each.values())
    board.figure("time a path, 1,000 to 1,000,000 paths: largest distance from the mean", 100 * linear, "%", at_most=15)
    flat = found[SIZES[-1]]["peak"] / found[10_000]["peak"] - 1
    board.figure("peak memory, 10,000 to 1,000,000 paths: growth", 100 * flat, "%", at_most=10)
    large = simulated(SIZES[-1], 4_096)["seconds"]
    board.figure("1,000,000 of them in chunks of 4,096 (the default), CPU time a path", 1e6 * large / SIZES[-1], "us")


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_two_workers(board, tmp_path):
    scenario = covid()
    clock = make_clock(scenario)
    parts = chunks(("actual",), LARGE, scenario.run.chunk)

    def wall(workers):
        job = ChunkJob(scenario, {"actual": scenario.feedback}, tmp_path / f"{workers}", ("peaks",), clock)
        begun = time.perf_counter()
        run_chunks(job, parts, ticks=len(clock.ticks), workers=workers)
        return time.perf_counter() - begun, pl.scan_parquet(tmp_path / f"{workers}" / "peaks" / "*.parquet")

    (two, split), (one, whole) = wall(2), wall(1)
    assert split.collect().equals(whole.collect())
    what = f"covid run of {LARGE:,} paths by 2 workers, peaks written"
    board.faster(what, "by 1 worker (wall clock)", ours=two, theirs=one, at_least=1.8)
