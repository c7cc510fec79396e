"""From nothing: imports, `spiral list`, the first run with an empty cache of machine code, and the second."""

from __future__ import annotations

import json
import sys
import time

from tests.command import covid_run, output

PATHS = 1_000


def wall(command, **environment):
    """Seconds and standard output of a command in a process of its own."""
    begun = time.perf_counter()
    printed = output(command, **environment)
    return time.perf_counter() - begun, printed


def least(command):
    return min(wall(command)[0] for _ in range(5))


def test_imports_and_list(board):
    python = [sys.executable]
    board.figure("import scenarios", least([*python, "-c", "import scenarios"]), "s", at_most=0.4)
    board.figure("spiral list", least([*python, "-m", "scenarios", "list"]), "s", at_most=0.5)


def test_first_and_second_run(board, tmp_path):
    command = covid_run(PATHS, tmp_path / "run")
    first, _ = wall(command, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    second, _ = wall(command, NUMBA_CACHE_DIR=str(tmp_path / "cache"))
    what = f"spiral run covid_crash_2020 --paths {PATHS:,}, twin and report"
    board.figure(f"{what}: first, empty JIT cache", first, "s", at_most=30)
    board.figure(f"{what}: second", second, "s")


def test_the_second_run_compiles_nothing(board, tmp_path):
    job = [sys.executable, "-m", "tests.bench.first_job", str(tmp_path / "run"), "16"]
    counts = [json.loads(wall(job, NUMBA_CACHE_DIR=str(tmp_path / "cache"))[1]) for _ in range(2)]
    assert counts[0]["compiled"] > 0
    assert counts[1]["loaded"] > 0
    board.figure("kernels compiled by the second run", counts[1]["compiled"], "", at_most=0)
    assert counts[1]["compiled"] == 0
