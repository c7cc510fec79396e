"""The sides of a comparison: two runs, on the paths that both have, or two worlds of one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.apart import said as apart_in
from analysis.worlds import check_world
from sim.dataset import Run
from sim.errors import UserError
from sim.names import ACTUAL
from sim.text import one_line

if TYPE_CHECKING:
    import polars as pl


class Side(Run):
    """Part of a run as if it were a run: its first `paths`, or one `world` of it, which is then its actual one."""

    def __init__(self, of: Run, *, paths: int | None = None, world: str | None = None) -> None:
        super().__init__(of.path)
        self.of, self.paths, self.world = of, paths, world

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The run's, with the number of paths and the worlds of this side."""
        changed = dict(self.of.manifest)
        if self.paths is not None:
            changed["paths"] = self.paths
        if self.world is not None:
            changed |= {"worlds": [ACTUAL], "twin": None, "unhedged": None}
        return changed

    @property
    def altered(self) -> bool:
        """Whether the run's manifest was changed after it was made."""
        return self.of.altered

    def table(self, name: str, world: str | None = None) -> pl.LazyFrame:
        """The rows of a table that belong to this side. Raises UserError as the run does."""
        if self.world is None:
            return self._mine(self.of.table(name, world))
        found = self._mine(self.of.table(name, self.world))
        return found if world in (None, ACTUAL) else found.filter(False)

    def chunks(self, name: str, world: str) -> Iterator[pl.LazyFrame]:
        """The same chunk by chunk of paths."""
        if self.world is None or world == ACTUAL:
            yield from map(self._mine, self.of.chunks(name, self.world or world))

    def _mine(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        import polars as pl

        if self.paths is not None:
            rows = rows.filter(pl.col("path") < self.paths)
        return rows if self.world is None else rows.with_columns(world=pl.lit(ACTUAL))


def whole(side: Run) -> Run:
    """The run that a side is part of."""
    return whole(side.of) if isinstance(side, Side) else side


def in_common(a: Run, b: Run) -> tuple[Run, Run]:
    """Both, on the paths that both have where their seed is the same: path i has the same noise in both then."""
    if not same_noise(a, b):
        return a, b
    both = min(int(a.manifest["paths"]), int(b.manifest["paths"]))
    first, second = (run if int(run.manifest["paths"]) == both else Side(run, paths=both) for run in (a, b))
    return first, second


def same_noise(a: Run, b: Run) -> bool:
    """Whether path i of both has the same random numbers."""
    return _noise(a.manifest) == _noise(b.manifest)


def _noise(manifest: Mapping[str, Any]) -> tuple[Any, str]:
    """Seed and generator; runs of before there was a choice have none in their manifests."""
    return manifest["seed"], manifest["scenario"].get("run", {}).get("generator", "numpy")


def differences(a: Run, b: Run) -> list[str]:
    """Differences of the two in inputs, and the paths on which they are compared, a line each."""
    if isinstance(a, Side) and isinstance(b, Side) and a.world is not None and b.world is not None:
        return [f"worlds {a.world} and {b.world} of one run, on the same random numbers"]
    lines, (mine, other) = apart_in(whole(a), whole(b)), in_common(a, b)
    if (mine, other) != (a, b):
        lines.append(f"compared on the {int(mine.manifest['paths']):,} paths that both have")
    return lines


def worlds_of(run: Run, first: str, second: str) -> tuple[Run, Run]:
    """Two worlds of a run as the sides of a comparison. Raises UserError for one that it does not have."""
    first, second = check_world(run, first), check_world(run, second)
    if first == second:
        remedy = f"worlds: {', '.join(map(str, run.manifest['worlds']))}"
        raise UserError("a world is compared with another one", value=first, place=str(run.path), remedy=remedy)
    return Side(run, world=first), Side(run, world=second)


def names_of(a: Run, b: Run) -> tuple[str, str]:
    """What to call the two: worlds of one run by their names, runs by theirs, or by their folders' if alike."""
    if isinstance(a, Side) and isinstance(b, Side) and a.world is not None and b.world is not None:
        return a.world, b.world
    first, second = one_line(str(a.manifest["name"])), one_line(str(b.manifest["name"]))
    if first != second:
        return first, second
    first, second = Path(a.path).name, Path(b.path).name
    return (first, second) if first != second else (f"{first} (1)", f"{second} (2)")
