"""The comparison of two revisions: what it covers, and that it sees a single bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from agents.policies import POLICIES
from scenarios.parameters.classes import agent_types
from scenarios.reading.loading import from_dict
from tests.same.casts import casts
from tests.same.difference import columns, differences, of_table
from tests.same.job import tables


def test_casts_hold_every_agent_policy_and_clearing() -> None:
    scenarios = [from_dict(tables) for tables in casts().values()]
    agents = [agent for scenario in scenarios for agent in scenario.agents]
    assert {type(agent) for agent in agents} == set(agent_types().values())
    assert {agent.policy.kind for agent in agents if hasattr(agent, "policy")} == POLICIES.keys()
    assert {scenario.venue.asset.clearing for scenario in scenarios} == {"sequential", "fixed_point"}
    assert {scenario.market.price_model for scenario in scenarios} == {"lognormal", "normal"}
    assert {scenario.market.jumps.kind for scenario in scenarios} == {"none", "merton", "kou"}


@pytest.mark.slow
def test_a_cast_run_twice_is_the_same_and_with_other_paths_is_not(tmp_path: Path) -> None:
    for side, paths in (("base", 2), ("head", 2), ("other", 3)):
        (tmp_path / side).mkdir()
        for name, frame in tables("cast_1", paths).items():
            frame.write_parquet(tmp_path / side / f"cast_1.{name}.parquet")
    assert list(differences(tmp_path / "base", tmp_path / "head")) == []
    assert any("rows became" in str(each) for each in differences(tmp_path / "base", tmp_path / "other"))


def test_one_bit_a_column_and_a_type_are_seen() -> None:
    base = pl.DataFrame({"path": [1, 2], "pnl": [1.0, float("nan")], "kind": ["a", "b"]})
    assert list(columns("t", base, base.clone())) == []
    bit = base.with_columns(pnl=pl.Series([np.nextafter(1.0, 2.0), float("nan")]))
    (found,) = columns("t", base, bit)
    assert found.place == "t.pnl"
    assert found.relative is not None
    assert 0 < found.relative < 1e-15
    (found,) = columns("t", base, base.with_columns(kind=pl.Series(["a", "c"])))
    assert "1 of 2" in found.what
    (found,) = columns("t", base, base.drop("kind"))
    assert "only in base" in found.what
    (found,) = columns("t", base, base.with_columns(pl.col("path").cast(pl.Float64)))
    assert "became" in found.what


def test_a_value_that_became_nan_is_told() -> None:
    base = pl.DataFrame({"pnl": [1.0, 2.0]})
    (found,) = columns("t", base, pl.DataFrame({"pnl": [1.0, float("nan")]}))
    assert found.relative is not None
    assert np.isnan(found.relative)


def test_a_world_that_only_one_side_has_is_told_and_the_others_are_compared() -> None:
    base = pl.DataFrame({"world": ["actual", "frozen"], "pnl": [1.0, 2.0]})
    head = pl.DataFrame({"world": ["actual", "price_taker"], "pnl": [1.5, 3.0]})
    told = [str(each) for each in of_table("marks", base, head)]
    assert told[:2] == ["marks.world: only in base: frozen", "marks.world: only in head: price_taker"]
    assert len(told) == 3 and told[2].startswith("marks.pnl: 1 of 1 values differ")
