"""A run as a dataset on disk: a manifest and Parquet tables, opened lazily."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim import arguments
from sim.arguments import takes
from sim.errors import UserError

if TYPE_CHECKING:
    import polars as pl

MANIFEST = "manifest.json"


class Run:
    """A finished run. `run.marks`, `run.market` ... are lazy polars frames; `run.manifest` says how it was made."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Scenario in full, seed, worlds, versions, content hash, timing."""
        manifest: dict[str, Any] = json.loads((self.path / MANIFEST).read_text())
        return manifest

    @cached_property
    def tables(self) -> list[str]:
        """Names of the tables."""
        return sorted(p.name for p in self.path.iterdir() if p.is_dir() and any(p.glob("*.parquet")))

    def table(self, name: str) -> pl.LazyFrame:
        """A table as a lazy frame over all its chunks. Raises UserError for a table that the run does not have."""
        import polars as pl

        if name not in self.tables:
            raise UserError(
                "a run has no such table", value=name, place=str(self.path), remedy=f"tables: {', '.join(self.tables)}"
            )
        return pl.scan_parquet(self.path / name / "*.parquet")

    def __getattr__(self, name: str) -> pl.LazyFrame:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self.table(name)
        except UserError as error:
            raise AttributeError(str(error)) from None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}: {self.manifest['name']}, {self.manifest['paths']} paths)"


@takes(path=arguments.path)
def open_run(path: str | Path) -> Run:
    """Open a run folder. Raises UserError where the folder is missing, incomplete or broken."""
    folder = Path(path)
    place = folder / MANIFEST
    if not folder.is_dir():
        raise UserError("a run is a folder", value=str(path), remedy="give the folder that `spiral run --out` wrote")
    if not place.is_file():
        raise UserError(
            "a run folder has a manifest", place=str(place), remedy="run the scenario again: this run did not finish"
        )
    run = Run(folder)
    try:
        needed = {"name", "scenario", "seed", "paths", "worlds", "files"} - run.manifest.keys()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            "a manifest is JSON", place=str(place), value=str(error), remedy="run the scenario again"
        ) from None
    if needed:
        raise UserError(
            "a manifest is complete",
            place=str(place),
            value=f"lacks {', '.join(sorted(needed))}",
            remedy="run the scenario again",
        )
    for name, size in run.manifest["files"].items():
        part = folder / name
        if not part.is_file() or part.stat().st_size != size:
            raise UserError(
                "a run's files are as written",
                place=str(part),
                value="missing or of another size",
                remedy="run the scenario again",
            )
    return run
