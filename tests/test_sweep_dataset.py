"""A sweep's folder is read as it stands: whole, under way, empty, broken."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import polars as pl
import pytest

from sim.errors import UserError
from sim.sweep_dataset import open_sweep
from tests.sweeps_made import DEPTH, POLICY, SIZE, listed, write_sweep
from tests.synthetic_run import write_run

AXES = [listed(SIZE, (0.5, 1.0, 2.0)), listed(DEPTH, (0.25, 1.0))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sweep(tmp_path / "sweep", AXES, failed={4: "no price"})


def test_cells_and_paths_are_sorted_and_whole(folder: Path) -> None:
    sweep = open_sweep(folder)
    cells = sweep.cells.collect()
    assert cells["cell"].to_list() == list(range(6))
    assert cells.filter(cell=4).select("status", "error", "cost_of_survival").row(0) == ("failed", "no price", None)
    assert (sweep.done, sweep.complete) == (6, True)
    assert [axis["name"] for axis in sweep.axes] == ["size", "depth"]
    paths = sweep.paths.collect()
    assert paths["cell"].unique().to_list() == [0, 1, 2, 3, 5]
    assert paths.height == 5 * 2 * 20
    assert pl.scan_parquet(folder / "cells").collect().height == 6
    assert "6 of 6 cells" in repr(sweep)


def test_a_sweep_under_way_grows(tmp_path: Path) -> None:
    whole = write_sweep(tmp_path / "whole", AXES)
    part = write_sweep(tmp_path / "part", AXES, missing=[3, 5])
    sweep = open_sweep(part)
    assert (sweep.done, sweep.complete) == (4, False)
    late = next((whole / "cells").glob("00003-*"))
    shutil.copy(late, part / "cells" / f".{late.name}.part")  # being written
    shutil.copy(whole / "paths" / late.name, part / "paths" / late.name)  # its paths are written first
    assert sweep.done == 4
    assert 3 not in sweep.paths.collect()["cell"]
    shutil.copy(late, part / "cells" / late.name)
    assert sweep.done == 5
    assert 3 in sweep.paths.collect()["cell"]


def test_a_sweep_without_a_finished_cell_has_empty_frames(tmp_path: Path) -> None:
    axes = [*AXES, listed(POLICY, [{"kind": "every"}, {"kind": "never"}])]
    empty = open_sweep(write_sweep(tmp_path / "none", axes, missing=range(12)))
    full = open_sweep(write_sweep(tmp_path / "all", axes))
    assert empty.cells.collect().height == 0
    assert empty.cells.collect_schema() == full.cells.collect_schema()
    assert empty.paths.collect_schema() == full.paths.collect_schema()


def test_paths_of_an_older_engine_have_every_column(folder: Path) -> None:
    for place in (folder / "paths").glob("*.parquet"):
        pl.read_parquet(place).drop("capital_needed", "reduced").write_parquet(place)
    older = open_sweep(folder).paths.collect()
    assert older.height and older["capital_needed"].null_count() == older["reduced"].null_count() == older.height


def test_of_a_cell_computed_again_the_newer_file_counts(folder: Path) -> None:
    old = next((folder / "cells").glob("00000-*"))
    new = old.with_name("00000-000000000000.parquet")
    pl.read_parquet(old).with_columns(seconds=pl.lit(9.0)).write_parquet(new)
    os.utime(old, (1, 1))
    assert open_sweep(folder).cells.collect()["seconds"].to_list() == [9.0, *[1.5] * 5]
    os.utime(new, (0, 0))
    assert open_sweep(folder).cells.collect()["seconds"].to_list() == [1.5] * 6


def test_a_kept_cell_opens_as_a_run(folder: Path) -> None:
    write_run(folder / "runs" / "00002", paths=3)
    assert open_sweep(folder).run(2).manifest["paths"] == 3
    with pytest.raises(UserError, match=r"keep = true"):
        open_sweep(folder).run(1)


def test_missing_and_broken_folders_are_told_in_a_line(folder: Path, tmp_path: Path) -> None:
    manifest = folder / "sweep.json"
    text = manifest.read_text()
    told = [_told(tmp_path / "nowhere"), _told(tmp_path)]
    manifest.write_text(text[:50])
    told.append(_told(folder))
    manifest.write_text(json.dumps({k: v for k, v in json.loads(text).items() if k != "axes"}))
    told.append(_told(folder))
    manifest.write_text(text)
    cell = next((folder / "cells").glob("00001-*"))
    whole = cell.read_bytes()
    cell.write_bytes(whole[: len(whole) // 2])
    told.append(_told(folder))
    assert [rule for rule, _ in told] == [
        "a sweep is a folder", "a sweep's folder has a sweep.json", "a manifest is JSON", "a manifest is complete",
        "a cell's file is whole",
    ]  # fmt: skip
    assert all("\n" not in line for _, line in told)


def _told(folder: Path) -> tuple[str, str]:
    with pytest.raises(UserError) as caught:
        open_sweep(folder)
    return caught.value.rule, str(caught.value)
