"""Cells on a cluster: an existing Dask scheduler and its workers run the same code as the processes here.

A worker that dies costs its cells another try elsewhere; Dask gives a cell up after a few such deaths. Workers with
another engine get no cells, whenever they join. Results come back to this process, which alone writes them: workers
need no folder in common with it, unless cells' own datasets are kept.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from scenarios.studies.sweeps.cell_run import FAILED, CellResult, run_cell
from scenarios.studies.sweeps.cluster_workers import Tell, Workers, to_stderr
from scenarios.studies.sweeps.fingerprint import fingerprint, fingerprint_now
from scenarios.studies.sweeps.local import Job, Results
from sim.errors import SpiralError, UserError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT = 5.0  # seconds to find the scheduler
PATIENCE = 10.0  # seconds without it before the sweep stops
AHEAD = 2  # cells on their way for each thread of the workers
LOGGERS = ("distributed", "distributed.client", "distributed.core", "tornado.application", "asyncio")
START = "dask scheduler, and on each machine: dask worker ADDRESS --nworkers auto --nthreads 1"


def run_on_cluster(jobs: Sequence[Job], address: str, tell: Tell = to_stderr) -> Results:
    """Run the cells on the cluster, results as they finish. `tell` is told, in a line, of workers that get none.

    `check_scheduler` comes first. Raises UserError if it has no workers, or none has this engine; SpiralError if
    the scheduler is lost on the way.
    """
    from distributed import Client

    with _quiet():
        client = Client(address, timeout=CONNECT, set_as_default=False)
        try:
            workers = Workers(client, tell)
            workers.check_all(address, START)
            yield from _Running(client, workers, jobs, address).results()
        except OSError:  # Dask's errors of communication are such
            raise _lost(address) from None
        finally:
            client.close(timeout=2)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Dask's own log of a connection that is lost: what happened is said in one line.

    Where it is lost they stay quiet: Dask's thread goes on looking for the scheduler for a while.
    """
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def _lost(address: str) -> SpiralError:
    return SpiralError(f"the scheduler at {address} was lost; finished cells are kept, the same command goes on")


def check_scheduler(address: str) -> None:
    """Whether a scheduler answers, before a client is made: one that finds none leaves a thread behind that complains.

    Certificates for a tls:// address are those of Dask's own configuration. Raises UserError.
    """
    try:
        from distributed.comm import connect
        from distributed.security import Security
    except ImportError:
        remedy = "pip install 'spiral-crisis[cluster]'"
        raise UserError("a cluster needs Dask", value=address, place="--cluster", remedy=remedy) from None

    async def answers() -> None:
        options = Security().get_connection_args("client")
        comm = await asyncio.wait_for(connect(address, timeout=CONNECT, **options), 2 * CONNECT)
        await comm.close()

    try:
        with _quiet(), ThreadPoolExecutor(1) as thread:  # a notebook's own thread has a loop that runs already
            thread.submit(lambda: asyncio.run(answers())).result()
    except (TimeoutError, OSError, ValueError, TypeError, RuntimeError) as error:
        remedy = f"give its address, e.g. tcp://host:8786, or start one: {START}"
        if address.startswith("tls:"):
            why = " ".join(str(error).split())
            remedy = f"its certificates are named in Dask's configuration, distributed.comm.tls ({why})"
        raise UserError("no scheduler answers there", value=address, place="--cluster", remedy=remedy) from None


class _Running:
    """Cells under way on the workers that run this engine."""

    def __init__(self, client: Client, workers: Workers, jobs: Sequence[Job], address: str) -> None:
        self._client, self._workers, self._jobs, self._address = client, workers, jobs, address
        self._waiting = list(range(len(jobs) - 1, -1, -1))  # numbers of jobs, the next one last
        self._under_way: dict[Future, tuple[int, frozenset[str]]] = {}  # number, and the workers that may run it
        self._name = uuid4().hex[:8]
        self._tries = 0

    def results(self) -> Results:
        """Results as cells finish."""
        heard = time.monotonic()
        while self._waiting or self._under_way:
            if self._client.status == "running":
                heard = time.monotonic()
                if self._workers.look():
                    self._call_back()
            self._submit()
            finished = [future for future in self._under_way if future.status != "pending"]
            if time.monotonic() - heard > PATIENCE or any(f.status in ("lost", "cancelled") for f in finished):
                raise _lost(self._address)
            for future in finished:
                result = self._taken(future)
                if result is not None:
                    yield result
            if not finished:
                time.sleep(0.05)

    def _submit(self) -> None:
        """Send cells to the workers that run this engine, a few more than they have threads."""
        good = frozenset(self._workers.good)
        while good and self._waiting and len(self._under_way) < max(AHEAD * self._workers.threads, 1):
            number = self._waiting.pop()
            cell, keep = self._jobs[number]
            place = None if keep is None else keep.resolve()
            self._tries += 1
            key = f"spiral-{self._name}-{cell.index}-{self._tries}"
            future = self._client.submit(run_cell, cell, place, key=key, pure=False, workers=sorted(good))
            self._under_way[future] = number, good

    def _call_back(self) -> None:
        """Take back the cells that no worker which is still there may run."""
        for future, (number, allowed) in list(self._under_way.items()):
            if not allowed & self._workers.good and future.status == "pending":
                del self._under_way[future]
                future.cancel()
                self._waiting.append(number)

    def _taken(self, future: Future) -> CellResult | None:
        """The result of a cell; None if it runs again, as another engine made it."""
        number, _ = self._under_way.pop(future)
        result = future.result() if future.status == "finished" else None
        if result is not None and result.engine != fingerprint() and fingerprint_now() == fingerprint():
            for worker in self._client.who_has([future]).get(future.key, ()):
                self._workers.refuse(worker, result.engine)
            future.release()
            self._waiting.append(number)
            return None
        if result is None:
            result = _failed(self._jobs[number][0].index, future)
        future.release()
        return result


def _failed(index: int, future: Future) -> CellResult:
    """The result for a cell whose worker died repeatedly, or which could not be sent."""
    error = future.exception()
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return CellResult(index, FAILED, fingerprint(), 0.0, said)
