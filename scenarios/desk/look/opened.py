"""Runs and sweeps that stay open between requests, so that what was read once is not read again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from scenarios.desk.workspace import KINDS, RUNS, SWEEPS, Found
from sim.dataset import Run, open_run
from sim.errors import UserError
from sim.sweep_dataset import SweepResult, open_sweep
from sim.sweep_folder import RUNS as CELLS

if TYPE_CHECKING:
    from starlette.requests import Request

    from scenarios.desk.workspace import Workspace

T = TypeVar("T")
MOST = 6  # datasets of a kind that stay open
FAULTS = (ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError)  # of tables that do not fit


class Shelf(Generic[T]):
    """The last few datasets that were asked for; one that has changed on the disk is opened again.

    A dataset answers one request at a time: the second one then finds what the first has read.
    """

    def __init__(self, opening: Callable[[Path], T]) -> None:
        self._opening = opening
        self._lock = threading.Lock()
        self._kept: OrderedDict[Path, tuple[Any, T, threading.RLock]] = OrderedDict()

    @contextmanager
    def open(self, found: Found, *, alone: bool = True) -> Iterator[T]:
        """The dataset, for this thread alone unless told otherwise. Raises UserError for a broken one."""
        with self._lock:
            stamp = _stamp(found)
            kept = self._kept.get(found.folder)
            if kept is None or kept[0] != stamp:
                kept = stamp, self._opening(found.folder), threading.RLock()
                self._kept[found.folder] = kept
            self._kept.move_to_end(found.folder)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        with kept[2] if alone else nullcontext():
            yield kept[1]


RUNS_OPEN: Shelf[Run] = Shelf(open_run)
SWEEPS_OPEN: Shelf[SweepResult] = Shelf(open_sweep)


@contextmanager
def the_run(request: Request, name: str | None = None, *, tables: bool = True) -> Iterator[Run]:
    """The run of the address, or of a name, open for reading; without its tables it need not wait for other requests.

    Raises UserError for one that is not there, is broken, or has tables that do not fit its manifest.
    """
    name = request.path_params["name"] if name is None else name
    with fitting(name), RUNS_OPEN.open(_found(_workspace(request), name), alone=tables) as run, run.reading():
        yield run


def _found(workspace: Workspace, name: str) -> Found:
    """The run of that name; SWEEP:CELL is the run that a sweep has kept of a cell."""
    sweep, _, cell = name.rpartition(":")
    if sweep and cell.isascii() and cell.isdigit() and name not in {each.name for each in workspace.all(RUNS)}:
        of = workspace.get(SWEEPS, sweep)
        folder = of.folder / CELLS / f"{int(cell):05d}"
        if folder.is_dir() and folder.resolve() == folder and (folder / KINDS[RUNS]).is_file():
            return Found(RUNS, name, folder, of.changed)
    return workspace.get(RUNS, name)


@contextmanager
def the_sweep(request: Request) -> Iterator[SweepResult]:
    """The sweep of the address as it stands at this moment. Raises UserError likewise."""
    name = request.path_params["name"]
    with fitting(name), SWEEPS_OPEN.open(_workspace(request).get(SWEEPS, name)) as sweep:
        yield sweep if sweep.complete else sweep.snapshot()


@contextmanager
def fitting(name: str) -> Iterator[None]:
    """A block that reads a dataset which another program, or another version, may have written. Raises UserError."""
    import polars as pl

    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, *FAULTS) as error:
        said = f"{type(error).__name__}: {error}"[:200]
        remedy = "run it again with this version"
        raise UserError("this dataset cannot be shown", place=name, value=said, remedy=remedy) from error


def _workspace(request: Request) -> Workspace:
    found: Workspace = request.app.state.workspace
    return found


def _stamp(found: Found) -> Any:
    at = (found.folder / KINDS[found.kind]).stat()
    return at.st_ino, at.st_size, at.st_mtime_ns
