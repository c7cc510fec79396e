"""The order in which a file declares its agents changes no bit of a table."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import polars as pl
import pytest

from scenarios import load, run
from scenarios.parameters.classes import AGENTS
from scenarios.reading.shipped import catalogue
from scenarios.worlds.acting_order import TURNS, in_acting_order


def test_every_kind_has_its_turn_and_presets_act_as_they_declare() -> None:
    """Another order would move the last digits of a preset."""
    assert set(TURNS) == set(AGENTS) and len(set(TURNS)) == len(TURNS)
    for name in catalogue():
        agents = load(name).agents
        assert [a.name for a in in_acting_order(agents)] == [a.name for a in agents], name


@pytest.mark.parametrize("turned", [slice(None, None, -1), "by name"])
def test_tables_are_the_same_to_the_last_bit(turned: slice | str, tmp_path: Path) -> None:
    """Three makers, a desk, products and investors who meet in a few venues: orders, quotes, ledger and calls."""
    changes = {"run.unhedged": False, "run.twin": "none", "run.marks": "all"}
    told = load("short_vol_blowup", changes)
    agents = sorted(told.agents, key=lambda a: a.name) if isinstance(turned, str) else told.agents[turned]
    assert tuple(agents) != told.agents
    other = dataclasses.replace(told, agents=tuple(agents))
    one, two = (run(each, paths=2, workers=1, out=tmp_path / str(i)) for i, each in enumerate((told, other)))
    names = [path.name for path in one.path.iterdir() if path.is_dir()]
    assert len(names) > 8
    for name in names:
        theirs, ours = (pl.read_parquet(f"{each.path}/{name}/**/*.parquet") for each in (one, two))
        assert ours.equals(theirs), name
