"""Each factor has a noise stream of its own name: what else a scenario declares changes nobody's noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.accounts import ACCOUNTS
from markets import accounts
from markets.factors.asset_noise import AssetNoise, correlation_matrix
from markets.spec import AssetSpec
from scenarios.reading.loading import from_dict
from sim.errors import UserError
from sim.streams import Streams
from tests.small import K, correlation_error, crisis
from tests.test_invariants import frames, random_scenarios

PATHS = 40_000
OUTSIDE = (*ACCOUNTS, *accounts.ACCOUNTS)


def shocks(tables: dict[str, dict[str, float]], paths: int = 2048) -> dict[str, np.ndarray]:
    """The first shock of each asset, and the main one's, by name."""
    specs = tuple(AssetSpec(name=name, spot=1.0, vol=0.2, correlation=table) for name, table in tables.items())
    streams = Streams(3, 0, paths)
    main = streams.stream("market/spot").normal()
    found = AssetNoise(specs, correlation_matrix(specs), streams).step(main)
    return {"asset": main, **dict(zip(tables, found, strict=True))}


FOUR = {
    "oil": {"asset": 0.5},
    "gold": {"asset": -0.3, "silver": 0.8},
    "silver": {},
    "copper": {"oil": 0.4, "silver": 0.3, "gold": 0.35},
}
UNRELATED = {"aaa": {}, "mmm": {"asset": 0.9}, "zzz": {"asset": -0.9}}


def test_correlations_are_exact():
    found = shocks(FOUR, PATHS)
    specs = tuple(AssetSpec(name=name, spot=1.0, vol=0.2, correlation=table) for name, table in FOUR.items())
    wanted, names = correlation_matrix(specs), list(found)
    for i, a in enumerate(names):
        assert abs(found[a].var() - 1) < K * np.sqrt(2 / PATHS)
        for j, b in enumerate(names[:i]):
            got = float(np.corrcoef(found[a], found[b])[0, 1])
            assert abs(got - wanted[i, j]) < K * correlation_error(wanted[i, j], PATHS), (a, b)


@given(st.permutations(list(FOUR)))
def test_the_order_of_declarations_changes_no_bit(order):
    one, two = shocks(FOUR), shocks({name: FOUR[name] for name in order})
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


@given(st.sets(st.sampled_from(list(UNRELATED))), st.randoms(use_true_random=False))
def test_unrelated_assets_change_no_bit(more, random):
    """Correlated with the main asset or not: as long as no pair with the others is given."""
    names = [*FOUR, *more]
    random.shuffle(names)
    one, two = shocks(FOUR), shocks({name: {**FOUR, **UNRELATED}[name] for name in names})
    for name in one:
        np.testing.assert_array_equal(one[name], two[name])


@pytest.mark.parametrize("name", ["aaa", "zzz"])
def test_a_newcomer_leaves_those_that_it_names_as_they_were(name):
    one, two = shocks(FOUR), shocks({name: {"silver": 0.5, "oil": 0.2}, **FOUR})
    for other in ("asset", "silver", "oil"):
        np.testing.assert_array_equal(one[other], two[other])


def test_two_tables_cannot_give_one_pair_two_correlations():
    assets = {"a": {"spot": 1.0, "vol": 0.1, "correlation": {"b": 0.5}}}
    assets["b"] = {"spot": 1.0, "vol": 0.1, "correlation": {"a": 0.4}}
    with pytest.raises(UserError, match=r"assets\.b\.correlation\.a: the table of a gives this pair another"):
        crisis(assets=assets)


def same_rows(one: pl.DataFrame, two: pl.DataFrame, table: str) -> None:
    """Every row of one table stands in the other, with the same bits; outside accounts gave the newcomers capital."""
    if table == "accounts":
        one = one.filter(~pl.col("account").is_in(list(map(str, OUTSIDE)))).sort("account", "asset", "time", "path")
        two = two.sort("account", "asset", "time", "path")
    keys = [name for name, kind in one.schema.items() if kind != pl.Float64 and kind != pl.Boolean]
    kept = two.join(one.select(keys).unique(), on=keys, how="semi", maintain_order="left")
    assert kept.equals(one), table


GOLD = {"spot": 50.0, "vol": 0.3, "correlation": {"asset": 0.4}}
SILENT: dict[str, Any] = {
    "aa_gold": {"type": "MarketMaker", "venues": ["gold"]},
    "nobody": {"type": "NoiseTrader", "size": 0.0},
}


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_scenarios())
def test_what_nobody_trades_and_who_never_trades_change_no_bit(tables):
    """A further asset with a maker of its own, and a trader of nothing, beside a random cast."""
    tables["agents"]["bank"]["lends_to"] = ["desk", "rival", "saver", "maker", "fast"]  # not the newcomers
    agents = {"aa_gold": SILENT["aa_gold"], **tables["agents"], "nobody": SILENT["nobody"]}
    alone, beside = from_dict(tables), from_dict({**tables, "agents": agents, "assets": {"gold": GOLD}})
    one, two = frames(alone, 0, 8), frames(beside, 0, 8)
    for table in one:
        same_rows(one[table], two[table], table)
