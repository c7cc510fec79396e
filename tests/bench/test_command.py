"""The whole command, from typing it to its report, against an earlier revision of Spiral that had two worlds."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.command import ROOT, covid_run
from tests.same.__main__ import checkout

BEFORE = "69da18f"  # actual world and twin, tables, report
TURNS = 3
MOST = 1.3  # times its CPU time, whatever worlds and tables there are now (1,000 paths; more are stated)


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """The packages of the earlier revision."""
    known = subprocess.run(
        ["git", "cat-file", "-e", f"{BEFORE}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode:
        pytest.skip(f"needs the repository with {BEFORE}")
    return checkout(BEFORE, tmp_path_factory.mktemp("before"))


def cpu(command, house):
    """CPU seconds, user and system, of a command and its workers, run with the packages of `house`."""
    environment = os.environ | {"PYTHONPATH": str(house)}
    running = subprocess.Popen(command, cwd=house, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, " ".join(command)
    return used.ru_utime + used.ru_stime


@pytest.mark.skipif(sys.platform == "win32", reason="needs wait4")
@pytest.mark.parametrize("many", [False, True])
def test_the_whole_command(board, before, paths, tmp_path, many):
    number = paths if many else paths // 10
    houses = {"now": ROOT, "before": before}
    rounds = [
        {side: cpu(covid_run(number, tmp_path / side), house) for side, house in houses.items()}
        for _ in range(TURNS + 1)
    ][1:]  # the first compiles
    ours, theirs = (min(turn[side] for turn in rounds) for side in houses)
    what = f"spiral run covid_crash_2020 --paths {number:,}, all worlds, tables, report, summary; workers included"
    board.within(
        what, f"the same as of {BEFORE}: actual and twin", ours=ours, theirs=theirs, at_most=None if many else MOST
    )
