"""`marks` on few paths and `desks` on all of them say what all the marks would have said."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import polars as pl
import pytest

from analysis import by_close, summarise
from analysis.hedge import Gathered, Hedge
from analysis.losses_at_risk import backtest
from analysis.path_closes import laid_out
from analysis.spread import SHARES
from scenarios import load, open_run, run

ALL = {"run.marks": "all"}
ROW = ["time", "world", "path", "agent"]
NINTH_DIGIT = ("explained_by_curve", "explained_by_vol", "unexplained")  # of components in single precision


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A run of few witnesses, and the same with every row of marks."""
    folder = tmp_path_factory.mktemp("marks")
    changes = {"clock.tick_minutes": 390, "run.witnesses": 5}
    scenarios = {"brief": load("covid_crash_2020", changes), "full": load("covid_crash_2020", changes | ALL)}
    return [run(s, paths=40, workers=1, out=folder / name) for name, s in scenarios.items()]


def test_marks_are_whole_at_the_end_and_of_witnesses(both):
    brief, full = (each.marks.collect() for each in both)
    last = full["time"].max()
    assert brief.sort(ROW).equals(full.filter((pl.col("time") == last) | (pl.col("path") < 5)).sort(ROW))


def test_desks_have_every_path_at_every_close(both):
    brief, full = both[0].desks.collect().sort(ROW), both[1].marks.collect().filter(agent="hedger").sort(ROW)
    assert "desks" not in both[1].tables
    assert brief.select(ROW).equals(full.select(ROW))
    for name, kind in brief.schema.items():
        if kind == pl.Float32:
            np.testing.assert_allclose(brief[name].to_numpy(), full[name].to_numpy(), rtol=1e-7)
        else:
            assert brief[name].equals(full[name]), name
    assert {name for name, kind in brief.schema.items() if kind == pl.Float64} == {
        "equity", "pnl", "unhedged_pnl", "hedge", "hedge_rates",
    }  # fmt: skip


def paths_by_close(table):
    """Number of paths at each time of a table: a set."""
    counted = table.filter(world="actual").group_by("time").agg(pl.col("path").n_unique()).collect()
    return set(counted["path"])


def test_a_run_says_which_paths_its_tables_have(both):
    brief, full = both
    assert set(brief.rows) == set(brief.tables)
    assert all(brief.rows.values())
    some = [name for name, said in brief.rows.items() if "witness" in said]
    assert some == ["accounts", "funding", "market", "marks", "quotes", "trades"]
    assert all(paths_by_close(brief.table(name)) == {5} for name in ("funding", "market", "quotes"))
    assert all(paths_by_close(brief.table(name)) == {5, 40} for name in ("accounts", "marks"))
    assert all(paths_by_close(brief.table(name)) == {40} for name in ("desks", "closes"))
    assert full.rows["marks"] == "every agent at every close, on all paths"
    assert paths_by_close(full.marks) == {40}


def test_a_run_shows_that_it_has_witnesses(both, tmp_path):
    assert repr(both[0]).endswith("covid_crash_2020, 40 paths, 5 of them witnesses)")
    few = run(load("calm_market", {"clock.tick_minutes": 390}), paths=2, workers=1, twin="none", out=tmp_path / "few")
    assert repr(few).endswith("calm_market, 2 paths)")


def test_a_run_from_before_says_nothing_of_its_rows(both, tmp_path):
    old = shutil.copytree(both[0].path, tmp_path / "old")
    manifest = json.loads((old / "manifest.json").read_text())
    del manifest["rows"]
    (old / "manifest.json").write_text(json.dumps(manifest))
    assert open_run(old).rows == {}


@pytest.mark.parametrize("world", ["actual", "price_taker", "unhedged"])
def test_every_figure_is_the_same(both, world):
    brief, full = (summarise(each, world=world) for each in both)
    assert brief.keys() == full.keys()
    for name, number in brief.items():
        other = full[name].value
        close = math.isclose(number.value, other, rel_tol=1e-6) if name in NINTH_DIGIT else number.value == other
        assert close or (math.isnan(number.value) and math.isnan(other)), name


def test_a_backtest_reads_both(both):
    brief, full = (backtest(each, window=20) for each in both)
    for name in brief.columns[1:]:
        np.testing.assert_allclose(brief[name].to_numpy(), full[name].to_numpy(), rtol=1e-6, err_msg=name)


def test_an_agent_that_is_no_desk_is_told_of_by_the_witnesses(both):
    brief, full = both
    told, known = (summarise(each, agent="fast_maker") for each in (brief, full))
    assert told["pnl"].value == known["pnl"].value
    few = full.marks.filter(agent="fast_maker", world="actual").filter(pl.col("path") < 5)
    lowest = few.group_by("path").agg(pl.col("pnl").min()).collect()["pnl"].clip(upper_bound=0.0)
    assert told["worst_close_mean"].value == pytest.approx(-lowest.mean())


def test_a_run_without_witnesses_tells_of_desks_all_the_same(tmp_path):
    scenario = load("covid_crash_2020", {"clock.tick_minutes": 390, "run.witnesses": 0, "run.twin": "none"})
    finished = run(scenario, paths=8, workers=1, out=tmp_path / "run", tables=("marks",))
    assert finished.tables == ["desks", "marks"]
    assert finished.marks.collect()["time"].n_unique() == 1
    assert summarise(finished)["worst_close"].value > 0
    assert math.isnan(summarise(finished, agent="fast_maker")["worst_close"].value)
    assert open_run(tmp_path / "run").desks.collect()["time"].n_unique() == 37


@pytest.mark.parametrize("at_once", [1, 7, 10_000])
def test_quantiles_are_those_of_polars(monkeypatch, at_once):
    """However few numbers are read at a time."""
    monkeypatch.setattr(by_close, "CELLS", at_once)
    rng = np.random.default_rng(3)
    rows = pl.DataFrame({"time": np.repeat([3, 1, 2], 50), "path": [*range(50)] * 3, "x": rng.standard_normal(150)})
    rows = rows.with_columns(y=-2 * pl.col("x")).sample(fraction=1.0, shuffle=True, seed=1)
    wanted = [pl.col(c).quantile(q, "linear").alias(f"{c}_{name}") for c in "xy" for name, q in SHARES.items()]
    expected = rows.group_by("time").agg(wanted).sort("time")
    chunks = [rows.lazy().filter(low <= pl.col("path"), pl.col("path") < low + 20) for low in (0, 20, 40)]
    found = by_close.Closes.of_rows(chunks, pl.Series("time", [1, 2, 3]), 50, "x", "y").spread("x", "y")
    assert found.columns == expected.columns
    np.testing.assert_allclose(found.to_numpy(), expected.to_numpy(), rtol=1e-15)


def test_changes_come_block_by_block(monkeypatch):
    monkeypatch.setattr(by_close, "BLOCK", 7)
    rng = np.random.default_rng(4)
    levels = rng.standard_normal((3, 20))  # (closes, paths)
    rows = pl.DataFrame({"time": np.repeat([1, 2, 3], 20), "path": [*range(20)] * 3, "x": levels.ravel()})
    rows = rows.with_columns(y=-2 * pl.col("x"))
    chunks = [rows.lazy().filter(low <= pl.col("path"), pl.col("path") < low + 10) for low in (0, 10)]
    closes = by_close.Closes.of_rows(chunks, pl.Series("time", [1, 2, 3]), 20, "x", "y")
    for close, moved in enumerate(np.diff(levels, axis=0, prepend=np.zeros((1, 20)))):
        blocks = list(closes.changes(close, "y", "x"))
        assert [block.shape for block in blocks] == [(2, 7), (2, 7), (2, 6)]
        np.testing.assert_array_equal(np.hstack(blocks), [-2 * moved, moved])  # doubling rounds nothing
    assert closes.at(1, "x", slice(5, 9)).tolist() == levels[1, 5:9].tolist()


def test_rows_in_any_order_are_laid_out_by_path_and_close():
    rows = pl.DataFrame({"path": [5, 4, 5, 4], "time": [20, 20, 10, 10], "x": [4.0, 2.0, 3.0, 1.0]})
    (found,) = laid_out(rows, pl.Series([10, 20]))
    assert found.tolist() == [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(("paths", "days"), [(2, 1), (37, 5), (200, 30)])
def test_leaving_out_groups_at_once_is_leaving_them_out_one_by_one(paths, days):
    rng = np.random.default_rng(1)
    book = rng.normal(1e5, 1e7, (paths, days))
    hedge = -0.8 * book + rng.normal(0, 3e6, (paths, days))
    count = min(20, paths)
    group = np.arange(paths) % count
    expected = [Hedge(book[group != g], hedge[group != g]).figures() for g in range(count)]
    found = Gathered(paths, book.size, count)
    for day in zip(book.T, hedge.T, strict=True):
        found.take(np.array_split(np.stack(day), 2, axis=1))
    np.testing.assert_allclose(found.without_each(), expected, rtol=1e-9)
