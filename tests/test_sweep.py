"""A sweep as users meet it: one dataset, the same whatever ran it, going on where it stopped, failures kept."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from agents.desk.loss import LOSS
from analysis import summarise
from analysis.explained import LABELS
from scenarios import Axis, SweepSpec, load, open_sweep, run, sweep
from scenarios.house import ROOMS
from scenarios.studies.sweeps import local
from scenarios.studies.sweeps import store as stores
from scenarios.studies.sweeps.cell_run import run_cell
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.fingerprint import sources
from scenarios.studies.sweeps.sweep import dry_run
from sim.errors import UserError
from sim.metric_names import COUNTERFACTUAL, EFFECTIVENESS, metrics
from tests.command import ROOT

BRITTLE = '''
from dataclasses import dataclass
from pathlib import Path

from agents.base import Agent
from sim.phases import Phase


@dataclass(frozen=True, kw_only=True)
class Brittle(Agent):
    """Fails while a file is missing, where it is told to."""

    fails: int
    without: str

    def live(self, world):
        if self.fails == 1 and not Path(self.without).exists():
            raise RuntimeError("brittle")
        yield world.after(60, Phase.MARK)
'''
BASE = "china_deval_2015"  # ten days
QUICK = {"clock.tick_minutes": 390, "run.paths": 12}
DEPTHS = (2e9, 8e9)
POLICIES = ({"kind": "never"}, {"kind": "band", "width": 0.05})


def spec_of(**changes):
    axes = (
        Axis(name="depth", key="venue.asset.depth", values=DEPTHS, label="Depth", unit="$"),
        Axis(name="policy", key="agents.hedger.policy", values=POLICIES),
    )
    base = SweepSpec(name="small", scenarios=(load(BASE, QUICK),), axes=axes)
    return dataclasses.replace(base, **changes)


def replace_axes(depths):
    return spec_of(axes=(Axis(name="depth", key="venue.asset.depth", values=depths), spec_of().axes[1]))


def table(result):
    """What must not depend on how the sweep was run."""
    return result.cells.drop("seconds").collect()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return sweep(spec_of(), out=tmp_path_factory.mktemp("sweeps") / "whole", workers=1)


def test_a_row_a_cell_with_every_figure_of_its_run(whole, tmp_path):
    rows = pl.scan_parquet(whole.path / "cells").sort("cell").collect()
    assert rows.select("cell", "depth", "policy", "status").rows() == [
        (0, 2e9, "kind=never", "done"),
        (1, 2e9, "kind=band width=0.05", "done"),
        (2, 8e9, "kind=never", "done"),
        (3, 8e9, "kind=band width=0.05", "done"),
    ]
    changes = {"venue.asset.depth": 2e9, "agents.hedger.policy": POLICIES[1], "run.witnesses": 0}
    alone = run(load(BASE, QUICK | changes), out=tmp_path / "run", workers=1)
    for world, prefix in (("actual", ""), ("price_taker", "twin_")):
        numbers = summarise(alone, world=world)
        assert set(numbers) == {*metrics(LOSS), *COUNTERFACTUAL, *EFFECTIVENESS, *LABELS}
        for name in metrics(LOSS):
            number = numbers[name]
            found = rows[prefix + name][1], rows[f"{prefix}{name}_error"][1]
            expected = tuple(None if x is None or np.isnan(x) else x for x in (number.value, number.error))
            assert [x is None for x in found] == [x is None for x in expected], name
            assert [x for x in found if x is not None] == pytest.approx([x for x in expected if x is not None]), name
            assert whole.manifest["metrics"][name] == {"label": number.label, "unit": number.unit}
    paths = whole.paths.filter((pl.col("cell") == 1) & (pl.col("world") == "actual")).collect()
    assert paths.height == 12
    assert paths["pnl"].mean() == pytest.approx(rows["pnl"][1], rel=1e-12)
    assert paths["liquidated"].mean() == pytest.approx(rows["liquidation_rate"][1])


@pytest.mark.slow
def test_two_workers_give_the_same_table(whole, tmp_path):
    seen = []
    result = sweep(spec_of(), out=tmp_path / "two", workers=2, progress=lambda *at: seen.append(at))
    assert_frame_equal(table(result), table(whole), check_exact=True)
    assert_frame_equal(result.paths.collect(), whole.paths.collect(), check_exact=True)
    assert seen[0] == (0, 0.0, 4)
    assert seen[-1] == (4, 4.0, 4)
    assert sorted(work for _, work, _ in seen) == [work for _, work, _ in seen]
    assert any(work % 1 for _, work, _ in seen), "the work inside a cell is told too"


@pytest.mark.slow
def test_common_noise_is_the_same_on_every_path_and_fresh_noise_is_not(whole, tmp_path):
    """The book's own P&L in the frozen twin knows nothing of the policy: equal path by path under common noise."""
    fresh = sweep(spec_of(noise="fresh"), out=tmp_path / "fresh", workers=1)
    for result, same in ((whole, True), (fresh, False)):
        twin = result.paths.filter(pl.col("world") == "price_taker").collect()
        alone, banded = (twin.filter(pl.col("cell") == cell)["unhedged_pnl"].to_numpy() for cell in (2, 3))
        assert np.allclose(alone, banded, rtol=1e-9) is same
    assert fresh.cells.select("seed").collect()["seed"].n_unique() == 4


def test_it_goes_on_where_it_stopped_and_runs_nothing_twice(whole, tmp_path, monkeypatch):
    out = tmp_path / "s"
    finished = []
    keep = stores.Store.write

    def stop_after_two(self, result):
        keep(self, result)
        finished.append(result.index)
        if len(finished) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(stores.Store, "write", stop_after_two)
    with pytest.raises(KeyboardInterrupt):
        sweep(spec_of(), out=out, workers=1)
    assert open_sweep(out).done == 2
    assert not open_sweep(out).complete
    result = sweep(spec_of(), out=out, workers=1)
    assert sorted(finished) == [0, 1, 2, 3]
    assert_frame_equal(table(result), table(whole), check_exact=True)


def test_files_left_by_a_kill_are_not_read(whole, tmp_path):
    """A record that was torn, and what was being written, belong to a cell that has to run."""
    spec = spec_of()
    store = stores.Store(tmp_path / "s", spec, Plan(spec))
    with store.lock():
        store.begin()
        for cell in Plan(spec)[:3]:
            store.write(run_cell(cell))
        shutil.copytree(tmp_path / "s", tmp_path / "torn")  # as it stands now: killed, it would be left so
    result = open_sweep(tmp_path / "torn")
    journal = result.path / "journal-0"
    journal.write_bytes(journal.read_bytes()[:-100])
    (result.path / ".aside" / "cells-segment-00000-0123456789abcdef.parquet").write_bytes(b"torn")
    (result.path / ".aside" / "notes.txt").write_text("mine")
    assert result.cells.collect()["cell"].to_list() == [0, 1]
    assert result.paths.collect()["cell"].unique().to_list() == [0, 1]
    again = sweep(spec, out=result.path, workers=1)
    assert_frame_equal(table(again), table(whole), check_exact=True)
    assert_frame_equal(again.paths.collect(), whole.paths.collect(), check_exact=True)
    assert [place.name for place in (result.path / ".aside").iterdir()] == ["notes.txt"]


@pytest.fixture
def brittle(tmp_path, monkeypatch):
    """A sweep of which one cell fails until a file is there, and that file."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "brittle", raising=False)
    (tmp_path / "brittle.py").write_text(BRITTLE)
    (tmp_path / "calm.toml").write_text(calm_with(tmp_path / "glue"))
    axes = (Axis(name="fails", key="agents.brittle.fails", values=(0, 1, 2)),)
    return SweepSpec(name="b", scenarios=("calm.toml",), axes=axes, folder=tmp_path), tmp_path / "glue"


def calm_with(glue):
    from scenarios.reading.shipped import catalogue

    text = catalogue()["calm_market"].read_text().replace("paths = 1000", "paths = 4")
    text = text.replace("tick_minutes = 30", "tick_minutes = 390").replace('interval = "30m"', 'interval = "tick"')
    return f'{text}\n[agents.brittle]\ntype = "brittle:Brittle"\nfails = 0\nwithout = "{glue}"\n'


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_a_failed_cell_is_kept_with_its_error_and_can_be_run_again(brittle, tmp_path, workers):
    spec, glue = brittle
    result = sweep(spec, out=tmp_path / "s", workers=workers)
    rows = result.cells.select("cell", "status", "error", "pnl").collect().rows()
    assert [row[1] for row in rows] == ["done", "failed", "done"], rows
    assert rows[1][2].startswith("agent 'brittle' (brittle:Brittle), before the first tick, world actual: RuntimeError")
    assert rows[1][3] is None
    glue.touch()
    again = sweep(spec, out=tmp_path / "s", workers=workers)
    assert again.cells.collect()["status"].to_list() == ["done", "failed", "done"], "not without being asked"
    mended = sweep(spec, out=tmp_path / "s", workers=workers, retry_failed=True).cells.collect()
    assert mended["status"].to_list() == ["done"] * 3
    assert mended["error"].null_count() == 3
    assert mended["pnl"].n_unique() == 1


@pytest.mark.slow
def test_another_sweep_is_refused_or_recomputed_and_what_is_the_same_is_kept(whole, tmp_path):
    out = tmp_path / "s"
    took = sweep(spec_of(), out=out, workers=1).cells.collect()["seconds"].to_list()
    more = replace_axes((2e9, 4e9, 8e9))
    with pytest.raises(UserError, match=r"goes on as it began, got 'another: 4 of its 4 cells are among these 6'"):
        sweep(more, out=out, workers=1)
    assert_frame_equal(table(open_sweep(out)), table(whole), check_exact=True)
    result = sweep(more, out=out, workers=1, changed="recompute")
    fresh = sweep(more, out=tmp_path / "fresh", workers=1)
    assert_frame_equal(table(result), table(fresh), check_exact=True)
    assert_frame_equal(result.paths.collect(), fresh.paths.collect(), check_exact=True)
    assert result.cells.filter(pl.col("depth") != 4e9).collect()["seconds"].to_list() == took, "not run again"


@pytest.mark.slow
def test_another_engine_is_noticed(tmp_path, monkeypatch):
    out, spec = tmp_path / "s", spec_of(axes=spec_of().axes[:1])
    first = table(sweep(spec, out=out, workers=1))
    for module in ("store", "cell_run", "sweep"):
        monkeypatch.setattr(f"scenarios.studies.sweeps.{module}.fingerprint", lambda: "another")
    with pytest.raises(UserError, match=r"that began it, got 'engine another, and \w+ made some of its 2 cells'"):
        sweep(spec, out=out, workers=1)
    kept = table(sweep(spec, out=out, workers=1, changed="keep"))
    assert_frame_equal(kept, first, check_exact=True)
    sweep(spec, out=out, workers=1)  # it is remembered that they are kept
    anew = table(sweep(spec, out=out, workers=1, changed="recompute"))
    assert set(anew["engine"]) == {"another"}
    assert_frame_equal(anew.drop("engine"), first.drop("engine"), check_exact=True)
    sweep(spec, out=out, workers=1)  # and now it is this engine's


LOADED = """
import sys

from scenarios.studies.sweeps.cell_run import run_cell
from scenarios.studies.sweeps.cells import Plan
from scenarios.studies.sweeps.spec import Axis, SweepSpec

depth = Axis(name="depth", key="venue.asset.depth", values=(1e9,))
settings = {"clock.tick_minutes": 390}
(cell,) = Plan(SweepSpec(name="x", scenarios=("covid_crash_2020",), paths=4, settings=settings, axes=(depth,)))
assert run_cell(cell).status == "done"
for module in list(sys.modules.values()):
    print(getattr(module, "__file__", None) or "")
"""


def test_all_that_a_cell_loads_of_ours_is_in_its_fingerprint():
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    loaded = {Path(line).relative_to(ROOT) for line in done.stdout.split("\n") if line.startswith(str(ROOT))}
    ours = {file for file in loaded if file.parts[0] in ROOMS}
    known = {file.relative_to(ROOT) for file in sources()}
    assert len(ours) > 60
    assert ours <= known


@pytest.mark.slow
def test_a_pool_that_breaks_before_it_takes_a_cell_loses_none(whole, tmp_path, monkeypatch):
    """A worker may die between two submissions: the pool then refuses the next cell."""
    refused = []
    submit = local._Pools._submit

    def breaks_once(self, pool, number):
        if number == 2 and not refused:
            refused.append(number)
            raise BrokenProcessPool
        return submit(self, pool, number)

    monkeypatch.setattr(local._Pools, "_submit", breaks_once)
    result = sweep(spec_of(), out=tmp_path / "s", workers=2)
    assert refused == [2]
    assert_frame_equal(table(result), table(whole), check_exact=True)


def test_an_agent_of_ones_own_that_was_rewritten_is_another_cell(brittle, tmp_path):
    spec, _ = brittle
    before = [cell.id for cell in Plan(spec)]
    assert before == [cell.id for cell in Plan(spec)]
    with (tmp_path / "brittle.py").open("a") as file:
        file.write("# more")
    assert not set(before) & {cell.id for cell in Plan(spec)}


def test_only_one_process_at_a_time_and_no_folder_of_others(tmp_path):
    other = stores.Store(tmp_path / "s", spec_of(), Plan(spec_of()))
    with other.lock(), pytest.raises(UserError, match="another process is running this sweep"):
        sweep(spec_of(), out=tmp_path / "s", workers=1)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="a sweep goes into a folder of its own, got 'other files'"):
        sweep(spec_of(), out=tmp_path / "other", workers=1)
    assert [p.name for p in (tmp_path / "other").iterdir()] == ["thesis.txt"]


def test_cells_own_datasets_on_request(tmp_path):
    spec = spec_of(axes=spec_of().axes[:1])
    without = sweep(spec, out=tmp_path / "s", workers=1)
    with pytest.raises(UserError, match="keep = true"):
        without.run(0)
    kept = sweep(spec, out=tmp_path / "s", workers=1, keep=True)
    rows = kept.cells.collect()
    for cell in (0, 1):
        assert float(summarise(kept.run(cell))["cost_of_survival"]) == rows["cost_of_survival"][cell]


@pytest.mark.slow
def test_a_dry_run_reckons_from_its_own_cells_and_writes_nothing(tmp_path):
    found = dry_run(spec_of(), out=tmp_path / "s", workers=1)
    assert list(tmp_path.iterdir()) == []
    assert (found.cells, found.finished, found.tried) == (4, 0, 3)
    result = sweep(spec_of(), out=tmp_path / "s", workers=1)
    took = result.cells.collect()["seconds"].sum()
    assert found.seconds == pytest.approx(took, rel=2)
    size = sum(p.stat().st_blocks * 512 for f in ("cells", "paths") for p in (result.path / f).iterdir())
    assert found.disk == pytest.approx(size, rel=0.5)
    fewer = replace_axes(DEPTHS[1:])
    other = dry_run(fewer, out=tmp_path / "s", workers=1)
    assert (other.cells, other.finished) == (2, 0), "cells of another sweep are not its own"
    left = dry_run(spec_of(), out=tmp_path / "s", workers=1)
    assert (left.cells, left.finished, left.seconds) == (4, 4, 0.0)
    assert "4 of them finished" in left.text()


def test_the_manifest_says_how_it_was_made(whole):
    manifest = json.loads((whole.path / "sweep.json").read_text())
    assert manifest["scenarios"] == [BASE]
    assert (manifest["design"], manifest["noise"], manifest["cells"], manifest["twin"]) == (
        "grid",
        "common",
        4,
        "price_taker",
    )
    depth, policy = manifest["axes"]
    assert (depth["keys"], depth["label"], depth["unit"]) == (["venue.asset.depth"], "Depth", "$")
    assert policy["values"][1] == {"value": {"kind": "band", "width": 0.05}, "text": "kind=band width=0.05"}
    assert set(manifest["engine"]["versions"]) >= {"numpy", "simpy", "numba"}
