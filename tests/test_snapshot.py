"""Levels of the market by key: rows, curves in one piece, and which arrays a change leaves alone."""

from __future__ import annotations

import numpy as np
import pytest

from markets.factors.key import OVERNIGHT, SHORT_NAMES, SPOT, US2Y, US10Y, USD, VOL, FactorKey
from markets.factors.snapshot import Snapshot

NOW = Snapshot.named(spot=[100.0, 101.0, 99.0], vol=0.2, overnight=0.01, us2y=[0.02, 0.021, 0.022], us10y=0.03)


def test_a_level_is_found_by_its_key() -> None:
    assert NOW.row(US2Y).tolist() == [0.02, 0.021, 0.022]
    assert (NOW.paths, NOW.keys) == (3, (SPOT, VOL, OVERNIGHT, US2Y, US10Y))
    with pytest.raises(KeyError):
        NOW.row(FactorKey("zero", "eur", "2y"))


def test_nodes_are_rows_of_one_contiguous_array() -> None:
    curve = NOW.block(USD)
    assert curve.flags.c_contiguous and NOW.nodes(USD) == (OVERNIGHT, US2Y, US10Y)
    for row, key in zip(curve, NOW.nodes(USD), strict=True):
        assert np.shares_memory(row, NOW.row(key)) and row.tolist() == NOW.row(key).tolist()


@pytest.mark.parametrize("key", list(NOW.keys))
def test_a_bump_moves_one_factor_of_a_new_market(key: FactorKey) -> None:
    moved = NOW.bumped(key, 0.5)
    for each in NOW.keys:
        np.testing.assert_array_equal(moved.row(each), NOW.row(each) + (0.5 if each == key else 0.0))
        assert (moved.row(each) is NOW.row(each)) == (each != key and (each[:2] != USD or key[:2] != USD))
    np.testing.assert_array_equal(moved.block(USD), np.array([moved.row(node) for node in moved.nodes(USD)]))
    assert moved.block(USD).flags.c_contiguous


def test_a_stamp_is_the_same_while_the_levels_stand() -> None:
    moved, keys = NOW.bumped(SPOT, 1.0), (VOL, US2Y)
    assert all(a is b for a, b in zip(NOW.stamp(keys), moved.stamp(keys), strict=True))
    assert not all(a is b for a, b in zip(NOW.stamp(keys), NOW.bumped(US10Y, 0.0).stamp(keys), strict=True))


@pytest.mark.parametrize("some", [slice(1), np.array([2, 0])])
def test_some_paths_are_a_market_of_their_own(some: slice | np.ndarray) -> None:
    part = NOW.take(some)
    for key in NOW.keys:
        assert part.row(key).tolist() == NOW.row(key)[some].tolist()
    assert part.block(USD).flags.c_contiguous


def test_short_names_are_the_default_markets() -> None:
    assert list(SHORT_NAMES) == ["spot", "vol", "overnight", "us2y", "us10y", "credit"]
    assert str(US10Y) == "zero/usd/us10y" and str(SPOT) == "spot/asset"
