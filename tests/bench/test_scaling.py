"""Paths from a thousand to a million, chunk by chunk; and two workers instead of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import polars as pl
import pytest

from scenarios.build import run
from tests.bench.worlds import covid
from tests.command import ROOT

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LARGE = 32_768  # paths of the run by one and by two workers


def simulated(paths):
    """CPU seconds and peak KiB of a process that simulates so many paths."""
    job = [sys.executable, "-m", "tests.bench.scale_job", str(paths)]
    return json.loads(subprocess.run(job, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def test_a_thousand_to_a_million_paths(board):
    found = {size: simulated(size) for size in SIZES}
    each = {size: 1e6 * result["seconds"] / size for size, result in found.items()}
    for size, result in found.items():
        board.figure(f"{size:,} paths of the covid preset's first 2 days, CPU time a path", each[size], "us")
        board.figure(f"{size:,} paths: peak memory", result["peak"] / 1024, "MiB")
    mean = sum(each.values()) / len(each)
    linear = max(abs(value / mean - 1) for value in each.values())
    board.figure("time a path, 1,000 to 1,000,000 paths: largest distance from the mean", 100 * linear, "%", at_most=15)
    flat = found[SIZES[-1]]["peak"] / found[10_000]["peak"] - 1
    board.figure("peak memory, 10,000 to 1,000,000 paths: growth", 100 * flat, "%", at_most=10)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_two_workers(board, tmp_path):
    def wall(workers):
        begun = time.perf_counter()
        found = run(covid(), paths=LARGE, workers=workers, twin="none", out=tmp_path / f"{workers}")
        return time.perf_counter() - begun, found

    run(covid(), paths=64, workers=1, twin="none", out=tmp_path / "warm")
    (two, split), (one, whole) = wall(2), wall(1)
    last = [
        r.marks.filter(pl.col("time") == pl.col("time").max()).sort("agent", "path").collect() for r in (split, whole)
    ]
    assert last[0].equals(last[1])
    board.faster(
        f"covid run of {LARGE:,} paths by 2 workers, written to disk",
        "by 1 worker (wall clock)",
        ours=two,
        theirs=one,
        at_least=1.8,
    )
