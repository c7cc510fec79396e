"""Vectors over paths, laid aside in a file as they are read, so that memory holds the one that is looked at."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from weakref import finalize

import numpy as np

from analysis.numbers import FloatArray
from sim.aside import ALL
from sim.files import writing

WIDTH = 8  # bytes of a number
HELD = 1 << 22  # bytes that are held in memory before there is a file


class Columns:
    """Columns of at most `paths` numbers, written part by part: many of them to a file without a name, which goes with
    the object.

    Raises SpiralError if the disk is full.
    """

    def __init__(self, paths: int) -> None:
        self._paths = paths
        self._places: dict[str, int] = {}
        self._sizes: dict[str, int] = {}
        with _room():
            self._file = tempfile.SpooledTemporaryFile(HELD)  # noqa: SIM115 - open as long as columns are asked for
        finalize(self, self._file.close)

    def add(self, part: Mapping[str, FloatArray]) -> None:
        """The next paths of some columns: (paths of the part,) by name."""
        with _room():
            for name, values in part.items():
                place, size = self._places.setdefault(name, len(self._places)), self._sizes.get(name, 0)
                self._file.seek(WIDTH * (place * self._paths + size))
                self._file.write(np.ascontiguousarray(values, dtype=np.float64).data)
                self._sizes[name] = size + values.size
            self._file.flush()

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def __getitem__(self, name: str) -> FloatArray:
        """(paths,) as many as were added, in their order, in new memory."""
        return self.read(name, ALL)

    def read(self, name: str, paths: slice) -> FloatArray:
        """The same of some paths that follow one another."""
        begin, end, _ = paths.indices(self._sizes[name])
        values = np.empty(end - begin)
        if values.size:
            self._file.seek(WIDTH * (self._places[name] * self._paths + begin))
            self._file.readinto(values.data.cast("B"))
        return values


def _room() -> AbstractContextManager[None]:
    return writing(Path(tempfile.gettempdir()), "set TMPDIR to a folder with room")
