"""Cells on a cluster: an existing Dask scheduler and its workers run the same code as the processes here.

A worker that dies costs its cells another try elsewhere; Dask gives a cell up after a few such deaths. Results come
back to this process, which alone writes them: workers need no folder in common with it, unless cells' own datasets are
kept.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from scenarios.sweeps.cell_run import FAILED, CellResult, run_cell
from scenarios.sweeps.fingerprint import fingerprint
from scenarios.sweeps.local import Job, Results
from sim.errors import SpiralError, UserError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT = 5.0  # seconds to find the scheduler
PATIENCE = 10.0  # seconds without it before the sweep stops
LOGGERS = ("distributed", "distributed.client", "distributed.core", "tornado.application", "asyncio")
START = "dask scheduler, and on each machine: dask worker ADDRESS --nworkers auto --nthreads 1"


def run_on_cluster(jobs: Sequence[Job], address: str) -> Results:
    """Run the cells on the cluster, results as they finish.

    Raises UserError where Dask is not installed, no scheduler answers, it has no workers, or they have another engine;
    SpiralError where the scheduler is lost on the way.
    """
    client_class = _client_class(address)
    with _quiet():
        client = _connect(client_class, address)
        try:
            _check_engines(client, address)
            name = uuid4().hex[:8]
            running: dict[Future, Job] = {}
            for cell, keep in jobs:
                place = None if keep is None else keep.resolve()
                future = client.submit(run_cell, cell, place, key=f"spiral-{name}-{cell.index}", pure=False)
                running[future] = (cell, keep)
            yield from _results(client, address, running)
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


def _client_class(address: str) -> type[Client]:
    try:
        import distributed
    except ImportError:
        remedy = "pip install 'spiral-crisis[cluster]'"
        raise UserError("a cluster needs Dask", value=address, place="--cluster", remedy=remedy) from None
    found: type[Client] = distributed.Client
    return found


def _connect(client_class: type[Client], address: str) -> Client:
    try:
        return client_class(address, timeout=CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError):
        remedy = f"give its address, e.g. tcp://host:8786, or start one: {START}"
        raise UserError("no scheduler answers there", value=address, place="--cluster", remedy=remedy) from None


def _check_engines(client: Client, address: str) -> None:
    """Every worker must run this very engine, or cells would not be comparable."""
    found: dict[str, Any] = client.run(fingerprint, on_error="return")
    if not found:
        remedy = f"start some: {START}"
        raise UserError("a cluster has workers", value="none", place=f"--cluster {address}", remedy=remedy)
    for worker, engine in found.items():
        if engine != fingerprint():
            value = f"{engine} on {worker}, {fingerprint()} here"
            remedy = "install the same Spiral, with the versions of constraints.txt, on every worker"
            raise UserError("workers run the same engine", value=value, place=f"--cluster {address}", remedy=remedy)


def _results(client: Client, address: str, running: dict[Future, Job]) -> Iterator[CellResult]:
    heard = time.monotonic()
    while running:
        finished = [future for future in running if future.status != "pending"]
        if client.status == "running":
            heard = time.monotonic()
        if time.monotonic() - heard > PATIENCE or any(f.status in ("lost", "cancelled") for f in finished):
            raise _lost(address)
        for future in finished:
            cell, _ = running.pop(future)
            yield future.result() if future.status == "finished" else _failed(cell.index, future)
            future.release()
        if not finished:
            time.sleep(0.05)


def _failed(index: int, future: Future) -> CellResult:
    """A cell whose worker died time and again, or which could not be sent."""
    error = future.exception()
    said = " ".join(f"{type(error).__name__}: {error}".split())
    return CellResult(index, FAILED, fingerprint(), 0.0, said)
