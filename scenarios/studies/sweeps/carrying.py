"""Resuming in a folder begun by another sweep or engine: which results are refused, kept, carried over or discarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.described import known_of
from scenarios.studies.sweeps.rows import ROWS
from scenarios.studies.sweeps.tidying import check_kept, discard_kept
from sim.errors import UserError
from sim.sweep_dataset import SweepResult
from sim.sweep_folder import RUNS
from sim.sweep_manifest import MANIFEST, PATHS, columns_of
from sim.sweep_parts import frame_of

if TYPE_CHECKING:
    import polars as pl

Changed = Literal["refuse", "recompute", "keep"]


@dataclass(frozen=True)
class Carried:
    """Finished cells that go on, each from the number that it had to the one that it has now."""

    folder: Path
    earlier: SweepResult
    cells: Plan
    columns: dict[str, str]
    moved: dict[int, int]  # new number by old one

    def batches(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Rows and paths of a segment at a time, under their new numbers."""
        import polars as pl

        rows = self.earlier.cells.collect()
        parts = self.earlier.parts
        order = sorted(self.moved, key=lambda old: self.moved[old])
        known = self.columns.keys() - {axis.name for axis in self.cells.spec.axes}
        for first in range(0, len(order), ROWS):
            olds = order[first : first + ROWS]
            old_rows = {row["cell"]: row for row in rows.filter(pl.col("cell").is_in(olds)).iter_rows(named=True)}
            kept = ({k: v for k, v in old_rows[old].items() if k in known} for old in olds)
            news = (known_of(self.cells, self.moved[old], self.columns) for old in olds)
            frame = frame_of((was | now for was, now in zip(kept, news, strict=True)), self.columns)
            numbers = {old: self.moved[old] for old in olds}
            paths = parts.paths(set(olds)).with_columns(pl.col("cell").replace_strict(numbers, return_dtype=pl.Int32))
            yield frame, paths.select(*PATHS).sort("cell", maintain_order=True).collect()

    def check(self) -> None:
        """Check that only the sweep's own files are discarded. Raises UserError."""
        for place in self._dropped():
            check_kept(place)

    def discard(self) -> None:
        """Throw away the datasets of cells that are not these any more."""
        for place in self._dropped():
            discard_kept(place)

    def _dropped(self) -> list[Path]:
        stay = {old for old, new in self.moved.items() if old == new}
        return [self.folder / RUNS / f"{old:05d}" for old in sorted(self.earlier.parts.numbers) if old not in stay]


def settle(
    folder: Path, manifest: dict[str, Any], cells: Plan, earlier: SweepResult, changed: Changed
) -> Carried | None:
    """Make sure that what has finished is what these cells would give; what has to move for it, None if nothing.

    Writes into `manifest` which other engines' cells are kept. Raises UserError.
    """
    was = earlier.manifest
    if "ids" not in was or "kept" not in was["engine"]:
        remedy = "give another --out"
        raise UserError(
            "a sweep that goes on knows its cells", value="no ids", place=str(folder / MANIFEST), remedy=remedy
        )
    first_layout = was.get("layout", 1) == 1
    ids = cells.first_layout_ids() if first_layout else cells.ids
    engine = manifest["engine"]["fingerprint"]  # this one
    engines = dict(earlier.cells.select("id", "engine").collect().iter_rows())  # of each finished cell
    kept = [] if changed == "recompute" else was["engine"]["kept"]  # other engines that the user said to keep
    others = {made_by for made_by in engines.values() if made_by not in (engine, *kept)}
    same = was["ids"] == ids and all(was[key] == manifest[key] for key in ("axes", "design"))
    if changed == "refuse":
        _refuse(folder, ids, earlier, engine, others, same=same)
    if changed == "keep":
        kept = sorted({*kept, *others})
    manifest["engine"]["kept"] = kept
    usable = {cell_id for cell_id, made_by in engines.items() if made_by in (engine, *kept)}
    if same and usable == engines.keys() and not first_layout:
        return None
    found: dict[str, int] = dict(earlier.cells.select("id", "cell").collect().iter_rows())
    moved = {found[cell_id]: index for index, cell_id in enumerate(ids) if cell_id in usable}
    return Carried(folder, earlier, cells, columns_of(manifest), moved)


def _refuse(folder: Path, ids: list[str], earlier: SweepResult, engine: str, others: set[str], *, same: bool) -> None:
    was, place = earlier.manifest, str(folder)
    if not same:
        common = len(set(ids) & set(was["ids"]))
        value = f"another: {common} of its {len(was['ids'])} cells are among these {len(ids)}"
        remedy = "--changed recompute runs what differs, or give another --out"
        raise UserError("a sweep goes on as it began", value=value, place=place, remedy=remedy)
    if others:
        value = f"engine {engine}, and {', '.join(sorted(others))} made some of its {earlier.done} cells"
        remedy = "--changed recompute runs those again, --changed keep keeps them, or give another --out"
        raise UserError("a sweep goes on with the engine that began it", value=value, place=place, remedy=remedy)
