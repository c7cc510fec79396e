"""Runs known answers, one a worker process, and gathers their readings."""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

from scenarios.studies.validation.case import CHAPTERS, Case, Measured
from scenarios.studies.validation.lab import Lab
from scenarios.studies.validation.reading import Verdict, readings
from scenarios.studies.validation.result import CaseResult, Validation
from scenarios.studies.validation.suite import suite
from scenarios.worlds.first_kernels import ensure_compiled
from sim.arguments import called, flag, maybe, one_of, one_or_several, takes, text, whole
from sim.cores import worker_count
from sim.ensemble import main_left_alone, worker_pool
from sim.errors import BugError, UserError
from sim.nearest import nearest
from sim.scratch import scratch
from sim.streams import Generator

Job = Callable[[Case], CaseResult]
Progress = Callable[[int, int, tuple[str, ...]], None]  # cases done, of how many, the names of those that run


@takes(
    names=one_or_several(text),
    fast=flag,
    workers=maybe(whole(1)),
    seed=maybe(whole(0)),
    generator=maybe(one_of(*get_args(Generator))),
    progress=maybe(called),
)
def validate(
    names: Iterable[str] = (),
    *,
    fast: bool = False,
    workers: int | None = None,
    seed: int | None = None,
    generator: Generator | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Run known answers through the engine: all of them, or the cases and chapters in `names`.

    fast: only those that take a few seconds. workers: processes, all cores by default; with one, in this process.
    seed: repeat every case on other noise. generator: of the noise (`run.generator`).
    progress: called with (cases done, cases, names of those that run).
    Raises UserError for a name that is none. What a case raises is its verdict, 'error', and the others go on.
    """
    cases = choose(tuple([names] if isinstance(names, str) else names), fast=fast)
    return run_cases(cases, workers, progress, seed=seed, generator=generator)


def choose(names: tuple[str, ...], *, fast: bool = False) -> tuple[Case, ...]:
    """The cases meant, in the suite's order. Raises UserError for an unknown name, or where no fast case is left."""
    cases = suite()
    wanted = {slug(name) for name in names}
    known = {case.name for case in cases} | {slug(chapter) for chapter in CHAPTERS}
    for name in names:
        if slug(name) not in known:
            remedy = f"{nearest(slug(name), sorted(known))} (spiral validate --list)"
            raise UserError("there is no such case or chapter", value=name, remedy=remedy)
    found = tuple(c for c in cases if not wanted or c.name in wanted or slug(c.chapter) in wanted)
    chosen = tuple(c for c in found if c.fast) if fast else found
    if not chosen:
        raise UserError("some case is fast", value=", ".join(names), remedy="leave out --fast")
    return chosen


def slug(name: str) -> str:
    """A name as it is typed: 'Several assets' is several-assets."""
    return name.strip().lower().replace(" ", "-")


def run_cases(
    cases: tuple[Case, ...],
    workers: int | None = None,
    progress: Progress | None = None,
    *,
    seed: int | None = None,
    generator: Generator | None = None,
) -> Validation:
    """Run these cases, the longest first; their order in the result is as given. seed, generator: see `Lab`."""
    begun = time.perf_counter()
    queue = sorted(cases, key=lambda case: -case.seconds)
    count = min(worker_count(workers), len(queue))
    with scratch("validation") as folder:
        each = _here if count <= 1 else _in_processes
        job = partial(run_case, room=folder, seed=seed, generator=generator)
        found = each(queue, job, count, progress or (lambda done, total, names: None))
    results = {result.case.name: result for result in found}
    seconds = time.perf_counter() - begun
    return Validation(results=tuple(results[c.name] for c in cases), seconds=seconds, seed=seed, generator=generator)


def _here(queue: list[Case], job: Job, count: int, progress: Progress) -> list[CaseResult]:
    found: list[CaseResult] = []
    for case in queue:
        progress(len(found), len(queue), (case.name,))
        found.append(job(case))
    progress(len(found), len(queue), ())
    return found


def _in_processes(queue: list[Case], job: Job, count: int, progress: Progress) -> list[CaseResult]:
    """At most `count` in flight, so that their names are known."""
    waiting = list(queue)
    found: list[CaseResult] = []
    flying: dict[Future[CaseResult], str] = {}
    ensure_compiled()
    with worker_pool(count) as pool:
        while waiting or flying:
            while waiting and len(flying) < count:
                case = waiting.pop(0)
                with main_left_alone(pickle.dumps(case)):
                    flying[pool.submit(job, case)] = case.name
            progress(len(found), len(queue), tuple(flying.values()))
            landed, _ = wait(flying, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in landed:
                del flying[future]
                found.append(future.result())
    progress(len(found), len(queue), ())
    return found


def run_case(case: Case, room: Path, seed: int | None = None, generator: Generator | None = None) -> CaseResult:
    """Run one case, in a temporary folder; an exception becomes its verdict."""
    begun = time.perf_counter()
    missing = [name for name in case.needs if find_spec(name) is None]
    if missing:
        return _unread(case, "skipped", f"needs {', '.join(missing)}: pip install {' '.join(missing)}", begun)
    try:
        with tempfile.TemporaryDirectory(dir=room, prefix=f"{case.name}-", ignore_cleanup_errors=True) as folder:
            measured = case.measure(Lab(folder, seed=seed, generator=generator))
        _check(case, measured)
        pictures = tuple(picture.to_dict() for picture in measured.pictures)
    except Exception as error:
        return _unread(case, "error", f"{type(error).__name__}: {' '.join(str(error).split())}", begun)
    seconds = time.perf_counter() - begun
    return CaseResult(case=case, readings=readings(case, measured.estimates), seconds=seconds, pictures=pictures)


def _check(case: Case, measured: Measured) -> None:
    """Raise BugError if the names measured are not those expected."""
    wanted, got = {expected.what for expected in case.expected}, set(measured.estimates)
    if wanted != got:
        raise BugError(f"expected but not measured: {sorted(wanted - got)}; measured only: {sorted(got - wanted)}")


def _unread(case: Case, verdict: Verdict, message: str, begun: float) -> CaseResult:
    found = readings(case, None, unread=verdict)
    return CaseResult(case=case, readings=found, seconds=time.perf_counter() - begun, message=message)
