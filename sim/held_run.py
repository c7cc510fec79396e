"""A run in memory: its tables were never written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.dataset import Run
from sim.errors import UserError

if TYPE_CHECKING:
    import polars as pl

Frames = Mapping[str, Mapping[str, "list[pl.DataFrame]"]]  # by table and world: one a chunk, in order of first path


class HeldRun(Run):
    """A run whose tables are frames of this process, with the same answers as if they had been written and opened."""

    def __init__(self, manifest: dict[str, Any], frames: Frames) -> None:
        super().__init__(Path(manifest["name"]))
        self.manifest = manifest
        self.files = {}
        self.tables = sorted(frames)
        self._frames = frames

    def table(self, name: str, world: str | None = None) -> pl.LazyFrame:
        """A table as a lazy frame over all its chunks, in the order of the files that a run would have."""
        import polars as pl

        worlds = self._known_worlds(name)
        parts = [part for each in sorted(worlds) if world in (None, each) for part in worlds[each]]
        return (parts[0] if len(parts) == 1 else pl.concat(parts)).lazy()

    def chunks(self, name: str, world: str) -> Iterator[pl.LazyFrame]:
        """A world's rows of a table, chunk by chunk: each has all rows of some paths."""
        for part in self._known_worlds(name)[world]:
            yield part.lazy()

    def _known_worlds(self, name: str) -> Mapping[str, list[pl.DataFrame]]:
        if name not in self._frames:
            raise UserError("a run has no such table", value=name, remedy=f"tables: {', '.join(self.tables)}")
        return self._frames[name]
