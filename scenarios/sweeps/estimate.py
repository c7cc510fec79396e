"""What a sweep will take, from a few of its own cells."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scenarios.sweeps.cell_run import DONE, run_cell
from scenarios.sweeps.cells import Cell
from scenarios.sweeps.spec import SweepSpec
from scenarios.sweeps.store import Store
from sim.errors import SpiralError
from sim.scratch import scratch

TRIED = 3  # cells of each scenario: the first, one in the middle, the last
START = 3.0  # seconds for worker processes to start


@dataclass(frozen=True)
class Estimate:
    """What is left of a sweep: cells, seconds with `workers` processes, bytes on disk; and how it was found."""

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
        if left:
            said = f"(from {self.tried} of the cells, the dearest {self.spread:.1f}x the cheapest)"
            lines.append(f"time     about {_span(self.seconds)} with {self.workers} workers {said}")
            lines.append(f"disk     about {_size(self.disk)}")
        return "\n".join(lines)


def estimate(spec: SweepSpec, cells: Sequence[Cell], todo: Sequence[Cell], workers: int | None = None) -> Estimate:
    """Run up to three cells of each scenario aside and reckon the rest from them: nothing of the sweep is written.

    Raises SpiralError where one of them fails, with what it says.
    """
    count = min(workers or os.cpu_count() or 1, max(len(todo), 1))
    seconds, disk, tried = 0.0, 0.0, 0
    times: list[float] = []
    for base in dict.fromkeys(cell.base for cell in todo):
        mine = [cell for cell in todo if cell.base == base]
        chosen = {round(i * (len(mine) - 1) / (TRIED - 1)) for i in range(TRIED)}
        found = [_tried(spec, cells, mine[i], warm=bool(times)) for i in sorted(chosen)]
        times += [took for took, _ in found]
        seconds += len(mine) * sum(took for took, _ in found) / len(found)
        disk += len(mine) * sum(size for _, size in found) / len(found)
        tried += len(found)
    start = START if count > 1 else 0.0
    spread = max(times) / min(times) if times else 1.0
    return Estimate(len(cells), len(cells) - len(todo), tried, count, start + seconds / count, spread, int(disk))


def _tried(spec: SweepSpec, cells: Sequence[Cell], cell: Cell, *, warm: bool) -> tuple[float, int]:
    """Seconds and bytes of a cell, run in a folder of its own that is thrown away."""
    with scratch("estimate") as folder:
        if not warm:  # what the first cell imports and compiles, every worker does once, not every cell
            few = dataclasses.replace(cell, scenario=cell.scenario.with_run(paths=min(cell.scenario.run.paths, 8)))
            run_cell(few)
        store = Store(folder / "sweep", spec, cells)
        with store.lock():
            store.begin()
            empty = _bytes(folder)
            result = run_cell(cell, store.keep_folder(cell))
            store.write(result)
            if result.status != DONE:
                raise SpiralError(f"{cell.title} fails: {result.error}")
            return result.seconds, _bytes(folder) - empty


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _size(size: float) -> str:
    steps = {"GB": 1e9, "MB": 1e6, "kB": 1e3}
    unit = next((unit for unit, step in steps.items() if size >= step), "kB")
    return f"{size / steps[unit]:.1f} {unit}"
