"""The whole command, from typing it to its report: against the engine alone, and against earlier revisions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from tests.bench.timing import in_turns
from tests.command import ROOT, covid_run, output
from tests.same.__main__ import checkout

FIRST = "69da18f"  # had two worlds: actual and twin; tables, report
WHOLE = "57b466d"  # wrote every row of `marks`, and loaded numba and SciPy whatever was asked
SIZES = (10_000, 100_000, 1_000_000)
MOST = 1.3  # times the CPU time of FIRST, whatever worlds and tables there are now (1,000 paths)
ENGINE = "from scenarios import run; run('covid_crash_2020', paths={paths}, workers={workers}, tables=(), out={out!r})"

pytestmark = [
    pytest.mark.long,
    pytest.mark.portable,
    pytest.mark.skipif(sys.platform == "win32", reason="needs wait4"),
]


@pytest.fixture(scope="module")
def house_of(tmp_path_factory):
    """The packages of an earlier revision, by its name."""

    def made(revision):
        known = subprocess.run(["git", "cat-file", "-e", f"{revision}^{{commit}}"], cwd=ROOT, capture_output=True)
        if known.returncode:
            pytest.skip(f"needs the repository with {revision}")
        return checkout(revision, tmp_path_factory.mktemp(revision))

    return made


def cpu(command, house=ROOT):
    """CPU seconds, user and system, of a command and its workers, run with the packages of `house`."""
    kept = str(ROOT / ".cache" / "bench-code")  # an earlier revision compiles once, not once a benchmark
    environment = os.environ | {"PYTHONPATH": str(house), "NUMBA_CACHE_DIR": kept}
    running = subprocess.Popen(command, cwd=house, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, " ".join(command)
    return used.ru_utime + used.ru_stime


def against(house, paths, turns, place):
    """CPU seconds of the whole command now and with the packages of `house`, in turns."""
    houses = {"now": ROOT, "before": house}

    def spent(side):
        return cpu(covid_run(paths, place / side), houses[side])

    for side in houses:
        cpu(covid_run(64, place / side), houses[side])  # compiled
    return in_turns(turns, spent, *houses)


def said(paths):
    return f"spiral run covid_crash_2020 --paths {paths:,}, all worlds, tables, report, summary; workers included"


@pytest.mark.longest
def test_against_the_first(board, house_of, paths, tmp_path):
    few = paths // 10
    now, before = against(house_of(FIRST), few, 3, tmp_path)
    opponent = f"the same as of {FIRST}: actual and twin"
    board.within(said(few), opponent, ours=now, theirs=before, at_most=MOST)


def bytes_of(folder, *tables):
    files = json.loads((folder / "manifest.json").read_text())["files"]
    return sum(entry["size"] for name, entry in files.items() if name.partition("/")[0] in tables)


@pytest.mark.longest
def test_against_every_row_of_marks(board, house_of, paths, tmp_path):
    now, before = against(house_of(WHOLE), paths, 2, tmp_path)
    board.within(said(paths), f"the same as of {WHOLE}: every row of marks", ours=now, theirs=before)
    share = bytes_of(tmp_path / "now", "marks", "desks") / bytes_of(tmp_path / "before", "marks")
    board.figure("bytes of marks and desks over those of all rows", 100 * share, "%", at_most=100 / 3, exact=True)


@pytest.mark.parametrize("workers", [1, 2])
def test_against_the_engine_alone(board, paths, tmp_path, workers):
    """By the clock: tables may be written beside the next chunk, and what follows the workers is one process's."""

    def jobs_of(number):
        return {
            "whole": [*covid_run(number, tmp_path / "whole"), "--workers", str(workers)],
            "engine": [
                sys.executable,
                "-c",
                ENGINE.format(paths=number, workers=workers, out=str(tmp_path / "engine")),
            ],
        }

    for job in jobs_of(64).values():
        cpu(job)  # compiled
    jobs = jobs_of(paths)
    whole, engine = in_turns(1 + workers, lambda side: wall(jobs[side]), *jobs)  # by one they are 2 % apart
    by = "1 worker" if workers == 1 else f"{workers} workers"
    what = f"spiral run covid_crash_2020 --paths {paths:,} by {by} (wall clock): all worlds, tables, report, summary"
    board.within(
        what, "the engine alone: the same worlds, no tables, no report", ours=whole, theirs=engine, at_most=1.6
    )


def wall(command):
    """Seconds by the clock."""
    begun = time.perf_counter()
    cpu(command)
    return time.perf_counter() - begun


def test_the_report(board, paths, tmp_path):
    """CPU seconds of `spiral report`, whatever the number of paths."""
    report = {}
    for number in (paths // 4, paths):
        out = tmp_path / str(number)
        cpu([*covid_run(number, out), "--no-report", "--quiet"])
        report[number] = [sys.executable, "-m", "scenarios", "report", str(out)]
        cpu(report[number])
    for number, spent in zip(report, in_turns(3, lambda number: cpu(report[number]), *report), strict=True):
        board.figure(f"spiral report of {number:,} paths: imports, summary, page", spent, "s", at_most=2)


@pytest.mark.longest
def test_memory_with_a_report(board):
    """Two days of the covid preset, all tables and the report, in one process."""
    found = {size: json.loads(output([sys.executable, "-m", "tests.bench.report_job", str(size)])) for size in SIZES}
    what = "paths of the covid preset's first 2 days, three worlds, all tables"
    for size, measured in found.items():
        board.figure(f"{size:,} {what}: run", measured["run"], "s")
        board.figure(f"{size:,} of them: report", measured["report"], "s")
        board.figure(f"{size:,} of them: peak memory, report included", measured["peak"] / 1024, "MiB", exact=True)
    flat = found[SIZES[-1]]["peak"] / found[SIZES[0]]["peak"] - 1
    said = f"peak memory with a report, {SIZES[0]:,} to {SIZES[-1]:,} paths: growth"
    board.figure(said, 100 * flat, "%", at_most=10, exact=True)
