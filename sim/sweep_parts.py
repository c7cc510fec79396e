"""Storage of a sweep's rows: segments and a journal, or (first layout) one file per cell."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sim.dataclass import dataclass
from sim.errors import UserError
from sim.ordinary import LARGE, is_ordinary, read_ordinary
from sim.sweep_folder import CELLS, PATHS_FOLDER, SEGMENT, SINGLE, as_named, digest, journal_name, listed
from sim.sweep_journal import Journal, Record, Segment, broken, read
from sim.sweep_manifest import AFTER, BEFORE, PATHS

if TYPE_CHECKING:
    import polars as pl

MAGIC = b"PAR1"  # first and last bytes of a complete Parquet file
BATCH = 200  # files read at once: polars keeps all of them open


class Parts(Protocol):
    """The finished cells of a folder at one moment."""

    @property
    def stamp(self) -> Any:
        """Equal only if nothing has changed."""

    @property
    def numbers(self) -> Collection[int]:
        """Which cells have finished."""

    def check(self) -> None:
        """Check that files exist and look complete. Raises UserError, FileNotFoundError."""

    def rows(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """One row per finished cell, sorted by `cell`. Raises UserError if a file is broken."""

    def paths(self, wanted: Collection[int] | None = None) -> pl.LazyFrame:
        """One row per path and world of each (wanted) cell, sorted by `cell`. Raises UserError for a broken file."""


def parts_of(folder: Path, manifest: Mapping[str, Any]) -> Parts:
    """What has finished by now. Raises UserError if the journal is broken."""
    if manifest.get("layout", 1) == 1:
        return Singles(folder)
    place = folder / journal_name(manifest.get("generation", 0))
    try:
        return Segments(folder, read(place))
    except FileNotFoundError:
        return Segments(folder, Journal(tuple(recovered(folder, manifest)), (), 0))
    except OSError as error:
        raise UserError("a sweep's file can be read", place=str(place), value=error.strerror) from None


def recovered(folder: Path, manifest: Mapping[str, Any]) -> Iterator[Segment]:
    """Segments of this sweep's cells, found from the files alone: used if the journal has been lost."""
    import polars as pl

    ids = manifest.get("ids", [])
    paths = {
        found[1]: place.name for place in listed(folder / PATHS_FOLDER) if (found := SEGMENT.fullmatch(place.name))
    }
    for place in listed(folder / CELLS):
        found = SEGMENT.fullmatch(place.name)
        if found is None or not as_named(place):
            continue
        with whole(place):
            frame = pl.read_parquet(BytesIO(read_ordinary(place, LARGE)), columns=["cell", "id"])
        if all(0 <= number < len(ids) and ids[number] == cell_id for number, cell_id in frame.iter_rows()):
            yield Segment(place.name, paths.get(found[1]), tuple(frame["cell"].to_list()))


@dataclass(frozen=True)
class Segments:
    """Segments of many cells and the journal's rows; of a cell stored twice the later row counts."""

    folder: Path
    journal: Journal

    @property
    def stamp(self) -> Any:
        """Segments never change once they are named, and records are only added."""
        return self.journal.segments, self.journal.end, len(self.journal.records)

    @cached_property
    def numbers(self) -> Collection[int]:
        """Which cells have finished."""
        return self._owners.keys()

    @cached_property
    def _owners(self) -> dict[int, int]:
        """By cell, the part that counts: a segment's position, or -1 - position of a record."""
        found = {number: i for i, segment in enumerate(self.journal.segments) for number in segment.numbers}
        return found | {record.row["cell"]: -1 - i for i, record in enumerate(self.journal.records)}

    def mine(self, i: int) -> list[int]:
        """The segment's cells that no later row replaces."""
        return [number for number in self.journal.segments[i].numbers if self._owners[number] == i]

    def records(self) -> list[Record]:
        """The journal's records that count, by cell."""
        return [self.journal.records[-1 - i] for _, i in sorted(self._owners.items()) if i < 0]

    def check(self) -> None:
        """Check that every segment's file of paths exists; its content is checked when it is read."""
        for segment in self.journal.segments:
            if segment.paths is not None:
                (self.folder / PATHS_FOLDER / segment.paths).stat()

    def rows(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """One row per finished cell, sorted by `cell`."""
        import polars as pl

        frames = [frame_of((record.row for record in self.records()), columns)]
        for i, segment in enumerate(self.journal.segments):
            place = self.folder / CELLS / segment.cells
            frames.append(_only(aligned(_verified(place), columns, place), self.mine(i), segment))
        return pl.concat(frames, rechunk=True).sort("cell")

    def paths(self, wanted: Collection[int] | None = None) -> pl.LazyFrame:
        """One row per path and world of each cell, sorted by `cell`."""
        import polars as pl

        found: list[tuple[list[int], pl.LazyFrame]] = []
        for i, segment in enumerate(self.journal.segments):
            mine = [number for number in self.mine(i) if wanted is None or number in wanted]
            if segment.paths is not None and mine:
                place = self.folder / PATHS_FOLDER / segment.paths
                if not as_named(place):
                    raise broken(place)
                found.append((mine, _only(_known(_scan([place])), mine, segment)))
        late = [
            (r.row["cell"], r.paths) for r in self.records() if r.paths and (wanted is None or r.row["cell"] in wanted)
        ]
        if late:
            frames = [_known(pl.read_ipc(BytesIO(data)).lazy()) for _, data in late]
            found.append(([number for number, _ in late], pl.concat(frames)))
        if not found:
            return frame_of((), PATHS).lazy()
        found.sort(key=lambda part: part[0][0])
        both = pl.concat([frame for _, frame in found])
        apart = all(max(a) < min(b) for (a, _), (b, _) in pairwise(found))
        return both if apart else both.sort("cell", maintain_order=True)


@dataclass(frozen=True)
class Singles:
    """One file per cell, the first layout of sweeps. Of a cell computed again the newer file counts."""

    folder: Path

    @cached_property
    def files(self) -> dict[int, Path]:
        """The file of each finished cell by its number. Raises UserError if one is broken."""
        found: dict[int, Path] = {}
        for place in listed(self.folder / CELLS):
            named = SINGLE.fullmatch(place.name)
            if named is None or place.is_symlink():
                continue
            number = int(named[1])
            if number not in found or _age(place) >= _age(found[number]):
                found[number] = place
        return found

    def check(self) -> None:
        """Check the first and last bytes of every file. Raises UserError."""
        for place in self.files.values():
            for part in (place, self.folder / PATHS_FOLDER / place.name):
                if os.path.lexists(part) and not _ended(part):
                    raise broken(part)

    @property
    def stamp(self) -> Any:
        """Files by name and age."""
        return [(place.name, _age(place)) for place in self.files.values()]

    @property
    def numbers(self) -> Collection[int]:
        """Which cells have finished."""
        return self.files.keys()

    def rows(self, columns: Mapping[str, str]) -> pl.DataFrame:
        """One row per finished cell, sorted by `cell`."""
        import polars as pl

        frames = [frame_of((), columns)]
        for place in self.files.values():
            with whole(place):
                frame = pl.read_parquet(BytesIO(read_ordinary(place, LARGE)))
            frames.append(aligned(frame, columns, place))
            if len(frames) > BATCH:
                frames = [pl.concat(frames, rechunk=True)]
        return pl.concat(frames, rechunk=True).sort("cell")

    def paths(self, wanted: Collection[int] | None = None) -> pl.LazyFrame:
        """One row per path and world of each cell, sorted by `cell`."""
        chosen = sorted((n, place) for n, place in self.files.items() if wanted is None or n in wanted)
        places = [self.folder / PATHS_FOLDER / place.name for _, place in chosen]
        found = [place for place in places if place.is_file() and not place.is_symlink()]
        return _known(_scan(found)) if found else frame_of((), PATHS).lazy()


def frame_of(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> pl.DataFrame:
    """A frame of these columns and types; missing values are null."""
    import polars as pl

    kinds: Any = {name: getattr(pl, kind) for name, kind in columns.items()}
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=kinds, orient="row")


def aligned(frame: pl.DataFrame, columns: Mapping[str, str], place: Path) -> pl.DataFrame:
    """The frame with these columns: figures that an older engine did not have are null. Raises UserError."""
    import polars as pl

    kinds: Any = {name: getattr(pl, kind)() for name, kind in columns.items()}
    had = frame.schema  # once: polars makes it anew at each call
    if any(name not in had for name in (*BEFORE, *AFTER)):
        raise broken(place)
    if list(had.items()) == list(kinds.items()):
        return frame
    for name, kind in kinds.items():
        was = had.get(name, kind)
        if was != kind and was != pl.Null and not (was.is_numeric() and kind.is_numeric()):
            raise broken(place)
    added = {name: pl.lit(None, kind).alias(name) for name, kind in kinds.items() if name not in had}
    return frame.with_columns(**added).select(pl.col(name).cast(kind) for name, kind in kinds.items())


@contextmanager
def whole(place: Path) -> Iterator[None]:
    """Turns polars' errors about a broken file into one line with its name. Raises UserError, FileNotFoundError."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, FileNotFoundError, UserError, MemoryError):
        raise
    except BaseException:  # polars' panics do not derive from Exception
        raise broken(place) from None


def _verified(place: Path) -> pl.DataFrame:
    """A segment whose content matches the digest in its name."""
    import polars as pl

    with whole(place):
        data = read_ordinary(place, LARGE)
        found = SEGMENT.fullmatch(place.name)
        if found is None or place.is_symlink() or digest(data) != found[2]:
            raise broken(place)
        return pl.read_parquet(BytesIO(data))


def _only(frame: Any, mine: list[int], segment: Segment) -> Any:
    """The rows of these cells."""
    import polars as pl

    return frame if len(mine) == len(segment.numbers) else frame.filter(pl.col("cell").is_in(mine))


def _scan(places: list[Path]) -> pl.LazyFrame:
    """Scan files by exact name: `[`, `*` and `{` in a folder's name are not patterns."""
    import polars as pl

    return pl.scan_parquet(places, glob=False, hive_partitioning=False)


def _known(paths: pl.LazyFrame) -> pl.LazyFrame:
    """The columns of `paths`: those that an older engine did not have are null."""
    import polars as pl

    found = paths.collect_schema()
    lacking = {name: pl.lit(None, getattr(pl, kind)) for name, kind in PATHS.items() if name not in found}
    return paths.with_columns(**lacking).select(*PATHS)


def _ended(place: Path) -> bool:
    if not is_ordinary(place):
        return False
    with place.open("rb") as stream:
        first = stream.read(len(MAGIC))
        stream.seek(0, 2)
        if first != MAGIC or stream.tell() < 3 * len(MAGIC):
            return False
        stream.seek(-len(MAGIC), 2)
        return stream.read() == MAGIC


def _age(place: Path) -> int:
    return place.stat().st_mtime_ns
