"""Cells on this machine's cores, one process each; a process that dies costs its cell another try, not the sweep."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.sweeps.cell_run import FAILED, CellResult, run_cell
from scenarios.sweeps.cells import Cell
from scenarios.sweeps.fingerprint import fingerprint
from sim.ensemble import begin_worker, end_pool, main_left_alone

Job = tuple[Cell, Path | None]  # a cell, and the folder for its own dataset
Work = Callable[[float], None]  # is told how many cells, and shares of cells, are done since the last call

# What the cells of all workers have done, in cells; shared with the parent, and set when a worker starts.
_done: Any = None


def run_local(jobs: Sequence[Job], workers: int | None = None, work: Work | None = None) -> Iterator[CellResult]:
    """Run the cells on `workers` processes (default: one a core), or here where that is one; results as they finish.

    A cell that was running when a process died runs again, alone; if its process dies again it has failed.
    """
    count = min(workers or os.cpu_count() or 1, len(jobs))
    if count <= 1:
        for cell, keep in jobs:
            yield run_cell(cell, keep, _since(work))
        return
    suspects: list[Job] = []
    yield from _pooled(deque(jobs), count, work, suspects)
    for job in suspects:
        again: list[Job] = []
        yield from _pooled(deque([job]), 1, work, again)
        if again:
            said = "its worker process died twice (killed, or out of memory); try fewer paths or a smaller run.chunk"
            yield CellResult(job[0].index, FAILED, fingerprint(), 0.0, said)


def _pooled(jobs: deque[Job], count: int, work: Work | None, suspects: list[Job]) -> Iterator[CellResult]:
    """Results of the jobs; those that ran in a process beside one that died are left in `suspects`."""
    while jobs:
        counter = multiprocessing.get_context("spawn").Value("d", 0.0)
        pool = ProcessPoolExecutor(
            count, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(counter,)
        )
        running: dict[Future[CellResult], Job] = {}
        told = 0.0
        try:
            while jobs or running:
                while (
                    jobs and len(running) < count
                ):  # no more than are running: who is in here when one dies is suspect
                    job = jobs.popleft()
                    with main_left_alone(pickle.dumps(job)):
                        running[pool.submit(_work, *job)] = job
                finished, _ = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
                if work is not None:
                    now = counter.value
                    work(now - told)
                    told = now
                for future in finished:
                    result = future.result()
                    del running[future]
                    yield result
            pool.shutdown()
        except BrokenProcessPool:
            suspects += running.values()
            end_pool(pool)
            if work is not None:
                work(-(counter.value % 1))
        except BaseException:
            end_pool(pool)
            raise


def _begin(counter: Any) -> None:
    global _done
    _done = counter
    begin_worker()


def _work(cell: Cell, keep: Path | None) -> CellResult:
    return run_cell(cell, keep, _since(_add))


def _add(share: float) -> None:
    with _done.get_lock():
        _done.value += share


def _since(tell: Work | None) -> Work | None:
    """From the share of a cell that is done, to what was done since the last call."""
    return None if tell is None else partial(_step, tell, [0.0])


def _step(tell: Work, before: list[float], share: float) -> None:
    tell(share - before[0])
    before[0] = share
