"""A run as a dataset on disk: a manifest and Parquet tables, opened lazily and checked as they are read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import arguments
from sim.arguments import takes
from sim.errors import UserError
from sim.manifest import AGAIN, MANIFEST, Written, altered, as_written, files_of, read_manifest
from sim.ordinary import is_inside
from sim.run_folder import check_name, settle
from sim.schema import read

if TYPE_CHECKING:
    import polars as pl

    from sim.aside import Aside
    from sim.schema import Schema

__all__ = ["MANIFEST", "Run", "open_run"]

EVERY_PATH = ("marks", "desks")  # tables that have a row for every path at the last close
AS_NAMED: dict[str, Any] = {"glob": False, "hive_partitioning": False}  # `[` and `*` in a folder's name are no patterns
PATIENCE = 2.0  # seconds to wait for a replacement that is under way


class Run:
    """A finished run. `run.marks`, `run.market` ... are lazy polars frames; `run.manifest` says how it was made.

    Not every table has every path at every time: `run.rows` says which has which. Look there before you average.
    """

    aside: Aside | None = None  # rows that were laid aside, while a run's figures are found

    def __init__(self, path: Path) -> None:
        self.path = path
        self._checked: set[str] = set()  # tables
        self.asked: set[str] = set()  # tables whose rows somebody wanted
        self._counted: set[str] = set()  # tables that have been seen to have every path
        self._stamp = _stamp(path)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Scenario in full, seed, worlds, versions, content hash, timing, files. Raises UserError for a broken one."""
        return read_manifest(self.path)

    @cached_property
    def schema(self) -> Schema | None:
        """Columns of the tables and split of the loss; None for a run whose manifest has no schema."""
        return read(self.manifest)

    @cached_property
    def files(self) -> dict[str, Written]:
        """The files that the manifest lists, by name; no other file is ever read."""
        return files_of(self.manifest)

    @cached_property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return sorted({name.partition("/")[0] for name in self.files})

    @property
    def rows(self) -> dict[str, str]:
        """By table, in words: what it has a row of, when, and on which paths; empty for a run from before these."""
        told = {} if self.schema is None else self.schema.rows
        return {name: told[name] for name in self.tables if name in told}

    @property
    def whole(self) -> Run:
        """The run itself; of a part, the run that it is a part of."""
        return self

    @cached_property
    def altered(self) -> bool:
        """Whether the manifest was changed after the run was made."""
        return altered(self.manifest)

    def table(self, name: str, world: str | None = None) -> pl.LazyFrame:
        """A table as a lazy frame over all its chunks; their checksums are compared the first time.

        world: that world's rows alone. Raises UserError for a table that the run does not have, and for a file that is
        not as it was written.
        """
        import polars as pl

        self._known(name)
        found = pl.scan_parquet(self._places(name, world), **AS_NAMED)
        return found if world is None else found.filter(pl.col("world") == world)

    def chunks(self, name: str, world: str) -> Iterator[pl.LazyFrame]:
        """A world's rows of a table, chunk by chunk: each has all rows of some paths. Errors as of `table`.

        Who reads them one after the other needs memory for one.
        """
        import polars as pl

        self._known(name)
        for place in self._places(name, world):
            yield pl.scan_parquet(place, **AS_NAMED).filter(pl.col("world") == world)

    def _known(self, name: str) -> None:
        """Raise UserError for a table that the run does not have, or that is not as it was written."""
        if name not in self.tables:
            raise UserError(
                "a run has no such table", value=name, place=str(self.path), remedy=f"tables: {', '.join(self.tables)}"
            )
        self.asked.add(name)
        self._check(name)
        if name in EVERY_PATH:
            self._check_paths(name)

    def verify(self) -> None:
        """Compare every file of every table with its checksum. Raises UserError."""
        self.check_tables(self.tables)

    def check_tables(self, names: Iterable[str]) -> None:
        """The same of some tables."""
        for name in names:
            self._check(name)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A block that reads the tables. Raises UserError if one is broken, or if the run was replaced meanwhile."""
        import polars as pl

        try:
            yield
        except (pl.exceptions.PolarsError, FileNotFoundError) as error:
            self.check_unchanged()
            said = str(error).partition("\n")[0][:200]
            raise UserError("a run's tables can be read", place=str(self.path), value=said, remedy=AGAIN) from None
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            if "digest" in self.manifest and not self.altered:
                raise  # a bug of Spiral's
            place, said = str(self.path / MANIFEST), f"{type(error).__name__}: {error}"[:200]
            raise UserError(
                "a manifest and its tables belong together", place=place, value=said, remedy=AGAIN
            ) from error
        self.check_unchanged()

    def check_unchanged(self) -> None:
        """Raise UserError if the folder no longer holds the run that was opened."""
        if _stamp(self.path) != self._stamp:
            raise UserError(
                "a run stays as it is while it is read",
                place=str(self.path),
                value="another run has taken its place",
                remedy="give the command again",
            )

    def just_written(self) -> Run:
        """The run, for the process that has just written it and taken its checksums: they are not compared again."""
        self._checked.update(self.tables)
        return self

    def _files(self, table: str) -> list[str]:
        return sorted(name for name in self.files if name.partition("/")[0] == table)

    def _places(self, table: str, world: str | None = None) -> list[str]:
        """Files of a table, paths ascending; of one world those named so, or all if none is (not written by Spiral)."""
        files = self._files(table)
        named = [file for file in files if file.rpartition("/")[2].rpartition("-")[0] == world]
        return [os.path.abspath(self.path / file) for file in named or files]

    def _check(self, table: str) -> None:
        if table in self._checked:
            return
        for name in self._files(table):
            with _readable(self.path / name):
                whole = as_written(self.path / name, self.files[name])
            if not whole:
                self.check_unchanged()
                raise _damaged(self.path / name, "its content has changed")
        self._checked.add(table)

    def _check_paths(self, table: str) -> None:
        """Every path is in the table: who reads a run takes memory for as many paths as its manifest has."""
        import polars as pl

        if table in self._counted:
            return
        with self.reading():
            rows = pl.scan_parquet(self._places(table), **AS_NAMED).select(pl.len()).collect().item()
        if 0 < rows < self.manifest["paths"]:
            told = f"{self.manifest['paths']} paths, and {rows} rows of {table}"
            raise UserError("a manifest and its tables belong together", place=str(self.path), value=told, remedy=AGAIN)
        self._counted.add(table)

    def __getattr__(self, name: str) -> pl.LazyFrame:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in self.tables:
            raise AttributeError(f"a run has no table {name!r}; tables: {', '.join(self.tables)}")
        return self.table(name)

    def __repr__(self) -> str:
        paths, witnesses = self.manifest["paths"], self.manifest.get("witnesses")
        some = f", {witnesses} of them witnesses" if witnesses is not None and witnesses < paths else ""
        return f"Run({str(self.path)!r}: {self.manifest['name']}, {paths} paths{some})"


@takes(path=arguments.path)
def open_run(path: str | Path) -> Run:
    """Open a run folder. A replacement that was interrupted by a kill is finished first.

    Sizes are compared here, checksums when a table is first read. Raises UserError if the folder is missing,
    incomplete or broken.
    """
    folder = Path(path)
    with _readable(folder):
        check_name(Path(os.path.realpath(folder)))
        _await(folder)
        if not folder.is_dir():
            remedy = "give the folder that `spiral run --out` wrote"
            raise UserError("a run is a folder", value=str(path), remedy=remedy)
        run = Run(folder)
        for name, written in run.files.items():
            part = folder / name
            if part.exists() and not is_inside(part, folder):
                raise _damaged(part, "a link to elsewhere", "put the file itself there (cp -rL follows links)")
            if not part.is_file() or part.stat().st_size != written.size:
                run.check_unchanged()
                raise _damaged(part, "missing or of another size")
    return run


@contextmanager
def _readable(place: Path) -> Iterator[None]:
    """Raise UserError with the system's reason if the folder cannot be read."""
    try:
        yield
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UserError("a run can be read", place=str(place), value=why, remedy="give another folder") from None


def _await(folder: Path) -> None:
    """Finish a replacement left half done by a killed process; wait a moment for one of a living process."""
    deadline = time.monotonic() + PATIENCE
    while not settle(folder) and not folder.is_dir() and time.monotonic() < deadline:
        time.sleep(0.01)


def _stamp(folder: Path) -> tuple[int, ...]:
    """File metadata that identify a version of the manifest without reading it."""
    try:
        found = (folder / MANIFEST).stat()
    except OSError:
        return ()
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _damaged(place: Path, how: str, remedy: str = AGAIN) -> UserError:
    return UserError("a run's files are as written", place=str(place), value=how, remedy=remedy)
