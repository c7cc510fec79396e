"""A sweep as a dataset on disk: a manifest and one row per finished cell; can be opened while the sweep runs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sim.arguments import path, takes
from sim.dataset import Run, open_run
from sim.errors import UserError
from sim.sweep_folder import CELLS, RUNS, check_links, journal_name
from sim.sweep_manifest import MANIFEST, columns_of, read_manifest
from sim.sweep_parts import Parts, Singles, parts_of

if TYPE_CHECKING:
    import polars as pl

Found = TypeVar("Found")
TRIES = 5  # attempts to read while the sweep is merging its files


class SweepResult:
    """A sweep, finished or under way. Every property reads the folder again, so it includes cells finished meanwhile.

    `manifest` describes the sweep; `cells` and `paths` are lazy polars frames of the finished cells. A cell has
    finished when its row is in the journal or in a segment.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._manifest: tuple[Any, dict[str, Any]] | None = None
        self._read: tuple[Any, pl.DataFrame] | None = None
        self._parts: tuple[Any, Parts] | None = None
        self._pinned: Parts | None = None

    def snapshot(self) -> SweepResult:
        """The sweep as it is now, without cells that finish later."""
        found = SweepResult(self.path)
        found._manifest = None, self.manifest
        found._pinned = self.parts
        return found

    @property
    def manifest(self) -> dict[str, Any]:
        """Scenarios, design, axes, metrics with labels and units, engine, command. Raises UserError."""
        if self._manifest is None or (self._pinned is None and self._manifest[0] != _stamp(self.path / MANIFEST)):
            stamp = _stamp(self.path / MANIFEST)
            self._manifest = stamp, read_manifest(self.path / MANIFEST)
        return self._manifest[1]

    @property
    def axes(self) -> list[dict[str, Any]]:
        """The axes in the order of their columns: name, keys, apply, label, unit, scale, values or low and high."""
        return list(self.manifest["axes"])

    @property
    def parts(self) -> Parts:
        """The files that hold the rows now; the journal is read only if it has changed. Raises UserError."""
        if self._pinned is not None:
            return self._pinned
        for _ in range(TRIES):
            manifest = self.manifest
            journal = _stamp(self.path / journal_name(manifest.get("generation", 0)))
            stamp = None if journal is None else (self._manifest and self._manifest[0], journal)
            if stamp is None or self._parts is None or self._parts[0] != stamp:
                self._parts = stamp, parts_of(self.path, manifest)
            if self._manifest and self._manifest[0] == _stamp(self.path / MANIFEST):  # unchanged since it was read
                return self._parts[1]
        raise self._moved_on()

    @property
    def stamp(self) -> Any:
        """Equal as long as no further cell has finished."""
        return self.parts.stamp

    @property
    def done(self) -> int:
        """How many cells have finished, the failed ones among them."""
        return len(self.parts.numbers)

    @property
    def complete(self) -> bool:
        """Whether every cell has finished."""
        return self.done >= int(self.manifest["cells"])

    @property
    def cells(self) -> pl.LazyFrame:
        """One row per finished cell, sorted by `cell`: parameters, status, metrics with their standard errors.

        Files are read only if they have changed.
        """
        return self._at_one_moment(self._rows).lazy()

    @property
    def paths(self) -> pl.LazyFrame:
        """One row per path and world of each finished cell: the desk's results, sorted by cell, world and path."""
        return self._at_one_moment(lambda parts: parts.paths())

    def paths_of(self, cells: Collection[int]) -> pl.DataFrame:
        """The rows of `paths` of these cells; none of a cell that kept none."""
        return self._at_one_moment(lambda parts: parts.paths(cells).collect())

    def run(self, cell: int) -> Run:
        """The cell's own dataset. Raises UserError if it was not kept."""
        folder = self.path / RUNS / f"{cell:05d}"
        if not folder.is_dir():
            raise UserError(
                "a cell's own tables are there when the sweep keeps them",
                value=cell,
                place=str(folder),
                remedy="sweep with `keep = true`",
            )
        return open_run(folder)

    def columns(self) -> dict[str, str]:
        """Names and types of `cells`, see `columns_of`."""
        return columns_of(self.manifest)

    def check(self) -> None:
        """Raise UserError if the finished cells are not as written; files of paths are checked when they are read."""
        self._at_one_moment(self._checked)

    def _checked(self, parts: Parts) -> None:
        parts.check()
        if not isinstance(parts, Singles):  # one file per cell: only the ends are checked, for speed
            self._rows(parts)

    def _rows(self, parts: Parts) -> pl.DataFrame:
        stamp = parts.stamp, self.columns()
        if self._read is None or self._read[0] != stamp:
            self._read = stamp, parts.rows(self.columns())
        return self._read[1]

    def _at_one_moment(self, reading: Callable[[Parts], Found]) -> Found:
        """Read, and again if the sweep has merged its files meanwhile. Raises UserError for a missing file."""
        for _ in range(TRIES):
            parts = self.parts
            try:
                return reading(parts)
            except FileNotFoundError as error:
                if self._pinned is not None and SweepResult(self.path).stamp != parts.stamp:
                    break
                if self._pinned is None and self.parts.stamp != parts.stamp:
                    continue
                place = str(error.filename or self.path / CELLS)
                remedy = "sweep again: what it held is run again, the other cells are kept"
                raise UserError("a sweep's files are there", place=place, value="missing", remedy=remedy) from None
        raise self._moved_on()

    def _moved_on(self) -> UserError:
        return UserError("a sweep is read as it stands", place=str(self.path), value="it moved on", remedy="try again")

    def __repr__(self) -> str:
        return (
            f"SweepResult({str(self.path)!r}: {self.manifest['name']}, {self.done} of {self.manifest['cells']} cells)"
        )


@takes(folder=path)
def open_sweep(folder: str | Path) -> SweepResult:
    """Open a sweep's folder. Raises UserError if it is missing or broken."""
    if not Path(folder).is_dir():
        raise UserError("a sweep is a folder", value=str(folder), remedy="give the folder that `spiral sweep` wrote")
    check_links(Path(folder))
    if not (Path(folder) / MANIFEST).is_file():
        raise UserError(
            f"a sweep's folder has a {MANIFEST}", place=str(folder), remedy="give the folder that `spiral sweep` wrote"
        )
    sweep = SweepResult(Path(folder))
    sweep.check()
    return sweep


def _stamp(place: Path) -> Any:
    try:
        found = place.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
