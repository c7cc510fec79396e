"""A sweep's folder: many rows a file, nothing lost, nothing of the user's touched, broken files told in a line."""

from __future__ import annotations

import random
import shutil
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from scenarios.studies.sweeps import cells as planning
from scenarios.studies.sweeps import rows as kept_rows
from scenarios.studies.sweeps import store as stores
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.sweep import dry_run, sweep
from sim.errors import UserError
from sim.sweep_dataset import open_sweep
from tests.sweep_results import result_of, spec_of, store_of


def fill(folder, spec, numbers, changed="refuse", **more):
    """Write results of these cells, as a sweep does."""
    store = store_of(folder, spec)
    with store.lock():
        store.begin(changed)
        for number in numbers:
            store.write(result_of(number, **more))
    return folder


@pytest.fixture(scope="module")
def spec():
    return spec_of(12)


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    """Segments of four cells: what happens every few hundred happens here all the time."""
    monkeypatch.setattr(kept_rows, "ROWS", 4)


@pytest.fixture
def whole(tmp_path, spec):
    return fill(tmp_path / "whole", spec, range(12))


def files_of(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def told(folder):
    with pytest.raises(UserError) as caught:
        open_sweep(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_many_cells_a_file(whole, spec):
    assert len(files_of(whole)) <= 2 * 12 / 4 + 3, "segments of cells and paths, manifest, journal and lock"
    rows = open_sweep(whole).cells.collect()
    assert rows["cell"].to_list() == list(range(12))
    assert rows["pnl"].to_list() == list(range(12))
    assert rows["peak_vol"].null_count() == 12, "no figure is null, not NaN"
    assert rows["id"].to_list() == Plan(spec).ids
    paths = open_sweep(whole).paths.collect()
    assert paths["cell"].to_list() == [cell for cell in range(12) for _ in range(6)]
    expected = pl.concat([result_of(cell).paths for cell in range(12)])
    assert_frame_equal(paths.drop("cell"), expected, check_exact=True)
    assert pl.scan_parquet(whole / "cells").collect().height == 12
    assert open_sweep(whole).manifest["metrics"]["pnl"] == {"label": "The pnl", "unit": "$"}


@pytest.mark.slow
def test_at_every_moment_each_finished_cell_is_there_once(tmp_path, spec, monkeypatch):
    """The folder is copied after every file that is put in place or record that is added: what a kill would leave."""
    out, moments = tmp_path / "s", []
    for where, name in (
        (stores, "replace"),
        (kept_rows, "replace"),
        (kept_rows, "put_segment"),
        (kept_rows.Tail, "add"),
    ):
        act = getattr(where, name)

        def then_look(*args, act=act, **more):
            found = act(*args, **more)
            if (out / "sweep.json").is_file():
                moments.append(shutil.copytree(out, tmp_path / f"at-{len(moments)}"))
            return found

        monkeypatch.setattr(where, name, then_look)
    done = list(range(12))
    random.Random(1).shuffle(done)
    fill(out, spec, done[:5])
    fill(out, spec, done[5:])
    monkeypatch.undo()
    monkeypatch.setattr(kept_rows, "ROWS", 4)
    seen = [open_sweep(moment).cells.collect()["cell"].to_list() for moment in moments]
    assert len(moments) > 20
    for before, after in pairwise(seen):
        assert set(before) <= set(after), "nothing that had finished is lost"
        assert after == sorted(set(after)), "and nothing is there twice"
    for moment, cells in zip(moments, seen, strict=True):
        paths = open_sweep(moment).paths.collect()["cell"].to_list()
        assert paths == [cell for cell in cells for _ in range(6)]
    for moment, cells in list(zip(moments, seen, strict=True))[::3]:
        left = [number for number in range(12) if number not in cells]
        store = store_of(moment, spec)
        with store.lock():
            store.begin()
            assert store.todo() == left
            for number in left:
                store.write(result_of(number))
        again = open_sweep(moment)
        assert_frame_equal(again.cells.collect(), open_sweep(out).cells.collect(), check_exact=True)
        assert_frame_equal(again.paths.collect(), open_sweep(out).paths.collect(), check_exact=True)
        assert pl.scan_parquet(moment / "cells").collect()["cell"].is_unique().all()


def test_cut_off_anywhere_the_journal_holds_what_came_before(tmp_path, spec):
    out = tmp_path / "s"
    store = store_of(out, spec)
    with store.lock():
        store.begin()
        for number in range(3):
            store.write(result_of(number))
        ends = [store._rows._opened().end]
        shutil.copytree(out, tmp_path / "cut")
    journal = (tmp_path / "cut" / "journal-0").read_bytes()
    assert len(journal) == ends[0]
    for cut in (*range(len(journal) - 40, len(journal)), len(journal) - 900):
        (tmp_path / "cut" / "journal-0").write_bytes(journal[:cut])
        assert open_sweep(tmp_path / "cut").cells.collect()["cell"].to_list() == [0, 1]
    for tail in (b"\0" * 500, journal[-300:]):
        (tmp_path / "cut" / "journal-0").write_bytes(journal + tail)
        assert open_sweep(tmp_path / "cut").done == 3
    flipped = bytearray(journal)
    flipped[len(journal) // 3] ^= 4
    (tmp_path / "cut" / "journal-0").write_bytes(flipped)
    assert "a cell's file is whole" in told(tmp_path / "cut"), "whole records follow it"
    (tmp_path / "cut" / "journal-0").write_bytes(b"\0" * len(journal))
    assert "a cell's file is whole" in told(tmp_path / "cut")


@pytest.mark.slow
def test_going_on_builds_no_scenario_for_what_has_finished(tmp_path, monkeypatch):
    spec = spec_of(40)
    fill(tmp_path / "s", spec, range(38))
    built = []
    scenario = planning.Plan._scenario
    monkeypatch.setattr(planning.Plan, "_scenario", lambda self, at: built.append(at.index) or scenario(self, at))
    monkeypatch.setattr("scenarios.studies.sweeps.local.run_cell", lambda cell, *_: result_of(cell.index))
    result = sweep(spec, out=tmp_path / "s", workers=1)
    assert result.complete
    assert built == [38, 39]
    built.clear()
    sweep(spec, out=tmp_path / "s", workers=1)
    assert built == []


def test_a_dry_run_of_a_million_cells_builds_a_few(tmp_path, monkeypatch):
    spec = spec_of(1000, axes={
        "depth": {"key": "venue.asset.depth", "low": 2e9, "high": 16e9, "steps": 1000},
        "spread": {"key": "venue.asset.half_spread", "low": 1e-4, "high": 1e-3, "steps": 1000},
    })  # fmt: skip
    built = []
    scenario = planning.Plan._scenario
    monkeypatch.setattr(planning.Plan, "_scenario", lambda self, at: built.append(at.index) or scenario(self, at))
    monkeypatch.setattr("scenarios.studies.sweeps.estimate.run_cell", lambda cell, *_: result_of(cell.index))
    found = dry_run(spec, out=tmp_path / "s", workers=1)
    assert built == [0, 500_000, 999_999]
    assert (found.cells, found.tried) == (1_000_000, 3)
    assert "too many for one sweep" in found.text()
    for refused in (lambda spec: Plan(spec).check_count(), lambda spec: sweep(spec, out=tmp_path / "s")):
        with pytest.raises(UserError, match="a sweep runs at most 100,000 cells, got 1000000"):
            refused(spec)
    assert list(tmp_path.iterdir()) == []


def test_a_bad_cell_is_refused_before_anything_is_there(tmp_path, spec):
    bad = spec_of(3, axes={"depth": {"key": "venue.asset.depth", "values": [1e9, 2e9, -1.0]}})
    with pytest.raises(UserError, match=r"cell 2 \(depth = -1\): venue.asset.depth: must be > 0"):
        sweep(bad, out=tmp_path / "s", workers=1)
    assert list(tmp_path.iterdir()) == []


def test_ids_change_with_all_that_matters_and_with_nothing_else(tmp_path):
    depth = {"key": "venue.asset.depth", "values": [1e9, 2e9]}
    plain = Plan(spec_of(2, axes={"depth": depth})).ids
    spread = {"key": "venue.asset.half_spread", "values": [Plan(spec_of(2)).bases[0].scenario.venue.asset.half_spread]}
    assert Plan(spec_of(2, axes={"depth": depth, "spread": spread})).ids == plain, "set to what it is: the same cells"
    others = [
        spec_of(2, axes={"depth": {**depth, "values": [1e9, 2.5e9]}}), spec_of(2, axes={"depth": depth}, seed=5),
        spec_of(2, axes={"depth": depth}, paths=4), spec_of(2, axes={"depth": depth}, agent="all"),
        spec_of(2, axes={"depth": depth}, twin="none"), spec_of(2, axes={"depth": depth}, noise="fresh"),
        spec_of(2, axes={"depth": depth}, settings={"clock.tick_minutes": 195}),
        spec_of(2, axes={"depth": depth}, scenarios=["brexit_2016"]),
    ]  # fmt: skip
    assert [Plan(other).ids[1] == plain[1] for other in others] == [False] * len(others)


POLICY = """
from dataclasses import dataclass

from agents.policies import Policy


@dataclass(frozen=True, kw_only=True)
class Half(Policy):
    share: float = 0.5

    def desired(self, at):
        return self.share * at.target
"""


def test_a_policy_of_ones_own_on_an_axis_is_part_of_its_cells(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "half_of_it.py").write_text(POLICY)
    values = [{"kind": "never"}, {"kind": "half_of_it:Half"}, {"kind": "half_of_it:Half", "share": 0.25}]
    spec = spec_of(3, axes={"policy": {"key": "agents.{desk}.policy", "values": values}})
    before = Plan(spec).ids
    assert len(set(before)) == 3
    (tmp_path / "half_of_it.py").write_text(POLICY + "# another\n")
    assert [old == new for old, new in zip(before, Plan(spec).ids, strict=True)] == [True, False, False]


def test_a_cell_that_is_run_again_stands_in_one_segment(tmp_path, spec):
    out = fill(tmp_path / "s", spec, range(12))
    store = store_of(out, spec)
    with store.lock():
        store.begin()
        for number in (2, 9):
            store.write(result_of(number, failed=True))
    rows = open_sweep(out).cells.collect()
    assert rows.filter(pl.col("status") == "failed")["cell"].to_list() == [2, 9]
    assert pl.scan_parquet(out / "cells").sort("cell").collect()["cell"].to_list() == list(range(12))
    assert set(range(12)) - set(open_sweep(out).paths.collect()["cell"]) == {2, 9}
    assert store_of(out, spec).todo() == []
    assert store_of(out, spec).todo(retry_failed=True) == [2, 9]


def test_another_sweep_keeps_what_is_the_same_wherever_it_stood(whole, tmp_path, spec):
    values = spec.axes[0].levels()
    wider = spec_of(0, axes={"depth": {"key": "venue.asset.depth", "values": [1e9, *reversed(values)]}})
    out = shutil.copytree(whole, tmp_path / "s")
    with pytest.raises(UserError, match="another: 12 of its 12 cells are among these 13"):
        fill(out, wider, [])
    store = store_of(out, wider)
    with store.lock():
        store.begin("recompute")
        assert store.todo() == [0]
    found = open_sweep(out)
    assert found.cells.collect()["cell"].to_list() == list(range(1, 13))
    assert found.cells.collect()["pnl"].to_list() == [float(n) for n in reversed(range(12))]
    was = open_sweep(whole).paths.filter(pl.col("cell") == 11).drop("cell").collect()
    assert_frame_equal(found.paths.filter(pl.col("cell") == 1).drop("cell").collect(), was)
    assert len(files_of(out)) <= len(files_of(whole)) + 2


def test_a_cell_that_a_reader_has_seen_outlives_an_interruption(tmp_path, spec, monkeypatch):
    """Ctrl-C right after the disk has taken a record: the cell is in the journal, and must not leave it again."""
    write, written = kept_rows.Tail.add, []

    def interrupted(tail, record):
        write(tail, record)
        written.append(record)
        if len(written) == 2:
            assert open_sweep(tmp_path / "s").done == 2
            raise KeyboardInterrupt

    monkeypatch.setattr(kept_rows.Tail, "add", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "s", spec, range(3))
    assert open_sweep(tmp_path / "s").done == 2
