"""What the machinery of sweeps adds to the runs themselves, and what a second worker brings."""

from __future__ import annotations

import time
from dataclasses import replace

import polars as pl
import pytest

from scenarios.studies.run import run
from scenarios.studies.sweeps.cell_run import MEASURED, run_cell
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.loading import sweep_from_dict
from scenarios.studies.sweeps.sweep import sweep
from sim.cores import cores
from tests.bench.timing import in_turns, least, seconds

FEW, MANY = 2, 5_000  # cells
LIMITED = 100  # cells from which on the start of workers no longer counts

pytestmark = pytest.mark.portable


def spec(cells, paths):
    axis = {"key": "venue.asset.depth", "low": 2e9, "high": 16e9, "scale": "log", "steps": cells}
    return sweep_from_dict(
        {"name": "bench", "scenarios": ["covid_crash_2020"], "paths": paths, "axes": {"depth": axis}}
    )


@pytest.mark.long
def test_overhead(board, tmp_path):
    """The same runs one by one, without reading a figure off them: with all tables, and with those of a cell."""

    def swept():
        sweep(few, out=tmp_path / f"sweep-{time.perf_counter_ns()}", workers=1)

    def plain(tables=None):
        for cell in cells:
            run(cell.scenario, out=tmp_path / "run", workers=1, tables=tables)

    few = spec(FEW, 1_000)
    cells = list(Plan(few))
    run(cells[0].scenario, out=tmp_path / "run", workers=1)  # what only the first costs
    ours, whole, same = least(8, swept, plain, lambda: plain(MEASURED))
    what = f"sweep of {FEW} covid cells of 1,000 paths, figures and rows kept, 1 worker"
    board.within(what, "a run of each, all tables, no figures", ours=ours, theirs=whole, at_most=1.05)
    board.within(what, "a run of each, the same tables, no figures", ours=ours, theirs=same, at_most=1.05)


@pytest.mark.long
def test_resume(board, tmp_path):
    """Cells whose runs are replaced by a stored result: what the calling process does itself."""
    many = spec(MANY, 32)
    stored = run_cell(Plan(many)[0])

    def done(jobs, workers, work):
        for cell, _ in jobs:
            yield replace(stored, index=cell.index, paths=stored.paths.with_columns(cell=pl.lit(cell.index, pl.Int32)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.studies.sweeps.sweep.run_local", done)
        spent = seconds(lambda: sweep(many, out=tmp_path / "many", workers=1))
    board.figure(f"of a sweep of {MANY:,} cells: CPU time a cell of the calling process", 1e3 * spent / MANY, "ms")
    (again,) = least(3, lambda: sweep(many, out=tmp_path / "many", workers=1))
    board.figure(f"resuming a sweep of {MANY:,} finished cells", again, "s", at_most=2)


@pytest.mark.long
@pytest.mark.longest
@pytest.mark.skipif(cores() < 2, reason="needs two cores")
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
