"""A run's manifest: how the run was made, and its files."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from agents.desk.loss import loss
from agents.hedging.seat import ORDERS
from markets.specs.smiles import smile_moves, surface_moves
from markets.tables import market_tables
from scenarios.worlds.assumed import assumed
from scenarios.worlds.left_behind import FILES, take
from scenarios.worlds.remembered import Remembered, remembered
from scenarios.worlds.tables import has_counterparty, tables_of_agents
from sim import schema
from sim.manifest import Written, described
from sim.names import UNHEDGED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scenarios.scenario import Scenario
    from scenarios.worlds.given_orders import GivenOrders
    from scenarios.worlds.world_spec import WorldSpec
    from sim.clock import Clock


def make_manifest(
    scenario: Scenario,
    clock: Clock,
    folder: Path,
    worlds: dict[str, WorldSpec],
    seconds: float,
    orders: Mapping[str, GivenOrders] | None = None,
) -> dict[str, Any]:
    """How the run was made, and sizes and checksums of its files. orders: of seats, by name."""
    notes, memory = assumed(scenario), _memory(scenario, clock)
    made = {name: Written(*entry) for left in take(folder, FILES) for name, entry in left.items()}
    names = ("spiral-crisis", "simpy", "numpy", "scipy", "polars", "numba", "altair")
    return {
        "notes": list(notes),
        **contents(scenario, clock, worlds, orders),
        "versions": {name: version_of(name) for name in names},
        "content_hash": content_hash(scenario, orders),
        **({"seats": sorted(orders)} if orders else {}),
        "timing": {"seconds": round(seconds, 3)},
        **({} if memory is None else {"memory": memory.described()}),
        "files": described(folder, (p.relative_to(folder).as_posix() for p in folder.rglob("*.parquet")), made),
    }


def contents(
    scenario: Scenario,
    clock: Clock,
    worlds: dict[str, WorldSpec],
    orders: Mapping[str, GivenOrders] | None = None,
) -> dict[str, Any]:
    """The part that says what the tables mean: scenario, worlds, clock, schema."""
    told = scenario.to_dict()
    first = told["storyline"]["anchor"][0]
    asset, market = scenario.venue.asset, scenario.market
    has = {
        "vega_hedges": bool(market.rates.straddles),
        "options": bool(market.vol_listings),
        "fx": bool(market.fx),
        "credit": bool(market.credits),
        "counterparty": has_counterparty(scenario),
        "smile": smile_moves(market, scenario.assets),
    }
    return {
        "name": scenario.name,
        "title": scenario.title or scenario.name,
        "scenario": told,
        "seed": scenario.run.seed,
        "paths": scenario.run.paths,
        "witnesses": scenario.run.witnesses,
        "worlds": list(worlds),
        "twin": scenario.twin.name if scenario.twin else None,
        "unhedged": worlds[UNHEDGED].unhedged if UNHEDGED in worlds else None,
        "clock": {
            "first": clock.timestamp(int(clock.ticks[0])).isoformat(),
            "last": clock.timestamp(int(clock.ticks[-1])).isoformat(),
            "ticks": len(clock.ticks),
            "days": int(clock.day[-1]),
            "days_a_year": clock.days_a_year,
            "closes_a_year": clock.closes_a_year,
        },
        "anchors": told["storyline"]["anchor"],
        "base": {k: first[k] for k in ("spot", "vol", "credit", "overnight", "us2y", "us10y")}
        | {"half_spread": asset.half_spread, "depth": asset.depth},
        **schema.described(
            (
                *tables_of_agents(scenario),
                *([ORDERS] if orders else []),
                *market_tables(market.rates, market.further, surface=surface_moves(market, scenario.assets)),
            ),
            loss(**has),
        ),
    }


def _memory(scenario: Scenario, clock: Clock) -> Remembered | None:
    return remembered(scenario, clock) if scenario.market.vol_law == "path_dependent" else None


def content_hash(scenario: Scenario, orders: Mapping[str, GivenOrders] | None = None) -> str:
    """Hash of scenario, settings, seed and seats' orders, and of Spiral's version: equal for equal runs."""
    source = {"scenario": scenario.to_dict(), "seed": scenario.run.seed, "spiral": version_of("spiral-crisis")}
    known = hashlib.sha256(json.dumps(source, sort_keys=True).encode())
    for seat, given in sorted((orders or {}).items()):
        known.update(seat.encode())
        for tick, by_venue in sorted(given.by_tick.items()):
            for venue, units in sorted(by_venue.items()):
                known.update(f"{seat} {tick} {venue}".encode() + units.tobytes())
    return known.hexdigest()


@cache
def version_of(name: str) -> str:
    """The version of a distribution."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
