"""Path i of an ensemble is path i alone, to the last bit: no loop, sum or solver sees how many there are."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from agents.funding.clearing import clearing_payments
from scenarios.reading.loading import from_dict, load
from scenarios.reading.shipped import presets
from sim.vectors import total
from tests.same.casts import casts
from tests.test_invariants import assert_same, frames

QUICK = {"run.witnesses": 2}
POLICIES = {"agents.hedger.policy.kind": "zakamouline"}  # many of NumPy's functions


def assert_counts_agree(scenario, most: int, counts: tuple[int, ...]) -> None:
    """The first paths of `most` are the same whatever their number."""
    whole = frames(scenario, 0, most)
    for count in counts:
        fewer = frames(scenario, 0, count)
        assert fewer.keys() == whole.keys()
        for name, table in fewer.items():
            assert_same(whole[name].filter(pl.col("path") < count), table)


@pytest.mark.parametrize(
    ("preset", "keys"),
    [
        ("covid_crash_2020", {"clock.tick_minutes": 130, **POLICIES}),
        pytest.param("gilt_ldi_2022", {"clock.tick_minutes": 65}, marks=pytest.mark.slow),
    ],
)
def test_tables_do_not_depend_on_the_number_of_paths(preset, keys):
    assert_counts_agree(load(preset, QUICK | keys), 40, (1, 3, 9, 23, 39))


@pytest.mark.slow
@pytest.mark.parametrize("preset", presets())
def test_no_preset_depends_on_the_number_of_paths(preset):
    assert_counts_agree(load(preset, QUICK), 1025, (1, 2, 3, 5, 7, 8, 9, 701, 1023, 1024))


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["cast_0", "cast_1", "cast_rates"],
)  # assets, jumps, both clearings, quoted curves
def test_no_agent_asset_or_clearing_depends_on_the_number_of_paths(name):
    assert_counts_agree(from_dict(casts()[name]), 24, (1, 3, 9, 23))


def test_many_desks_are_cleared_alike():
    """Twelve desks: so many terms `np.sum` adds in an order that depends on how they lie in memory."""
    rng = np.random.default_rng(2)
    owed = rng.exponential(10.0, (12, 12, 40)) * ~np.eye(12, dtype=bool)[:, :, None]
    resources = rng.exponential(5.0, (12, 40))
    whole = clearing_payments(owed, resources)
    assert (whole.round > 0).any() and (whole.round == 0).any()
    for path in (0, 1, 39):
        one = slice(path, path + 1)
        alone = clearing_payments(owed[:, :, one].copy(), resources[:, one].copy())
        assert alone.payments[:, 0].tolist() == whole.payments[:, path].tolist()
        assert alone.received[:, 0].tolist() == whole.received[:, path].tolist()


def test_a_total_is_summed_in_order():
    rows = np.array([[1e16, 1.0], [1.0, 1.0], [-1e16, 1.0]])
    assert total(rows).tolist() == [0.0, 3.0]
    assert rows[0, 0] == 1e16, "and leaves what it sums"
