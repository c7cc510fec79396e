"""Ensemble runs: chunks of paths over worker processes. Results do not depend on the number of either."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import wait as wait_for
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from sim import processes
from sim.arithmetic import quieten
from sim.cores import worker_count
from sim.errors import SpiralError
from sim.files import writing
from sim.main_module import pickled_for_workers
from sim.processes import take_environment
from sim.scratch import clear_dead, clear_once, scratch
from sim.signals import deferred, interruption

T = TypeVar("T")
Progress = Callable[[int, int], None]  # done, total
PATIENCE = 5.0  # seconds to wait for the exit code of a process that has ended


@dataclass(frozen=True)
class Chunk:
    """Paths [first, first + paths) of one world."""

    world: str
    first: int
    paths: int


Job = Callable[[Chunk, Callable[[int], None]], None]  # (chunk, function to call with the number of ticks done)


def chunks(worlds: tuple[str, ...], paths: int, size: int) -> list[Chunk]:
    """Split every world's paths into chunks of at most `size`, in order of first path."""
    starts = range(0, paths, size)
    return [Chunk(world, first, min(size, paths - first)) for first in starts for world in worlds]


@dataclass(frozen=True)
class Shares:
    """What the processes of a run share: a file with the job and its chunks, and two counters in shared memory.

    The job is passed in a file that a worker reads once it has started. A queue or pipe still holding the job would
    delay the end of an interrupted run.
    """

    file: Path
    taken: Any  # number of chunks that processes have begun
    ticked: Any  # number of path-ticks done

    def chunks_left(self, parts: list[Chunk]) -> Iterator[Chunk]:
        """Chunks that no process has taken yet, one after the other, until none is left."""
        while True:
            with self.taken.get_lock():
                number = self.taken.value
                self.taken.value += 1
            if number >= len(parts):
                return
            yield parts[number]

    def tick_done(self, paths: int, ticks: int) -> None:
        """Count path-ticks."""
        with self.ticked.get_lock():
            self.ticked.value += ticks * paths


@dataclass(frozen=True)
class Others:
    """The other processes of a run, when its chunks are through and they are free for more."""

    pool: ProcessPoolExecutor
    content: bytes  # what they began with, pickled
    count: int

    def ask(self, question: Callable[..., T], *args: Any) -> Future[T]:
        """Call a function in one of them; several are called in the order in which they were asked."""
        with main_left_alone(self.content):
            return self.pool.submit(question, *args)


_shares: Shares | None = None  # a worker's, set when it starts


def begin_worker(environment: dict[str, str], shares: Shares | None = None) -> None:
    """What every worker process does first. environment: the parent's."""
    global _shares
    _shares = shares
    take_environment(environment)
    quieten()
    for name in ("SIGINT", "SIGHUP"):  # sent to all processes of the terminal: the parent handles them
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def _end_with_parent() -> None:
    """Exit when the parent has ended. (A worker holds both ends of its queue, so reading from it would never fail.)"""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait_for([parent.sentinel])
    os._exit(1)


def _forget_worlds() -> None:
    """Free the last chunk's memory: a world and its processes refer to each other, so only the collector frees it.

    Surviving objects (mostly imports) are frozen, so that later collections do not scan them again.
    """
    gc.collect()
    gc.freeze()


def _work() -> None:
    """What a worker does: take and run chunks until none is left."""
    assert _shares is not None
    job, parts = pickle.loads(_shares.file.read_bytes())
    _work_through(job, _shares.chunks_left(parts), _shares.tick_done)


def _work_through(job: Job, parts: Iterable[Chunk], tick_done: Callable[[int, int], None]) -> None:
    for part in parts:
        job(part, partial(tick_done, part.paths))
        _forget_worlds()


def run_chunks(
    job: Job, parts: list[Chunk], *, ticks: int, workers: int | None = None, progress: Progress | None = None
) -> None:
    """Run `job(chunk, tick_done)` for every chunk; this process is one of the workers.

    A job that cannot be pickled for other processes runs in this one, with a warning. `progress(done, total)` counts
    path-ticks. An error in a chunk stops the run and is raised here; so is KeyboardInterrupt, after the workers have
    been ended.
    """
    with after_chunks(job, parts, ticks=ticks, workers=workers, progress=progress):
        pass


@contextmanager
def after_chunks(
    job: Job, parts: list[Chunk], *, ticks: int, workers: int | None = None, progress: Progress | None = None
) -> Iterator[Others | None]:
    """`run_chunks`, then a block in which the other workers are free for more; yields them, None where there are none.

    They are ended behind the block, at once if an exception leaves it.
    """
    clear_once()
    quieten()
    with ExitStack() as until:
        yield _run_all(job, parts, ticks, workers, progress, until)


def _run_all(
    job: Job, parts: list[Chunk], ticks: int, workers: int | None, progress: Progress | None, until: ExitStack
) -> Others | None:
    """Run every chunk. Other workers are free then, until a block is over."""
    total = ticks * sum(part.paths for part in parts)

    # raise it between ticks: inside a callback of the compiler it would be lost and break the compiler
    with deferred() as heard:

        def told(done: int) -> None:
            if heard:
                raise interruption(heard)
            if progress is not None:
                progress(min(done, total), total)

        others = min(worker_count(workers), len(parts)) - 1
        free = None
        gc.freeze()
        try:
            if others > 0 and (content := pickled_for_workers((job, parts))) is not None:
                free = _run_shared(job, parts, content, others, told, until)
            else:
                _run_here(job, parts, told)
        except SpiralError:
            told(0)  # the workers may have been ended by a signal to the whole process group
            raise
        finally:
            gc.unfreeze()
        told(total)
    return free


def _run_here(job: Job, parts: list[Chunk], told: Callable[[int], None]) -> None:
    done = 0

    def tick_done(paths: int, ticks: int) -> None:
        nonlocal done
        done += ticks * paths
        told(done)

    _work_through(job, parts, tick_done)


def _run_shared(
    job: Job, parts: list[Chunk], content: bytes, others: int, told: Callable[[int], None], until: ExitStack
) -> Others:
    """Share the chunks with `others` further processes. This one works at once: the others take a second to start.

    content: job and parts, pickled. The other processes stay until a block is over; an error here ends them at once.
    """
    context = processes.context()
    with ExitStack() as begun:
        folder = begun.enter_context(scratch("job"))
        with writing(folder):
            shares = Shares(folder / "job", context.Value("q", 0), context.Value("q", 0))
        with writing(shares.file):
            shares.file.write_bytes(content)
        pool = begun.enter_context(worker_pool(others, shares))
        with ThreadPoolExecutor(1, "start-workers") as starter:
            starting = starter.submit(_begin, pool, content, others)

            def tick_done(paths: int, ticks: int) -> None:
                shares.tick_done(paths, ticks)
                if starting.done():
                    for future in starting.result():
                        if future.done():
                            future.result()  # an error ends the run
                told(shares.ticked.value)

            _work_through(job, shares.chunks_left(parts), tick_done)
            pending = starting.result()
            while pending:
                finished, pending = wait(pending, timeout=0.1, return_when=FIRST_COMPLETED)
                for future in finished:
                    future.result()
                told(shares.ticked.value)
        until.enter_context(begun.pop_all())
        return Others(pool, content, others)


def _begin(pool: ProcessPoolExecutor, content: bytes, others: int) -> set[Future[None]]:
    """Start the other processes; waits until their server is ready."""
    with main_left_alone(content):
        return {pool.submit(_work) for _ in range(others)}


@contextmanager
def worker_pool(count: int, shares: Shares | None = None) -> Iterator[ProcessPoolExecutor]:
    """Worker processes, ended at once if an exception leaves the block. Call `submit` inside `main_left_alone`.

    Raises SpiralError if a worker died.
    """
    begun_with = (processes.environment(), shares)
    pool = ProcessPoolExecutor(count, mp_context=processes.context(), initializer=begin_worker, initargs=begun_with)
    try:
        yield pool
    except BrokenProcessPool:
        raise SpiralError(
            f"a worker process died ({_cause(end_pool(pool))}); try fewer --workers or a smaller run.chunk"
        ) from None
    except BaseException:
        end_pool(pool)
        raise
    pool.shutdown()


@contextmanager
def main_left_alone(pickled: bytes) -> Iterator[None]:
    """A block in which new workers do not run the user's script again, so that it needs no `if __name__ == "__main__"`.

    A worker imports the main module's file; so the file's name is hidden while workers start. Exception: if
    `pickled` holds something defined in the main module, workers need the import, and the script its guard.

    Raises BrokenProcessPool if workers cannot be started: as of the pool, where they died.
    """
    main = sys.modules["__main__"]
    names = () if b"__main__" in pickled else ("__file__", "__spec__")
    hidden: dict[str, Any] = {name: main.__dict__.pop(name) for name in names if name in main.__dict__}
    if names:
        main.__spec__ = None
    try:
        processes.ensure_server()
        yield
    except (EOFError, OSError) as error:  # the server of workers was killed, or cannot fork
        raise BrokenProcessPool(str(error)) from error
    finally:
        main.__dict__.update(hidden)


def _cause(codes: list[int]) -> str:
    """Why workers died, from their exit codes; a normal end has code 0."""
    left = [code for code in codes if code >= 0]
    return f"its code left Python with exit code {left[0]}" if left else "killed, or out of memory"


def _codes(processes: list[Any]) -> list[int]:
    """Exit codes of the processes that have ended. Waits a moment: the pool's own thread may be collecting the code
    just now.
    """
    ended = set(wait_for([process.sentinel for process in processes], timeout=0))
    mine = [process for process in processes if process.sentinel in ended]
    until = time.monotonic() + PATIENCE
    while any(process.exitcode is None for process in mine) and time.monotonic() < until:
        time.sleep(0.01)
    return [process.exitcode for process in mine if process.exitcode is not None]


def end_pool(pool: ProcessPoolExecutor) -> list[int]:
    """Stop the workers at once; files that they were writing do not have their final names yet.

    Returns the exit codes of those that had ended by themselves.
    """
    processes = list((getattr(pool, "_processes", None) or {}).values())
    codes = _codes(processes)
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(5)
    clear_dead()  # scratch folders that they had no time to remove
    return codes
