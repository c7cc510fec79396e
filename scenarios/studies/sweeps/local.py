"""Cells on this machine's cores, one process each; a process that dies costs its cell another try, not the sweep."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.studies.sweeps.cell_run import FAILED, CellResult, run_cell
from scenarios.studies.sweeps.cells import Cell
from scenarios.studies.sweeps.fingerprint import fingerprint
from scenarios.worlds.first_kernels import ensure_compiled
from scenarios.worlds.workers import prepare_workers
from sim import processes
from sim.cores import worker_count
from sim.ensemble import begin_worker, end_pool, main_left_alone
from sim.errors import SpiralError
from sim.main_module import pickled_for_workers

Job = tuple[Cell, Path | None]  # a cell, and the folder for its own dataset
Work = Callable[[float], None]  # called with the work done, in cells
TRIES = 3  # pools of workers
Results = Generator[CellResult, None, None]  # as cells finish; closed, it ends the workers

# The share that is done of each job, in memory that all workers and the parent see. Every job has a place of its own,
# so that no lock is needed, which a killed worker might hold.
_shares: Any = None


def run_local(jobs: Sequence[Job], workers: int | None = None, work: Work | None = None) -> Results:
    """Run the cells on `workers` processes (default: one a core), or here where that is one; results as they finish.

    A cell that was running when a process died runs again, alone; if its process dies again it has failed. So a single
    cell has a process of its own too, unless one worker was asked for: it may be the deadly one that is left.
    """
    asked = worker_count(workers)
    count = min(asked, len(jobs))
    if asked == 1 or not jobs or not all(_sendable(jobs)):
        for done, (cell, keep) in enumerate(jobs):
            yield run_cell(cell, keep, None if work is None else partial(_tell, work, done))
        return
    prepare_workers(asked)
    ensure_compiled()
    shares = processes.context().RawArray("d", len(jobs))
    suspects: list[int] = []
    pools = _Pools(jobs, shares, work)
    yield from pools.run(deque(range(len(jobs))), count, suspects)
    for number in suspects:
        again: list[int] = []
        yield from pools.run(deque([number]), 1, again)
        if again:
            said = (
                "its worker process died twice (killed, out of memory, or ended by its own code); "
                "try fewer paths or a smaller run.chunk"
            )
            yield CellResult(jobs[number][0].index, FAILED, fingerprint(), 0.0, said)


@dataclass(frozen=True)
class _Pools:
    """Pools of workers for some of the jobs, one after the other as long as their processes die."""

    jobs: Sequence[Job]
    shares: Any
    work: Work | None
    finished: set[int] = field(default_factory=set)  # numbers of jobs

    def run(self, waiting: deque[int], count: int, suspects: list[int]) -> Results:
        """Results of the jobs; those that were running when a process died are left in `suspects`."""
        in_vain = 0  # pools that died one after the other without a job of theirs running
        while waiting:
            begun_with = (processes.environment(), self.shares)
            context = processes.context()
            pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin, initargs=begun_with)
            running: dict[Future[CellResult], int] = {}
            try:
                while waiting or running:
                    # no cell waits in the pool's own queue: when a process dies, every cell in the queue is suspect
                    while waiting and len(running) < count:
                        running[self._submit(pool, waiting[0])] = waiting[0]
                        waiting.popleft()  # only now: a pool that is broken takes none
                    finished, _ = wait(running, timeout=0.1, return_when=FIRST_COMPLETED)
                    if self.work is not None:
                        self.work(len(self.finished) + sum(self.shares[number] for number in running.values()))
                    for future in finished:
                        result = future.result()
                        self.finished.add(running.pop(future))
                        yield result
                pool.shutdown()
            except BrokenProcessPool:
                suspects += running.values()
                end_pool(pool)
                in_vain = 0 if running else in_vain + 1
                if in_vain == TRIES:
                    raise SpiralError("worker processes cannot be started (killed, or out of memory)") from None
            except BaseException:
                end_pool(pool)
                raise

    def _submit(self, pool: ProcessPoolExecutor, number: int) -> Future[CellResult]:
        job = self.jobs[number]
        self.shares[number] = 0.0
        with main_left_alone(pickle.dumps(job)):
            return pool.submit(_run, number, *job)


def _sendable(jobs: Sequence[Job]) -> Iterator[bool]:
    """Whether other processes can read the jobs. Jobs with the same classes as one before are taken for as good."""
    seen = set()
    for cell, keep in jobs:
        agents = cell.scenario.agents
        classes = tuple(type(each) for agent in agents for each in (agent, getattr(agent, "policy", None)))
        if classes not in seen:
            seen.add(classes)
            yield pickled_for_workers((cell, keep)) is not None


def _begin(environment: dict[str, str], shares: Any) -> None:
    global _shares
    _shares = shares
    begin_worker(environment)


def _run(number: int, cell: Cell, keep: Path | None) -> CellResult:
    return run_cell(cell, keep, partial(_note, number))


def _note(number: int, share: float) -> None:
    _shares[number] = share


def _tell(work: Work, done: int, share: float) -> None:
    work(done + share)
