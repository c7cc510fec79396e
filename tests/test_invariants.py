"""What must hold in every run, whatever the scenario: drawn at random by Hypothesis."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.desk.loss import ATTRIBUTION, COSTS
from scenarios.reading.loading import from_dict, load
from scenarios.scenario import TwinSpec
from scenarios.studies.run import run
from scenarios.worlds.blueprint import draw_up
from scenarios.worlds.world import make_world
from sim.ensemble import Chunk
from tests.small import gross, until

COMPONENTS = [
    *ATTRIBUTION,
    *COSTS,
]
MONEY = [
    *COMPONENTS,
    "pnl",
    "book_value",
    "hedge_value",
    "cash",
    "margin",
    "claims",
    "equity",
    "unhedged_pnl",
    "net_delta_dollars",
]
KEYS = ["world", "path", "time", "agent", "venue", "maker", "taker", "kind", "subject", "outcome", "quantity"]
KEYS += ["debtor", "creditor", "due", "account", "asset", "at", "number", "bucket", "holder"]

CURVES = {
    name: {"convention": "usd_sofr", "interpolation": "log_cubic", "rates": {"2Y": 0.0202, "10Y": ten, "30Y": 0.027}}
    for name, ten in (("sofr", 0.0249), ("term", 0.0257))
}
QUOTED = {"curves": CURVES, "discount": "sofr", "projection": "term"}
DUE = ["2020-02-21", "2020-02-29", "2020-03-04"]  # a Saturday among them


def scenario_dict(draw: Any) -> dict[str, Any]:
    """Ten trading days of a random crisis with a random cast."""
    number = lambda low, high: draw(st.floats(low, high))  # noqa: E731
    fall, rise = number(-0.4, 0.2), number(-0.5, 2.0)
    level = {"spot": 3000.0, "vol": 0.18, "overnight": 0.02, "us2y": 0.02, "us10y": 0.025, "credit": 0.01}
    worst = {
        "spot": 3000 * float(np.exp(fall)),
        "vol": 0.18 * float(np.exp(rise)),
        "us10y": 0.025 + number(-0.01, 0.02),
        "credit": 0.01 + number(0, 0.03),
    }
    anchors = [{"date": "2020-02-19", **level}, {"date": "2020-02-26", **worst}, {"date": "2020-03-04", "spot": 2900.0}]
    policy = draw(st.sampled_from(["never", "every", "band", "whalley_wilmott", "leland", "on_move"]))
    puts = [
        {
            "kind": "put",
            "moneyness": number(0.8, 1.1),
            "expiry": draw(st.sampled_from(["2020-02-28", "2020-06-19"])),
            "notional": -number(1e8, 2e10),
        }
    ]
    swaps = [{"kind": "swap", "notional": number(-2e10, 2e10), "expiry": "2030-02-19"}]
    linear = [
        {"kind": "asset", "notional": number(-5e9, 5e9)},
        {
            "kind": "future",
            "notional": number(-5e9, 5e9),
            "expiry": draw(st.sampled_from(["2020-02-27", "2020-06-19"])),
        },
    ]
    options = [
        {
            "kind": "swaption",
            "side": draw(st.sampled_from(["payer", "receiver"])),
            "expiry": draw(st.sampled_from(["2020-02-27", "2020-06-19"])),
            "swap_months": 60,
            "notional": number(-1e10, 1e10),
        },
        {"kind": "cap", "months": 12, "notional": number(-1e10, 1e10), "fixed_rate": 0.02},
    ]
    swaps = swaps + (options if draw(st.booleans()) else [])
    book = puts + (swaps if draw(st.booleans()) else []) + (linear if draw(st.booleans()) else [])
    desk = {
        "type": "Hedger",
        "capital": number(5e7, 2e9),
        "book": book,
        "policy": {"kind": policy, "interval": draw(st.sampled_from(["tick", "2h", "1d"]))},
    }
    desk["latency_seconds"] = draw(st.sampled_from([0, 60, 7200]))
    rival = {"type": "Hedger", "capital": number(5e7, 5e8), "policy": {"kind": "every", "interval": "1d"}}
    rival["book"] = [{"kind": "put", "moneyness": 1.0, "months": 2, "notional": -number(1e8, 1e10)}]
    pairs = st.lists(st.permutations(["desk", "rival", "saver"]), max_size=4)
    debts = [
        {"debtor": debtor, "creditor": creditor, "amount": number(1e6, 5e8), "due": draw(st.sampled_from(DUE))}
        for debtor, creditor, _ in draw(pairs)
    ]
    return {
        "name": "random",
        "clock": {"tick_minutes": draw(st.sampled_from([65, 130, 390]))},
        "market": {
            "dispersion": number(0, 1),
            "dividend_yield": number(0, 0.02),
            "rates": draw(
                st.sampled_from([{}, QUOTED, QUOTED | {"spreads": {"term": {"correlation": {"us2y": 0.5}}}}])
            ),
        },
        "feedback": {
            n: draw(st.sampled_from([0.0, 1.0, 2.0]))
            for n in ("leverage", "spread", "depth", "impact", "credit", "margin")
        },
        "venue": {"asset": {"depth": number(2e9, 3e10), "permanent_share": number(0, 1), "resilience": number(0, 5)}},
        "storyline": {"anchor": anchors},
        "agents": {
            "maker": {"type": "MarketMaker", "capital": number(1e8, 2e9)},
            "fast": {
                "type": "MarketMaker",
                "venues": ["asset"],
                "capital": 3e8,
                "quoting": {"kind": "avellaneda_stoikov"},
            },
            "desk": desk,
            "rival": rival,
            "saver": {"type": "Hedger", "capital": number(1e6, 5e8)},
            "customers": {
                "type": "ClientFlow",
                "venue": draw(st.sampled_from(["asset", "us10y"])),
                "rate": number(0, 100),
                "order_size": number(1e6, 1e8),
                "half_spread": draw(st.sampled_from(["rule", "base"])),
                "arrivals": draw(st.sampled_from(["poisson", "bernoulli"])),
            },
            "bank": {
                "type": "FundingDesk",
                "line": number(0, 3e9),
                "obligations": debts,
                "netting": draw(st.booleans()),
            },
        },
        "run": {
            "paths": 8,
            "witnesses": 8,
            "seed": draw(st.integers(0, 2**32)),
            "attribution": draw(st.sampled_from(["daily", "tick"])),
            "as_given": True,
        },
    }


@st.composite
def random_scenarios(draw: Any) -> dict[str, Any]:
    tables = scenario_dict(draw)
    tables["run"]["generator"] = draw(st.sampled_from(["numpy", "philox"]))
    return tables


def frames(
    scenario: Any, first: int, paths: int, world: str = "actual", feedback: Any = None
) -> dict[str, pl.DataFrame]:
    live = make_world(scenario, Chunk(world, first, paths), feedback or scenario.feedback)
    live.run()
    return {name: live.log.frame(name, live.clock) for name in live.log.tables}


def assert_close(one: pl.DataFrame, two: pl.DataFrame, relative: float) -> None:
    """Equal keys; numbers equal to `relative` of the larger of the two and of the column's scale."""
    keys = [k for k in KEYS if k in one.columns and one.schema[k] != pl.Float64]
    money = [one[n].abs().max() or 0.0 for n in MONEY if n in one.columns]
    largest = float(max(money, default=0.0))  # what a part of P&L is a difference of
    ties = [name for name in ("quantity", "price") if name in one.columns]  # clients trade both ways in one instant
    one, two = one.sort(*keys, *ties), two.sort(*keys, *ties)
    assert one.select(keys).equals(two.select(keys))
    for name, kind in one.schema.items():
        if kind == pl.Float64:
            a, b = one[name].to_numpy(), two[name].to_numpy()
            scale = max(np.abs(a[np.isfinite(a)]).max(initial=0.0), largest if name in MONEY else 1e-300)
            np.testing.assert_allclose(a, b, rtol=relative, atol=relative * scale, err_msg=name)


def assert_same(one: pl.DataFrame, two: pl.DataFrame) -> None:
    """The same rows to the last bit, in any order."""
    keys = [k for k in KEYS if k in one.columns and one.schema[k] != pl.Float64]
    ties = [name for name in ("quantity", "price") if name in one.columns]  # clients trade both ways in one instant
    one, two = one.sort(*keys, *ties), two.sort(*keys, *ties)
    assert one.select(keys).equals(two.select(keys))
    for name in one.columns:
        a, b = (frame[name].to_numpy() for frame in (one, two))
        if one.schema[name] == pl.Float64:
            a, b = a.view(np.int64), b.view(np.int64)
        np.testing.assert_array_equal(a, b, err_msg=name)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_scenarios())
def test_books_balance_and_attribution_adds_up(tables):
    """The ledger checks itself at every clear; P&L is the sum of its parts to 1e-9 of gross flow."""
    scenario = from_dict(tables)
    world = make_world(scenario, Chunk("actual", 0, 8), scenario.feedback)
    world.run()
    world.ledger.check(lambda: "the end")
    marks = world.log.frame("marks", world.clock)
    total = marks.select(pl.sum_horizontal(COMPONENTS)).to_series().to_numpy()
    moved = gross(world.ledger).max()
    np.testing.assert_allclose(total, marks["pnl"].to_numpy(), rtol=0, atol=1e-9 * moved)
    assert marks.select(pl.all_horizontal(pl.selectors.float().is_finite())).to_series().all()


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_scenarios(), st.integers(0, 7))
def test_a_path_equals_that_path_alone(tables, path):
    scenario = from_dict(tables)
    together, alone = frames(scenario, 0, 8), frames(scenario, path, 1)
    for name in together:
        assert_same(together[name].filter(pl.col("path") == path), alone[name])


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_scenarios(), st.permutations(range(7)))
def test_build_order_changes_nothing(tables, order):
    scenario = from_dict(tables)
    shuffled = dataclasses.replace(scenario, agents=tuple(scenario.agents[i] for i in order))
    one, two = frames(scenario, 0, 8), frames(shuffled, 0, 8)
    for name in one:
        assert_close(one[name], two[name], 1e-9)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_scenarios(), st.integers(1, 7))
def test_any_cut_into_chunks_gives_the_same_tables(tables, cut):
    scenario = from_dict(tables)
    whole, left, right = frames(scenario, 0, 8), frames(scenario, 0, cut), frames(scenario, cut, 8 - cut)
    for name in whole:
        assert_same(whole[name], pl.concat([left[name], right[name]]))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(random_scenarios())
def test_a_twin_with_the_same_loops_is_the_run(tables):
    scenario = from_dict(tables)
    actual, same = frames(scenario, 0, 8), frames(scenario, 0, 8, world="same", feedback=scenario.feedback)
    for name in actual:
        assert actual[name].drop("world").equals(same[name].drop("world")), name


@pytest.mark.parametrize("generator", ["numpy", "philox"])
def test_path_of_2500_equals_that_path_alone(generator):
    settings = {"run.witnesses": 2500, "clock.tick_minutes": 130, "run.generator": generator}
    scenario = load("covid_crash_2020", settings)
    blueprint = draw_up(scenario)
    parts = [
        make_world(scenario, Chunk("actual", first, paths), scenario.feedback, blueprint)
        for first, paths in ((0, 2500), (1777, 1))
    ]
    for part in parts:
        part.run()
    for name in ("marks", "closes", "peaks"):
        whole, alone = (part.log.frame(name, blueprint.clock) for part in parts)
        assert_same(whole.filter(pl.col("path") == 1777), alone)


@pytest.mark.parametrize("generator", [pytest.param("numpy", marks=pytest.mark.slow), "philox"])
def test_tables_do_not_depend_on_chunks_or_workers(tmp_path, generator):
    """Chunks of 400 on two workers, and one chunk of 4,096: the same to the last bit. Noise comes in blocks of 1,024,
    and the third chunk takes from two, the last from the second alone.
    """
    runs = []
    for chunk, workers in ((4096, 1), (400, 2), (400, 1)):
        size = {"run.chunk": chunk, "run.paths": 1300, "run.generator": generator}
        scenario = until(load("covid_crash_2020", {"clock.tick_minutes": 390, **size}), "2020-03-09")
        runs.append(run(scenario, out=tmp_path / f"{chunk}-{workers}", workers=workers))
    one, *others = runs
    for other in others:
        assert other.tables == one.tables
        for name in one.tables:
            keys = [k for k in KEYS if k in one.table(name).collect_schema().names()]
            assert one.table(name).sort(keys).collect().equals(other.table(name).sort(keys).collect()), name


def test_twin_with_all_loops_is_the_run_itself(tmp_path):
    scenario = load("covid_crash_2020", {"clock.tick_minutes": 390, "run.paths": 64})
    scenario = dataclasses.replace(
        scenario, run=dataclasses.replace(scenario.run, twin=TwinSpec(name="same", feedback=scenario.feedback))
    )
    result = run(scenario, out=tmp_path / "run", workers=1)
    for name in result.tables:
        frame = result.table(name).collect()
        keys = [k for k in KEYS if k in frame.columns and k != "world"]
        actual, same = (frame.filter(pl.col("world") == w).drop("world").sort(keys) for w in ("actual", "same"))
        assert actual.equals(same)
        assert actual.height or name in ("events", "margin_calls", "settlements")


def test_same_seed_same_tables_other_seed_other_tables(tmp_path):
    scenario = load("calm_market", {"clock.tick_minutes": 390, "run.paths": 16})
    one, two, other = (run(scenario, out=tmp_path / str(i), seed=seed, workers=1) for i, seed in enumerate((5, 5, 6)))
    assert one.closes.collect().equals(two.closes.collect())
    assert not one.closes.collect().equals(other.closes.collect())
