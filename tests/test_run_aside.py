"""Runs whose tables nobody keeps have the figures, to the last bit, of runs that are written and read."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from analysis.comoments import CoMoments
from scenarios import load, run
from scenarios.studies import aside
from scenarios.studies.aside import run_aside
from scenarios.studies.sweeps.cell_run import MEASURED, _read
from scenarios.worlds import chunk_size
from scenarios.worlds.world_spec import worlds_of
from sim.errors import UserError

DAYS = {"clock.tick_minutes": 390, "run.paths": 24, "run.chunk": 10, "run.witnesses": 3}
CASES = [
    "china_deval_2015",
    pytest.param("gilt_ldi_2022", marks=pytest.mark.slow),
    pytest.param("sonia_swap_desk", marks=pytest.mark.slow),
]


def same(one: dict, other: dict) -> bool:
    """Equal to the bit, NaN and infinities included."""
    pairs = [(x, y) for name in one for x, y in zip(one[name], other[name], strict=True)]
    alike = (x == y or (x is not None and y is not None and math.isnan(x) and math.isnan(y)) for x, y in pairs)
    return one.keys() == other.keys() and all(alike)


@pytest.mark.parametrize("preset", CASES)
def test_figures_are_those_of_a_written_run(preset, tmp_path):
    scenario = load(preset, DAYS)
    written = run(scenario, out=tmp_path / "run", workers=1, tables=MEASURED)
    with run_aside(scenario, tables=MEASURED) as held:
        assert held.tables == written.tables
        for name in held.tables:
            assert held.table(name).collect().equals(written.table(name).collect()), name
            for world in held.manifest["worlds"]:
                parts = zip(held.chunks(name, world), written.chunks(name, world), strict=True)
                assert all(one.collect().equals(other.collect()) for one, other in parts), name
        assert held.schema == written.schema
        found, read = _read(held, None), _read(written, None)
        assert same(found[0], read[0])
        assert found[1] == read[1]
        assert found[2].equals(read[2])


def test_a_large_run_goes_to_files_and_leaves_none(monkeypatch):
    scenario = load("china_deval_2015", DAYS)
    with run_aside(scenario, tables=MEASURED) as held:
        assert not held.path.exists()
        found = _read(held, None)
    rows = 24 * len(worlds_of(scenario)) * chunk_size._rows_a_path(scenario, aside.prepared(scenario)[1].clock)
    monkeypatch.setattr(chunk_size, "MARKS", rows)
    with run_aside(scenario, tables=MEASURED) as just:
        assert not just.path.exists()
    monkeypatch.setattr(chunk_size, "MARKS", rows - 1)
    with run_aside(scenario, tables=MEASURED) as written:
        assert written.path.exists()
        read = _read(written, None)
    assert not written.path.exists()
    assert same(found[0], read[0])
    assert found[2].equals(read[2])


def test_a_table_that_was_not_wanted():
    with run_aside(load("china_deval_2015", DAYS | {"run.paths": 2}), tables=("peaks",)) as held:
        assert held.tables == ["peaks"]
        with pytest.raises(UserError, match="a run has no such table, got 'trades'"):
            held.table("trades")
        with pytest.raises(AttributeError, match="a run has no table 'trades'"):
            _ = held.trades


def test_a_mistake_is_told_as_by_a_run():
    scenario = load("calm_market")
    wrong = dataclasses.replace(scenario, run=dataclasses.replace(scenario.run, paths=0))
    with pytest.raises(UserError, match=r"run\.paths"), run_aside(wrong, tables=MEASURED):
        pass


def test_sums_without_each_group_are_those_without_one_to_the_bit():
    rng = np.random.default_rng(8)
    x, y = rng.normal(1e6, 1.0, (2, 400))
    sums, group = CoMoments(7), (np.arange(x.size) % 6).astype(np.int16)  # the seventh is empty
    sums.add(x, y, group)
    for left_out, found in enumerate(sums.without_each()):
        expected = sums.without(left_out)
        assert {name: v.tolist() for name, v in vars(found).items()} == {
            name: v.tolist() for name, v in vars(expected).items()
        }
