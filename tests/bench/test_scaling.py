"""Paths from a thousand to a million, chunk by chunk."""

from __future__ import annotations

import json
import sys

import pytest

from tests.command import output

SIZES = (1_000, 10_000, 100_000, 1_000_000)
LARGEST = 16_384  # `run.chunk`


def simulated(paths, chunk=1_024):
    """CPU seconds and peak KiB of a process that simulates so many paths."""
    job = [sys.executable, "-m", "tests.bench.scale_job", str(paths), str(chunk)]
    return json.loads(output(job))


def least_of(turns, sizes):
    """The quickest process of each size, of several turns: a slow minute of the machine is everybody's."""
    rounds = [{size: simulated(size) for size in sizes} for _ in range(turns)]
    return {size: min((found[size] for found in rounds), key=lambda found: found["seconds"]) for size in sizes}


@pytest.mark.portable
@pytest.mark.long
def test_a_thousand_to_a_million_paths(board):
    """In chunks of 1,024, which the smallest run fills as well; larger ones take less time a path."""
    found = least_of(2, SIZES[:-1]) | least_of(1, SIZES[-1:])
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
