"""What 60 listed options cost the covid run: that nobody trades, and that the desk hedges in, two of them."""

from __future__ import annotations

import sys

import pytest

from tests.bench.listed_job import listed
from tests.bench.timing import least
from tests.bench.worlds import run_all
from tests.command import output

FEW = 1_000
SIZES = (32_768, 131_072)  # paths: two chunks, and eight


def against_without(board, case, told, paths):
    with_them, without = listed(case), listed("none")
    for scenario in (with_them, without):
        run_all(scenario, 16)  # compiled
    turns = 2 if paths > FEW else 3  # long ones are 2 % apart
    ours, theirs = least(turns, lambda: run_all(with_them, paths), lambda: run_all(without, paths))
    what = f"covid run, {paths:,} paths, with 60 listed options that {told}"
    board.within(what, "the same without them", ours=ours, theirs=theirs, at_most=2)


def test_options_that_nobody_trades(board, paths):
    for number in (FEW, paths):
        against_without(board, "idle", "one maker quotes and nobody trades", number)


def test_options_that_a_desk_hedges_in(board, paths):
    against_without(board, "hedged", "one maker quotes; the desk hedges in two of them at every tick", paths)


@pytest.mark.longest
@pytest.mark.portable
def test_memory_does_not_grow_with_paths(board):
    for case in ("idle", "hedged"):
        job = [sys.executable, "-m", "tests.bench.listed_job"]
        few, many = (int(output([*job, str(paths), case])) for paths in SIZES)
        what = f"peak memory of it ({case}), {SIZES[0]:,} to {SIZES[1]:,} paths: growth"
        board.figure(what, 100 * (many / few - 1), "%", at_most=10, exact=True)
