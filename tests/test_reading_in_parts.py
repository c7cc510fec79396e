"""A report whose tables are read in small parts, as those of very many paths are, is the same to the byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from analysis import by_close, frames, liquidity, summarise
from analysis.comoments import CoMoments
from analysis.lowest import Lowest
from analysis.pages.report import report_page
from analysis.sides import worlds_of
from scenarios import load, open_run, run
from sim.dataset import Run
from sim.errors import BugError
from sim.estimate import Estimate, without_pulls

PATHS, CHUNK = 40, 16


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    scenario = load("china_deval_2015", {"clock.tick_minutes": 390, "run.chunk": CHUNK, "run.witnesses": 5})
    return run(scenario, paths=PATHS, workers=1, out=tmp_path_factory.mktemp("parts") / "run").path


@pytest.fixture
def found(place) -> Run:
    return open_run(place)


def test_a_report_in_small_parts_is_the_same(place, monkeypatch):
    whole = report_page(open_run(place))
    monkeypatch.setattr(by_close, "CELLS", 4 * PATHS)
    monkeypatch.setattr(by_close, "BLOCK", 7)
    monkeypatch.setattr(frames, "FEW", 0)
    monkeypatch.setattr(frames, "LARGE", 8 * PATHS)
    assert report_page(open_run(place)) == whole


def test_a_world_is_read_from_its_files_alone(found):
    for name in found.tables:
        mine, every = found.table(name, "unhedged").collect(), found.table(name).collect()
        assert mine.equals(every.filter(pl.col("world") == "unhedged")), name
    assert found.marks.collect()["world"].n_unique() == 3


def test_a_chunk_has_all_rows_of_its_paths(found):
    parts = [part.collect() for part in found.chunks("desks", "actual")]
    assert [part["path"].unique().sort().to_list() for part in parts] == [
        list(range(first, min(first + CHUNK, PATHS))) for first in range(0, PATHS, CHUNK)
    ]
    assert pl.concat(parts).equals(found.table("desks", "actual").collect())


def test_files_of_other_names_are_read_by_their_rows(found):
    """Nothing but the world's column says what is in a file that Spiral has not named."""
    found.__dict__["files"] = {name.replace("actual-", "first-"): said for name, said in found.files.items()}
    assert len(found._places("closes", "actual")) == len(found._places("closes"))
    assert len(found._places("closes", "unhedged")) < len(found._places("closes"))


def test_a_world_as_a_side_is_read_in_chunks(found):
    first, second = worlds_of(found, "actual", "unhedged")
    for side, world in ((first, "actual"), (second, "unhedged")):
        mine = pl.concat([part.collect() for part in side.chunks("desks", "actual")])
        assert mine.drop("world").equals(found.table("desks", world).collect().drop("world"))
        assert not list(side.chunks("desks", "price_taker"))
        assert side.table("desks", "price_taker").collect().is_empty()


def test_calls_by_day_are_the_calls(found):
    calls = liquidity.desk_calls(found, None, "actual")
    days = liquidity.calls_by_day(found, None, "actual")
    assert calls.height > 0
    assert days["called"].sum() == pytest.approx(calls["called"].sum(), rel=1e-12)
    expected = calls.group_by(pl.col("time").dt.date().alias("date"), "outcome").agg(pl.col("path").n_unique())
    assert days.select("date", "outcome", "paths").equals(expected.sort("date", "outcome").rename({"path": "paths"}))


def test_figures_without_pulls_are_the_same_and_are_not_subtracted(found):
    kept = summarise(found)
    with without_pulls():
        bare = summarise(found)
        again = summarise(found)
        with pytest.raises(BugError, match="without pulls"):
            bare["pnl"] - again["pnl"]
    assert {name: str(each) for name, each in bare.items()} == {name: str(each) for name, each in kept.items()}
    assert bare["pnl"].pull.size == 0
    assert summarise(found)["pnl"].pull.size == PATHS  # what a report has asked for is not kept for others
    assert Estimate.mean([1.0, 2.0]).pull.size == 2


def test_sums_in_parts_are_sums_at_once():
    rng = np.random.default_rng(4)
    x = rng.normal(1e9, 1.0, 5000)  # means that dwarf what varies
    y = 0.5 * x + rng.normal(0, 1.0, x.size)
    group = (np.arange(x.size) % 3).astype(np.int16)
    sums = CoMoments(3)
    for part in np.array_split(np.arange(x.size), 7):
        sums.add(x[part], y[part], group[part])
    rest = group != 1
    found = [float(each[0]) for each in sums.without(1).variances]
    np.testing.assert_allclose(found[:2], [np.var(x[rest]), np.var(y[rest])], rtol=1e-6)
    assert found[2] == pytest.approx(np.cov(x[rest], y[rest], ddof=0)[0, 1], rel=1e-6)


def test_pairs_of_one_group_have_the_digits_of_a_group_among_others():
    x, y = np.random.default_rng(7).normal(1e6, 3.0, (2, 4000))
    alone, first = CoMoments(1), CoMoments(2)
    alone.add(x, y)
    first.add(x, y)  # all in the first of two
    assert [float(each[0]).hex() for each in alone.variances] == [float(each[0]).hex() for each in first.variances]


@pytest.mark.parametrize("most", [1, 10, 999, 5000])
def test_the_lowest_of_many(most):
    rng = np.random.default_rng(5)
    values, labels = rng.standard_normal(1000), np.arange(1000, dtype=np.int16)
    lowest = Lowest(most)
    for part in np.array_split(np.arange(1000), 9):
        lowest.add(values[part], labels[part])
    found, named = lowest.ascending()
    assert found.tolist() == np.sort(values)[:most].tolist()
    assert named.tolist() == np.argsort(values)[:most].tolist()
