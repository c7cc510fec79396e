"""A run in parts, each of some chunks of paths: it has all tables, and of them the rows of its paths."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import ref

from sim.dataset import Run

PATHS = 8_192  # of a part: small chunks are read together


class RunPart(Run):
    """The paths of some chunks of a run. What all paths have alike, such as who is in the cast, is the whole run's.

    It is of use as long as that run is open, and does not keep it so.
    """

    def __init__(self, run: Run, names: Iterable[str]) -> None:
        self.__dict__.update(run.__dict__)
        self.__dict__["files"] = {name: run.files[name] for name in names}
        self._of = ref(run)

    @property
    def whole(self) -> Run:
        """The run that this is a part of."""
        run = self._of()
        assert run is not None
        return run


def parts_of(run: Run, *, but: str) -> list[Run]:
    """The run in parts of some `PATHS`, ascending; none where its tables are not in files of the same, several, chunks.

    but: a table that is in one file a world.
    """
    found: dict[str, set[str]] = {}
    chunks: dict[str, list[str]] = {}
    for name in run.files:
        table, number = name.partition("/")[0], _number_of(name)
        if table != but:
            found.setdefault(table, set()).add(number)
            chunks.setdefault(number, []).append(name)
    if type(run) is not Run or any(len(other) != len(chunks) for other in found.values()) or len(chunks) < 2:
        return []
    ascending, together = sorted(chunks), max(PATHS * len(chunks) // int(run.manifest["paths"]), 1)
    groups = (ascending[first : first + together] for first in range(0, len(ascending), together))
    return [RunPart(run, [name for number in group for name in chunks[number]]) for group in groups]


def _number_of(place: str) -> str:
    """`0004096` of `marks/actual-0004096.parquet`."""
    return place.rpartition("-")[2].partition(".")[0]
