"""Running a sweep, and going on with one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, get_args, overload

from scenarios.studies.sweeps.carrying import Changed
from scenarios.studies.sweeps.cells import MOST, Cell, Plan
from scenarios.studies.sweeps.estimate import Estimate, estimate
from scenarios.studies.sweeps.fingerprint import fingerprint
from scenarios.studies.sweeps.loading import checked_spec, load_sweep
from scenarios.studies.sweeps.local import Job, Results, Work, run_local
from scenarios.studies.sweeps.spec import SweepSpec
from scenarios.studies.sweeps.store import Store
from sim.arguments import called, flag, maybe, near, one_of, path, takes, text, whole
from sim.errors import BugError, SpiralError, UserError
from sim.sweep_dataset import SweepResult, open_sweep
from sim.sweep_manifest import MANIFEST

FOLDER = Path("sweeps")
CHECKED = 1_000  # cells that a dry run looks at one by one
Progress = Callable[[int, float, int], None]  # finished cells, work done in cells, all cells


@takes(
    out=maybe(path),
    workers=maybe(whole(1)),
    cluster=maybe(text),
    changed=one_of(*get_args(Changed)),
    retry_failed=flag,
    progress=maybe(called),
    command=maybe(text),
)
def sweep(
    spec: SweepSpec | str | Path,
    *,
    out: str | Path | None = None,
    workers: int | None = None,
    cluster: str | None = None,
    changed: Changed = "refuse",
    retry_failed: bool = False,
    progress: Progress | None = None,
    command: str | None = None,
    **settings: Any,
) -> SweepResult:
    """Run a sweep (or its file), or go on with the one in `out`: cells that have finished there are not run again.

    A cell that fails has a row with the reason; the others go on.

    Args:
        spec: a `SweepSpec`, or the path of a sweep file.
        out: folder (default: `sweeps/<name>`).
        workers: processes (default: one a core).
        cluster: address of a Dask scheduler that runs the cells instead ("tcp://host:8786").
        changed: what to do if another sweep or engine began the folder: "refuse"; "recompute" cells that differ; or
        "keep" results of another engine.
        retry_failed: run failed cells again.
        progress: called with cells finished, work done (in cells, with shares of those under way) and all cells.
        command: what the user typed, for the manifest.
        **settings: fields of the spec to change (paths, seed, keep, ...); None leaves one as it is.

    Raises:
        UserError: for a user's mistake, before anything runs.
        SpiralError: where the cluster is lost or the disk full; the same call then goes on.
    """
    spec = chosen(spec, **settings)
    cells = Plan(spec)
    cells.check_count()
    folder = folder_of(spec, out)
    store = Store(folder, spec, cells, command)
    store.check_folder()
    if cluster is not None:
        from scenarios.studies.sweeps.cluster import check_scheduler

        check_scheduler(cluster)
    cells.check(store.new_cells())
    with store.lock():
        store.begin(changed)
        jobs = _Jobs(cells, store, store.todo(retry_failed=retry_failed))
        tally = _Tally(progress, len(cells), len(cells) - len(jobs))
        with closing(_run(jobs, workers, cluster, tally.work)) as results:  # workers end here, also after an error
            for result in results:
                if result.engine != fingerprint():
                    raise SpiralError("Spiral's own files were changed while the sweep ran; run it again")
                store.write(result)
                tally.finished()
    found = open_sweep(folder)
    if not found.complete:
        raise BugError(f"{found.done} of {len(cells)} cells have finished, and none is left to run")
    return found


class _Jobs(Sequence[Job]):
    """The cells left to run; a scenario is built when its cell's turn comes."""

    def __init__(self, cells: Plan, store: Store, todo: Sequence[int]) -> None:
        self._cells, self._store, self._todo = cells, store, todo

    def __len__(self) -> int:
        return len(self._todo)

    @overload
    def __getitem__(self, i: int) -> Job: ...

    @overload
    def __getitem__(self, i: slice) -> list[Job]: ...

    def __getitem__(self, i: int | slice) -> Job | list[Job]:
        """A cell, and the folder for its own dataset."""
        found = self._todo[i]
        return self._job(found) if isinstance(found, int) else [self._job(index) for index in found]

    def _job(self, index: int) -> Job:
        cell: Cell = self._cells[index]
        return cell, self._store.keep_folder(cell)


def chosen(spec: SweepSpec | str | Path, **settings: Any) -> SweepSpec:
    """The sweep that is meant, with fields changed where they are not None. Raises UserError."""
    found = spec if isinstance(spec, SweepSpec) else load_sweep(path("spec", spec), settings.get("scenarios"))
    known = [f.name for f in dataclasses.fields(SweepSpec)]
    for key in settings:
        if key not in known:
            raise UserError("a sweep has no such setting", value=key, remedy=near(key, known))
    return checked_spec(dataclasses.replace(found, **{k: v for k, v in settings.items() if v is not None}))


def folder_of(spec: SweepSpec, out: str | Path | None = None) -> Path:
    """Where the sweep's results go."""
    return Path(out) if out is not None else FOLDER / spec.name


@takes(out=maybe(path), workers=maybe(whole(1)), retry_failed=flag)
def dry_run(
    spec: SweepSpec | str | Path,
    *,
    out: str | Path | None = None,
    workers: int | None = None,
    retry_failed: bool = False,
    **settings: Any,
) -> Estimate:
    """Cells, time and disk that the same call of `sweep` would still take. Runs a few cells aside and keeps nothing.

    Of more cells than CHECKED only those are built that are run: a bad one may be among the others.
    """
    spec = chosen(spec, **settings)
    cells = Plan(spec)
    if len(cells) <= CHECKED:
        cells.check()
    store = Store(folder_of(spec, out), spec, cells)
    store.check_folder()
    begun = (store.folder / MANIFEST).is_file() and len(cells) <= MOST
    todo = store.todo(retry_failed=retry_failed) if begun else range(len(cells))
    return estimate(spec, cells, todo, workers)


def _run(jobs: Sequence[Job], workers: int | None, cluster: str | None, work: Work) -> Results:
    if cluster is None:
        return run_local(jobs, workers, work)
    from scenarios.studies.sweeps.cluster import run_on_cluster

    return run_on_cluster(jobs, cluster)


class _Tally:
    """How far the sweep is: finished cells, and work in cells."""

    def __init__(self, progress: Progress | None, cells: int, finished: int) -> None:
        self._progress, self._cells, self._finished, self._before = progress, cells, finished, finished
        self._work = float(finished)
        self._tell()

    def work(self, done: float) -> None:
        """So much of what there was to do is done, in cells."""
        self._work = max(self._work, self._before + done)
        self._tell()

    def finished(self) -> None:
        """One more cell is kept."""
        self._finished += 1
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            done = min(max(self._work, float(self._finished)), float(self._cells))
            self._progress(self._finished, done, self._cells)
