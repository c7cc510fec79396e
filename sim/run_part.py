"""A run in parts, each of some chunks of paths: it has all tables, and of them the rows of its paths."""

from __future__ import annotations

from collections.abc import Sequence

from sim.dataset import Run

PATHS = 16_384  # of a part: small chunks are read together


class RunPart(Run):
    """The paths of some chunks of a run. What all paths have alike, such as who is in the cast, is the whole run's."""

    def __init__(self, run: Run, numbers: Sequence[str]) -> None:
        self.__dict__.update(run.__dict__)
        self._of = run
        self._numbers = frozenset(numbers)

    @property
    def whole(self) -> Run:
        """The run that this is a part of."""
        return self._of

    def _places(self, table: str, world: str | None = None) -> list[str]:
        return [place for place in super()._places(table, world) if _number_of(place) in self._numbers]


def parts_of(run: Run, *, but: str) -> list[Run]:
    """The run in parts of some `PATHS`, ascending; in one where its tables are not in files of the same chunks.

    but: a table that is in one file a world.
    """
    found: dict[str, set[str]] = {}
    for name in run.files:
        found.setdefault(name.partition("/")[0], set()).add(_number_of(name))
    found.pop(but, None)
    numbers = next(iter(found.values()), set())
    if type(run) is not Run or any(other != numbers for other in found.values()) or len(numbers) < 2:
        return [run]
    ascending, together = sorted(numbers), max(PATHS * len(numbers) // int(run.manifest["paths"]), 1)
    return [RunPart(run, ascending[i : i + together]) for i in range(0, len(ascending), together)]


def _number_of(place: str) -> str:
    """`0004096` of `marks/actual-0004096.parquet`."""
    return place.rpartition("-")[2].partition(".")[0]
