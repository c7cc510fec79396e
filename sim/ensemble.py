"""Ensemble runs: chunks of paths over worker processes, whatever the number of either."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.errors import SpiralError

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Chunk:
    """Paths [first, first + paths) of one world."""

    world: str
    first: int
    paths: int


def chunks(worlds: tuple[str, ...], paths: int, size: int) -> list[Chunk]:
    """Split every world's paths into chunks of at most `size`, in order of first path."""
    starts = range(0, paths, size)
    return [Chunk(world, first, min(size, paths - first)) for first in starts for world in worlds]


# A worker's counter of path-ticks, shared with the parent, and the file that holds its job; set when the worker starts.
# The job goes by file, read with the first chunk: neither a queue nor a start-up pipe full of it can be left at once
# when the run is interrupted.
_counter: Any = None
_job_file: Path | None = None


def begin_worker(counter: Any = None, job_file: Path | None = None) -> None:
    """What every worker process does first; `counter` counts path-ticks, `job_file` holds what to do with a chunk."""
    global _counter, _job_file
    _counter, _job_file = counter, job_file
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def _forget_worlds() -> None:
    """Free the last chunk's memory: a world and its processes refer to each other, and so wait for the collector.

    What survives is set aside (imports, for the most part), or each collection would look through it again.
    """
    gc.collect()
    gc.freeze()


@cache
def _job(file: Path) -> Callable[[Chunk, Callable[[int], None]], None]:
    job: Callable[[Chunk, Callable[[int], None]], None] = pickle.loads(file.read_bytes())
    return job


def _work(chunk: Chunk) -> None:
    def done(ticks: int) -> None:
        with _counter.get_lock():
            _counter.value += ticks * chunk.paths

    assert _job_file is not None
    _job(_job_file)(chunk, done)
    _forget_worlds()


def run_chunks(
    job: Callable[[Chunk, Callable[[int], None]], None],
    parts: list[Chunk],
    *,
    ticks: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Run `job(chunk, tick_done)` for every chunk; with one worker, in this process.

    `job` must be picklable. `progress(done, total)` counts path-ticks. An error in a chunk stops the run and is raised
    here; so is KeyboardInterrupt, after the workers have been ended.
    """
    total = ticks * sum(part.paths for part in parts)
    count = min(workers or os.cpu_count() or 1, len(parts))
    if count <= 1:
        _run_here(job, parts, total, progress)
        return
    counter = multiprocessing.get_context("spawn").Value("q", 0)
    with TemporaryDirectory(prefix="spiral-job-") as folder, worker_pool(count, counter, Path(folder) / "job") as pool:
        (Path(folder) / "job").write_bytes(pickle.dumps(job))
        with main_left_alone(job):
            pending: set[Future[None]] = {pool.submit(_work, part) for part in parts}
        while pending:
            finished, pending = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
            if progress is not None:
                progress(min(counter.value, total), total)
    if progress is not None:
        progress(total, total)


@contextmanager
def worker_pool(count: int, counter: Any = None, job_file: Path | None = None) -> Iterator[ProcessPoolExecutor]:
    """Spawned worker processes, ended at once where the block is left by an exception; submit in `main_left_alone`.

    Raises SpiralError where a worker died.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=begin_worker, initargs=(counter, job_file))
    try:
        yield pool
    except BrokenProcessPool:
        end_pool(pool)
        raise SpiralError(
            "a worker process died (killed, or out of memory); try fewer --workers or a smaller run.chunk"
        ) from None
    except BaseException:
        end_pool(pool)
        raise
    pool.shutdown()


@contextmanager
def main_left_alone(job: object) -> Iterator[None]:
    """Start workers that do not run the user's script again, so that it needs no `if __name__ == "__main__"`.

    A spawned worker imports the main module's file; hidden, it has none to import. A job that holds something defined
    in the main module needs the import, and then the script needs its guard.
    """
    main = sys.modules["__main__"]
    if b"__main__" in pickle.dumps(job):
        yield
        return
    names = [name for name in ("__file__", "__spec__") if name in main.__dict__]
    hidden: dict[str, Any] = {name: main.__dict__.pop(name) for name in names}
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(hidden)


def _run_here(
    job: Callable[[Chunk, Callable[[int], None]], None], parts: list[Chunk], total: int, progress: Progress | None
) -> None:
    done = 0

    def tick_done(ticks: int, size: int) -> None:
        nonlocal done
        done += ticks * size
        if progress is not None:
            progress(min(done, total), total)

    gc.freeze()
    try:
        for number, part in enumerate(parts):
            if number:
                _forget_worlds()
            job(part, partial(tick_done, size=part.paths))
    finally:
        gc.unfreeze()
    if progress is not None:
        progress(total, total)


def end_pool(pool: ProcessPoolExecutor) -> None:
    """Stop the workers at once; what they were writing has not got its final name."""
    processes = list(getattr(pool, "_processes", {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(5)
