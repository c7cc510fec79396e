"""Rows laid aside as they are gathered, until a run's figures have been found from them.

Who asks for a column of all paths at one close reads it as it stands: nothing is packed, decoded or put in order.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.dataclass import dataclass
from sim.named_tuple import NamedTuple

if TYPE_CHECKING:
    from sim.clock import Clock
    from sim.eventlog import EventLog

FOLDER = ".aside"  # in a run's folder, until the run is whole
ALL = slice(None)  # paths
FILES = 32  # that are open at a time
MOST = 1 << 32  # bytes of a run that are laid aside; a run of more reads its tables


@dataclass(frozen=True)
class Wanted:
    """What is laid aside of a table: some numbers of the rows whose `column`, a text, is `value`."""

    table: str
    column: str
    value: str
    names: tuple[str, ...]


class Part(NamedTuple):
    """Some rows of a chunk in its file, one after the other: each name's numbers of all its paths in turn."""

    file: Path
    paths: int
    begin: int  # bytes before the first row
    width: int  # bytes of a row
    times: list[int]  # microseconds since 1970 of each row
    columns: dict[str, tuple[str, int]]  # by name: type of the numbers, bytes before them in a row

    def read(self, row: int, name: str, first: int, found: NDArray[np.float64]) -> None:
        """Numbers of a row, from its path of number `first` on, into the array."""
        kind, before = self.columns[name]
        numbers = found if found.dtype == kind else np.empty(found.size, kind)
        file = _opened(self.file)
        file.seek(self.begin + row * self.width + before + first * numbers.itemsize)
        if file.readinto(numbers.data.cast("B")) != numbers.nbytes:
            raise EOFError(f"{self.file} is cut short")
        if numbers is not found:
            found[:] = numbers


_open: dict[Path, FileIO] = {}  # files that are read again and again


def _opened(place: Path) -> FileIO:
    file = _open.get(place)
    if file is None:
        if len(_open) == FILES:
            _open.pop(next(iter(_open))).close()
        file = _open[place] = FileIO(place)
    return file


def close() -> None:
    """Close the files of all that was laid aside."""
    while _open:
        _open.popitem()[1].close()


def lay(folder: Path, log: EventLog, clock: Clock, wanted: tuple[Wanted, ...]) -> None:
    """Lay aside what a chunk's log has gathered. Where there is no room for it nothing is: the tables are read then."""
    place = folder / FOLDER / f"{log.world}-{int(log.paths[0]):07d}"
    try:
        place.parent.mkdir(exist_ok=True)
        with place.open("wb") as file:
            told = {each.table: _laid(file, each, log, clock) for each in wanted}
        place.with_suffix(".json").write_text(json.dumps({"paths": log.paths.size, "tables": told}))
    except OSError:
        for left in (place, place.with_suffix(".json")):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _laid(file: IO[bytes], wanted: Wanted, log: EventLog, clock: Clock) -> dict[str, Any] | None:
    """Write the rows of a table; where they stand. None where they are not all of all paths."""
    rows = [row for row in log.added(wanted.table) if row[wanted.column] == wanted.value]
    if not all(row["size"] == log.paths.size for row in rows):
        return None
    kinds, begin, width, columns = log.kinds(wanted.table), file.tell(), 0, {}
    for name in filter(kinds.__contains__, wanted.names):
        columns[name] = np.dtype(kinds[name]).str, width
        width += np.dtype(kinds[name]).itemsize * log.paths.size
    for row in rows:
        for name, (kind, _) in columns.items():
            file.write(np.ascontiguousarray(np.broadcast_to(np.asarray(row[name], kind), log.paths.shape)).data)
    times = clock.timestamps(np.array([row["time"] for row in rows], dtype=np.int64)).astype(np.int64).tolist()
    return {"begin": begin, "width": width, "times": times, "columns": columns}


class Rows:
    """Rows of a table in a world over all its chunks."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts
        self.paths = sum(part.paths for part in parts)

    def __contains__(self, name: str) -> bool:
        return all(name in part.columns for part in self._parts)

    def stand_at(self, times: NDArray[np.int64]) -> bool:
        """Whether there is one row for each of these times, in their order."""
        return all(part.times == times.tolist() for part in self._parts)

    def at(self, row: int, name: str, paths: slice = ALL) -> NDArray[np.float64]:
        """Numbers of a row: of all paths, or of some that follow one another."""
        begin, end, _ = paths.indices(self.paths)
        found, first = np.empty(end - begin), 0
        for part in self._parts:
            low, high = max(begin, first), min(end, first + part.paths)
            if low < high:
                part.read(row, name, low - first, found[low - begin : high - begin])
            first += part.paths
        return found


class Aside:
    """What the chunks of a run have laid aside."""

    def __init__(self, folder: Path) -> None:
        self._parts: dict[tuple[str, str], list[Part]] = {}
        for place in sorted((folder / FOLDER).glob("*.json")):
            told, world = json.loads(place.read_text()), place.stem.rpartition("-")[0]
            for table, part in told["tables"].items():
                if part is not None:
                    found = Part(place.with_suffix(""), told["paths"], **part)
                    self._parts.setdefault((world, table), []).append(found)

    def rows(self, table: str, world: str) -> Rows:
        """Rows of a table in a world; of no path where none are laid aside."""
        return Rows(self._parts.get((world, table), []))


def give_up(folder: Path) -> None:
    """Remove what was laid aside, and lay nothing more aside: its room is needed by the tables."""
    remove(folder)
    with suppress(OSError):
        (folder / FOLDER).touch()  # no folder can be made of this name


def remove(folder: Path) -> None:
    """Remove what was laid aside in a run's folder."""
    close()
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    with suppress(OSError):
        (folder / FOLDER).unlink()
