"""Two workers of one run: how soon the second starts, and what both reach, against processes that share nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean

import polars as pl
import pytest

from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.workers import prepare_workers
from sim.cores import cores
from sim.ensemble import chunks, run_chunks
from tests.bench.arrival import Arrival
from tests.bench.part_job import noted, peaks_job
from tests.bench.timing import in_turns, least, of_turns
from tests.bench.worlds import bare_simpy, covid
from tests.command import ROOT

TURNS, ALONE, PART = 5, 2, 4  # one alone does one chunk in so many
EVENTS = 200_000  # of SimPy alone
pytestmark = [
    pytest.mark.portable,
    pytest.mark.skipif(cores() < 2, reason="needs two cores"),
]


@pytest.fixture(scope="module")
def large(request):
    """Paths of the run that two processes share."""
    return request.config.getoption("--bench-worker-paths")


def test_start_of_a_second_worker(board, tmp_path):
    prepare_workers(2)  # as every run does before it reads its scenario
    blueprint = draw_up(covid())

    def arrival(turn):
        """Seconds until its first chunk: by the clock, and of CPU."""
        begun = time.time()
        job = Arrival(tmp_path / str(turn), peaks_job(tmp_path, blueprint))
        run_chunks(job, chunks(("actual",), 2, 1), ticks=1, workers=2)
        at, cpu = map(float, job.place.read_text().split())
        return at - begun, cpu

    first, _ = arrival("first")
    later = [arrival(turn) for turn in range(4)]
    said = "a second worker's start, until its first chunk"
    board.figure(f"{said} (wall clock): its server starts too", first, "s")
    board.figure(f"{said} (wall clock): in later runs", of_turns([at for at, _ in later]), "s", at_most=0.4)
    board.figure(f"{said}: CPU time of the worker", of_turns([cpu for _, cpu in later]), "s", at_most=0.4)


class Together:
    """Processes that simulate one run of the covid preset together, each some of its chunks."""

    def __init__(self, folder: Path, paths: int) -> None:
        self.folder, self.paths, self.turn, self.each = folder, paths, 0, defaultdict(list)

    def __call__(self, side: str) -> float:
        """Seconds by the clock from the word to go until the last has ended."""
        self.turn += 1
        place = self.folder / f"{self.turn}-{side}"
        place.mkdir()
        shares = {"workers": [(0, 1, 2)], "apart": [(0, 2, 1), (1, 2, 1)], "alone": [(0, PART, 1)]}[side]
        command = [sys.executable, "-m", "tests.bench.part_job", str(self.paths), str(place)]
        pipe = subprocess.PIPE
        jobs = [
            subprocess.Popen([*command, *map(str, share)], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
            for share in shares
        ]
        for each in jobs:
            assert each.stdout.readline() == "ready\n"
        for each in jobs:
            each.stdin.write("go\n")
            each.stdin.flush()
        self.each[side].append(noted_of(place, jobs))
        return self.each[side][-1]["wall"]

    def figure(self, side: str, name: str):
        """A figure of each turn."""
        return of_turns([found[name] for found in self.each[side]])

    def peaks(self, side: str) -> pl.DataFrame:
        """What the first turn wrote."""
        place = next(iter(sorted(self.folder.glob(f"*-{side}"))))
        return pl.scan_parquet(place / "peaks" / "*.parquet").sort("path").collect()


def noted_of(place, jobs) -> dict[str, float]:
    """Seconds by the clock; CPU seconds a chunk after each process's first one; how long the first to end was idle."""
    wall = max(float(each.communicate()[0]) for each in jobs)
    by_process = defaultdict(list)
    for note in noted(place):
        by_process[note["process"]].append(note)
    later = [note["cpu"] for notes in by_process.values() for note in notes[1:]]
    ends = [notes[-1]["end"] for notes in by_process.values()]
    return {"wall": wall, "chunk": mean(later) if later else float("nan"), "idle": max(ends) - min(ends)}


def decisions_against_simpy(board, paths, two):
    """SimPy can use one core of the machine, the engine both: decisions by the clock against its events."""
    scenario = covid()
    (bare,) = least(TURNS, lambda: bare_simpy(EVENTS))
    decisions = len(scenario.agents) * paths * len(draw_up(scenario).clock.ticks)
    what = f"agent decisions a second (wall clock), covid run of {paths:,} paths by 2 workers, peaks written"
    goal = {"at_least": 25, "goal": "at least 25x", "unit": "1/s"}
    opponent = "bare SimPy loop of timeouts, events a second"
    board.rate(what, opponent, ours=decisions / two, theirs=EVENTS / bare, **goal)


@pytest.mark.long
def test_two_workers(board, tmp_path, large):
    """The same chunks by two workers of one run, by two unrelated processes, and some of them by one alone."""
    sides = Together(tmp_path, large)
    two, apart = in_turns(TURNS, sides, "workers", "apart")
    (alone,) = in_turns(ALONE, sides, "alone")
    assert sides.peaks("workers").equals(sides.peaks("apart"))
    what = f"covid run of {large:,} paths by 2 workers, peaks written (wall clock)"
    board.faster(what, "two unrelated processes, half of it each", ours=two, theirs=apart, at_least=0.97)
    board.faster(what, "1 worker (from a quarter by one alone)", ours=two, theirs=PART * alone, at_least=1.8)
    both = "two such processes at once, nothing shared (wall clock)"
    board.faster(both, "one after the other", ours=apart, theirs=PART * alone)
    decisions_against_simpy(board, large, two)
    chunk, bare = sides.figure("workers", "chunk"), sides.figure("alone", "chunk")
    board.within("CPU time a chunk after a worker's first, 2 workers", "one process alone", ours=chunk, theirs=bare)
    board.figure("at the end of such a run: the first worker to end waits", sides.figure("workers", "idle"), "s")
