"""Time and disk that a sweep will take, from a few of its own cells."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from scenarios.studies.sweeps.cell_run import DONE, CellResult, as_kept, run_cell
from scenarios.studies.sweeps.cells import MOST, Cell, Plan
from scenarios.studies.sweeps.described import found_of
from scenarios.studies.sweeps.rows import ROWS
from scenarios.studies.sweeps.spec import SweepSpec
from scenarios.studies.sweeps.writing import parquet
from sim.cores import worker_count
from sim.errors import SpiralError
from sim.scratch import scratch

TRIED = 3  # cells of each scenario: the first, one in the middle, the last
START = 3.0  # seconds for worker processes to start
BLOCK = 4096  # bytes that files are stored in
FLOAT = 8  # bytes of a figure


@dataclass(frozen=True)
class Estimate:
    """The rest of a sweep: cells, seconds with `workers` processes, bytes on disk; and how it was found."""

    cells: int
    finished: int
    tried: int
    workers: int
    seconds: float
    spread: float  # seconds of the dearest cell tried over those of the cheapest
    disk: int  # bytes

    def text(self) -> str:
        """Lines for a terminal."""
        left = self.cells - self.finished
        lines = [f"cells    {self.cells:,}" + (f", {self.finished:,} of them finished" if self.finished else "")]
        if self.cells > MOST:
            lines[0] += f": too many for one sweep, which runs at most {MOST:,}"
        if left:
            said = f"(from {self.tried} of the cells, the dearest {self.spread:.1f}x the cheapest)"
            lines.append(f"time     about {_span(self.seconds)} with {self.workers} workers {said}")
            lines.append(f"disk     about {_size(self.disk)}")
        return "\n".join(lines)


def estimate(spec: SweepSpec, cells: Plan, todo: Sequence[int], workers: int | None = None) -> Estimate:
    """Run up to three cells of each scenario aside and reckon the rest from them: nothing of the sweep is written.

    todo: numbers of the cells that are left, ascending. Raises SpiralError if one of those tried fails, with what it
    says.
    """
    count = min(worker_count(workers), max(len(todo), 1))
    seconds, disk, tried = 0.0, 0.0, 0
    times: list[float] = []
    for first in range(0, len(cells), cells.each):  # of each scenario
        begin, end = bisect_left(todo, first), bisect_left(todo, first + cells.each)
        if begin == end:
            continue
        chosen = sorted({begin + round(i * (end - begin - 1) / (TRIED - 1)) for i in range(TRIED)})
        found = [_tried(spec, cells[todo[i]], warm=bool(times) or i > chosen[0]) for i in chosen]
        times += [result.seconds for result, _ in found]
        seconds += (end - begin) * sum(result.seconds for result, _ in found) / len(found)
        disk += _disk([result for result, _ in found], end - begin)
        disk += (end - begin) * sum(kept for _, kept in found) / len(found)
        tried += len(found)
    start = START if count > 1 else 0.0
    spread = max(times) / max(min(times), 1e-6) if times else 1.0
    return Estimate(len(cells), len(cells) - len(todo), tried, count, start + seconds / count, spread, int(disk))


def _tried(spec: SweepSpec, cell: Cell, *, warm: bool) -> tuple[CellResult, int]:
    """The result of a cell, and the bytes of its own dataset, run in a folder of its own that is thrown away."""
    with scratch("estimate") as folder:
        if not warm:  # imports and compilation: once a worker, not once a cell
            few = dataclasses.replace(cell, scenario=cell.scenario.with_run(paths=min(cell.scenario.run.paths, 8)))
            run_cell(few)
        result = run_cell(cell, folder / "run" if spec.keep else None)
        if result.status != DONE:
            raise SpiralError(f"{cell.title} fails: {result.error}")
        return result, sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _disk(found: Sequence[CellResult], cells: int) -> float:
    """Bytes of so many cells' rows and paths, in segments as full as they get."""
    import polars as pl

    rows = pl.DataFrame([found_of(result) for result in found], infer_schema_length=None)
    segments = ceil(cells / ROWS)
    empty = len(parquet(rows)) - rows.height * rows.width * FLOAT  # a file's names and statistics
    paths = [frame for result in found if (frame := as_kept(result.paths, result.index)) is not None]
    each = sum(len(parquet(frame)) for frame in paths) / len(found)
    return segments * (max(empty, 0) + 1.5 * BLOCK) + cells * (rows.width * FLOAT + each)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(size: float) -> str:
    steps = {"GB": 1e9, "MB": 1e6, "kB": 1e3}
    unit = next((unit for unit, step in steps.items() if size >= step), "kB")
    return f"{size / steps[unit]:.1f} {unit}"
