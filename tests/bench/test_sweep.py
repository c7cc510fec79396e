"""What the machinery of sweeps adds to the runs themselves, and what a second worker brings."""

from __future__ import annotations

import os
import time

import pytest

from scenarios.studies.run import run
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.loading import sweep_from_dict
from scenarios.studies.sweeps.sweep import sweep
from tests.bench.timing import in_turns, least

FEW = 3  # cells
LIMITED = 100  # cells from which on the start of workers no longer counts


def spec(cells, paths):
    axis = {"key": "venue.asset.depth", "low": 2e9, "high": 16e9, "scale": "log", "steps": cells}
    return sweep_from_dict(
        {"name": "bench", "scenarios": ["covid_crash_2020"], "paths": paths, "axes": {"depth": axis}}
    )


@pytest.mark.long
def test_overhead(board, tmp_path):
    """The same runs one by one, each written as `spiral run` does, without reading a figure off them."""

    def plain():
        for cell in cells:
            run(cell.scenario, out=tmp_path / "run", workers=1)

    def swept():
        sweep(few, out=tmp_path / f"sweep-{time.perf_counter_ns()}", workers=1)

    few = spec(FEW, 1_000)
    cells = list(Plan(few))
    run(cells[0].scenario, out=tmp_path / "run", workers=1)  # what only the first costs
    ours, theirs = least(3, swept, plain)
    what = f"sweep of {FEW} covid cells of 1,000 paths, figures and rows kept, 1 worker"
    board.within(what, "spiral run for each, no figures", ours=ours, theirs=theirs, at_most=1.05)


@pytest.mark.long
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_two_workers(board, tmp_path, request):
    cells, found = request.config.getoption("--bench-cells"), {}

    def wall(workers):
        begun = time.perf_counter()
        result = sweep(spec(cells, 1_000), out=tmp_path / f"{time.perf_counter_ns()}", workers=workers)
        spent = time.perf_counter() - begun
        found[workers] = result.cells.drop("seconds").collect()
        return spent

    two, one = in_turns(2, wall, 2, 1)
    assert found[2].equals(found[1])
    what, limit = f"sweep of {cells} covid cells of 1,000 paths by 2 workers", 1.8 if cells >= LIMITED else None
    board.faster(what, "by 1 worker (wall clock)", ours=two, theirs=one, at_least=limit)
